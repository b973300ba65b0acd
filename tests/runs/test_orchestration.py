"""The course of a run, replayed through the real SDK."""

import json
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest

from runs.orchestration import course
from tests.runs.replay import HANGS, TIMES_OUT, Replay

ROOT = Path(__file__).parent.parent.parent
ORDER = {"run": "20261124T030000Z-3f9c", "trigger": "timer", "slot": "20261124", "started_at": "2026-11-24T03:00:00+00:00", "budget_seconds": 14400}
READ = {"read": True, "pages": 1, "because": ""}
UNREAD = {"read": False, "pages": 0, "because": "no permission"}
NO_JOBS = {"pending": False}
PATIENCE = {"polls": [[2, 15.0], [1_000_000_000, 60.0]], "longest": 900.0}
PLAN = {
    "waves": [[["subscribed_skus"]], [["a", "b"], ["c"]]],
    "controls": [["one", "two"], ["three"]],
    "late_waves": [],
    "late_controls": [],
    "jobs": NO_JOBS,
    "patience": PATIENCE,
}
WITH_JOBS = {**PLAN, "late_waves": [[["mail"], ["heartbeat"]]], "late_controls": [["four"]], "jobs": {"pending": True, "seen": 0}}


def _scan(context: df.DurableOrchestrationContext) -> Any:
    return (yield from course(context))


def _replay(**changed: Any) -> Replay:
    function = df.Orchestrator.create(_scan)
    activities = {
        "plan_run": lambda order: PLAN,
        "follow_jobs": lambda order: {"jobs": {"pending": False}},
        "clear_jobs": lambda order: {},
        "read_lane": lambda order: {"facts": dict.fromkeys(order["facts"], READ)},
        "scan_control": lambda order: {"control": order["control"], "outcome": "pass"},
        "close_run": lambda order: {"run": order["run"], "status": "completed", "counts": {"pass": 3}},
        "fail_run": lambda order: {"run": order["run"], "status": "failed", "failure": order["reason"]},
        "announce": lambda outcome: {},
    }
    return Replay(function, {**activities, **changed.pop("activities", {})}, **changed)


def _names(replay: Replay) -> list[str]:
    return [name for name, _ in replay.calls]


def test_facts_come_in_waves_of_lanes_then_controls_then_the_close() -> None:
    replay = _replay()
    reply = replay.run(ORDER)
    assert reply["output"] == {"run": ORDER["run"], "status": "completed", "counts": {"pass": 3}}
    assert _names(replay) == [
        "plan_run",
        "read_lane",
        "read_lane",
        "read_lane",
        "scan_control",
        "scan_control",
        "scan_control",
        "close_run",
        "announce",
    ]
    assert [given["facts"] for name, given in replay.calls if name == "read_lane"] == [["subscribed_skus"], ["a", "b"], ["c"]]
    assert [given["control"] for name, given in replay.calls if name == "scan_control"] == ["one", "two", "three"]
    assert replay.calls[-1][1]["status"] == "completed"


def test_the_watchdog_is_cancelled_so_that_the_instance_ends_with_the_run() -> None:
    replay = _replay()
    replay.run(ORDER)
    assert replay.cancelled == 6, "one for each wait: plan, two waves of facts, two of controls, close"
    assert replay.open == []


def test_an_empty_fan_out_is_no_fault() -> None:
    empty = {"plan_run": lambda order: {**PLAN, "waves": [], "controls": [[]]}}
    replay = _replay(activities=empty)
    assert replay.run(ORDER)["output"]["status"] == "completed"
    assert _names(replay) == ["plan_run", "close_run", "announce"]


def test_an_activity_that_returns_a_fault_does_not_end_the_others() -> None:
    faulty = {"scan_control": lambda order: {"fault": "broke"} if order["control"] == "one" else {"control": order["control"], "outcome": "pass"}}
    replay = _replay(activities=faulty)
    assert replay.run(ORDER)["output"]["status"] == "completed"
    assert _names(replay).count("scan_control") == 3


@pytest.mark.parametrize("step", ["plan_run", "close_run"])
def test_a_run_that_cannot_be_planned_or_closed_is_recorded_as_failed(step: str) -> None:
    replay = _replay(activities={step: lambda order: {"fault": f"{step}: the store cannot be reached"}})
    output = replay.run(ORDER)["output"]
    assert output["status"] == "failed"
    assert "the store cannot be reached" in output["failure"]
    assert _names(replay)[-2:] == ["fail_run", "announce"]


