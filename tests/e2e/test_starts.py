"""Many starts at the same moment: one run, which completes, and no trace of the others."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.rig import Rig, loads, rig

CLOCK = "%Y%m%d"


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig(tmp_path_factory.mktemp("starts")) as made:
        yield made


def at_once(held: Rig, count: int, **headers: str) -> list[tuple[int, dict[str, Any]]]:
    """So many POST /runs at the same moment."""
    gate = threading.Barrier(count)

    def ask(_: int) -> tuple[int, dict[str, Any]]:
        gate.wait()
        status, _headers, body = held.call("/v1/runs", "POST", **headers)
        return status, loads(body)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(ask, range(count)))


@pytest.mark.parametrize("round_", range(3))
def test_one_run_is_started_and_completes_and_the_others_leave_no_trace(held: Rig, round_: int) -> None:
    held.storage.ensure()
    before = {run.id for run in held.storage.runs.list()}
    answers = at_once(held, 6)
    assert sorted(status for status, _ in answers) == [202, 409, 409, 409, 409, 409]
    (run,) = {body["run"] for _, body in answers}
    held.host.wait("scan", timeout=120)
    assert {each.id for each in held.storage.runs.list()} - before == {run}
    assert held.storage.runs.get(run).status == "completed"


def test_the_same_request_sent_several_times_at_once_is_accepted_each_time(held: Rig) -> None:
    answers = at_once(held, 5, **{"Idempotency-Key": "nightly-2026-11-24"})
    assert {status for status, _ in answers} == {202}
    (run,) = {body["run"] for _, body in answers}
    held.host.wait("scan", timeout=120)
    status, _, body = held.call("/v1/runs", "POST", **{"Idempotency-Key": "nightly-2026-11-24"})
    assert (status, loads(body)["run"], loads(body)["status"]) == (202, run, "completed")
    assert held.call("/v1/runs", "POST", **{"Idempotency-Key": "another"})[0] == 202
    held.host.wait("scan", timeout=120)


def test_a_manual_run_under_way_does_not_cost_the_day_its_timer_run(held: Rig) -> None:
    from runs.context import context

    day = context().clock().strftime(CLOCK)
    assert held.call("/v1/runs", "POST")[0] == 202
    held.host.fire_timer("daily_scan")
    assert held.storage.runs.slot(day) is None
    held.host.wait("scan", timeout=120)
    held.host.fire_timer("daily_scan", past_due=True)
    held.host.wait("scan", timeout=120)
    newest = held.storage.runs.list()[0]
    assert (newest.trigger, newest.status, held.storage.runs.slot(day)) == ("timer", "completed", newest.id)


def test_the_place_to_look_is_a_whole_address_that_can_be_followed(held: Rig) -> None:
    status, headers, _ = held.call("/v1/runs", "POST")
    assert status == 202
    assert headers["Location"].startswith(f"{held.host.url}/api/v1/runs/")
    assert "?" not in headers["Location"]
    key = held.host.keys.default
    status, headers, _ = held.call(f"/v1/runs?code={key}", "POST", key=None)
    assert (status, headers["Location"].rpartition("?code=")[2]) == (409, key)
    place = headers["Location"].removeprefix(f"{held.host.url}/api")
    assert held.call(place, key=None)[0] == 202, "who follows the address needs nothing else"
    held.host.wait("scan", timeout=120)
    assert held.call(place, key=None)[0] == 200


def test_a_run_that_was_lost_ends_when_the_next_begins(held: Rig) -> None:
    from runs.context import context
    from runs.starting import record

    lost = {"run": "20261101T030000Z-0aaa", "trigger": "timer", "slot": "20261101", "started_at": "2026-11-01T03:00:00+00:00"}
    record(context(), lost)
    run = held.scan().run
    assert held.storage.runs.get("20261101T030000Z-0aaa").status == "failed"
    assert held.storage.runs.get(run).status == "completed"


def test_a_step_that_is_executed_late_takes_no_later_run_for_a_lost_one(held: Rig) -> None:
    from runs.context import context
    from runs.starting import abandoned, record

    later = {"run": "20991101T030000Z-0aaa", "trigger": "manual", "slot": None, "started_at": "2099-11-01T03:00:00+00:00"}
    record(context(), later)
    assert abandoned(held.storage, datetime(2026, 11, 24, 3, tzinfo=UTC)) == []
    assert abandoned(held.storage, datetime(2099, 11, 2, 3, tzinfo=UTC)) == ["20991101T030000Z-0aaa"]


def test_a_platform_that_starts_nothing_is_a_fault_and_no_conflict(held: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    from azure.durable_functions import DurableOrchestrationClient

    async def broken(*_: Any, **__: Any) -> str:
        raise Exception("boom")

    before = len(held.storage.runs.list())
    monkeypatch.setattr(DurableOrchestrationClient, "start_new", broken)
    status, _, body = held.call("/v1/runs", "POST")
    assert (status, "boom" in body.decode()) == (503, False)
    assert len(held.storage.runs.list()) == before
    assert json.loads(body)["title"] == "Service Unavailable"


def test_a_start_that_the_platform_takes_in_and_drops_leaves_no_trace(held: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Azure two starts at the same moment may both be taken in, and one of them dropped without a word."""
    from azure.durable_functions import DurableOrchestrationClient

    from runs import starting

    first = loads(held.call("/v1/runs", "POST")[2])["run"]
    before, looked = {run.id for run in held.storage.runs.list()}, []
    under_way = starting.under_way

    async def not_yet(client: Any) -> Any:
        looked.append(1)
        return None if len(looked) == 1 else await under_way(client)  # it began just after this start had looked

    async def dropped(*_: Any, **__: Any) -> str:
        return "scan"

    monkeypatch.setattr(starting, "under_way", not_yet)
    monkeypatch.setattr(DurableOrchestrationClient, "start_new", dropped)
    status, _, body = held.call("/v1/runs", "POST", **{"Idempotency-Key": "dropped"})
    assert (status, loads(body)["run"]) == (409, first)
    assert {run.id for run in held.storage.runs.list()} == before
    monkeypatch.undo()
    held.host.wait("scan", timeout=120)
    assert held.call("/v1/runs", "POST", **{"Idempotency-Key": "dropped"})[0] == 202
    held.host.wait("scan", timeout=120)


def test_a_key_that_is_used_again_on_another_day_starts_another_run(held: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    from runs.context import Context

    key = {"Idempotency-Key": "nightly"}
    first = loads(held.call("/v1/runs", "POST", **key)[2])["run"]
    held.host.wait("scan", timeout=120)
    assert loads(held.call("/v1/runs", "POST", **key)[2])["run"] == first
    monkeypatch.setattr(Context, "clock", lambda _: datetime.now(UTC) + timedelta(hours=25))
    second = loads(held.call("/v1/runs", "POST", **key)[2])["run"]
    held.host.wait("scan", timeout=120)
    assert second > first
    assert loads(held.call("/v1/runs", "POST", **key)[2])["run"] == second
