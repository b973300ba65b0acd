"""The attestation summary: counts, severity, citations and what changed. The same JSON is attestation.json and the API's latest attestation."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reporting.attestation import Previous
from reporting.changes import Changes
from reporting.coverage import BAD, by_citation, by_point, counted, in_run
from reporting.records import CatalogueInfo, Run, RunPlan
from reporting.signing import ALGORITHM
from scanners.coverage import counted as covered_by
from scanners.coverage import coverage
from scanners.model import Kind, Outcome, Severity
from scanners.result import Result, rfc3339

EVALUATION = (
    "This is an evaluation in the sense of 45 CFR 164.308(a)(8): it shows whether the tenant's settings and records meet the safeguards that "
    "can be seen from them. It is not the risk analysis of 164.308(a)(1)(ii)(A), and it is not a certification."
)


def counts(results: Iterable[Result]) -> dict[str, int]:
    """How many results there are of each outcome, and in total."""
    tally = Counter(result.outcome for result in results)
    return {**{outcome.value: tally[outcome] for outcome in Outcome}, "total": tally.total()}


def summary(
    run: Run, plan: RunPlan, catalogue: CatalogueInfo, results: Sequence[Result], changes: Changes, previous: Previous, keyid: str, signer_kind: str
) -> dict[str, Any]:
    """attestation.json. `run` has its `completed_at`; the result is the same whenever it is asked again with the same link before."""
    counting = counted(results)
    tally = counts(counting)
    rows = coverage(catalogue.controls.values())
    joined = in_run(rows, counting)
    return {
        "schema_version": 1,
        "run": run.id,
        "tenant": {"id": plan.tenant.id, "name": plan.tenant.name},
        "started_at": rfc3339(run.started_at),
        "completed_at": rfc3339(run.completed_at) if run.completed_at else None,
        "scanner": {"name": catalogue.scanner, "version": run.scanner_version, "catalogue_sha256": run.catalogue_sha256},
        "counts": tally,
        "by_severity": {severity.value: counts(r for r in counting if r.severity is severity) for severity in Severity},
        "by_citation": list(by_citation(joined)),
        "by_point": list(by_point(joined)),
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
