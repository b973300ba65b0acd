"""Starting runs, following them, and listing them."""

import asyncio
import hashlib
import re
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import azure.functions as func

from api.answers import Problem, answer
from api.asking import RUN_ID, chosen, continuation, count, onward
from api.kept import found_run
from api.sharing import origin
from reporting.records import Run, moment_of
from runs.context import context
from runs.starting import start, under_way
from scanners.result import rfc3339

RETRY_SECONDS = "15"
KEY_HOLDS = timedelta(hours=24)
PAGE, MOST = 50, 200
STATUSES = ("running", "completed", "failed")
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


async def begin(request: func.HttpRequest, client: Any) -> func.HttpResponse:
    """202 with the place to look; 409 with the place of the run that is under way. A repeated Idempotency-Key leads to the run it started."""
    key = _idempotency_key(request)
    if key and (known := await asyncio.to_thread(_started_lately, key)):
        return _accepted(request, known, await asyncio.to_thread(_status_of, known))
    started = await start(client, trigger="manual", request=key)
    if not started.refused or (key and started.request == key):  # refused, with its own key: the same request came twice at once
        return _accepted(request, started.run, "running")
    detail = f"Run {started.run} is under way; only one runs at a time. Follow it at {_place(started.run)}."
    raise Problem(HTTPStatus.CONFLICT, detail, _follow(request, started.run), run=started.run)


def _idempotency_key(request: func.HttpRequest) -> str | None:
    text = request.headers.get("Idempotency-Key")
    if text is None:
        return None
    if not _KEY.fullmatch(text):
        raise Problem(HTTPStatus.BAD_REQUEST, "Idempotency-Key must be 1 to 200 printable characters without spaces.")
    return hashlib.sha256(text.encode()).hexdigest()


def _started_lately(key: str) -> str | None:
    """The run that a request with this key started within the last day; a key that is used again later starts another."""
    held = context()
    run = held.storage.runs.started_by(key)
    return run if run and held.clock() - moment_of(run) < KEY_HOLDS else None


def _status_of(run: str) -> str:
    found = context().storage.runs.find(run)
    return found.status if found else "running"  # asked for so early that the run is not on record yet


def _place(run: str) -> str:
    return f"/api/v1/runs/{run}/status"


def _follow(request: func.HttpRequest, run: str) -> dict[str, str]:
    """Where to look, and when. A caller with the key in the address gets it back there: who follows an address by itself sends nothing else."""
    code = request.params.get("code")
    return {"Location": f"{origin(request)}{_place(run)}" + (f"?code={quote(code, safe='')}" if code else ""), "Retry-After": RETRY_SECONDS}


def _accepted(request: func.HttpRequest, run: str, status: str) -> func.HttpResponse:
    return answer({"run": run, "status": status, "status_url": _place(run)}, HTTPStatus.ACCEPTED, _follow(request, run))


async def status(request: func.HttpRequest, text: str, client: Any) -> func.HttpResponse:
    """Where the run stands. A run that the platform lost ends here as failed, not nowhere."""
    found = await asyncio.to_thread(found_run, text)
    running = await under_way(client) if found.status == "running" else None
    if found.status == "running" and (running is None or running.run != found.id):
        found = await asyncio.to_thread(found_run, text)  # it may have ended in between
        if found.status == "running":
            raise Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The run ended without closing; start another one.", run=found.id)
    if found.status == "failed":
        raise Problem(HTTPStatus.INTERNAL_SERVER_ERROR, found.failure or "The run failed.", run=found.id)
    if found.status == "completed":
        return answer({"run": found.id, "status": "completed", "links": shown(found)["links"]})
    return answer({"run": found.id, "status": "running"}, HTTPStatus.ACCEPTED, _follow(request, found.id))


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
