"""Killing everything at any step of a run and starting it again ends in the same results."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from settings import Settings

ROOT = Path(__file__).parent.parent.parent
STEPS = [1, 2, 4, 12, 30, 60, 90]  # lines of progress after which the process is killed: plan, waves of facts, controls, close


def _demo(data: Path) -> list[str]:
    return [sys.executable, "-m", "local", "demo", "--once", "--json", "--port", "0", "--data", str(data)]


def _clean() -> dict[str, str]:
    """The environment without settings that earlier tests of this process left: a demo chooses its own."""
    settings = {field.alias for field in Settings.model_fields.values()}
    return {k: v for k, v in os.environ.items() if k not in {*settings, "CONTAINER_NAME"}}


def _outcomes(data: Path, run: str) -> dict[str, str]:
    import zipfile

    with zipfile.ZipFile(data / f"hipaa-{run}.zip") as package:
        lines = package.read("results.ndjson").decode().splitlines()
    return {r["control"]: r["outcome"] for r in map(json.loads, lines)}


def _finish(data: Path) -> dict[str, Any]:
    done = subprocess.run(_demo(data), cwd=ROOT, env=_clean(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _kill_after(data: Path, lines: int, text: str = "") -> bool:
    """Kill after so many lines of progress that hold `text`. True when the process was killed, False when it ended before."""
    running = subprocess.Popen(_demo(data), cwd=ROOT, env=_clean(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert running.stderr is not None
    seen = 0
    for line in running.stderr:
        seen += line[:2].isdigit() and text in line
        if seen == lines:
            os.kill(running.pid, signal.SIGKILL)
            break
    running.wait(timeout=60)
    running.stderr.close()
    return seen == lines


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    data = tmp_path_factory.mktemp("undisturbed")
    return _outcomes(data, _finish(data)["run"])


@pytest.mark.parametrize("lines", STEPS)
def test_a_killed_run_completes_when_it_is_started_again(undisturbed: dict[str, str], tmp_path: Path, lines: int) -> None:
    assert _kill_after(tmp_path, lines), "the run ended before it could be killed: give an earlier step"
    ended = _finish(tmp_path)
    assert _outcomes(tmp_path, ended["run"]) == undisturbed


def test_a_run_killed_between_its_late_facts_and_the_clearing_of_its_jobs_completes(undisturbed: dict[str, str], tmp_path: Path) -> None:
    """The simulated tenant forgets its jobs when it dies with the rest, as the service does after a week: the settings are then read another way."""
    assert _kill_after(tmp_path, 1, "read organization_config")
    assert _outcomes(tmp_path, _finish(tmp_path)["run"]) == undisturbed


def test_a_run_killed_while_its_jobs_are_under_way_completes(undisturbed: dict[str, str], tmp_path: Path) -> None:
    assert _kill_after(tmp_path, 20, "judged")
    assert _outcomes(tmp_path, _finish(tmp_path)["run"]) == undisturbed
