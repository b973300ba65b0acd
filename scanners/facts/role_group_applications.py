"""The applications inside the groups that hold directory roles, through every nesting: they hold what the group holds.

Source: https://learn.microsoft.com/graph/api/group-list-transitivemembers . A group that no longer exists answers 404 and has none; one whose membership
is hidden from the scanner is marked unreadable.
"""

from collections.abc import Iterable
from typing import Any

from scanners.declare import once_per
from scanners.errors import Undecided
from scanners.model import Ask, Fact, Page, Readings
from scanners.permissions import APPLICATION_READ_ALL, GROUP_MEMBER_READ_ALL
from scanners.reading import Row, absent_is_null, read_rows

HIDDEN = "HiddenMembership"


class RoleGroup(Row):
    """One group that holds a role, with the object ids of the applications in it."""

    group_id: str
    readable: bool
    application_ids: tuple[str, ...]


class _Stored(Row):
    id: str
    visibility: str | None = absent_is_null()


def groups_with_roles(readings: Readings) -> Iterable[str]:
    """The ids of groups that role assignments name."""
    for assignment in readings["role_assignments"]:
        try:
            if assignment.principal is not None and assignment.principal.odata_type == "#microsoft.graph.group":
                yield assignment.principal_id
        except Undecided:
            continue  # an assignment that could not be read makes the rules over it unknown by itself


def _about(group: str) -> Ask:
    return Ask(build=lambda graph: graph.groups.by_group_id(group), query={"$select": "id,visibility"}, about=group, tolerates=frozenset({403, 404}))


def _applications_in(group: str) -> Ask:
    return Ask(
        build=lambda graph: graph.groups.by_group_id(group).transitive_members.graph_service_principal,
        query={"$select": "id", "$top": "999"},
        about=group,
        tolerates=frozenset({403, 404}),
    )


def read(pages: Iterable[Page]) -> tuple[RoleGroup, ...]:
    """The pages of each group put together. A group that hides its members answers with an empty list to who may not see them."""
    found: dict[str, dict[str, Any]] = {}
    hidden: set[str] = set()
    for page in pages:
        row = found.setdefault(page.about, {"groupId": page.about, "readable": True, "applicationIds": []})
        if page.status == 403:
            row["readable"] = False
        elif page.status != 404 and "/transitiveMembers" in page.path:
            row["applicationIds"] += [each["id"] for each in page.body["value"]]
        elif page.status != 404 and page.body.get("visibility", HIDDEN) == HIDDEN:  # not said may be hidden
            hidden.add(page.about)
    for about in hidden:
        found[about]["readable"] &= bool(found[about]["applicationIds"])
    return read_rows(RoleGroup, found.values())


fact = Fact(
    reading=tuple[RoleGroup, ...],
    asks=once_per(groups_with_roles, _about, _applications_in),
    after=("role_assignments",),
    permissions=(GROUP_MEMBER_READ_ALL, APPLICATION_READ_ALL),
    stored=tuple[_Stored, ...],
    keep="listed",
    read=read,
    sample=[
        {
            "groupId": "cccccccc-0000-4000-8000-000000000001",
            "readable": True,
            "applicationIds": ["5a5a5a5a-0000-4000-8000-000000000001"],
        }
    ],
)
