from datetime import datetime

from scanners.attesting import conclude, unattested
from scanners.declare import control, fails, passes
from scanners.facts.statements_workforce import WorkforceAccess
from scanners.model import Verdict


@control(
    title="A matrix says which role may reach which PHI, with clearance and termination rules",
    cites=("164.308(a)(3)(i)", "164.308(a)(3)(ii)(A)", "164.308(a)(3)(ii)(B)", "164.308(a)(4)(i)", "164.502(a)", "164.502(b)", "164.514(d)"),
    severity="high",
    designation="standard",
    kind="attestation",
    fix="Write the matrix and the procedures; then record them: python -m local statements add (type workforce_access)",
    crosswalk={"nist_800_53": ["AC-1", "AC-2", "AC-3", "AC-5", "AC-6", "AC-4", "MA-5", "MP-2", "PS-1", "PS-6", "PS-7", "PS-2", "PS-3", "PS-5"]},
    seeds=("A5a", "B12"),
    examples=(
        passes(),
        fails(details={"roles_listed": 0}),
        fails("people come and go without a rule", details={"clearance_procedure": False, "termination_procedure": False}),
        *unattested("statement_workforce_access", document=True, missing="clearance_procedure"),
    ),
)
def access_follows_role_and_need(statement_workforce_access: WorkforceAccess, at: datetime) -> Verdict:
    """Minimum necessary access starts from what a role needs, not from what somebody asked for.

    A matrix lists at least one role, and procedures for clearance and for termination exist.
    """
    said = statement_workforce_access.details
    return conclude(
        statement_workforce_access,
        at,
        "a matrix of roles exists, with procedures for clearance and termination",
        {
            "the matrix lists no role": said.roles_listed >= 1,
            "there is no procedure for clearance": said.clearance_procedure,
            "there is no procedure for termination": said.termination_procedure,
        },
        roles_listed=said.roles_listed,
    )
