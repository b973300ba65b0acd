"""Making records of statements: refused as a whole with every fault named, or made; nothing is ever changed in place."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from reporting.documents import inspected
from reporting.records import NEEDS_SECOND_WORD, Actor, Statement
from reporting.stating import approved, draft_of, revised, stated, superseded, withdrawn
from scanners.errors import RecordRefused
from scanners.facts.statements_governance import ADDRESSABLE_DECISION
from scanners.statements import Missing, choose
from tests.statements.sample import AT, OTHER, PERSON, TYPES, details, draft, told

SOMEBODY, GUEST = "22222222-2222-4333-8444-555555555555", "33333333-2222-4333-8444-555555555555"
FILE = inspected(b"%PDF-1.7 a test", "application/pdf", "some-id")


def refused(kind: str = "restore_test", **said: Any) -> dict[str, str]:
    with pytest.raises(RecordRefused) as refusal:
        stated(draft_of(draft(kind, **said)), told(kind), "some-id")
    return refusal.value.problems


def made(kind: str = "restore_test", **said: Any) -> Statement:
    return stated(draft_of(draft(kind, **said)), told(kind, document=FILE), "some-id").record


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_what_is_accepted_is_what_counts_in_the_next_run(kind: str) -> None:
    found = choose(TYPES[kind], [made(kind).to_json()], AT)
    assert not isinstance(found, Missing), found


def test_the_record_says_who_handed_it_in_from_the_caller() -> None:
    by = Actor(kind="entra", object_id=OTHER)
    record = stated(draft_of(draft()), told(by=by), "some-id").record
    assert (record.submitted_by_kind, record.submitted_by_object_id, record.submitted_at) == ("entra", OTHER, AT)
    with pytest.raises(RecordRefused):
        draft_of({**draft(), "submitted_by_object_id": PERSON})


def test_phi_must_be_denied_in_words() -> None:
    assert "contains_phi" in refused(contains_phi=True)
    silent = draft()
    del silent["contains_phi"]
    with pytest.raises(RecordRefused, match="contains_phi"):
        draft_of(silent)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"statement": "yes"}, "statement"),
        ({"statement": "Confirmed by mail of jane@riverbend.example last Monday."}, "statement"),
        ({"statement": "The record of 123-45-6789 was restored and compared."}, "statement"),
        ({"effective_from": "2028-01-01"}, "effective_from"),
        ({"effective_from": "someday"}, "effective_from"),
        ({"expires_at": "2026-10-31"}, "expires_at"),
        ({"attester": {"name": "A", "title": "B", "role": "executive", "entra_object_id": PERSON}}, "attester.role"),
        ({"attester": {"name": "A", "title": "B", "role": "it_operations", "entra_object_id": "a person"}}, "attester.entra_object_id"),
        ({"attester": {"name": "...", "title": "B", "role": "it_operations", "entra_object_id": PERSON}}, "attester.name"),
        ({"control_ids": ["another_control"]}, "control_ids"),
        ({"details": {**details("restore_test"), "mood": "good"}}, "details.mood"),
        ({"details": {**details("restore_test"), "result": "nearly"}}, "details.result"),
        ({"details": {}}, "details.result"),
    ],
)
def test_each_fault_is_named_by_its_field(said: dict[str, Any], field: str) -> None:
    problems = refused(**said)
    assert field in problems, problems


def test_a_refusal_never_repeats_what_was_handed_in() -> None:
    secret = "123-45-6789"
    for said in (
        {"statement": f"The number {secret} was found in it."},
        {"details": {**details("restore_test"), "result": secret}},
        {"expires_at": secret},
    ):
        assert secret not in str(refused(**said))


def test_faults_inside_lists_are_found() -> None:
    entry = {**details("business_associate_register")["entries"][0], "app_ids": ["the charting app"], "colour": "red"}
    problems = refused("business_associate_register", details={"entries": [entry]})
    assert "details.entries.app_ids" in problems
    assert "details.entries.colour" in problems


def test_ids_that_may_be_null_may_be_null_only_by_type() -> None:
    said = {**details("security_official"), "privacy_official_object_id": None}
    assert made("security_official", details=said).details["privacy_official_object_id"] is None
    assert "details.audit_reviewer_object_ids" in refused("security_official", details={**said, "audit_reviewer_object_ids": ["me"]})


def test_a_longer_term_is_cut_back_and_said_so() -> None:
    found = stated(draft_of(draft(expires_at="2030-01-01")), told(document=FILE), "some-id")
    assert found.record.expires_at == date(2027, 4, 30), "180 days after it takes effect"
    assert any("180 days" in note for note in found.notes)


def test_without_a_term_it_holds_as_long_as_its_type_allows() -> None:
    assert made().expires_at == date(2027, 4, 30)
    assert made(expires_at="2026-12-31").expires_at == date(2026, 12, 31)


def test_one_without_its_document_is_kept_and_said_not_to_count() -> None:
    found = stated(draft_of(draft()), told(), "some-id")
    assert any("document" in note for note in found.notes)
    assert isinstance(choose(TYPES["restore_test"], [found.record.to_json()], AT), Missing)


def test_days_that_yaml_read_as_dates_are_days() -> None:
    record = made(details={**details("restore_test"), "tested_on": date(2026, 9, 15)})
    assert record.details["tested_on"] == "2026-09-15"


def test_taking_back_is_a_new_version_and_the_old_one_stays_as_it_was() -> None:
    first = made()
    back = withdrawn(first, Actor(kind="entra", object_id=OTHER), AT)
    assert (first.status, first.version, back.status, back.version) == ("active", 1, "withdrawn", 2)
    assert back.submitted_by_object_id == OTHER
    assert isinstance(choose(TYPES["restore_test"], [back.to_json()], AT), Missing)
    with pytest.raises(RecordRefused):
        withdrawn(back, Actor(kind="cli"), AT)
    with pytest.raises(RecordRefused):
        superseded(back, Actor(kind="cli"), AT)


def test_a_second_person_is_somebody_else_and_signed_in() -> None:
    first = replace_submitter(made(), OTHER)
    third = "11111111-2222-4333-8444-555555555555"
    good = approved([first], Actor(kind="entra", object_id=third), AT, "approved")
    assert good.second_approval is not None
    assert good.second_approval["by_object_id"] == third
    for wrong in (Actor(kind="entra", object_id=OTHER.upper()), Actor(kind="entra", object_id=PERSON), Actor(kind="key"), Actor(kind="cli")):
        with pytest.raises(RecordRefused):
            approved([first], wrong, AT, "approved")
    no = approved([first], Actor(kind="entra", object_id=third), AT, "rejected")
    assert isinstance(choose(TYPES["restore_test"], [no.to_json()], AT), Missing)
    with pytest.raises(RecordRefused, match="expires_at"):
        approved([first], Actor(kind="entra", object_id=third), AT + timedelta(days=400), "approved")


THIRD = Actor(kind="entra", object_id="11111111-2222-4333-8444-555555555555")


def by(kind: str = "restore_test", who: Actor = Actor(kind="entra", object_id=PERSON), **said: Any) -> Statement:  # noqa: B008 - frozen
    return stated(draft_of(draft(kind, **said)), told(kind, document=FILE, by=who), "some-id").record


@pytest.mark.parametrize("who", [Actor(kind="key"), Actor(kind="cli")])
def test_what_nobody_signed_in_handed_in_cannot_be_approved_but_rejected(who: Actor) -> None:
    with pytest.raises(RecordRefused, match="submitted_by"):
        approved([by(who=who)], THIRD, AT, "approved")
    assert approved([by(who=who)], THIRD, AT, "rejected").rejected


def test_nobody_who_had_a_hand_in_any_version_gives_the_second_word() -> None:
    """The author hands it in, somebody else adds the file, and the author is still the author."""
    first = by(who=Actor(kind="entra", object_id=OTHER))
    attester = {"name": "Iris Vale", "title": "Head of operations", "role": "it_operations", "entra_object_id": str(THIRD.object_id)}
    second = revised(draft_of(draft(attester=attester)), told(by=Actor(kind="entra", object_id=SOMEBODY), document=FILE), first).record
    third = revised(draft_of(draft()), told(by=Actor(kind="entra", object_id=SOMEBODY), document=FILE), second).record
    for hand in (OTHER, OTHER.upper(), PERSON, SOMEBODY, str(THIRD.object_id)):
        for result in ("approved", "rejected"):
            with pytest.raises(RecordRefused, match="second_approval"):
                approved([first, second, third], Actor(kind="entra", object_id=hand), AT, result)
    assert approved([first, second, third], Actor(kind="entra", object_id=GUEST), AT, "approved").version == 4


def test_a_decision_is_approved_only_where_who_decides_handed_it_in() -> None:
    assert set(NEEDS_SECOND_WORD) == {ADDRESSABLE_DECISION.statement.type}  # type: ignore[union-attr]
    with pytest.raises(RecordRefused, match=r"attester\.entra_object_id"):
        approved([by("addressable_decision", Actor(kind="entra", object_id=OTHER))], THIRD, AT, "approved")
    own = by("addressable_decision", Actor(kind="entra", object_id=PERSON.upper()))
    assert own.state(AT.date()) == "pending"
    assert approved([own], THIRD, AT, "approved").state(AT.date()) == "active"


def test_a_decision_that_nobody_can_approve_is_said_to_be_one() -> None:
    def notes(who: Actor) -> str:
        return " ".join(stated(draft_of(draft("addressable_decision")), told("addressable_decision", document=FILE, by=who), "i").notes)

    assert "a signed-in person must have handed it in" in notes(Actor(kind="key"))
    assert "who decides must be the person who handed it in" in notes(Actor(kind="entra", object_id=OTHER))
    assert "nobody can approve it" not in notes(Actor(kind="entra", object_id=PERSON))


def test_a_no_stands_until_a_second_person_says_yes() -> None:
    first = by()
    no = approved([first], THIRD, AT, "rejected")
    again = revised(draft_of(draft(statement="The same once more, in other words.")), told(document=FILE, by=Actor(kind="key")), no)
    assert (again.record.version, again.record.state(AT.date())) == (3, "rejected")
    assert any("rejected" in note for note in again.notes)
    assert isinstance(choose(TYPES["restore_test"], [again.record.to_json()], AT), Missing)
    own = revised(draft_of(draft()), told(document=FILE, by=Actor(kind="entra", object_id=PERSON)), again.record).record
    assert own.state(AT.date()) == "rejected"
    yes = approved([first, no, again.record, own], THIRD, AT, "approved")
    assert (yes.version, yes.state(AT.date())) == (5, "active")
    assert not isinstance(choose(TYPES["restore_test"], [yes.to_json()], AT), Missing)
    after = revised(draft_of(draft()), told(document=FILE), yes).record
    assert after.second_approval is None, "a yes is of the version that it was said of"


def test_who_takes_the_place_of_what_was_rejected_takes_the_no_along() -> None:
    no = approved([by()], THIRD, AT, "rejected")
    assert stated(draft_of(draft(supersedes=GUEST)), told(document=FILE), "another-id", before=no).record.state(AT.date()) == "rejected"


@pytest.mark.parametrize("ended", [withdrawn, superseded])
def test_what_has_ended_has_no_next_version(ended: Any) -> None:
    gone = ended(by(), Actor(kind="cli"), AT)
    with pytest.raises(RecordRefused, match=gone.status):
        revised(draft_of(draft()), told(), gone)
    with pytest.raises(RecordRefused, match=gone.status):
        approved([gone], THIRD, AT, "approved")


def test_how_a_statement_stands_is_one_word() -> None:
    day, own = AT.date(), by()
    assert own.state(day) == "active"
    assert own.state(own.expires_at) == "active", "the last day counts"
    assert own.state(own.expires_at + timedelta(days=1)) == "expired"
    assert own.state(own.effective_from - timedelta(days=1)) == "upcoming"
    no = approved([own], THIRD, AT, "rejected")
    assert [each.state(day) for each in (no, withdrawn(no, THIRD, AT), superseded(own, THIRD, AT))] == ["rejected", "withdrawn", "superseded"]


def replace_submitter(record: Statement, who: str) -> Statement:
    return stated(draft_of(draft()), replace(told(document=record.document), by=Actor(kind="entra", object_id=who)), record.id).record
