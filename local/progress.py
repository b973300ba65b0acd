"""Progress of a scan: a bar in a terminal, one line per event elsewhere."""

import json
from typing import IO, Any, Self

from local.host import Progress
from reporting.formats.text import plain

WORDS = {"plan_run": "planned", "read_lane": "read", "scan_control": "judged", "close_run": "signed and packaged", "fail_run": "recorded as failed"}


def line_of(text: str) -> str:
    """One line for a terminal: what a tenant or a service put into it cannot move the cursor, change colours or begin another line."""
    return plain(" ".join(text.split("\n")))


def _what(step: Progress) -> str:
    order = json.loads(step.input) if step.input else {}
    if step.name == "read_lane":
        return ", ".join(order.get("facts", ()))
    return str(order.get("control", order.get("run", "")))


def _result(step: Progress) -> str:
    if step.kind == "activity_failed":
        return f"failed: {step.output}"
    value = json.loads(step.output) if step.output else {}
    if "fault" in value:
        return f"could not be done: {value['fault']}"
    if step.name == "read_lane":
        unread = [f"{fact}: {seen['because']}" for fact, seen in value.get("facts", {}).items() if not seen["read"]]
        return "; ".join(unread) if unread else "read"
    return str(value.get("outcome", value.get("status", "done")))


class Lines:
    """One line per event."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._inputs: dict[int | None, Progress] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def tell(self, step: Progress) -> None:
        """Print one event."""
        if step.kind == "activity_started":
            self._inputs[step.task] = step
        if step.kind in {"activity_completed", "activity_failed"} and step.name in WORDS:
            what = _what(self._inputs.get(step.task, step))
            print(f"{step.at:%H:%M:%S} {line_of(f'{WORDS[step.name]} {what}: {_result(step)}')}", file=self._out, flush=True)


class Bar:
    """A bar that grows with facts read and controls judged."""

    def __init__(self, out: IO[str]) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = RichProgress(*columns, console=Console(file=out), transient=False)
        self._task: Any = None

    def __enter__(self) -> Self:
        self._bar.start()
        self._task = self._bar.add_task("planning", total=None)
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def tell(self, step: Progress) -> None:
        """Move on."""
        if step.kind != "activity_completed" or step.name not in WORDS:
            return
        value = json.loads(step.output) if step.output else {}
        if step.name == "plan_run":
            total = 1 + sum(len(wave) for part in ("waves", "late_waves", "controls", "late_controls") for wave in value.get(part, ()))
            self._bar.update(self._task, total=total, description="reading the tenant")
            return
        words = {"read_lane": "reading the tenant", "scan_control": "judging", "close_run": "signed and packaged"}
        self._bar.update(self._task, advance=1, description=words.get(step.name, "ended"))


def teller(out: IO[str], *, quiet: bool = False) -> "Bar | Lines":
    """A bar for a terminal, lines for anything else."""
    return Bar(out) if out.isatty() and not quiet else Lines(out)
