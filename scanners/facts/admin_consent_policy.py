"""Whether people can ask for an application instead of allowing it themselves, and who answers.

Source: https://learn.microsoft.com/graph/api/adminconsentrequestpolicy-get . Enabled without reviewers means that nobody can answer.
"""

from scanners.declare import graph_fact
from scanners.permissions import POLICY_READ_ALL
from scanners.reading import Row, absent_is_null


class Reviewer(Row):
    """A person, group or role that answers requests, as the query that finds its members."""

    query: str
    query_type: str | None = absent_is_null()
    query_root: str | None = absent_is_null()


class AdminConsentPolicy(Row):
    """The one policy of the tenant."""

    is_enabled: bool
    notify_reviewers: bool
    reminders_enabled: bool
    request_duration_in_days: int
    reviewers: tuple[Reviewer, ...]


fact = graph_fact(
    AdminConsentPolicy,
    lambda graph: graph.policies.admin_consent_request_policy,
    permissions=(POLICY_READ_ALL,),
    sample={
        "isEnabled": True,
        "notifyReviewers": True,
        "remindersEnabled": True,
        "requestDurationInDays": 30,
        "reviewers": [
            {
                "query": "/groups/cccccccc-0000-4000-8000-000000000009/transitiveMembers/microsoft.graph.user",
                "queryType": "MicrosoftGraph",
                "queryRoot": None,
            }
        ],
    },
)
