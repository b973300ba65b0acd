"""Drives an orchestrator through the installed durable SDK, history events in and actions out, as the platform does. Independent of local/host.

The platform walks the actions of every answer one after the other and awaits each before it looks at the next (OutOfProcOrchestrationShim,
ProcessAsyncActionsV2, in the Azure/azure-functions-durable-extension repository): what stands behind an action that is not done is not scheduled, whatever
the SDK believes. An instance ends when its orchestrator has returned and nothing is open any more (TaskOrchestrationExecutor, HasOpenTasks, in
Azure/durabletask).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
ACTIVITY, TIMER = 0, 5
ANY = 11
COMPOUND = (11, 12)
STARTED, EXECUTION, SCHEDULED, COMPLETED, FAILED, TIMER_CREATED, TIMER_FIRED, EPISODE = 12, 0, 4, 5, 6, 10, 11, 13


@dataclass
class Replay:
    """`activities` maps a name to what it returns for an input. `twice` executes each activity a second time.

    HANGS never answers; TIMES_OUT never answers either, and the platform reports it as failed when nothing else can happen. `open` is what was not done
    when the orchestrator had returned: the instance ends when these do.
    """

    function: Callable[[str], str]
    activities: dict[str, Callable[[Any], Any]]
    twice: bool = False
    calls: list[tuple[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    cancelled: int = 0
    fired: int = 0
    waited: list[float] = field(default_factory=list)  # seconds from making to firing of each timer that fired
    clock: datetime = START
    open: list[str] = field(default_factory=list)
    timing_out: list[int] = field(default_factory=list)
    given_up: set[int] = field(default_factory=set)

    def event(self, kind: int, number: int = -1, **fields: Any) -> dict[str, Any]:
        return {"EventType": kind, "EventId": number, "IsPlayed": False, "Timestamp": self.clock.isoformat(), **fields}

    def run(self, given: Any) -> dict[str, Any]:
        queue = [self.event(EXECUTION, Name="scan", Input=json.dumps(given), Version="1.0", InstanceId="scan")]
        for _ in range(1000):
            self.history += [self.event(STARTED), *queue]
            reply = json.loads(self.function(json.dumps(self._order(given))))
            if reply["isDone"]:
                self._note_end(reply)
                return reply
            queue = self._act(reply)
            for each in self.history:
                each["IsPlayed"] = True
            self.history.append(self.event(EPISODE))
            if not queue and self.timing_out:
                queue = [self.event(FAILED, TaskScheduledId=self.timing_out.pop(0), Reason="Timeout", Details="")]
            if not queue:
                queue = [self._fire_next_timer()]
        raise AssertionError("the orchestration does not end")

    def _order(self, given: Any) -> dict[str, Any]:
        return {
            "history": self.history, "input": json.dumps(given), "instanceId": "scan", "isReplaying": False, "parentInstanceId": None,
            "upperSchemaVersion": 1, "upperSchemaVersionNew": 2, "maximumShortTimerDuration": "6.00:00:00",
            "longRunningTimerIntervalDuration": "3.00:00:00",
        }  # fmt: skip

    def _reached(self, reply: dict[str, Any]) -> list[dict[str, Any]]:
        """The leaves, in order of their numbers, up to the first action that is not done."""
        ended = {e.get("TaskScheduledId", e.get("TimerId")) for e in self.history if e["EventType"] in (COMPLETED, FAILED, TIMER_FIRED)}
        leaves: list[dict[str, Any]] = []

        def done(action: dict[str, Any]) -> bool:
            if action["actionType"] in COMPOUND:
                parts = [done(each) for each in action["compoundActions"]]  # all of them are invoked, whatever comes of the first
                return any(parts) if action["actionType"] == ANY else all(parts)
            leaves.append(action)
            return len(leaves) - 1 in ended or bool(action.get("isCanceled"))

        for action in (action for group in reply["actions"] for action in group):
            if not done(action):
                break
        return leaves

    def _note_end(self, reply: dict[str, Any]) -> None:
        leaves = self._reached(reply)
        self.cancelled = sum(1 for a in leaves if a["actionType"] == TIMER and a["isCanceled"])
        ended = {e.get("TaskScheduledId", e.get("TimerId")) for e in self.history if e["EventType"] in (COMPLETED, FAILED, TIMER_FIRED)}
        still = [(a, n) for n, a in enumerate(leaves) if n not in ended and not (a["actionType"] == TIMER and a["isCanceled"])]
        self.open = [a.get("functionName", "timer") for a, _ in still]

    def _act(self, reply: dict[str, Any]) -> list[dict[str, Any]]:
        known = {e["EventId"] for e in self.history if e["EventType"] in (SCHEDULED, TIMER_CREATED)}
        queue = []
        self.given_up = {n for n, a in enumerate(self._reached(reply)) if a["actionType"] == TIMER and a["isCanceled"]}
        for number, action in enumerate(self._reached(reply)):
            if number in known:
                continue
            if action["actionType"] == TIMER:
                self.history.append(self.event(TIMER_CREATED, number, FireAt=action["fireAt"]))
                continue
            assert action["actionType"] == ACTIVITY, action
            self.history.append(self.event(SCHEDULED, number, Name=action["functionName"], Input=action["input"]))
            answer = self._call(action["functionName"], json.loads(action["input"]))
            if answer is TIMES_OUT:
                self.timing_out.append(number)
            elif answer is not HANGS:
                queue.append(self.event(COMPLETED, TaskScheduledId=number, Result=json.dumps(answer)))
        return queue

    def _call(self, name: str, given: Any) -> Any:
        self.calls.append((name, given))
        answer = self.activities[name](given)
        return self.activities[name](given) if self.twice else answer

    def _fire_next_timer(self) -> dict[str, Any]:
        fired = {e["TimerId"] for e in self.history if e["EventType"] == TIMER_FIRED} | self.given_up
        waiting = [e for e in self.history if e["EventType"] == TIMER_CREATED and e["EventId"] not in fired]
        assert waiting, "nothing can happen any more"
        first = min(waiting, key=lambda e: e["FireAt"])
        self.fired += 1
        self.waited.append((datetime.fromisoformat(first["FireAt"]) - datetime.fromisoformat(first["Timestamp"])).total_seconds())
        self.clock = max(self.clock, datetime.fromisoformat(first["FireAt"])) + timedelta(seconds=1)
        return self.event(TIMER_FIRED, TimerId=first["EventId"], FireAt=first["FireAt"])


HANGS, TIMES_OUT = object(), object()
