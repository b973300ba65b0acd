"""Readings kept per process, so that forty controls over 100,000 users read them once. Bounded; each reading is built by one thread."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

from scanners.holding import Kept

LARGEST = 192 * 1024 * 1024  # bytes of evidence behind the readings kept; a reading takes about as much


class Readings:
    """Least recently used first out."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._kept: OrderedDict[tuple[str, str], tuple[Any, int]] = OrderedDict()
        self._building: dict[tuple[str, str], Lock] = {}
        self._lock = Lock()

    def get(self, run: str, fact: str, build: Callable[[], tuple[Any, int]]) -> Any:
        """The reading of a fact in a run; `build` gives it with the size of its evidence and is called by one thread at a time."""
        key = (run, fact)
        with self._lock:
            one_at_a_time = self._building.setdefault(key, Lock())
        with one_at_a_time:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key][0]
            value, size = build()
            with self._lock:
                self._kept[key] = (value, size)
                self._shrink(key)
                self._building.pop(key, None)
            return value

    def _shrink(self, newest: tuple[str, str]) -> None:
        while sum(size for _, size in self._kept.values()) > self._largest and len(self._kept) > 1:
            oldest = next(iter(self._kept))
            if oldest == newest:
                break
            del self._kept[oldest]


class Committed:
    """The evidence of one run with its custody records kept: once committed they never change, and every control asks for them."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._custody: dict[str, bytes] = {}

    def custody_bytes(self, fact: str) -> bytes | None:
        """The committed record; one that is not there yet is looked for again."""
        if fact not in self._custody:
            found = self._kept.custody_bytes(fact)
            if found is None:
                return None
            self._custody[fact] = found
        return self._custody[fact]

    def page(self, blob: str) -> bytes:
        """The stored bytes of a page."""
        return self._kept.page(blob)
