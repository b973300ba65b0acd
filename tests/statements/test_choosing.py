"""Which statement counts: one that is whole, active, in effect, not ended, by the right role, with its document."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from scanners.errors import Undecided
from scanners.examples import ABSENT, merged
from scanners.facts import subscribed_skus
from scanners.reading import Row, attributes
from scanners.statements import Missing, choose, form_of
from tests.statements.sample import AT, TYPES

KINDS = sorted(TYPES)


def record(kind: str, **said: Any) -> dict[str, Any]:
    sample = TYPES[kind].sample
    made: dict[str, Any] = merged(sample[0] if isinstance(sample, list) else sample, {"effective_from": "2026-11-01", **said})
    return made


def chosen(kind: str, *records: dict[str, Any], at: datetime = AT) -> Any:
    return choose(TYPES[kind], records, at)


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_statement_counts(kind: str) -> None:
    found = chosen(kind, record(kind))
    one = found[0] if isinstance(found, tuple) else found
    assert one.type == kind


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"status": "withdrawn"}, "withdrawn"),
        ({"status": "superseded"}, "superseded"),
        ({"status": "who knows"}, "form"),
        ({"effective_from": "2026-11-25"}, "takes effect on 2026-11-25"),
        ({"expires_at": "2026-11-23"}, "ended on 2026-11-23"),
        ({"attester": {"role": "nobody"}}, "nobody"),
        ({"second_approval": {"result": "rejected"}}, "rejected"),
        ({"effective_from": ABSENT}, "form"),
        ({"expires_at": "soon"}, "form"),
        ({"details": ABSENT}, "form"),
    ],
)
def test_one_that_is_not_whole_counts_for_nothing(kind: str, wrong: dict[str, Any], word: str) -> None:
    found = chosen(kind, record(kind, **wrong))
    assert isinstance(found, Missing)
    assert word in found.because
    assert kind in found.provide
    assert TYPES[kind].statement.attester_role in found.provide  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", KINDS)
def test_the_document_is_asked_for_where_the_type_asks_for_it(kind: str) -> None:
    found = chosen(kind, record(kind, document=None))
    assert isinstance(found, Missing) is TYPES[kind].statement.document_required  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", KINDS)
def test_every_detail_must_be_there(kind: str) -> None:
    for name in record(kind)["details"]:
        found = chosen(kind, record(kind, details={name: ABSENT}))
        assert isinstance(found, Missing), f"{kind} without {name} counts"


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_can_vouch_for_longer_than_the_type_allows(kind: str) -> None:
    days = TYPES[kind].statement.validity_days  # type: ignore[union-attr]
    long_ago = record(kind, effective_from=(AT.date() - timedelta(days=days + 1)).isoformat(), expires_at="2099-01-01")
    assert isinstance(chosen(kind, long_ago), Missing)
    last = record(kind, effective_from=(AT.date() - timedelta(days=days)).isoformat(), expires_at="2099-01-01")
    found = chosen(kind, last)
    one = found[0] if isinstance(found, tuple) else found
    assert one.expires_at == AT.date(), "the end is cut back to what the type allows"


def test_the_last_day_counts_and_the_next_does_not() -> None:
    ending = record("baa_microsoft", expires_at="2026-11-24")
    assert not isinstance(chosen("baa_microsoft", ending, at=AT.replace(hour=23, minute=59)), Missing)
    assert isinstance(chosen("baa_microsoft", ending, at=AT + timedelta(days=1)), Missing)


def test_the_newest_that_counts_is_taken() -> None:
    old = record("plan_scope", id="old", effective_from="2026-10-01", details={"ephi_location_count": 1})
    new = record("plan_scope", id="new", effective_from="2026-11-10", details={"ephi_location_count": 2})
    for order in ((old, new), (new, old)):
        assert chosen("plan_scope", *order).id == "new"
    assert chosen("plan_scope", old, {**new, "status": "withdrawn"}).id == "old"


def test_of_two_of_one_day_the_one_that_was_submitted_later_is_taken() -> None:
    morning = {**record("plan_scope", id="morning"), "submitted_at": "2026-11-01T08:00:00Z"}
    evening = {**record("plan_scope", id="evening"), "submitted_at": "2026-11-01T18:00:00Z"}
    assert chosen("plan_scope", evening, morning).id == "evening"


def test_reviews_of_different_people_hold_side_by_side() -> None:
    def review(population: str, day: str, number: int) -> dict[str, Any]:
        said = {"population": population, "reviewed_count": number}
        return record("access_review", id=f"{population}-{day}", effective_from=day, expires_at="2026-12-31", details=said)

    found = chosen("access_review", review("guests", "2026-10-01", 1), review("privileged", "2026-09-20", 2), review("guests", "2026-11-01", 3))
    assert [(r.details.population, r.details.reviewed_count) for r in found] == [("guests", 3), ("privileged", 2)]


def test_a_review_that_ended_does_not_hide_the_others() -> None:
    gone = record("access_review", effective_from="2026-06-01", expires_at="2026-08-01", details={"population": "guests"})
    held = record("access_review", details={"population": "workforce"})
    assert [r.details.population for r in chosen("access_review", gone, held)] == ["workforce"]
    assert isinstance(chosen("access_review", gone), Missing)


def test_a_statement_of_another_type_is_nobodys() -> None:
    assert isinstance(chosen("training", record("restore_test")), Missing)
    assert isinstance(chosen("training", {"no": "type"}, [], "text"), Missing)  # type: ignore[arg-type]


def test_no_negative_numbers_and_no_words_for_numbers() -> None:
    for wrong in (-1, "0", 0.0, True, None):
        found = chosen("breach_log", record("breach_log", details={"notices_late": wrong}))
        assert isinstance(found, Missing), wrong


def test_a_fault_deep_inside_is_a_fault_of_the_whole() -> None:
    entry = {**record("business_associate_register")["details"]["entries"][0], "reviewed_on": "last week"}
    found = chosen("business_associate_register", record("business_associate_register", details={"entries": [entry]}))
    assert isinstance(found, Missing)
    assert "reviewed_on" in found.because


def test_only_statements_are_chosen_from() -> None:
    with pytest.raises(ValueError, match="not a statement"):
        choose(subscribed_skus.fact, [], AT)


@pytest.mark.parametrize("kind", KINDS)
def test_details_name_nobody(kind: str) -> None:
    """People appear as object ids; registers hold organisations."""

    def names(row: type[Row]) -> set[str]:
        return set(attributes(row))

    found = names(form_of(TYPES[kind]).__annotations__["details"])
    assert not found & {"name", "email", "mail", "user", "patient", "phone", "upn"}


def test_reading_a_sample_never_meets_a_fault() -> None:
    for kind in KINDS:
        try:
            assert chosen(kind, record(kind))
        except Undecided as doubt:  # pragma: no cover
            pytest.fail(f"{kind}: {doubt}")
