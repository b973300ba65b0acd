"""A host killed with SIGKILL at any recorded step loses nothing: the next one on the same data ends with the same result."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
STEPS = ["plan", "fact-0", "fact-1", "control-0", "control-1", "close"]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("crash")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("crash_driver.py")), str(folder)],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_host_really_died_at_every_commit_of_a_run(cases: list[dict[str, Any]]) -> None:
    commits = cases[0]["commits"]
    # start, an episode per wave at least, one per activity, the timer
    assert commits >= 1 + 6 + len(STEPS) + 1
    killed = {(case["commit"], case["after"]) for case in cases if case["died"] == signal.SIGKILL}
    # Episodes batch what arrived together, so a run may need a few commits less than the first one did.
    assert {(number, after) for number in range(1, commits - 3) for after in (False, True)} <= killed


def test_every_interrupted_run_ends_like_the_undisturbed_one(cases: list[dict[str, Any]]) -> None:
    assert {(case["status"], tuple(case["output"])) for case in cases} == {("Completed", tuple(STEPS))}


def test_activities_run_at_least_once_and_again_only_when_they_were_under_way(cases: list[dict[str, Any]]) -> None:
    for case in cases:
        steps = [item["step"] for item in case["log"]]
        assert set(steps) == set(STEPS)
        assert len(steps) - len(STEPS) <= 2, case  # at most what one wave runs side by side


def test_a_result_that_was_recorded_is_never_asked_for_again(cases: list[dict[str, Any]]) -> None:
    repeated = [case for case in cases if len(case["log"]) > len(STEPS)]
    assert repeated  # some kill hit an activity between its end and its record
    assert all([item["step"] for item in case["log"]].count("plan") == 1 for case in cases if case["after"] and case["commit"] > 4)


def test_ids_made_by_the_orchestrator_are_the_same_in_every_replay(cases: list[dict[str, Any]]) -> None:
    for case in cases:
        assert len({item["token"] for item in case["log"] if item["step"] == "close"}) == 1
