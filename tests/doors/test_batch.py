"""Batches of Graph: each request in them has its own fate."""

import json
from typing import Any

import pytest

from scanners.errors import CatalogueError, NotPermitted, Undecided, Unreachable, Unrecognised
from scanners.model import Ask, Fact
from scanners.permissions import GROUP_MEMBER_READ_ALL
from tests.doors.rig import Reply, body, gather, rig, run, says

OWNERS = Fact(reading=None, id="group_owners", permissions=(GROUP_MEMBER_READ_ALL,))


def ask(count: int = 3, **changes: Any) -> Ask:
    requests = [{"id": f"g{n}", "method": "GET", "url": f"/groups/g{n}/owners?$select=id"} for n in range(count)]
    return Ask(method="POST", path="/v1.0/$batch", body={"requests": requests}, **changes)


def inner(number: int, status: int = 200, content: Any = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
    return {"id": f"g{number}", "status": status, "headers": headers or {}, "body": {"value": []} if content is None else content}


def envelope(*rows: dict[str, Any]) -> Reply:
    return says(200, {"responses": list(rows)})


def test_one_request_for_many() -> None:
    r = rig(envelope(inner(2), inner(0), inner(1)))
    (page,) = run(gather(r.doors, OWNERS, ask()))
    assert len(r.network.requests) == 1
    assert (page.path, page.method, page.next_link, page.api_version) == ("/v1.0/$batch", "POST", None, "v1.0")
    assert len(json.loads(r.network.requests[0].content)["requests"]) == 3


def test_those_sent_away_are_asked_again_after_the_longest_pause() -> None:
    busy = {"error": {"code": "TooManyRequests", "message": "x"}}
    r = rig([envelope(inner(0), inner(1, 429, busy, {"Retry-After": "9"}), inner(2, 503, busy, {"Retry-After": "4"})), envelope(inner(1), inner(2))])
    pages = run(gather(r.doors, OWNERS, ask()))
    assert [[q["id"] for q in json.loads(q.content)["requests"]] for q in r.network.requests] == [["g0", "g1", "g2"], ["g1", "g2"]]
    assert r.time.waited >= 9
    assert pages[0].next_link == "https://graph.microsoft.com/v1.0/$batch", "an interrupted batch is started again, not taken for finished"
    assert pages[1].next_link is None
    r = rig(envelope(inner(0), inner(1), inner(2)))
    assert len(run(gather(r.doors, OWNERS, ask(), pages[0].next_link))) == 1


def test_patience_ends() -> None:
    busy = inner(0, 429, {"error": {"code": "TooManyRequests"}})
    r = rig(envelope(busy, inner(1), inner(2)))
    r.network.replies = [envelope(busy, inner(1), inner(2)), envelope(busy)]
    with pytest.raises(Unreachable):
        run(gather(r.doors, OWNERS, ask()))
    assert len(r.network.requests) == 4


@pytest.mark.parametrize(
    ("row", "leaf"),
    [
        (inner(1, 403, {"error": {"code": "Authorization_RequestDenied"}}), NotPermitted),
        (inner(1, 404, {"error": {"code": "Request_ResourceNotFound"}}), Unreachable),
        (inner(1, 400, {"error": {"code": "BadRequest"}}), Unrecognised),
        (inner(1, 200, {"value": [], "@odata.nextLink": "https://attacker.example/x"}), Unrecognised),
    ],
)
def test_one_refusal_is_a_refusal_of_the_fact(row: dict[str, Any], leaf: type[Undecided]) -> None:
    r = rig(envelope(inner(0), row, inner(2)))
    with pytest.raises(leaf):
        run(gather(r.doors, OWNERS, ask()))


def test_tolerated_statuses_stay_in_the_envelope() -> None:
    r = rig(envelope(inner(0), inner(1, 404, {"error": {"code": "Request_ResourceNotFound"}}), inner(2)))
    (page,) = run(gather(r.doors, OWNERS, ask(tolerates=frozenset({404}))))
    assert body(page)["responses"][1]["status"] == 404


def test_lists_in_a_batch_are_followed() -> None:
    link = "https://graph.microsoft.com/v1.0/groups/g1/owners?$skiptoken=2"
    r = rig([envelope(inner(0), inner(1, 200, {"value": [{"id": "a"}], "@odata.nextLink": link}), inner(2)), says(200, {"value": [{"id": "b"}]})])
    pages = run(gather(r.doors, OWNERS, ask()))
    assert [p.path for p in pages] == ["/v1.0/$batch", "/v1.0/groups/g1/owners?$skiptoken=2"]
    assert [p.next_link is None for p in pages] == [False, True]


@pytest.mark.parametrize(
    "rows",
    [[inner(0), inner(1)], [inner(0), inner(1), inner(1)], [inner(0), inner(1), inner(2), inner(3)], [inner(0), inner(1), {"id": "g2"}], [None]],
)
def test_answers_left_out_or_added_are_unrecognised(rows: list[Any]) -> None:
    with pytest.raises(Unrecognised):
        run(gather(rig(envelope(*rows)).doors, OWNERS, ask()))


@pytest.mark.parametrize(
    "request_",
    [
        {"id": "1", "method": "DELETE", "url": "/groups/g"},
        {"id": "1", "method": "GET", "url": "https://attacker.example/"},
        {"id": "1", "method": "GET", "url": "//attacker.example/"},
        {"id": "1", "url": "/groups"},
    ],
)
def test_only_reading_requests_are_batched(request_: dict[str, Any]) -> None:
    with pytest.raises(CatalogueError):
        run(gather(rig(envelope()).doors, OWNERS, Ask(method="POST", path="/v1.0/$batch", body={"requests": [request_]})))
    with pytest.raises(CatalogueError):
        run(gather(rig(envelope()).doors, OWNERS, ask(21)))
