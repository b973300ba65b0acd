from datetime import datetime

from scanners.attesting import YEAR, conclude, unattested, within
from scanners.declare import control, fails, passes
from scanners.facts.statements_continuity import IncidentResponsePlan
from scanners.model import Verdict


@control(
    title="A security incident response plan covers Microsoft 365 and was tested within the year",
    cites=("164.308(a)(6)(i)", "164.308(a)(6)(ii)", "164.530(f)"),
    severity="high",
    designation="standard",
    kind="attestation",
    fix="Test the plan; then record it: python -m local statements add (type incident_response_plan)",
    crosswalk={"nist_800_53": ["IR-1", "IR-2", "IR-3", "IR-4", "IR-5", "IR-6", "IR-7", "IR-8", "IR-9"]},
    seeds=("B22", "B16"),
    proposed_rule="308(a)(12)",
    examples=(
        passes(),
        fails(details={"tested_on": "2024-05-14"}),
        fails("a plan that stops at the network", details={"covers_microsoft_365": False}),
        fails("no log", details={"incident_log_kept": False}),
        *unattested("statement_incident_response_plan", document=True, missing="tested_on"),
    ),
)
def incident_response_plan_is_tested(statement_incident_response_plan: IncidentResponsePlan, at: datetime) -> Verdict:
    """What has to work under pressure must have been practised before.

    The plan covers Microsoft 365, was tested within 365 days, and a log of incidents is kept.
    """
    said = statement_incident_response_plan.details
    return conclude(
        statement_incident_response_plan,
        at,
        "the incident response plan covers Microsoft 365, was tested within the year, and a log is kept",
        {
            "it does not cover Microsoft 365": said.covers_microsoft_365,
            "no log of incidents is kept": said.incident_log_kept,
            f"it was last tested on {said.tested_on}": within(said.tested_on, at, YEAR),
        },
        tested_on=said.tested_on.isoformat(),
    )
