"""Nothing is left out: each provision and each point has a control, a plan or a reason; a plan is no pass and is counted."""

import re
from collections import Counter
from typing import Any

from reporting.coverage import gaps, in_run, totals
from scanners import catalogue, coverage, hipaa, seeds
from scanners.model import Outcome
from scanners.result import Result

CONTROLS = tuple(catalogue.load().controls.values())
ROWS = coverage.coverage(CONTROLS)


def test_every_provision_and_every_point_is_there_once() -> None:
    assert [row.id for row in ROWS if row.kind == "citation"] == [c.citation for c in hipaa.citations()]
    points = [row.id for row in ROWS if row.kind == "point"]
    assert max(Counter(points).values()) == 1
    assert {p for p in points if p[0] == "S"} == {f"S{n}" for n in range(1, 29)}
    assert {p for p in points if p[0] == "T"} == {f"T{n}" for n in range(1, 41)}
    assert {int(m[1]) for p in points if (m := re.match(r"A(\d+)", p))} == set(range(1, 11))
    assert {int(m[1]) for p in points if (m := re.match(r"B(\d+)", p))} == set(range(1, 27))


def test_nothing_has_neither_control_nor_plan_nor_reason() -> None:
    assert [row.id for row in ROWS if row.state == "open"] == []


def test_a_reason_stands_only_where_no_control_does() -> None:
    assert [row.id for row in ROWS if row.reason and (row.controls or row.planned)] == []
    assert set(coverage.REASONS) <= {row.id for row in ROWS}
    explained = {row.id for row in ROWS if row.state == "explained"}
    assert explained == {"164.306(b)", "164.306(d)(2)", "160.103", "B5", "B7", "T39"}


def test_every_standard_and_specification_has_a_control_or_a_plan() -> None:
    duty = {c.citation for c in hipaa.citations() if c.kind in ("standard", "required", "addressable")}
    assert [row.id for row in ROWS if row.id in duty and not (row.controls or row.planned)] == []


def test_the_law_of_openness_can_fail() -> None:
    """With no controls and no plan, all but the explained would be open."""
    bare = coverage.Covered(kind="point", id="X1", says="something new", controls=(), planned=(), reason=None)
    assert bare.state == "open"
    assert coverage.counted([bare])["point"]["open"] == 1


def test_controls_name_points_and_provisions_that_exist() -> None:
    points = {point.id for point in seeds.points()}
    known = {c.citation for c in hipaa.citations()}
    for each in seeds.planned():
        assert set(each.seeds) <= points, each.control
        assert set(each.cites) <= known, each.control
    for control in CONTROLS:
        assert set(control.seeds) <= points, control.id
    planned = {each.control for each in seeds.planned()}
    for point in seeds.points():
        assert set(point.controls) <= planned | {c.id for c in CONTROLS}, point.id
    assert {each.instead for each in seeds.planned() if each.instead} <= planned


def test_the_specification_has_no_control_twice() -> None:
    assert max(Counter(each.control for each in seeds.planned()).values()) == 1


def test_what_is_not_built_is_planned_and_never_answered() -> None:
    none = coverage.coverage(())
    assert {row.state for row in none} == {"planned", "explained"}
    assert sum(coverage.counted(none)["citation"].values()) == len(hipaa.citations())


def test_building_a_control_moves_it_from_planned_to_answered() -> None:
    control = next(c for c in CONTROLS if c.id == "microsoft_agreement_is_on_file")
    before, after = coverage.coverage(()), coverage.coverage((control,))
    assert next(r for r in before if r.id == "A1").state == "planned"
    assert next(r for r in after if r.id == "A1").state == "answered"
    assert next(r for r in after if r.id == "164.308(b)(1)").state == "partly_planned"


def result(control: Any, outcome: Outcome) -> Result:
    return Result.model_construct(control=control.id, outcome=outcome, kind=control.kind, citations=control.cites)


def test_a_provision_is_not_met_while_a_control_of_it_is_missing_or_not_passed() -> None:
    good = [result(control, Outcome.PASS) for control in CONTROLS]
    rows = {row["id"]: row for row in in_run(ROWS, good)}
    for covered in ROWS:
        row = rows[covered.id]
        if row["state"] == "met":
            assert covered.controls
            assert not covered.planned
        if covered.planned:
            assert row["state"] in ("partly", "planned")
    assert rows["A1"]["state"] == "met"
    rows = {row["id"]: row for row in in_run(ROWS, [r for r in good if r.control != "microsoft_agreement_is_on_file"])}
    assert rows["A1"]["state"] == "not_judged", "the run left it out"
    for outcome, state in ((Outcome.FAIL, "not_met"), (Outcome.UNKNOWN, "not_known"), (Outcome.ACCEPTED, "met")):
        changed = [r if r.control != "microsoft_agreement_is_on_file" else r.model_copy(update={"outcome": outcome}) for r in good]
        assert next(row for row in in_run(ROWS, changed) if row["id"] == "A1")["state"] == state


def test_totals_count_every_row_and_gaps_are_what_nobody_judged() -> None:
    rows = in_run(coverage.coverage(()), [])
    counted = totals(rows)
    assert sum(counted["citation"].values()) == len(hipaa.citations())
    assert sum(counted["point"].values()) == len(seeds.points())
    assert set(gaps(rows)) == {row.id for row in coverage.coverage(()) if row.state == "planned"}
