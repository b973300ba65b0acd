"""Links for auditors, console sessions and the access log: the records, and the rules of what a link opens. Pure: times and secrets are handed in."""

import hashlib
import hmac
import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from reporting.records import Actor, Record, Run, moment_of
from reporting.wording import problems_of
from scanners.errors import RecordRefused, StorageError

USUAL = timedelta(days=14)
LONGEST = timedelta(days=90)
SIGN_IN = timedelta(minutes=10)  # how long a one-time sign-in link can be used
SESSION = timedelta(minutes=30)  # how long the session that it opens lasts after each use
SESSION_IN_ALL = timedelta(hours=8)  # and how long at most, however much it is used
YEARS = range(2000, 2101)  # of the days that a link may name
KEPT_OPEN = timedelta(hours=24)  # how long a link to the latest run goes on opening the one that it opened before
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


def _refused(what: str, field: str = "") -> PydanticCustomError:
    """Our words for what is wrong; `field` where it is one inside of what is checked."""
    return PydanticCustomError("ours", "{what}", {"what": what, "field": field})


def _text_of(shape: re.Pattern[str], what: str) -> BeforeValidator:
    """Only text of this shape: a number would be taken for seconds since 1970."""

    def check(value: Any) -> Any:
        if isinstance(value, (date, datetime)) or value is None or (isinstance(value, str) and shape.fullmatch(value)):
            return value
        raise _refused(what)

    return BeforeValidator(check)


Day = Annotated[date, _text_of(_DAY, "must be a day such as 2026-11-24")]
Moment = Annotated[AwareDatetime, _text_of(_MOMENT, "must be a time with its zone, such as 2026-11-24T17:00:00Z")]


class Scope(BaseModel):
    """What a link opens: the latest signed run, whichever that is; named runs; or the signed runs completed from `first` to `last`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["latest", "runs", "period"]
    runs: tuple[str, ...] = Field(default=(), max_length=400)
    first: Day | None = None
    last: Day | None = None

    @model_validator(mode="after")
    def _whole(self) -> "Scope":
        if (self.kind == "runs") != bool(self.runs):
            raise _refused("must name runs with the kind runs, and only with it", "runs")
        if self.kind != "period" and (self.first or self.last):
            raise _refused("belongs to the kind period only", "first" if self.first else "last")
        if self.kind == "period" and not (self.first and self.last):
            raise _refused("must be given with the kind period", "first" if self.first is None else "last")
        if self.first and self.last and self.first > self.last:
            raise _refused("must not lie before the first day", "last")
        for run in self.runs:
            try:
                moment_of(run)
            except StorageError:
                raise _refused("holds something that is not the id of a run", "runs") from None
        return self

    def covers(self, run: Run, latest: str | None) -> bool:
        """Whether the link opens this run. Only signed runs are ever opened."""
        if run.status != "completed" or run.completed_at is None:
            return False
        if self.kind == "latest":
            return run.id == latest
        if self.kind == "runs":
            return run.id in self.runs
        assert self.first is not None
        assert self.last is not None
        return self.first <= run.completed_at.astimezone(UTC).date() <= self.last


class Wish(BaseModel):
    """What somebody asks for who wants to share. Who that is, and when, is never part of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=2, max_length=120)  # who gets it
    organisation: str = Field(min_length=2, max_length=120)
    scope: Scope = Scope(kind="latest")
    expires_at: Moment | None = None
    download_limit: int | None = Field(default=None, ge=1, le=1000, strict=True)


class AuditorLink(Record):
    """A link that was given out. The secret itself is never stored, only its SHA-256."""

    id: str
    name: str
    organisation: str
    scope: Scope
    created_at: AwareDatetime
    created_by: Actor
    expires_at: AwareDatetime
    download_limit: int | None = None
    downloads: int = 0
    revoked_at: AwareDatetime | None = None
    revoked_by: Actor | None = None
    secret_sha256: str

    def opened_by(self, secret: str) -> bool:
        """Whether this is the link's secret, compared in constant time."""
        return same(secret, self.secret_sha256)

    def ended(self, at: datetime) -> str | None:
        """Why the link opens nothing any more: revoked or expired; None while it does."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= at else None

    def shown(self, at: datetime) -> dict[str, Any]:
        """The link for those who manage links: without the secret's digest."""
        whole = self.to_json()
        del whole["secret_sha256"]
        return {**whole, "state": self.ended(at) or "active"}


class Session(Record):
    """A one-time sign-in link to the console, and after its use the session that it opened."""

    id: str
    created_at: AwareDatetime
    created_by: Actor
    usable_until: AwareDatetime
    sign_in_sha256: str
    used_at: AwareDatetime | None = None
    session_sha256: str | None = None
    ends_at: AwareDatetime | None = None

    def open_at(self, at: datetime) -> bool:
        """Whether the session can be used."""
        return self.ends_at is not None and at < self.ends_at

    @property
    def ends_for_good(self) -> datetime | None:
        """When it ends however much it is used; None before the sign-in link was used."""
        return None if self.used_at is None else self.used_at + SESSION_IN_ALL


class Access(Record):
    """One access or refusal: when, what, through which link or by whom, and what came of it. The address is hashed with a salt that lasts a day."""

    at: AwareDatetime
    what: str
    run: str | None = None
    link: str | None = None
    by: Actor | None = None
    status: int
    reason: str | None = None
    address_hash: str | None = None
    user_agent: str | None = None


def digest(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def same(secret: str, stored: str) -> bool:
    """Whether `stored` is the digest of `secret`, in constant time."""
    return hmac.compare_digest(digest(secret), stored)


def wish_of(value: Any) -> Wish:
    """Read what was handed in. Raises RecordRefused, naming each field that is wrong and never what it holds."""
    try:
        wish = Wish.model_validate(value)
    except ValidationError as fault:
        raise RecordRefused(problems_of(fault, "link", numbered=False)) from None
    for name, day in (("scope.first", wish.scope.first), ("scope.last", wish.scope.last)):
        if day is not None and day.year not in YEARS:
            raise RecordRefused({name: f"must be a day of the years {YEARS[0]} to {YEARS[-1]}"})
    return wish


def shared(wish: Wish, by: Actor, at: datetime, identity: str, secret: str) -> AuditorLink:
    """The link to be stored. Raises RecordRefused."""
    until = wish.expires_at or at + USUAL
    if not at < until <= at + LONGEST:
        raise RecordRefused({"expires_at": f"must lie in the future and at most {LONGEST.days} days ahead"})
    return AuditorLink(
        id=identity,
        name=wish.name,
        organisation=wish.organisation,
        scope=wish.scope,
        created_at=at,
        created_by=by,
        expires_at=until,
        download_limit=wish.download_limit,
        secret_sha256=digest(secret),
    )


def invited(by: Actor, at: datetime, identity: str, secret: str) -> Session:
    """A sign-in link, not used yet."""
    return Session(id=identity, created_at=at, created_by=by, usable_until=at + SIGN_IN, sign_in_sha256=digest(secret))


def begun(session: Session, at: datetime, secret: str) -> Session:
    """The session after its sign-in link was used, opened by another secret."""
    return session.model_copy(update={"used_at": at, "session_sha256": digest(secret), "ends_at": at + SESSION})


def used(session: Session, at: datetime) -> Session:
    """The session after a use: it lasts for another while, within its bound. One that has ended, or was ended, stays so."""
    last = session.ends_for_good
    if last is None or session.ends_at is None or not session.open_at(at):
        return session
    return session.model_copy(update={"ends_at": max(session.ends_at, min(at + SESSION, last))})
