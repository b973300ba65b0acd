"""Whom a policy reaches (definitions: reach_users, reach_external).

A mark is something that a policy can name: one user, a group, a role, a kind of external user. Each user has the marks that are sure and the marks
that may be; users with the same marks are one class, so that a hundred thousand users cost no more than their classes. Exclusion wins over
inclusion.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from scanners.errors import Undecided
from scanners.facts.conditional_access_policies import ExternalUsers, PolicyUsers
from scanners.facts.referenced_group_members import ReferencedGroup, ReferencedGroups
from scanners.facts.users import User
from scanners.roles import WHOLE_TENANT, Holdings, members_of
from scanners.three_valued import Maybe

ALL, NONE, GUESTS = "all", "none", "guestsorexternalusers"
INTERNAL_GUEST, GUEST, MEMBER = "internalGuest", "b2bCollaborationGuest", "b2bCollaborationMember"
EXTERNAL_TYPES = (INTERNAL_GUEST, GUEST, MEMBER, "b2bDirectConnectUser", "otherExternalUser", "serviceProvider")

Mark = tuple[str, str]  # kind (user, group, role, external, guest) and what it names
Marks = tuple[int, int]  # bit sets over the known marks: sure, and possible (which holds the sure ones)


@dataclass(frozen=True, slots=True)
class Named:
    """What the lists of one side of a policy (include or exclude) name."""

    everyone: bool
    sure: frozenset[Mark]
    possible: frozenset[Mark]  # named in a way that cannot be fully read
    anyone: Undecided | None  # a list could not be read at all: it may name anyone

    def matches(self, marks: Marks, bits: Mapping[Mark, int]) -> Maybe:
        """Whether a user with these marks is named."""
        if self.everyone or marks[0] & mask(self.sure, bits):
            return True
        return None if self.anyone or marks[1] & mask(self.sure | self.possible, bits) else False


def mask(marks: Iterable[Mark], bits: Mapping[Mark, int]) -> int:
    """The marks as one bit set."""
    return sum(1 << bits[mark] for mark in marks)


def included(users: PolicyUsers) -> Named:
    """Whom the include lists name. External users of listed organisations only are not counted as included."""
    external = _external(lambda: users.include_guests_or_external_users, enumerated_counts=False)
    return _named(lambda: users.include_users, lambda: users.include_groups, lambda: users.include_roles, external)


def excluded(users: PolicyUsers) -> Named:
    """Whom the exclude lists name. External users of listed organisations are counted as excluded."""
    external = _external(lambda: users.exclude_guests_or_external_users, enumerated_counts=True)
    return _named(lambda: users.exclude_users, lambda: users.exclude_groups, lambda: users.exclude_roles, external)


Names = Callable[[], tuple[str, ...]]


def _named(people: Names, groups: Names, roles: Names, external: Named) -> Named:
    sure, everyone, doubt = set(external.sure), False, external.anyone
    for kind, names in (("user", people), ("group", groups), ("role", roles)):
        try:
            listed = {name.lower() for name in names()} - {NONE}
        except Undecided as fault:
            doubt = doubt or fault
            continue
        everyone = everyone or (kind == "user" and ALL in listed)
        sure.update(("guest", "") if kind == "user" and name == GUESTS else (kind, name) for name in listed - {ALL})
    return Named(everyone, frozenset(sure), external.possible, doubt)


def _external(condition: Callable[[], ExternalUsers | None], *, enumerated_counts: bool) -> Named:
    try:
        chosen = condition()
        types = () if chosen is None else tuple(t.strip() for t in chosen.guest_or_external_user_types.split(","))
        tenants = chosen.external_tenants if chosen is not None else None
        counts = tenants is None or tenants.membership_kind == "all" or enumerated_counts
    except Undecided as fault:
        return Named(False, frozenset(), frozenset(), fault)
    sure = frozenset(("external", t) for t in types if t in EXTERNAL_TYPES) if counts else frozenset[Mark]()
    strange = any(t not in EXTERNAL_TYPES and t not in ("none", "") for t in types)
    return Named(False, sure, frozenset(("external", t) for t in EXTERNAL_TYPES) if strange else frozenset(), None)


def external_type(user: User) -> str | None:
    """The kind of external user that an account is; None for the organisation's own."""
    if user.user_type == "Guest":
        return GUEST if user.external_user_state is not None else INTERNAL_GUEST
    return MEMBER if user.creation_type == "Invitation" else None


@dataclass(frozen=True, slots=True)
class Directory:
    """Which marks each user has. `doubts` says why a group or role mark may be anybody's."""

    bits: Mapping[Mark, int]
    people: Mapping[str, Marks]  # by lower-case id; all others have `ordinary`
    ordinary: Marks
    kinds: Mapping[str, int]  # the marks of each kind of external user, where a policy names any
    doubts: Mapping[Mark, Undecided]

    def marks(self, user: User) -> Marks:
        """The marks of an account. Raises Unrecognised when it has no id."""
        held = self.people.get(user.id.lower(), self.ordinary)
        if not self.kinds:
            return held
        try:
            kind = external_type(user)
        except Undecided:
            return held[0], held[1] | mask((m for m in self.bits if m[0] in ("external", "guest")), self.bits)
        own = self.kinds[kind] if kind is not None else 0
        return held[0] | own, held[1] | own

    def marks_of_type(self, external: str) -> Marks:
        """The marks of any user of this external kind, whoever it is. The older value GuestsOrExternalUsers stands for all kinds."""
        own = mask((m for m in self.bits if m == ("external", external) or m[0] == "guest"), self.bits)
        return own, own


def directory(named: Iterable[Named], groups: ReferencedGroups, holdings: Holdings) -> Directory:
    """The marks of all users, for the marks that these policies name."""
    bits = {mark: index for index, mark in enumerate(sorted({mark for each in named for mark in each.sure | each.possible}))}
    listed = {group.id.lower(): group for group in groups.groups}
    held: dict[str, int] = defaultdict(int)
    doubts: dict[Mark, Undecided] = {}
    for mark, bit in bits.items():
        users, doubt = _users_with(mark, listed, holdings)
        if doubt is not None:
            doubts[mark] = doubt
        for user in users:
            held[user] |= 1 << bit
    anybody = mask(doubts, bits)
    people = {user: (sure, sure | anybody) for user, sure in held.items()}
    return Directory(bits, people, (0, anybody), _kinds(bits), doubts)


def _users_with(mark: Mark, groups: Mapping[str, ReferencedGroup], holdings: Holdings) -> tuple[Iterable[str], Undecided | None]:
    """The users who surely have the mark, and why there may be more."""
    kind, name = mark
    if kind == "user":
        return (name,), None
    if kind == "group":
        try:
            return [member.lower() for member in members_of(groups, name)], None
        except Undecided as doubt:
            return (), doubt
    if kind == "role":
        holders = [h.principal.lower() for h in holdings.known if h.role == name and h.scope == WHOLE_TENANT and not h.eligible]
        return holders, holdings.doubts[0] if holdings.doubts else None
    return (), None


def _kinds(bits: Mapping[Mark, int]) -> Mapping[str, int]:
    if not any(kind in ("external", "guest") for kind, _ in bits):
        return {}
    guests = (INTERNAL_GUEST, GUEST)  # the older value is compared with the user type, which is Guest for these two
    return {
        kind: mask((m for m in bits if m == ("external", kind) or (m[0] == "guest" and kind in guests)), bits)
        for kind in (INTERNAL_GUEST, GUEST, MEMBER)
    }
