from datetime import datetime
from functools import partial
from typing import Any

from scanners.declare import control, fails, is_due, passes, stays_unknown
from scanners.errors import Undecided
from scanners.examples import ABSENT, Unreadable
from scanners.facts.access_review_instances import ReviewInstance
from scanners.facts.access_reviews import ReviewDefinition
from scanners.facts.statements_accounts import AccessReview
from scanners.model import Parameter, Verdict, failed, passed
from scanners.reading import Json
from scanners.reviews import by_product, decided, is_held, is_of_role, reviewed_by_hand, unseen
from scanners.role_settings import name
from scanners.roles import GLOBAL_ADMINISTRATOR, PRIVILEGED, no_roles
from scanners.three_valued import Maybe, attempt, every, some

PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"
ROLE = "/beta/roleManagement/directory/roleDefinitions/"


def review(which: str, *roles: str, **settings: object) -> Json:
    """A review of these roles, as the sample's but for what is said."""
    return {"id": which, "scope": {"query": None, "resourceScopes": [{"query": ROLE + role} for role in roles]}, "settings": settings}


BOTH = review("r1", GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR)
APPLIED = [{"definitionId": "r1", "status": "Applied"}]


def by_hand(population: str = "privileged", on: str = "2026-10-10", count: int = 14) -> list[Json]:
    return [{"expires_at": "2027-01-10", "details": {"population": population, "reviewed_on": on, "reviewed_count": count}}]


