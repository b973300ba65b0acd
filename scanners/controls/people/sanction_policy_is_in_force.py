from datetime import datetime

from scanners.attesting import conclude, unattested
from scanners.declare import control, fails, passes
from scanners.facts.statements_workforce import SanctionPolicy
from scanners.model import Verdict


@control(
    title="A sanction policy applies to all workforce",
    cites=("164.308(a)(1)(ii)(C)", "164.306(a)(4)", "164.530(e)"),
    severity="medium",
    designation="required",
    kind="attestation",
    fix="Adopt the policy for everybody; then record it: python -m local statements add (type sanction_policy)",
    crosswalk={"nist_800_53": ["PS-8"]},
    seeds=("B6",),
    examples=(
        passes(),
        fails(details={"applies_to_all_workforce": False, "sanctions_recorded": True}),
        fails("what is not recorded cannot be shown", details={"sanctions_recorded": False}),
        *unattested("statement_sanction_policy", document=True, missing="sanctions_recorded"),
    ),
)
def sanction_policy_is_in_force(statement_sanction_policy: SanctionPolicy, at: datetime) -> Verdict:
    """Rules that nobody enforces protect nothing.

    The policy applies to all of the workforce, and sanctions under it are recorded.
    """
    said = statement_sanction_policy.details
    return conclude(
        statement_sanction_policy,
        at,
        "a sanction policy applies to all of the workforce, and sanctions are recorded",
        {
            "it does not apply to all of the workforce": said.applies_to_all_workforce,
            "sanctions are not recorded": said.sanctions_recorded,
        },
    )
