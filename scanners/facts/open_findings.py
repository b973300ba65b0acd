"""What the run before this one did not pass, since when, and until when somebody has decided to live with it.

Read from the product's records, not from the tenant. The form that the engine is handed, as JSON:
`{"findings": [{"control_id", "severity", "designation": standard | required | addressable, "outcome": fail | attestation_due | unknown | error | accepted,
"first_seen": time, "exception_until": time or null, "plan_due": date or null, "plan_owner_role": a role's name or null}]}`.
One entry for each control that is not pass and not not_applicable in the last completed run; an empty list where there is no run yet.
"""

from typing import Literal

from scanners.model import Door, Fact, Throttle
from scanners.reading import Row, Timestamp
from scanners.statements import Day, as_written


class OpenFinding(Row, spelling=as_written):
    """One control that did not pass."""

    control_id: str
    severity: Literal["critical", "high", "medium", "low"]
    designation: Literal["standard", "required", "addressable"]
    outcome: Literal["fail", "attestation_due", "unknown", "error", "accepted"]
    first_seen: Timestamp
    exception_until: Timestamp | None
    plan_due: Day | None
    plan_owner_role: str | None


class OpenFindings(Row, spelling=as_written):
    """All of them."""

    findings: tuple[OpenFinding, ...]


SAMPLE = {
    "findings": [
        {
            "control_id": "files_cannot_be_shared_with_anyone",
            "severity": "critical",
            "designation": "standard",
            "outcome": "fail",
            "first_seen": "2026-10-01T02:20:00Z",
            "exception_until": None,
            "plan_due": "2026-12-01",
            "plan_owner_role": "security official",
        }
    ]
}

fact = Fact(reading=OpenFindings, door=Door.RECORDS, throttle=Throttle.NONE, sample=SAMPLE, unshown={"findings": []})
