from datetime import datetime

from scanners.attesting import conclude, unattested
from scanners.declare import control, fails, passes
from scanners.facts.statements_governance import RiskManagementPlan
from scanners.model import Verdict


@control(
    title="A risk management plan with owners and dates is in force",
    cites=("164.308(a)(1)(ii)(B)", "164.306(a)(2)"),
    severity="high",
    designation="required",
    kind="attestation",
    fix="Give every item of the plan an owner and a date; then record it: python -m local statements add (type risk_management_plan)",
    crosswalk={"nist_800_53": ["PL-2", "RA-2", "RA-3"]},
    seeds=("A5b", "A10"),
    examples=(
        passes(),
        fails(details={"items_open": 11, "items_without_owner": 2, "items_overdue": 3}),
        fails("owners alone treat nothing: one item is overdue", details={"items_overdue": 1}),
        *unattested("statement_risk_management_plan", document=True, missing="items_overdue"),
    ),
)
def risks_are_managed_by_a_plan(statement_risk_management_plan: RiskManagementPlan, at: datetime) -> Verdict:
    """A risk that is known and left alone is a decision that nobody took; it is among the gaps that investigators cite most.

    The risk management plan in force has no item without an owner and no item overdue.
    """
    said = statement_risk_management_plan.details
    return conclude(
        statement_risk_management_plan,
        at,
        "every item of the risk management plan has an owner and none is overdue",
        {
            f"{said.items_without_owner} items have no owner": said.items_without_owner == 0,
            f"{said.items_overdue} items are overdue": said.items_overdue == 0,
        },
        items_open=said.items_open,
    )
