"""Tenant configuration snapshots: the supported way to Exchange, Purview and Teams settings, through Graph v1.0.

Asynchronous: `start` makes jobs, `poll` looks, `read` downloads, `delete` frees the place. Nothing waits in here; the state goes out and
comes back, so that an orchestration can wait with durable timers. A job's name says for which run and types it was made, and the service takes no
name twice, so that whoever starts a run's jobs again finds those that were made before. Limits of the service: 20,000 extracted objects per
tenant and month, 12 visible jobs, names of 8 to 32 letters, digits and spaces.
Source: https://learn.microsoft.com/graph/api/resources/unified-tenant-configuration-management-api-overview
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from scanners.doors import classify, remedies
from scanners.doors.graph import V1, GraphDoor, with_query
from scanners.doors.hosts import same_origin
from scanners.doors.paging import parsed
from scanners.doors.transport import Answered
from scanners.doors.way import answer, path_of, read
from scanners.errors import NotPermitted, NotSupported, Undecided, Unreachable, Unrecognised
from scanners.model import Ask, Fact, Throttle
from scanners.permissions import CONFIGURATION_MONITORING_READ_WRITE_ALL
from scanners.ports import Answer

OURS = "HIPAA"  # jobs are ours by the first word of their name; others are never touched
PLACES = 12
ENDED = frozenset({"succeeded", "failed", "partiallySuccessful"})
MONTHLY = 20_000
RESERVE = 1_000  # objects left to the customer's other tools
ROOT = f"/{V1}/admin/configurationManagement"
CREATE = "/configurationSnapshots/createSnapshot"
SELECT = "id,displayName,status,resources,errorDetails,createdDateTime,completedDateTime,resourceLocation,tenantId"
FACT = Fact(reading=None, id="tenant_configuration", permissions=(CONFIGURATION_MONITORING_READ_WRITE_ALL,))

_NAMED = re.compile(r"ResourceType '([^']+)' is not supported", re.IGNORECASE)
_CODE = re.compile(r'"code"\s*:\s*"([A-Za-z0-9_]{1,80})"')
State = Literal["pending", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class Job:
    """One snapshot job as it was last seen. `errors` and `rejected` hold a code per type that could not be extracted."""

    id: str
    types: tuple[str, ...]
    state: State = "pending"
    location: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """For a durable orchestration."""
        return {"id": self.id, "types": list(self.types), "state": self.state, "location": self.location, "errors": dict(self.errors)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Job":
        """The inverse of to_json."""
        return cls(value["id"], tuple(value["types"]), value["state"], value["location"], dict(value["errors"]))


@dataclass(frozen=True, slots=True)
class Started:
    """The jobs that were made, and the types that the tenant refused: leave those out of later runs."""

    jobs: tuple[Job, ...]
    rejected: tuple[str, ...]


@dataclass(slots=True)
class _Start:
    """One start of a run's jobs: what was there before, and what has been made of it so far."""

    run: str
    workload: str
    there: Mapping[str, str]  # name -> id of this run's jobs that were made before
    taken: int  # places, by anybody
    jobs: list[Job] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Snapshot jobs of one tenant. `offered` says whether this cloud has them."""

    graph: GraphDoor
    offered: bool = True

    async def start(self, workload: str, types: Iterable[str], *, run: str, rejected: Iterable[str] = (), extracted: int = 0) -> Started:
        """Make the jobs of a run for `types`, or find them. `rejected` was refused before; `extracted` counts this month's objects (`objects_in`).

        Usually one job. When the service refuses the list without naming the type, the list is halved until the type is alone.
        Raises NotSupported, NotPermitted, Unreachable (no place, quota used up).
        """
        if not self.offered:
            raise NotSupported("tenant configuration snapshots are not offered in this cloud", remedies.by_hand(FACT))
        if extracted >= MONTHLY - RESERVE:
            raise Unreachable(
                f"this month's {MONTHLY} snapshot objects of the tenant are nearly used up",
                "Other tools take snapshots of this tenant too. Wait for the next month, or set WORKLOAD_SOURCE to admin_rest.",
            )
        wanted = tuple(sorted({t.lower() for t in types} - {t.lower() for t in rejected}))
        begun = _Start(run, workload, *await self._make_room(run))
        await self._create(begun, wanted)
        return Started(tuple(begun.jobs), tuple(begun.refused))

    async def poll(self, job: Job) -> Job:
        """The job as it is now. Raises Unrecognised for a state that is not known."""
        url = self._url(f"/configurationSnapshotJobs/{job.id}", {"$select": SELECT})
        answered = await self.graph.call("GET", url, Throttle.SECURITY)
        body = read(answered, FACT, Ask())
        status = body.get("status") if isinstance(body, dict) else None
        if status in {"notStarted", "running"}:
            return replace(job, state="pending")
        errors = errors_of(body.get("errorDetails") or []) if isinstance(body, dict) else {}
        if status == "failed":
            return replace(job, state="failed", errors=errors)
        location = body.get("resourceLocation") if isinstance(body, dict) else None
        if status not in {"succeeded", "partiallySuccessful"} or not isinstance(location, str) or not location:
            raise Unrecognised("a snapshot job is in a state that is not known", remedies.REPORT)
        return replace(job, state="ready", location=location, errors=errors)

    async def read(self, job: Job) -> Answer:
        """The snapshot of a ready job, whole. Raises Unrecognised when it lies on another host."""
        if not same_origin(job.location, self.graph.way.base):
            raise Unrecognised("the snapshot lies on another host; it was not fetched", remedies.REPORT)
        answered = await self.graph.call("GET", job.location, Throttle.SECURITY)
        body = read(answered, FACT, Ask())
        resources_of(body)
        path = path_of(job.location, self.graph.way.base)
        return answer(answered, path=path, method="GET", body=body, api_version=V1, interface="supported")

    async def delete(self, job: Job) -> bool:
        """Free the job's place. Whether it is gone; a job that stays goes by itself after seven days."""
        answered = await self.graph.call("DELETE", self._url(f"/configurationSnapshotJobs/{job.id}"), Throttle.SECURITY)
        return answered.status in {200, 202, 204, 404}

    async def _create(self, begun: _Start, types: tuple[str, ...]) -> None:
        if not types:
            return
        name = job_name(begun.run, begun.workload, types)
        found = begun.there.get(name) or await self._post(begun, name, types)
        if isinstance(found, str):
            begun.jobs.append(Job(found, types))
            return
        if found.status != 400 or not classify.error_of(found.body).service:
            raise classify.classify(FACT.door, found.status, found.headers, found.body, FACT)
        named = {t.lower() for t in _NAMED.findall(classify.error_of(found.body).text)} & set(types)
        if named or len(types) == 1:
            begun.refused += sorted(named or types)
            await self._create(begun, tuple(t for t in types if t not in (named or types)))
            return
        middle = len(types) // 2
        await self._create(begun, types[:middle])
        await self._create(begun, types[middle:])

    async def _post(self, begun: _Start, name: str, types: tuple[str, ...]) -> str | Answered:
        """The id of the job, or the answer that refused it. A request whose answer was lost, or that came second, may have its job all the same."""
        if begun.taken >= PLACES:
            raise Unreachable(f"all {PLACES} places for snapshot jobs are taken", "Delete old snapshot jobs of other tools, then scan again.")
        body = {"displayName": name, "description": "Daily evidence of settings", "resources": list(types)}
        try:
            answered = await self.graph.call(
                "POST", self._url("/configurationSnapshots/createSnapshot"), Throttle.SECURITY, body=body, repeatable=False
            )
        except Unreachable:
            if (found := _made(begun.run, await self._shown()).get(name)) is not None:
                return found
            raise
        if answered.status == 409:
            return _made(begun.run, await self._shown()).get(name) or answered
        if answered.status not in {200, 201, 202}:
            return answered
        begun.taken += 1
        return _id_of(parsed(answered.body))

    async def _shown(self) -> list[Mapping[str, Any]]:
        """The jobs that the service shows, everybody's."""
        url = self._url("/configurationSnapshotJobs", {"$select": "id,displayName,status", "$top": str(PLACES)})
        body = read(await self.graph.call("GET", url, Throttle.SECURITY), FACT, Ask())
        return [j for j in body.get("value", ()) if isinstance(j, dict)] if isinstance(body, dict) else []

    async def _make_room(self, run: str) -> tuple[dict[str, str], int]:
        """This run's jobs, and how many places are taken once those of ours that have ended and are of another run are deleted."""
        jobs, mine = await self._shown(), f" {mark(run)} "
        stay = []
        for job in jobs:
            name = str(job.get("displayName", ""))
            over = name.startswith(f"{OURS} ") and mine not in name and job.get("status") in ENDED
            if not over or not await self.delete(Job(str(job["id"]), ())):
                stay.append(job)
        return _made(run, stay), len(stay)

    def _url(self, path: str, query: Mapping[str, str] | None = None) -> str:
        return with_query(f"{self.graph.way.base}{ROOT}{path}", query or {})


