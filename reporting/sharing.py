"""Links for auditors, console sessions and the access log: the records, and the rules of what a link opens. Pure: times and secrets are handed in."""

import hashlib
import hmac
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from reporting.records import Actor, Record, Run, moment_of
from scanners.errors import RecordRefused, StorageError

USUAL = timedelta(days=14)
LONGEST = timedelta(days=90)
SIGN_IN = timedelta(minutes=10)  # how long a one-time sign-in link can be used
SESSION = timedelta(minutes=30)  # how long the session that it opens lasts


class Scope(BaseModel):
    """What a link opens: the latest signed run, whichever that is; named runs; or the signed runs completed from `first` to `last`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["latest", "runs", "period"]
    runs: tuple[str, ...] = Field(default=(), max_length=400)
    first: date | None = None
    last: date | None = None

    @model_validator(mode="after")
    def _whole(self) -> "Scope":
        if (self.kind == "runs") != bool(self.runs):
            raise ValueError("runs must be named with the kind `runs`, and only with it")
        if (self.kind == "period") != (self.first is not None) or (self.first is None) != (self.last is None):
            raise ValueError("first and last must be given with the kind `period`, and only with it")
        if self.first and self.last and self.first > self.last:
            raise ValueError("first is after last")
        for run in self.runs:
            try:
                moment_of(run)
            except StorageError:
                raise ValueError("runs holds something that is not the id of a run") from None
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
    expires_at: AwareDatetime | None = None
    download_limit: int | None = Field(default=None, ge=1, le=1000)


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
        return Wish.model_validate(value)
    except ValidationError as fault:
        raise RecordRefused({".".join(map(str, e["loc"])) or "link": e["msg"] for e in fault.errors(include_input=False)}) from fault


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
