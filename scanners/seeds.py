"""The numbered points of the two articles that this product answers (`seeds.yaml`), and the controls that are planned (`planned.yaml`), as data.

A and B are the points of the articles on Microsoft 365 and on Microsoft Teams; S and T split the same articles finer, one point for each thing to
look at.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from scanners.errors import CatalogueError

T = TypeVar("T")
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point. `controls` answer it beside those that name it themselves; `reason` says why none can."""

    id: str
    says: str
    controls: tuple[str, ...]
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A control of the specification. `instead`: the control that asks the same question, where this one will never be built."""

    control: str
    topic: str
    title: str
    cites: tuple[str, ...]
    seeds: tuple[str, ...]
    instead: str | None


@cache
def points() -> tuple[Point, ...]:
    """All points in the order of the articles. Raises CatalogueError when the data file breaks its shape."""
    return _rows("seeds.yaml", lambda row: Point(**{"reason": None, **row, "controls": tuple(row.get("controls", ()))}))


@cache
def planned() -> tuple[Planned, ...]:
    """Every control of the specification, built or not, by topic and id. Raises CatalogueError when the data file breaks its shape."""
    return _rows("planned.yaml", lambda row: Planned(**{"instead": None, **row, "cites": tuple(row["cites"]), "seeds": tuple(row["seeds"])}))


def _rows(name: str, read: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return tuple(read(row) for row in yaml.load((HERE / name).read_bytes(), Loader=loader))  # noqa: S506 - both loaders are the safe ones
    except (TypeError, KeyError, AttributeError) as fault:
        raise CatalogueError(f"{name}: a row does not have its fields: {fault}") from fault
