"""Many small questions in one request to Graph (`POST /v1.0/$batch`), for facts that ask once per object.

An ask is `Ask(method="POST", path="/v1.0/$batch", body={"requests": [{"id", "method": "GET", "url"}, ...]})` with at most 20 requests.
Each is throttled on its own inside the envelope's 200 (https://learn.microsoft.com/graph/json-batching), so those that were sent away are
asked again in a further envelope: of several answers with one id the last counts. Lists that go on are followed one page at a time, and
those pages carry the object in their path.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scanners.doors import classify, remedies
from scanners.doors.hosts import same_origin
from scanners.doors.paging import next_link
from scanners.doors.transport import AGAIN, Answered
from scanners.doors.waiting import pause, retry_after
from scanners.doors.way import answer, dumps, read
from scanners.errors import CatalogueError, Unreachable, Unrecognised
from scanners.model import NOTHING, Ask, Fact
from scanners.ports import Answer

if TYPE_CHECKING:
    from scanners.doors.graph import GraphDoor

MOST = 20
Inner = Mapping[str, Any]


async def batch_pages(door: "GraphDoor", fact: Fact, ask: Ask) -> AsyncIterator[Answer]:
    """The envelopes of a batch, then the further pages of its lists. A stored link of an unfinished batch starts the batch anew.

    Raises the leaf for the first request in it that has no answer and is not tolerated.
    """
    pending = _requests(fact, ask)
    version = ask.path.strip("/").split("/", 1)[0]
    url = f"{door.way.base}/{version}/$batch"
    links: list[str] = []
    failures = 0
    while pending:
        answered = await door.call("POST", url, fact.throttle, headers=_headers(ask), body={"requests": pending}, cost=len(pending))
        inner = _responses(read(answered, fact, ask), pending)
        again = [request for request in pending if int(inner[request["id"]]["status"]) in AGAIN]
        for request in pending:
            if request not in again:
                links += _checked(door, fact, ask, inner[request["id"]])
        failures += 1
        if again and failures >= door.way.line.gates[fact.throttle].limit.patience.attempts:
            raise _refusal(fact, inner[again[0]["id"]])
        page = answer(answered, path=f"/{version}/$batch", method="POST", body=NOTHING, api_version=version, interface="supported")
        yield _marked(page, url if again or links else None)
        if again:
            await _wait(door, fact, failures, [inner[request["id"]] for request in again])
        pending = again
    for number, link in enumerate(links, 1):
        async for page in door.follow(fact, Ask(headers=ask.headers, about=ask.about, tolerates=ask.tolerates), link, later=True):
            yield _marked(page, url if page.next_link is not None or number < len(links) else None)


def _marked(page: Answer, unfinished: str | None) -> Answer:
    """The page with the batch's own address as its link while more is to come, so that whoever stops here starts the batch again."""
    return Answer(page.status, page.body, page.path, page.method, unfinished, page.request_id, page.server_date, page.api_version, page.interface)


def _headers(ask: Ask) -> dict[str, str]:
    return {"accept": "application/json", **{k.lower(): v for k, v in ask.headers.items()}}


def _requests(fact: Fact, ask: Ask) -> list[dict[str, Any]]:
    requests = list((ask.body or {}).get("requests", ()))
    good = 0 < len(requests) <= MOST and len({r.get("id") for r in requests}) == len(requests)
    for request in requests:
        url = request.get("url", "")
        good = good and request.get("method") == "GET" and url.startswith("/") and not url.startswith("//") and "/../" not in url
    if not good:
        raise CatalogueError(f"fact {fact.id}: a batch holds 1 to {MOST} reading requests with paths and different ids")
    return [{**request, "id": str(request["id"])} for request in requests]


def _responses(body: Any, pending: Sequence[Mapping[str, Any]]) -> dict[str, Inner]:
    rows = body.get("responses") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise Unrecognised("Microsoft Graph answered a batch without answers", remedies.REPORT)
    found: dict[str, Inner] = {str(row.get("id")): row for row in rows if isinstance(row, dict) and isinstance(row.get("status"), int)}
    if set(found) != {request["id"] for request in pending} or len(rows) != len(pending):
        raise Unrecognised("Microsoft Graph left out answers of a batch, or added some", remedies.REPORT)
    return found


def _as_answered(inner: Inner) -> Answered:
    headers = inner.get("headers")
    body = inner.get("body")
    content = dumps(body) if isinstance(body, dict) else str(body or "").encode()
    return Answered(int(inner["status"]), {k.lower(): str(v) for k, v in headers.items()} if isinstance(headers, dict) else {}, content)


def _refusal(fact: Fact, inner: Inner) -> Exception:
    seen = _as_answered(inner)
    return classify.classify(fact.door, seen.status, seen.headers, seen.body, fact)


def _checked(door: "GraphDoor", fact: Fact, ask: Ask, inner: Inner) -> list[str]:
    """The link of a list that goes on, as a list of at most one. Raises when the answer is none."""
    status = int(inner["status"])
    if status in ask.tolerates:
        return []
    if status == 404 and classify.error_of(_as_answered(inner).body).service:
        raise Unreachable("an object that was listed a moment ago is gone", remedies.LATER)
    if status != 200:
        raise _refusal(fact, inner)
    link = next_link(inner.get("body"))
    if link is None:
        return []
    if not same_origin(link, door.way.base):
        raise Unrecognised("the link to the next page leads to another host; it was not followed", remedies.REPORT)
    return [link]


async def _wait(door: "GraphDoor", fact: Fact, failures: int, refused: Sequence[Inner]) -> None:
    line = door.way.line
    gate = line.gates[fact.throttle]
    asked = [seconds for inner in refused if (seconds := retry_after(_as_answered(inner).headers, line.time.now())) is not None]
    throttled = any(int(inner["status"]) == 429 for inner in refused)
    wanted = pause(gate.limit.patience, failures, asked=max(asked, default=None), throttled=throttled, chance=line.chance)
    seconds = gate.scaled(wanted)
    if line.time.monotonic() + seconds > line.until:
        raise Unreachable("the service asked for a pause that is longer than the time left for this part of the run")
    gate.shut(seconds)
    await line.time.sleep(seconds)
