"""The shell around an activity, and what a process keeps of a run."""

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import pytest

from runs import shell, steps
from runs.context import Context
from scanners.errors import StorageError, trail

NAME = "Rosalind Achterberg roz@clinic.example"


def breaks(*_: Any) -> Any:
    try:
        raise KeyError(NAME)
    except KeyError as cause:
        raise TypeError(f"cannot read {NAME}") from cause


async def breaks_later(*_: Any) -> Any:
    return breaks()


def test_an_unexpected_error_leaves_its_kind_and_place_and_no_text(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("runs.context.context", lambda: None)
    monkeypatch.setattr(steps, "scan_control", breaks)
    monkeypatch.setattr(steps, "read_lane", breaks_later)
    with caplog.at_level(logging.DEBUG):
        said = [shell.shielded_sync("scan_control", {}), asyncio.run(shell.shielded("read_lane", {}))]
    whole = caplog.text + repr(said) + "".join(logging.Formatter().format(record) for record in caplog.records)
    assert "Achterberg" not in whole
    assert "clinic.example" not in whole
    assert caplog.text.count("TypeError at shell.py") == 2
    assert caplog.text.count("because of KeyError at test_shell.py") == 2
    assert all("an unexpected TypeError" in each["fault"] for each in said)


def test_a_trail_ends_where_causes_go_in_a_circle() -> None:
    first, second = ValueError(NAME), ValueError(NAME)
    first.__cause__, second.__cause__ = second, first
    assert trail(first).count("ValueError") == 8
    assert "Achterberg" not in trail(first)


class Interleaved(Context):
    """A process in which another activity, of another run, comes in between whenever what is kept of a run changes."""

    def __init__(self) -> None:
        store = SimpleNamespace(plan=lambda run: SimpleNamespace(run=run))
        self.__dict__["storage"] = SimpleNamespace(
            runs=store, declare=lambda run: {"run": run}, evidence=lambda run: SimpleNamespace(custody_bytes=lambda fact: run.encode())
        )
        self.kept: Any = None

    @property
    def _of_run(self) -> Any:
        return self.kept

    @_of_run.setter
    def _of_run(self, found: Any) -> None:
        self.kept = found
        if found is not None and found.plan.run == "today":
            self.of_run("yesterday")


def test_two_runs_in_one_process_never_see_each_other() -> None:
    """A late activity of yesterday's run beside today's: each gets its own plan, declarations and evidence."""
    held = Interleaved()
    for run in ("today", "yesterday", "today"):
        found = held.of_run(run)
        assert (found.plan.run, found.declared["run"], found.evidence.custody_bytes("users")) == (run, run, run.encode())


def test_an_expected_fault_is_an_envelope_with_its_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: Any) -> Any:
        raise StorageError("the store is busy")

    monkeypatch.setattr("runs.context.context", lambda: None)
    monkeypatch.setattr(steps, "close_run", refuses)
    assert shell.shielded_sync("close_run", {}) == {"fault": "close_run: the store is busy"}
