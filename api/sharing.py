"""Auditor links, the access log and console sessions, for those who hold the admin key."""

import re
import secrets
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import azure.functions as func

from api.answers import Problem, answer
from api.asking import continuation, count, json_object, onward, paged, refused
from api.callers import caller
from api.statements import now
from reporting.records import Actor
from reporting.sharing import SESSION, SESSION_IN_ALL, AuditorLink, Wish, invited, shared, wish_of
from runs.context import context
from scanners.errors import RecordRefused
from scanners.result import rfc3339

LINK_ID = re.compile(r"[0-9a-f]{16}")
LINK_PLACE = re.compile(r"[0-9]{13}_[0-9a-f]{16}")
PLACE = re.compile(r"[0-9]{13}_[0-9a-f]{32}")
MONTH = re.compile(r"20[0-9]{2}(0[1-9]|1[0-2])")
PAGE, MOST = 100, 500


def origin(request: func.HttpRequest) -> str:
    """Scheme and host under which the app was asked."""
    parts = urlsplit(request.url)
    return f"{parts.scheme}://{parts.netloc}"


def share(wish: Wish, by: Actor, where: str) -> tuple[AuditorLink, str]:
    """Make and put a link; it and its URL, which is known here once and never again. Raises RecordRefused."""
    storage = context().storage
    for run in wish.scope.runs:
        found = storage.runs.find(run)
        if found is None or found.status != "completed":
            raise RecordRefused({"scope.runs": "holds a run that is not completed and signed"})
    secret = secrets.token_urlsafe(32)
    link = shared(wish, by, now(), secrets.token_hex(8), secret)
    storage.links.put(link)
    return link, f"{where}/api/auditor/{link.id}?key={quote(secret)}"


def invite(by: Actor, where: str) -> tuple[str, str]:
    """A one-time sign-in link to the console, and until when it can be used."""
    secret = secrets.token_urlsafe(32)
    session = invited(by, now(), secrets.token_hex(8), secret)
    context().storage.links.put_session(session)
    return f"{where}/api/console/sign-in?key={session.id}.{quote(secret)}", rfc3339(session.usable_until)


def create(request: func.HttpRequest) -> func.HttpResponse:
    """A new link; its URL is in this answer and nowhere else."""
    by = caller(request)
    link, url = share(wish_of(json_object(request)), by, origin(request))
    return answer({**link.shown(now()), "url": url}, HTTPStatus.CREATED, {"Location": f"/api/v1/auditor-links/{link.id}"})


def listed(request: func.HttpRequest) -> func.HttpResponse:
    """A page of the links, newest first."""
    size, place = count(request, MOST, PAGE), continuation(request, "links", LINK_PLACE)
    shown, further = page_of_links(size, place)
    return answer({"links": [link.shown(now()) for link in shown], "continuation": onward("links", further)})


def page_of_links(size: int, after: str | None) -> tuple[list[AuditorLink], str | None]:
    """Links, newest first, and the place where the page ended. A place names the last link of a page, so new links do not move it."""
    return paged(sorted(context().storage.links.all(), key=_place), _place, after, size)


def _place(link: AuditorLink) -> str:
    return f"{9_999_999_999_999 - int(link.created_at.timestamp() * 1000):013d}_{link.id}"


def one(text: str) -> func.HttpResponse:
    """One link."""
    return answer(_found(text).shown(now()))


def revoke(request: func.HttpRequest, text: str) -> func.HttpResponse:
    """End a link at once."""
    return answer(end_link(text, caller(request)).shown(now()))


def end_link(text: str, by: Actor) -> AuditorLink:
    """Revoke a link. Raises Problem (404)."""
    gone = context().storage.links.revoke(_found(text).id, by, now())
    assert gone is not None
    return gone


def _found(text: str) -> AuditorLink:
    link = context().storage.links.find(text) if LINK_ID.fullmatch(text) else None
    if link is None:
        raise Problem(HTTPStatus.NOT_FOUND, "There is no such link.")
    return link


def access_log(request: func.HttpRequest) -> func.HttpResponse:
    """Who fetched what, newest first, of one month."""
    month = request.params.get("month") or context().clock().strftime("%Y%m")
    if not MONTH.fullmatch(month):
        raise refused("month", "must be a year and a month, such as 202611.")
    size, place = count(request, MOST, PAGE), continuation(request, f"access{month}", PLACE)
    entries, further = context().storage.access.page(month, size, place)
    return answer({"month": month, "entries": [entry.to_json() for entry in entries], "continuation": onward(f"access{month}", further)})


def console_session(request: func.HttpRequest) -> func.HttpResponse:
    """A one-time sign-in link to the console."""
    url, until = invite(caller(request), origin(request))
    minutes = {"session_minutes": _minutes(SESSION), "session_minutes_in_all": _minutes(SESSION_IN_ALL)}
    value: dict[str, Any] = {"url": url, "usable_until": until, **minutes}
    return answer(value, HTTPStatus.CREATED)


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
