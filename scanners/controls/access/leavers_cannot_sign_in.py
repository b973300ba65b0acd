from datetime import datetime, timedelta
from typing import Any

from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.user_leave_dates import LeaveDates, Leaver
from scanners.model import Parameter, Verdict, failed, passed
from scanners.reading import Json
from scanners.three_valued import sort


def accounts(*rows: tuple[bool, str | None]) -> Json:
    """The accounts as the directory lists them, each with whether it is enabled and when the person leaves."""
    dates = [(enabled, when) for enabled, when in rows]
    kept = [{"accountEnabled": enabled, "employeeLeaveDateTime": when} for enabled, when in dates if enabled and when]
    return {"accounts": len(dates), "withDate": sum(when is not None for _, when in dates), "enabled": kept}


@control(
    title="Accounts of people who have left are disabled without delay",
    cites=("164.308(a)(3)(ii)(C)",),
    severity="high",
    designation="addressable",
    kind="activity",
    fix="Microsoft 365 admin center > Users > Active users > Block sign-in; feed employeeLeaveDateTime from personnel records or a lifecycle workflow",
    parameters={
        "max_hours": Parameter(why="the proposed rule says one hour; a day allows for a shift", unit="hours", low=1, high=168, looser="higher")
    },
    crosswalk={"nist_800_53": ["PS-4"]},
    seeds=("S9", "B12"),
    proposed_rule="164.308(a)(9)(ii)(C)",
    examples=(
        passes("disabled after the last day", user_leave_dates=accounts((False, "2026-11-01T00:00:00Z"))),
        passes("a day that is still to come", user_leave_dates=accounts((True, "2027-01-31T00:00:00Z"))),
        passes("within the limit", user_leave_dates=accounts((True, "2026-11-23T18:00:00Z"))),
        fails(user_leave_dates=accounts((True, "2026-11-01T00:00:00Z"))),
        stays_unknown("leave dates are not kept here", user_leave_dates=accounts((True, None))),
        stays_unknown("nobody at all", user_leave_dates=accounts()),
        stays_unknown("a missing permission looks like empty dates", user_leave_dates=Unreadable("not_permitted")),
        stays_unknown("a date that cannot be read", user_leave_dates={"accounts": 1, "withDate": 1, "enabled": [{"employeeLeaveDateTime": "soon"}]}),
        stays_unknown("the number of dates is not there", user_leave_dates={"withDate": ABSENT}),
    ),
)
def leavers_cannot_sign_in(user_leave_dates: LeaveDates, at: datetime, *, max_hours: float = 24) -> Verdict:
    """Access must end when employment ends.

    No enabled account has a leave date more than `max_hours` ago. Where the directory holds no leave date at all, nothing can be said.
    """

    def is_in_time(account: Leaver) -> bool:
        return not account.account_enabled or account.employee_leave_date_time >= at - timedelta(hours=max_hours)

    piles = sort(user_leave_dates.enabled, is_in_time)
    longest = max((at - account.employee_leave_date_time for account in piles.bad), default=timedelta(0))
    observed: dict[str, Any] = {
        "looked_at": user_leave_dates.accounts,
        "with_date": user_leave_dates.with_date,
        "late": len(piles.bad),
        "longest_days": longest.days,
    }
    if piles.bad:
        return failed(f"{len(piles.bad)} people who have left can still sign in", (account.id for account in piles.bad), **observed)
    if piles.unclear:
        raise piles.doubts[0]
    if not user_leave_dates.with_date:
        raise Unrecognised(
            "no account carries a leave date, so leavers cannot be told", "Feed employeeLeaveDateTime from personnel records or a lifecycle workflow."
        )
    return passed(f"of {user_leave_dates.with_date} people with a leave date none can sign in after it", **observed)
