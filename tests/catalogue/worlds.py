"""Faults in what a tenant answered, and the worlds that a fault leaves possible.

A property that is missing, or has a value that nobody has seen, could be anything. A pass in spite of it is honest only when no value of the property
would have changed the pass. So where a rule meets a fault and passes, every kind of value is put in its place and judged: one that does not pass shows
that the pass was a guess.
"""

import copy
import itertools
import random
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from scanners.examples import AT
from scanners.reading import Row, attributes

UNSEEN = "aMemberThatNobodyHasSeen"
STRANGER = "99999999-9999-4999-8999-999999999999"  # an object that nothing else names
MOST_TEXTS = 8
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a JSON value: where, and what it was replaced by (`removed` when it is gone)."""

    path: Path
    removed: bool

    def __str__(self) -> str:
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return f"{where} {'removed' if self.removed else 'unseen'}"

    @property
    def of(self) -> Path:
        """The path of the property that is at fault; the list, where it is an item of one."""
        last = max(i for i, step in enumerate(self.path) if isinstance(step, str))
        return self.path[: last + 1]


def faults(value: Any, path: Path = (), items: int = 2, chance: random.Random | None = None) -> Iterator[Fault]:
    """Every property removed, and every text replaced by one that nobody has seen; of each list the first `items`, or so many by chance."""
    if isinstance(value, dict):
        for key in value:
            yield Fault((*path, key), removed=True)
            yield from faults(value[key], (*path, key), items, chance)
    elif isinstance(value, list):
        numbers = range(len(value)) if chance is None or len(value) <= items else sorted(chance.sample(range(len(value)), items))
        for index in numbers[:items]:
            yield from faults(value[index], (*path, index), items, chance)
    elif isinstance(value, str) and any(isinstance(step, str) for step in path):
        yield Fault(path, removed=False)


def put(value: Any, path: Path, new: Any) -> Any:
    """A copy with `new` at `path`; only what leads there is copied."""
    if not path:
        return new
    first, *rest = path
    result: Any = list(value) if isinstance(value, list) else dict(value)
    was = value.get(first) if isinstance(value, dict) else value[first]
    result[first] = put(was, tuple(rest), new)
    return result


def broken(value: Any, fault: Fault) -> Any:
    """A copy with the fault in it."""
    if not fault.removed:
        return put(value, fault.path, UNSEEN)
    *way, last = fault.path
    inside = at(value, tuple(way))
    return put(value, tuple(way), {k: v for k, v in inside.items() if k != last})


def at(value: Any, path: Path) -> Any:
    """What is at `path`."""
    for step in path:
        value = value[step]
    return value


class Touched:
    """Which properties at fault a rule met. A row asks `__getattr__` only for a property at fault, so meeting one is seen, not assumed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.met: set[tuple[type[Row], str]] = set()
        original: Any = vars(Row)["__getattr__"]  # hidden from type checkers

        def watched(row: Row, attribute: str) -> Any:
            self.met.add((type(row), attribute))
            return original(row, attribute)

        monkeypatch.setattr(Row, "__getattr__", watched)

    def hints(self, fault: Fault) -> tuple[Any, ...]:
        """The types of the touched properties that are spelled as the one at fault."""
        return tuple(hint for cls, attribute in self.met for hint in _spelled(cls, attribute, str(fault.of[-1])))


def _spelled(cls: type[Row], attribute: str, name: str) -> Iterator[Any]:
    if attribute in attributes(cls):
        spelled = cls._spelled.get(attribute)  # type: ignore[attr-defined]  # set by the metaclass
        written = (spelled.name if spelled else None) or cls._spelling(attribute)
        if written == name:
            yield typing.get_type_hints(cls, include_extras=True)[attribute]


def possible(hints: Iterable[Any], was: Any, seen: Iterable[str]) -> list[Any]:
    """Values of every kind that a property of these types may have, with what it was."""
    texts = [*list(itertools.islice(dict.fromkeys(seen), MOST_TEXTS)), STRANGER]
    values = [was] if was is not None else []
    for hint in hints:
        values.extend(v for v in _of(hint, was, texts) if v not in values)
    return values


def written_as(was: Any) -> Any:
    """The type of a JSON value, where no row says more."""
    if isinstance(was, list):
        return tuple[str, ...] if all(isinstance(each, str) for each in was) else tuple[()]
    return bool | None if isinstance(was, bool) else str | None if isinstance(was, str) else int | None if isinstance(was, int) else type(None)


def _of(hint: Any, was: Any, texts: list[str]) -> Iterator[Any]:
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        yield from _of(inside[0], was, texts)
    elif origin in (typing.Union, types.UnionType):
        for each in inside:
            yield from _of(each, was, texts)
    elif origin is typing.Literal:
        yield from inside
    elif origin is tuple:
        yield []
        yield from () if not inside else ([each] for each in _of(inside[0], was[0] if isinstance(was, list) and was else None, texts))
    elif isinstance(hint, type) and issubclass(hint, Row):
        yield from _rows(hint, was, texts)
    else:
        yield from _plain(hint, texts)


def _plain(hint: Any, texts: list[str]) -> Iterator[Any]:
    if hint is type(None):
        yield None
    elif hint is bool:
        yield from (True, False)
    elif hint in (int, float):
        yield from (0, 1, 10**7)
    elif hint is str:
        yield from texts
    elif hint is datetime:
        yield from (AT.replace(year=2019).isoformat(), AT.isoformat(), AT.replace(year=2040).isoformat())


def _rows(row: type[Row], was: Any, texts: list[str]) -> Iterator[Any]:
    """The object as it was, with each of its properties varied."""
    if not isinstance(was, dict):
        return
    hints = typing.get_type_hints(row, include_extras=True)
    for attribute in attributes(row):
        spelled = row._spelled.get(attribute)  # type: ignore[attr-defined]  # set by the metaclass
        if spelled is not None and spelled.rest:
            continue
        name = (spelled.name if spelled else None) or row._spelling(attribute)
        for value in _of(hints[attribute], was.get(name), texts[:4]):
            yield {**was, name: value}


def texts(values: Mapping[str, Any], name: str) -> Iterator[str]:
    """The texts that stand under properties of this name; where it is an id, also the other ids, because what one object is called others may be."""
    wanted = _is_id(name)
    every = [(key, text) for value in values.values() for key, text in _named(value, "")]
    yield from (text for key, text in every if key == name)
    if wanted:
        yield from (text for key, text in every if _is_id(key))


def _is_id(name: str) -> bool:
    return name.lower().endswith(("id", "ids"))


def _named(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from _named(inside, key)
    elif isinstance(value, list):
        for item in value:
            yield from _named(item, name)
    elif isinstance(value, str):
        yield name, value


def worlds(value: Any, fault: Fault, hints: Iterable[Any], seen: Iterable[str]) -> Iterator[tuple[Any, Any]]:
    """Each value that could stand where the fault is, and the whole with it."""
    was, taken = at(value, fault.of), _others(value, fault.of)
    for each in possible(hints, was, seen):
        if not isinstance(each, str) or each not in taken:
            yield each, put(value, fault.of, copy.deepcopy(each))


def _others(value: Any, path: Path) -> frozenset[str]:
    """The ids of the other objects of a list, which no object of the same list can have. An application has one registration and one principal."""
    if path[-1] not in ("id", "appId") or len(path) < 2 or not isinstance(path[-2], int):
        return frozenset()
    rows = at(value, path[:-2])
    return frozenset(str(row.get(path[-1])) for index, row in enumerate(rows) if index != path[-2] and isinstance(row, dict))
