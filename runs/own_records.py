"""The facts of the product's own records, in the JSON form that each fact documents: past runs, open findings, and who the scanner is.

They are kept like any other evidence of the run, so that what was judged from them can be judged again.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from reporting.formats import ndjson
from reporting.records import Run
from reporting.storage import Storage
from scanners.doors.tokens import Principal
from scanners.model import Outcome
from scanners.result import rfc3339

RUNS = 60  # past runs told to rules
SIGNED_SINCE = timedelta(days=400)  # how far back our own reports are known by digest
MEMBERS = frozenset({"report.html", "results.csv", "findings.csv", "attestation.json"})  # what somebody could hand in as a document of their own
SETTLED = frozenset({Outcome.PASS, Outcome.NOT_APPLICABLE})


def run_history(storage: Storage, run: str, at: datetime) -> dict[str, Any]:
    """The newest past runs, the chain, and the digests of what was signed."""
    past = [each for each in storage.runs.list(limit=RUNS + 1) if each.id != run][:RUNS]
    signed = [each for each in storage.runs.list(limit=500, status="completed") if each.envelope_sha256 and each.started_at > at - SIGNED_SINCE]
    before = {later.id: earlier.envelope_sha256 for later, earlier in pairwise(signed)}
    return {
        "runs": [_past(storage, each, before.get(each.id)) for each in past],
        "chain": [str(each.envelope_sha256) for each in signed],
        "packages": sorted({digest for each in signed for digest in _signed_digests(storage, each)}),
    }


def _past(storage: Storage, run: Run, previous: str | None) -> dict[str, Any]:
    plan = storage.runs.find_plan(run.id)
    return {
        "run_id": run.id,
        "started_at": rfc3339(run.started_at),
        "finished_at": rfc3339(run.completed_at) if run.completed_at else None,
        "status": run.status,
        "signed": run.envelope_sha256 is not None,
        "envelope_sha256": run.envelope_sha256,
        "previous_envelope_sha256": previous,
        "expected_controls": len(plan.controls) if plan else 0,
        "results": sum(1 for _ in storage.results.controls(run.id)),
    }


def _signed_digests(storage: Storage, run: Run) -> Iterator[str]:
    if run.sequence is None:
        return
    payload = json.loads(base64.b64decode(json.loads(storage.attestations.link(run.sequence))["payload"]))
    yield from (subject["digest"]["sha256"] for subject in payload["subject"] if subject["name"] in MEMBERS)


def open_findings(storage: Storage) -> dict[str, Any]:
    """What the last signed run did not pass, with the time it was first seen and the end of its exception."""
    latest = storage.runs.latest()
    if latest is None:
        return {"findings": []}
    lives = json.loads(storage.attestations.find(latest, "lifecycle.json") or b"{}")
    signed = ndjson.read(storage.attestations.get(latest, "results.ndjson"))  # and not the table, whose rows can be changed
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
