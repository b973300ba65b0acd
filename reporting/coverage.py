"""What one run says about each provision and each numbered point: coverage of the catalogue, joined with the outcomes."""

from collections.abc import Iterable
from typing import Any

from reporting.summary import counted, state
from scanners.coverage import Covered
from scanners.result import Result

GAP = frozenset({"open", "planned"})  # nothing was judged, and something should have been


def in_run(rows: Iterable[Covered], results: Iterable[Result]) -> list[dict[str, Any]]:
    """One row each, JSON-ready. `state` is the roll-up of the outcomes; nothing is `met` while a control of it is only planned."""
    outcomes = {result.control: result.outcome for result in counted(results)}
    return [_row(row, {control: outcomes[control] for control in row.controls if control in outcomes}) for row in rows]


def _row(row: Covered, outcomes: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "id": row.id,
        "title": row.says,
        "state": _state(row, outcomes),
        "controls": [{"control": control, "outcome": outcome.value} for control, outcome in sorted(outcomes.items())],
        "not_in_this_run": sorted(set(row.controls) - set(outcomes)),
        "planned": list(row.planned),
        "reason": row.reason,
    }


def _state(row: Covered, outcomes: dict[str, Any]) -> str:
    if not outcomes:
        return "not_judged" if row.controls else row.state
    found = state(outcomes.values())
    unfinished = bool(row.planned) or len(outcomes) < len(row.controls)
    return "partly" if unfinished and found in ("met", "not_applicable") else found


def totals(rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """How many provisions, and how many points, are in each state; a state that nothing is in is left out."""
    counts: dict[str, dict[str, int]] = {"citation": {}, "point": {}}
    for row in rows:
        counts[row["kind"]][row["state"]] = counts[row["kind"]].get(row["state"], 0) + 1
    return counts


def gaps(rows: Iterable[dict[str, Any]]) -> list[str]:
    """What nobody judged although somebody should: provisions and points without a control in the catalogue."""
    return [row["id"] for row in rows if row["state"] in GAP]
