"""The trend as inline SVG, drawn from numbers only, with a table of the same numbers as its text alternative."""

from collections.abc import Sequence
from dataclasses import dataclass

from reporting.report import Point

WIDTH, HEIGHT = 720, 200
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 12, 28


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name, its class in the style sheet, the points as SVG wants them, and its marks."""

    name: str
    style: str
    path: str
    marks: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """The drawing. `ticks` are heights with their numbers, `days` places with their dates."""

    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, int], ...]
    days: tuple[tuple[float, str, str], ...]
    rows: tuple[tuple[str, int, int, int, int], ...]  # day, met, not met, statement due, could not look
    said: str


def trend(points: Sequence[Point]) -> Trend | None:
    """None for a single run: one point is no trend."""
    if len(points) < 2:
        return None
    rows = tuple(_row(point) for point in points)
    open_ = [row[2] + row[3] for row in rows]
    blind = [row[4] for row in rows]
    top = _round_up(max(*open_, *blind, 1))
    xs = [LEFT + (WIDTH - LEFT - RIGHT) * n / (len(rows) - 1) for n in range(len(rows))]
    lines = tuple(
        _line(name, style, xs, values, top) for name, style, values in (("Not met or due", "open", open_), ("Could not look", "blind", blind))
    )
    ends = ((0, "start"), (len(rows) - 1, "end"))
    days = tuple((round(xs[n], 1), rows[n][0], anchor) for n, anchor in ends)
    said = f"Over {len(rows)} runs, from {rows[0][0]} to {rows[-1][0]}, not met or due went from {open_[0]} to {open_[-1]}"
    ticks = tuple((_y(number, top), number) for number in sorted({0, top // 2, top}))
    return Trend(lines, ticks, days, rows, f"{said}, could not look from {blind[0]} to {blind[-1]}.")


def _row(point: Point) -> tuple[str, int, int, int, int]:
    counts = point.counts
    met = counts["pass"] + counts["accepted"] + counts["not_applicable"]
    return f"{point.completed_at:%Y-%m-%d}", met, counts["fail"], counts["attestation_due"], counts["unknown"] + counts["error"]


def _line(name: str, style: str, xs: Sequence[float], values: Sequence[int], top: int) -> Line:
    marks = tuple((round(x, 1), _y(value, top)) for x, value in zip(xs, values, strict=True))
    return Line(name, style, " ".join(f"{x},{y}" for x, y in marks), marks)


def _y(value: int, top: int) -> float:
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top), 1)


def _round_up(value: int) -> int:
    step = 1
    while step * 10 < value:
        step *= 10
    return -(-value // step) * step
