"""Drives an orchestrator through the installed durable SDK, history events in and actions out, as the platform does. Independent of local/host."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
ACTIVITY, TIMER = 0, 5
COMPOUND = (11, 12)
STARTED, EXECUTION, SCHEDULED, COMPLETED, FAILED, TIMER_CREATED, TIMER_FIRED, EPISODE = 12, 0, 4, 5, 6, 10, 11, 13


@dataclass
class Replay:
    """`activities` maps a name to what it returns for an input; HANGS never answers. `twice` executes each activity a second time."""

    function: Callable[[str], str]
    activities: dict[str, Callable[[Any], Any]]
    twice: bool = False
    calls: list[tuple[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    cancelled: int = 0
    fired: int = 0
    waited: list[float] = field(default_factory=list)  # seconds from making to firing of each timer that fired
    clock: datetime = START

    def event(self, kind: int, number: int = -1, **fields: Any) -> dict[str, Any]:
        return {"EventType": kind, "EventId": number, "IsPlayed": False, "Timestamp": self.clock.isoformat(), **fields}

    def run(self, given: Any) -> dict[str, Any]:
        queue = [self.event(EXECUTION, Name="scan", Input=json.dumps(given), Version="1.0", InstanceId="scan")]
        for _ in range(1000):
            self.history += [self.event(STARTED), *queue]
            reply = json.loads(self.function(json.dumps(self._order(given))))
            if reply["isDone"]:
                self._note_cancelled(reply)
                return reply
            queue = self._act(reply)
            for each in self.history:
                each["IsPlayed"] = True
            self.history.append(self.event(EPISODE))
            if not queue:
                queue = [self._fire_next_timer()]
        raise AssertionError("the orchestration does not end")

    def _order(self, given: Any) -> dict[str, Any]:
        return {
            "history": self.history, "input": json.dumps(given), "instanceId": "scan", "isReplaying": False, "parentInstanceId": None,
            "upperSchemaVersion": 1, "upperSchemaVersionNew": 2, "maximumShortTimerDuration": "6.00:00:00",
            "longRunningTimerIntervalDuration": "3.00:00:00",
        }  # fmt: skip

    def _leaves(self, reply: dict[str, Any]) -> list[dict[str, Any]]:
        def flat(action: dict[str, Any]) -> list[dict[str, Any]]:
            return [leaf for a in action["compoundActions"] for leaf in flat(a)] if action["actionType"] in COMPOUND else [action]

        return [leaf for group in reply["actions"] for action in group for leaf in flat(action)]

    def _note_cancelled(self, reply: dict[str, Any]) -> None:
        self.cancelled = sum(1 for a in self._leaves(reply) if a["actionType"] == TIMER and a["isCanceled"])

    def _act(self, reply: dict[str, Any]) -> list[dict[str, Any]]:
        known = {e["EventId"] for e in self.history if e["EventType"] in (SCHEDULED, TIMER_CREATED)}
        queue = []
        for number, action in enumerate(self._leaves(reply)):
            if number in known:
                continue
            if action["actionType"] == TIMER:
                self.history.append(self.event(TIMER_CREATED, number, FireAt=action["fireAt"]))
                continue
            assert action["actionType"] == ACTIVITY, action
            self.history.append(self.event(SCHEDULED, number, Name=action["functionName"], Input=action["input"]))
            answer = self._call(action["functionName"], json.loads(action["input"]))
            if answer is not HANGS:
                queue.append(self.event(COMPLETED, TaskScheduledId=number, Result=json.dumps(answer)))
        return queue

    def _call(self, name: str, given: Any) -> Any:
        self.calls.append((name, given))
        answer = self.activities[name](given)
        return self.activities[name](given) if self.twice else answer

    def _fire_next_timer(self) -> dict[str, Any]:
        fired = {e["TimerId"] for e in self.history if e["EventType"] == TIMER_FIRED}
        waiting = [e for e in self.history if e["EventType"] == TIMER_CREATED and e["EventId"] not in fired]
        assert waiting, "nothing can happen any more"
        first = min(waiting, key=lambda e: e["FireAt"])
        self.fired += 1
        self.waited.append((datetime.fromisoformat(first["FireAt"]) - datetime.fromisoformat(first["Timestamp"])).total_seconds())
        self.clock = max(self.clock, datetime.fromisoformat(first["FireAt"])) + timedelta(seconds=1)
        return self.event(TIMER_FIRED, TimerId=first["EventId"], FireAt=first["FireAt"])


HANGS = object()
