"""Which directory roles are on right now, who turned them on or was given them, and until when.

Source: https://learn.microsoft.com/graph/api/rbacapplication-list-roleassignmentscheduleinstances . An end of null means for ever. A role that was
activated for a few hours is listed with the type Activated while it lasts. Needs Privileged Identity Management; without it there is nothing to list.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.facts.role_assignments import Principal
from scanners.permissions import AAD_PREMIUM_P2, ENTRA_IDENTITY_GOVERNANCE, ROLE_MANAGEMENT_READ_DIRECTORY
from scanners.reading import Row, Timestamp


class ActiveAssignment(Row):
    """One role that is on. `Group` means that the principal has it through a group that is listed as well."""

    id: str
    principal_id: str
    role_definition_id: str
    directory_scope_id: str
    assignment_type: Literal["Assigned", "Activated"]
    member_type: Literal["Direct", "Group", "Inherited"]
    start_date_time: Timestamp | None
    end_date_time: Timestamp | None
    principal: Principal | None


fact = graph_fact(
    tuple[ActiveAssignment, ...],
    lambda graph: graph.role_management.directory.role_assignment_schedule_instances,
    query={"$expand": "principal($select=id)"},
    permissions=(ROLE_MANAGEMENT_READ_DIRECTORY,),
    plans=(AAD_PREMIUM_P2, ENTRA_IDENTITY_GOVERNANCE),
    without_plan="empty",
    sample=[
        {
            "id": "i1",
            "principalId": "aaaaaaaa-0000-4000-8000-000000000001",
            "roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10",
            "directoryScopeId": "/",
            "assignmentType": "Assigned",
            "memberType": "Direct",
            "startDateTime": "2025-01-01T00:00:00Z",
            "endDateTime": None,
            "principal": {"@odata.type": "#microsoft.graph.user", "id": "aaaaaaaa-0000-4000-8000-000000000001"},
        }
    ],
)
