"""What an auditor's link opens: a page for a person, the same data for a machine, the report and the package of the runs in its scope.

A secret comes as `?key=`, as a bearer token, or in the cookie that the page gives. A browser that brings it in the address is sent on to the same
path without it, so that it stays out of histories, logs and Referers. Every access and every refusal is logged.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import Any

import azure.functions as func

from api import bundles
from api.answers import SAFE, Problem, answer
from api.asking import run_of, wants_page
from api.entra import bearer
from api.kept import summary_of
from api.pages import page
from api.sharing import LINK_ID
from api.visits import note, refusals
from reporting.records import Run
from reporting.sharing import AuditorLink
from runs.context import context
from scanners.result import rfc3339

COOKIE = "auditor"
SECRET = re.compile(r"[A-Za-z0-9_-]{40,64}")
VISIT = timedelta(hours=12)  # how long a browser keeps the cookie at most
MOST_RUNS = 400
Do = Callable[[AuditorLink], func.HttpResponse]


def home(request: func.HttpRequest, link: str) -> func.HttpResponse:
    """Who shared what until when, and what there is to fetch."""
    return _through(request, link, "page", "", None, lambda found: _home(request, found))


def report(request: func.HttpRequest, link: str, run: str | None) -> func.HttpResponse:
    """A report in scope."""
    return _through(request, link, "report", _place(run, "report"), run, lambda found: bundles.report_of(_in_scope(found, run).id))


def package(request: func.HttpRequest, link: str, run: str | None) -> func.HttpResponse:
    """A package in scope. Only what was given away to its last byte counts against the limit: mail scanners open pages, not packages."""
    part = request.params.get("part") or "all"
    return _through(request, link, f"package part={part[:4]}", _place(run, "package"), run, lambda found: _package(request, found, run))


def _package(request: func.HttpRequest, link: AuditorLink, run: str | None) -> func.HttpResponse:
    part = bundles.asked_part(request)
    if link.download_limit is not None and link.downloads >= link.download_limit:
        raise _limit(link)

    def completes() -> None:
        if not context().storage.links.count_download(link.id):
            raise _limit(link)

    return bundles.deliver(request, _in_scope(link, run).id, part, completes)


def _limit(link: AuditorLink) -> Problem:
    detail = f"This link allowed {link.download_limit} downloads, and they were made. Ask the person who shared it for a new one."
    return Problem(HTTPStatus.FORBIDDEN, detail)


def _place(run: str | None, item: str) -> str:
    """The rest of the path, made of what was checked and not of what was sent."""
    return f"/{item}" if run is None else f"/runs/{run_of(run)}/{item}"


def _through(request: func.HttpRequest, text: str, what: str, place: str, run: str | None, do: Do) -> func.HttpResponse:
    """Check the link, do it, and log either outcome."""
    known = text if LINK_ID.fullmatch(text) else None
    try:
        if _bounced(request):
            return page("continue.html")
        link = _opened(request, known)
        found = _sent_on(request, link, place) if request.params.get("key") and wants_page(request) else do(link)
    except Problem as refusal:
        return _refused(request, what, run, known, refusal)
    note(request, what, found.status_code, run=run, link=known)
    return found


def _bounced(request: func.HttpRequest) -> bool:
    """A browser that comes from another site keeps a strict cookie back, also after our own redirect; from our own page it sends it."""
    cross = request.headers.get("Sec-Fetch-Site") == "cross-site" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    return cross and request.method == "GET" and not request.params.get("key") and not _given(request)


def _opened(request: func.HttpRequest, known: str | None) -> AuditorLink:
    """The link, when the secret is its own and it has not ended. An unknown link and a wrong secret are answered alike."""
    given = _given(request)
    if not given:
        raise Problem(HTTPStatus.UNAUTHORIZED, "Open the whole link as you received it: its last part is the key.", {"WWW-Authenticate": "Bearer"})
    link = context().storage.links.find(known) if known and SECRET.fullmatch(given) else None
    if link is None or not link.opened_by(given):
        raise Problem(HTTPStatus.NOT_FOUND, "This link is not known here, or its key is not right. Open it exactly as you received it.")
    if ended := link.ended(context().clock()):
        raise Problem(
            HTTPStatus.GONE, f"This link has {'expired' if ended == 'expired' else 'been revoked'}. Ask the person who shared it for a new one."
        )
    return link


def _given(request: func.HttpRequest) -> str:
    """The secret that comes with the request."""
    if text := request.params.get("key"):
        return str(text)
    if token := bearer(request.headers.get("Authorization")):
        return token
    return cookie(request, COOKIE)


def cookie(request: func.HttpRequest, name: str) -> str:
    """The value of a cookie; empty without one."""
    try:
        found = SimpleCookie(request.headers.get("Cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def _sent_on(request: func.HttpRequest, link: AuditorLink, place: str) -> func.HttpResponse:
    home = f"/api/auditor/{link.id}"
    age = int(min(VISIT, link.expires_at - context().clock()).total_seconds())
    morsel = f"{COOKIE}={_given(request)}; Path={home}; Max-Age={age}; HttpOnly; Secure; SameSite=Strict"
    core = "?part=core" if request.params.get("part") == "core" else ""
    return func.HttpResponse(status_code=int(HTTPStatus.SEE_OTHER), headers={**SAFE, "Location": f"{home}{place}{core}", "Set-Cookie": morsel})


def _refused(request: func.HttpRequest, what: str, run: str | None, known: str | None, refusal: Problem) -> func.HttpResponse:
    if not refusals.take():
        refusal = Problem(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests were refused; wait a minute.", {"Retry-After": "60"})
    else:
        shown = run if run and len(run) < 30 and run.isascii() else None
        note(request, what, int(refusal.status), run=shown, link=known, reason=refusal.status.phrase)
    if not wants_page(request):
        raise refusal
    return page("refused.html", refusal.status, refusal.headers, title=refusal.status.phrase, detail=refusal.detail)


# --- what is in scope


def _in_scope(link: AuditorLink, text: str | None) -> Run:
    """The run, or the newest in scope. What exists but was not shared is answered like what does not exist."""
    storage = context().storage
    if text is None:
        run = next(_runs(link), None)
        if run is None:
            raise Problem(HTTPStatus.NOT_FOUND, "Nothing that this link opens has been signed yet.")
        return run
    run = storage.runs.find(run_of(text))
    if run is None or not link.scope.covers(run, storage.runs.latest()):
        raise Problem(HTTPStatus.NOT_FOUND, "This link opens no such run.")
    return run


def _runs(link: AuditorLink) -> Iterator[Run]:
    """The signed runs in scope, newest first."""
    storage, scope = context().storage, link.scope
    latest = storage.runs.latest()
    if scope.kind == "period":
        for run in storage.runs.each():
            if scope.first and run.started_at.astimezone(UTC).date() < scope.first - timedelta(days=1):
                return
            if scope.covers(run, latest):
                yield run
        return
    for name in sorted(scope.runs, reverse=True) if scope.kind == "runs" else [latest] if latest else []:
        found = storage.runs.find(name)
        if found is not None and scope.covers(found, latest):
            yield found


def _home(request: func.HttpRequest, link: AuditorLink) -> func.HttpResponse:
    found = [run for _, run in zip(range(MOST_RUNS), _runs(link), strict=False)]
    data = _data(link, found)
    return page("auditor.html", **data) if wants_page(request) else answer(data)


def _data(link: AuditorLink, found: list[Run]) -> dict[str, Any]:
    newest = summary_of(found[0].id) if found else None
    base = f"/api/auditor/{link.id}"
    left = None if link.download_limit is None else max(0, link.download_limit - link.downloads)
    return {
        "shared_by": newest["tenant"]["name"] if newest else context().settings.tenant_name or context().settings.tenant_id,
        "name": link.name,
        "organisation": link.organisation,
        "scope": link.scope.model_dump(mode="json"),
        "created_at": rfc3339(link.created_at),
        "expires_at": rfc3339(link.expires_at),
        "downloads_left": left,
        "counts": newest["counts"] if newest else None,
        "complete": newest["complete"] if newest else None,
        "signature": newest["signature"] if newest else None,
        "statement": newest["statement"] if newest else None,
        "runs": [_shown(base, run, first=place == 0) for place, run in enumerate(found)],
    }


def _shown(base: str, run: Run, *, first: bool) -> dict[str, Any]:
    """A run with its digests; the package's own only for the newest, since each takes a look at the store."""
    assert run.completed_at is not None
    info = context().storage.attestations.info(run.id, "package.zip") if first else None
    return {
        "run": run.id,
        "completed_at": rfc3339(run.completed_at),
        "sequence": run.sequence,
        "envelope_sha256": run.envelope_sha256,
        "package_bytes": info.size if info else None,
        "package_sha256": info.metadata.get("sha256") if info else None,
        "links": {name: f"{base}/runs/{run.id}/{name}" for name in ("report", "package")} | {"core": f"{base}/runs/{run.id}/package?part=core"},
    }
