"""Who holds which directory role now, directly or through a group, and over what.

Source: https://learn.microsoft.com/graph/api/rbacapplication-list-roleassignments . Roles that were activated for a while are listed while they last.
A principal of null means that it was deleted; an answer without the principal was not expanded, and nobody can say whose role it is.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.permissions import ROLE_MANAGEMENT_READ_DIRECTORY
from scanners.reading import Row, absent_is_null, named

PrincipalType = Literal["#microsoft.graph.user", "#microsoft.graph.group", "#microsoft.graph.servicePrincipal"]


class Principal(Row):
    """Who the role is assigned to."""

    odata_type: PrincipalType = named("@odata.type")
    id: str


class RoleAssignment(Row):
    """One assignment. The scope is `/` (the whole tenant), an administrative unit or one application."""

    id: str
    principal_id: str
    principal_organization_id: str | None = absent_is_null()
    role_definition_id: str
    directory_scope_id: str
    principal: Principal | None


fact = graph_fact(
    tuple[RoleAssignment, ...],
    lambda graph: graph.role_management.directory.role_assignments,
    query={"$expand": "principal($select=id)"},
    permissions=(ROLE_MANAGEMENT_READ_DIRECTORY,),
    sample=[
        {
            "id": "a1",
            "principalId": "aaaaaaaa-0000-4000-8000-000000000001",
            "principalOrganizationId": "99999999-0000-4000-8000-000000000001",
            "roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10",
            "directoryScopeId": "/",
            "principal": {"@odata.type": "#microsoft.graph.user", "id": "aaaaaaaa-0000-4000-8000-000000000001"},
        }
    ],
)
