"""A small invented clinic's run, as values and in a store, for the tests of reporting."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from reporting.records import CatalogueInfo, Run, RunPlan, Tenant
from reporting.signing import DevSigner
from reporting.storage import Storage
from scanners.model import Control, Kind, Outcome, Severity, passed
from scanners.ports import StoredPage
from scanners.result import EvidenceRef, Result

TENANT = Tenant(id="5b2f7c1e-8f0d-4a58-9a53-0d6a3c1e7f10", name="Harbor Lane Clinic")
CATALOGUE_SHA = "c" * 64
ROWS: tuple[tuple[str, str, tuple[str, ...], str, str], ...] = (
    # id, topic, citations, severity, designation
    ("legacy_authentication_is_blocked", "access", ("164.312(d)",), "critical", "standard"),
    ("guests_are_reviewed", "access", ("164.308(a)(4)(i)", "164.308(a)(4)(ii)(C)"), "high", "addressable"),
    ("audit_log_is_on", "audit", ("164.312(b)",), "critical", "standard"),
    ("staff_are_trained", "people", ("164.308(a)(5)(i)",), "medium", "standard"),
    ("devices_are_encrypted", "devices", ("164.312(a)(2)(iv)", "164.310(d)(1)"), "high", "addressable"),
    ("sharing_is_limited", "sharing", ("164.312(a)(1)",), "high", "standard"),
    ("labels_are_published", "encryption", ("164.312(e)(2)(ii)",), "low", "addressable"),
    ("proposed_rule_is_watched", "audit", ("164.312(b)",), "low", "standard"),
)


def control(row: tuple[str, str, tuple[str, ...], str, str]) -> Control:
    name, topic, cites, severity, designation = row
    return Control(
        id=name,
        topic=topic,
        title=name.replace("_", " ").capitalize(),
        cites=cites,
        severity=Severity(severity),
        designation=designation,  # type: ignore[arg-type]
        fix=f"Admin center > {topic}",
        rule=lambda: passed("yes"),
        examples=(),
        kind=Kind.READINESS if name.startswith("proposed") else Kind.CONFIGURATION,
        why=f"Why {name} matters to ePHI.",
        rule_sha256=hashlib.sha256(name.encode()).hexdigest(),
    )


CONTROLS = {row[0]: control(row) for row in ROWS}
CATALOGUE = CatalogueInfo(scanner="hipaa-m365-scanner", version="0.1.0", sha256=CATALOGUE_SHA, controls=CONTROLS)

NIGHT = datetime(2026, 11, 24, 3, 0, 0, tzinfo=UTC)


def run_id(day: int = 0) -> str:
    return f"{NIGHT + timedelta(days=day):%Y%m%dT%H%M%SZ}-3f9c"


def at(day: int = 0, minutes: float = 0) -> datetime:
    return NIGHT + timedelta(days=day, minutes=minutes)


def page_of(fact: str, number: int) -> bytes:
    return json.dumps({"value": [{"id": f"{fact}-{number}-{row}"} for row in range(3)]}).encode()


PAGE_SHA = hashlib.sha256(page_of("users", 1)).hexdigest()  # of the page that the results say they were judged from


def result(name: str, outcome: str = "pass", day: int = 0, **changes: Any) -> Result:
    known = CONTROLS[name]
    said = {"fail": "This is open to everybody.", "unknown": "The permission is missing."}.get(outcome, "This is as it should be.")
    values: dict[str, Any] = {
        "control": name,
        "topic": known.topic,
        "title": known.title,
        "citations": known.cites,
        "severity": known.severity,
        "designation": known.designation,
        "kind": known.kind,
        "outcome": Outcome(outcome),
        "reason": "not_permitted" if outcome == "unknown" else None,
        "because": said,
        "observed": {"looked_at": 30},
        "affected": (),
        "truncated": 0,
        "remedy": known.fix,
        "evidence": (EvidenceRef(fact="users", path="evidence/users/00001.json", sha256=PAGE_SHA, collected_at=at(day), interface="supported"),),
        "parameters": {},
        "looser_than_default": (),
        "run": run_id(day),
        "judged_at": at(day, 2),
        "rule_sha256": known.rule_sha256,
    }
    return Result.model_validate({**values, **changes})


OUTCOMES = {
    "legacy_authentication_is_blocked": "fail",
    "guests_are_reviewed": "accepted",
    "audit_log_is_on": "pass",
    "staff_are_trained": "attestation_due",
    "devices_are_encrypted": "unknown",
    "sharing_is_limited": "pass",
    "labels_are_published": "not_applicable",
    "proposed_rule_is_watched": "fail",
}


def begin(storage: Storage, day: int = 0) -> Run:
    """A run is recorded and planned."""
    run = Run(
        id=run_id(day),
        tenant_id=TENANT.id,
        status="running",
        trigger="timer",
        started_at=at(day),
        scanner_version="0.1.0",
        catalogue_sha256=CATALOGUE_SHA,
    )
    storage.runs.insert(run)
    plan = RunPlan(run=run.id, tenant=TENANT, started_at=run.started_at, controls=tuple(CONTROLS), facts=("users", "policies"))
    storage.runs.put_plan(plan)
    return run


def collect(storage: Storage, day: int = 0, pages: int = 3, fact: str = "users") -> list[StoredPage]:
    """Pages of a fact are stored and committed."""
    evidence = storage.evidence(run_id(day))
    stored = []
    for number in range(1, pages + 1):
        body = page_of(fact, number)
        blob, version = evidence.put_page(fact, 1, number, body)
        page = StoredPage(
            number=number,
            ask=0,
            about="",
            path=f"/v1.0/{fact}?$select=id",
            method="GET",
            status=200,
            blob=blob,
            received_sha256=hashlib.sha256(body).hexdigest(),
            stored_sha256=hashlib.sha256(body).hexdigest(),
            size=len(body),
            rows=3,
            next_link=None if number == pages else f"https://graph.microsoft.com/v1.0/{fact}?$skiptoken={number}",
            request_id=f"request-{number}",
            server_date=None,
            api_version="v1.0",
            interface="supported",
            version=version,
        )
        evidence.put_progress(fact, 1, page)
        stored.append(page)
    evidence.commit(fact, {"fact": fact, "run": run_id(day), "collected_at": "2026-11-24T03:00:10Z", "pages": [page.to_json() for page in stored]})
    return stored


def judge(storage: Storage, day: int = 0, leave_out: tuple[str, ...] = (), **outcomes: str) -> None:
    """Results are inserted, as in OUTCOMES unless told otherwise."""
    for name, outcome in {**OUTCOMES, **outcomes}.items():
        if name not in leave_out:
            storage.results.insert(result(name, outcome, day))


def whole(storage: Storage, signer: DevSigner, day: int = 0, **outcomes: str) -> dict[str, Any]:
    """A run from beginning to end."""
    from reporting.closing import close

    begin(storage, day)
    collect(storage, day)
    collect(storage, day, pages=1, fact="policies")
    judge(storage, day, **outcomes)
    return close(storage, run_id(day), CATALOGUE, signer, lambda: at(day, 10))


def signer(folder: Path) -> DevSigner:
    return DevSigner(folder)


def report(results: list[Result] | None = None, *, nights: int = 3, **more: Any) -> Any:
    """A report as values, without a store: `nights` runs with the same outcomes before it."""
    from reporting.attestation import BEGINNING, Previous
    from reporting.changes import changes, live
    from reporting.coverage import counted
    from reporting.report import EvidenceFile, Point, Report
    from reporting.summary import counts, summary

    found = tuple(sorted(results or [result(name, outcome) for name, outcome in OUTCOMES.items()], key=lambda each: each.control))
    lives: dict[str, Any] = {}
    for night in range(nights):
        lives = {each.control: live(lives.get(each.control), each.outcome, at(night - nights + 1, 10)) for each in found}
    found = tuple(each.model_copy(update={"since": lives[each.control].since, "first_seen": lives[each.control].first_seen}) for each in found)
    run = Run(
        id=run_id(), tenant_id=TENANT.id, status="completed", trigger="timer", started_at=at(), completed_at=at(0, 10),
        scanner_version="0.1.0", catalogue_sha256=CATALOGUE_SHA,
    )  # fmt: skip
    plan = more.pop("plan", RunPlan(run=run.id, tenant=TENANT, started_at=at(), controls=tuple(each.control for each in found), facts=("users",)))
    catalogue = more.pop("catalogue", CATALOGUE)
    before = Previous(nights - 1, run_id(-1), "a" * 64, "b" * 64, nights - 1) if nights > 1 else BEGINNING
    changed = more.pop("changes", None) or changes(before.run or None, found, found)
    files = tuple(
        EvidenceFile("users", f"evidence/users/{n:05d}.json", f"evidence/{run.id}/users/{n:05d}.json", "0" * 64, "0" * 64, 74,
                     "GET /v1.0/users?$select=id", 200, "supported", "2026-11-24T03:00:10Z", "request-1", "")
        for n in range(1, 4)
    )  # fmt: skip
    values: dict[str, Any] = {
        "run": run,
        "plan": plan,
        "catalogue": catalogue,
        "results": found,
        "lives": lives,
        "changes": changed,
        "summary": summary(run, plan, catalogue, found, changed, before, "e" * 64, "key_vault"),
        "trend": tuple(Point(run_id(n - nights + 1), at(n - nights + 1, 10), counts(counted(found))) for n in range(nights)),
        "failed_runs": (),
        "statements": (),
        "decisions": (),
        "evidence": files,
    }
    return Report(**{**values, **more})
