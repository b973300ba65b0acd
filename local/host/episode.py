"""One episode of an orchestration: ask the SDK, walk its actions, record what follows.

`ask` is the only place that calls an orchestrator; `record` is the only place that changes an orchestration's history.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from . import bindings
from . import history as h
from .errors import DurableError, FunctionError, UnknownFunctionError
from .index import Function, Index
from .store import Instance, Store, Work
from .walk import Scheduled, Walked
from .worker import Worker

_ERROR_LABEL = "\n\n$OutOfProcData$:"  # TaskOrchestrationExecutor puts the state behind this label when an orchestrator raises
_CUSTOM_STATUS_LIMIT = 16 * 1024  # bytes of UTF-16, DurableOrchestrationContext.cs


@dataclass(frozen=True)
class Reply:
    """The SDK's answer to one episode. `output` and `custom` are JSON text or None."""

    actions: list[dict[str, Any]]
    done: bool
    output: str | None
    error: str | None
    custom: str | None


@dataclass(frozen=True)
class Ending:
    """How an orchestration ends: its status and output as JSON text."""

    status: str
    output: str | None


async def ask(worker: Worker, function: Function, instance: Instance, old: list[h.Event], new: list[h.Event]) -> Reply:
    """Replay an orchestrator over its history.

    Raises DurableError when the SDK itself cannot answer; an exception of the orchestrator is a Reply with `error`.
    """
    body = {
        "history": h.played(old, True) + h.played(new, False),
        "input": instance.input,
        "instanceId": instance.id,
        "isReplaying": bool(old),
        "parentInstanceId": instance.parent,
        "upperSchemaVersion": 1,
        "upperSchemaVersionNew": 2,  # V3: one inner list of actions, long timers cut by the SDK
        "maximumShortTimerDuration": "6.00:00:00",
        "longRunningTimerIntervalDuration": "3.00:00:00",
        "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,  # the extension's own spelling
    }
    context = bindings.orchestration_context(json.dumps(body))
    try:
        text, _ = await worker.invoke(function, {function.trigger.name: context})
    except FunctionError as fault:
        before, label, state = fault.detail.rpartition(_ERROR_LABEL)
        if not label:
            raise DurableError(f"{fault.kind}: {fault.detail}") from fault
        return _reply(json.loads(state), before)
    return _reply(json.loads(text), None)


def _reply(state: dict[str, Any], raised: str | None) -> Reply:
    if state.get("schemaVersion") not in (1, 2) or len(state["actions"]) != 1:
        raise DurableError("the durable SDK answered in a schema other than V2 or V3")
    return Reply(
        actions=state["actions"][0],
        done=bool(state["isDone"]),
        output=json.dumps(state["output"]) if "output" in state else None,
        error=state.get("error") or raised,
        custom=_custom(state.get("customStatus")),
    )


def _custom(value: Any) -> str | None:
    if value is None:
        return None
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if len(text.encode("utf-16-le")) > _CUSTOM_STATUS_LIMIT:
        raise DurableError("the custom status is larger than 16 KB in UTF-16")
    return text


def ending(instance: Instance, reply: Reply, walked: Walked) -> Ending | None:
    """How this episode ends the orchestration, None while it goes on (see walk.py: nothing may be open)."""
    if not walked.settled:
        return None
    if reply.error is not None:
        return failure(instance, reply.error)
    if not reply.done:
        return None
    if walked.continue_with is not None:
        return Ending("ContinuedAsNew", walked.continue_with)
    return Ending("Completed", reply.output)


def failure(instance: Instance, error: str) -> Ending:
    """The ending for an error, in the extension's words."""
    return Ending("Failed", json.dumps(f"Orchestrator function '{instance.name}' failed: {error}"))


def check(index: Index, new: tuple[Scheduled, ...]) -> None:
    """Refuse functions that are not there, as the extension does before it schedules them. Raises DurableError."""
    for made in new:
        if made.kind == h.TIMER_CREATED:
            continue
        trigger = "activityTrigger" if made.kind == h.TASK_SCHEDULED else "orchestrationTrigger"
        try:
            index.get(made.name, trigger)
        except UnknownFunctionError as fault:
            raise DurableError(str(fault)) from fault


