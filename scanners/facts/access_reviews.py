"""The reviews of access that are set up: what they cover, how often, and whether their result is applied.

Source: https://learn.microsoft.com/graph/api/accessreviewset-list-definitions . The scope has several shapes, and its queries begin with ./, /v1.0/ or
/beta/, so rules look for the text they need. What became of a review is in its instances (access_review_instances). Reviewers and texts are not stored.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from scanners.declare import graph_fact
from scanners.permissions import AAD_PREMIUM_P2, ACCESS_REVIEW_READ_ALL, ENTRA_IDENTITY_GOVERNANCE
from scanners.reading import Row, absent_is_null


def _day(value: Any) -> Any:
    return date.fromisoformat(value[:10]) if isinstance(value, str) else value


class QueryScope(Row):
    """A set of objects, told by a query of Microsoft Graph."""

    query: str | None = absent_is_null()


class Scope(Row):
    """What is reviewed: by one query, or by principals and resources."""

    query: str | None = absent_is_null()
    principal_scopes: tuple[QueryScope, ...] | None = absent_is_null()
    resource_scopes: tuple[QueryScope, ...] | None = absent_is_null()


class RecurrenceRange(Row):
    """When the series ends, if it does."""

    type: Literal["endDate", "noEnd", "numbered"]
    end_date: Annotated[date, BeforeValidator(_day)] | None = absent_is_null()


class RecurrencePattern(Row):
    """How often the review comes back."""

    type: str
    interval: int


class Recurrence(Row):
    """The series of a review; a review without one is held once."""

    pattern: RecurrencePattern | None
    range: RecurrenceRange | None


class ReviewSettings(Row):
    """What happens with the result, also where reviewers say nothing."""

    auto_apply_decisions_enabled: bool
    default_decision_enabled: bool
    default_decision: Literal["None", "Approve", "Deny", "Recommendation"]
    recurrence: Recurrence | None = absent_is_null()


class ReviewDefinition(Row):
    """One review that is set up."""

    id: str
    scope: Scope | None
    instance_enumeration_scope: QueryScope | None = absent_is_null()
    settings: ReviewSettings


fact = graph_fact(
    tuple[ReviewDefinition, ...],
    lambda graph: graph.identity_governance.access_reviews.definitions,
    query={"$top": "100"},
    permissions=(ACCESS_REVIEW_READ_ALL,),
    plans=(AAD_PREMIUM_P2, ENTRA_IDENTITY_GOVERNANCE),
    sample=[
        {
            "id": "d1d1d1d1-0000-4000-8000-000000000001",
            "scope": {"query": "/v1.0/roleManagement/directory/roleDefinitions/62e90394-69f5-4237-9190-012177145e10"},
            "instanceEnumerationScope": None,
            "settings": {
                "autoApplyDecisionsEnabled": True,
                "defaultDecisionEnabled": True,
                "defaultDecision": "Deny",
                "recurrence": {"pattern": {"type": "absoluteMonthly", "interval": 3}, "range": {"type": "noEnd", "endDate": None}},
            },
        }
    ],
)
