"""The domains that guests may or may not be invited from.

Source: https://learn.microsoft.com/entra/external-id/allow-deny-list . Graph shows the list in beta only, as JSON in a text of a legacy policy of the type
B2BManagementPolicy; no such policy means that nothing is restricted. Other legacy policies are dropped before storing.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.permissions import POLICY_READ_ALL
from scanners.reading import Json, Row

KIND = "B2BManagementPolicy"


class InvitationPolicy(Row):
    """One policy; each definition is JSON as text."""

    type: Literal["B2BManagementPolicy"]
    definition: tuple[str, ...]


def reduce(page: Json) -> Json:
    """Keep the policies about invitations only."""
    return {**page, "value": [policy for policy in page["value"] if policy["type"] == KIND]}


fact = graph_fact(
    tuple[InvitationPolicy, ...],
    "/beta/legacy/policies",
    reduce=reduce,
    permissions=(POLICY_READ_ALL,),
    sample=[
        {
            "type": KIND,
            "definition": ['{"B2BManagementPolicy":{"InvitationsAllowedAndBlockedDomainsPolicy":{"AllowedDomains":["lakeshorelab.example"]}}}'],
        }
    ],
)
