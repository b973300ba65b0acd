"""The facts of the product's own records, in the JSON form that each fact documents: past runs, open findings, and who the scanner is.

They are kept like any other evidence of the run, so that what was judged from them can be judged again.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from reporting import chain
from reporting.assembly import state
from reporting.attestation import opened
from reporting.chain import Signed
from reporting.formats import ndjson
from reporting.records import Run
from reporting.storage import Storage
from scanners.doors.tokens import Principal
from scanners.errors import StorageError, Unrecognised
from scanners.model import Outcome
from scanners.result import rfc3339

RUNS = 60  # past runs told to rules
LINKS = 2 * RUNS  # links read at least: rows are in the order of starts, links in the order of ends
SIGNED_SINCE = timedelta(days=400)  # how far back our own reports are known by digest
MEMBERS = frozenset({"report.html", "results.csv", "findings.csv", "attestation.json"})  # what somebody could hand in as a document of their own
SETTLED = frozenset({Outcome.PASS, Outcome.NOT_APPLICABLE})
CONTRADICTED = (
    "Find out who changed the table Runs of the evidence account (StorageTableLogs say who and from where) and restore the row, then run the scan "
    "again. The chain and the packages are whole; python -m reporting.verify checks them."
)


def run_history(storage: Storage, run: str, at: datetime) -> dict[str, Any]:
    """The newest past runs, the chain, and the digests of what was signed.

    Which runs were completed, when, and with how many results is read from the chain and from signed members, which nobody can change. The table
    of runs only adds those that failed or are under way. Raises Unrecognised when a row claims what the chain does not say; StorageError and
    SigningError.
    """
    known = chain.signed_runs(storage, least=LINKS, since=at - SIGNED_SINCE)
    signed = {each.run: each for each in known if each.run != run}
    rows = {each.id: each for each in storage.runs.list(limit=RUNS + 1) if each.id != run}
    _refuse_contradictions(signed, rows.values())
    recent = [each for each in signed.values() if datetime.fromisoformat(each.started_at) > at - SIGNED_SINCE]
    past = {each.run: partial(_signed, storage, each) for each in signed.values()}
    past |= {each["run_id"]: partial(_unsigned, storage, each) for each in _others(signed, rows)}
    return {
        "runs": chain.at_once(lambda each: past[each](), sorted(past, reverse=True)[:RUNS]),  # ids sort by time
        "chain": [each.envelope_sha256 for each in recent],
        "packages": sorted({each.subjects[name] for each in recent for name in MEMBERS if name in each.subjects}),
    }


def _refuse_contradictions(signed: Mapping[str, Signed], rows: Iterable[Run]) -> None:
    """A row that says `completed`, or names a place or digest, says what its link says. One that says less is overtaken by the link."""
    for row in rows:
        if row.status != "completed" and row.envelope_sha256 is None and row.sequence is None:
            continue
        link = signed.get(row.id)
        ended = rfc3339(row.completed_at) if row.completed_at else None
        said = (row.status, row.sequence, row.envelope_sha256, rfc3339(row.started_at), ended)
        if link is None or said != ("completed", link.sequence, link.envelope_sha256, link.started_at, link.completed_at):
            raise Unrecognised(f"the record of run {row.id} says something else than the signed chain of attestations", CONTRADICTED)


def _others(signed: Mapping[str, Signed], rows: Mapping[str, Run]) -> Iterator[dict[str, Any]]:
    """The runs without a link: those that a link names as failed, whatever their row says, and what the table adds."""
    failed = {run: started_at for each in signed.values() for run, started_at in each.failed.items()}
    for run in (failed.keys() | rows.keys()) - signed.keys():
        row = rows.get(run)
        yield {
            "run_id": run,
            "started_at": failed[run] if run in failed or row is None else rfc3339(row.started_at),
            "finished_at": rfc3339(row.completed_at) if row and row.completed_at else None,
            "status": "failed" if run in failed or row is None else row.status,
        }


def _signed(storage: Storage, link: Signed) -> dict[str, Any]:
    plan = storage.runs.find_plan(link.run)
    return {
        "run_id": link.run,
        "started_at": link.started_at,
        "finished_at": link.completed_at,
        "status": "completed",
        "signed": True,
        "envelope_sha256": link.envelope_sha256,
        "previous_envelope_sha256": link.previous_sha256,
        "expected_controls": len(plan.controls) if plan else 0,
        "results": _judged(storage, link),
    }


def _judged(storage: Storage, link: Signed) -> int:
    """How many results were signed. The summary is missing where the close was interrupted after the link; the results themselves never are."""
    told = chain.member(storage, link.run, "attestation.json", link.subjects["attestation.json"])
    if told is not None:
        summary = json.loads(told)
        return int(summary["counts"]["total"]) + int(summary["readiness"]["total"])
    return len(ndjson.read(_kept(storage, link.run, link.sequence, "results.ndjson", link.subjects)))


def _unsigned(storage: Storage, run: Mapping[str, Any]) -> dict[str, Any]:
    plan = storage.runs.find_plan(run["run_id"])
    return {
        **run,
        "signed": False,
        "envelope_sha256": None,
        "previous_envelope_sha256": None,
        "expected_controls": len(plan.controls) if plan else 0,
        "results": sum(1 for _ in storage.results.controls(run["run_id"])),
    }


def _kept(storage: Storage, run: str, sequence: int, name: str, subjects: Mapping[str, str]) -> bytes:
    """What was put before the link, so that whoever finds the link finds it."""
    stored = state(name, sequence)
    body = chain.member(storage, run, stored, subjects[name])
    if body is None:
        raise StorageError(f"{stored} of run {run} is missing from the store; it was put before the run was signed, so somebody removed it")
    return body


def open_findings(storage: Storage) -> dict[str, Any]:
    """What the last signed run did not pass, with the time it was first seen and the end of its exception.

    The chain says which run is the last, and not the pointer, which somebody could turn back. Raises StorageError and SigningError.
    """
    last = chain.latest(storage)
    if last is None:
        return {"findings": []}
    run, place = last
    subjects = {each["name"]: each["digest"]["sha256"] for each in opened(storage.attestations.link(place))["subject"]}
    lives = json.loads(_kept(storage, run, place, "lifecycle.json", subjects))
    signed = ndjson.read(_kept(storage, run, place, "results.ndjson", subjects))
    open_ones = [result for result in signed if result.outcome not in SETTLED]
    return {
        "findings": [
            {
                "control_id": result.control,
                "severity": result.severity.value,
                "designation": result.designation,
                "outcome": result.outcome.value,
                "first_seen": (lives.get(result.control) or {}).get("first_seen") or rfc3339(result.judged_at),
                "exception_until": f"{result.exception['expires_at']}T23:59:59Z" if result.exception else None,
                "plan_due": None,
                "plan_owner_role": None,
            }
            for result in open_ones
        ]
    }


def scanner_identity(principal: Principal | None, tenant: str, *, person: bool) -> Mapping[str, str | None]:
    """The service principal that runs the scans; nobody where a person's own sign-in was used."""
    if principal is None or person:
        return {"object_id": None, "app_id": None, "tenant_id": tenant}
    return {"object_id": principal.object_id, "app_id": principal.app_id, "tenant_id": principal.tenant_id}
