"""The sign-ins of the last day that succeeded without a second factor or by a client that cannot ask for one; counted, never kept one by one.

Source: https://learn.microsoft.com/graph/api/signin-list . Three narrow requests: legacy clients; single-factor sign-ins of people (beta has the property,
v1.0 does not); and one row of anything, because no rows at all without that are no evidence. Each page is added up per user, application and client
before it is stored; addresses, devices and places are dropped. Reading stops after twenty pages and says so. Exchange ActiveSync, EWS and MAPI
may be modern clients, so they are counted apart.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from scanners.model import Ask, Fact, Page, Readings, Throttle
from scanners.permissions import AAD_PREMIUM, AUDIT_LOG_READ_ALL, DIRECTORY_READ_ALL
from scanners.reading import Json, Row

LEGACY, SINGLE_FACTOR, HEARTBEAT = "legacy", "singleFactor", "heartbeat"
CLIENTS = (
    "IMAP4",
    "POP3",
    "Authenticated SMTP",
    "Exchange ActiveSync",
    "Exchange Web Services",
    "MAPI Over HTTP",
    "Other clients",
)
MOST_PAGES = 20  # of a thousand sign-ins


class CountedSignIns(Row):
    """So many sign-ins of one user to one application by one client."""

    user_id: str
    app_id: str
    client: str
    count: int


class SignInPart(Row):
    """What one of the requests found. Truncated: there were more than twenty pages, so the counts are too low."""

    rows: tuple[CountedSignIns, ...]
    truncated: bool


class SignInSummary(Row):
    """The last day. Single factor is null where the beta interface did not answer."""

    heartbeat: bool
    legacy: SignInPart
    single_factor: SignInPart | None


class _Stored(Row):
    user_id: str
    app_id: str
    client: str
    count: int


def asks(readings: Readings) -> Iterable[Ask]:
    """The requests for the 24 hours before the time at which the fact is looked at."""
    since = _since(readings["at"])
    clients = " or ".join(f"clientAppUsed eq '{client}'" for client in CLIENTS)
    yield Ask(
        build=lambda graph: graph.audit_logs.sign_ins,
        query={"$filter": f"createdDateTime ge {since} and status/errorCode eq 0 and ({clients})", "$top": "1000"},
        about=LEGACY,
        most_pages=MOST_PAGES,
    )
    single = "authenticationRequirement eq 'singleFactorAuthentication' and status/errorCode eq 0 and signInEventTypes/any(t:t eq 'interactiveUser')"
    yield Ask(
        path="/beta/auditLogs/signIns",
        query={"$filter": f"createdDateTime ge {since} and {single}", "$top": "1000"},
        about=SINGLE_FACTOR,
        most_pages=MOST_PAGES,
        tolerates=frozenset({400, 404}),
    )
    yield Ask(
        build=lambda graph: graph.audit_logs.sign_ins,
        query={"$filter": f"createdDateTime ge {since}", "$top": "1"},
        about=HEARTBEAT,
        most_pages=1,
    )


def _since(at: datetime) -> str:
    return (at.astimezone(UTC) - timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M:%SZ")


def reduce(page: Json) -> Json:
    """Add the rows up per user, application and client."""
    counted = Counter((row["userId"], row["appId"], row["clientAppUsed"]) for row in page["value"])
    rows = [{"userId": user, "appId": app, "client": client, "count": count} for (user, app, client), count in counted.items()]
    return {**page, "value": rows}


def read(pages: Iterable[Page]) -> SignInSummary:
    """The pages of the three requests put together."""
    parts: dict[str, Any] = {LEGACY: {"rows": [], "truncated": False}, SINGLE_FACTOR: {"rows": [], "truncated": False}}
    heartbeat = False
    for page in pages:
        if page.about == HEARTBEAT:
            heartbeat = bool(page.body["value"])
        elif page.body is None:
            parts[page.about] = None
        elif parts[page.about] is not None:
            parts[page.about]["rows"] += page.body["value"]
            parts[page.about]["truncated"] = "@odata.nextLink" in page.body  # only the last page that was read may leave something unread
    return SignInSummary.read({"heartbeat": heartbeat, **parts})


fact = Fact(
    reading=SignInSummary,
    asks=asks,
    permissions=(AUDIT_LOG_READ_ALL, DIRECTORY_READ_ALL),
    plans=(AAD_PREMIUM,),
    throttle=Throttle.REPORTS,
    stored=tuple[_Stored, ...],
    keep="listed",
    reduce=reduce,
    read=read,
    sample={
        "heartbeat": True,
        "legacy": {
            "rows": [
                {
                    "userId": "aaaaaaaa-0000-4000-8000-000000000001",
                    "appId": "00000002-0000-0ff1-ce00-000000000000",
                    "client": "Exchange ActiveSync",
                    "count": 4,
                }
            ],
            "truncated": False,
        },
        "singleFactor": {
            "rows": [
                {
                    "userId": "aaaaaaaa-0000-4000-8000-000000000001",
                    "appId": "38aa3b87-a06d-4817-b275-7a389988d93b",
                    "client": "Mobile Apps and Desktop clients",
                    "count": 3,
                }
            ],
            "truncated": False,
        },
    },
)
