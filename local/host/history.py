"""History events in the JSON form that the durable SDK reads. Times are aware UTC.

Names and numbers: DurableTask.Core `EventType`; the fields are those that azure-functions-durable 1.7 uses.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

Event = dict[str, Any]

EXECUTION_STARTED = 0
EXECUTION_COMPLETED = 1
EXECUTION_TERMINATED = 3
TASK_SCHEDULED = 4
TASK_COMPLETED = 5
TASK_FAILED = 6
CHILD_CREATED = 7
CHILD_COMPLETED = 8
CHILD_FAILED = 9
TIMER_CREATED = 10
TIMER_FIRED = 11
ORCHESTRATOR_STARTED = 12
ORCHESTRATOR_COMPLETED = 13
EVENT_RAISED = 15


def utc() -> datetime:
    """Now."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """The one text form of a time in history, actions and status answers; sorts like the time itself."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str) -> datetime:
    """Reads `stamp` back."""
    return datetime.fromisoformat(text)


def event(kind: int, at: datetime, number: int = -1, **fields: Any) -> Event:
    """One event. `number` is the task id for the events that schedule something, else -1."""
    return {"EventType": kind, "EventId": number, "Timestamp": stamp(at), **fields}


def started(at: datetime, name: str, text: str | None, version: str, instance: str) -> Event:
    """ExecutionStarted. `Version` must be there, even empty: SDK 1.7 reads it without a default."""
    return event(EXECUTION_STARTED, at, Name=name, Input=text, Version=version, InstanceId=instance)


def completed(at: datetime, task: int, result: str, *, child: bool = False) -> Event:
    """The success of an activity (or sub-orchestration). `result` is JSON text."""
    return event(CHILD_COMPLETED if child else TASK_COMPLETED, at, TaskScheduledId=task, Result=result)


def failed(at: datetime, task: int, reason: str, details: str, *, child: bool = False) -> Event:
    """The failure of an activity (or sub-orchestration); the orchestrator sees `Reason \\n Details`."""
    return event(CHILD_FAILED if child else TASK_FAILED, at, TaskScheduledId=task, Reason=reason, Details=details)


def played(events: Iterable[Event], value: bool) -> list[Event]:
    """The events with their IsPlayed flag, which is never stored: it depends on the episode that looks at them."""
    return [{**item, "IsPlayed": value} for item in events]
