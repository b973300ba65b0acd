from datetime import datetime

from scanners.attesting import YEAR, conclude, unattested, within
from scanners.declare import control, fails, passes
from scanners.facts.statements_policies import CounselReview
from scanners.model import Verdict


@control(
    title="A HIPAA adviser or counsel reviewed the setup within the year",
    cites=("164.308(a)(8)",),
    severity="low",
    designation="standard",
    kind="attestation",
    fix="Arrange a review; then record it: python -m local statements add (type counsel_review)",
    crosswalk={"nist_800_53": ["CA-1", "CA-2", "CA-6", "CA-7", "CA-8"]},
    seeds=("A9",),
    examples=(
        passes(),
        passes("advice, not law: the size of the adviser does not matter", details={"adviser_organization": "one person"}),
        fails("a review of two years ago", details={"reviewed_on": "2024-04-20"}),
        *unattested("statement_counsel_review", document=False, missing="reviewed_on"),
    ),
)
def counsel_reviewed_the_setup(statement_counsel_review: CounselReview, at: datetime) -> Verdict:
    """Configuration answers only a part of the law. This is advice and no duty: its severity is low, and nothing else waits for it.

    A review within 365 days is on record.
    """
    said = statement_counsel_review.details
    return conclude(
        statement_counsel_review,
        at,
        "counsel or an adviser reviewed the setup within the year",
        {
            f"the last review was on {said.reviewed_on}": within(said.reviewed_on, at, YEAR),
        },
        reviewed_on=said.reviewed_on.isoformat(),
    )
