"""Who may use the console: a signed-in person of the tenant with a role, or whoever used a one-time sign-in link made with the admin key.

An Entra token is taken from the Authorization header, or from the header in which the platform's own sign-in hands on the ID token; either way its
signature is checked here. A session ends thirty minutes after its last use, eight hours after its first at the latest. Forms carry a token that is
also in a cookie of this host, so that no other site can send them.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

import azure.functions as func

from api.answers import SAFE, Problem
from api.auditor import SECRET
from api.cookies import cookie
from api.entra import ADMINISTRATOR, APPROVER, READER, bearer, person_of
from api.sharing import LINK_ID
from api.visits import note, refusals
from reporting.records import Actor
from reporting.sharing import SESSION_IN_ALL, Session, begun, same, used
from runs.context import context

HOME = "/api/console"
COOKIE, FORM_COOKIE = "console", "__Host-console-form"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_PAIR = re.compile(r"[0-9a-f]{16}\.[A-Za-z0-9_-]{40,64}")
STEP = timedelta(minutes=1)  # a use that would make the session longer by less is not written down
KEPT = timedelta(hours=12)  # how long after its end a session still gets back the form that it sent too late


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at the console, and what they may do."""

    actor: Actor
    writes: bool
    approves: bool
    ends_at: datetime | None = None  # of a session: when it ends unless a page is opened before
    ends_for_good: datetime | None = None

    def require_writes(self) -> None:
        """Raises Problem (403)."""
        if not self.writes:
            raise Problem(HTTPStatus.FORBIDDEN, f"This needs the role {ADMINISTRATOR}.")

    def require_approves(self) -> None:
        """Raises Problem (403)."""
        if not self.approves:
            raise Problem(HTTPStatus.FORBIDDEN, f"This needs a signed-in person with the role {APPROVER} or {ADMINISTRATOR}.")


def visitor(request: func.HttpRequest) -> Visitor:
    """Who looks. Raises Problem: 401 for nobody, 403 without a role."""
    token = _token(request)
    if token:
        person = person_of(token)
        person.require(READER, ADMINISTRATOR, APPROVER)
        writes, approves = ADMINISTRATOR in person.roles, bool({ADMINISTRATOR, APPROVER} & person.roles)
        return Visitor(Actor(kind="entra", object_id=person.object_id), writes, approves)
    session, now = session_of(request), context().clock()
    if session is not None and session.open_at(now):
        session = _gone_on(session, now)
        return Visitor(Actor(kind="key"), writes=True, approves=False, ends_at=session.ends_at, ends_for_good=session.ends_for_good)
    raise Problem(HTTPStatus.UNAUTHORIZED, "Sign in first.")


def _token(request: func.HttpRequest) -> str | None:
    return bearer(request.headers.get("Authorization")) or request.headers.get("X-MS-TOKEN-AAD-ID-TOKEN")


def session_of(request: func.HttpRequest) -> Session | None:
    """The session whose secret is in the cookie, also one that has ended; None for anything else."""
    found = split(cookie(request, COOKIE, _PAIR))
    session = context().storage.links.session(found[0]) if found else None
    if not found or session is None or session.session_sha256 is None or session.ends_at is None:
        return None
    return session if same(found[1], session.session_sha256) else None


def ended_lately(request: func.HttpRequest) -> bool:
    """Whether who asks was signed in not long ago, by a token or by a session that has ended since."""
    if token := _token(request):
        try:
            person_of(token, KEPT.total_seconds())
        except Problem:
            return False
        return True
    session, now = session_of(request), context().clock()
    return session is not None and session.ends_at is not None and session.ends_at <= now < session.ends_at + KEPT


def _gone_on(session: Session, now: datetime) -> Session:
    """The session after this use of it. Raises StorageError."""
    after = used(session, now)
    if session.ends_at is None or after.ends_at is None or after.ends_at - session.ends_at < STEP:
        return session
    return context().storage.links.change_session(session.id, lambda before: used(before, now)) or session


def split(text: str) -> tuple[str, str] | None:
    """Id and secret in `id.secret`; None for anything else."""
    identity, _, secret = text.partition(".")
    return (identity, secret) if LINK_ID.fullmatch(identity) and SECRET.fullmatch(secret) else None


def signed_in(request: func.HttpRequest, key: str) -> func.HttpResponse:
    """Use a one-time sign-in link: 303 into the console with the session's cookie. Raises Problem (410) when it was used or has ended."""
    found, secret = split(key), secrets.token_urlsafe(32)
    now, mine = context().clock(), False

    def use(before: Session) -> Session:
        nonlocal mine
        mine = found is not None and same(found[1], before.sign_in_sha256) and before.used_at is None and now < before.usable_until
        return begun(before, now, secret) if mine else before

    if found is None or context().storage.links.change_session(found[0], use) is None or not mine:
        if refusals.take():
            note(request, "console sign-in", int(HTTPStatus.GONE), reason="refused")
        raise Problem(HTTPStatus.GONE, "This sign-in link was used already, has ended, or is not known. Make a new one.")
    note(request, "console sign-in", int(HTTPStatus.SEE_OTHER), by=Actor(kind="key"))
    morsel = f"{COOKIE}={found[0]}.{secret}; Path={HOME}; Max-Age={int(SESSION_IN_ALL.total_seconds())}; HttpOnly; Secure; SameSite=Strict"
    return func.HttpResponse(status_code=int(HTTPStatus.SEE_OTHER), headers={**SAFE, "Location": HOME, "Set-Cookie": morsel})


def signed_out(request: func.HttpRequest) -> func.HttpResponse:
    """End the session, here and in the browser."""
    session, now = session_of(request), context().clock()
    if session is not None and session.open_at(now):
        context().storage.links.change_session(session.id, lambda before: before.model_copy(update={"ends_at": now}))
    morsel = f"{COOKIE}=; Path={HOME}; Max-Age=0; HttpOnly; Secure; SameSite=Strict"
    return func.HttpResponse(status_code=int(HTTPStatus.SEE_OTHER), headers={**SAFE, "Location": f"{HOME}/sign-in", "Set-Cookie": morsel})


# --- forms


def form_token(request: func.HttpRequest) -> tuple[str, dict[str, str]]:
    """The token for the forms of a page, and the header that sets its cookie where the browser has none."""
    held = cookie(request, FORM_COOKIE, _TOKEN)
    if held:
        return held, {}
    made = secrets.token_urlsafe(32)
    return made, {"Set-Cookie": f"{FORM_COOKIE}={made}; Path=/; HttpOnly; Secure; SameSite=Strict"}


def require_own_form(request: func.HttpRequest, given: str) -> None:
    """Raises Problem (403) unless the form came from a page of this console."""
    held = cookie(request, FORM_COOKIE, _TOKEN)
    good = bool(held) and hmac.compare_digest(held.encode(), given.encode("utf-8", "surrogateescape"))
    if not good or not same_origin(request):
        raise Problem(HTTPStatus.FORBIDDEN, "The form did not come from a page of this console, or the page is old. Open the page again.")


def same_origin(request: func.HttpRequest) -> bool:
    """What the browser says of where a form was sent from, as far as it says so."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    return site in (None, "same-origin") and (origin is None or urlsplit(origin).netloc == urlsplit(request.url).netloc)
