"""Starting runs, following them, and listing them."""

import asyncio
import hashlib
import re
from http import HTTPStatus
from typing import Any

import azure.functions as func

from api.answers import Problem, answer
from api.asking import RUN_ID, chosen, continuation, count, onward
from api.kept import found_run
from reporting.records import Run
from runs.context import context
from runs.starting import start, under_way
from scanners.result import rfc3339

RETRY_SECONDS = "15"
PAGE, MOST = 50, 200
STATUSES = ("running", "completed", "failed")
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


async def begin(request: func.HttpRequest, client: Any) -> func.HttpResponse:
    """202 with the place to look; 409 with the place of the run that is under way. A repeated Idempotency-Key leads to the run it started."""
    key = _idempotency_key(request)
    if key and (known := await asyncio.to_thread(context().storage.runs.started_by, key)):
        return _accepted(known)
    started = await start(client, trigger="manual")
    if not started.refused:
        if key:
            await asyncio.to_thread(context().storage.runs.remember_request, key, started.run)
        return _accepted(started.run)
    if key and await asyncio.to_thread(context().storage.runs.started_by, key) == started.run:
        return _accepted(started.run)  # the same request came twice at once, and the other one was first
    place = f"/api/v1/runs/{started.run}/status"
    detail = f"Run {started.run} is under way; only one runs at a time. Follow it at {place}."
    raise Problem(HTTPStatus.CONFLICT, detail, {"Location": place, "Retry-After": RETRY_SECONDS}, run=started.run)


def _idempotency_key(request: func.HttpRequest) -> str | None:
    text = request.headers.get("Idempotency-Key")
    if text is None:
        return None
    if not _KEY.fullmatch(text):
        raise Problem(HTTPStatus.BAD_REQUEST, "Idempotency-Key must be 1 to 200 printable characters without spaces.")
    return hashlib.sha256(text.encode()).hexdigest()


def _accepted(run: str) -> func.HttpResponse:
    place = f"/api/v1/runs/{run}/status"
    body = {"run": run, "status": "running", "status_url": place}
    return answer(body, HTTPStatus.ACCEPTED, {"Location": place, "Retry-After": RETRY_SECONDS})


async def status(text: str, client: Any) -> func.HttpResponse:
    """Where the run stands. A run that the platform lost ends here as failed, not nowhere."""
    found = await asyncio.to_thread(found_run, text)
    if found.status == "running" and await under_way(client) != found.id:
        found = await asyncio.to_thread(found_run, text)  # it may have ended in between
        if found.status == "running":
            raise Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The run ended without closing; start another one.", run=found.id)
    if found.status == "failed":
        raise Problem(HTTPStatus.INTERNAL_SERVER_ERROR, found.failure or "The run failed.", run=found.id)
    place = f"/api/v1/runs/{found.id}"
    if found.status == "completed":
        return answer({"run": found.id, "status": "completed", "links": shown(found)["links"]})
    return answer({"run": found.id, "status": "running"}, HTTPStatus.ACCEPTED, {"Location": f"{place}/status", "Retry-After": RETRY_SECONDS})


def one(text: str) -> func.HttpResponse:
    """A run with its status."""
    return answer(shown(found_run(text)))


def listed(request: func.HttpRequest) -> func.HttpResponse:
    """Runs, newest first, paged. A continuation names the run where the page ended, so runs that begin in between do not move anything."""
    wanted, size = chosen(request, "status", STATUSES), count(request, MOST, PAGE)
    place = continuation(request, "runs", RUN_ID)
    found, further = page(size, place, wanted)
    return answer({"runs": [shown(run) for run in found], "continuation": onward("runs", further)})


def page(size: int, place: str | None, wanted: frozenset[str] | None = None) -> tuple[list[Run], str | None]:
    """At most `size` runs older than the run `place`, and the id of the last when there are more."""
    found: list[Run] = []
    while True:
        more = context().storage.runs.older(MOST + 1, place)
        for run in more[:MOST]:
            if wanted is None or run.status in wanted:
                if len(found) == size:
                    return found, found[-1].id
                found.append(run)
        if len(more) <= MOST:
            return found, None
        place = more[MOST - 1].id


def shown(run: Run) -> dict[str, Any]:
    """A run as it is served."""
    base = f"/api/v1/runs/{run.id}"
    links = {"self": base, "status": f"{base}/status"}
    if run.status == "completed":
        links |= {name: f"{base}/{name}" for name in ("results", "report", "package")}
    return {
        "run": run.id,
        "status": run.status,
        "trigger": run.trigger,
        "started_at": rfc3339(run.started_at),
        "completed_at": rfc3339(run.completed_at) if run.completed_at else None,
        "failure": run.failure,
        "scanner_version": run.scanner_version,
        "catalogue_sha256": run.catalogue_sha256,
        "sequence": run.sequence,
        "envelope_sha256": run.envelope_sha256,
        "links": links,
    }
