"""What every format is given: one run, whole, as values. Formats turn it into bytes and read nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reporting.changes import Changes, Life
from reporting.records import CatalogueInfo, Decision, Run, RunPlan, Statement
from scanners.result import Result


@dataclass(frozen=True, slots=True)
class Point:
    """A signed run on the trend line: the counts that its own signed link states."""

    run: str
    completed_at: datetime
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A run that ended without a signed result, since the link before."""

    run: str
    started_at: str
    failure: str

    def to_json(self) -> dict[str, str]:
        """As the predicate names it."""
        return {"run": self.run, "started_at": self.started_at, "failure": self.failure}


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A page of evidence as custody names it, and its place in the package."""

    fact: str
    name: str
    blob: str
    sha256: str
    received_sha256: str
    size: int
    request: str
    status: int
    interface: str
    collected_at: str
    request_id: str | None
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One run, ready to be shown. `results` carry first_seen and since; `lives` the whole life of each control."""

    run: Run
    plan: RunPlan
    catalogue: CatalogueInfo
    results: tuple[Result, ...]
    lives: Mapping[str, Life]
    changes: Changes
    summary: Mapping[str, Any]
    trend: tuple[Point, ...]
    failed_runs: tuple[FailedRun, ...]
    statements: tuple[Statement, ...]
    decisions: tuple[Decision, ...]
    evidence: tuple[EvidenceFile, ...]

    @property
    def at(self) -> datetime:
        """When the run was completed, which is `now` for everything that the report says."""
        assert self.run.completed_at is not None
        return self.run.completed_at
