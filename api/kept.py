"""What was made of signed runs, read once per process: it never changes. Bounded, by run."""

import json
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from api.answers import Problem
from api.asking import NO_RUN, run_of
from reporting.formats import ndjson
from reporting.records import Run
from reporting.storage import Storage
from runs.context import context
from scanners.result import Result


@lru_cache(maxsize=16)
def body_of(storage: Storage, run: str, name: str) -> bytes:
    """Something small that was made of a signed run, such as attestation.json. Raises StorageError."""
    return storage.attestations.get(run, name)


@lru_cache(maxsize=8)
def results_of(storage: Storage, run: str) -> tuple[Result, ...]:
    """The results of a signed run as they were signed, with the times since when they stand; by control id."""
    return tuple(sorted(ndjson.read(storage.attestations.get(run, "results.ndjson")), key=lambda result: result.control))


def summary_of(run: str) -> dict[str, Any]:
    """attestation.json of a signed run."""
    return dict(json.loads(body_of(context().storage, run, "attestation.json")))


def latest_run() -> str:
    """The id of the latest signed run. Raises Problem (404) before the first one."""
    run = context().storage.runs.latest()
    if run is None:
        raise Problem(HTTPStatus.NOT_FOUND, "No run has been completed and signed yet. Start one with POST /api/v1/runs, or wait for the timer.")
    return run


def found_run(text: str) -> Run:
    """The run of an id from a path. Raises Problem (404)."""
    run = context().storage.runs.find(run_of(text))
    if run is None:
        raise Problem(HTTPStatus.NOT_FOUND, NO_RUN)
    return run


def signed_run(text: str | None) -> str:
    """The run, or the latest; only a completed, signed one. Raises Problem: 404, or 409 when it is not signed."""
    if text is None:
        return latest_run()
    run = found_run(text)
    if run.status != "completed":
        detail = f"Run {run.id} is {run.status}; only a completed, signed run has results, a report and a package."
        raise Problem(HTTPStatus.CONFLICT, detail, run=run.id)
    return run.id
