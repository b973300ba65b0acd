"""Who may turn on which directory role: power that is off until it is asked for.

Source: https://learn.microsoft.com/graph/api/rbacapplication-list-roleeligibilityscheduleinstances . Groups may be eligible as well. Needs Privileged
Identity Management; without it nobody can be eligible.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.facts.role_assignments import Principal
from scanners.permissions import AAD_PREMIUM_P2, ENTRA_IDENTITY_GOVERNANCE, ROLE_MANAGEMENT_READ_DIRECTORY
from scanners.reading import Row, Timestamp


class EligibleAssignment(Row):
    """One role that one principal may turn on."""

    id: str
    principal_id: str
    role_definition_id: str
    directory_scope_id: str
    member_type: Literal["Direct", "Group", "Inherited"]
    end_date_time: Timestamp | None
    principal: Principal | None


fact = graph_fact(
    tuple[EligibleAssignment, ...],
    lambda graph: graph.role_management.directory.role_eligibility_schedule_instances,
    query={"$expand": "principal($select=id)"},
    permissions=(ROLE_MANAGEMENT_READ_DIRECTORY,),
    plans=(AAD_PREMIUM_P2, ENTRA_IDENTITY_GOVERNANCE),
    without_plan="empty",
    sample=[
        {
            "id": "e1",
            "principalId": "aaaaaaaa-0000-4000-8000-000000000002",
            "roleDefinitionId": "29232cdf-9323-42fd-ade2-1d097af3e4de",
            "directoryScopeId": "/",
            "memberType": "Direct",
            "endDateTime": "2027-01-01T00:00:00Z",
            "principal": {"@odata.type": "#microsoft.graph.user", "id": "aaaaaaaa-0000-4000-8000-000000000002"},
        }
    ],
)
