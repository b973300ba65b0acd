"""The population of the access rules: people, members, guests, meeting rooms, the few accounts that are exempt, and when an account was last used."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from scanners.errors import NotLicensed, Undecided
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.statements_accounts import facts as account_statements
from scanners.facts.users import User, Users
from scanners.roles import DIRECTORY_SYNCHRONIZATION_ACCOUNTS, Holdings

EMERGENCY_REGISTER = next(fact for fact in account_statements if fact.id == "statement_emergency_accounts")
MOST_EMERGENCY_ACCOUNTS = 5  # a longer register would switch the rules off, so it exempts nobody

MEETING_ROOM_SKUS = frozenset(
    {
        "4cde982a-ede4-4409-9ae6-b003453c8ea6",  # Teams Rooms Pro
        "21943e3a-2429-4f83-84c1-02735cd49e78",  # Teams Rooms Pro without Audio Conferencing
        "6af4b3d6-14bb-4a2a-960c-6c902aad34f3",  # Teams Rooms Basic
        "50509a35-f0bd-4c5e-89ac-22f0e16a00f8",  # Teams Rooms Basic without Audio Conferencing
        "6070a4c8-34c6-4937-8dfb-39bbc6397a60",  # Meeting Room
        "295a8eb0-f78d-45c7-8b5b-1eed5ed02dff",  # Teams Shared Devices
    }
)


@dataclass(frozen=True, slots=True)
class People:
    """Enabled accounts of persons. `unclear` are accounts of which not even that could be told."""

    members: tuple[User, ...]
    guests: tuple[User, ...]
    rooms: tuple[User, ...]
    exempt: frozenset[str]
    unclear: tuple[User, ...]
    doubts: tuple[Undecided, ...]


def emergency_accounts(register: EmergencyAccounts | None) -> frozenset[str]:
    """The accounts of the register, in lower case; none when there is no register, or when it names more than five."""
    named = frozenset(account.object_id.lower() for account in register.details.accounts) if register is not None else frozenset()
    return named if len(named) <= MOST_EMERGENCY_ACCOUNTS else frozenset()


def exempt_accounts(emergency_accounts: Iterable[str], holdings: Holdings) -> frozenset[str]:
    """Emergency accounts from their statement (ids; at most five, a longer list exempts nobody) and directory synchronisation accounts."""
    emergency = frozenset(account.lower() for account in emergency_accounts)
    if len(emergency) > MOST_EMERGENCY_ACCOUNTS:
        emergency = frozenset()
    return emergency | frozenset(p.lower() for p in holdings.of({DIRECTORY_SYNCHRONIZATION_ACCOUNTS}).people)


def is_meeting_room(user: User, role_holders: frozenset[str]) -> bool:
    """Licensed as a room and as nothing else, without a directory role. A person who also got a room licence stays a person."""
    skus = {licence.sku_id.lower() for licence in user.assigned_licenses}
    return bool(skus) and skus <= MEETING_ROOM_SKUS and user.id.lower() not in role_holders


def people(users: Users, holdings: Holdings, exempt: frozenset[str] = frozenset()) -> People:
    """Enabled accounts, exempt accounts and meeting rooms set apart. A user type of null is a member."""
    holders = frozenset(h.principal.lower() for h in holdings.known)
    piles: dict[str, list[User]] = {"members": [], "guests": [], "rooms": [], "unclear": []}
    doubts: list[Undecided] = []
    for user in users.value:
        try:
            if not user.account_enabled or user.id.lower() in exempt:
                continue
            if is_meeting_room(user, holders):
                piles["rooms"].append(user)
            else:
                piles["guests" if user.user_type == "Guest" else "members"].append(user)
        except Undecided as doubt:
            doubts.append(doubt)
            piles["unclear"].append(user)
    return People(**{name: tuple(pile) for name, pile in piles.items()}, exempt=exempt, doubts=tuple(doubts))


def require_activity(users: Users) -> None:
    """Stop the judgement where the directory does not say when accounts were used: without Entra ID P1 it does not, and that is not disuse."""
    if not users.sign_in_activity_read:
        raise NotLicensed(
            "the tenant has no Microsoft Entra ID P1, so the directory does not say when accounts were used",
            "Add Microsoft Entra ID P1, or review the use of accounts by hand and record it.",
        )


def last_use(user: User) -> datetime | None:
    """The newest successful sign-in, or None for never. Other dates also move when somebody guesses passwords, so they are not judged."""
    activity = user.sign_in_activity
    return None if activity is None else activity.last_successful_sign_in_date_time


def idle_time(user: User, at: datetime) -> timedelta:
    """How long the account has not been used; an account that never was counts from its creation."""
    used = last_use(user)
    return at - (user.created_date_time if used is None else max(used, user.created_date_time))
