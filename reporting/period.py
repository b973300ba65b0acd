"""What a period shows: for each control the days in each outcome, the days without a signed run, the longest gap, the exceptions that applied.

A day counts with the last signed run that was completed on it (UTC). A day without one counts as not evaluated: nothing is carried over from the day
before, since nobody looked. Operating effectiveness over months is read from this, and the signed links behind it are in the package.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC as ZONE
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from reporting.assembly import state
from reporting.attestation import opened
from reporting.records import sha256
from reporting.storage import Storage
from scanners.errors import ScannerError, StorageError
from scanners.model import Outcome
from scanners.result import rfc3339

LONGEST = 800  # days in one answer
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed run of the period: its link, and the results that it signed."""

    run: str
    sequence: int
    completed_at: datetime
    counts: Mapping[str, int]
    envelope_sha256: str
    results: tuple[Mapping[str, Any], ...]


def days_between(first: date, last: date, at: datetime) -> tuple[date, ...]:
    """The days of the period that are over or running. Raises ScannerError when there are none or too many."""
    end = min(last, at.astimezone(ZONE).date())
    number = (end - first).days + 1
    if number < 1:
        raise ScannerError("the period has no days that are past: `from` must not be after `to`, nor after today")
    if number > LONGEST:
        raise ScannerError(f"the period has {number} days; {LONGEST} are the most that are shown at once")
    return tuple(first + n * DAY for n in range(number))


def signed_runs(storage: Storage, first: date, last: date) -> Iterator[Signed]:
    """The signed runs completed in the period, oldest first, their results checked against what was signed."""
    store = storage.attestations
    for link in store.links():
        if not link.run:
            continue
        envelope = store.link(link.sequence)
        said = opened(envelope)
        done = datetime.fromisoformat(said["predicate"]["run"]["completed_at"])
        if not first <= done.date() <= last:
            continue
        digests = {each["name"]: each["digest"]["sha256"] for each in said["subject"]}
        body = store.get(link.run, state("results.ndjson", link.sequence))
        if sha256(body) != digests["results.ndjson"]:
            raise StorageError(f"the results kept of run {link.run} are not those that were signed; nothing is said of this period")
        rows = tuple(json.loads(line) for line in body.splitlines())
        yield Signed(link.run, link.sequence, done, said["predicate"]["counts"], sha256(envelope), rows)


def period(storage: Storage, first: date, last: date, at: datetime) -> dict[str, Any]:
    """The whole answer, JSON-ready. Raises ScannerError for a period without days, StorageError when what was kept is not what was signed."""
    days = days_between(first, last, at)
    runs = tuple(signed_runs(storage, days[0], days[-1]))
    return told(storage.tenant_id, days, runs, _failed(storage, days), at)


def told(tenant: str, days: Sequence[date], runs: Sequence[Signed], failed: Sequence[Mapping[str, str]], at: datetime) -> dict[str, Any]:
    """The answer from values."""
    of_day = {run.completed_at.date(): run for run in runs}  # the last one of a day stays
    missing = [day for day in days if day not in of_day]
    return {
        "schema_version": 1,
        "tenant": {"id": tenant},
        "from": days[0].isoformat(),
        "to": days[-1].isoformat(),
        "days": len(days),
        "evaluated_days": len(days) - len(missing),
        "missing_days": [day.isoformat() for day in missing],
        "longest_gap_hours": _longest_gap(days, runs, at),
        "failed_runs": [dict(each) for each in failed],
        "runs": [
            {
                "run": run.run,
                "sequence": run.sequence,
                "completed_at": rfc3339(run.completed_at),
                "envelope_sha256": run.envelope_sha256,
                "counts": dict(run.counts),
            }
            for run in runs
        ],
        "controls": _controls(of_day, len(days)),
        "exceptions": _exceptions(of_day),
        "is_risk_analysis": False,
    }


def _controls(of_day: Mapping[date, Signed], days: int) -> list[dict[str, Any]]:
    """Per control the days in each outcome; days on which it was not evaluated are their own column and are in nobody's favour."""
    tally: dict[str, Counter[str]] = {}
    newest: dict[str, Mapping[str, Any]] = {}
    for _, run in sorted(of_day.items()):
        for row in run.results:
            tally.setdefault(row["control"], Counter())[row["outcome"]] += 1
            newest[row["control"]] = row
    return [
        {
            "control": control,
            "title": newest[control]["title"],
            "citations": newest[control]["citations"],
            "severity": newest[control]["severity"],
            "kind": newest[control]["kind"],
            "days": {**{each.value: seen[each.value] for each in Outcome}, "not_evaluated": days - seen.total()},
            "met_percent": 100 * (seen["pass"] + seen["accepted"]) // days,  # rounded down, over all days
        }
        for control, seen in sorted(tally.items())
    ]


def _exceptions(of_day: Mapping[date, Signed]) -> list[dict[str, Any]]:
    """The exceptions under which a control was accepted, with the first and last day on which they were applied."""
    found: dict[tuple[str, str], list[date]] = {}
    for day, run in sorted(of_day.items()):
        for row in run.results:
            if row["outcome"] == Outcome.ACCEPTED.value and row["exception"]:
                found.setdefault((str(row["exception"].get("id", "")), row["control"]), []).append(day)
    return [
        {"id": each, "control": control, "first": days[0].isoformat(), "last": days[-1].isoformat(), "days": len(days)}
        for (each, control), days in sorted(found.items())
    ]


def _longest_gap(days: Sequence[date], runs: Sequence[Signed], at: datetime) -> int:
    """Whole hours of the longest time without a completed signed run, the ends of the period included."""
    begin = datetime.combine(days[0], time(), ZONE)
    end = min(datetime.combine(days[-1] + DAY, time(), ZONE), at)
    marks = [begin, *sorted(run.completed_at for run in runs), end]
    return max(int((later - earlier).total_seconds() // 3600) for earlier, later in pairwise(marks))


def _failed(storage: Storage, days: Sequence[date]) -> list[dict[str, str]]:
    found = []
    for run in storage.runs.each():
        day = run.started_at.astimezone(ZONE).date()
        if day < days[0]:
            break
        if run.status == "failed" and day <= days[-1]:
            found.append({"run": run.id, "started_at": rfc3339(run.started_at), "failure": run.failure or ""})
    return found[::-1]
