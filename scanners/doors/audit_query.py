"""The audit log search of Graph: proof that the log is alive, as counters and nothing else.

Asynchronous (minutes to hours), so the state goes out and comes back: `start`, `poll` with durable timers between, `count`. Records are
counted page by page and dropped; user, address, object and audit data are never asked for. Query objects go by themselves.
Source: https://learn.microsoft.com/graph/api/resources/security-auditlogquery
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from scanners.doors import classify, remedies
from scanners.doors.graph import V1, GraphDoor, headers_of, with_query
from scanners.doors.paging import Walk, next_link
from scanners.doors.transport import Line
from scanners.doors.way import read
from scanners.errors import NotPermitted, NotSupported, Undecided, Unreachable, Unrecognised, undecided
from scanners.model import Ask, Fact, Throttle
from scanners.ports import Answer

ROOT = f"/{V1}/security/auditLog/queries"
ENDED = frozenset({"succeeded", "failed", "cancelled"})
KNOWN = ENDED | {"notStarted", "running", "unknownFutureValue"}
MOST_RECORDS = 10_000  # enough to prove activity
PAGE = 999
LOOK_UP = 20  # pages of queries that are looked through for one of ours
FIELDS = "createdDateTime,operation,service"


@dataclass(frozen=True, slots=True)
class Slice:
    """One query: the operations that are looked for between two times (RFC 3339), and what is known of it so far."""

    name: str
    operations: tuple[str, ...]
    since: str
    until: str
    id: str = ""
    status: str = "notStarted"
    repeated: bool = False
    counted: bool = False
    records: int = 0
    capped: bool = False
    newest: str | None = None
    by_operation: Mapping[str, int] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether polling or counting it may still tell something."""
        return not self.counted and self.status not in {"failed", "cancelled"}

    def to_json(self) -> dict[str, Any]:
        """For a durable orchestration."""
        return {**asdict(self), "operations": list(self.operations), "by_operation": dict(self.by_operation)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Slice":
        """The inverse of to_json."""
        return cls(**{**value, "operations": tuple(value["operations"]), "by_operation": dict(value["by_operation"])})


@dataclass(frozen=True, slots=True)
class AuditQueries:
    """Audit log queries of one tenant. `offered` says whether this cloud has them."""

    graph: GraphDoor
    fact: Fact
    offered: bool = True

    async def start(self, slices: Sequence[Slice], run: str, *, afresh: bool = False) -> tuple[Slice, ...]:
        """Submit the slices that have no query yet. Raises NotSupported, NotPermitted, Unreachable.

        `afresh` says that nobody can have submitted any for this run before; otherwise those that the service has under their names are taken.
        """
        if not self.offered:
            raise NotSupported("the audit log search is not offered in this cloud", remedies.by_hand(self.fact))
        made = {} if afresh or all(one.id for one in slices) else await self._known()
        return tuple([one if one.id else await self._taken(one, made, run) for one in slices])

    async def poll(self, slices: Sequence[Slice]) -> tuple[Slice, ...]:
        """The slices with the status of their queries as it is now."""
        return tuple([await self._look(one) if one.id and one.status not in ENDED else one for one in slices])

    async def count(self, one: Slice, run: str) -> Slice:
        """The slice with its records counted, once its query has succeeded.

        No record at all may also mean that the service was late: such a slice is submitted once more before it counts as empty.
        """
        if one.status != "succeeded" or one.counted:
            return one
        operations, newest, capped = await self._counted(one)
        total = operations.total()
        if total == 0 and not one.repeated:
            return await self._taken(replace(one, id="", status="notStarted", repeated=True), await self._known(), run)
        return replace(one, counted=True, records=total, capped=capped, newest=newest, by_operation=dict(sorted(operations.items())))

    def page(self, slices: Sequence[Slice]) -> Answer:
        """What is stored of all this: per slice its window, its status and its counters. A slice without an answer has none of them."""
        rows = [
            {
                "name": s.name,
                "from": s.since,
                "to": s.until,
                "status": s.status,
                **(
                    {"records": s.records, "capped": s.capped, "newest": s.newest, "byOperation": dict(s.by_operation)}
                    if s.counted
                    else {"records": None, "capped": None, "newest": None, "byOperation": None}
                ),
            }
            for s in slices
        ]
        body = json.dumps({"slices": rows}, separators=(",", ":"), sort_keys=True).encode()
        date = self.graph.way.line.time.now().strftime("%a, %d %b %Y %H:%M:%S GMT")
        return Answer(200, body, f"{ROOT}/records#counted", "GET", None, None, date, V1, "supported")

    async def _known(self) -> dict[str, str]:
        """The queries that are there; none where the service does not list them: a second query of the same name does no harm."""
        try:
            return await self._listed()
        except (NotSupported, NotPermitted, Unrecognised):
            return {}

    async def _listed(self) -> dict[str, str]:
        """Name -> id of the queries that the service still has, everybody's, the first of a name. It drops them after a month."""
        found: dict[str, str] = {}
        url: str | None = self._url("")
        walk = Walk(self.graph.way.base, str(url))
        for _ in range(LOOK_UP):
            body = read(await self.graph.call("GET", str(url), Throttle.SECURITY), self.fact, Ask())
            rows = body.get("value") if isinstance(body, dict) else None
            if not isinstance(rows, list):
                raise Unrecognised("the audit log search answered without a list of queries", remedies.REPORT)
            named = ((row.get("displayName"), row.get("id")) for row in rows if isinstance(row, dict))
            found |= {name: id_ for name, id_ in named if isinstance(name, str) and isinstance(id_, str) and id_ and name not in found}
            walk.arrived(None)
            if (link := next_link(body)) is None:
                break
            url = walk.follow(link)
        return found

    async def _taken(self, one: Slice, made: Mapping[str, str], run: str) -> Slice:
        """The slice with the query that was submitted for it before, if there is one, else with a new one."""
        id_ = made.get(query_name(one, run))
        return replace(one, id=id_) if id_ else await self._submit(one, run)

    async def _submit(self, one: Slice, run: str) -> Slice:
        body = {
            "displayName": query_name(one, run),
            "filterStartDateTime": one.since,
            "filterEndDateTime": one.until,
            "operationFilters": list(one.operations),
        }
        answered = await self.graph.call("POST", self._url(""), Throttle.SECURITY, body=body, repeatable=False)
        if answered.status not in {200, 201, 202}:
            raise classify.classify(self.fact.door, answered.status, answered.headers, answered.body, self.fact)
        made = read(replace(answered, status=200), self.fact, Ask())
        if not isinstance(made, dict) or not isinstance(made.get("id"), str) or not made["id"]:
            raise Unrecognised("an audit log query was made without an id", remedies.REPORT)
        return replace(one, id=made["id"], status=_status(made))

    async def _look(self, one: Slice) -> Slice:
        answered = await self.graph.call("GET", self._url(f"/{one.id}"), Throttle.SECURITY)
        if answered.status == 404:
            raise Unreachable("an audit log query that was submitted is gone", remedies.LATER)
        return replace(one, status=_status(read(answered, self.fact, Ask())))

    async def _counted(self, one: Slice) -> tuple[Counter[str], str | None, bool]:
        operations: Counter[str] = Counter()
        newest: str | None = None
        url: str | None = self._url(f"/{one.id}/records", {"$select": FIELDS, "$top": str(PAGE)})
        walk = Walk(self.graph.way.base, str(url))
        while url is not None:
            answered = await self.graph.call("GET", url, Throttle.SECURITY, headers=headers_of(Ask()))
            if answered.status == 400 and not walk.pages and "select" in url:
                # Choosing fields is not promised for records; without it they are dropped after reading, here and now.
                url = walk.follow(self._url(f"/{one.id}/records", {"$top": str(PAGE)}))
                continue
            body = read(answered, self.fact, Ask())
            rows = body.get("value") if isinstance(body, dict) else None
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise Unrecognised("the audit log search answered without a list of records", remedies.REPORT)
            walk.arrived(None)
            operations.update(str(row.get("operation", "")) for row in rows)
            newest = max([newest or "", *(str(row["createdDateTime"]) for row in rows if row.get("createdDateTime"))]) or None
            link = next_link(body)
            if operations.total() >= MOST_RECORDS:
                return operations, newest, link is not None
            url = walk.follow(link) if link else None
        return operations, newest, False

    def _url(self, path: str, query: Mapping[str, str] | None = None) -> str:
        return with_query(f"{self.graph.way.base}{ROOT}{path}", query or {})


@dataclass(frozen=True, slots=True)
class CountedDoor:
    """The Graph door, where the asynchronous search of `fact` is answered by its counters, or by why there are none."""

    behind: Any  # the Graph door
    fact: str
    counted: Answer | Undecided

    def on(self, line: Line) -> "CountedDoor":
        """The same door on another line."""
        return replace(self, behind=self.behind.on(line))

    async def pages(self, fact: Fact, ask: Ask, resume: str | None = None) -> AsyncIterator[Answer]:
        """The pages of an ask. Contract: DoorPort."""
        if fact.id != self.fact or not ask.operations:
            async for page in self.behind.pages(fact, ask, resume):
                yield page
            return
        if isinstance(self.counted, Undecided):
            raise undecided(self.counted.reason, self.counted.because, self.counted.remedy)
        yield self.counted


def query_name(one: Slice, run: str) -> str:
    """The name of a slice's query; the same each time, and another one where the slice is submitted once more."""
    return f"heartbeat {run} {one.name}" + (" again" if one.repeated else "")


def _status(body: Any) -> str:
    status = body.get("status") if isinstance(body, dict) else None
    if status not in KNOWN:
        raise Unrecognised("an audit log query is in a state that is not known", remedies.REPORT)
    return str(status)