def test_when_nothing_of_the_tenant_could_be_read_the_run_fails_and_judges_nothing() -> None:
    replay = _replay(activities={"read_lane": lambda order: {"facts": dict.fromkeys(order["facts"], UNREAD)}})
    output = replay.run(ORDER)["output"]
    assert output["status"] == "failed"
    assert "no permission" in output["failure"]
    assert "scan_control" not in _names(replay)


def test_a_fact_that_had_nothing_to_ask_is_no_answer_of_the_tenant() -> None:
    """Whoever is asked about no account at all is read at once, also when nobody answers."""
    idle = {"read": True, "pages": 0, "because": ""}
    silent = {"read_lane": lambda order: {"facts": {f: idle if f == "c" else UNREAD for f in order["facts"]}}}
    output = _replay(activities=silent).run(ORDER)["output"]
    assert output["status"] == "failed"
    assert output["failure"].endswith("no permission")


def test_when_every_lane_failed_the_run_fails_with_their_reason() -> None:
    replay = _replay(activities={"read_lane": lambda order: {"fault": "read_lane: the store cannot be reached"}})
    assert "the store cannot be reached" in replay.run(ORDER)["output"]["failure"]


def test_one_readable_fact_is_enough_to_judge() -> None:
    some = {"read_lane": lambda order: {"facts": {f: READ if f == "c" else UNREAD for f in order["facts"]}}}
    assert _replay(activities=some).run(ORDER)["output"]["status"] == "completed"


def test_a_lane_that_failed_altogether_leaves_the_rest() -> None:
    some = {"read_lane": lambda order: {"fault": "lost"} if order["facts"] == ["c"] else {"facts": dict.fromkeys(order["facts"], READ)}}
    assert _replay(activities=some).run(ORDER)["output"]["status"] == "completed"


@pytest.mark.parametrize("step", ["plan_run", "read_lane", "scan_control", "close_run"])
def test_a_run_past_its_budget_is_ended_and_reported_as_failed(step: str) -> None:
    replay = _replay(activities={step: lambda order: HANGS})
    output = replay.run(ORDER)["output"]
    assert output["status"] == "failed"
    assert "budget of 14400 seconds" in output["failure"]
    assert _names(replay)[-2:] == ["fail_run", "announce"]
    assert set(replay.open) == {step}, "the instance goes on until the platform ends what hangs; the run is over for everybody who asks"


def test_the_platform_ends_what_hangs_long_before_the_next_run_is_due() -> None:
    minutes = json.loads((ROOT / "host.json").read_text())["functionTimeout"].split(":")
    assert int(minutes[0]) * 60 + int(minutes[1]) <= 30


@pytest.mark.parametrize("step", ["plan_run", "close_run"])
def test_a_step_without_which_nothing_goes_on_fails_the_run_when_the_platform_ends_it(step: str) -> None:
    replay = _replay(activities={step: lambda order: TIMES_OUT})
    output = replay.run(ORDER)["output"]
    assert output["status"] == "failed"
    assert "the time that the platform gives" in output["failure"]
    assert _names(replay)[-2:] == ["fail_run", "announce"]
    assert replay.open == []


@pytest.mark.parametrize("step", ["read_lane", "scan_control"])
def test_one_lane_or_control_that_the_platform_ends_leaves_the_rest(step: str) -> None:
    calls: list[Any] = []

    def first_hangs(order: Any) -> Any:
        calls.append(order)
        if len(calls) == 2:
            return TIMES_OUT
        return {"facts": dict.fromkeys(order["facts"], READ)} if step == "read_lane" else {"control": order["control"]}

    replay = _replay(activities={step: first_hangs})
    assert replay.run(ORDER)["output"]["status"] == "completed"
    assert _names(replay).count(step) == 3
    assert replay.open == []


def test_activities_executed_twice_change_nothing_for_the_orchestration() -> None:
    once, twice = _replay(), _replay(twice=True)
    assert once.run(ORDER)["output"] == twice.run(ORDER)["output"]


def test_every_input_and_output_is_small() -> None:
    replay = _replay()
    replay.run(ORDER)
    assert max(len(json.dumps(given)) for _, given in replay.calls) < 16 * 1024


