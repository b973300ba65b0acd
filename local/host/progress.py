"""What happens in the host, told to whoever subscribed: a terminal, a test, a benchmark."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

_log = logging.getLogger(__name__)

Kind = Literal[
    "orchestration_started", "orchestration_completed", "orchestration_failed", "orchestration_terminated", "orchestration_continued",
    "activity_started", "activity_completed", "activity_failed",
]  # fmt: skip


@dataclass(frozen=True)
class Progress:
    """One step. Told after it is recorded, but for `activity_started`, which precedes the call.

    `name` is the function's, `task` the number of the activity inside its orchestration, `seconds` how long the activity
    ran. `input` and `output` are JSON text (for a failure, its reason) and are kept out of repr: they may hold tenant data.
    """

    kind: Kind
    name: str
    instance: str
    at: datetime
    task: int | None = None
    seconds: float | None = None
    input: str | None = field(default=None, repr=False)
    output: str | None = field(default=None, repr=False)


class Board:
    """Hands each step to every subscriber, in order, on the host's loop. A subscriber must return quickly."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._subscribers: list[Callable[[Progress], None]] = []

    def subscribe(self, callback: Callable[[Progress], None]) -> Callable[[], None]:
        """Add a subscriber; the returned call removes it. May be called from any thread."""
        with self._guard:
            self._subscribers.append(callback)

        def leave() -> None:
            with self._guard:
                if callback in self._subscribers:
                    self._subscribers.remove(callback)

        return leave

    def tell(self, step: Progress) -> None:
        """Tell everybody. One who fails is logged and does not stop the orchestration."""
        with self._guard:
            subscribers = tuple(self._subscribers)
        for callback in subscribers:
            try:
                callback(step)
            except Exception:  # noqa: BLE001 the outermost shell around a caller's code
                _log.exception("a subscriber failed on %s", step.kind)