def record(store: Store, instance: Instance, known: int, taken: list[int], events: list[h.Event], walked: Walked, custom: str | None) -> list[Work]:
    """Record an episode that goes on; one transaction. `known` is the number of events already in history. Returns the new work."""
    now = h.utc()
    work = []
    with store.transaction():
        scheduled = []
        for made in walked.new:
            child = made.instance or f"{instance.execution}:{made.number:x}"
            scheduled.append(_scheduled_event(made, now, child))
            if made.kind == h.TASK_SCHEDULED:
                work.append(store.schedule(instance, made.number, made.name, made.text))
            elif made.kind == h.CHILD_CREATED:
                _start_child(store, instance, made, child, now)
            elif made.number not in walked.cancelled:
                assert made.fire_at is not None
                store.set_timer(instance, made.number, made.fire_at)
        store.append(instance.id, known, [*events, *scheduled, h.event(h.ORCHESTRATOR_COMPLETED, now)])
        store.take(taken)
        store.drop_timers(instance.id, walked.cancelled)
        current = store.instance(instance.id)
        status = "Suspended" if current and current.status == "Suspended" else "Running"
        store.update(instance.id, now, status=status, custom=custom)
    return work


def _scheduled_event(made: Scheduled, now: datetime, child: str) -> h.Event:
    # Inputs are not kept in history (storeInputsInOrchestrationHistory is false by default): less data at rest.
    if made.kind == h.TIMER_CREATED:
        assert made.fire_at is not None
        return h.event(made.kind, now, made.number, FireAt=h.stamp(made.fire_at))
    if made.kind == h.CHILD_CREATED:
        return h.event(made.kind, now, made.number, Name=made.name, InstanceId=child)
    return h.event(made.kind, now, made.number, Name=made.name)


def _start_child(store: Store, parent: Instance, made: Scheduled, child: str, now: datetime) -> None:
    there = store.instance(child)
    if there is not None and not there.finished:
        reason = f"an orchestration with the id {child!r} is already running"
        store.send(parent.id, h.failed(now, made.number, reason, "", child=True))
        return
    at = h.stamp(now)
    version = made.version or parent.version
    store.insert(
        Instance(child, uuid.uuid4().hex, made.name, version, made.text, "Pending", None, None, at, at, parent.id, parent.execution, made.number)
    )


def close(store: Store, instance: Instance, known: int, events: list[h.Event], end: Ending, custom: str | None) -> None:
    """Record the last episode of an execution: nothing of it is left, its parent is told, or it starts anew. One transaction."""
    now = h.utc()
    with store.transaction():
        left = [item for _, item in store.inbox(instance.id) if item["EventType"] == h.EVENT_RAISED]
        store.take([number for number, _ in store.inbox(instance.id)])
        store.drop_timers(instance.id)
        if end.status == "ContinuedAsNew":
            _start_anew(store, instance, end.output, left, now)
            return
        last = h.event(h.EXECUTION_COMPLETED, now, OrchestrationStatus=end.status, Result=end.output)
        store.append(instance.id, known, [*events, last, h.event(h.ORCHESTRATOR_COMPLETED, now)])
        store.update(instance.id, now, status=end.status, output=end.output, custom=custom)
        if instance.parent and instance.parent_execution and instance.parent_task is not None:
            store.reply(instance.parent, instance.parent_execution, _to_parent(instance.parent_task, end, now))


def _start_anew(store: Store, instance: Instance, text: str | None, left: list[h.Event], now: datetime) -> None:
    store.insert(replace(instance, execution=uuid.uuid4().hex, input=text, status="Running", custom=None, updated=h.stamp(now)))
    for item in left:  # events that no episode has seen yet belong to the id, not to the execution
        store.send(instance.id, item)


def _to_parent(task: int, end: Ending, now: datetime) -> h.Event:
    if end.status == "Completed":
        return h.completed(now, task, end.output or "null", child=True)
    reason = json.loads(end.output) if end.output else end.status
    return h.failed(now, task, str(reason), "", child=True)
