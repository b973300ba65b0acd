"""Counts, states of citations and changes, worked out by hand."""

from typing import Any

import pytest

from reporting.changes import Life, changes, live
from reporting.coverage import by_citation, by_point, counted, in_run, state
from reporting.summary import counts, severities
from scanners.coverage import Covered, coverage
from scanners.hipaa import by_citation as provisions
from scanners.hipaa import citations
from scanners.model import Outcome
from tests.reporting import sample
from tests.reporting.sample import at, result


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([], "not_covered"),
        (["pass"], "met"),
        (["pass", "accepted"], "met"),
        (["pass", "fail"], "partly"),
        (["accepted", "attestation_due"], "partly"),
        (["fail"], "not_met"),
        (["attestation_due", "unknown"], "not_met"),
        (["fail", "not_applicable"], "not_met"),
        (["unknown"], "not_known"),
        (["pass", "unknown"], "not_known"),
        (["pass", "error"], "not_known"),
        (["error", "not_applicable"], "not_known"),
        (["not_applicable"], "not_applicable"),
        (["pass", "not_applicable"], "partly"),
        (["pass", "fail", "unknown"], "partly"),
    ],
)
def test_the_state_of_a_citation(outcomes: list[str], expected: str) -> None:
    assert state(Outcome(each) for each in outcomes) == expected


def test_met_needs_every_control_to_pass_or_be_accepted() -> None:
    from itertools import combinations

    for size in range(1, len(Outcome) + 1):
        for chosen in combinations(Outcome, size):
            assert (state(chosen) == "met") == (set(chosen) <= {Outcome.PASS, Outcome.ACCEPTED})


def test_every_citation_is_listed_once_in_the_order_of_the_regulation() -> None:
    rows = list(by_citation(in_run(coverage(sample.CONTROLS.values()), [result(name) for name in sample.CONTROLS])))
    assert [row["citation"] for row in rows] == [each.citation for each in citations()]
    assert len(rows) == 110
    states = {row["citation"]: row["state"] for row in rows}
    assert (states["164.312(d)"], states["164.308(a)(8)"]) == ("partly", "not_covered")  # the specification has more controls for the first


def row_of(*controls: str, planned: tuple[str, ...] = (), kind: Any = "citation") -> Covered:
    return Covered(kind=kind, id="164.312(b)" if kind == "citation" else "T1", says="words", controls=controls, planned=planned, reason=None)


@pytest.mark.parametrize(
    ("outcome", "planned", "switched_off", "expected"),
    [
        ("pass", False, False, "met"),
        ("accepted", True, False, "partly"),
        ("pass", False, True, "partly"),
        ("not_applicable", False, False, "not_applicable"),
        ("not_applicable", True, False, "not_known"),  # one finds nothing to govern, and nobody asked the other
        ("not_applicable", False, True, "not_known"),
        ("fail", True, True, "not_met"),
        ("unknown", True, False, "not_known"),
    ],
)
@pytest.mark.parametrize("kind", ["citation", "point"])
def test_what_was_not_judged_takes_away_that_it_is_met_or_does_not_apply(
    kind: str, outcome: str, planned: bool, switched_off: bool, expected: str
) -> None:
    """One rule for provisions and for points."""
    controls = ("audit_log_is_on", *(["sharing_is_limited"] if switched_off else []))
    rows = in_run([row_of(*controls, planned=("later",) if planned else (), kind=kind)], [result("audit_log_is_on", outcome)])
    listed = next(by_citation(rows) if kind == "citation" else by_point(rows))
    assert listed["state"] == expected
    assert listed["controls"] == ["audit_log_is_on"]
    assert listed["not_in_this_run"] == (["sharing_is_limited"] if switched_off else [])
    assert listed["planned"] == (["later"] if planned else [])


def test_a_result_whose_control_this_catalogue_does_not_have_still_counts() -> None:
    listed = next(by_citation(in_run([row_of()], [result("audit_log_is_on", "fail")])))
    assert (listed["state"], listed["controls"]) == ("not_met", ["audit_log_is_on"])


def test_what_nobody_judged_is_told_by_why() -> None:
    everything = coverage(sample.CONTROLS.values())
    by = {row["point"]: row for row in by_point(in_run(everything, []))}
    assert {row["state"] for row in by.values()} == {"planned", "explained"}
    assert by["B7"]["reason"]
    assert next(by_point(in_run([row_of("audit_log_is_on", kind="point")], [])))["state"] == "not_judged"


