"""The whole demo scan, at the demo's pace."""

from collections.abc import Iterator

from benchmarks.scanned import scanned
from local.demo import DEFAULT, PACE


def measure() -> Iterator[tuple[tuple[str, str, str], bool]]:
    """Wall time against 1.3 times the lane bound plus 5 s."""
    figures = scanned(DEFAULT, PACE, 0.0)
    allowed = 1.3 * figures.bound + 5
    yield ("demo scan", f"{figures.seconds:.1f} s (lane bound {figures.bound:.1f} s)", f"under {allowed:.1f} s"), figures.seconds < allowed
    yield ("requests of the demo scan", f"{figures.requests} and {figures.polls} polls", "250"), figures.requests <= 250
    yield ("peak memory of the app and its host", f"{figures.megabytes:.0f} MB", "400 MB"), figures.megabytes <= 400
