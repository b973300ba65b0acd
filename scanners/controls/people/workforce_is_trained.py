from datetime import datetime

from scanners.attesting import YEAR, conclude, unattested, within
from scanners.declare import control, fails, passes
from scanners.facts.statements_workforce import Training
from scanners.model import Parameter, Verdict

TOPICS = ("unsecured_channels", "authorized_recipients", "file_sharing", "third_party_apps", "malware", "log_in_monitoring", "passwords")


@control(
    title="Workforce, including management, completed security and privacy training within the year",
    cites=("164.308(a)(5)(i)", "164.308(a)(5)(ii)(B)", "164.308(a)(5)(ii)(C)", "164.308(a)(5)(ii)(D)", "164.530(b)"),
    severity="high",
    designation="standard",
    kind="attestation",
    fix="Run the course; then record it with the roster: python -m local statements add (type training)",
    parameters={
        "completion_percent": Parameter(
            why="the law says all of the workforce; new starters need some days", unit="percent", low=50, high=100, looser="lower"
        ),
        "required_topics": Parameter(
            why="named by the addressable specifications on malicious software, log-in monitoring and passwords, and by the guidance this product follows",
            unit="topics",
        ),
    },
    crosswalk={"nist_800_53": ["AT-1", "AT-2", "AT-3", "AT-4", "AU-6"]},
    seeds=("A4b", "B6", "B12b", "B16", "B21"),
    proposed_rule="308(a)(11)",
    examples=(
        passes(),
        fails(details={"completed": 400, "topics": ["unsecured_channels"]}),
        fails("nobody to train is no training", details={"workforce_total": 0, "completed": 0}),
        fails("managers are workforce too", details={"includes_management": False}),
        fails(
            "one topic short",
            details={"topics": ["unsecured_channels", "authorized_recipients", "file_sharing", "third_party_apps", "malware", "log_in_monitoring"]},
        ),
        fails("more completions than people is a slip, not a success", details={"completed": 700}),
        passes("exactly the share that is asked for", details={"workforce_total": 100, "completed": 95}),
        fails("one below it", details={"workforce_total": 100, "completed": 94}),
        fails("the training of two years ago", details={"period_from": "2023-11-01", "period_to": "2024-10-31"}),
        *unattested("statement_training", document=True, missing="includes_management"),
    ),
)
def workforce_is_trained(
    statement_training: Training, at: datetime, *, completion_percent: int = 95, required_topics: tuple[str, ...] = TOPICS
) -> Verdict:
    """Most disclosures are human: the wrong channel, the wrong recipient.

    At least completion_percent of the workforce completed the training, managers took part, all required_topics were taught, and its period
    ended within 365 days.
    """
    said = statement_training.details
    left_out = sorted(set(required_topics) - set(said.topics))
    enough = 1 <= said.workforce_total >= said.completed >= said.workforce_total * completion_percent / 100
    return conclude(
        statement_training,
        at,
        "the workforce, managers included, completed the training within the year",
        {
            f"{said.completed} of {said.workforce_total} completed it, less than {completion_percent} percent": enough,
            "managers did not take part": said.includes_management,
            f"it leaves out {', '.join(left_out)}": not left_out,
            f"its period ended on {said.period_to}": within(said.period_to, at, YEAR),
        },
        workforce=said.workforce_total,
        completed=said.completed,
        topics_left_out=left_out,
    )
