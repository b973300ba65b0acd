"""Time and patience: the clock that is handed in, and how long to wait before asking again."""

import asyncio
import math
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

Chance = Callable[[], float]  # a number in [0, 1)

LONGEST_BACKOFF = 30.0  # seconds, before jitter; what a server asks for is not cut by it


class Time(Protocol):
    """A clock and a way to wait. Tests hand in a virtual one."""

    def monotonic(self) -> float:
        """Seconds that only grow."""
        ...

    def now(self) -> datetime:
        """The time of day, aware, UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class RealTime:
    """The machine's clock."""

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    def now(self) -> datetime:
        """The time of day, aware, UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often one request is tried, and how the pauses grow.

    `first` is the unit of the pauses in seconds. A 429 without Retry-After waits at least `first * 2^n`; everything else waits a
    random part of it (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/, full jitter).
    """

    attempts: int = 4
    first: float = 1.0


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """What Retry-After asks for, in seconds; None when absent or unreadable (RFC 9110, 10.2.3: seconds or a date).

    A date is measured against the answer's own Date header where there is one, so that a wrong clock here does no harm.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        return _until(text, headers, now)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _until(text: str, headers: Mapping[str, str], now: datetime) -> float | None:
    try:
        when = parsedate_to_datetime(text)
        sent = parsedate_to_datetime(headers["date"]) if headers.get("date") else now
    except ValueError:
        return None
    if when.tzinfo is None or sent.tzinfo is None:
        return None
    return max(0.0, (when - sent).total_seconds())


def pause(patience: Patience, failures: int, *, asked: float | None, throttled: bool, chance: Chance = random.random) -> float:
    """Seconds before the next attempt, after `failures` failed ones (1 or more)."""
    step = min(LONGEST_BACKOFF, patience.first * float(2 ** (failures - 1)))
    if asked is not None:
        return asked + chance() * min(1.0, patience.first)  # so that not all who were sent away come back in the same instant
    return step + chance() * step if throttled else chance() * step
