"""`python -m benchmarks [NAME ...]`: run benchmarks and print their figures as a table, with the machine they were measured on."""

import importlib
import os
import platform
import sys
from collections.abc import Callable, Iterable

NAMES = ("imports", "demo", "scale", "judging", "conditional_access", "package", "readers")
Row = tuple[str, str, str]  # what, figure, target


def main(chosen: Iterable[str]) -> int:
    """Exit code 1 when a figure misses its target."""
    print(f"Machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| what | measured | target |\n|---|---|---|")
    missed = 0
    for name in chosen or NAMES:
        measure: Callable[[], Iterable[tuple[Row, bool]]] = importlib.import_module(f"benchmarks.{name}").measure
        for (what, figure, target), met in measure():
            print(f"| {what} | {figure} | {target}{'' if met else ' (missed)'} |", flush=True)
            missed += not met
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
