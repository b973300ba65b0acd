"""Tenants of growing size: time against the least that throttle classes and asynchronous jobs allow, requests, and memory.

The run of 5,000 users is at Microsoft's own pace with 120 ms for each answer, so it takes minutes. The others show growth, so they run faster.
"""

from collections.abc import Iterator
from itertools import pairwise

from benchmarks.scanned import Figures, scanned
from local.tenant import generate

Measured = tuple[tuple[str, str, str], bool]
REAL_USERS, LATENCY = 5_000, 0.12
GROWING, FAST = (1_000, 10_000, 100_000), 0.02
STEEPER = 1.5  # the cost of a user may grow by so much from the second size to the third; fixed costs make the first one dearer


def measure() -> Iterator[Measured]:
    """The real pace first, then growth."""
    yield from _real(scanned(generate.tenant(REAL_USERS), 1.0, LATENCY))
    yield from _growth([scanned(generate.tenant(users), FAST, 0.0) for users in GROWING])


def _real(figures: Figures) -> Iterator[Measured]:
    name = f"{REAL_USERS:,} users, {LATENCY * 1000:.0f} ms, real throttle classes"
    seen = f"{figures.seconds:.0f} s, {figures.ratio:.2f} times the bound of {figures.bound:.0f} s"
    yield (f"{name}: time", seen, "1.3 times"), figures.ratio <= 1.3
    yield (f"{name}: requests", f"{figures.requests} and {figures.polls} polls", "250"), figures.requests <= 250
    yield (f"{name}: peak memory", f"{figures.megabytes:.0f} MB", "400 MB"), figures.megabytes <= 400


def _growth(sizes: list[Figures]) -> Iterator[Measured]:
    """Growth is told by processor time: the wall time of these runs is mostly that of the simulated tenant, which makes the answers."""
    slopes = [(b.cpu - a.cpu) / (b.users - a.users) for a, b in pairwise(sizes)]
    for users, figures in zip(GROWING, sizes, strict=True):
        seen = f"{figures.seconds:.0f} s, {figures.cpu:.0f} s of processor, {figures.requests} requests, {figures.megabytes:.0f} MB"
        yield (f"{users:,} users, at {FAST} of the pace", seen, "600 MB"), figures.megabytes <= 600
    per_thousand = " then ".join(f"{1000 * slope:.2f} s" for slope in slopes)
    yield ("processor time of each further 1,000 users", per_thousand, f"no more than {STEEPER:g} times dearer"), slopes[1] <= STEEPER * slopes[0]
