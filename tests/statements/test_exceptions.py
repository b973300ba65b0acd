"""An exception turns a fail into `accepted`, and nothing else into anything."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from reporting.deciding import approved, proposal_of, proposed, revised, withdrawn
from reporting.records import Actor
from scanners import catalogue, hipaa
from scanners.errors import Reason, RecordRefused
from scanners.exceptions import LONGEST, LONGEST_FOR_REQUIRED, accepter, apart
from scanners.judging import Held, Operator, judge
from scanners.model import Control, Outcome, Verdict, failed, not_applicable, passed, unknown
from tests.statements.sample import AT, OTHER, PERSON, TYPES

CONTROLS = catalogue.load().controls
ADDRESSABLE = next(
    c for c in CONTROLS.values() if c.designation == "addressable" and any(hipaa.by_citation()[x].kind == "addressable" for x in c.cites)
)
REQUIRED = next(c for c in CONTROLS.values() if c.designation == "required")
STANDARD = next(c for c in CONTROLS.values() if c.designation == "standard")
FAIL = failed("two are open", ("One", "two"))


def decision(control: Control = ADDRESSABLE, **said: Any) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "id": "d1",
        "version": 2,
        "control": control.id,
        "kind": "documented_alternative" if control.designation == "addressable" else "risk_acceptance",
        "owner": {"kind": "entra", "object_id": PERSON},
        "approver": {"kind": "entra", "object_id": OTHER},
        "reason": "the stations are always attended",
        "compensating_measure": "badges lock the screens within 30 seconds",
        "objects": [],
        "created_at": "2026-11-01T08:00:00Z",
        "approved_at": "2026-11-02T08:00:00Z",
        "expires_at": "2026-12-31",
        "status": "approved",
        **said,
    }


def asked(*decisions: dict[str, Any], control: Control = ADDRESSABLE, verdict: Verdict = FAIL, at: datetime = AT) -> dict[str, Any] | None:
    return accepter(decisions, at)(control, verdict)


@pytest.mark.parametrize("control", [ADDRESSABLE, REQUIRED, STANDARD], ids=["addressable", "required", "standard"])
def test_an_approved_decision_accepts_a_fail(control: Control) -> None:
    shown = asked(decision(control), control=control)
    assert shown is not None
    assert shown["expires_at"] == "2026-12-31"
    assert shown["kind"] == ("documented_alternative" if control is ADDRESSABLE else "risk_acceptance")
    assert (shown["owner_object_id"], shown["approver_object_id"]) == (PERSON, OTHER)


@pytest.mark.parametrize("verdict", [passed("good"), not_applicable("none"), unknown(Reason.UNREACHABLE, "?"), Verdict(Outcome.ERROR, "!")])
def test_nothing_but_a_fail_is_accepted(verdict: Verdict) -> None:
    assert asked(decision(), verdict=verdict) is None


@pytest.mark.parametrize(
    "said",
    [
        {"status": "pending"},
        {"status": "withdrawn"},
        {"status": "waved through"},
        {"approver": None},
        {"approved_at": None},
        {"approver": {"kind": "entra", "object_id": PERSON}},
        {"approver": {"kind": "entra", "object_id": PERSON.upper()}},
        {"approver": {"kind": "key", "object_id": None}},
        {"approver": {"kind": "entra", "object_id": None}},
        {"approver": {"kind": "cli", "object_id": OTHER}},
        {"owner": {"kind": "key", "object_id": None}},
        {"owner": {"kind": "key", "object_id": PERSON}},
        {"reason": "  "},
        {"compensating_measure": ""},
        {"expires_at": "2026-11-23"},
        {"expires_at": "whenever"},
        {"approved_at": "2026-11-25T08:00:00Z"},
        {"created_at": "2026-11-03T08:00:00Z"},
        {"control": "another_control"},
        {"kind": "because"},
    ],
)
def test_a_decision_that_does_not_hold_accepts_nothing(said: dict[str, Any]) -> None:
    assert asked(decision() | said) is None


@pytest.mark.parametrize("field", sorted(decision()))
def test_a_record_without_one_of_its_fields_accepts_nothing_more(field: str) -> None:
    record = decision()
    del record[field]
    shown = asked(record)
    assert shown is None or field in {"schema_version", "version"}


def test_what_is_required_cannot_be_met_in_another_way() -> None:
    for control in (REQUIRED, STANDARD):
        assert asked(decision(control, kind="documented_alternative"), control=control) is None


def test_the_longest_terms_are_cut_back() -> None:
    """Whatever the record says: a year for what is addressable, 90 days for the rest, from the day of approval."""
    approval = datetime(2026, 11, 2, 8, tzinfo=UTC)
    for control, longest in ((ADDRESSABLE, LONGEST), (REQUIRED, LONGEST_FOR_REQUIRED), (STANDARD, LONGEST_FOR_REQUIRED)):
        record = decision(control, expires_at="2036-01-01")
        last = (approval + longest).date()
        shown = asked(record, control=control)
        assert shown is not None
        assert shown["expires_at"] == last.isoformat()
        noon = datetime(last.year, last.month, last.day, 12, tzinfo=UTC)
        assert asked(record, control=control, at=noon) is not None
        assert asked(record, control=control, at=noon + timedelta(days=1)) is None


def test_named_objects_are_accepted_and_one_more_is_not() -> None:
    named = decision(objects=["one", "TWO"])
    assert asked(named) is not None
    assert asked(named, verdict=failed("three", ("one", "two", "three"))) is None, "a scope that no longer matches"
    assert asked(named, verdict=failed("one", ("one",))) is not None
    assert asked(named, verdict=failed("who knows which")) is None, "objects that are not named are in nobody's scope"


def test_objects_that_could_not_be_judged_are_in_nobodys_scope() -> None:
    assert asked(decision(objects=["one", "two"]), verdict=failed("x", ("one", "two"), unclear=1)) is None
    assert asked(decision(), verdict=failed("x", ("one",), unclear=1)) is not None, "a decision about the whole control knows that"


def test_decisions_about_objects_add_up_and_the_earliest_end_counts() -> None:
    first, second = decision(id="d1", objects=["one"], expires_at="2026-12-31"), decision(id="d2", objects=["two"], expires_at="2026-12-01")
    shown = asked(first, second)
    assert shown is not None
    assert (shown["id"], shown["with"], shown["expires_at"]) == ("d2", ["d1"], "2026-12-01")
    assert asked(first) is None
    assert asked(first, {**second, "status": "pending"}) is None


def test_a_risk_that_is_accepted_is_never_shown_as_an_alternative() -> None:
    mixed = asked(decision(objects=["one"]), decision(id="d2", kind="risk_acceptance", objects=["two"]))
    assert mixed is not None
    assert mixed["kind"] == "risk_acceptance"
    assert apart({"a": mixed, "b": asked(decision()), "c": None}) == {"documented_alternative": ("b",), "risk_acceptance": ("a",)}


def test_judging_shows_accepted_with_the_reasons_of_the_fail() -> None:
    control = dataclasses.replace(ADDRESSABLE, rule=lambda: FAIL, needs={}, wants_time=False, parameters={}, defaults={})
    judged = judge(control, {}, AT, "20261124T030000Z-3f9c", Operator(), accepter([decision()], AT))
    assert judged.result.outcome is Outcome.ACCEPTED
    assert judged.result.because == FAIL.because
    assert judged.result.exception is not None
    later = judge(control, {}, AT + timedelta(days=60), "20261124T030000Z-3f9c", Operator(), accepter([decision()], AT + timedelta(days=60)))
    assert (later.result.outcome, later.result.exception) == (Outcome.FAIL, None)


def test_evidence_that_was_refused_stays_an_error() -> None:
    held = {fact: Held(reading=None, evidence=None, refused=True) for fact in ADDRESSABLE.needs}
    judged = judge(ADDRESSABLE, held, AT, "20261124T030000Z-3f9c", Operator(), accepter([decision()], AT))
    assert judged.result.outcome is Outcome.ERROR


CITATION = next(citation for citation in ADDRESSABLE.cites if hipaa.by_citation()[citation].kind == "addressable")
SECOND = {"by_object_id": OTHER, "at": "2026-11-05T08:00:00Z", "result": "approved"}


def statement(details: dict[str, Any] | None = None, **said: Any) -> dict[str, Any]:
    sample = TYPES["addressable_decision"].sample[0]
    about = {**sample["details"], "control_id": ADDRESSABLE.id, "citation": CITATION, **(details or {})}
    handed_in = {"submitted_by_kind": "entra", "submitted_by_object_id": sample["attester"]["entra_object_id"]}
    return {**sample, **handed_in, "details": about, "second_approval": SECOND, **said}


def test_a_statement_that_a_second_person_approved_is_a_decision_too() -> None:
    shown = accepter([], AT, [statement()])(ADDRESSABLE, FAIL)
    assert shown is not None
    assert shown["kind"] == "documented_alternative"
    assert (shown["owner_object_id"], shown["approver_object_id"]) == (PERSON, OTHER)


def test_two_records_of_one_id_have_no_owner() -> None:
    """Only one version of a statement is in force; where two are handed over, nobody knows whose it is."""
    assert accepter([], AT, [statement(), statement(submitted_by_object_id=OTHER)])(ADDRESSABLE, FAIL) is None


@pytest.mark.parametrize(
    "said",
    [
        {"second_approval": None},
        {"second_approval": {**SECOND, "by_object_id": PERSON}},
        {"second_approval": {**SECOND, "by_object_id": None}},
        {"second_approval": {**SECOND, "at": None}},
        {"second_approval": {**SECOND, "result": "rejected"}},
        {"details": {"citation": "164.312(b)"}},
        {"details": {"reasonable_and_appropriate": True}},
        {"details": {"reason": ""}},
        {"details": {"control_id": "another_control"}},
        {"status": "withdrawn"},
        {"expires_at": "2026-11-23"},
        {"document": None},
        {"submitted_by_kind": "key", "submitted_by_object_id": None},
        {"submitted_by_kind": "cli", "submitted_by_object_id": None},
        {"submitted_by_kind": "key"},
        {"submitted_by_kind": "somebody"},
        {"submitted_by_object_id": None},
        {"submitted_by_object_id": OTHER},
        {"submitted_by_object_id": "22222222-2222-4333-8444-555555555555"},
        {"attester": {"role": "security_official", "entra_object_id": "22222222-2222-4333-8444-555555555555"}},
    ],
)
def test_and_one_that_nobody_approved_or_that_does_not_hold_is_none(said: dict[str, Any]) -> None:
    assert accepter([], AT, [statement(**said)])(ADDRESSABLE, FAIL) is None


OWNER, APPROVER = Actor(kind="entra", object_id=PERSON), Actor(kind="entra", object_id=OTHER)


def proposal(**said: Any) -> dict[str, Any]:
    base = {
        "control": ADDRESSABLE.id,
        "kind": "documented_alternative",
        "reason": "the stations are attended around the clock",
        "compensating_measure": "badges lock the screens",
        "expires_at": date(2027, 2, 1),
    }
    return {**base, **said}


def test_from_proposal_to_acceptance_and_back() -> None:
    pending = proposed(proposal_of(proposal()), ADDRESSABLE, OWNER, AT, "d9")
    assert asked(pending.to_json()) is None
    good = approved([pending], APPROVER, AT)
    assert (pending.version, good.version) == (1, 2)
    assert asked(good.to_json(), at=AT) is not None
    back = withdrawn(good, Actor(kind="key"), AT + timedelta(days=1))
    assert asked(back.to_json(), at=AT) is None
    assert (back.version, back.withdrawn_by, back.withdrawn_at) == (3, Actor(kind="key"), AT + timedelta(days=1))
    assert (back.owner, back.approver, back.approved_at) == (good.owner, good.approver, good.approved_at), "what was decided stays"
    with pytest.raises(RecordRefused):
        withdrawn(back, OWNER, AT)
    with pytest.raises(RecordRefused):
        approved([pending, good], APPROVER, AT)


def test_the_next_version_needs_an_approval_of_its_own() -> None:
    pending = proposed(proposal_of(proposal()), ADDRESSABLE, OWNER, AT, "d9")
    good = approved([pending], APPROVER, AT)
    later = AT + timedelta(days=30)
    third = Actor(kind="entra", object_id="22222222-2222-4333-8444-555555555555")
    again = revised(proposal_of(proposal(expires_at=date(2027, 6, 1))), ADDRESSABLE, good, third, later)
    assert (again.id, again.version, again.status, again.approver, again.approved_at) == ("d9", 3, "pending", None, None)
    assert (again.owner, again.created_at) == (third, later)
    assert asked(again.to_json(), at=later) is None
    for hand in (OWNER, third):
        with pytest.raises(RecordRefused, match="approver"):
            approved([pending, good, again], hand, later)
    shown = asked(approved([pending, good, again], APPROVER, later).to_json(), at=later)
    assert shown is not None
    assert (shown["expires_at"], shown["owner_object_id"]) == ("2027-06-01", third.object_id)


def test_the_next_version_is_of_the_same_decision() -> None:
    pending = proposed(proposal_of(proposal()), ADDRESSABLE, OWNER, AT, "d9")
    for said, control, field in (
        ({"control": REQUIRED.id, "kind": "risk_acceptance"}, REQUIRED, "control"),
        ({"kind": "risk_acceptance"}, ADDRESSABLE, "kind"),
    ):
        with pytest.raises(RecordRefused, match=field):
            revised(proposal_of(proposal(**said)), control, pending, OWNER, AT)
    with pytest.raises(RecordRefused, match="owner"):
        revised(proposal_of(proposal()), ADDRESSABLE, pending, Actor(kind="key"), AT)
    with pytest.raises(RecordRefused, match="withdrawn"):
        revised(proposal_of(proposal()), ADDRESSABLE, withdrawn(pending, OWNER, AT), OWNER, AT)


@pytest.mark.parametrize("by", [OWNER, Actor(kind="key"), Actor(kind="cli"), Actor(kind="entra", object_id=PERSON.upper())])
def test_only_somebody_else_who_is_signed_in_approves(by: Actor) -> None:
    pending = proposed(proposal_of(proposal()), ADDRESSABLE, OWNER, AT, "d9")
    with pytest.raises(RecordRefused, match="approver"):
        approved([pending], by, AT)


def test_too_late_to_approve() -> None:
    pending = proposed(proposal_of(proposal()), ADDRESSABLE, OWNER, AT, "d9")
    with pytest.raises(RecordRefused, match="expires_at"):
        approved([pending], APPROVER, AT + timedelta(days=200))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"reason": "no"}, "reason"),
        ({"reason": "ask jane@riverbend.example about this one"}, "reason"),
        ({"compensating_measure": ""}, "compensating_measure"),
        ({"compensating_measure": "the list of 123-45-6789 is locked"}, "compensating_measure"),
        ({"kind": "forgive"}, "kind"),
        ({"expires_at": "2026-11-24"}, "expires_at"),
        ({"expires_at": "2027-11-25"}, "expires_at"),
        ({"expires_at": 1798675200}, "expires_at"),
        ({"expires_at": "9999-12-31"}, "expires_at"),
        ({"expires_at": True}, "expires_at"),
        ({"objects": [" "]}, "objects"),
        ({"objects": ["123-45-6789"]}, "objects"),
        ({"objects": ["x" * 201]}, "objects.0"),
        ({"control": "x" * 201}, "control"),
        ({"reason": "The chart with MRN 00123456 is the one that is meant."}, "reason"),
        ({"owner": {"kind": "entra", "object_id": OTHER}}, "owner"),
    ],
)
def test_each_fault_of_a_proposal_is_named(said: dict[str, Any], field: str) -> None:
    with pytest.raises(RecordRefused) as refusal:
        proposed(proposal_of(proposal(**said)), ADDRESSABLE, OWNER, AT, "d9")
    assert field in refusal.value.problems


def test_what_is_required_can_be_accepted_for_90_days_and_no_more() -> None:
    with pytest.raises(RecordRefused, match="kind"):
        proposed(proposal_of(proposal(control=REQUIRED.id)), REQUIRED, OWNER, AT, "d9")
    risk = {"control": REQUIRED.id, "kind": "risk_acceptance"}
    last = (AT + timedelta(days=90)).date()
    assert proposed(proposal_of(proposal(**risk, expires_at=last)), REQUIRED, OWNER, AT, "d9").expires_at == last
    with pytest.raises(RecordRefused, match="expires_at"):
        proposed(proposal_of(proposal(**risk, expires_at=last + timedelta(days=1))), REQUIRED, OWNER, AT, "d9")


def test_without_a_signed_in_owner_there_is_no_exception() -> None:
    with pytest.raises(RecordRefused, match="owner"):
        proposed(proposal_of(proposal()), ADDRESSABLE, Actor(kind="key"), AT, "d9")
