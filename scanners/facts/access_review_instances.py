"""What became of the reviews of access: when each round ended and whether its result was applied.

Source: https://learn.microsoft.com/graph/api/accessreviewscheduledefinition-list-instances . Asked once for each review; a review that was deleted meanwhile
answers 404. The decisions about people are not read.
"""

from collections.abc import Iterable

from scanners.declare import once_per
from scanners.errors import Undecided
from scanners.model import Ask, Fact, Page, Readings
from scanners.permissions import AAD_PREMIUM_P2, ACCESS_REVIEW_READ_ALL, ENTRA_IDENTITY_GOVERNANCE
from scanners.reading import Row, Timestamp, read_as


class ReviewInstance(Row):
    """One round of one review."""

    definition_id: str
    status: str  # Microsoft documents the members as examples; a rule looks for those that mean finished
    end_date_time: Timestamp


class _Stored(Row):
    id: str
    status: str
    start_date_time: Timestamp
    end_date_time: Timestamp


def reviews(readings: Readings) -> Iterable[str]:
    """Ids of the reviews that are set up."""
    for definition in readings["access_reviews"]:
        try:
            yield definition.id
        except Undecided:
            continue  # a review without an id has no instances that could be asked for


def _instances(review: str) -> Ask:
    return Ask(
        build=lambda graph: graph.identity_governance.access_reviews.definitions.by_access_review_schedule_definition_id(review).instances,
        query={"$select": "id,startDateTime,endDateTime,status", "$top": "100"},
        about=review,
        tolerates=frozenset({404}),
    )


def read(pages: Iterable[Page]) -> tuple[ReviewInstance, ...]:
    """The rounds of all reviews, each with the id of its review."""
    rows = [{**each, "definitionId": page.about} for page in pages if page.body is not None for each in page.body["value"]]
    instances: tuple[ReviewInstance, ...] = read_as(tuple[ReviewInstance, ...], rows)
    return instances


fact = Fact(
    reading=tuple[ReviewInstance, ...],
    asks=once_per(reviews, _instances),
    after=("access_reviews",),
    permissions=(ACCESS_REVIEW_READ_ALL,),
    plans=(AAD_PREMIUM_P2, ENTRA_IDENTITY_GOVERNANCE),
    stored=tuple[_Stored, ...],
    keep="listed",
    read=read,
    sample=[
        {
            "definitionId": "d1d1d1d1-0000-4000-8000-000000000001",
            "status": "Applied",
            "startDateTime": "2026-10-01T00:00:00Z",
            "endDateTime": "2026-10-15T00:00:00Z",
        }
    ],
)
