"""Every account of the directory, without names: state, kind, licences and last use.

Source: https://learn.microsoft.com/graph/api/user-list . The user principal name is asked for only to derive its domain and whether its first part
names a function instead of a person, and is dropped before the page is stored. signInActivity needs Entra ID P1; without it the rest is read all the same.
Most accounts have the same sixty service plans, so a stored page holds each list of plans once, under `@plans`, and an account the place of its own there.
"""

import json
from collections.abc import Iterable
from typing import Any, Literal

from scanners.generic_names import looks_generic
from scanners.model import Ask, Fact, Page, Readings
from scanners.permissions import AAD_PREMIUM, AUDIT_LOG_READ_ALL, USER_READ_ALL
from scanners.plans import has_plan
from scanners.reading import Json, Row, Timestamp, absent_is_null, read_as


class SignInActivity(Row):
    """Last sign-ins. Only the successful one is judged: the others also move when somebody guesses passwords. Null: never since December 2023."""

    last_sign_in_date_time: Timestamp | None = absent_is_null()
    last_non_interactive_sign_in_date_time: Timestamp | None = absent_is_null()
    last_successful_sign_in_date_time: Timestamp | None


class AssignedLicense(Row):
    """A SKU assigned to the account, with the service plans that are switched off in it."""

    sku_id: str
    disabled_plans: tuple[str, ...]


class AssignedPlan(Row):
    """A service plan that the account has, through whichever SKU."""

    service_plan_id: str
    service: str
    capability_status: Literal["Enabled", "Warning", "Suspended", "Deleted", "LockedOut"]


class User(Row):
    """One account."""

    id: str
    account_enabled: bool
    user_type: Literal["Member", "Guest"] | None
    created_date_time: Timestamp
    creation_type: str | None
    external_user_state: Literal["PendingAcceptance", "Accepted"] | None
    external_user_state_change_date_time: Timestamp | None
    on_premises_sync_enabled: bool | None
    password_policies: str | None
    last_password_change_date_time: Timestamp | None
    assigned_licenses: tuple[AssignedLicense, ...]
    assigned_plans: tuple[AssignedPlan, ...]
    sign_in_activity: SignInActivity | None  # null: never signed in
    upn_domain: str
    looks_generic: bool


class Users(Row):
    """All accounts, and whether their sign-in activity could be read."""

    sign_in_activity_read: bool
    value: tuple[User, ...]


SUCCESSFUL = "lastSuccessfulSignInDateTime"
PLANS = "@plans"
_OF_A_PLAN = ("servicePlanId", "service", "capabilityStatus")
_PLAIN = (
    "id,userPrincipalName,accountEnabled,userType,createdDateTime,creationType,externalUserState,externalUserStateChangeDateTime,"
    "onPremisesSyncEnabled,passwordPolicies,lastPasswordChangeDateTime,assignedLicenses,assignedPlans"
)
WITHOUT_ACTIVITY = Ask(build=lambda graph: graph.users, query={"$select": _PLAIN, "$top": "999"})
WITH_ACTIVITY = Ask(
    build=lambda graph: graph.users, query={"$select": _PLAIN + ",signInActivity", "$top": "500"}, plans=(AAD_PREMIUM,), instead=WITHOUT_ACTIVITY
)


def asks(readings: Readings) -> Iterable[Ask]:
    """One unlicensed property kills the whole request, so activity is asked for only where the plan may be there."""
    skus = readings.get("subscribed_skus")
    yield WITHOUT_ACTIVITY if skus is not None and has_plan(skus, AAD_PREMIUM) is False else WITH_ACTIVITY


def reduce(page: Json) -> Json:
    """Replace the user principal name by what rules need of it, and lists of plans that are alike by their place in one list of lists."""
    plans: dict[tuple[Any, ...], int] = {}
    rows = [_reduced(user, plans) for user in page["value"]]
    return {**page, PLANS: [[dict(zip(_OF_A_PLAN, plan, strict=True)) for plan in each] for each in plans], "value": rows}


