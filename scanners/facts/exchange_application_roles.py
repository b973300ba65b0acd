"""Roles that applications hold inside Exchange Online, and whether each is limited to a scope of mailboxes.

Source: https://learn.microsoft.com/exchange/permissions-exo/application-rbac . A scoped role does not limit an unscoped grant of the same permission in
Entra ID: both add up. Only whether there is a scope is stored, not its name.
"""

from typing import Literal

from scanners.cmdlets import exchange_fact, without_nulls
from scanners.reading import Json, Row, pascal

SCOPED = "scoped"
_SCOPES = ("CustomResourceScope", "RecipientAdministrativeUnitScope")


class ExchangeApplicationRole(Row, spelling=pascal):
    """One assignment; `app` is the object id of the service principal. A scope that is null is every mailbox."""

    role: str
    app: str
    custom_resource_scope: Literal["scoped"] | None
    recipient_administrative_unit_scope: Literal["scoped"] | None
    enabled: bool


def reduce(page: Json) -> Json:
    """Replace the name of a scope by the word that there is one. An empty name is none."""
    rows = without_nulls(page)["value"]
    return {**page, "value": [{k: (SCOPED if v else None) if k in _SCOPES else v for k, v in row.items()} for row in rows]}


fact = exchange_fact(
    tuple[ExchangeApplicationRole, ...],
    "Get-ManagementRoleAssignment",
    parameters={"RoleAssigneeType": "ServicePrincipal"},
    reduce=reduce,
    sample=[
        {
            "Role": "Application Mail.Read",
            "App": "5a5a5a5a-0000-4000-8000-000000000001",
            "CustomResourceScope": SCOPED,
            "RecipientAdministrativeUnitScope": None,
            "Enabled": True,
        }
    ],
)
