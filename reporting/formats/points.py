"""The numbered points of the articles, as the report shows them: what each asks, and the conditions that answer it, by outcome."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reporting.formats.items import LABELS, Item
from scanners.model import Outcome

STATES = {
    "not_met": "Not met",
    "partly": "Partly met",
    "not_known": "Not known",
    "met": "Met",
    "not_applicable": "Does not apply",
    "not_judged": "Left out of this run",
    "planned": "Planned",
    "explained": "Not to be judged",
    "open": "Open",
}
GROUPS = {
    "A": "Securing Microsoft 365: the points of the article",
    "S": "Securing Microsoft 365: the same, one thing to look at each",
    "B": "Microsoft Teams: the points of the article",
    "T": "Microsoft Teams: the same, one thing to look at each",
}
ORDER = (
    Outcome.FAIL,
    Outcome.ATTESTATION_DUE,
    Outcome.UNKNOWN,
    Outcome.ERROR,
    Outcome.ACCEPTED,
    Outcome.PASS,
    Outcome.NOT_APPLICABLE,
)
SHOWN = 8  # conditions of one outcome; attestation.json lists all


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The conditions of one outcome that answer a point."""

    outcome: str
    label: str
    items: tuple[Item, ...]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point, with what answers it."""

    id: str
    says: str
    state: str
    label: str
    answers: tuple[Answers, ...]
    planned: int
    left_out: int
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The points of one article, coarse or fine."""

    name: str
    tally: tuple[tuple[str, int], ...]
    points: tuple[Point, ...]


def groups(summary: Mapping[str, Any], by_id: Mapping[str, Item]) -> list[Group]:
    """All points by article, in the articles' order."""
    rows = {letter: [_point(row, by_id) for row in summary["by_point"] if row["point"][0] == letter] for letter in GROUPS}
    return [Group(name=GROUPS[letter], tally=tuple(_tally(points)), points=tuple(points)) for letter, points in rows.items() if points]


def _tally(points: list[Point]) -> Iterator[tuple[str, int]]:
    counts = Counter(point.state for point in points)
    yield from ((label, counts[state]) for state, label in STATES.items() if counts[state])


def _point(row: Mapping[str, Any], by_id: Mapping[str, Item]) -> Point:
    return Point(
        id=row["point"],
        says=row["says"],
        state=row["state"],
        label=STATES[row["state"]],
        answers=tuple(_answers([by_id[control] for control in row["controls"]])),
        planned=len(row["planned"]),
        left_out=len(row["not_in_this_run"]),
        reason=row["reason"],
    )


def _answers(items: list[Item]) -> Iterator[Answers]:
    for outcome in ORDER:
        found = sorted((item for item in items if item.outcome == outcome), key=lambda item: item.title)
        if found:
            yield Answers(outcome=outcome.value, label=LABELS[outcome], items=tuple(found[:SHOWN]), more=len(found[SHOWN:]))
