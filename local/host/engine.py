"""Drives orchestrations: episodes when messages are there, activities when work is there, timers when they are due.

Everything here runs on the host's loop; only functions run elsewhere (worker.py). State is in store.py, so this object
holds nothing that may not be lost.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Coroutine
from typing import Any

from . import bindings, episode
from . import history as h
from .errors import FunctionError, HostError, origin
from .index import Index
from .outputs import Outputs
from .progress import Board, Progress
from .store import Instance, Store, Work
from .walk import walk
from .worker import Worker

_log = logging.getLogger(__name__)
_LARGE_RESULT = 60_000  # characters of JSON; above it a queue message of the task hub no longer holds the result


class Engine:
    """One task hub at work."""

    def __init__(self, store: Store, index: Index, worker: Worker, outputs: Outputs, board: Board, concurrency: int) -> None:
        """`concurrency` is host.json's maxConcurrentActivityFunctions."""
        self.store, self._index, self._worker, self._outputs, self._board = store, index, worker, outputs, board
        self._concurrency = concurrency
        self._queue: deque[Work] = deque()
        self._running = 0
        self._driven: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self._waiters: dict[str, list[asyncio.Future[Instance]]] = {}
        self._stopped = False
        self._fault: HostError | None = None

    def start(self) -> None:
        """Take up what the store holds: messages, work and timers of an earlier life."""
        self._queue.extend(self.store.work())
        for id_ in self.store.waiting():
            self.wake(id_)
        self._set_alarm()
        self._dispatch()

    async def stop(self) -> None:
        """Stop driving. What runs is abandoned where it is; the store knows what to repeat."""
        self._stopped = True
        if self._alarm:
            self._alarm.cancel()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for future in (future for waiting in self._waiters.values() for future in waiting):
            if not future.done():
                future.set_exception(HostError("the host was stopped"))

    def wake(self, id_: str) -> None:
        """Let an orchestration look at its inbox."""
        if id_ not in self._driven and not self._stopped:
            self._driven.add(id_)
            self._spawn(self._drive(id_))

    def finished(self, id_: str) -> asyncio.Future[Instance]:
        """A future that holds the instance once it is finished. Raises HostError when the engine itself broke."""
        if self._fault is not None:
            raise self._fault
        future: asyncio.Future[Instance] = asyncio.get_running_loop().create_future()
        found = self.store.instance(id_)
        if found is not None and found.finished:
            future.set_result(found)
        else:
            self._waiters.setdefault(id_, []).append(future)
        return future

    # -- episodes ------------------------------------------------------------------------------------------------

    async def _drive(self, id_: str) -> None:
        try:
            while (instance := self.store.instance(id_)) is not None and self._runnable(instance):
                began = time.monotonic()
                await self._episode(instance)
                # A replay costs time that grows with the history. Pausing as long as it took lets completions gather, so
                # that a wide fan-out does not replay once per activity.
                await asyncio.sleep(min(0.25, time.monotonic() - began))
        finally:
            self._driven.discard(id_)

    def _runnable(self, instance: Instance) -> bool:
        inbox = self.store.inbox(instance.id)
        if instance.finished:
            return False
        if instance.status == "Suspended":
            return any(item["EventType"] == h.EXECUTION_TERMINATED for _, item in inbox)
        return bool(inbox)

    async def _episode(self, instance: Instance) -> None:
        messages = self.store.inbox(instance.id)
        taken = [number for number, _ in messages]
        old = self.store.history(instance.id)
        new = [h.event(h.ORCHESTRATOR_STARTED, h.utc()), *(item for _, item in messages)]
        if instance.status == "Pending":
            self._tell("orchestration_started", instance, input_=instance.input)
        stop = next((item for item in new if item["EventType"] == h.EXECUTION_TERMINATED), None)
        if stop is not None:
            self._close(instance, len(old), new, episode.Ending("Terminated", stop["Input"]), instance.custom)
            return
        custom = instance.custom
        try:
            function = self._index.get(instance.name, "orchestrationTrigger")
            reply = await episode.ask(self._worker, function, instance, old, new)
            custom = reply.custom
            walked = walk(reply.actions, [*old, *new])
            episode.check(self._index, walked.new)
            end = episode.ending(instance, reply, walked)
        except HostError as fault:
            end = episode.failure(instance, str(fault))
        if end is not None:
            self._close(instance, len(old), new, end, custom)
            return
        work = episode.record(self.store, instance, len(old), taken, new, walked, custom)
        self._queue.extend(work)
        self._wake_all()
        self._set_alarm()
        self._dispatch()

    def _close(self, instance: Instance, known: int, events: list[h.Event], end: episode.Ending, custom: str | None) -> None:
        episode.close(self.store, instance, known, events, end, custom)
        if end.status == "ContinuedAsNew":
            self._tell("orchestration_continued", instance)
            return
        if end.status == "Failed":
            _log.error("orchestration %s (%s) failed", instance.name, instance.id)
        kinds = {"Completed": "orchestration_completed", "Terminated": "orchestration_terminated"}
        self._tell(kinds.get(end.status, "orchestration_failed"), instance, output=end.output)
        if instance.parent:
            self.wake(instance.parent)
        now = self.store.instance(instance.id)
        for future in self._waiters.pop(instance.id, []):
            if now is not None and not future.done():
                future.set_result(now)

    def _wake_all(self) -> None:
        for id_ in self.store.waiting():
            self.wake(id_)

    # -- timers --------------------------------------------------------------------------------------------------

    def _set_alarm(self) -> None:
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None
        due = self.store.next_timer()
        if due is not None and not self._stopped:
            seconds = max(0.0, (due - h.utc()).total_seconds())
            self._alarm = asyncio.get_running_loop().call_later(min(seconds, 3600.0), self._ring)

    def _ring(self) -> None:
        with self.store.transaction():
            ids = self.store.fire(h.utc())
        for id_ in ids:
            self.wake(id_)
        self._set_alarm()

    # -- activities ----------------------------------------------------------------------------------------------

    def _dispatch(self) -> None:
        while self._queue and self._running < self._concurrency and not self._stopped:
            self._running += 1
            self._spawn(self._activity(self._queue.popleft()))

    async def _activity(self, work: Work) -> None:
        began = time.monotonic()
        self._step("activity_started", work)
        try:
            event, kind = await self._perform(work)
        finally:
            self._running -= 1
        with self.store.transaction():
            awaited = self.store.finish(work, event)
        self._step(kind, work, time.monotonic() - began, event.get("Result") or event.get("Reason"))
        if awaited:
            self.wake(work.id)
        self._dispatch()

    async def _perform(self, work: Work) -> tuple[h.Event, str]:
        try:
            function = self._index.get(work.name, "activityTrigger")
            value, outs = await self._worker.invoke(function, {function.trigger.name: bindings.activity_input(function, work.input)})
            text = bindings.activity_output(function, value)
            await self._outputs.deliver(function, outs, value)
        except HostError as fault:
            detail = f"{fault.kind}: {fault.detail}" if isinstance(fault, FunctionError) else str(fault)
            _log.warning(
                "activity %s, number %s, failed with %s at %s", work.name, work.task, getattr(fault, "kind", type(fault).__name__), origin(fault)
            )
            return h.failed(h.utc(), work.task, f"Activity function '{work.name}' failed: {detail}", ""), "activity_failed"
        if len(text) > _LARGE_RESULT:
            _log.warning("activity %s returned %s characters; keep results small and store the rest", work.name, len(text))
        return h.completed(h.utc(), work.task, text), "activity_completed"

    # -- telling --------------------------------------------------------------------------------------------------

    def _step(self, kind: Any, work: Work, seconds: float | None = None, output: str | None = None) -> None:
        self._board.tell(Progress(kind, work.name, work.id, h.utc(), work.task, seconds, work.input, output))

    def _tell(self, kind: Any, instance: Instance, *, input_: str | None = None, output: str | None = None) -> None:
        self._board.tell(Progress(kind, instance.name, instance.id, h.utc(), input=input_, output=output))

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        fault = None if task.cancelled() else task.exception()
        if fault is None:
            return
        _log.critical("the local host itself failed with %s at %s", type(fault).__name__, origin(fault))
        self._fault = HostError(f"the local host itself failed with {type(fault).__name__}; start it again, the run goes on where it was")
        for future in (future for waiting in self._waiters.values() for future in waiting):
            if not future.done():
                future.set_exception(self._fault)
