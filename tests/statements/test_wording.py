"""What people write, before it is stored: days that can be, confirmations that are some, names that are names, and lengths."""

from typing import Any

import pytest

from reporting.stating import draft_of, stated
from scanners.errors import RecordRefused
from scanners.statements import Missing, choose
from tests.statements.sample import AT, PERSON, TYPES, details, draft, told
from tests.statements.test_stating import made, refused


@pytest.mark.parametrize("field", ["effective_from", "expires_at"])
@pytest.mark.parametrize(
    "value",
    [0, 1798675200, 1.5, True, "9999-12-31", "2101-01-01", "0001-01-01", "1995-12-31", "1798675200", "2026-02-30", "2026-11-24T00:00:00", AT, []],
)
def test_a_day_is_a_day_that_can_be(field: str, value: Any) -> None:
    with pytest.raises(RecordRefused) as refusal:
        draft_of(draft(**{field: value}))
    assert refusal.value.problems[field].startswith(("must be a day", "is not a day"))


def test_days_in_details_can_be_too() -> None:
    for day in ("9999-12-31", "0001-01-01", 0, True):
        assert "details.tested_on" in refused(details={**details("restore_test"), "tested_on": day})


def test_a_record_of_another_hand_with_an_impossible_day_breaks_nothing() -> None:
    far = {**made().to_json(), "effective_from": "9999-12-31", "expires_at": "9999-12-31"}
    assert isinstance(choose(TYPES["restore_test"], [far], AT), Missing)


@pytest.mark.parametrize("value", [0, 0.0, None, "false", "no", [], True])
def test_a_confirmation_is_a_confirmation(value: Any) -> None:
    with pytest.raises(RecordRefused, match="contains_phi"):
        draft_of(draft(contains_phi=value))


def attester(**said: str) -> dict[str, str]:
    return {"name": "A. Finch", "title": "Head of operations", "role": "it_operations", "entra_object_id": PERSON, **said}


@pytest.mark.parametrize("field", ["name", "title"])
@pytest.mark.parametrize(
    "value",
    [
        "Pat 123-45-6789",
        "jane@riverbend.example",
        "Pat (MRN 4711)",
        "Pat, medical record number 4711",
        "Pat 555-010-4477",
        "+1 (555) 010-4477",
        "Pat 00123456",
        "Pat \uff11\uff12\uff13\uff14\uff15\uff16\uff17",
        "Pat 12\u200b34\u200b56",
        "x" * 121,
        "x" * 40_000,
        " ",
    ],
)
def test_an_attester_has_a_name_and_nothing_else(field: str, value: str) -> None:
    with pytest.raises(RecordRefused) as refusal:
        stated(draft_of(draft(attester=attester(**{field: value}))), told(), "some-id")
    assert f"attester.{field}" in refusal.value.problems
    assert value.strip()[:20] not in str(refusal.value) or not value.strip()


@pytest.mark.parametrize(
    "name", ["José Ångström-O'Neil III", "Dr. med. Mary Ann d'Arcy, RN", "李小龍", "Jean-Luc 2nd", "Head of ISO 27001, level 2", "24x7 desk"]
)
def test_a_name_is_a_name(name: str) -> None:
    assert stated(draft_of(draft(attester=attester(name=name, title=name))), told(), "some-id").record.attester.name == name


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"type": "x" * 65}, "type"),
        ({"control_ids": ["x" * 201]}, "control_ids.0"),
        ({"control_ids": ["x"] * 201}, "control_ids"),
        ({"attester": attester(role="x" * 65)}, "attester.role"),
        ({"attester": attester(entra_object_id="x" * 65)}, "attester.entra_object_id"),
        ({"details": {**details("restore_test"), "environment": "x" * 4001}}, "details"),
        ({"details": {**details("restore_test"), "workloads": ["x" * 4000] * 40}}, "details"),
        ({"statement": "The chart with MRN 00123456 was restored and compared."}, "statement"),
    ],
)
def test_everything_has_a_length_and_no_number_of_a_record(said: dict[str, Any], field: str) -> None:
    assert field in refused(**said)
