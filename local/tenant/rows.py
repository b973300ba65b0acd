"""Lists that make their rows when asked, so that a tenant of 100,000 people needs little memory."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, overload

Row = dict[str, Any]


class Lazy(Sequence[Row]):
    """Rows made from another list's chosen row numbers. `find` turns an id into a row, or None."""

    def __init__(self, numbers: Iterable[int] | range, make: Callable[[int], Row], find: Callable[[str], Row | None] | None = None) -> None:
        self._numbers = numbers if isinstance(numbers, range) else array("I", numbers)
        self._make, self._find = make, find

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            return [self._make(number) for number in self._numbers[at]]
        return self._make(self._numbers[at])

    def __iter__(self) -> Iterator[Row]:
        return (self._make(number) for number in self._numbers)

    def where(self, test: Callable[[Row], bool]) -> Lazy:
        """The rows that pass a test, again as a lazy list."""
        return Lazy([number for number in self._numbers if test(self._make(number))], self._make)

    def by_id(self, wanted: str) -> Row | None:
        """The row with this id."""
        if self._find is not None:
            return self._find(wanted)
        return next((row for row in self if row.get("id") == wanted), None)


def find(rows: Sequence[Row], key: str, wanted: str) -> Row | None:
    """A row by its key, compared without case; lazy lists find their own ids."""
    if isinstance(rows, Lazy) and key == "id":
        return rows.by_id(wanted)
    return next((row for row in rows if str(row.get(key, "")).lower() == wanted.lower()), None)
