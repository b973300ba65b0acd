from datetime import datetime

from scanners.attesting import conclude, unattested
from scanners.declare import control, fails, passes
from scanners.facts.statements_premises import FacilitySecurity
from scanners.model import Verdict


@control(
    title="Access to own premises and equipment is planned, controlled and recorded",
    cites=("164.310(a)(1)", "164.310(a)(2)(i)", "164.310(a)(2)(ii)", "164.310(a)(2)(iii)", "164.310(a)(2)(iv)"),
    severity="medium",
    designation="standard",
    kind="attestation",
    fix="Adopt the plan; then record it: python -m local statements add (type facility_security)",
    crosswalk={
        "nist_800_53": [
            "PE-1",
            "PE-2",
            "PE-3",
            "PE-3(1)",
            "PE-4",
            "PE-5",
            "CP-2",
            "CP-6",
            "CP-7",
            "PE-17",
            "PL-2",
            "PE-6",
            "PE-8",
            "MA-1",
            "MA-2",
            "MA-6",
        ]
    },
    seeds=("B3",),
    examples=(
        passes(),
        fails(details={"facility_security_plan": False}),
        fails("nobody can get in on the bad day", details={"contingency_access": False}),
        *unattested("statement_facility_security", document=True, missing="maintenance_records"),
    ),
)
def own_premises_are_secured(statement_facility_security: FacilitySecurity, at: datetime) -> Verdict:
    """Who can touch the equipment can get around every setting.

    A facility security plan, access control with validation, maintenance records and access in an emergency all exist.
    """
    said = statement_facility_security.details
    return conclude(
        statement_facility_security,
        at,
        "access to the premises is planned, controlled and recorded",
        {
            "there is no facility security plan": said.facility_security_plan,
            "access is not controlled and validated": said.access_control_and_validation,
            "repairs are not recorded": said.maintenance_records,
            "access in an emergency is not planned": said.contingency_access,
        },
    )