def test_a_condition_that_is_only_proposed_answers_nothing() -> None:
    listed = next(
        row for row in by_citation(in_run(coverage(sample.CONTROLS.values()), [result("audit_log_is_on")])) if row["citation"] == "164.312(b)"
    )
    assert (listed["controls"], listed["not_in_this_run"]) == (["audit_log_is_on"], [])


def test_what_is_only_proposed_counts_nowhere() -> None:
    results = [result("audit_log_is_on"), result("proposed_rule_is_watched", "fail")]
    assert counts(counted(results))["total"] == 1
    assert counts(counted(results))["fail"] == 0


def test_open_findings_by_severity() -> None:
    found = [result("legacy_authentication_is_blocked", "fail"), result("staff_are_trained", "attestation_due"), result("audit_log_is_on")]
    assert severities(found) == {"critical": 1, "high": 0, "medium": 1, "low": 0}


def test_hipaa_has_every_provision_with_its_kind() -> None:
    kinds = [each.kind for each in citations()]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"standard": 54, "required": 29, "addressable": 22, "general": 3, "context": 2}
    assert provisions()["164.312(a)(2)(iii)"].control_id == "hipaa-164.312-a-2-iii"
    assert provisions()["164.312(a)(2)(iv)"].kind == "addressable"


def one(outcome: str, **more: Any) -> Any:
    return result("audit_log_is_on", outcome, **more)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("pass", "fail", "new_fail"),
        ("unknown", "fail", "new_fail"),
        ("accepted", "fail", "new_fail"),
        ("pass", "attestation_due", "new_fail"),
        ("fail", "pass", "fixed"),
        ("fail", "accepted", "fixed"),
        ("attestation_due", "not_applicable", "fixed"),
        ("pass", "unknown", "new_unknown"),
        ("fail", "error", "new_unknown"),
        ("unknown", "pass", "readable_again"),
        ("fail", "attestation_due", None),
        ("fail", "fail", None),
        ("unknown", "error", None),
        ("pass", "accepted", None),
    ],
)
def test_what_counts_as_a_change(before: str, after: str, kind: str | None) -> None:
    found = changes("earlier", [one(before)], [one(after)])
    for name in ("new_fail", "fixed", "new_unknown", "readable_again"):
        assert getattr(found, name) == (("audit_log_is_on",) if name == kind else ())


def test_settings_are_compared_where_both_runs_could_look() -> None:
    before, after = one("fail", observed={"days": 30, "same": 1}), one("pass", observed={"days": 365, "same": 1, "new": True})
    found = changes("earlier", [before], [after]).settings
    assert [(each.name, each.before, each.after) for each in found] == [("days", 30, 365), ("new", None, True)]
    assert changes("earlier", [before], [one("unknown", observed={})]).settings == ()


def test_what_the_scanner_changed_is_told_apart() -> None:
    before = [one("pass"), result("sharing_is_limited")]
    after = [one("pass", rule_sha256="f" * 64, parameters={"days": 1}), result("guests_are_reviewed")]
    said = changes("earlier", before, after).to_json()
    assert said["catalogue"] == {
        "added": ["guests_are_reviewed"],
        "removed": ["sharing_is_limited"],
        "rule_changed": ["audit_log_is_on"],
        "parameters_changed": ["audit_log_is_on"],
    }
    assert said["new_fail"] == []


def test_without_an_earlier_run_nothing_is_new() -> None:
    assert changes(None, [], [one("fail")]).to_json()["new_fail"] == []


def lived(*outcomes: str) -> Life:
    life = None
    for day, outcome in enumerate(outcomes):
        life = live(life, Outcome(outcome), at(day))
    assert life is not None
    return life


def test_the_life_of_a_finding() -> None:
    life = lived("pass", "fail", "fail", "unknown", "fail", "pass", "pass", "attestation_due")
    assert (life.first_seen, life.opened_at, life.reopened, life.is_open) == (at(1), at(7), 1, True)
    assert life.days_open(at(10)) == 3


def test_not_seeing_is_no_fix() -> None:
    life = lived("fail", "unknown", "error")
    assert life.is_open
    assert (life.opened_at, life.since) == (at(0), at(2))
    assert lived("fail", "unknown", "pass").fixed_at == at(2)


def test_a_fixed_finding_counts_the_days_it_was_open() -> None:
    assert lived("fail", "fail", "pass", "pass").days_open(at(100)) == 2
    assert lived("pass").days_open(at(5)) == 0


def test_a_life_survives_its_json() -> None:
    for life in (lived("pass"), lived("fail", "pass"), lived("unknown")):
        assert Life.from_json(life.to_json()) == life
