"""Whether outsiders may create an account for themselves through a sign-up form.

Source: https://learn.microsoft.com/graph/api/authenticationflowspolicy-get
"""

from scanners.declare import graph_fact
from scanners.permissions import POLICY_READ_ALL
from scanners.reading import Row


class SelfServiceSignUp(Row):
    """On or off."""

    is_enabled: bool


class AuthenticationFlowsPolicy(Row):
    """The one policy of the tenant about how accounts come to be."""

    self_service_sign_up: SelfServiceSignUp


fact = graph_fact(
    AuthenticationFlowsPolicy,
    lambda graph: graph.policies.authentication_flows_policy,
    permissions=(POLICY_READ_ALL,),
    sample={"selfServiceSignUp": {"isEnabled": False}},
)
