"""Package and report of a tenant of 5,000 users: the time of the closing activity, memory, and the size of the page."""

from collections.abc import Iterator

from benchmarks.scanned import scanned
from local.tenant import generate

USERS, PACE = 5_000, 0.02


def measure() -> Iterator[tuple[tuple[str, str, str], bool]]:
    """One scan; memory is that of the whole process, so the closing activity takes no more than this."""
    figures = scanned(generate.tenant(USERS), PACE, 0.0)
    yield (f"package and report of {USERS:,} users", f"{figures.closing:.1f} s", "5 s"), figures.closing <= 5
    yield ("peak memory of the process that makes them", f"{figures.megabytes:.0f} MB", "300 MB"), figures.megabytes <= 300
    yield ("report.html", f"{figures.report_bytes / 1e6:.2f} MB", "2 MB"), figures.report_bytes <= 2_000_000
