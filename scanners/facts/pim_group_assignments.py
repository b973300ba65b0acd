"""Who is, or may become, member or owner of the groups that hold directory roles.

Source: https://learn.microsoft.com/graph/api/privilegedaccessgroup-list-eligibilityscheduleinstances . The service demands a group in the filter, so it is
asked once for each group that holds or may turn on a role. An owner counts like a member, because an owner can add members.
"""

from collections.abc import Iterable
from typing import Any, Literal

from scanners.declare import once_per
from scanners.errors import Undecided
from scanners.model import Ask, Fact, Page, Readings
from scanners.permissions import (
    AAD_PREMIUM_P2,
    ENTRA_IDENTITY_GOVERNANCE,
    PRIVILEGED_ASSIGNMENT_SCHEDULE_READ_GROUP,
    PRIVILEGED_ELIGIBILITY_SCHEDULE_READ_GROUP,
)
from scanners.reading import Json, Row, Timestamp, absent_is_null


class GroupEligibility(Row):
    """A principal that may become member or owner of the group."""

    group_id: str
    principal_id: str
    access_id: Literal["owner", "member"]
    end_date_time: Timestamp | None


class GroupAssignment(Row):
    """A principal that is member or owner of the group now, for good or for a while."""

    group_id: str
    principal_id: str
    access_id: Literal["owner", "member"]
    assignment_type: Literal["assigned", "activated"]
    end_date_time: Timestamp | None


class GroupSchedules(Row):
    """All groups that were asked for."""

    eligible: tuple[GroupEligibility, ...]
    assigned: tuple[GroupAssignment, ...]


class _Stored(Row):
    id: str
    group_id: str
    principal_id: str
    access_id: str
    assignment_type: str | None = absent_is_null()
    end_date_time: Timestamp | None


def role_groups(readings: Readings) -> Iterable[str]:
    """Ids of the groups that hold a role or may turn one on."""
    for fact in ("role_assignments", "pim_active_assignments", "pim_eligible_assignments"):
        for assignment in readings[fact]:
            try:
                if assignment.principal is not None and assignment.principal.odata_type == "#microsoft.graph.group":
                    yield assignment.principal_id
            except Undecided:
                continue  # an assignment that could not be read makes the rules over it unknown by itself


def _eligible(group: str) -> Ask:
    return Ask(
        build=lambda graph: graph.identity_governance.privileged_access.group.eligibility_schedule_instances,
        query={"$filter": f"groupId eq '{group}'"},
        about=group,
    )


def _assigned(group: str) -> Ask:
    return Ask(
        build=lambda graph: graph.identity_governance.privileged_access.group.assignment_schedule_instances,
        query={"$filter": f"groupId eq '{group}'"},
        about=group,
    )


def read(pages: Iterable[Page]) -> GroupSchedules:
    """The pages of all groups put together, told apart by the path they came from."""
    found: dict[str, list[Any]] = {"eligible": [], "assigned": []}
    for page in pages:
        found["eligible" if "/eligibilityScheduleInstances" in page.path else "assigned"].extend(page.body["value"])
    return GroupSchedules.read(found)


def shape(example: Json) -> Json:
    """No list at all is a tenant where nobody may join a group for a while."""
    return example if isinstance(example, dict) else {"eligible": [], "assigned": []}


SAMPLE: Json = {
    "eligible": [
        {
            "groupId": "cccccccc-0000-4000-8000-000000000005",
            "principalId": "aaaaaaaa-0000-4000-8000-000000000003",
            "accessId": "member",
            "endDateTime": None,
        }
    ],
    "assigned": [
        {
            "groupId": "cccccccc-0000-4000-8000-000000000005",
            "principalId": "aaaaaaaa-0000-4000-8000-000000000003",
            "accessId": "member",
            "assignmentType": "assigned",
            "endDateTime": None,
        }
    ],
}

fact = Fact(
    reading=GroupSchedules,
    asks=once_per(role_groups, _eligible, _assigned),
    after=("role_assignments", "pim_active_assignments", "pim_eligible_assignments"),
    permissions=(PRIVILEGED_ELIGIBILITY_SCHEDULE_READ_GROUP, PRIVILEGED_ASSIGNMENT_SCHEDULE_READ_GROUP),
    plans=(AAD_PREMIUM_P2, ENTRA_IDENTITY_GOVERNANCE),
    without_plan="empty",
    stored=tuple[_Stored, ...],
    keep="listed",
    read=read,
    shape=shape,
    sample=SAMPLE,
    unshown={"eligible": [], "assigned": []},
)
