from datetime import datetime

from scanners.attesting import conclude
from scanners.declare import control, fails, is_due, passes
from scanners.facts.statements_governance import SecurityOfficial
from scanners.model import Verdict


@control(
    title="One named security official is accountable, and audit reviewers are named",
    cites=("164.308(a)(2)", "164.530(a)"),
    severity="high",
    designation="standard",
    kind="attestation",
    fix="Issue the appointment, signed by the executive; then record it: python -m local statements add (type security_official)",
    crosswalk={"nist_800_53": ["CA-6", "PM-2"]},
    seeds=("B18",),
    examples=(
        passes(),
        fails(details={"privacy_official_object_id": None, "audit_reviewer_object_ids": []}),
        fails("nobody reviews the logs", details={"audit_reviewer_object_ids": []}),
        fails("an empty text names nobody", details={"official_object_id": " "}),
        is_due(statement_security_official=None),
        is_due("expired yesterday", expires_at="2026-11-23"),
        is_due("an official cannot appoint himself: made by the wrong role", attester={"role": "security_official"}),
        is_due("without the document", document=None),
    ),
)
def a_security_official_is_appointed(statement_security_official: SecurityOfficial, at: datetime) -> Verdict:
    """What everybody is responsible for, nobody answers for: accountability needs a name.

    A security official and a privacy official are named, and at least one person who reviews the audit logs.
    """
    said = statement_security_official.details
    return conclude(
        statement_security_official,
        at,
        "a security official, a privacy official and reviewers of the audit logs are named",
        {
            "no security official is named": _named(said.official_object_id),
            "no privacy official is named": _named(said.privacy_official_object_id),
            "nobody is named who reviews the audit logs": any(map(_named, said.audit_reviewer_object_ids)),
        },
        audit_reviewers=len(said.audit_reviewer_object_ids),
    )


def _named(object_id: str | None) -> bool:
    return bool(object_id and object_id.strip())
