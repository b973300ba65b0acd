from datetime import datetime

from scanners.attesting import YEAR, conclude, unattested, within
from scanners.declare import control, fails, passes
from scanners.facts.statements_continuity import ContingencyPlan
from scanners.model import Verdict


@control(
    title="Backup, recovery and emergency-mode plans exist and were tested within the year",
    cites=(
        "164.308(a)(7)(i)",
        "164.308(a)(7)(ii)(A)",
        "164.308(a)(7)(ii)(B)",
        "164.308(a)(7)(ii)(C)",
        "164.308(a)(7)(ii)(D)",
        "164.308(a)(7)(ii)(E)",
    ),
    severity="high",
    designation="standard",
    kind="attestation",
    fix="Complete and test the plan; then record it: python -m local statements add (type contingency_plan)",
    crosswalk={"nist_800_53": ["CP-1", "CP-2", "CP-6", "CP-9", "CP-9(1)", "CP-7", "CP-8", "CP-10", "CP-3", "CP-4", "CP-2(8)", "RA-2", "RA-2(1)"]},
    seeds=("B12c", "B10"),
    proposed_rule="308(a)(13)",
    examples=(
        passes(),
        fails(details={"emergency_mode_plan": False}),
        fails("a plan that was never tested", details={"tested_on": None, "test_result": None}),
        fails("a test that failed", details={"test_result": "failed"}),
        fails("a test of two years ago", details={"tested_on": "2024-11-24"}),
        *unattested("statement_contingency_plan", document=True, missing="emergency_mode_plan"),
    ),
)
def contingency_plan_is_complete_and_tested(statement_contingency_plan: ContingencyPlan, at: datetime) -> Verdict:
    """Care must go on when the systems do not.

    The plans for backup, for recovery and for work in an emergency and the analysis of what is critical exist; they were tested within 365 days
    and the test passed, with or without findings.
    """
    said = statement_contingency_plan.details
    return conclude(
        statement_contingency_plan,
        at,
        "the plans for backup, recovery and work in an emergency exist and were tested within the year",
        {
            "there is no backup plan": said.data_backup_plan,
            "there is no recovery plan": said.disaster_recovery_plan,
            "there is no plan for work in an emergency": said.emergency_mode_plan,
            "what is critical was not analysed": said.criticality_analysis,
            f"it was last tested on {said.tested_on}": within(said.tested_on, at, YEAR),
            f"the test ended as {said.test_result}": said.test_result in {"passed", "passed_with_findings"},
        },
    )
