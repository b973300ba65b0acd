"""Proof that nothing is left out: for each provision of the rule and each numbered point, which controls answer it, which will, or why none can.

What is planned is not a pass. What has neither control, plan nor reason is open, and a test fails on it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from scanners.hipaa import citations
from scanners.model import Control, Kind
from scanners.seeds import planned, points

State = Literal["answered", "partly_planned", "planned", "explained", "open"]

# Provisions that ask for nothing that could be looked at.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "164.306(b)": "It says how measures may be weighed (size, complexity, cost, probability of risk) and asks for nothing by itself; "
        "decisions on addressable specifications are judged by 164.306(d)(3).",
        "164.306(d)(2)": "It says that required specifications must be implemented; each of them is judged by the controls that cite it.",
        "160.103": "It defines words.",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """One provision or point, and what answers it."""

    kind: Literal["citation", "point"]
    id: str
    says: str
    controls: tuple[str, ...]  # in the catalogue
    planned: tuple[str, ...]  # of the specification, not built yet
    reason: str | None

    @property
    def state(self) -> State:
        """`answered` only when every control that is meant to answer it exists."""
        if self.controls:
            return "partly_planned" if self.planned else "answered"
        if self.planned:
            return "planned"
        return "explained" if self.reason else "open"


def coverage(controls: Iterable[Control]) -> tuple[Covered, ...]:
    """All provisions in the order of the regulation, then all points in the order of the articles. What is only proposed answers nothing in force."""
    known = {control.id: control for control in controls}
    built = {control.id: control for control in known.values() if control.kind is not Kind.READINESS}
    waiting = [each for each in planned() if each.control not in known and each.instead is None]
    return (
        *(
            Covered(
                kind="citation",
                id=row.citation,
                says=row.title,
                controls=tuple(sorted(c.id for c in built.values() if row.citation in c.cites)),
                planned=tuple(each.control for each in waiting if row.citation in each.cites),
                reason=REASONS.get(row.citation),
            )
            for row in citations()
        ),
        *(
            Covered(
                kind="point",
                id=point.id,
                says=point.says,
                controls=tuple(sorted({c.id for c in built.values() if point.id in c.seeds} | (_meant(point.controls) & set(built)))),
                planned=tuple(each.control for each in waiting if point.id in each.seeds or each.control in point.controls),
                reason=point.reason,
            )
            for point in points()
        ),
    )


def _meant(controls: Iterable[str]) -> set[str]:
    """The controls, those that will never be built replaced by the ones that ask the same question."""
    instead = {each.control: each.instead for each in planned() if each.instead}
    return {instead.get(control) or control for control in controls}


def counted(rows: Iterable[Covered]) -> dict[str, dict[State, int]]:
    """How many provisions, and how many points, are in each state."""
    counts: dict[str, dict[State, int]] = {
        kind: {"answered": 0, "partly_planned": 0, "planned": 0, "explained": 0, "open": 0} for kind in ("citation", "point")
    }
    for row in rows:
        counts[row.kind][row.state] += 1
    return counts
