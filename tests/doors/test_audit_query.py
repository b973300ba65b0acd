"""The audit log search: asynchronous, and nothing but counters comes out of it."""

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from scanners.doors.audit_query import AuditQueries, Slice
from scanners.errors import NotPermitted, NotSupported, Unreachable, Unrecognised
from scanners.model import Fact
from scanners.permissions import AUDIT_LOGS_QUERY_READ_ALL
from tests.doors.rig import rig, run

FACT = Fact(reading=None, id="audit_log_heartbeat", permissions=(AUDIT_LOGS_QUERY_READ_ALL,))
SINCE, UNTIL = "2026-11-22T03:00:00Z", "2026-11-23T23:00:00Z"
SLICES = (Slice("files_read", ("FileAccessed", "FileDownloaded"), SINCE, UNTIL), Slice("admin", ("Set-Mailbox",), SINCE, UNTIL))


class Service:
    """The audit log search of one tenant."""

    def __init__(self, records: list[int], *, select: bool = True) -> None:
        self.records, self.select = records, select  # records per query, in order of submission
        self.queries: list[dict[str, Any]] = []
        self.status = "succeeded"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.method == "POST":
            self.queries.append(json.loads(request.content))
            return httpx.Response(201, json={"id": f"q{len(self.queries) - 1}", "status": "notStarted"})
        if path.endswith("/queries"):
            return self.listed(int(request.url.params.get("$skiptoken", "0")))
        if path.endswith("/records"):
            return self.page(int(path.split("/")[-2][1:]), request)
        return httpx.Response(200, json={"id": path.rsplit("/", 1)[1], "status": self.status})

    def listed(self, skip: int) -> httpx.Response:
        """One query a page, the newest first."""
        names = [(f"q{number}", asked["displayName"]) for number, asked in enumerate(self.queries)][::-1]
        link = (
            {"@odata.nextLink": f"https://graph.microsoft.com/v1.0/security/auditLog/queries?$skiptoken={skip + 1}"} if skip + 1 < len(names) else {}
        )
        return httpx.Response(200, json={"value": [{"id": i, "displayName": n} for i, n in names[skip : skip + 1]], **link})

    def page(self, number: int, request: httpx.Request) -> httpx.Response:
        if "select" in str(request.url) and not self.select:
            return httpx.Response(400, json={"error": {"code": "BadRequest", "message": "select"}})
        skip = int(request.url.params.get("$skiptoken", "0"))
        left = self.records[number] - skip
        rows = [
            {
                "createdDateTime": f"2026-11-23T0{n % 10}:00:00Z",
                "operation": "FileAccessed",
                "service": "OneDrive",
                "userPrincipalName": "nurse@northcreek.example",
                "auditData": {"x": 1},
            }
            for n in range(min(left, 999))
        ]
        link = {"@odata.nextLink": f"https://graph.microsoft.com{request.url.path}?$skiptoken={skip + 999}"} if left > 999 else {}
        return httpx.Response(200, json={"value": rows, **link})


async def _through(queries: AuditQueries, slices: tuple[Slice, ...] = SLICES) -> tuple[Slice, ...]:
    now = await queries.start(slices, "run1")
    for _ in range(3):
        now = await queries.poll(now)
        now = tuple([await queries.count(one, "run1") for one in now])
    return now


def test_counters_and_nothing_else() -> None:
    service = Service([1500, 3])
    r = rig(service)
    queries = r.doors.audit_queries(FACT)
    done = run(_through(queries))
    assert [(s.records, s.capped, s.counted) for s in done] == [(1500, False, True), (3, False, True)]
    page = queries.page(done)
    value = json.loads(page.body)
    assert value["slices"][0] == {
        "name": "files_read",
        "from": SINCE,
        "to": UNTIL,
        "status": "succeeded",
        "records": 1500,
        "capped": False,
        "newest": "2026-11-23T09:00:00Z",
        "byOperation": {"FileAccessed": 1500},
    }
    assert b"nurse" not in page.body
    assert "auditData" not in page.body.decode()
    select = next(q for q in r.network.requests if q.url.path.endswith("/records"))
    assert select.url.params["$select"] == "createdDateTime,operation,service"
    assert service.queries[0] == {
        "displayName": "heartbeat run1 files_read",
        "filterStartDateTime": SINCE,
        "filterEndDateTime": UNTIL,
        "operationFilters": ["FileAccessed", "FileDownloaded"],
    }


