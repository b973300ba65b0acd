"""After how long without activity the Microsoft 365 web applications sign people out.

Source: https://learn.microsoft.com/graph/api/activitybasedtimeoutpolicy-list . Each definition is JSON as text, in one of two forms. Only the policy that is
the organisation's default acts. scanners.timespans reads the values.
"""

from scanners.declare import graph_fact
from scanners.permissions import POLICY_READ_ALL
from scanners.reading import Row


class IdleTimeoutPolicy(Row):
    """One policy."""

    id: str
    is_organization_default: bool | None
    definition: tuple[str, ...]


fact = graph_fact(
    tuple[IdleTimeoutPolicy, ...],
    lambda graph: graph.policies.activity_based_timeout_policies,
    permissions=(POLICY_READ_ALL,),
    sample=[
        {
            "id": "d2d2d2d2-0000-4000-8000-000000000001",
            "isOrganizationDefault": True,
            "definition": [
                '{"ActivityBasedTimeoutPolicy":{"Version":1,"ApplicationPolicies":[{"ApplicationId":"default","WebSessionIdleTimeout":"00:15:00"}]}}'
            ],
        }
    ],
)
