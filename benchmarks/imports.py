"""Cold import of function_app: time and memory, in fresh processes."""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCRIPT = """
import json, resource, time
begun = time.perf_counter()
import function_app
print(json.dumps([time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""
RUNS, SECONDS, MEGABYTES = 5, 1.0, 80.0


def measure() -> Iterator[tuple[tuple[str, str, str], bool]]:
    """Median of five cold imports."""
    seen = [json.loads(subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, check=True, capture_output=True).stdout) for _ in range(RUNS)]
    seconds, megabytes = statistics.median(s for s, _ in seen), statistics.median(m for _, m in seen)
    yield ("import of function_app", f"{seconds:.2f} s", f"under {SECONDS:g} s"), seconds < SECONDS
    yield ("memory after it", f"{megabytes:.0f} MB", f"under {MEGABYTES:g} MB"), megabytes < MEGABYTES
