"""The people who hold directory roles, each once, with the account that the directory shows for them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from scanners.errors import Undecided, Unrecognised
from scanners.facts.users import User, Users
from scanners.quoting import token
from scanners.roles import Holding, Holdings
from scanners.three_valued import Maybe, Sorted, sort


def nobody() -> Unrecognised:
    """The doubt of a control that found no administrator at all: every tenant has one."""
    return Unrecognised(
        "no person holds a role of this kind, which no tenant in use can have, so the reading is incomplete",
        "Check that the scanner may read all role assignments, groups and users, then run the scan again.",
    )


@dataclass(frozen=True, slots=True)
class Administrator:
    """One person, with all roles held or to be turned on."""

    id: str
    holdings: tuple[Holding, ...]
    listed: User | None

    @property
    def account(self) -> User:
        """The person's account. Raises Unrecognised when the list of users does not have it: deleted meanwhile, or of another tenant."""
        if self.listed is None:
            raise Unrecognised(f"the holder {token(self.id)} is not among the users that were read")
        return self.listed

    @property
    def active(self) -> bool:
        """At least one of the roles is on now."""
        return any(not holding.eligible for holding in self.holdings)


def administrators(holdings: Holdings, users: Users) -> tuple[Administrator, ...]:
    """The people among the holders. Service principals and principals that no longer exist are no people."""
    accounts = accounts_by_id(users)
    held: dict[str, list[Holding]] = {}
    for holding in holdings.known:
        who = holding.principal.lower()
        if holding.is_user or (holding.is_user is None and who in accounts):
            held.setdefault(who, []).append(holding)
    return tuple(Administrator(who, tuple(roles), accounts.get(who)) for who, roles in sorted(held.items()))


def enabled(people: Iterable[Administrator]) -> tuple[Administrator, ...]:
    """Those whose account is not known to be disabled; a rule that reads `account` again makes the unclear ones unknown."""
    return tuple(person for person in people if _enabled(person) is not False)


def _enabled(person: Administrator) -> Maybe:
    try:
        return person.account.account_enabled
    except Undecided:
        return None


def sort_people(people: Iterable[Administrator], holdings: Holdings, test: Callable[[Administrator], Maybe]) -> Sorted[Administrator]:
    """Put each person into a pile. A role assignment that could not be read may hide a person, so without a bad one it stops the judgement."""
    piles = sort(people, test)
    if not piles.bad:
        holdings.refuse_doubts()
    return piles


def accounts_by_id(users: Users) -> dict[str, User]:
    """Lower-case id -> account."""
    found = {}
    for user in users.value:
        try:
            found[user.id.lower()] = user
        except Undecided:
            continue  # an account without an id is nobody's; whoever needs it finds nothing and is unclear
    return found
