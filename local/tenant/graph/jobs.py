"""What an asynchronous job of Graph is to its caller: it waits, runs, and is done, in the tenant's own time."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class Job:
    """One job: when it was made (seconds of the clock), what was asked, and its result."""

    id: str
    made: float
    asked: Mapping[str, Any]
    stamp: str
    result: Any = None


class Jobs:
    """Jobs of one kind. `waits` and `runs` are seconds at pace 1; `clock` is real time unless a test hands in another."""

    def __init__(self, pace: float, waits: float, runs: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.pace, self.waits, self.runs, self.clock = pace, waits, runs, clock
        self.held: dict[str, Job] = {}

    def add(self, job: Job) -> Job:
        """Keeps a job."""
        self.held[job.id] = job
        return job

    def state(self, job: Job, ended: str) -> str:
        """notStarted, running, or `ended`."""
        age = (self.clock() - job.made) / self.pace
        return "notStarted" if age < self.waits else "running" if age < self.waits + self.runs else ended
