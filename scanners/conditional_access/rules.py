"""The policies in force, ready to be asked who is left uncovered.

Only enabled policies for people count: report-only and disabled ones, and those for workload identities, act on nobody here. A policy of which
something cannot be read may act, but never surely does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

from scanners.conditional_access.apps import Choice, Target, target, universe
from scanners.conditional_access.gaps import Box
from scanners.conditional_access.narrowing import Space, space
from scanners.conditional_access.reach import Directory, Mark, Marks, Named, directory, excluded, included
from scanners.errors import Undecided, Unrecognised
from scanners.facts.conditional_access_policies import Conditions, Policy
from scanners.facts.named_locations import NamedLocation
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.users import User
from scanners.quoting import listed
from scanners.roles import active_holdings
from scanners.three_valued import Maybe, attempt, every

REPORT_ONLY = "enabledForReportingButNotEnforced"
NOBODY = Named(False, frozenset(), frozenset(), None)


@dataclass(frozen=True, slots=True)
class Rule:
    """One policy, made comparable."""

    policy: Policy
    name: str
    doubt: Undecided | None  # why it is not sure that the policy acts at all, or on whom, or when
    included: Named
    excluded: Named
    target: Target | None  # None: what it acts on cannot be read
    sure: Box
    possible: Box
    odd_device_filter: bool

    def reaches(self, marks: Marks, known: Directory) -> Maybe:
        """Whether a user with these marks is included and not excluded."""
        in_, out = self.included.matches(marks, known.bits), self.excluded.matches(marks, known.bits)
        if in_ is False or out is True:
            return False
        return None if in_ is None or out is None else True

    @property
    def reaches_apps(self) -> bool:
        """It acts on applications, or may: not on user actions or authentication contexts only."""
        return self.target is None or self.target.reaches_apps

    def undecided(self) -> Undecided:
        """Why it is not known what the policy does."""
        return self.doubt or Unrecognised(f"policy {self.name!r} has a value that this version does not know")


def in_force(policy: Policy) -> Maybe:
    """The policy is enabled and judges people (definitions: in_force, user_policy). None where that cannot be read."""
    enabled = attempt(lambda: policy.state == "enabled")
    return every((enabled, attempt(lambda: _for_people(policy.conditions)))) if enabled is not False else False


def _for_people(conditions: Conditions) -> Maybe:
    workloads = conditions.client_applications
    if conditions.service_principal_risk_levels:
        return False
    if workloads is None:
        return True
    if workloads.include_service_principals:
        return False
    return None if news(workloads.other) else True


def news(other: Mapping[str, Any]) -> list[str]:
    """The names of properties that this version does not know and that carry a value."""
    return sorted(name for name, value in other.items() if value not in (None, [], {}, ""))


def name_of(policy: Policy) -> str:
    """What administrators call the policy."""
    try:
        return policy.display_name or policy.id
    except Undecided:
        return "a policy without a name"


def rule(policy: Policy, dimensions: Space) -> Rule:
    """The policy as a rule; what cannot be read becomes its doubt."""
    name = name_of(policy)
    doubts = list(_doubts(policy, name))
    try:
        conditions = policy.conditions
        narrowing = dimensions.narrowing(conditions)
        users_in, users_out = included(conditions.users), excluded(conditions.users)
        doubts += [*narrowing.doubts, *(named.anyone for named in (users_in, users_out) if named.anyone)]
    except Undecided as doubt:
        nothing, anybody = (0,) * len(dimensions.everything), Named(False, frozenset(), frozenset(), doubt)
        return Rule(policy, name, doubt, anybody, NOBODY, None, nothing, dimensions.everything, odd_device_filter=False)
    acts_on = _target(conditions, doubts)
    first = doubts[0] if doubts else None
    return Rule(policy, name, first, users_in, users_out, acts_on, narrowing.sure, narrowing.possible, narrowing.odd_device_filter)


def _target(conditions: Conditions, doubts: list[Undecided]) -> Target | None:
    try:
        return target(conditions.applications)
    except Undecided as doubt:
        doubts.append(doubt)
        return None


def _doubts(policy: Policy, name: str) -> Iterator[Undecided]:
    """Why it is not sure that the policy acts as far as its conditions say."""
    if in_force(policy) is None:
        yield Unrecognised(f"whether policy {name!r} is in force could not be read")
    try:
        _ = policy.id, policy.display_name
        conditions = policy.conditions
        new = [*news(conditions.other), *news(conditions.users.other), *news(conditions.applications.other)]
        chosen = conditions.applications.application_filter
        if new:
            yield Unrecognised(f"policy {name!r} has a condition of a kind that this version does not know: {listed(new)}")
        if chosen is not None and chosen.mode == "exclude":
            yield Unrecognised(f"policy {name!r} leaves out applications by an attribute that is not read")
    except Undecided as doubt:
        yield doubt


@dataclass(frozen=True)
class Rules:
    """All policies that are, or may be, in force for people; whom they can name; and the dimensions that they span."""

    all: tuple[Rule, ...]
    known: Directory
    space: Space
    reporting: tuple[Rule, ...]  # what would be in force, were it not for reports only; counts for nothing but explains a gap

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """Every application that the rules tell apart."""
        return universe(each.target for each in self.all if each.target is not None)

    @cached_property
    def _reached(self) -> dict[Marks, tuple[int, int]]:
        return {}

    @cached_property
    def _naming(self) -> "_Naming":
        return _naming(self.all, self.known.bits)

    def reaching(self, marks: Marks) -> tuple[int, int]:
        """The rules that surely reach users with these marks, and those that may, as sets of rule numbers."""
        found = self._reached.get(marks)
        if found is None:
            found = self._reached[marks] = self._naming.reaching(marks)
        return found

    def those(self, test: Callable[[Rule], Maybe]) -> "Selection":
        """The rules that pass the test."""
        answers = [attempt(partial(test, each)) for each in self.all]
        return Selection(self, members(n for n, a in enumerate(answers) if a), members(n for n, a in enumerate(answers) if a is not False))


def members(numbers: Iterable[int]) -> int:
    """Rule numbers as a set."""
    return sum(1 << number for number in numbers)


@dataclass(frozen=True, slots=True)
class Selection:
    """The rules that surely pass a test, and those that may."""

    rules: Rules
    sure: int
    possible: int

    def reaching(self, user: User) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
        """Of these, the rules that surely reach the user, and the others that may."""
        sure, possible = self.rules.reaching(self.rules.known.marks(user))
        certain, doubtful = sure & self.sure, possible & self.possible & ~(sure & self.sure)
        return self._of(certain), self._of(doubtful)

    def _of(self, numbers: int) -> tuple[Rule, ...]:
        return tuple(each for n, each in enumerate(self.rules.all) if numbers >> n & 1) if numbers else ()


@dataclass(frozen=True, slots=True)
class _Naming:
    """For each side (include, exclude): the rules that name everyone, that may name anyone, and, by mark, that name it, surely and possibly."""

    everyone: tuple[int, int]
    anyone: tuple[int, int]
    sure: tuple[tuple[int, ...], tuple[int, ...]]
    possible: tuple[tuple[int, ...], tuple[int, ...]]
    certain: int  # rules about which nothing is in doubt

    def reaching(self, marks: Marks) -> tuple[int, int]:
        """As Rules.reaching."""
        surely = [self.everyone[side] | _union(marks[0], self.sure[side]) for side in (0, 1)]
        maybe = [surely[side] | self.anyone[side] | _union(marks[1], self.possible[side]) for side in (0, 1)]
        return surely[0] & ~maybe[1] & self.certain, maybe[0] & ~surely[1]


def _union(marks: int, by_mark: tuple[int, ...]) -> int:
    found = 0
    while marks:
        lowest = marks & -marks
        found |= by_mark[lowest.bit_length() - 1]
        marks ^= lowest
    return found


def _naming(rules: tuple[Rule, ...], bits: Mapping[Mark, int]) -> _Naming:
    sides: tuple[list[Named], list[Named]] = ([rule.included for rule in rules], [rule.excluded for rule in rules])

    def by_mark(side: list[Named], *, possible: bool) -> tuple[int, ...]:
        found = [0] * len(bits)
        for number, named in enumerate(side):
            for mark in named.sure | named.possible if possible else named.sure:
                found[bits[mark]] |= 1 << number
        return tuple(found)

    return _Naming(
        everyone=(members(n for n, e in enumerate(sides[0]) if e.everyone), members(n for n, e in enumerate(sides[1]) if e.everyone)),
        anyone=(members(n for n, e in enumerate(sides[0]) if e.anyone), members(n for n, e in enumerate(sides[1]) if e.anyone)),
        sure=(by_mark(sides[0], possible=False), by_mark(sides[1], possible=False)),
        possible=(by_mark(sides[0], possible=True), by_mark(sides[1], possible=True)),
        certain=members(n for n, rule in enumerate(rules) if rule.doubt is None),
    )


def rules_of(
    policies: tuple[Policy, ...],
    groups: ReferencedGroups,
    assignments: tuple[RoleAssignment, ...],
    definitions: tuple[RoleDefinition, ...] = (),
    locations: tuple[NamedLocation, ...] | None = None,
) -> Rules:
    """The rules of a tenant. Twenty controls ask for the same ones in a run, so the last few are kept, told by the readings they were made of."""
    return _kept(*(_Same(each) for each in (policies, groups, assignments, definitions, locations)))


class _Same:
    """A reading compared by identity: readings are frozen, and comparing a hundred thousand rows would cost more than it saves."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


@lru_cache(maxsize=4)
def _kept(policies: _Same, groups: _Same, assignments: _Same, definitions: _Same, locations: _Same) -> Rules:
    acting = [policy for policy in policies.value if in_force(policy) is not False]
    reporting = [policy for policy in policies.value if _only_reports(policy)]
    dimensions = space(_conditions((*acting, *reporting)), locations.value)
    made, idle = tuple(rule(policy, dimensions) for policy in acting), tuple(rule(policy, dimensions) for policy in reporting)
    holdings = active_holdings(assignments.value, definitions.value, groups.value)
    known = directory((named for each in (*made, *idle) for named in (each.included, each.excluded)), groups.value, holdings)
    return Rules(made, known, dimensions, idle)


def _only_reports(policy: Policy) -> bool:
    return attempt(lambda: policy.state == REPORT_ONLY) is True


def _conditions(policies: Iterable[Policy]) -> list[Conditions]:
    found = []
    for policy in policies:
        try:
            found.append(policy.conditions)
        except Undecided:
            continue  # the rule made of it knows that it is not readable
    return found
