"""(3) What Microsoft prepares while a run reads: tenant configuration snapshots and audit log searches. Started, followed, used, cleared away.

The state goes through the orchestration as a small dict (ids, states, counters); settings are never kept on the way: whoever needs a snapshot
downloads it again, and only what a fact lists is stored, as evidence. Every step may be executed twice.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from reporting.records import RunPlan
from reporting.storage import Storage
from runs.context import Context
from scanners import catalogue
from scanners.errors import Reason, Undecided, undecided
from scanners.model import Fact
from scanners.planning import audit_slices, snapshot_types
from scanners.result import rfc3339

if TYPE_CHECKING:
    from scanners.doors.audit_query import AuditQueries, Slice
    from scanners.doors.opening import Doors
    from scanners.doors.snapshots import Job, Snapshots

log = logging.getLogger(__name__)

LONGEST = timedelta(hours=2)  # a snapshot may take an hour, a search longer; what is not there then counts as unreachable
POLLS = ((12, 10.0), (10**9, 60.0))  # so many polls, so many seconds apart
STRIKES = 4  # polls in a row that may go wrong
RETRY_REJECTED = timedelta(days=7)  # types are offered tenant by tenant; a rejected one is tried again after this
LOOK_BACK = 6  # earlier runs that are asked for what they remembered
WINDOW = (timedelta(hours=48), timedelta(hours=4))  # the audit log is searched from and until so long ago: it is written late
FINAL = frozenset({Reason.NOT_PERMITTED, Reason.NOT_SUPPORTED, Reason.NOT_LICENSED})  # asking again would change nothing
RECORD, INTENDED, STARTED = "snapshots", "jobs-intended", "jobs"
State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of one run, as last seen. `refused` and `search_refused` say why something could not be started or followed."""

    snapshots: tuple["Job", ...] = ()
    rejected: tuple[str, ...] = ()  # types that the tenant does not extract
    objects: int = 0  # extracted by these jobs; they count against the tenant's month
    refused: Undecided | None = None
    searched_by: str = ""  # the fact that the searches are for
    searches: tuple["Slice", ...] = ()
    search_refused: Undecided | None = None
    strikes: int = 0

    @property
    def pending(self) -> bool:
        """Whether following them may still tell something."""
        searching = self.search_refused is None and any(each.open for each in self.searches)
        return searching or any(job.state == "pending" for job in self.snapshots)

    @property
    def types(self) -> frozenset[str]:
        """The types that some job covers."""
        return frozenset(kind for job in self.snapshots for kind in job.types)

    def to_json(self) -> State:
        """For the orchestration."""
        return {
            "pending": self.pending,
            "snapshots": [job.to_json() for job in self.snapshots],
            "rejected": list(self.rejected),
            "objects": self.objects,
            "refused": _said(self.refused),
            "searched_by": self.searched_by,
            "searches": [each.to_json() for each in self.searches],
            "search_refused": _said(self.search_refused),
            "strikes": self.strikes,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Jobs":
        """The inverse of to_json."""
        from scanners.doors.audit_query import Slice
        from scanners.doors.snapshots import Job

        return cls(
            tuple(Job.from_json(each) for each in value["snapshots"]),
            tuple(value["rejected"]),
            value["objects"],
            _heard(value["refused"]),
            value["searched_by"],
            tuple(Slice.from_json(each) for each in value["searches"]),
            _heard(value["search_refused"]),
            value["strikes"],
        )


def _said(doubt: Undecided | None) -> dict[str, str] | None:
    return {"reason": doubt.reason.value, "because": doubt.because, "remedy": doubt.remedy} if doubt else None


def _heard(value: Mapping[str, str] | None) -> Undecided | None:
    return undecided(Reason(value["reason"]), value["because"], value["remedy"]) if value else None


def patience(context: Context) -> dict[str, Any]:
    """How the orchestration waits: polls, and the seconds between them, at the tenant's pace."""
    settings = context.settings
    longest = min(LONGEST, settings.run_budget / 2)
    return {"polls": [[count, seconds * settings.pace] for count, seconds in POLLS], "longest": longest.total_seconds() * settings.pace}


async def start(context: Context, plan: RunPlan) -> Jobs:
    """Start what the plan's facts need. A second execution finds what the first one started, also when that was ended before it could say so.

    Jobs have names that follow from the run, so they can be found; that something may be there to be found is written down before the first call.
    """
    found = await asyncio.to_thread(context.storage.runs.find_record, plan.run, STARTED)
    if found is not None:
        return Jobs.from_json(found)
    afresh = await asyncio.to_thread(_intend, context.storage, plan.run)
    facts = [catalogue.load().facts[name] for name in plan.facts]
    doors, jobs = await context.doors(), Jobs()
    types = frozenset[str]().union(*(snapshot_types(fact) for fact in facts))
    if types and doors.source != "admin_rest":
        earlier = await asyncio.to_thread(_remembered, context.storage, plan)
        jobs = await _start_snapshots(doors, types, earlier, plan.run)
    searching = next((fact for fact in facts if audit_slices(fact)), None)
    if searching is not None:
        jobs = await _start_searches(doors, searching, plan, jobs, afresh)
    return Jobs.from_json(await asyncio.to_thread(context.storage.runs.put_once, plan.run, STARTED, jobs.to_json()))


def _intend(storage: Storage, run: str) -> bool:
    """Write down that jobs are about to be made. True when nobody has done so before."""
    if storage.runs.find_record(run, INTENDED) is not None:
        return False
    storage.runs.put_once(run, INTENDED, {})
    return True


async def _start_snapshots(doors: "Doors", types: Iterable[str], earlier: Mapping[str, Any], run: str) -> Jobs:
    """One job per workload, so that one that fails takes nothing else with it."""
    made: list[Job] = []
    rejected: list[str] = []
    by_workload: dict[str, list[str]] = {}
    for kind in sorted(set(types) - set(earlier["rejected"])):
        by_workload.setdefault(kind.split(".")[1], []).append(kind)
    try:
        service = doors.snapshots()
        for workload, kinds in by_workload.items():
            started = await service.start(workload, kinds, run=run, extracted=earlier["extracted"])
            made += started.jobs
            rejected += started.rejected
    except Undecided as doubt:
        log.info("tenant configuration snapshots: %s", doubt.reason)
        return Jobs(tuple(made), tuple(rejected), refused=doubt)
    return Jobs(tuple(made), tuple(rejected))


async def _start_searches(doors: "Doors", fact: Fact, plan: RunPlan, jobs: Jobs, afresh: bool) -> Jobs:
    from scanners.doors.audit_query import Slice

    since, until = (rfc3339(plan.started_at - ago) for ago in WINDOW)
    searches = tuple(Slice(name, operations, since, until) for name, operations in audit_slices(fact).items())
    return await _search(doors, replace(jobs, searched_by=fact.id, searches=searches), plan.run, afresh)


async def follow(context: Context, run: str, jobs: Jobs) -> Jobs:
    """The jobs as they are now; searches that have ended are counted."""
    doors = await context.doors()
    followed = await _follow_snapshots(doors.snapshots(), jobs) if jobs.snapshots else jobs
    followed = await _search(doors, followed, run)
    if followed.strikes == jobs.strikes:
        return replace(followed, strikes=0)
    return _given_up(followed) if followed.strikes >= STRIKES else followed


async def _follow_snapshots(service: "Snapshots", jobs: Jobs) -> Jobs:
    from scanners.doors.snapshots import objects_in

    seen, objects, strikes = [], jobs.objects, 0
    for job in jobs.snapshots:
        now = job
        if job.state == "pending":
            try:
                now = await service.poll(job)
                if now.state == "ready":
                    objects += objects_in(await service.read(now))
            except Undecided as doubt:
                now, strikes = job, 1
                log.info("a snapshot job could not be followed: %s", doubt.reason)
        seen.append(now)
    return replace(jobs, snapshots=tuple(seen), objects=objects, strikes=jobs.strikes + strikes)


async def _search(doors: "Doors", jobs: Jobs, run: str, afresh: bool = False) -> Jobs:
    """Submit, look at and count the searches, each on its own: one that goes wrong keeps what is known of it."""
    if not jobs.searches or jobs.search_refused is not None:
        return jobs
    try:
        queries = doors.audit_queries(catalogue.load().facts[jobs.searched_by])
    except Undecided as doubt:
        return replace(jobs, search_refused=doubt)
    seen: list[Slice] = []
    doubts: list[Undecided] = []
    for each in jobs.searches:
        now, trouble = await _search_one(queries, each, run, afresh) if not doubts and each.open else (each, None)
        seen.append(now)
        doubts += [trouble] if trouble else []
    final = next((each for each in doubts if each.reason in FINAL), None)
    return replace(jobs, searches=tuple(seen), search_refused=final, strikes=jobs.strikes + bool(doubts))


async def _search_one(queries: "AuditQueries", one: "Slice", run: str, afresh: bool) -> "tuple[Slice, Undecided | None]":
    try:
        one = (await queries.start((one,), run, afresh=afresh))[0]
        one = (await queries.poll((one,)))[0]
        return await queries.count(one, run), None
    except Undecided as doubt:
        log.info("an audit log search could not be followed: %s", doubt.reason)
        return one, doubt


def _given_up(jobs: Jobs) -> Jobs:
    """Nobody answers any more: what has not ended counts as failed."""
    gone = undecided(Reason.UNREACHABLE, f"the service did not answer {STRIKES} times in a row when it was asked how far it was")
    failed = tuple(replace(job, state="failed") if job.state == "pending" else job for job in jobs.snapshots)
    lost = gone if any(each.open for each in jobs.searches) else None
    return replace(jobs, snapshots=failed, search_refused=jobs.search_refused or lost)


async def clear(context: Context, plan: RunPlan, jobs: Jobs) -> None:
    """Free the places of the jobs, and remember what they took and what was rejected."""
    if not jobs.snapshots and not jobs.rejected:
        return
    service = (await context.doors()).snapshots()
    for job in jobs.snapshots:
        try:
            await service.delete(job)
        except Undecided as doubt:  # it goes by itself within a week
            log.info("a snapshot job could not be deleted: %s", doubt.reason)
    await asyncio.to_thread(_remember, context.storage, plan, jobs, context.clock)


def _remember(storage: Storage, plan: RunPlan, jobs: Jobs, clock: Callable[[], datetime]) -> None:
    earlier, now = _remembered(storage, plan), rfc3339(clock())
    rejected = {**dict.fromkeys(jobs.rejected, now), **earlier["rejected"]}
    record = {"month": plan.started_at.strftime("%Y-%m"), "extracted": earlier["extracted"] + jobs.objects, "rejected": rejected}
    storage.runs.put_once(plan.run, RECORD, record)


def _remembered(storage: Storage, plan: RunPlan) -> dict[str, Any]:
    """This month's extracted objects before this run, and rejected types with the time when the tenant rejected them."""
    record: Mapping[str, Any] = {}
    for run in storage.runs.list(limit=LOOK_BACK):
        if run.id < plan.run and (found := storage.runs.find_record(run.id, RECORD)) is not None:
            record = found
            break
    this_month = record.get("month") == plan.started_at.strftime("%Y-%m")
    recent = rfc3339(plan.started_at - RETRY_REJECTED)
    return {
        "extracted": int(record["extracted"]) if this_month else 0,
        "rejected": {kind: at for kind, at in record.get("rejected", {}).items() if at > recent},
    }
