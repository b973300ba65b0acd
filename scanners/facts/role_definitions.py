"""The directory roles of the tenant, built-in and custom.

Source: https://learn.microsoft.com/graph/api/rbacapplication-list-roledefinitions . Whether a role is privileged is this product's own list
(scanners.roles): Graph says so in beta only.
"""

from scanners.declare import graph_fact
from scanners.facts.service_principals import nameless
from scanners.permissions import ROLE_MANAGEMENT_READ_DIRECTORY
from scanners.reading import Json, Row


class RoleDefinition(Row):
    """One role. Built-in roles have the same template id in every tenant."""

    id: str
    display_name: str
    is_built_in: bool
    is_enabled: bool
    template_id: str | None


def reduce(page: Json) -> Json:
    """Leave e-mail addresses out of the names of custom roles, so that one such name does not cost the whole answer."""
    return {**page, "value": [nameless(row, "displayName") for row in page["value"]]}


SAMPLE = [
    {
        "id": "62e90394-69f5-4237-9190-012177145e10",
        "displayName": "Global Administrator",
        "isBuiltIn": True,
        "isEnabled": True,
        "templateId": "62e90394-69f5-4237-9190-012177145e10",
    }
]

fact = graph_fact(
    tuple[RoleDefinition, ...],
    lambda graph: graph.role_management.directory.role_definitions,
    select=("id", "displayName", "isBuiltIn", "isEnabled", "templateId"),
    reduce=reduce,
    permissions=(ROLE_MANAGEMENT_READ_DIRECTORY,),
    sample=SAMPLE,
    unshown=SAMPLE,
)