def mark(run: str) -> str:
    """How the names of a run's jobs tell them from those of other runs."""
    return hashlib.sha256(run.encode()).hexdigest()[:8]


def job_name(run: str, workload: str, types: Iterable[str]) -> str:
    """The name of the job that a run makes for these types; the same each time. At most 32 letters, digits and spaces."""
    word = re.sub(r"[^A-Za-z0-9]", "", workload)[:8]
    return f"{OURS} {word} {mark(run)} {hashlib.sha256(chr(10).join(sorted(types)).encode()).hexdigest()[:8]}"


def _made(run: str, jobs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    ours = ((str(job.get("displayName", "")), job) for job in jobs)
    return {name: _id_of(job) for name, job in ours if name.startswith(f"{OURS} ") and f" {mark(run)} " in name}


def _id_of(job: Any) -> str:
    job_id = job.get("id") if isinstance(job, dict) else None
    if not isinstance(job_id, str) or not re.fullmatch(r"[A-Za-z0-9-]{8,64}", job_id):
        raise Unrecognised("a snapshot job without an id", remedies.REPORT)
    return job_id


def errors_of(details: Iterable[Any]) -> dict[str, str]:
    """A code per type from `errorDetails`, whose lines read `<type>: <text> ... "code":"Forbidden" ...`. Texts are not kept."""
    found: dict[str, str] = {}
    for line in details:
        name, _, text = str(line).partition(":")
        code = _CODE.search(text)
        found[name.strip().lower()] = code.group(1) if code else "Error"
    return found


def resources_of(snapshot: Any) -> list[Mapping[str, Any]]:
    """The resources of a snapshot. Raises Unrecognised when it has none of their form."""
    rows = snapshot.get("resources") if isinstance(snapshot, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) and isinstance(row.get("properties"), dict) for row in rows):
        raise Unrecognised("a snapshot without resources of the known form", remedies.REPORT)
    return rows


def objects_in(snapshot: Answer) -> int:
    """How many objects a download counts against the monthly quota."""
    return len(resources_of(parsed(snapshot.body)))


def refusal(code: str) -> Undecided:
    """The leaf for a type that a job could not extract."""
    if code in {"Forbidden", "Unauthorized", "AccessDenied"}:
        remedy = (
            "Snapshots are taken by Microsoft's own application (03b07b79-c5bc-4b5e-9bfa-13acf4a99998): give its service principal "
            "Exchange.ManageAsApp and the directory role Global Reader (f2ef992c-3afb-46b9-b7cf-a126ee74c451)."
        )
        return NotPermitted(f"the snapshot service may not read this type ({code})", remedy)
    return Unreachable(f"the snapshot service could not read this type ({code})", remedies.LATER)
