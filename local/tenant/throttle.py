"""Throttling by class, as Microsoft Graph does it: windows and limits of its published table, shrunk by the server's pace.

Retry-After is in the tenant's own seconds: a client that runs at the same pace waits value times pace.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable

from local.tenant.answers import Refusal


@dataclasses.dataclass(frozen=True)
class Limit:
    """`units` in `window` seconds; `header` says whether a 429 carries Retry-After."""

    units: float
    window: float
    header: bool = True
    code: str = "TooManyRequests"
    message: str = "Too Many Requests"


LIMITS = {
    "CA": Limit(1, 1, header=False, message="Too many requests"),
    "RPT": Limit(
        5, 10, code="UnknownError", message="This request is throttled. Please try again after the value specified in the Retry-After header."
    ),
    "INT": Limit(2000, 20),
    "SEC": Limit(150, 60),
    "TMS": Limit(30, 1),
    "SVC": Limit(240, 60),
    "SPO": Limit(600, 60, code="activityLimitReached", message="The request has been throttled"),
    "UAL": Limit(200, 86400),
    "EXO": Limit(60, 10),
}
SLACK = 0.25  # a client that keeps the published rate must not trip over the clock's jitter


def directory_limit(users: int) -> Limit:
    """Resource units per 10 s of the directory class, by the tenant's size (S, M, L of the published table)."""
    return Limit(3500 if users < 50 else 5000 if users <= 500 else 8000, 10)


class Throttle:
    """Token buckets of one tenant. `clock` gives seconds; it is real time unless a test hands in another."""

    def __init__(self, users: int, pace: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = {**LIMITS, "DIR": directory_limit(users)}
        self.enabled = True
        self._pace, self._clock = pace, clock
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, name: str, cost: float = 1) -> None:
        """Counts one request of a class; raises the class's 429 when its bucket is empty."""
        limit = self.limits.get(name)
        if limit is None or not self.enabled:
            return
        now, window = self._clock(), limit.window * self._pace
        room = limit.units * (1 + (SLACK if limit.units <= 5 else 0))
        level, then = self._levels.get(name, (room, now))
        level = min(room, level + (now - then) * limit.units / window)
        if level < min(cost, limit.units):
            self._levels[name] = (level, now)
            seconds = max(1, math.ceil((cost - level) * limit.window / limit.units))
            raise Refusal(429, limit.code, limit.message, {"Retry-After": str(seconds)} if limit.header else {})
        self._levels[name] = (level - cost, now)
