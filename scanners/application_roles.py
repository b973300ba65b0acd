"""Which applications hold which directory roles, directly or inside a group."""

from collections.abc import Iterable
from dataclasses import dataclass

from scanners.errors import Undecided, Unrecognised
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.role_group_applications import RoleGroup
from scanners.quoting import token
from scanners.roles import GROUP, WHOLE_TENANT, hidden, template_ids


@dataclass(frozen=True, slots=True)
class RoleHeld:
    """A role that one principal holds; people among the principals do no harm, because they are looked up by id."""

    principal: str  # object id, lower case
    role: str  # template id, lower case
    scope: str


@dataclass(frozen=True, slots=True)
class RolesHeld:
    """All roles that could be read, and what could not."""

    known: tuple[RoleHeld, ...]
    doubts: tuple[Undecided, ...]

    def tenant_wide(self, roles: frozenset[str]) -> frozenset[str]:
        """Object ids of the principals that hold one of the roles over the whole tenant."""
        return frozenset(held.principal for held in self.known if held.role in roles and held.scope == WHOLE_TENANT)

    def of(self, principal: str) -> tuple[RoleHeld, ...]:
        """The roles of one principal, over the tenant or a part of it."""
        return tuple(held for held in self.known if held.principal == principal.lower())


def roles_held(assignments: Iterable[RoleAssignment], definitions: Iterable[RoleDefinition], groups: Iterable[RoleGroup]) -> RolesHeld:
    """Every active role of every principal, with the applications of role-holding groups beside the groups."""
    templates, by_id = template_ids(definitions), {group.group_id.lower(): group for group in groups}
    known: list[RoleHeld] = []
    doubts: list[Undecided] = []
    for assignment in assignments:
        try:
            role, scope = templates.of(assignment.role_definition_id), assignment.directory_scope_id
            is_group = assignment.principal is not None and assignment.principal.odata_type == GROUP
            principals = _principals(assignment.principal_id.lower(), by_id, is_group)
            known.extend(RoleHeld(principal, role, scope) for principal in principals)
        except Undecided as doubt:
            doubts.append(doubt)
    return RolesHeld(tuple(known), tuple(doubts))


def _principals(principal: str, groups: dict[str, RoleGroup], is_group: bool) -> tuple[str, ...]:
    if not is_group:
        return (principal,)
    group = groups.get(principal)
    if group is None:
        raise Unrecognised(f"the applications in group {token(principal)}, which holds a role, were not read")
    if not group.readable:
        raise hidden(principal)
    return (principal, *(each.lower() for each in group.application_ids))
