from datetime import datetime

from scanners.attesting import YEAR, conclude, unattested, within
from scanners.declare import control, fails, passes
from scanners.facts.statements_accounts import EmergencyAccess
from scanners.model import Verdict


@control(
    title="The emergency access procedure exists and was drilled within the year",
    cites=("164.312(a)(2)(ii)",),
    severity="high",
    designation="required",
    kind="attestation",
    fix="Drill the sign-in with the emergency accounts (Entra admin center > Sign-in logs shows it); then record it: python -m local statements add (type emergency_access)",
    crosswalk={"nist_800_53": ["AC-2", "AC-3", "CP-2"]},
    seeds=("A3b-1",),
    proposed_rule="312(a)(2)(iii)",
    examples=(
        passes(),
        fails("one account is a single point of failure", details={"accounts_designated": 1}),
        fails("a drill that failed", details={"drill_result": "failed"}),
        fails("a drill of two years ago", details={"drill_on": "2024-07-02"}),
        *unattested("statement_emergency_access", document=True, missing="drill_on"),
    ),
)
def emergency_access_was_drilled(statement_emergency_access: EmergencyAccess, at: datetime) -> Verdict:
    """ePHI must be within reach when normal sign-in fails, and a procedure that was never tried is a hope.

    At least two accounts are set aside, and a drill within 365 days passed. How the accounts are configured is judged by other controls; this is
    the procedure and the drill.
    """
    said = statement_emergency_access.details
    return conclude(
        statement_emergency_access,
        at,
        "the emergency access procedure was drilled within the year, with at least two accounts",
        {
            f"only {said.accounts_designated} accounts are set aside": said.accounts_designated >= 2,
            f"the last drill was on {said.drill_on}": within(said.drill_on, at, YEAR),
            "the last drill failed": said.drill_result == "passed",
        },
        accounts_designated=said.accounts_designated,
        drill_on=said.drill_on.isoformat(),
    )
