"""(3) The doors of a lane that waited for jobs: workload settings out of the snapshots, and the audit log search as its counters.

A snapshot holds far more than facts list, so it is downloaded where it is needed and never kept outside of this process.
"""

import logging
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from runs.jobs import Jobs
from scanners import catalogue
from scanners.errors import Undecided

if TYPE_CHECKING:
    from scanners.doors.opening import Doors
    from scanners.doors.snapshots import Job
    from scanners.doors.workload import Snapshot

log = logging.getLogger(__name__)


class _Held:
    """The newest snapshot of this process, so that the lanes of a run download it once or twice and not once each."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: tuple[tuple[str, ...], Snapshot] | None = None

    def get(self, key: tuple[str, ...]) -> "Snapshot | None":
        with self._lock:
            return self._kept[1] if self._kept is not None and self._kept[0] == key else None

    def put(self, key: tuple[str, ...], value: "Snapshot") -> None:
        with self._lock:
            self._kept = (key, value)


_held = _Held()


async def doors_with(doors: "Doors", jobs: Jobs) -> "Doors":
    """The doors, where workload settings come out of the snapshots as WORKLOAD_SOURCE says, and the audit search is answered by its counters."""
    ready = doors
    if doors.source != "admin_rest":
        ready = ready.with_snapshot(await _downloaded(doors, jobs))
    if jobs.searched_by:
        fact = catalogue.load().facts[jobs.searched_by]
        ready = ready.with_counts(fact, jobs.search_refused or doors.audit_queries(fact).page(jobs.searches))
    return ready


async def _downloaded(doors: "Doors", jobs: Jobs) -> "Snapshot":
    from scanners.doors.workload import Snapshot, Taken

    async def fetch(job: "Job") -> Taken:
        if job.state != "ready":
            return Taken(job, None)
        try:
            return Taken(job, await doors.snapshots().read(job))
        except Undecided as doubt:
            log.info("a snapshot could not be downloaded: %s", doubt.reason)
            return Taken(replace(job, state="failed"), None)

    key = tuple(job.id for job in jobs.snapshots if job.state == "ready")
    if (held := _held.get(key)) is not None:
        return held
    taken = [await fetch(job) for job in jobs.snapshots]
    snapshot = Snapshot(tuple(taken), jobs.refused)
    if key and all(each.answer is not None for each in taken):
        _held.put(key, snapshot)
    return snapshot
