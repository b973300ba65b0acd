"""The points of the two articles in the report: each once, with what answers it as the run judged it."""

import re
from typing import Any

from reporting.formats import html, points
from reporting.formats.items import items
from scanners import catalogue, seeds
from scanners.model import Outcome
from scanners.result import Result
from tests.reporting import sample

KNOWN = catalogue.load().controls


def judged(**outcomes: str) -> list[Result]:
    """Every control of the real catalogue passes unless told otherwise."""
    made = []
    for control in KNOWN.values():
        values: dict[str, Any] = {
            "control": control.id,
            "topic": control.topic,
            "title": control.title,
            "citations": control.cites,
            "kind": control.kind,
        }
        made.append(sample.result("audit_log_is_on", outcomes.get(control.id, "pass"), **values))
    return made


def shown(results: list[Result]) -> dict[str, points.Point]:
    report = sample.report(results, catalogue=sample.CATALOGUE.__class__(scanner="s", version="1", sha256="c" * 64, controls=KNOWN))
    found = points.groups(report.summary, {each.id: each for each in items(report)})
    return {point.id: point for group in found for point in group.points}


def test_each_point_is_shown_once_with_its_conditions_by_outcome() -> None:
    by = shown(judged(paid_subscriptions_are_active="fail"))
    assert set(by) == {point.id for point in seeds.points()}
    assert [(each.label, [item.id for item in each.items]) for each in by["A2b"].answers] == [
        ("Not met", ["paid_subscriptions_are_active"]),
        ("Met", ["every_user_has_a_suitable_plan"]),
    ]
    assert by["A2b"].state == "partly"
    assert by["A1"].state == "met"
    assert by["B7"].answers == ()
    assert by["B7"].reason


def test_what_is_planned_or_left_out_is_said_and_never_met() -> None:
    by = shown([each for each in judged() if each.control != "microsoft_agreement_is_on_file"])
    assert (by["A1"].label, by["A1"].left_out) == ("Left out of this run", 1)
    for point in by.values():
        if point.planned or point.left_out:
            assert point.state != "met"
    assert any(point.state == "planned" and point.planned for point in by.values()) or all(not point.planned for point in by.values())


def test_many_conditions_are_cut_and_counted() -> None:
    longest = max(shown(judged()).values(), key=lambda point: sum(len(each.items) + each.more for each in point.answers))
    (answer,) = longest.answers
    assert len(answer.items) == points.SHOWN
    assert answer.more > 0


def test_every_outcome_has_its_place() -> None:
    assert set(points.ORDER) == set(Outcome)


def test_the_section_names_each_point_and_links_to_conditions_that_are_there() -> None:
    page = html.render(sample.report()).decode()
    section = page[page.index('<section id="articles"') : page.index('<section id="statements"')]
    assert re.findall(r"<li><p><strong>(\w+(?:-\d)?)</strong>", section) == [
        p.id for letter in points.GROUPS for p in seeds.points() if p.id[0] == letter
    ]
    anchors = set(re.findall(r'href="#(c-[^"]+)"', section))
    assert anchors <= set(re.findall(r'id="(c-[^"]+)"', page))
    assert len(section) < 80_000


def test_the_whole_section_stays_small_with_the_real_catalogue() -> None:
    results = judged()
    report = sample.report(results, catalogue=sample.CATALOGUE.__class__(scanner="s", version="1", sha256="c" * 64, controls=KNOWN))
    page = html.render(report).decode()
    section = page[page.index('<section id="articles"') : page.index('<section id="statements"')]
    assert section.count('href="#c-') > 200
    assert len(section) < 150_000
