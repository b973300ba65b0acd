"""Who may use the console: a signed-in person of the tenant with a role, or whoever used a one-time sign-in link made with the admin key.

An Entra token is taken from the Authorization header, or from the header in which the platform's own sign-in hands on the ID token; either way its
signature is checked here. Forms carry a token that is also in a cookie of this host, so that no other site can send them.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import azure.functions as func

from api.answers import SAFE, Problem
from api.auditor import SECRET, cookie
from api.entra import ADMINISTRATOR, APPROVER, READER, bearer, person_of
from api.sharing import LINK_ID
from api.visits import note, refusals
from reporting.records import Actor
from reporting.sharing import SESSION, Session, begun, same
from runs.context import context

HOME = "/api/console"
COOKIE, FORM_COOKIE = "console", "__Host-console-form"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at the console, and what they may do."""

    actor: Actor
    writes: bool
    approves: bool

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
    token = bearer(request.headers.get("Authorization")) or request.headers.get("X-MS-TOKEN-AAD-ID-TOKEN")
    if token:
        person = person_of(token)
        person.require(READER, ADMINISTRATOR, APPROVER)
        writes, approves = ADMINISTRATOR in person.roles, bool({ADMINISTRATOR, APPROVER} & person.roles)
        return Visitor(Actor(kind="entra", object_id=person.object_id), writes, approves)
    if _session(request) is not None:
        return Visitor(Actor(kind="key"), writes=True, approves=False)
    raise Problem(HTTPStatus.UNAUTHORIZED, "Sign in first.")


def _session(request: func.HttpRequest) -> Session | None:
    """The session whose secret is in the cookie, while it lasts."""
    found = split(cookie(request, COOKIE))
    session = context().storage.links.session(found[0]) if found else None
    if not found or session is None or session.session_sha256 is None or session.ends_at is None:
        return None
    return session if same(found[1], session.session_sha256) and context().clock() < session.ends_at else None


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
    morsel = f"{COOKIE}={found[0]}.{secret}; Path={HOME}; Max-Age={int(SESSION.total_seconds())}; HttpOnly; Secure; SameSite=Strict"
    return func.HttpResponse(status_code=int(HTTPStatus.SEE_OTHER), headers={**SAFE, "Location": HOME, "Set-Cookie": morsel})


def signed_out(request: func.HttpRequest) -> func.HttpResponse:
    """End the session, here and in the browser."""
    session = _session(request)
    if session is not None:
        now = context().clock()
        context().storage.links.change_session(session.id, lambda before: before.model_copy(update={"ends_at": now}))
    morsel = f"{COOKIE}=; Path={HOME}; Max-Age=0; HttpOnly; Secure; SameSite=Strict"
    return func.HttpResponse(status_code=int(HTTPStatus.SEE_OTHER), headers={**SAFE, "Location": f"{HOME}/sign-in", "Set-Cookie": morsel})


# --- forms


def form_token(request: func.HttpRequest) -> tuple[str, dict[str, str]]:
    """The token for the forms of a page, and the header that sets its cookie where the browser has none."""
    held = cookie(request, FORM_COOKIE)
    if _TOKEN.fullmatch(held):
        return held, {}
    made = secrets.token_urlsafe(32)
    return made, {"Set-Cookie": f"{FORM_COOKIE}={made}; Path=/; HttpOnly; Secure; SameSite=Strict"}


def require_own_form(request: func.HttpRequest, given: str) -> None:
    """Raises Problem (403) unless the form came from a page of this console."""
    held = cookie(request, FORM_COOKIE)
    good = bool(_TOKEN.fullmatch(held)) and hmac.compare_digest(held.encode(), given.encode("utf-8", "surrogateescape"))
    if not good or not same_origin(request):
        raise Problem(HTTPStatus.FORBIDDEN, "The form did not come from a page of this console, or the page is old. Open the page again.")


def same_origin(request: func.HttpRequest) -> bool:
    """What the browser says of where a form was sent from, as far as it says so."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    return site in (None, "same-origin") and (origin is None or urlsplit(origin).netloc == urlsplit(request.url).netloc)
