"""Once an hour: what nobody else would notice. Runs whose end was not told, no run for 26 hours, statements that are about to end.

Nothing is remembered here: each question is asked anew of the records, and an event that was told before is not told again.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from reporting.records import Run
from reporting.storage.outbox import KEPT
from runs import events, telling
from runs.context import Context
from scanners import catalogue
from scanners.errors import ScannerError
from scanners.model import Fact
from scanners.statements import Missing, choose

log = logging.getLogger(__name__)
RUNS = 50  # the newest; more than seven days hold
LAPSED_DAYS = 7  # a statement that ended while nobody watched is still told for so long


def watch(held: Context) -> None:
    """Look and tell. One question that cannot be answered does not keep the others from being told; the first fault is raised at the end."""
    held.storage.ensure()
    faults = [fault for question in _questions(held) if (fault := _noted(held, question)) is not None]
    telling.deliver(held)
    if faults:
        raise faults[0]


def _questions(held: Context) -> Iterator[Callable[[Context], list[events.Event]]]:
    """What is looked at; each run by itself, so that one that cannot be read hides no other."""
    yield _overdue
    yield _expiring
    for run in _untold(held):
        yield partial(telling.of_run, run=run)


def _noted(held: Context, question: Callable[[Context], list[events.Event]]) -> ScannerError | None:
    try:
        fresh = telling.note(held, question(held))
    except ScannerError as fault:
        log.warning("the watch could not be completed: %s", type(fault).__name__)
        return fault
    log.info("%s new event(s) are told", fresh)
    return None


def _untold(held: Context) -> Iterator[Run]:
    """Runs that ended in the last days and were not told of: the process may have died in between, or the store was out of reach."""
    for run in held.storage.runs.list(limit=RUNS):
        if run.status != "running" and held.clock() - events.ended_at(run) < KEPT and not telling.run_told(held, run.id):
            yield run


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
    )
    return [event for event in told if event is not None]


def counting(fact: Fact, records: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[Any]:
    """Of each statement of the fact that holds by itself the one that counts now, or else the last that did within LAPSED_DAYS."""
    seen: set[str] = set()
    for ago in range(LAPSED_DAYS + 1):
        found = choose(fact, records, now - timedelta(days=ago))
        each_of = () if isinstance(found, Missing) else found if isinstance(found, tuple) else (found,)
        for each in each_of:
            apart = str(getattr(each.details, fact.statement.several_by)) if fact.statement and fact.statement.several_by else ""
            if apart not in seen:
                seen.add(apart)
                yield each
