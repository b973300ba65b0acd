"""From questions and a population to a verdict: how many are covered, who is not, and a witness for each way of not being."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from scanners.administrators import Administrator, administrators, enabled, sort_people
from scanners.conditional_access.coverage import Inquiry, all_covered
from scanners.conditional_access.witness import considered, sentence
from scanners.errors import Undecided, Unrecognised
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.users import User, Users
from scanners.model import Verdict, failed
from scanners.people import People, emergency_accounts, exempt_accounts, people
from scanners.roles import Holdings, active_holdings
from scanners.three_valued import Maybe, Sorted, sort

MOST_WITNESSES = 10


def short(identifier: str) -> str:
    """An id as it reads in a sentence."""
    return f"{identifier[:8]}…" if len(identifier) > 8 else identifier


def no_users() -> Unrecognised:
    """The doubt of a control that found nobody to judge: every tenant has somebody."""
    return Unrecognised(
        "no enabled account was found, so there is nobody to judge", "Check that the scanner may read all users, then run the scan again."
    )


def everyone(
    users: Users,
    role_assignments: Sequence[RoleAssignment],
    role_definitions: Sequence[RoleDefinition],
    groups: ReferencedGroups,
    register: EmergencyAccounts | None,
) -> People:
    """The people of the tenant, exempt accounts and meeting rooms set apart."""
    holdings = active_holdings(role_assignments, role_definitions, groups)
    return people(users, holdings, exempt_accounts(emergency_accounts(register), holdings))


def sort_users(
    users: Sequence[User], population: People, inquiries: Sequence[Inquiry], safe: Callable[[User], Maybe] = lambda _: False
) -> Sorted[User]:
    """Users by whether all inquiries find them covered, or they are `safe` in another way. Accounts whose kind could not be told stay unclear."""
    piles = sort(users, lambda user: covered(user, inquiries, safe))
    return Sorted(piles.good, piles.bad, (*piles.unclear, *population.unclear), (*piles.doubts, *population.doubts))


def covered(user: User, inquiries: Sequence[Inquiry], safe: Callable[[User], Maybe] = lambda _: False) -> Maybe:
    """All inquiries find the user covered, or the user is `safe` in another way."""
    otherwise = safe(user)
    return True if otherwise else all_covered(user, inquiries) or otherwise


def sort_administrators(
    holdings: Holdings, users: Users, exempt: frozenset[str], inquiries: Sequence[Inquiry], safe: Callable[[User], Maybe] = lambda _: False
) -> Sorted[Administrator]:
    """The enabled people among the holders, exempt accounts left out, by whether all inquiries find them covered."""
    judged = enabled(person for person in administrators(holdings, users) if person.id not in exempt)
    return sort_people(judged, holdings, lambda person: person.account.account_enabled and covered(person.account, inquiries, safe))


T = TypeVar("T")


def verdict(
    piles: Sorted[T],
    inquiries: Sequence[Inquiry],
    *,
    good: str,
    bad: str,
    empty: Verdict | Undecided,
    account: Callable[[T], User] | None = None,
    **observed: Any,
) -> Verdict:
    """Pass when everyone is covered; a fail carries a witness for each class that is not. `account` gives the account of what was sorted."""
    result = piles.every(good=good, bad=bad, empty=empty, **observed, policies=considered(inquiries[0]))
    if not piles.bad:
        return result
    accounts = [account(each) if account is not None else each for each in piles.bad]
    witnesses = uncovered(accounts, inquiries)
    return failed(f"{result.because}. For example, {witnesses[0]['witness']}", result.affected, **{**result.observed, "uncovered": witnesses})


def uncovered(accounts: Iterable[Any], inquiries: Sequence[Inquiry]) -> list[dict[str, Any]]:
    """The classes of uncovered accounts, the largest first: how many, and a witness."""
    first: dict[Any, User] = {}
    size: Counter[Any] = Counter()
    for user in accounts:
        marks = inquiries[0].rules.known.marks(user)
        first.setdefault(marks, user)
        size[marks] += 1
    return [{"users": count, "witness": witness(first[marks], inquiries)} for marks, count in size.most_common(MOST_WITNESSES)]


def witness(user: User, inquiries: Sequence[Inquiry]) -> str:
    """Why the user is not covered, by the first inquiry that finds a gap."""
    for inquiry in inquiries:
        answer = inquiry.answer(user)
        if answer.gap is not None:
            return sentence(inquiry, inquiry.rules.known.marks(user), answer.gap, f"user {short(user.id)}")
    return f"user {short(user.id)} is not covered"
