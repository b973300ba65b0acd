"""The groups that policies and role assignments name: who is in them, through every nesting, who owns them, and whether they are protected.

Source: https://learn.microsoft.com/graph/api/group-list-transitivemembers . A group that no longer exists answers 404, which is a reading, not an error; a group
whose membership is hidden from the scanner is marked unreadable and makes only those rules unknown that need its members.
"""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from scanners.declare import once_per
from scanners.errors import Undecided
from scanners.model import Ask, Fact, Page, Readings
from scanners.permissions import GROUP_MEMBER_READ_ALL
from scanners.reading import Json, Row, absent_is_null


class ReferencedGroup(Row):
    """One group that something refers to."""

    id: str
    exists: bool
    is_assignable_to_role: bool | None
    is_management_restricted: bool | None
    membership_rule: str | None
    member_ids: tuple[str, ...]
    owner_ids: tuple[str, ...]
    readable: bool


class ReferencedGroups(Row):
    """All groups that were asked for."""

    groups: tuple[ReferencedGroup, ...]


class _Stored(Row):
    id: str
    is_assignable_to_role: bool | None = absent_is_null()
    is_management_restricted: bool | None = absent_is_null()
    membership_rule: str | None = absent_is_null()
    security_enabled: bool | None = absent_is_null()
    visibility: str | None = absent_is_null()


HIDDEN = "HiddenMembership"
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def referenced(readings: Readings) -> Iterable[str]:
    """The ids of groups that conditional access policies or role assignments, active and eligible, name."""
    for policy in readings["conditional_access_policies"]:
        for side in ("include_groups", "exclude_groups"):
            try:
                yield from (group for group in getattr(policy.conditions.users, side) if _GUID.fullmatch(group))
            except Undecided:
                continue  # a policy that could not be read makes the rules over it unknown by itself
    for fact in ("role_assignments", "pim_active_assignments", "pim_eligible_assignments"):
        for assignment in readings[fact]:
            try:
                if assignment.principal is not None and assignment.principal.odata_type == "#microsoft.graph.group":
                    yield assignment.principal_id
            except Undecided:
                continue  # an assignment that could not be read makes the rules over it unknown by itself


def _about(group: str) -> Ask:
    select = "id,isAssignableToRole,isManagementRestricted,membershipRule,securityEnabled,visibility"
    return Ask(build=lambda graph: graph.groups.by_group_id(group), query={"$select": select}, about=group, tolerates=frozenset({403, 404}))


def _members(group: str) -> Ask:
    return Ask(
        build=lambda graph: graph.groups.by_group_id(group).transitive_members.graph_user,
        query={"$select": "id", "$top": "999"},
        about=group,
        tolerates=frozenset({403, 404}),
    )


def _owners(group: str) -> Ask:
    return Ask(
        build=lambda graph: graph.groups.by_group_id(group).owners,
        query={"$select": "id", "$top": "999"},
        about=group,
        tolerates=frozenset({403, 404}),
    )


def read(pages: Iterable[Page]) -> ReferencedGroups:
    """The pages of each group put together. What no page says stays unsaid, so that only rules which need it are unknown."""
    found: dict[str, dict[str, Any]] = {}
    hidden: set[str] = set()
    for page in pages:
        group = found.setdefault(page.about, {"id": page.about, "exists": True, "readable": True})
        if page.status == HTTPStatus.NOT_FOUND:
            group["exists"] = False
        elif page.status == HTTPStatus.FORBIDDEN:
            group["readable"] = False
        elif "/transitiveMembers" in page.path:
            group.setdefault("memberIds", []).extend(each["id"] for each in page.body["value"])
        elif "/owners" in page.path:
            group.setdefault("ownerIds", []).extend(each["id"] for each in page.body["value"])
        else:
            group |= {k: page.body[k] for k in ("isAssignableToRole", "isManagementRestricted", "membershipRule") if k in page.body}
            hidden.update({page.about} if page.body.get("visibility", HIDDEN) == HIDDEN else ())  # not said may be hidden
    for about in hidden:
        found[about]["readable"] &= bool(found[about].get("memberIds"))  # without Member.Read.Hidden the list comes back empty
    return ReferencedGroups.read({"groups": list(found.values())})


def _unread(group: str) -> dict[str, Any]:
    empty = {"isAssignableToRole": None, "isManagementRestricted": None, "membershipRule": None}
    return {"id": group, "exists": True, "readable": True, "memberIds": [], "ownerIds": [], **empty}


def shape(example: Json) -> Json:
    """Examples give the groups alone."""
    return example if isinstance(example, dict) else {"groups": example}


fact = Fact(
    reading=ReferencedGroups,
    asks=once_per(referenced, _about, _members, _owners),
    after=("conditional_access_policies", "role_assignments", "pim_active_assignments", "pim_eligible_assignments"),
    permissions=(GROUP_MEMBER_READ_ALL,),
    stored=tuple[_Stored, ...],
    keep="listed",
    read=read,
    shape=shape,
    sample=[_unread("cccccccc-0000-4000-8000-000000000001")],
    unshown=[],
)
