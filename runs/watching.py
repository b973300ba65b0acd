"""Once an hour: what nobody else would notice. Runs whose end was not told, no run for 26 hours, statements that are about to end.

Nothing is remembered here: each question is asked anew of the records, and an event that was told before is not told again.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any, TypeVar

from reporting.records import Run
from reporting.storage.outbox import KEPT
from runs import events, steps, telling
from runs.context import Context
from scanners import catalogue
from scanners.errors import ScannerError, StorageError, trail
from scanners.model import Fact
from scanners.statements import Missing, choose

log = logging.getLogger(__name__)
RUNS = 400  # the newest; more than seven days hold
LOST_AFTER = timedelta(hours=1)  # beyond the budget: twice what the platform lets a step run on after it
ODD = (ScannerError, ValueError, KeyError, TypeError)  # out of reach, or a record that is not as it was written
T = TypeVar("T")
LAPSED_DAYS = 7  # a statement that ended while nobody watched is still told for so long


def watch(held: Context) -> None:
    """Look and tell. What cannot be answered keeps nothing else from being told or delivered; the first fault is raised at the end."""
    faults: list[Exception] = []
    _tried(faults, held.storage.ensure)
    _tried(faults, lambda: steps.end_lost(held, held.clock() - held.settings.run_budget - LOST_AFTER))
    for question in (_overdue, _expiring):
        _tried(faults, partial(_note, held, question))
    for run in _tried(faults, partial(_untold, held)) or ():
        _tried(faults, partial(_note, held, partial(telling.of_run, run=run)))
    _tried(faults, partial(telling.deliver, held))
    if faults:
        raise _told_of(faults[0])


def _told_of(fault: Exception) -> ScannerError:
    """The fault as the platform may log it: the text of one that is not ours may hold values of the tenant."""
    return fault if isinstance(fault, ScannerError) else StorageError(f"a record is not as it was written ({type(fault).__name__}); see the log")


def _tried(faults: list[Exception], do: Callable[[], T]) -> T | None:
    """What `do` gives, or None where it could not be done, which is kept."""
    try:
        return do()
    except ODD as fault:
        log.warning("the watch could not be completed: %s", trail(fault))
        faults.append(fault)
        return None


def _note(held: Context, question: Callable[[Context], list[events.Event]]) -> None:
    if fresh := telling.note(held, question(held)):
        log.info("%s new event(s) are told", fresh)


def _untold(held: Context) -> list[Run]:
    """Runs that ended in the last days and were not told of: the process may have died in between, or the store was out of reach.

    Not those that ended before this deployment was first watched: nobody waits for news of then.
    """
    now = held.clock()
    since = max(now - KEPT, held.storage.outbox.since(now))
    ended = [run for run in held.storage.runs.list(limit=RUNS) if run.status != "running" and events.ended_at(run) > since]
    return [run for run in ended if not telling.run_told(held, run.id)]


def _overdue(held: Context) -> list[events.Event]:
    now, latest = held.clock(), held.storage.runs.latest()
    last = held.storage.runs.find(latest) if latest else None
    overdue = events.scan_overdue(held.settings.tenant_id, last, held.storage.outbox.since(now), now)
    return [overdue] if overdue else []


def _expiring(held: Context) -> list[events.Event]:
    """The statements that count, or counted until some days ago with nothing in their place, and are about to end."""
    records, now = [each.to_json() for each in held.storage.statements.current()], held.clock()
    told = (
        events.statement_expiring(held.settings.tenant_id, str(each.id), fact.statement.type, (each.effective_from, each.expires_at), now)
        for fact in catalogue.load().facts.values()
        if fact.statement is not None
        for each in counting(fact, records, now)
        if not _succeeded(fact, records, each)
    )
    return [event for event in told if event is not None]


def _succeeded(fact: Fact, records: Sequence[Mapping[str, Any]], statement: Any) -> bool:
    """Whether another statement takes over on the day after the last one of this."""
    after = datetime.combine(statement.expires_at + timedelta(days=1), time(12), tzinfo=UTC)
    return any(apart(fact, each) == apart(fact, statement) for each in _that_count(fact, records, after))


def _that_count(fact: Fact, records: Sequence[Mapping[str, Any]], at: datetime) -> tuple[Any, ...]:
    found = choose(fact, records, at)
    return () if isinstance(found, Missing) else found if isinstance(found, tuple) else (found,)


def apart(fact: Fact, statement: Any) -> str:
    """What tells statements of the fact apart that hold side by side."""
    by = fact.statement.several_by if fact.statement else ""
    return str(getattr(statement.details, by)) if by else ""


def counting(fact: Fact, records: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[Any]:
    """Of each statement of the fact that holds by itself the one that counts now, or else the last that did within LAPSED_DAYS."""
    seen: set[str] = set()
    for ago in range(LAPSED_DAYS + 1):
        for each in _that_count(fact, records, now - timedelta(days=ago)):
            if (key := apart(fact, each)) not in seen:
                seen.add(key)
                yield each
