from datetime import datetime
from functools import partial
from typing import Any

from scanners.declare import control, does_not_apply, fails, is_due, passes, stays_unknown
from scanners.errors import Undecided, Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.access_review_instances import ReviewInstance
from scanners.facts.access_reviews import ReviewDefinition
from scanners.facts.statements_accounts import AccessReview
from scanners.facts.users import Users
from scanners.model import Parameter, Verdict, failed, not_applicable, passed
from scanners.reading import Json
from scanners.reviews import by_product, decided, is_held, is_of_all_guests, reviewed_by_hand, unseen
from scanners.three_valued import attempt, every, some, sort

GUEST = {"id": "bbbbbbbb-0000-4000-8000-000000000001", "userType": "Guest", "creationType": "Invitation", "externalUserState": "Accepted"}
ALL_GROUPS = "/groups?$filter=(groupTypes/any(c:c+eq+'Unified'))&$count=true"
GUESTS_OF_IT = "./members/microsoft.graph.user/?$count=true&$filter=(userType eq 'Guest')"
OF_ALL = {"id": "r1", "instanceEnumerationScope": {"query": ALL_GROUPS}, "scope": {"query": GUESTS_OF_IT}}
OF_ONE = {
    "id": "r1",
    "scope": {"query": "/v1.0/groups/cccccccc-0000-4000-8000-000000000010/members/microsoft.graph.user/?$filter=(userType eq 'Guest')"},
}
OF_THE_DIRECTORY = {"id": "r1", "scope": {"query": "/v1.0/users?$filter=(userType%20eq%20%27Guest%27)"}}
APPLIED = [{"definitionId": "r1", "status": "Applied"}]


def by_hand(population: str = "guests", on: str = "2026-10-10", count: int = 5) -> list[Json]:
    return [{"expires_at": "2027-01-10", "details": {"population": population, "reviewed_on": on, "reviewed_count": count}}]