@control(
    title="Privileged access is reviewed on a fixed schedule and the result is applied",
    cites=("164.308(a)(4)(ii)(C)", "164.308(a)(3)(ii)(B)"),
    severity="high",
    designation="addressable",
    kind="activity",
    fix="Entra admin center > Identity Governance > Access reviews > New access review > Entra roles; or hold a review by hand and record it as a statement",
    plan="Microsoft Entra ID P2 or Governance for reviews by the product; without it the record of a review by hand decides",
    parameters={
        "max_age_days": Parameter(why="some baselines ask for a review each month", unit="days", low=28, high=366, looser="higher"),
        "required_roles": Parameter(
            why="how many roles must be reviewed by the product is the organisation's choice", unit="role ids", among=tuple(PRIVILEGED)
        ),
    },
    crosswalk={"cis_m365_v7": "5.3.3", "prowler": "entra_access_review_privileged_roles_configured", "nist_800_53": ["AC-2"]},
    seeds=("B12", "S23"),
    proposed_rule="164.308(a)(10)",
    examples=(
        passes("by the product", access_reviews=[BOTH], access_review_instances=APPLIED),
        passes(
            "one review for each role",
            access_reviews=[review("r1", GLOBAL_ADMINISTRATOR), review("r2", PRIVILEGED_ROLE_ADMINISTRATOR)],
            access_review_instances=[*APPLIED, {"definitionId": "r2", "status": "Completed"}],
        ),
        passes("by hand", access_reviews=[], statement_access_review=by_hand()),
        passes(
            "by hand, where the product is not there",
            access_reviews=Unreadable("not_licensed"),
            access_review_instances=Unreadable("not_licensed"),
            statement_access_review=by_hand(),
        ),
        fails(
            "the result is not applied, and the record is old",
            access_reviews=[{**BOTH, "settings": {"autoApplyDecisionsEnabled": False}}],
            access_review_instances=APPLIED,
            statement_access_review=by_hand(on="2026-01-10"),
        ),
        fails("defined and never completed", access_reviews=[BOTH], access_review_instances=[{"definitionId": "r1", "status": "InProgress"}]),
        fails("completed long ago", access_reviews=[BOTH], access_review_instances=[{"definitionId": "r1", "endDateTime": "2026-06-01T00:00:00Z"}]),
        fails("another review was completed", access_reviews=[BOTH], access_review_instances=[{"definitionId": "r9"}]),
        fails("one role only", access_reviews=[review("r1", GLOBAL_ADMINISTRATOR)], access_review_instances=APPLIED),
        fails("held once", access_reviews=[{**BOTH, "settings": {"recurrence": None}}], access_review_instances=APPLIED),
        fails(
            "the series has ended",
            access_reviews=[{**BOTH, "settings": {"recurrence": {"range": {"type": "endDate", "endDate": "2026-10-31"}}}}],
            access_review_instances=APPLIED,
        ),
        fails("a review of nobody is no review", access_reviews=[], statement_access_review=by_hand(count=0)),
        fails("a review of guests is not one of administrators", access_reviews=[], statement_access_review=by_hand("guests")),
        passes("a record counts where the permission is missing", access_reviews=Unreadable("not_permitted"), statement_access_review=by_hand()),
        is_due("no plan and no record", access_reviews=Unreadable("not_licensed"), statement_access_review=None),
        is_due("no plan and an old record", access_reviews=Unreadable("not_licensed"), statement_access_review=by_hand(on="2026-01-10")),
        stays_unknown("the permission is missing, and so is a record", access_reviews=Unreadable("not_permitted"), statement_access_review=None),
        stays_unknown("no answer and no record", access_reviews=Unreadable("unreachable"), statement_access_review=None),
        stays_unknown(
            "no plan, and the records cannot be read", access_reviews=Unreadable("not_licensed"), statement_access_review=Unreadable("unreachable")
        ),
        stays_unknown("no review, and the records cannot be read", access_reviews=[], statement_access_review=Unreadable("unreachable")),
        stays_unknown(
            "a review that does not say whether its result is applied",
            access_reviews=[{**BOTH, "settings": {"autoApplyDecisionsEnabled": ABSENT}}],
            access_review_instances=APPLIED,
        ),
        stays_unknown("rounds that could not be read", access_reviews=[BOTH], access_review_instances=Unreadable("unreachable")),
    ),
)
def privileged_access_is_reviewed_on_schedule(
    access_reviews: tuple[ReviewDefinition, ...] | Undecided,
    access_review_instances: tuple[ReviewInstance, ...] | Undecided,
    statement_access_review: tuple[AccessReview, ...] | Undecided | None,
    at: datetime,
    *,
    max_age_days: int = 90,
    required_roles: tuple[str, ...] = (GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR),
) -> Verdict:
    """Rights granted once must be shown to be still needed.

    Each of `required_roles` is covered by a recurring review that applies its result by itself and of which a round finished within `max_age_days`; or the
    security official recorded a review of the privileged accounts, held within that time, that looked at somebody. Where the product's reviews cannot be seen,
    such a record alone decides; without one the statement is due where the tenant has no plan with reviews, and nothing is known otherwise.
    """
    if not required_roles:
        raise no_roles()
    record = reviewed_by_hand(statement_access_review, "privileged", at, max_age_days)
    if record is not None:
        return passed(
            f"privileged access was reviewed by hand on {record.details.reviewed_on}",
            reviewed=record.details.reviewed_count,
            removed=record.details.removed_count,
        )
    held = by_product(access_reviews, access_review_instances)
    if isinstance(held, Undecided):
        return unseen(held, statement_access_review, "privileged accounts")
    reviews, rounds = held
    covered = {role: _covered(reviews, rounds, role, at, max_age_days) for role in required_roles}
    observed: dict[str, Any] = {
        "reviews": len(reviews),
        "roles": {name(role): covers for role, covers in covered.items()},
        "rounds": len(rounds),
    }
    answer = every(covered.values())
    if decided(answer):
        return passed(
            f"the product reviews {len(covered)} of {len(covered)} required roles, applies the result, and finished a round in time", **observed
        )
    if isinstance(statement_access_review, Undecided):
        raise statement_access_review
    missing = [role for role, covers in covered.items() if covers is False]
    return failed(f"no finished and applied review within {max_age_days} days covers {', '.join(map(name, missing))}", missing, **observed)


def _covered(reviews: tuple[ReviewDefinition, ...], rounds: tuple[ReviewInstance, ...], role: str, at: datetime, days: int) -> Maybe:
    return some(every((attempt(partial(is_of_role, review, role)), is_held(review, rounds, at, days))) for review in reviews)
