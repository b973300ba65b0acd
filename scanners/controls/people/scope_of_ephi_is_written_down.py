from datetime import datetime

from scanners.attesting import conclude, unattested
from scanners.declare import control, fails, passes
from scanners.facts.statements_governance import PlanScope
from scanners.model import Verdict


@control(
    title="The places, services and licences that hold ePHI are written down",
    cites=("164.306(a)(1)", "164.308(a)(7)(ii)(E)"),
    severity="high",
    designation="standard",
    kind="attestation",
    fix="List the sites, teams and mailboxes that hold ePHI and rank them; then record it: python -m local statements add (type plan_scope)",
    crosswalk={"nist_800_53": ["CP-2", "CP-2(8)", "RA-2", "RA-2(1)"]},
    seeds=("B1", "A2"),
    proposed_rule="308(a)(1)(ii)(A)",
    examples=(
        passes(),
        fails(details={"services_with_ephi": [], "ephi_location_count": 0, "criticality_ranked": False}),
        fails("services without places", details={"ephi_location_count": 0}),
        fails("a list without an order of importance", details={"criticality_ranked": False}),
        *unattested("statement_plan_scope", document=False, missing="ephi_location_count"),
    ),
)
def scope_of_ephi_is_written_down(statement_plan_scope: PlanScope, at: datetime) -> Verdict:
    """Nothing can be protected that nobody has located: every other safeguard is scoped on knowing where ePHI is.

    At least one service and one place that hold ePHI are stated, and the places are ranked by how critical they are.
    """
    said = statement_plan_scope.details
    return conclude(
        statement_plan_scope,
        at,
        "the services and places that hold ePHI are written down and ranked",
        {
            "no service is named that holds ePHI": bool(said.services_with_ephi),
            "no place is listed that holds ePHI": said.ephi_location_count >= 1,
            "the places are not ranked by how critical they are": said.criticality_ranked,
        },
        services=said.services_with_ephi,
        places=said.ephi_location_count,
    )
