from datetime import datetime

from scanners.attesting import conclude, unattested, within
from scanners.declare import control, fails, passes
from scanners.facts.statements_workforce import SecurityReminders
from scanners.model import Verdict

QUARTER = 90  # days


@control(
    title="Security reminders were sent to all workforce within the quarter",
    cites=("164.308(a)(5)(ii)(A)",),
    severity="low",
    designation="addressable",
    kind="attestation",
    fix="Send reminders to everybody; then record them: python -m local statements add (type security_reminders)",
    crosswalk={"nist_800_53": ["AT-2", "AT-3"]},
    seeds=("B21",),
    examples=(
        passes(),
        fails(details={"audience": "part"}),
        fails("reminders of last year fade", details={"sent_on": ["2026-06-01"]}),
        fails("none at all", details={"sent_on": []}),
        passes("one of several within the quarter is enough", details={"sent_on": ["2025-01-05", "2026-11-01"]}),
        *unattested("statement_security_reminders", document=False, missing="sent_on"),
    ),
)
def security_reminders_are_sent(statement_security_reminders: SecurityReminders, at: datetime) -> Verdict:
    """What was learned once fades; the rule names periodic reminders.

    At least one reminder was sent within 90 days, and reminders went to all of the workforce.
    """
    said = statement_security_reminders.details
    return conclude(
        statement_security_reminders,
        at,
        "security reminders went to all of the workforce within the quarter",
        {
            "they did not go to all of the workforce": said.audience == "all_workforce",
            f"none was sent in the last {QUARTER} days": any(within(day, at, QUARTER) for day in said.sent_on),
        },
    )
