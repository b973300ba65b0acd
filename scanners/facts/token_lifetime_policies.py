"""Policies that give access tokens a longer or shorter life than the service does.

Source: https://learn.microsoft.com/graph/api/tokenlifetimepolicy-list . Each definition is JSON as text. None at all means the service's own lifetime of 60
to 90 minutes.
"""

from scanners.declare import graph_fact
from scanners.permissions import POLICY_READ_ALL
from scanners.reading import Row


class TokenLifetimePolicy(Row):
    """One policy; it acts for the organisation or for the applications that it is assigned to."""

    id: str
    definition: tuple[str, ...]


fact = graph_fact(
    tuple[TokenLifetimePolicy, ...],
    lambda graph: graph.policies.token_lifetime_policies,
    permissions=(POLICY_READ_ALL,),
    sample=[{"id": "d3d3d3d3-0000-4000-8000-000000000001", "definition": ['{"TokenLifetimePolicy":{"Version":1,"AccessTokenLifetime":"1:00:00"}}']}],
)
