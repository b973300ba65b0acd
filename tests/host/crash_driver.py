"""Run by test_host_crash.py in a process of its own: kills a host at each of its commits and lets another one go on.

Usage: python crash_driver.py FOLDER. Prints one JSON line per case: the step, when, and what the second host ended with.
Each host lives in a forked child, so that the imports are paid once; this process itself has no threads.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from local.host import Host
from local.host.store import Store

ENVIRONMENT = {"TOY_SCHEDULE": "0 0 3 * * *"}
_commit = Store.transaction


def serve(data: Path, kill_at: int, after: bool) -> None:
    """Run the orchestration to its end and write it to `ended.json`, unless commit number `kill_at` comes first (0: never)."""
    seen = 0

    @contextlib.contextmanager
    def deadly(self: Store) -> Iterator[None]:
        nonlocal seen
        seen += 1
        with _commit(self):
            yield
            if seen == kill_at and not after:
                os.kill(os.getpid(), signal.SIGKILL)
        if seen == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    Store.transaction = deadly  # type: ignore[method-assign]
    os.environ["TOY_LOG"] = str(data / "log")
    spec = importlib.util.spec_from_file_location("crash_toy", Path(__file__).with_name("toy.py"))
    assert spec
    assert spec.loader
    toy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(toy)
    with Host(toy.app, data, environment=ENVIRONMENT) as host:
        try:
            host.status("scan")
        except Exception:
            host.start_new("staged", "scan")
        ended = host.wait("scan", 20)
    (data / "ended.json").write_text(json.dumps({"status": ended["runtimeStatus"], "output": ended["output"], "commits": seen}))


def child(data: Path, kill_at: int = 0, after: bool = False) -> int:
    """Serve in a child; returns the signal that ended it, 0 for a normal end."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            serve(data, kill_at, after)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def main(folder: Path) -> None:
    """The undisturbed run first, to learn how many commits there are; then every case."""
    plain = folder / "plain"
    plain.mkdir()
    assert child(plain) == 0
    commits = json.loads((plain / "ended.json").read_text())["commits"]
    cases = [(0, False), *((number, after) for number in range(1, commits + 1) for after in (False, True))]
    for number, after in cases:
        data = plain if number == 0 else folder / f"{number}-{after}"
        data.mkdir(exist_ok=True)
        died = child(data, number, after) if number else 0
        if number:
            resumed = child(data)
            assert resumed == 0, f"the second host failed at case {number} {after}"
        log = [json.loads(line) for line in (data / "log").read_text().splitlines()]
        print(json.dumps({"commit": number, "after": after, "died": died, "log": log, **json.loads((data / "ended.json").read_text())}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