def test_counting_stops_when_enough_is_seen() -> None:
    r = rig(Service([50_000, 1]))
    done = run(_through(r.doors.audit_queries(FACT)))
    assert done[0].capped
    assert 10_000 <= done[0].records < 11_000


def test_an_empty_slice_is_asked_twice_before_it_counts() -> None:
    service = Service([0, 5, 0])
    done = run(_through(rig(service).doors.audit_queries(FACT)))
    assert len(service.queries) == 3
    assert (done[0].records, done[0].counted, done[0].repeated) == (0, True, True)
    service = Service([0, 5, 7])
    assert run(_through(rig(service).doors.audit_queries(FACT)))[0].records == 7


@pytest.mark.parametrize("status", ["notStarted", "running", "failed", "cancelled"])
def test_a_slice_that_did_not_succeed_has_no_counters(status: str) -> None:
    service = Service([5, 5])
    service.status = status
    queries = rig(service).doors.audit_queries(FACT)
    done = run(_through(queries))
    row = json.loads(queries.page(done).body)["slices"][0]
    assert (row["status"], row["records"], row["byOperation"]) == (status, None, None)
    assert done[0].open == (status in {"notStarted", "running"})


def test_choosing_fields_may_be_refused() -> None:
    done = run(_through(rig(Service([1200, 1], select=False)).doors.audit_queries(FACT)))
    assert done[0].records == 1200


def test_state_survives_json_and_a_second_start() -> None:
    service = Service([3, 3])
    queries = rig(service).doors.audit_queries(FACT)

    async def story() -> None:
        started = await queries.start(SLICES, "run1")
        back = tuple(Slice.from_json(json.loads(json.dumps(s.to_json()))) for s in started)
        assert back == started
        assert await queries.start(back, "run1") == back

    run(story())
    assert len(service.queries) == 2


@pytest.mark.parametrize(
    ("reply", "leaf"),
    [
        (httpx.Response(403, json={"error": {"code": "Authorization_RequestDenied"}}), NotPermitted),
        (httpx.Response(201, json={"status": "notStarted"}), Unrecognised),
        (httpx.Response(201, json={"id": "q", "status": "sleeping"}), Unrecognised),
        (httpx.Response(500, json={}), Unreachable),
    ],
)
def test_faults(reply: httpx.Response, leaf: type[Exception]) -> None:
    r = rig(lambda _: httpx.Response(reply.status_code, content=reply.content, headers={"content-type": "application/json"}))
    with pytest.raises(leaf):
        run(r.doors.audit_queries(FACT).start(SLICES, "run1", afresh=True))
    assert len(r.network.requests) == 1, "a query is not submitted twice because its answer was bad"


def test_a_second_start_that_remembers_nothing_finds_what_was_submitted() -> None:
    service = Service([3, 3])
    queries = rig(service).doors.audit_queries(FACT)

    async def story() -> None:
        first = await queries.start(SLICES, "run1", afresh=True)
        assert await queries.start(SLICES, "run1") == first
        assert {each.id for each in await queries.start(SLICES, "run2")} & {each.id for each in first} == set()

    run(story())
    assert len(service.queries) == 4


def test_a_count_that_is_done_again_submits_an_empty_slice_once_more_only() -> None:
    service = Service([0, 0, 0])
    queries = rig(service).doors.audit_queries(FACT)

    async def story() -> None:
        first = (await queries.start(SLICES[:1], "run1", afresh=True))[0]
        ended = replace(first, status="succeeded")
        assert (await queries.count(ended, "run1")).id == (await queries.count(ended, "run1")).id != first.id

    run(story())
    assert len(service.queries) == 2


def test_where_queries_are_not_listed_they_are_submitted() -> None:
    service = Service([3, 3])

    def unlisted(request: httpx.Request) -> httpx.Response:
        return (
            httpx.Response(405, json={"error": {"code": "x"}})
            if request.method == "GET" and request.url.path.endswith("/queries")
            else service(request)
        )

    started = run(rig(unlisted).doors.audit_queries(FACT).start(SLICES, "run1"))
    assert [each.id for each in started] == ["q0", "q1"]


def test_not_in_every_cloud() -> None:
    with pytest.raises(NotSupported):
        run(rig(Service([]), cloud="china").doors.audit_queries(FACT).start(SLICES, "r"))