def _followed(until: int) -> Any:
    """Jobs that have ended when they are looked at for the time `until`."""

    def follow(order: Any) -> Any:
        seen = order["jobs"]["seen"] + 1
        return {"jobs": {"pending": seen < until, "seen": seen}}

    return {"plan_run": lambda order: WITH_JOBS, "follow_jobs": follow}


def test_jobs_are_followed_beside_facts_and_controls_and_what_waits_comes_late() -> None:
    replay = _replay(activities=_followed(1))
    assert replay.run(ORDER)["output"]["status"] == "completed"
    names = _names(replay)
    assert names[:3] == ["plan_run", "read_lane", "follow_jobs"], "beside the first wave"
    assert names.count("follow_jobs") == 1, "not again, once they have ended"
    assert [given.get("control", given.get("facts")) for name, given in replay.calls if name in ("scan_control", "read_lane")] == [
        ["subscribed_skus"],
        ["a", "b"],
        ["c"],
        "one",
        "two",
        "three",
        ["mail"],
        ["heartbeat"],
        "four",
    ]
    assert names.index("clear_jobs") > max(at for at, name in enumerate(names) if name == "read_lane")
    late = [given["jobs"] for name, given in replay.calls if name == "read_lane" and "jobs" in given]
    assert late == [{"pending": False, "seen": 1}] * 2
    assert replay.fired == 0, "no timer was needed"


def test_jobs_that_take_long_are_waited_for_with_timers_that_grow_apart() -> None:
    replay = _replay(activities=_followed(9))
    assert replay.run(ORDER)["output"]["status"] == "completed"
    assert replay.fired == 4, "beside two waves of facts and two of controls, then once more, and after each timer"
    assert replay.waited == [15.0, 15.0, 60.0, 60.0]
    assert replay.open == []


def test_jobs_that_never_end_are_waited_for_no_longer_than_they_may_take() -> None:
    replay = _replay(activities=_followed(10**9))
    assert replay.run(ORDER)["output"]["status"] == "completed"
    assert sum(replay.waited) <= 900 + 60
    late = [given["jobs"]["pending"] for name, given in replay.calls if name == "read_lane" and "jobs" in given]
    assert late == [True, True], "the facts say that nothing came in time"
    assert _names(replay).count("clear_jobs") == 1


def test_a_look_at_jobs_that_goes_wrong_leaves_them_as_they_were() -> None:
    calls: list[Any] = []

    def follow(order: Any) -> Any:
        calls.append(order["jobs"])
        return {"fault": "follow_jobs: the store cannot be reached"} if len(calls) < 7 else {"jobs": {"pending": False, "seen": 7}}

    replay = _replay(activities={"plan_run": lambda order: WITH_JOBS, "follow_jobs": follow})
    assert replay.run(ORDER)["output"]["status"] == "completed"
    assert calls == [WITH_JOBS["jobs"]] * 7


@pytest.mark.parametrize("step", ["follow_jobs", "clear_jobs"])
def test_a_job_step_that_hangs_ends_with_the_budget(step: str) -> None:
    replay = _replay(activities={**_followed(3), step: lambda order: HANGS})
    output = replay.run(ORDER)["output"]
    assert "budget of 14400 seconds" in output["failure"]


def test_a_budget_that_ends_during_a_pause_leaves_no_timer() -> None:
    replay = _replay(activities=_followed(10**9))
    output = replay.run({**ORDER, "budget_seconds": 40})["output"]
    assert output["status"] == "failed"
    assert replay.waited == [15.0, 15.0, 8.0], "the last one ends with the budget"
    assert replay.open == []
    assert _names(replay)[-2:] == ["fail_run", "announce"]


def test_without_a_readable_fact_early_controls_wait_for_the_late_facts() -> None:
    lanes = {"read_lane": lambda order: {"facts": {f: READ if f == "mail" else UNREAD for f in order["facts"]}}}
    replay = _replay(activities={**_followed(1), **lanes})
    assert replay.run(ORDER)["output"]["status"] == "completed"
    names = _names(replay)
    assert names.index("scan_control") > names.index("clear_jobs")
    assert names.count("scan_control") == 4


def test_executed_twice_with_jobs_nothing_changes() -> None:
    once, twice = _replay(activities=_followed(6)), _replay(activities=_followed(6), twice=True)
    assert once.run(ORDER)["output"] == twice.run(ORDER)["output"]
    assert once.waited == twice.waited
