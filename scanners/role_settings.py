"""What the settings of a directory role say about turning it on: words over the fact pim_role_settings."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from scanners.errors import Undecided, Unrecognised
from scanners.facts.pim_role_settings import RoleSettings, Rule
from scanners.facts.role_definitions import RoleDefinition
from scanners.roles import PRIVILEGED, template_ids

T = TypeVar("T")


class Settings:
    """The rules of each role by the role's template id. A role, rule or value that is not there raises Unrecognised when it is asked for."""

    def __init__(self, assignments: Iterable[RoleSettings], definitions: Iterable[RoleDefinition]) -> None:
        templates = template_ids(definitions)
        self._by_role: dict[str, RoleSettings] = {}
        for assignment in assignments:
            try:
                role = templates.of(assignment.role_definition_id)
            except Undecided:
                continue  # its role is then without settings, which is unknown
            self._by_role[role] = assignment

    def rule(self, role: str, rule: str) -> Rule:
        """One rule of one role, such as Expiration_EndUser_Assignment."""
        if role.lower() not in self._by_role:
            raise Unrecognised(f"the settings of the role {name(role)} are not in the answer")
        rules = {each.id: each for each in self._by_role[role.lower()].policy.rules}
        if rule not in rules:
            raise Unrecognised(f"the settings of the role {name(role)} have no rule {rule}")
        return rules[rule]


def stated(value: T | None, what: str) -> T:
    """The value of a property that a rule of this kind must have."""
    if value is None:
        raise Unrecognised(f"a rule of a role does not state {what}")
    return value


def name(role: str) -> str:
    """How a result names a role: by its English name where this product knows it, else by its id."""
    return PRIVILEGED.get(role.lower(), role)


def names(roles: Iterable[str]) -> Mapping[str, str]:
    """Id -> name, for results."""
    return {role: name(role) for role in roles}
