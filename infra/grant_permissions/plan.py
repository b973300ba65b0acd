"""What should be granted, against what is. Pure: no I/O.

The list of the scanner is infra/permissions.json, which the catalogue generates; the list of Microsoft's snapshot service is here.
Sources: https://learn.microsoft.com/graph/permissions-reference ; https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["application permission", "directory role"]

# Takes tenant configuration snapshots for us, and reads what it was given the right to: https://learn.microsoft.com/graph/api/resources/utcm-api-overview
SNAPSHOT_SERVICE = "03b07b79-c5bc-4b5e-9bfa-13acf4a99998"
# Owns the interface of the snapshots; must exist in the tenant before a snapshot can be asked for.
ADMIN_SERVICES = "6b91db1b-f05b-405a-a0b2-e3f60b28d645"
CONTENT = ("mail.", "chat.", "channelmessage.", "files.", "sites.", "notes.", "calendars.", "contacts.")


@dataclass(frozen=True, slots=True)
class Right:
    """One right over one service (an application id), or over the directory (`entra`)."""

    kind: Kind
    resource: str
    id: str
    name: str
    why: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two rights the same; ids are compared without case."""
        return self.kind, self.resource.lower(), self.id.lower()


@dataclass(frozen=True, slots=True)
class Held:
    """A right that a principal has, and the id under which it can be taken away."""

    right: Right
    assignment: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done for one principal."""

    grant: tuple[Right, ...]
    revoke: tuple[Held, ...]
    keep: tuple[Right, ...]

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return not self.grant and not self.revoke


class RefusedError(Exception):
    """A list that asks for what this product must never hold."""


def rights(listed: Iterable[Mapping[str, Any]], *, optional: bool) -> tuple[Right, ...]:
    """The rights of infra/permissions.json, without those that are marked as opening contents: nobody gets these by running a script.

    Raises RefusedError when the list asks for contents without saying so.
    """
    wanted = [
        Right(each["kind"], each["resource"], each["id"], each["name"], f"{len(each['facts'])} facts")
        for each in listed
        if not each["opens_content"] and (optional or not each["optional"])
    ]
    if content := [right.name for right in wanted if right.name.lower().startswith(CONTENT)]:
        raise RefusedError(f"the list names permissions over contents, which are never granted here: {', '.join(content)}")
    return tuple(wanted)


def compare(wanted: Iterable[Right], held: Iterable[Held], *, keep_extra: bool = False) -> Plan:
    """Grant what is missing, revoke what is not in the list, keep the rest."""
    wanted, held = tuple(wanted), tuple(held)
    has, needs = {each.right.key for each in held}, {right.key for right in wanted}
    return Plan(
        grant=tuple(right for right in wanted if right.key not in has),
        revoke=() if keep_extra else tuple(each for each in held if each.right.key not in needs),
        keep=tuple(right for right in wanted if right.key in has),
    )
