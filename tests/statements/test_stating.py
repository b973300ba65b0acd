"""Making records of statements: refused as a whole with every fault named, or made; nothing is ever changed in place."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from reporting.documents import inspected
from reporting.records import Actor, Statement
from reporting.stating import approved, draft_of, stated, superseded, withdrawn
from scanners.errors import RecordRefused
from scanners.statements import Missing, choose
from tests.statements.sample import AT, OTHER, PERSON, TYPES, details, draft, told

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
    good = approved(first, Actor(kind="entra", object_id=third), AT, "approved")
    assert good.second_approval is not None
    assert good.second_approval["by_object_id"] == third
    for wrong in (Actor(kind="entra", object_id=OTHER.upper()), Actor(kind="entra", object_id=PERSON), Actor(kind="key"), Actor(kind="cli")):
        with pytest.raises(RecordRefused):
            approved(first, wrong, AT, "approved")
    no = approved(first, Actor(kind="entra", object_id=third), AT, "rejected")
    assert isinstance(choose(TYPES["restore_test"], [no.to_json()], AT), Missing)


def replace_submitter(record: Statement, who: str) -> Statement:
    return stated(draft_of(draft()), replace(told(document=record.document), by=Actor(kind="entra", object_id=who)), record.id).record
