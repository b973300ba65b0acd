"""What an auditor's link opens: a page for a person, the same data for a machine, the report and the package of the runs in its scope.

A secret comes as `?key=`, as a bearer token, or in the cookie that the page gives. A browser that brings it in the address is sent on to the same
path without it, so that it stays out of histories, logs and Referers. Every access, every refusal and every fault is logged.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from itertools import islice
from typing import Any

import azure.functions as func

from api import bundles
from api.answers import SAFE, Problem, answer, explained
from api.asking import RUN_ID, continuation, onward, run_of, wants_page
from api.auditor_scope import in_scope, newest_of, runs_of
from api.cookies import cookie
from api.entra import bearer
from api.kept import summary_of
from api.pages import page
from api.sharing import LINK_ID
from api.visits import note, note_if_possible, refusals
from reporting.downloads import Part
from reporting.records import Run
from reporting.sharing import AuditorLink
from runs.context import context
from scanners.result import rfc3339

COOKIE = "auditor"
SECRET = re.compile(r"[A-Za-z0-9_-]{40,64}")
VISIT = timedelta(hours=12)  # how long a browser keeps the cookie at most
MOST_RUNS = 400  # on a page; what is older comes by continuation
Do = Callable[[AuditorLink], func.HttpResponse]


def home(request: func.HttpRequest, link: str) -> func.HttpResponse:
    """Who shared what until when, and what there is to fetch."""
    return _through(request, link, "page", "", None, lambda found: _home(request, found))


def report(request: func.HttpRequest, link: str, run: str | None) -> func.HttpResponse:
    """A report in scope."""
    return _through(request, link, "report", "report", run, lambda found: bundles.report_of(in_scope(found, run).id))


def package(request: func.HttpRequest, link: str, run: str | None) -> func.HttpResponse:
    """A package in scope. Only what was given away counts against the limit: mail scanners open pages, not packages."""
    part = request.params.get("part") or "all"
    what = f"package part={part}" if part in bundles.PARTS else "package"
    return _through(request, link, what, "package", run, lambda found: _package(request, found, run))


def _package(request: func.HttpRequest, link: AuditorLink, run: str | None) -> func.HttpResponse:
    part, found = bundles.asked_part(request), in_scope(link, run).id

    def gives(way: bundles.Way, first: int, last: int, size: int) -> None:
        links, given = context().storage.links, Part(first, last, size, context().clock(), whole=way == "whole")
        if not (links.count_download(link.id) if way == "address" else links.count_part(link.id, f"{found}_{part}", given)):
            detail = (
                f"This link allowed {link.download_limit} downloads, and they were made. One that broke off can be resumed by Range for 24 hours. "
                "Else ask the person who shared it for a new one."
            )
            raise Problem(HTTPStatus.FORBIDDEN, detail)

    return bundles.deliver(request, found, part, gives)


def _through(request: func.HttpRequest, text: str, what: str, item: str, run: str | None, do: Do) -> func.HttpResponse:
    """Check the link, do it, and log what came of it."""
    known = text if LINK_ID.fullmatch(text) else None
    shown = run if run and RUN_ID.fullmatch(run) and run.isascii() else None
    try:
        if _bounced(request):
            return _sent_back(request, what, shown, known)
        link = _opened(request, known)
        found = _sent_on(request, link, _place(run, item)) if request.params.get("key") and wants_page(request) else do(link)
        note(request, what, found.status_code, run=shown, link=known)
    except Exception as fault:  # noqa: BLE001 - the shell of this door: what fails behind it is logged like a refusal, and a person gets a page
        return _refused(request, what, shown, known, explained(fault))
    return found


def _place(run: str | None, item: str) -> str:
    """The rest of the path, made of what was checked and not of what was sent. Raises Problem (404)."""
    below = f"/{item}" if item else ""
    return below if run is None else f"/runs/{run_of(run)}{below}"


def _bounced(request: func.HttpRequest) -> bool:
    """A browser that comes from another site keeps a strict cookie back, also after our own redirect; from our own page it sends it."""
    cross = request.headers.get("Sec-Fetch-Site") == "cross-site" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    return cross and request.method == "GET" and not request.params.get("key") and not _given(request)


def _sent_back(request: func.HttpRequest, what: str, run: str | None, known: str | None) -> func.HttpResponse:
    """The page that makes such a browser come again. Nobody has shown a secret yet, so these entries share the refusals' budget."""
    if not refusals.take():
        raise _flooded()
    note(request, what, int(HTTPStatus.OK), run=run, link=known, reason="came from another site; asked to come again")
    return page("continue.html")


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
    return cookie(request, COOKIE, SECRET)


