"""Which kinds of sign-in methods each emergency account has registered.

Source: https://learn.microsoft.com/graph/api/authentication-list-methods . Asked once for each account of the register, and of nobody else, because no rule
needs more. Telephone numbers, addresses and device names are dropped before storing. Certificates are not listed as a method.
"""

from collections.abc import Iterable
from typing import Any

from scanners.declare import once_per
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.model import Ask, Fact, Page, Readings
from scanners.permissions import USER_AUTHENTICATION_METHOD_READ_ALL
from scanners.reading import Json, Row, Timestamp, absent_is_null, named

MOST_ACCOUNTS = 20  # a longer register is no list of emergency accounts, and is not asked about further


class Method(Row):
    """One registered method; only its kind and when it was added."""

    type: str = named("@odata.type")
    created_date_time: Timestamp | None = absent_is_null()


class UserMethods(Row):
    """The methods of one account; not readable where the service refused to show them."""

    id: str
    readable: bool
    methods: tuple[Method, ...]


class _Stored(Row):
    created_date_time: Timestamp | None = absent_is_null()


def accounts(readings: Readings) -> Iterable[str]:
    """Ids of the accounts in the register of emergency accounts, if one is on file."""
    register = readings.get("statement_emergency_accounts")
    if isinstance(register, EmergencyAccounts):
        yield from sorted(account.object_id.lower() for account in register.details.accounts)[:MOST_ACCOUNTS]


def _methods(user: str) -> Ask:
    return Ask(build=lambda graph: graph.users.by_user_id(user).authentication.methods, about=user, tolerates=frozenset({403, 404}))


def read(pages: Iterable[Page]) -> tuple[UserMethods, ...]:
    """The methods of each account; an account that no longer exists has no row."""
    found: dict[str, dict[str, Any]] = {}
    for page in pages:
        if page.status == 404:
            continue
        user = found.setdefault(page.about, {"id": page.about, "readable": True, "methods": []})
        if page.body is None:
            user["readable"] = False
        else:
            user["methods"] += page.body["value"]
    return tuple(UserMethods.read(user) for user in found.values())


SAMPLE: Json = [
    {
        "id": "aaaaaaaa-0000-4000-8000-0000000000e1",
        "readable": True,
        "methods": [
            {"@odata.type": "#microsoft.graph.fido2AuthenticationMethod", "createdDateTime": "2026-02-01T08:00:00Z"},
            {"@odata.type": "#microsoft.graph.passwordAuthenticationMethod", "createdDateTime": None},
        ],
    }
]

fact = Fact(
    reading=tuple[UserMethods, ...],
    asks=once_per(accounts, _methods),
    after=("statement_emergency_accounts",),
    permissions=(USER_AUTHENTICATION_METHOD_READ_ALL,),
    stored=tuple[_Stored, ...],
    keep="listed",
    read=read,
    sample=SAMPLE,
)
