"""Pace, patience and places, on a virtual clock."""

import asyncio
import threading
from datetime import UTC, datetime

import pytest

from scanners.doors.pacing import LIMITS, Gate, Gates, Limit, Slots
from scanners.doors.waiting import Patience, pause, retry_after
from scanners.errors import Unreachable
from scanners.model import Throttle
from tests.doors.rig import VirtualTime

NOW = datetime(2026, 11, 24, 3, 0, 0, tzinfo=UTC)


def test_every_class_has_a_limit_and_a_source() -> None:
    assert set(LIMITS) == set(Throttle)
    assert all(limit.source for limit in LIMITS.values())
    access = LIMITS[Throttle.CONDITIONAL_ACCESS]
    assert (access.requests, access.window, access.at_once) == (1, 1.1, 1)
    assert (LIMITS[Throttle.REPORTS].requests, LIMITS[Throttle.REPORTS].window) == (5, 10)
    assert LIMITS[Throttle.EXCHANGE].at_once == LIMITS[Throttle.PURVIEW].at_once == 3
    assert LIMITS[Throttle.TEAMS_ADMIN].at_once == 1


async def _starts(gate: Gate, time: VirtualTime, count: int, cost: int = 1, until: float = 1e9) -> list[float]:
    starts = []

    async def one() -> None:
        async with gate.turn(until, cost):
            starts.append(time.monotonic())

    for _ in range(count):
        await one()
    return starts


def test_a_window_holds_no_more_than_its_requests() -> None:
    time = VirtualTime()
    starts = asyncio.run(_starts(Gate(Limit(requests=5, window=10), time), time, 23))
    for first in starts:
        assert sum(first <= start < first + 10 for start in starts) <= 5
    assert starts[-1] - starts[0] == pytest.approx(40)


def test_pace_shortens_windows() -> None:
    time = VirtualTime()
    starts = asyncio.run(_starts(Gate(Limit(requests=5, window=10), time, 0.05), time, 23))
    assert starts[-1] - starts[0] == pytest.approx(2)


def test_a_batch_counts_for_what_it_holds() -> None:
    time = VirtualTime()
    starts = asyncio.run(_starts(Gate(Limit(requests=40, window=10), time), time, 5, cost=20))
    assert [s - starts[0] for s in starts] == pytest.approx([0, 0, 10, 10, 20])


def test_one_at_a_time_keeps_its_distance_from_the_last_answer() -> None:
    time = VirtualTime()
    gate = Gate(LIMITS[Throttle.CONDITIONAL_ACCESS], time)

    async def story() -> float:
        async with gate.turn(1e9):
            await time.sleep(3)
        answered = time.monotonic()
        async with gate.turn(1e9):
            return time.monotonic() - answered

    assert asyncio.run(story()) == pytest.approx(1.1)


def test_a_turn_that_comes_too_late_is_not_waited_for() -> None:
    time = VirtualTime()
    gate = Gate(Limit(requests=1, window=100), time)
    with pytest.raises(Unreachable):
        asyncio.run(_starts(gate, time, 2, until=time.seconds + 50))
    assert time.waited == 0


def test_a_pause_that_was_asked_for_holds_for_the_whole_class() -> None:
    time = VirtualTime()
    gate = Gate(Limit(), time)
    gate.shut(30)
    (start,) = asyncio.run(_starts(gate, time, 1))
    assert start == pytest.approx(1030)


def test_places_are_handed_on_in_order_and_survive_cancellation() -> None:
    async def story() -> list[int]:
        slots, order = Slots(1), []
        await slots.take()

        async def one(number: int) -> None:
            await slots.take()
            order.append(number)
            slots.give_back()

        tasks = [asyncio.create_task(one(n)) for n in range(4)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        slots.give_back()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.wait_for(slots.take(), 1)
        return order

    assert asyncio.run(story()) == [0, 2, 3]


def test_places_are_shared_between_event_loops() -> None:
    gates, time, inside, most = Gates(VirtualTime()), VirtualTime(), [0], [0]
    lock = threading.Lock()

    async def one() -> None:
        async with gates[Throttle.TEAMS_ADMIN].turn(1e9):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            await asyncio.sleep(0.005)
            with lock:
                inside[0] -= 1

    async def several() -> None:
        await asyncio.gather(*(one() for _ in range(4)))

    threads = [threading.Thread(target=lambda: asyncio.run(several())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    assert most[0] == 1
    assert time.waited == 0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Tue, 24 Nov 2026 03:00:30 GMT"}, 30.0),
        ({"retry-after": "Tue, 24 Nov 2026 05:00:30 GMT", "date": "Tue, 24 Nov 2026 05:00:00 GMT"}, 30.0),
        ({"retry-after": "Tue, 24 Nov 2026 02:00:00 GMT"}, 0.0),
        ({"retry-after": "Tue, 99 Nov"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


def test_pauses_grow_and_are_scattered() -> None:
    patience = Patience(first=1.0)
    assert [pause(patience, n, asked=None, throttled=False, chance=lambda: 0.0) for n in (1, 2, 3)] == [0, 0, 0]
    assert [pause(patience, n, asked=None, throttled=False, chance=lambda: 1.0) for n in (1, 2, 3, 9)] == [1, 2, 4, 30]
    assert [pause(patience, n, asked=None, throttled=True, chance=lambda: 0.0) for n in (1, 2, 3)] == [1, 2, 4]
    assert pause(patience, 1, asked=20.0, throttled=True, chance=lambda: 0.0) == 20