@control(
    title="Guest access is reviewed on a fixed schedule and the result is applied",
    cites=("164.308(a)(4)(ii)(C)", "164.308(a)(3)(ii)(B)"),
    severity="high",
    designation="addressable",
    kind="activity",
    fix="Entra admin center > Identity Governance > Access reviews > New access review > Teams + Groups > All Microsoft 365 groups with guest users; or hold a review by hand and record it as a statement",
    plan="Microsoft Entra ID P2 or Governance for reviews by the product; without it the record of a review by hand decides",
    parameters={"max_age_days": Parameter(why="some baselines ask for a review each month", unit="days", low=28, high=366, looser="higher")},
    crosswalk={"cis_m365_v7": "5.3.2", "prowler": "entra_access_review_guest_users_configured", "nist_800_53": ["AC-2"]},
    seeds=("B12", "S23"),
    proposed_rule="164.308(a)(10)",
    examples=(
        passes("of all groups", users=[GUEST], access_reviews=[OF_ALL], access_review_instances=APPLIED),
        passes("of the whole directory", users=[GUEST], access_reviews=[OF_THE_DIRECTORY], access_review_instances=APPLIED),
        passes(
            "finished is completed or being applied, too",
            users=[GUEST],
            access_reviews=[OF_ALL],
            access_review_instances=[{"definitionId": "r1", "status": "Applying"}],
        ),
        passes("by hand", users=[GUEST], access_reviews=[], statement_access_review=by_hand()),
        passes(
            "by hand, where the product is not there", users=[GUEST], access_reviews=Unreadable("not_licensed"), statement_access_review=by_hand()
        ),
        fails("a review of administrators is not one of guests", users=[GUEST], access_reviews=[], statement_access_review=by_hand("privileged")),
        fails("a review of one team only", users=[GUEST], access_reviews=[OF_ONE], access_review_instances=APPLIED),
        fails("a review of members", users=[GUEST], access_reviews=[{**OF_ALL, "scope": {"query": "./members"}}], access_review_instances=APPLIED),
        fails(
            "the result is not applied",
            users=[GUEST],
            access_reviews=[{**OF_ALL, "settings": {"autoApplyDecisionsEnabled": False}}],
            access_review_instances=APPLIED,
        ),
        fails(
            "held once", users=[GUEST], access_reviews=[{**OF_ALL, "settings": {"recurrence": {"pattern": None}}}], access_review_instances=APPLIED
        ),
        fails("never finished", users=[GUEST], access_reviews=[OF_ALL], access_review_instances=[]),
        fails("a disabled guest may be enabled again", users=[{**GUEST, "accountEnabled": False}], access_reviews=[]),
        is_due("no plan and no record", users=[GUEST], access_reviews=Unreadable("not_licensed"), statement_access_review=None),
        is_due(
            "no plan and an old record", users=[GUEST], access_reviews=Unreadable("not_licensed"), statement_access_review=by_hand(on="2026-01-10")
        ),
        passes(
            "a record counts where the permission is missing",
            users=[GUEST],
            access_reviews=Unreadable("not_permitted"),
            statement_access_review=by_hand(),
        ),
        stays_unknown("the permission is missing, and so is a record", users=[GUEST], access_reviews=Unreadable("not_permitted")),
        stays_unknown("no answer and no record", users=[GUEST], access_reviews=Unreadable("unreachable")),
        stays_unknown(
            "no plan, and the records cannot be read",
            users=[GUEST],
            access_reviews=Unreadable("not_licensed"),
            statement_access_review=Unreadable("unreachable"),
        ),
        stays_unknown(
            "no review, and the records cannot be read", users=[GUEST], access_reviews=[], statement_access_review=Unreadable("unreachable")
        ),
        stays_unknown("rounds that could not be read", users=[GUEST], access_reviews=[OF_ALL], access_review_instances=Unreadable("not_permitted")),
        does_not_apply("no guests", users=[{}], access_reviews=[]),
        stays_unknown(users=Unreadable("unreachable")),
        stays_unknown("a kind of user that is not stated", users=[{"userType": ABSENT}], access_reviews=[]),
        stays_unknown(
            "a review that does not say whether it recurs",
            users=[GUEST],
            access_reviews=[{**OF_ALL, "settings": {"recurrence": {"pattern": ABSENT}}}],
            access_review_instances=APPLIED,
        ),
    ),
)
def guest_access_is_reviewed_on_schedule(
    users: Users,
    access_reviews: tuple[ReviewDefinition, ...] | Undecided,
    access_review_instances: tuple[ReviewInstance, ...] | Undecided,
    statement_access_review: tuple[AccessReview, ...] | Undecided | None,
    at: datetime,
    *,
    max_age_days: int = 90,
) -> Verdict:
    """Outside people lose the need for access long before anyone notices.

    A recurring review covers the guests of all Microsoft 365 groups or of the whole directory, applies its result by itself, and a round of it finished within
    `max_age_days`; or the security official recorded a review of the guests, held within that time, that looked at somebody. Where the product's reviews cannot be
    seen, such a record alone decides; without one the statement is due where the tenant has no plan with reviews, and nothing is known otherwise.
    """
    guests = sort(users.value, lambda user: user.user_type == "Guest")
    if not guests.good:
        if guests.unclear or not guests.looked_at:
            raise (
                guests.doubts[0]
                if guests.doubts
                else Unrecognised("no user was found, which no tenant in use can have, so the reading is incomplete")
            )
        return not_applicable("there are no guests", looked_at=guests.looked_at)
    record = reviewed_by_hand(statement_access_review, "guests", at, max_age_days)
    if record is not None:
        return passed(
            f"guests were reviewed by hand on {record.details.reviewed_on}", guests=len(guests.good), reviewed=record.details.reviewed_count
        )
    held = by_product(access_reviews, access_review_instances)
    if isinstance(held, Undecided):
        return unseen(held, statement_access_review, "guests", guests=len(guests.good))
    reviews, rounds = held
    answer = some(every((attempt(partial(is_of_all_guests, review)), is_held(review, rounds, at, max_age_days))) for review in reviews)
    observed: dict[str, Any] = {"guests": len(guests.good), "reviews": len(reviews), "rounds": len(rounds)}
    if decided(answer):
        return passed("the product reviews all guests, applies the result, and finished a round in time", **observed)
    if isinstance(statement_access_review, Undecided):
        raise statement_access_review
    return failed(f"no finished and applied review of all guests within {max_age_days} days", **observed)