def _reduced(user: Json, plans: dict[tuple[Any, ...], int]) -> Json:
    kept = {k: v for k, v in user.items() if k != "userPrincipalName"}
    if "assignedPlans" in kept:
        kept["assignedPlans"] = _place(kept["assignedPlans"], plans)
    if not isinstance(user["userPrincipalName"], str):  # what cannot be derived stays missing, and so a fault of this account
        return kept
    name, _, domain = user["userPrincipalName"].rpartition("@")
    return {**kept, "upnDomain": domain.lower(), "looksGeneric": looks_generic(name)}


def _place(assigned: Json, plans: dict[tuple[Any, ...], int]) -> Json:
    try:
        return plans.setdefault(tuple(tuple(plan[name] for name in _OF_A_PLAN) for plan in assigned), len(plans))
    except (TypeError, KeyError):  # of another form: a fault of this account, and no number, which would name a place
        return assigned if isinstance(assigned, list) else "unrecognised"


def read(pages: Iterable[Page]) -> Users:
    """All pages as compact rows; the raw page is let go before the next one is parsed, and what is alike is held once.

    The service leaves the activity of accounts that never signed in out. That is believed where it was asked for and other accounts do have it.
    """
    rows: list[User] = []
    alike: dict[str, Any] = {}
    activity, shown = True, False
    for page in pages:
        activity = activity and "signInActivity" in page.path
        shown = shown or any(SUCCESSFUL in (user.get("signInActivity") or {}) for user in page.body["value"])
        if activity and shown:
            _say_never(page.body["value"])
        plans = [_once(tuple[AssignedPlan, ...], each, alike) for each in page.body.get(PLANS, ())]
        rows.extend(_read(user, plans, alike) for user in page.body["value"])
    return Users(sign_in_activity_read=activity, value=tuple(rows))


def _read(user: Json, plans: list[Any], alike: dict[str, Any]) -> User:
    place = user.get("assignedPlans")
    if isinstance(place, int):
        user["assignedPlans"] = plans[place]
    row: User = read_as(User, user)
    if isinstance(place, int):
        object.__setattr__(row, "assigned_plans", plans[place])  # the very list, in place of the copy that reading makes
    if "assigned_licenses" not in row.faults:
        held = alike.setdefault(json.dumps(user["assignedLicenses"]), row.assigned_licenses)
        object.__setattr__(row, "assigned_licenses", held)
    return row


def _once(hint: Any, value: Json, alike: dict[str, Any]) -> Any:
    key = json.dumps(value)
    if key not in alike:
        alike[key] = read_as(hint, value)
    return alike[key]


def _say_never(users: Iterable[Json]) -> None:
    for user in users:
        if user.setdefault("signInActivity", None) is not None:
            user["signInActivity"].setdefault(SUCCESSFUL, None)


def shape(example: Json) -> Json:
    """Examples may give the rows alone; activity was read then."""
    return {"signInActivityRead": True, "value": example} if isinstance(example, list) else example


SAMPLE: Json = {
    "signInActivityRead": True,
    "value": [
        {
            "id": "aaaaaaaa-0000-4000-8000-000000000001",
            "accountEnabled": True,
            "userType": "Member",
            "createdDateTime": "2024-03-01T08:00:00Z",
            "creationType": None,
            "externalUserState": None,
            "externalUserStateChangeDateTime": None,
            "onPremisesSyncEnabled": None,
            "passwordPolicies": None,
            "lastPasswordChangeDateTime": "2026-06-01T08:00:00Z",
            "assignedLicenses": [{"skuId": "05e9a617-0261-4cee-bb44-138d3ef5d965", "disabledPlans": []}],
            "assignedPlans": [],
            "signInActivity": {
                "lastSignInDateTime": "2026-11-23T12:00:00Z",
                "lastNonInteractiveSignInDateTime": "2026-11-24T01:00:00Z",
                "lastSuccessfulSignInDateTime": "2026-11-24T01:00:00Z",
            },
            "upnDomain": "riverbend.example",
            "looksGeneric": False,
        }
    ],
}

fact = Fact(
    reading=Users,
    asks=asks,
    after=("subscribed_skus",),
    permissions=(USER_READ_ALL, AUDIT_LOG_READ_ALL),
    stored=tuple[User, ...],
    keep="listed",
    reduce=reduce,
    read=read,
    shape=shape,
    sample=SAMPLE,
)
