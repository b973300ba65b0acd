"""(1)-(7) The course of one run, as a durable orchestration. Deterministic: everything it knows comes from its input and from activities.

(1) the run was minted by the timer or a request, (2) plan, (3) facts in waves of lanes, while Microsoft prepares snapshots and searches; what
waits for those comes late, (4) controls fanned out, those that need nothing late at once, (5) close and sign, (6) tell, (7) end.
A timer over the budget ends a run that hangs; late activities change nothing, because rows and blobs are put once.

Rules of the SDK that this keeps to: activities return their faults, so that no fan-out fails beside open siblings, and one that the platform
ends for its time counts as a fault; no empty fan-out; a timer that lost is cancelled; jobs are followed inside the fan-out of a wave, and by
timers only when nothing else is left to do. Every wait has a timer of its own for the end of the budget: the SDK leaves out of a wait what was
in an earlier one, and the platform looks at what comes after a wait only when something that it was told with that wait has ended. The
instance itself ends when no activity is open any more: after a hang that is when the platform ends the activity (functionTimeout of host.json).
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

_ENDED = "a step did not come to its end in the time that the platform gives it"
INSTANCE = "scan"  # constant: the platform refuses a second start while it runs

Steps = Generator[Any, Any, Any]


class Context(Protocol):
    """What of the durable context is used here."""

    current_utc_datetime: datetime

    def get_input(self) -> Any: ...
    def call_activity(self, name: str, input_: Any) -> Any: ...
    def task_all(self, tasks: list[Any]) -> Any: ...
    def task_any(self, tasks: list[Any]) -> Any: ...
    def create_timer(self, fire_at: datetime) -> Any: ...
    def set_custom_status(self, status: Any) -> None: ...


class _OverBudget(Exception):  # noqa: N818 - control flow inside this module
    """The run took longer than it may."""


class _CannotGoOn(Exception):  # noqa: N818 - control flow inside this module
    """The run ends here, for the reason in the message."""


def course(context: Context) -> Generator[Any, Any, dict[str, Any]]:
    """The whole run; returns {run, status, ...}. Never raises for an expected fault."""
    order = context.get_input()
    end = context.current_utc_datetime + timedelta(seconds=order["budget_seconds"])
    try:
        outcome = yield from _Run(context, order, end).steps()
    except _OverBudget:
        reason = f"the run took longer than its budget of {order['budget_seconds']} seconds and was ended"
        outcome = yield context.call_activity("fail_run", {**order, "reason": reason})
    except _CannotGoOn as fault:
        outcome = yield context.call_activity("fail_run", {**order, "reason": str(fault)})
    yield context.call_activity("announce", outcome)
    return outcome  # type: ignore[no-any-return]  # activities return JSON


@dataclass
class _Run:
    """One run under way. `jobs` is the state of what Microsoft prepares, as runs.jobs writes it."""

    context: Context
    order: dict[str, Any]
    end: datetime
    jobs: dict[str, Any] = field(default_factory=dict)
    looked: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def steps(self) -> Steps:
        plan = yield from self._one("plan_run")
        self.jobs = plan["jobs"]
        yield from self._read(plan["waves"])
        early = plan["controls"] if self._anything_read else []
        yield from self._judge(early)
        if plan["late_waves"]:
            yield from self._wait(plan["patience"])
            yield from self._read(plan["late_waves"], late=True)
            yield from self._all([self._call("clear_jobs", jobs=self.jobs)])
        if (plan["waves"] or plan["late_waves"]) and not self._anything_read:
            raise _CannotGoOn(self._nothing_read())
        yield from self._judge([*([] if early else plan["controls"]), *plan["late_controls"]])
        self._status("closing")
        return (yield from self._one("close_run"))

    def _read(self, waves: list[list[list[str]]], *, late: bool = False) -> Steps:
        """(3) Facts, wave by wave; jobs are looked at beside them."""
        for number, wave in enumerate(waves, 1):
            self._status("reading", number, len(waves))
            more = {"jobs": self.jobs} if late else {}
            lanes = [self._call("read_lane", facts=list(lane), **more) for lane in wave]
            for lane in (yield from self._beside_jobs(lanes, following=not late)):
                self.looked.update(lane.get("facts", {}))
                self.faults += [lane["fault"]] if "fault" in lane else []

    def _judge(self, waves: list[list[str]]) -> Steps:
        """(4) Controls, wave by wave; jobs are looked at beside them."""
        for number, wave in enumerate(waves, 1):
            self._status("judging", number, len(waves))
            yield from self._beside_jobs([self._call("scan_control", control=control) for control in wave], following=True)

    def _wait(self, patience: dict[str, Any]) -> Steps:
        """(3) Until the jobs have ended, or for as long as they may take; what is not there then is unreachable."""
        end = self.context.current_utc_datetime + timedelta(seconds=patience["longest"])
        for seconds in (seconds for count, seconds in patience["polls"] for _ in range(count)):
            yield from self._beside_jobs([], following=True)
            if not self.jobs["pending"] or self.context.current_utc_datetime >= end:
                return
            self._status("waiting")
            yield from self._pause(seconds)

    def _beside_jobs(self, tasks: list[Any], *, following: bool) -> Steps:
        """What the tasks return; the state of the jobs is brought up to date in the same fan-out."""
        follow = [self._call("follow_jobs", jobs=self.jobs)] if following and self.jobs.get("pending") else []
        done = yield from self._all([*tasks, *follow])
        for seen in done[len(tasks) :]:
            self.jobs = seen.get("jobs", self.jobs)  # a fault leaves them as they were last seen
        return done[: len(tasks)]

    def _call(self, name: str, **more: Any) -> Any:
        return self.context.call_activity(name, {**self.order, **more})

    def _one(self, name: str) -> Steps:
        done = yield from self._all([self._call(name)])
        if "fault" in done[0]:
            raise _CannotGoOn(done[0]["fault"])
        return done[0]

    def _all(self, tasks: list[Any]) -> Steps:
        """Wait for all tasks, or for the end of the budget. An empty list is answered here: the library answers it with None."""
        if not tasks:
            return []
        work, watchdog = self.context.task_all(tasks), self.context.create_timer(self.end)
        winner = yield self.context.task_any([work, watchdog])
        if winner == watchdog:
            raise _OverBudget
        watchdog.cancel()
        return [task.result if isinstance(task.result, dict) else {"fault": _ENDED} for task in tasks]

    def _pause(self, seconds: float) -> Steps:
        until = self.context.current_utc_datetime + timedelta(seconds=seconds)
        yield self.context.create_timer(min(until, self.end))
        if self.context.current_utc_datetime >= self.end:
            raise _OverBudget

    def _status(self, phase: str, step: int = 1, of: int = 1) -> None:
        self.context.set_custom_status({"phase": phase, "step": step, "of": of})

    @property
    def _anything_read(self) -> bool:
        # A fact that had nothing to ask is read without an answer, so answers are what counts.
        return any(fact["read"] and fact["pages"] for fact in self.looked.values())

    def _nothing_read(self) -> str:
        reasons = sorted({str(fact["because"]) for fact in self.looked.values() if not fact["read"]} | set(self.faults))
        return f"nothing of the tenant could be read; the first of {len(reasons)} reason(s): {reasons[0]}"
