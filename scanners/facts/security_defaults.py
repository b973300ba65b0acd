"""Whether Microsoft's security defaults are on: multifactor for all and no legacy clients, without any policy.

Source: https://learn.microsoft.com/graph/api/identitysecuritydefaultsenforcementpolicy-get
"""

from scanners.declare import graph_fact
from scanners.permissions import POLICY_READ_ALL
from scanners.reading import Row


class SecurityDefaults(Row):
    """On or off; cannot be on together with an enabled conditional access policy."""

    is_enabled: bool


fact = graph_fact(
    SecurityDefaults,
    lambda graph: graph.policies.identity_security_defaults_enforcement_policy,
    select=("id", "isEnabled"),
    also=("id",),
    permissions=(POLICY_READ_ALL,),
    sample={"isEnabled": False},
)
