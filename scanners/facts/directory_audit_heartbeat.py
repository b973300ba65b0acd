"""Whether changes of the directory are recorded: how many in the last seven days, by category, and by activity where access rules are changed.

Source: https://learn.microsoft.com/graph/api/directoryaudit-list . Who changed what is never asked for. Pages are added up before they are stored.
Reading stops after twenty pages and says so. Without Entra ID P1 the log reaches back seven days only.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from scanners.model import Ask, Fact, Page, Readings, Throttle
from scanners.permissions import AUDIT_LOG_READ_ALL
from scanners.reading import Json, Row, Timestamp

MOST_PAGES = 20  # of 999 records
NAMED = frozenset({"Policy", "RoleManagement", "ApplicationManagement"})  # categories whose activities are counted by name


class DirectoryAuditHeartbeat(Row):
    """The last seven days. Capped: there were more pages, so the counts are too low. Oldest and newest are null where there was no record."""

    records: int
    capped: bool
    by_category: dict[str, int]
    by_activity: dict[str, int]
    oldest: Timestamp | None
    newest: Timestamp | None


class _Stored(Row):
    category: str
    activity: str | None
    count: int
    oldest: str
    newest: str


def asks(readings: Readings) -> Iterable[Ask]:
    """The request for the seven days before the time at which the fact is looked at."""
    at: datetime = readings["at"]
    since = (at.astimezone(UTC) - timedelta(days=7)).strftime("%Y-%m-%dT%H:%M:%SZ")
    chosen = "activityDateTime,category,activityDisplayName,result"
    yield Ask(
        build=lambda graph: graph.audit_logs.directory_audits,
        query={"$filter": f"activityDateTime ge {since}", "$select": chosen, "$top": "999"},
        most_pages=MOST_PAGES,
    )


def reduce(page: Json) -> Json:
    """Add the records up per category, and per activity in the categories that change access."""
    counted: Counter[tuple[str, str | None]] = Counter()
    times: dict[tuple[str, str | None], list[str]] = {}
    for row in page["value"]:
        key = (row["category"], row["activityDisplayName"] if row["category"] in NAMED else None)
        counted[key] += 1
        times.setdefault(key, []).append(row["activityDateTime"])
    rows = [
        {"category": key[0], "activity": key[1], "count": count, "oldest": min(times[key]), "newest": max(times[key])}
        for key, count in counted.items()
    ]
    return {**page, "value": rows}


def read(pages: Iterable[Page]) -> DirectoryAuditHeartbeat:
    """The counts of all pages put together."""
    categories: Counter[str] = Counter()
    activities: Counter[str] = Counter()
    oldest: list[str] = []
    newest: list[str] = []
    capped = False
    for page in pages:
        for row in page.body["value"]:
            categories[row["category"]] += row["count"]
            if row["activity"] is not None:
                activities[row["activity"]] += row["count"]
            oldest.append(row["oldest"])
            newest.append(row["newest"])
        capped = "@odata.nextLink" in page.body  # only the last page that was read may leave something unread
    return DirectoryAuditHeartbeat.read(
        {
            "records": categories.total(),
            "capped": capped,
            "byCategory": dict(categories),
            "byActivity": dict(activities),
            "oldest": min(oldest, default=None),
            "newest": max(newest, default=None),
        }
    )


fact = Fact(
    reading=DirectoryAuditHeartbeat,
    asks=asks,
    permissions=(AUDIT_LOG_READ_ALL,),
    throttle=Throttle.REPORTS,
    stored=tuple[_Stored, ...],
    keep="listed",
    reduce=reduce,
    read=read,
    sample={
        "records": 412,
        "capped": False,
        "byCategory": {"UserManagement": 250, "RoleManagement": 9, "Policy": 3, "ApplicationManagement": 20},
        "byActivity": {"Update conditional access policy": 2},
        "oldest": "2026-11-17T03:00:12Z",
        "newest": "2026-11-24T01:44:02Z",
    },
)
