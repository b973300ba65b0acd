from datetime import datetime, timedelta

from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.users import User, Users
from scanners.model import Parameter, Verdict, failed, not_applicable, passed
from scanners.people import idle_time, require_activity
from scanners.three_valued import sort

GUEST = {"id": "bbbbbbbb-0000-4000-8000-000000000001", "userType": "Guest", "creationType": "Invitation", "externalUserState": "Accepted"}
IDLE = {**GUEST, "signInActivity": {"lastSuccessfulSignInDateTime": "2026-05-01T00:00:00Z", "lastSignInDateTime": "2026-11-23T00:00:00Z"}}
PENDING = {**GUEST, "externalUserState": "PendingAcceptance", "externalUserStateChangeDateTime": "2026-01-01T00:00:00Z", "signInActivity": None}


@control(
    title="Guests who no longer come and invitations never accepted are removed",
    cites=("164.308(a)(3)(ii)(C)", "164.308(a)(4)(ii)(C)"),
    severity="medium",
    designation="addressable",
    kind="activity",
    fix="Entra admin center > Users > filter by user type Guest > delete; or set up an access review that removes",
    plan="Microsoft Entra ID P1 for the use of accounts; old invitations are judged without it",
    parameters={
        "max_idle_days": Parameter(why="how long a guest may stay away is the organisation's policy", unit="days", low=14, high=365, looser="higher"),
        "max_pending_days": Parameter(
            why="how long an invitation may lie is the organisation's policy", unit="days", low=1, high=180, looser="higher"
        ),
        "allowed_count": Parameter(why="a few guests may be tolerated", unit="guests", low=0, high=100, looser="higher"),
    },
    crosswalk={"nist_800_53": ["AC-2(3)"]},
    seeds=("B12", "S9"),
    examples=(
        passes(users=[GUEST]),
        passes("a disabled guest is not counted", users=[GUEST, {**IDLE, "accountEnabled": False}]),
        passes("a new guest", users=[{**GUEST, "createdDateTime": "2026-11-20T00:00:00Z", "signInActivity": None}]),
        passes("a new invitation", users=[{**PENDING, "externalUserStateChangeDateTime": "2026-11-20T00:00:00Z"}]),
        passes("members are judged in their own control", users=[GUEST, {**IDLE, "userType": "Member"}]),
        passes("the operator tolerates one", parameters={"allowed_count": 1}, users=[GUEST, IDLE]),
        fails("an invitation from January", users=[PENDING]),
        fails("an invitation without a date of its own counts from the account's", users=[{**PENDING, "externalUserStateChangeDateTime": None}]),
        fails("failed attempts keep another date fresh", users=[IDLE]),
        fails("old invitations are enough, even where use cannot be read", users={"signInActivityRead": False, "value": [PENDING]}),
        does_not_apply("no enabled guest", users=[{}, {**GUEST, "accountEnabled": False}]),
        stays_unknown("use that was not read is not disuse", users={"signInActivityRead": False, "value": [GUEST]}),
        stays_unknown(users=Unreadable("unreachable")),
        stays_unknown("whether an invitation was accepted is not stated", users=[{**IDLE, "externalUserState": ABSENT}]),
        stays_unknown("nobody at all", users=[]),
    ),
)
def unused_guests_are_removed(users: Users, at: datetime, *, max_idle_days: int = 90, max_pending_days: int = 30, allowed_count: int = 0) -> Verdict:
    """Every leftover guest is open access to shared ePHI.

    At most `allowed_count` enabled guests are left over: not signed in for `max_idle_days` although the account is older, or invited more than `max_pending_days`
    ago without accepting.
    """
    guests = sort(users.value, lambda user: user.user_type == "Guest" and user.account_enabled)
    if not users.value:
        raise Unrecognised("no user was found, which no tenant in use can have, so the reading is incomplete")
    if not guests.good and not guests.unclear:
        return not_applicable("there is no enabled guest", looked_at=guests.looked_at)
    waiting = sort(guests.good, lambda user: user.external_user_state == "PendingAcceptance")
    invited = sort(waiting.good, lambda user: _invited(user, at) <= timedelta(days=max_pending_days))
    observed = {
        "looked_at": len(guests.good) + len(guests.unclear),
        "pending_too_long": len(invited.bad),
        "activity_read": users.sign_in_activity_read,
    }
    if len(invited.bad) > allowed_count:
        return failed(f"{len(invited.bad)} invitations were never accepted", (user.id for user in invited.bad), **observed)
    require_activity(users)
    accepted = sort(waiting.bad, lambda user: idle_time(user, at) <= timedelta(days=max_idle_days))
    left = (*invited.bad, *accepted.bad)
    observed["idle"] = len(accepted.bad)
    if len(left) > allowed_count:
        return failed(f"{len(left)} guests are left over", (user.id for user in left), **observed)
    doubts = (*guests.doubts, *waiting.doubts, *invited.doubts, *accepted.doubts)
    if doubts:
        raise doubts[0]
    return passed(f"{len(left)} of {observed['looked_at']} enabled guests are left over", (user.id for user in left), **observed)


def _invited(user: User, at: datetime) -> timedelta:
    return at - (user.external_user_state_change_date_time or user.created_date_time)
