"""The pure parts: schedules, routes, the walk over actions. And what importing the package costs."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.host import history as h
from local.host.errors import IndexingError, NonDeterminismError, SettingError
from local.host.routes import find, route
from local.host.schedule import parse, resolve
from local.host.walk import walk

NOON = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("0 0 3 * * *", "2026-11-25T03:00:00"),
        ("0 */5 * * * *", "2026-11-24T12:05:00"),
        ("30 0 12 * * *", "2026-11-24T12:00:30"),
        ("0 0 12 * * *", "2026-11-25T12:00:00"),
        ("0 30 9-17/2 * * 1-5", "2026-11-24T13:30:00"),
        ("0 0 0 1 jan *", "2027-01-01T00:00:00"),
        ("0 0 0 * * sun,sat", "2026-11-28T00:00:00"),
        ("0 0 0 29 2 *", "2028-02-29T00:00:00"),
        ("0 0 6 * * Sunday", "2026-11-29T06:00:00"),
    ],
)
def test_the_next_time_of_a_schedule(text: str, after: str) -> None:
    assert parse(text).after(NOON) == datetime.fromisoformat(after).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "* * * * *", "0 0 3 * * * *", "60 0 3 * * *", "0 0 3 0 * *", "0 0 3 * * monday-", "0 0 x * * *", "0 */0 * * * *", "0 9-5 * * * *"]
)
def test_a_malformed_schedule_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="schedule"):
        parse(text)


def test_a_schedule_that_never_comes_is_refused() -> None:
    with pytest.raises(SettingError, match="never"):
        parse("0 0 0 31 2 *").after(NOON)


def test_settings_in_bindings_are_resolved_or_named() -> None:
    assert resolve("a-%X%-%Y%", {"X": "1", "Y": "2"}) == "a-1-2"
    with pytest.raises(SettingError, match="the setting Y is not set"):
        resolve("%X%%Y%", {"X": "1", "Y": ""})


def test_routes_with_constraints_and_optional_parts() -> None:
    routes = [
        route("api/v1/runs/{run}", ["GET"], "run"),
        route("api/v1/runs/latest", ["GET"], "latest"),
        route("api/v1/runs/{number:int}", ["GET"], "number"),
        route("api/v1/{*rest}", [], "rest"),
        route("api/page/{name?}", ["GET"], "page"),
    ]
    expected = {
        "api/v1/runs/latest": ("latest", {}),
        "api/v1/runs/7": ("number", {"number": "7"}),
        "api/v1/runs/abc": ("run", {"run": "abc"}),
        "api/v1/other/deep": ("rest", {"rest": "other/deep"}),
        "api/page": ("page", {}),
        "api/page/x": ("page", {"name": "x"}),
    }
    for path, (target, values) in expected.items():
        found = find(routes, "GET", path)
        assert found is not None
        assert (found[0].target, found[1]) == (target, values)
    assert find(routes, "POST", "api/page/x") is None
    assert find(routes, "GET", "api/page/x/y") is None


@pytest.mark.parametrize("template", ["{a}-{b}", "{a:regex(x)}", "{*rest}/more", "{a?}/b"])
def test_route_forms_this_host_does_not_know_are_refused(template: str) -> None:
    with pytest.raises(IndexingError):
        route(template, [], None)


def _call(name: str) -> dict[str, object]:
    return {"actionType": 0, "functionName": name, "input": "null"}


BEGIN = [h.event(h.ORCHESTRATOR_STARTED, NOON), h.started(NOON, "o", None, "", "i")]


def test_an_action_is_awaited_before_the_next_is_numbered() -> None:
    actions = [_call("a"), {"actionType": 12, "compoundActions": [_call("b"), _call("c")]}, _call("d")]
    first = walk(actions, BEGIN)
    assert [(made.number, made.name) for made in first.new] == [(0, "a")]
    events = [*BEGIN, h.event(h.TASK_SCHEDULED, NOON, 0, Name="a"), h.completed(NOON, 0, "1")]
    assert [(made.number, made.name) for made in walk(actions, events).new] == [(1, "b"), (2, "c")]
    events += [h.event(h.TASK_SCHEDULED, NOON, n, Name=name) for n, name in ((1, "b"), (2, "c"))]
    events += [h.failed(NOON, 1, "no", "")]
    assert walk(actions, events).new == ()  # c is still awaited, though b failed
    assert [made.name for made in walk(actions, [*events, h.completed(NOON, 2, "1")]).new] == ["d"]


def test_retries_take_their_numbers_from_the_order_of_failures() -> None:
    retry = {"firstRetryIntervalInMilliseconds": 1000, "maxNumberOfAttempts": 2}
    again = {"actionType": 1, "functionName": "r", "input": "1", "retryOptions": retry}
    actions = [{"actionType": 12, "compoundActions": [{"actionType": 12, "compoundActions": [again]}, _call("s")]}]
    events = [*BEGIN, h.event(h.TASK_SCHEDULED, NOON, 0, Name="r"), h.event(h.TASK_SCHEDULED, NOON, 1, Name="s"), h.failed(NOON, 0, "no", "")]
    (timer,) = walk(actions, events).new
    assert (timer.number, timer.kind) == (2, h.TIMER_CREATED)
    assert timer.fire_at == NOON.replace(second=1)
    events += [h.event(h.TIMER_CREATED, NOON, 2), h.event(h.TIMER_FIRED, NOON, TimerId=2)]
    (second,) = walk(actions, events).new
    assert (second.number, second.name, second.text) == (3, "r", "1")


def test_nothing_is_settled_while_a_timer_is_open() -> None:
    timer = {"actionType": 5, "fireAt": "2026-11-24T13:00:00.000000Z", "isCanceled": False}
    actions = [{"actionType": 11, "compoundActions": [_call("a"), timer]}]
    events = [*BEGIN, h.event(h.TASK_SCHEDULED, NOON, 0, Name="a"), h.event(h.TIMER_CREATED, NOON, 1), h.completed(NOON, 0, "1")]
    assert not walk(actions, events).settled
    timer["isCanceled"] = True
    given_up = walk(actions, events)
    assert given_up.settled
    assert given_up.cancelled == {1}


@pytest.mark.parametrize(
    "recorded",
    [h.event(h.TASK_SCHEDULED, NOON, 0, Name="b"), h.event(h.TASK_SCHEDULED, NOON, 1, Name="a"), h.event(h.TIMER_CREATED, NOON, 0)],
)
def test_history_that_the_actions_do_not_explain_is_refused(recorded: h.Event) -> None:
    with pytest.raises(NonDeterminismError):
        walk([_call("a")], [*BEGIN, recorded])


def test_importing_the_host_loads_neither_graph_nor_storage_nor_web_server() -> None:
    heavy = ("msgraph", "kiota_http", "azure.storage", "azure.data", "azure.functions", "azure.durable_functions", "aiohttp")
    code = f"import sys, local.host, local.azurite; print([name for name in {heavy!r} if name in sys.modules])"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
