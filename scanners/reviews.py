"""Words about reviews of access that Microsoft's product holds: recurring, applied, finished in time, and of what."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from scanners.attesting import day_of, within
from scanners.errors import Reason, Undecided, Unrecognised
from scanners.facts.access_review_instances import ReviewInstance
from scanners.facts.access_reviews import ReviewDefinition
from scanners.facts.statements_accounts import AccessReview
from scanners.facts.statements_accounts import facts as accounts
from scanners.model import Verdict, unknown
from scanners.statements import provide, still_due, type_of
from scanners.three_valued import Maybe, attempt, every, some

RECORDS = next(fact for fact in accounts if fact.id == "statement_access_review")
FINISHED = frozenset({"completed", "applied", "applying"})
_WHOLE_DIRECTORY = re.compile(r"(?:\.|/v1\.0|/beta)?/users/?(?:\?.*)?")


def is_recurring(review: ReviewDefinition, at: datetime) -> bool:
    """The review comes back, and its series has not ended. A review that is held once has a recurrence without a pattern."""
    recurrence = review.settings.recurrence
    if recurrence is None or recurrence.pattern is None:
        return False
    if recurrence.range is None or recurrence.range.type != "endDate":
        return True
    if recurrence.range.end_date is None:
        raise Unrecognised("a review of access ends on a day that is not stated")
    return recurrence.range.end_date >= day_of(at)


def finished_since(review: ReviewDefinition, instances: Iterable[ReviewInstance], since: datetime) -> Maybe:
    """At least one round of the review is finished and ended at `since` or later."""

    def finished(instance: ReviewInstance) -> bool:
        return instance.definition_id == review.id and instance.status.lower() in FINISHED and instance.end_date_time >= since

    return some(attempt(partial(finished, instance)) for instance in instances)


def is_held(review: ReviewDefinition, instances: Iterable[ReviewInstance], at: datetime, days: int) -> Maybe:
    """The review recurs, its result is applied by itself, and a round of it finished within so many days."""
    rounds = tuple(instances)
    return every(
        (
            attempt(lambda: is_recurring(review, at)),
            attempt(lambda: review.settings.auto_apply_decisions_enabled),
            attempt(lambda: finished_since(review, rounds, at - timedelta(days=days))),
        )
    )


def is_of_role(review: ReviewDefinition, role: str) -> bool:
    """The review's scope names the role."""
    return any(role.lower() in query for query in _queries(review))


def is_of_all_guests(review: ReviewDefinition) -> bool:
    """The review covers the guests of all Microsoft 365 groups, or of the whole directory; the review of one group does not count."""
    own = _normal(review.scope.query) if review.scope is not None else ""
    over = _normal(review.instance_enumeration_scope.query) if review.instance_enumeration_scope is not None else ""
    guests = "usertype eq 'guest'" in own or "usertype eq 'guest'" in over
    groups = "grouptypes/any" in over and "unified" in over
    return guests and (groups or _WHOLE_DIRECTORY.fullmatch(own) is not None)


def by_product(
    reviews: tuple[ReviewDefinition, ...] | Undecided, instances: tuple[ReviewInstance, ...] | Undecided
) -> tuple[tuple[ReviewDefinition, ...], tuple[ReviewInstance, ...]] | Undecided:
    """The product's reviews and their rounds, or why they cannot be judged. Where no review is set up there are no rounds to read."""
    if isinstance(reviews, Undecided):
        return reviews
    if not reviews:
        return (), ()
    return instances if isinstance(instances, Undecided) else (reviews, instances)


def unseen(doubt: Undecided, records: tuple[AccessReview, ...] | Undecided | None, whom: str, **observed: Any) -> Verdict:
    """The verdict where the product's reviews cannot be seen and no record of a review by hand counts.

    Without the plan there are no such reviews, so a person's record is all that is missing. Any other reason hides reviews that may be in order.
    """
    if isinstance(records, Undecided):
        return unknown(records.reason, f"the records of reviews held by hand could not be read: {records.because}", records.remedy, **observed)
    because = f"no recent review of {whom} is on file, and the product's reviews of access cannot be seen: {doubt.because}"
    if doubt.reason is Reason.NOT_LICENSED:
        return still_due(RECORDS, because, **observed)
    return unknown(doubt.reason, because, f"{doubt.remedy} Or hold the review by hand: {provide(type_of(RECORDS))}", **observed)


def decided(answer: Maybe) -> bool:
    """The answer to whether the product's reviews suffice. Raises Unrecognised when that hangs on a property that nobody could read."""
    if answer is None:
        raise Unrecognised("a review of access has properties that could not be recognised, and it may be the one that counts")
    return answer


def reviewed_by_hand(records: tuple[AccessReview, ...] | Undecided | None, population: str, at: datetime, days: int) -> AccessReview | None:
    """The record of a review that people held of this population within so many days and that looked at somebody."""
    for record in () if isinstance(records, Undecided) else records or ():
        said = record.details
        if said.population == population and within(said.reviewed_on, at, days) and said.reviewed_count >= 1:
            return record
    return None


def _queries(review: ReviewDefinition) -> list[str]:
    scope = review.scope
    if scope is None:
        return []
    scopes = (*(scope.principal_scopes or ()), *(scope.resource_scopes or ()))
    return [_normal(query) for query in (scope.query, *(each.query for each in scopes))]


def _normal(query: str | None) -> str:
    """Lower case, with the blanks and quotes that URLs write in several ways made one."""
    text = (query or "").lower()
    for written, meant in (("%20", " "), ("+", " "), ("%27", "'"), ('"', "'")):
        text = text.replace(written, meant)
    return " ".join(text.split())
