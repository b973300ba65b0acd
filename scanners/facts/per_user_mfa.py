"""Multifactor that was switched on account by account, the way from before conditional access. Only `enforced` protects; `enabled` waits for registration.

Source: https://learn.microsoft.com/graph/api/authentication-get (requirements, beta). One question for each account, so it is asked only where it can matter:
security defaults are off, and conditional access is not licensed or no enabled policy demands multifactor. Not collected is a reading, not a fault.
"""

from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from typing import Literal

from scanners.conditional_access.demands import Demand, by_id, multifactor
from scanners.facts.conditional_access_policies import Policy
from scanners.facts.users import User
from scanners.model import Ask, Fact, Page, Readings
from scanners.permissions import AAD_PREMIUM, POLICY_READ_ALL
from scanners.plans import has_plan
from scanners.reading import Json, Row
from scanners.three_valued import Maybe, attempt

MOST_IN_BATCH = 20  # https://learn.microsoft.com/graph/json-batching


class PerUserState(Row):
    """One account."""

    id: str
    per_user_mfa_state: Literal["disabled", "enabled", "enforced"]


class PerUserMfa(Row):
    """The accounts that were asked about, and whether it was asked at all."""

    collected: bool
    users: tuple[PerUserState, ...]


def enforcement(reading: PerUserMfa) -> Callable[[User], Maybe]:
    """Whether multifactor is enforced for an account: yes, no, or None where its state could not be read."""
    states = {row.id.lower(): _enforced(row) for row in reading.users} if reading.collected else {}
    return lambda user: states.get(user.id.lower(), False)


def _enforced(row: PerUserState) -> Maybe:
    return attempt(lambda: row.per_user_mfa_state == "enforced")


class _Stored(Row):
    id: str
    status: int
    per_user_mfa_state: str | None


def asks(readings: Readings) -> Iterable[Ask]:
    """Every enabled account, twenty to a request; none where the answer cannot matter."""
    if readings["security_defaults"].is_enabled or _policies_demand_it(readings):
        return
    ids = [user.id for user in readings["users"].value if _may_sign_in(user)]
    for start in range(0, len(ids), MOST_IN_BATCH):
        requests = _requests(ids[start : start + MOST_IN_BATCH])
        yield Ask(path="/beta/$batch", method="POST", body={"requests": requests}, tolerates=frozenset({HTTPStatus.NOT_FOUND}))


def _may_sign_in(user: User) -> bool:
    return attempt(lambda: user.account_enabled) is not False


def _requests(ids: Sequence[str]) -> list[Json]:
    return [{"id": each, "method": "GET", "url": f"/users/{each}/authentication/requirements"} for each in ids]


def _policies_demand_it(readings: Readings) -> bool:
    if has_plan(readings["subscribed_skus"], AAD_PREMIUM) is False:
        return False
    demand = multifactor(by_id(readings["authentication_strengths"]))
    return any(_acts(policy, demand) for policy in readings["conditional_access_policies"])


def _acts(policy: Policy, demand: Demand) -> bool:
    return attempt(lambda: policy.state == "enabled" and demand(policy)) is True


def reduce(page: Json) -> Json:
    """Of each answer in the batch keep the account, the status and the state."""
    kept = [{"id": each["id"], "status": each["status"], "perUserMfaState": _state(each)} for each in page["responses"]]
    return {"value": kept}


def _state(response: Json) -> Json:
    return response["body"].get("perUserMfaState") if response["status"] == HTTPStatus.OK else None


def read(pages: Iterable[Page]) -> PerUserMfa:
    """All batches put together. An account that was deleted meanwhile is left out; one that was not answered for has no recognisable state."""
    asked, rows = False, {}
    for page in pages:
        asked = True
        rows.update({row["id"]: row for row in page.body["value"]})  # one that was sent away is answered again in a later envelope
    return PerUserMfa.read({"collected": asked, "users": [row for row in rows.values() if row["status"] != HTTPStatus.NOT_FOUND]})


fact = Fact(
    reading=PerUserMfa,
    asks=asks,
    after=("authentication_strengths", "conditional_access_policies", "security_defaults", "subscribed_skus", "users"),
    permissions=(POLICY_READ_ALL,),
    stored=tuple[_Stored, ...],
    keep="listed",
    reduce=reduce,
    read=read,
    sample={"collected": True, "users": [{"id": "aaaaaaaa-0000-4000-8000-000000000001", "perUserMfaState": "enforced"}]},
    unshown={"collected": False, "users": []},
)
