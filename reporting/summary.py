"""The attestation summary: counts, severity, citations and what changed. The same JSON is attestation.json and the API's latest attestation."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reporting.attestation import Previous
from reporting.changes import Changes
from reporting.records import CatalogueInfo, Run, RunPlan
from reporting.signing import ALGORITHM
from scanners.coverage import Covered, coverage
from scanners.coverage import counted as covered_by
from scanners.hipaa import Citation, citations
from scanners.model import NOTHING, Kind, Outcome, Severity
from scanners.result import Result, rfc3339

GOOD = frozenset({Outcome.PASS, Outcome.ACCEPTED})
BAD = frozenset({Outcome.FAIL, Outcome.ATTESTATION_DUE})
OPEN = frozenset({Outcome.UNKNOWN, Outcome.ERROR})
EVALUATION = (
    "This is an evaluation in the sense of 45 CFR 164.308(a)(8): it shows whether the tenant's settings and records meet the safeguards that "
    "can be seen from them. It is not the risk analysis of 164.308(a)(1)(ii)(A), and it is not a certification."
)


def counted(results: Iterable[Result]) -> tuple[Result, ...]:
    """The results that count: all but those about a provision that is only proposed."""
    return tuple(result for result in results if result.kind is not Kind.READINESS)


def counts(results: Iterable[Result]) -> dict[str, int]:
    """How many results there are of each outcome, and in total."""
    tally = Counter(result.outcome for result in results)
    return {**{outcome.value: tally[outcome] for outcome in Outcome}, "total": tally.total()}


def state(outcomes: Iterable[Outcome]) -> str:
    """What the outcomes of a citation's controls say about it. `met` only when every control passes or is accepted.

    Without controls it is `not_covered`; where no control finds anything that it governs, `not_applicable`; where something could not be
    looked at and nothing is amiss, `not_known`; else `partly` or `not_met`.
    """
    seen = set(outcomes)
    if not seen:
        return "not_covered"
    if seen <= GOOD:
        return "met"
    if seen & BAD:
        return "partly" if seen & GOOD else "not_met"
    if seen & OPEN:
        return "not_known"
    return "partly" if seen & GOOD else "not_applicable"


def by_citation(results: Sequence[Result], covered: Mapping[str, Covered] = NOTHING) -> list[dict[str, Any]]:
    """Every provision with the controls that cite it and its state; those without one are listed, with what is planned or why none can be.

    Nothing is `met` while a control that is meant to answer it is only planned.
    """
    citing: dict[str, list[Result]] = {}
    for result in results:
        for citation in result.citations:
            citing.setdefault(citation, []).append(result)
    return [_provision(row, citing.get(row.citation, []), covered.get(row.citation)) for row in citations()]


def _provision(row: Citation, results: list[Result], covered: Covered | None) -> dict[str, Any]:
    found = state(result.outcome for result in results)
    planned = covered.planned if covered else ()
    return {
        "citation": row.citation,
        "title": row.title,
        "designation": row.kind,
        "state": "partly" if planned and found == "met" else found,
        "controls": sorted(result.control for result in results),
        "planned": list(planned),
        "reason": covered.reason if covered else None,
        "rule": row.rule,
        "section": row.section,
    }


def summary(
    run: Run, plan: RunPlan, catalogue: CatalogueInfo, results: Sequence[Result], changes: Changes, previous: Previous, keyid: str, signer_kind: str
) -> dict[str, Any]:
    """attestation.json. `run` has its `completed_at`; the result is the same whenever it is asked again with the same link before."""
    counting = counted(results)
    tally = counts(counting)
    rows = coverage(catalogue.controls.values())
    covered = {row.id: row for row in rows if row.kind == "citation"}
    return {
        "schema_version": 1,
        "run": run.id,
        "tenant": {"id": plan.tenant.id, "name": plan.tenant.name},
        "started_at": rfc3339(run.started_at),
        "completed_at": rfc3339(run.completed_at) if run.completed_at else None,
        "scanner": {"name": catalogue.scanner, "version": run.scanner_version, "catalogue_sha256": run.catalogue_sha256},
        "counts": tally,
        "by_severity": {severity.value: counts(r for r in counting if r.severity is severity) for severity in Severity},
        "by_citation": by_citation(counting, covered),
        "coverage": covered_by(rows),
        "readiness": counts(r for r in results if r.kind is Kind.READINESS),
        "changes": changes.to_json(),
        "disabled": dict(sorted(plan.disabled.items())),
        "complete": tally["total"] > 0 and not tally["unknown"] and not tally["error"],
        "is_risk_analysis": False,
        "is_certification": False,
        "statement": EVALUATION,
        "signature": {
            "keyid": keyid,
            "algorithm": ALGORITHM,
            "sequence": previous.sequence + 1,
            "previous_sha256": previous.envelope_sha256,
            "signer": signer_kind,
        },
    }


def severities(results: Iterable[Result]) -> Mapping[str, int]:
    """Open findings by severity: fails and missing statements."""
    tally = Counter(result.severity.value for result in results if result.outcome in BAD)
    return {severity.value: tally[severity.value] for severity in Severity}
