"""What the host makes of an orchestrator's actions: a pure replay of actions against history.

The durable SDK answers every episode with all actions since the start. The real host (OutOfProcOrchestrationShim,
ProcessAsyncActionsV2 in azure-functions-durable-extension) walks them one after the other and awaits each before the
next, on top of the Durable Task Framework, which numbers tasks in the order of their creation. This module does the
same, without I/O: it feeds the history's events to that walk and tells what has to be scheduled now.

Three properties are kept on purpose, because apps must survive them in Azure:
- a failed `task_all` does not move the walk on; the host waits for all its children first;
- a retry waits for one more timer after its last attempt;
- an orchestration ends only when no activity, timer or sub-orchestration is open. A `task_any` that leaves its timer
  uncancelled keeps the instance running until the timer fires (DurableTask.Core TaskOrchestrationExecutor, HasOpenTasks).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from . import history as h
from .errors import DurableError, NonDeterminismError

# Action types of the SDK (azure.durable_functions.models.actions.ActionType).
ACTIVITY, ACTIVITY_RETRY, CHILD, CHILD_RETRY, CONTINUE_AS_NEW, TIMER, EXTERNAL_EVENT, ANY, ALL = 0, 1, 2, 3, 4, 5, 6, 11, 12
_UNSUPPORTED = {7: "entities (call_entity)", 8: "call_http", 9: "entities (signal_entity)"}


@dataclass(frozen=True)
class Scheduled:
    """Something with a number that the orchestration asked for. `text` is JSON, `fire_at` is for timers."""

    number: int
    kind: int
    name: str = ""
    text: str | None = None
    fire_at: datetime | None = None
    instance: str | None = None
    version: str | None = None


@dataclass(frozen=True)
class Walked:
    """The outcome: what is new, which timers were given up, and whether the walk has nothing left to wait for."""

    new: tuple[Scheduled, ...]
    cancelled: frozenset[int]
    settled: bool
    continue_with: str | None


class _Task:
    """A promise. `failed` matters to retries only; everybody else just waits for the end."""

    def __init__(self) -> None:
        self.done = False
        self.failed = False
        self._waiting: list[Callable[[], None]] = []

    def end(self, *, failed: bool = False) -> None:
        if self.done:
            return
        self.done, self.failed = True, failed
        waiting, self._waiting = self._waiting, []
        for proceed in waiting:
            proceed()

    def then(self, proceed: Callable[[], None]) -> None:
        if self.done:
            proceed()
        else:
            self._waiting.append(proceed)


class Walk:
    """One replay. Use `walk`."""

    def __init__(self, actions: list[dict[str, Any]]) -> None:
        self.actions = actions
        self.position = 0
        self.settled = False
        self.now: datetime | None = None
        self.scheduled: dict[int, Scheduled] = {}
        self.recorded: set[int] = set()
        self.cancelled: set[int] = set()
        self.open: dict[int, _Task] = {}
        self.listeners: dict[str, list[_Task]] = {}
        self.unheard: dict[str, int] = {}
        self.continue_with: str | None = None

    def feed(self, item: h.Event) -> None:
        """Take one history event in order."""
        kind = item["EventType"]
        if kind == h.ORCHESTRATOR_STARTED:
            self.now = h.moment(item["Timestamp"])
        elif kind == h.EXECUTION_STARTED:
            self._advance()
        elif kind in (h.TASK_SCHEDULED, h.CHILD_CREATED, h.TIMER_CREATED):
            self._confirm(item)
        elif kind in (h.TASK_COMPLETED, h.CHILD_COMPLETED, h.TASK_FAILED, h.CHILD_FAILED):
            self._close(item["TaskScheduledId"], failed=kind in (h.TASK_FAILED, h.CHILD_FAILED))
        elif kind == h.TIMER_FIRED:
            self._close(item["TimerId"])
        elif kind == h.EVENT_RAISED:
            self._raised(item["Name"])

    def _advance(self) -> None:
        while self.position < len(self.actions):
            task = self._invoke(self.actions[self.position])
            self.position += 1
            if not task.done:
                task.then(self._advance)
                return
        self.settled = True

    def _invoke(self, action: dict[str, Any]) -> _Task:
        kind = int(action["actionType"])
        if kind in (ACTIVITY, CHILD):
            return self._schedule(action)
        if kind in (ACTIVITY_RETRY, CHILD_RETRY):
            return self._retry(action)
        if kind == TIMER:
            return self._timer(h.moment(action["fireAt"]), cancelled=bool(action.get("isCanceled")))
        if kind == EXTERNAL_EVENT:
            return self._listen(action["externalEventName"])
        if kind in (ANY, ALL):
            return _join([self._invoke(part) for part in action["compoundActions"]], needed_all=kind == ALL)
        if kind == CONTINUE_AS_NEW:
            self.continue_with = action.get("input", "null")
            return _ended()
        raise DurableError(f"this stand-in for the host does not do {_UNSUPPORTED.get(kind, f'action type {kind}')}")

    def _open(self, made: Scheduled) -> _Task:
        self.scheduled[made.number] = made
        self.open[made.number] = task = _Task()
        return task

    def _schedule(self, action: dict[str, Any]) -> _Task:
        kind = h.TASK_SCHEDULED if int(action["actionType"]) in (ACTIVITY, ACTIVITY_RETRY) else h.CHILD_CREATED
        number = len(self.scheduled)
        ids = (action.get("instanceId"), action.get("version"))
        return self._open(Scheduled(number, kind, action["functionName"], action.get("input"), None, *ids))

    def _timer(self, fire_at: datetime, *, cancelled: bool = False) -> _Task:
        number = len(self.scheduled)
        task = self._open(Scheduled(number, h.TIMER_CREATED, fire_at=fire_at))
        if cancelled:
            self.cancelled.add(number)
            del self.open[number]
            task.end(failed=True)
        return task

    def _retry(self, action: dict[str, Any]) -> _Task:
        """Attempts with a fixed pause after each failed one, the last included (DurableTask.Core RetryInterceptor)."""
        options = action["retryOptions"]
        pause = timedelta(milliseconds=options["firstRetryIntervalInMilliseconds"])
        whole = _Task()
        attempts = 0

        def attempt() -> None:
            nonlocal attempts
            attempts += 1
            task = self._schedule(action)
            task.then(lambda: judge(task))

        def judge(task: _Task) -> None:
            if not task.failed:
                whole.end()
                return
            assert self.now is not None
            self._timer(self.now + pause).then(again)

        def again() -> None:
            if attempts < options["maxNumberOfAttempts"]:
                attempt()
            else:
                whole.end(failed=True)

        attempt()
        return whole

    def _listen(self, name: str) -> _Task:
        if self.unheard.get(name):
            self.unheard[name] -= 1
            return _ended()
        task = _Task()
        self.listeners.setdefault(name, []).append(task)
        return task

    def _raised(self, name: str) -> None:
        waiting = self.listeners.get(name)
        if waiting:
            waiting.pop().end()  # the last listener first, as the extension and the SDK both do
        else:
            self.unheard[name] = self.unheard.get(name, 0) + 1

    def _confirm(self, item: h.Event) -> None:
        number, kind = item["EventId"], item["EventType"]
        made = self.scheduled.get(number)
        name = item.get("Name") or ""
        if made is None or made.kind != kind or made.name != name:
            what = {h.TASK_SCHEDULED: "activity", h.CHILD_CREATED: "sub-orchestration"}.get(kind, "timer")
            raise NonDeterminismError(
                f"a previous execution scheduled the {what} {name!r} with number {number}, this one did not; "
                "was the orchestrator changed while the instance ran, or does it depend on anything but its history?"
            )
        self.recorded.add(number)

    def _close(self, number: int, *, failed: bool = False) -> None:
        task = self.open.pop(number, None)
        if task is not None:  # else: a duplicate, or a timer that was cancelled in the meantime
            task.end(failed=failed)


def walk(actions: list[dict[str, Any]], events: Iterable[h.Event]) -> Walked:
    """Replay `actions` (the reply's one inner list) against history including the new events.

    Raises NonDeterminismError, and DurableError for an action that this stand-in does not know.
    """
    replay = Walk(actions)
    for item in events:
        replay.feed(item)
    new = tuple(made for number, made in sorted(replay.scheduled.items()) if number not in replay.recorded)
    return Walked(new, frozenset(replay.cancelled), replay.settled and not replay.open, replay.continue_with)


def _join(parts: list[_Task], *, needed_all: bool) -> _Task:
    whole = _Task()
    missing = len(parts) if needed_all else 1

    def one() -> None:
        nonlocal missing
        missing -= 1
        if missing == 0:
            whole.end(failed=needed_all and any(part.failed for part in parts))

    for part in parts:
        part.then(one)
    return whole


def _ended() -> _Task:
    task = _Task()
    task.end()
    return task
