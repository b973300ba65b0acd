"""What one run says about each provision and each numbered point: coverage of the catalogue, joined with the outcomes. The one place of that rule."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scanners.coverage import Covered
from scanners.hipaa import citations
from scanners.model import Kind, Outcome
from scanners.result import Result

GOOD = frozenset({Outcome.PASS, Outcome.ACCEPTED})
BAD = frozenset({Outcome.FAIL, Outcome.ATTESTATION_DUE})
OPEN = frozenset({Outcome.UNKNOWN, Outcome.ERROR})
GAP = frozenset({"open", "planned"})  # nothing was judged, and something should have been
# What a roll-up becomes while a control that is meant to answer is only planned, switched off or left out: what was seen is no longer the whole.
UNFINISHED = {"met": "partly", "not_applicable": "not_known"}


def counted(results: Iterable[Result]) -> tuple[Result, ...]:
    """The results that count: all but those about a provision that is only proposed."""
    return tuple(result for result in results if result.kind is not Kind.READINESS)


def state(outcomes: Iterable[Outcome]) -> str:
    """What the outcomes of a citation's controls say about it. `met` only when every control passes or is accepted.

    Without controls it is `not_covered`; where no control finds anything that it governs, `not_applicable`; where something could not be
    looked at and nothing is amiss, `not_known`; else `partly` or `not_met`.
    """
    seen = set(outcomes)
    if not seen:
        return "not_covered"
    if seen <= GOOD:
        return "met"
    if seen & BAD:
        return "partly" if seen & GOOD else "not_met"
    if seen & OPEN:
        return "not_known"
    return "partly" if seen & GOOD else "not_applicable"


def in_run(rows: Iterable[Covered], results: Iterable[Result]) -> list[dict[str, Any]]:
    """One row each, JSON-ready. `state` is the roll-up of the outcomes; nothing is `met` while a control of it is planned or left out.

    A result counts for a provision that it cites even where this catalogue does not have its control (any more).
    """
    outcomes, citing = dict[str, Outcome](), dict[str, set[str]]()
    for result in counted(results):
        outcomes[result.control] = result.outcome
        for citation in result.citations:
            citing.setdefault(citation, set()).add(result.control)
    return [_row(row, sorted({*row.controls, *(citing.get(row.id, ()) if row.kind == "citation" else ())}), outcomes) for row in rows]


def _row(row: Covered, controls: list[str], outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    judged = [control for control in controls if control in outcomes]
    left_out = [control for control in controls if control not in outcomes]
    return {
        "kind": row.kind,
        "id": row.id,
        "title": row.says,
        "state": _state(row, [outcomes[control] for control in judged], left_out),
        "controls": [{"control": control, "outcome": outcomes[control].value} for control in judged],
        "not_in_this_run": left_out,
        "planned": list(row.planned),
        "reason": row.reason,
    }


def _state(row: Covered, outcomes: list[Outcome], left_out: list[str]) -> str:
    if not outcomes:
        return "not_judged" if left_out else row.state
    found = state(outcomes)
    return UNFINISHED.get(found, found) if row.planned or left_out else found


def by_citation(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of `in_run` about provisions, as the summary lists them: `not_covered` where no control was judged."""
    known = {row.citation: row for row in citations()}
    for row in rows:
        if row["kind"] == "citation":
            about = known[row["id"]]
            yield {
                "citation": row["id"],
                "title": row["title"],
                "designation": about.kind,
                "state": row["state"] if row["controls"] else "not_covered",
                **_answers(row),
                "rule": about.rule,
                "section": about.section,
            }


def by_point(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of `in_run` about the numbered points of the articles, as the summary lists them."""
    for row in rows:
        if row["kind"] == "point":
            yield {"point": row["id"], "says": row["title"], "state": row["state"], **_answers(row)}


def _answers(row: Mapping[str, Any]) -> dict[str, Any]:
    controls = [each["control"] for each in row["controls"]]
    return {"controls": controls, "not_in_this_run": row["not_in_this_run"], "planned": row["planned"], "reason": row["reason"]}


def totals(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """How many provisions, and how many points, are in each state; a state that nothing is in is left out."""
    counts: dict[str, dict[str, int]] = {"citation": {}, "point": {}}
    for row in rows:
        counts[row["kind"]][row["state"]] = counts[row["kind"]].get(row["state"], 0) + 1
    return counts


def gaps(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """What nobody judged although somebody should: provisions and points without a control in the catalogue."""
    return [row["id"] for row in rows if row["state"] in GAP]