def _sent_on(request: func.HttpRequest, link: AuditorLink, place: str) -> func.HttpResponse:
    home = f"/api/auditor/{link.id}"
    age = int(min(VISIT, link.expires_at - context().clock()).total_seconds())
    morsel = f"{COOKIE}={_given(request)}; Path={home}; Max-Age={age}; HttpOnly; Secure; SameSite=Strict"
    core = "?part=core" if request.params.get("part") == "core" else ""
    return func.HttpResponse(status_code=int(HTTPStatus.SEE_OTHER), headers={**SAFE, "Location": f"{home}{place}{core}", "Set-Cookie": morsel})


def _flooded() -> Problem:
    return Problem(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests were refused; wait a minute.", {"Retry-After": "60"})


def _refused(request: func.HttpRequest, what: str, run: str | None, known: str | None, refusal: Problem) -> func.HttpResponse:
    """Log the refusal or fault, and answer it: with a page for a person, else as it is."""
    if refusals.take():
        note_if_possible(request, what, int(refusal.status), run=run, link=known, reason=refusal.status.phrase)
    elif refusal.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        refusal = _flooded()
    if not wants_page(request):
        raise refusal
    back = f"/api/auditor/{known}" if known and run and refusal.status in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN) else ""
    return page("refused.html", refusal.status, refusal.headers, title=refusal.status.phrase, detail=refusal.detail, back=back)


# --- the page


def _home(request: func.HttpRequest, link: AuditorLink) -> func.HttpResponse:
    after = continuation(request, f"shared{link.id}", RUN_ID)
    found = list(islice(runs_of(link, after), MOST_RUNS + 1))
    shown, newest = found[:MOST_RUNS], newest_of(link)
    data = _data(link, newest, shown) | {"continuation": onward(f"shared{link.id}", shown[-1].id if len(found) > MOST_RUNS else None)}
    if not wants_page(request):
        return answer(data)
    return page("auditor.html", **data, newest=_shown(link, newest, whole=True) if newest else None, link=link.id, further=after is not None)


def _data(link: AuditorLink, newest: Run | None, shown: list[Run]) -> dict[str, Any]:
    summary = summary_of(newest.id) if newest else None
    left = None if link.download_limit is None else max(0, link.download_limit - link.downloads)
    return {
        "shared_by": summary["tenant"]["name"] if summary else context().settings.tenant_name or context().settings.tenant_id,
        "name": link.name,
        "organisation": link.organisation,
        "scope": link.scope.model_dump(mode="json"),
        "created_at": rfc3339(link.created_at),
        "expires_at": rfc3339(link.expires_at),
        "downloads_left": left,
        "counts": summary["counts"] if summary else None,
        "complete": summary["complete"] if summary else None,
        "signature": summary["signature"] if summary else None,
        "statement": summary["statement"] if summary else None,
        "runs": [_shown(link, run, whole=newest is not None and run.id == newest.id) for run in shown],
    }


def _shown(link: AuditorLink, run: Run, *, whole: bool) -> dict[str, Any]:
    """A run with its digests and links; the package's own digest only where `whole`, since each takes a look at the store.

    The report of a link to the latest run has the address that never ends; a package has the one of its run, whose digests stand beside it.
    """
    assert run.completed_at is not None
    base = f"/api/auditor/{link.id}"
    here = f"{base}/runs/{run.id}"
    report = f"{base if link.scope.kind == 'latest' else here}/report"
    info = context().storage.attestations.info(run.id, "package.zip") if whole else None
    return {
        "run": run.id,
        "completed_at": rfc3339(run.completed_at),
        "sequence": run.sequence,
        "envelope_sha256": run.envelope_sha256,
        "package_bytes": info.size if info else None,
        "package_sha256": info.metadata.get("sha256") if info else None,
        "links": {"report": report, "package": f"{here}/package", "core": f"{here}/package?part=core"},
    }
