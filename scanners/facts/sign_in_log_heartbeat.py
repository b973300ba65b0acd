"""Whether sign-ins are recorded: when the newest was, and how many failed in the last day for a wrong, locked or expired password.

Source: https://learn.microsoft.com/graph/api/signin-list . Interactive sign-ins only. Who signed in from where is dropped before storing: of each page only
the number of rows is kept, and the time of the newest. Each count stops after five pages and says so.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from scanners.model import Ask, Fact, Page, Readings, Throttle
from scanners.permissions import AAD_PREMIUM, AUDIT_LOG_READ_ALL, DIRECTORY_READ_ALL
from scanners.reading import Json, Row, Timestamp

NEWEST = "newest"
CODES = {"wrongPassword": 50126, "locked": 50053, "expired": 50055}  # https://learn.microsoft.com/entra/identity-platform/reference-error-codes
MOST_PAGES = 5  # of a thousand sign-ins


class FailedSignIns(Row):
    """Failures of the last 24 hours."""

    wrong_password: int
    locked: int
    expired: int


class SignInLogHeartbeat(Row):
    """Newest is null where there was none in seven days. Capped: a count is too low."""

    newest: Timestamp | None
    failures: FailedSignIns
    capped: bool


class _Stored(Row):
    count: int
    newest: str | None


def asks(readings: Readings) -> Iterable[Ask]:
    """The newest sign-in of seven days, and one count per reason of failure."""
    yield _ask(NEWEST, f"createdDateTime ge {_ago(readings['at'], days=7)}", top=1, most_pages=1)
    for reason, code in CODES.items():
        yield _ask(reason, f"createdDateTime ge {_ago(readings['at'], days=1)} and status/errorCode eq {code}", top=1000, most_pages=MOST_PAGES)


def _ask(about: str, condition: str, *, top: int, most_pages: int) -> Ask:
    return Ask(build=lambda graph: graph.audit_logs.sign_ins, query={"$filter": condition, "$top": str(top)}, about=about, most_pages=most_pages)


def _ago(at: datetime, *, days: int) -> str:
    return (at.astimezone(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def reduce(page: Json) -> Json:
    """The number of rows, and the time of the newest."""
    rows = page["value"]
    return {**page, "value": [{"count": len(rows), "newest": max((row["createdDateTime"] for row in rows), default=None)}]}


def read(pages: Iterable[Page]) -> SignInLogHeartbeat:
    """The counts put together."""
    newest: str | None = None
    failures: dict[str, int] = dict.fromkeys(CODES, 0)
    capped: dict[str, bool] = {}
    for page in pages:
        counted: dict[str, Any] = page.body["value"][0]
        if page.about == NEWEST:
            newest = counted["newest"]
        else:
            failures[page.about] += counted["count"]
            capped[page.about] = "@odata.nextLink" in page.body  # only the last page that was read may leave something unread
    return SignInLogHeartbeat.read({"newest": newest, "failures": failures, "capped": any(capped.values())})


fact = Fact(
    reading=SignInLogHeartbeat,
    asks=asks,
    permissions=(AUDIT_LOG_READ_ALL, DIRECTORY_READ_ALL),
    plans=(AAD_PREMIUM,),
    throttle=Throttle.REPORTS,
    stored=tuple[_Stored, ...],
    keep="listed",
    reduce=reduce,
    read=read,
    sample={"newest": "2026-11-24T02:31:00Z", "failures": {"wrongPassword": 37, "locked": 1, "expired": 4}, "capped": False},
)
