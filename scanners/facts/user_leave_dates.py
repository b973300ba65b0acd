"""Accounts that are still enabled although the directory knows the day on which the person leaves; of all others only their number.

Source: https://learn.microsoft.com/graph/api/resources/user (employeeLeaveDateTime). A leave date is personnel data, so it is kept for enabled accounts only,
and dropped for all others. Without the permission the service leaves the property out of every row instead of refusing.
"""

from collections.abc import Iterable

from scanners.declare import graph_fact
from scanners.errors import NotPermitted
from scanners.model import Page
from scanners.permissions import USER_LIFE_CYCLE_INFO_READ_ALL, USER_READ_ALL
from scanners.reading import Json, Row, Timestamp

DATE = "employeeLeaveDateTime"


class Leaver(Row):
    """An enabled account with a leave date, past or future."""

    id: str
    account_enabled: bool
    employee_leave_date_time: Timestamp


class LeaveDates(Row):
    """All accounts: how many there are, how many carry a date, and those that can still sign in."""

    accounts: int
    with_date: int
    enabled: tuple[Leaver, ...]


class _Stored(Row):
    accounts: int
    with_property: int
    with_date: int
    enabled: tuple[Leaver, ...]


def reduce(page: Json) -> Json:
    """Count; keep the enabled accounts that carry a date."""
    rows = page["value"]
    dated = [row for row in rows if row.get(DATE) is not None]
    return {
        "accounts": len(rows),
        "withProperty": sum(DATE in row for row in rows),
        "withDate": len(dated),
        "enabled": [{key: row[key] for key in ("id", "accountEnabled", DATE)} for row in dated if row["accountEnabled"] is not False],
    }


def read(pages: Iterable[Page]) -> LeaveDates:
    """The pages added up. Raises NotPermitted when no row has the property at all."""
    bodies = [page.body for page in pages]
    accounts = sum(body["accounts"] for body in bodies)
    if accounts and not any(body["withProperty"] for body in bodies):
        raise NotPermitted(
            "the directory shows no leave dates to the scanner",
            f"Grant the application permission {USER_LIFE_CYCLE_INFO_READ_ALL.name} to the scanner's identity, then run the scan again.",
        )
    leavers = [leaver for body in bodies for leaver in body["enabled"]]
    return LeaveDates.read({"accounts": accounts, "withDate": sum(body["withDate"] for body in bodies), "enabled": leavers})


def shape(example: Json) -> Json:
    """Examples may give the accounts as the directory does."""
    if isinstance(example, dict) and "value" in example:
        return {key: value for key, value in reduce(example).items() if key != "withProperty"}
    return example


fact = graph_fact(
    LeaveDates,
    lambda graph: graph.users,
    query={"$select": f"id,accountEnabled,{DATE}", "$top": "999"},
    permissions=(USER_READ_ALL, USER_LIFE_CYCLE_INFO_READ_ALL),
    reduce=reduce,
    stored=_Stored,
    read=read,
    optional=True,
    sample={
        "accounts": 31,
        "withDate": 2,
        "enabled": [{"id": "aaaaaaaa-0000-4000-8000-000000000002", "accountEnabled": True, DATE: "2027-01-31T00:00:00Z"}],
    },
)
