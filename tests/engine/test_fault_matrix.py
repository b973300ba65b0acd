"""Every fact against answers that are wrong inside: the engine and the readings never make something false of them."""

import typing
from collections.abc import Iterator
from typing import Any

import pytest

from scanners.errors import Undecided
from scanners.minimum_necessary import stored_row
from scanners.model import Fact
from scanners.reading import Row, needed_names, property_names, property_of
from tests.engine.recorded import FACTS, KNOWN, Change, Recorded, Refused, is_honest, without

UNSEEN = "valueOfNextYear"
each_fact = pytest.mark.parametrize("fact", FACTS, ids=lambda f: f.id)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return Recorded(tmp_path_factory.mktemp("tenant"))


def rows_of(body: Any) -> list[Any]:
    rows = body.get("value") if isinstance(body, dict) and "value" in body else body
    return rows if isinstance(rows, list) else [rows]


def in_first_row(change: Change) -> Change:
    """A change of the first row, or of the one object."""

    def whole(body: Any) -> Any:
        if isinstance(body, dict) and isinstance(body.get("value"), list):
            return {**body, "value": [change(body["value"][0]), *body["value"][1:]]}
        return [change(body[0]), *body[1:]] if isinstance(body, list) else change(body)

    return whole


def dropping(name: str) -> Change:
    """The first row without a property."""
    return in_first_row(lambda row: without(row, name))


def setting(name: str, value: Any) -> Change:
    """The first row with another value of a property."""
    return in_first_row(lambda row: {**row, name: value})


def properties(recorded: Recorded, fact: Fact) -> tuple[dict[str, Any], list[str]]:
    """The first row of a fact's first answer, and those of its properties that the fact stores or derives from."""
    body = recorded.first(fact)
    rows = [row for row in rows_of(body) if isinstance(row, dict)] if body is not None else []
    if not rows:
        return {}, []
    row = stored_row(fact)
    named = [name for name in rows[0] if not name.startswith("@") and "@" not in name]
    return rows[0], [n for n in named if fact.reduce is not None or row is None or n in property_names(row)]


@each_fact
def test_it_was_read_to_begin_with(recorded: Recorded, fact: Fact) -> None:
    assert not isinstance(recorded.readings[fact.id], Refused)
    if isinstance(recorded.readings[fact.id], Undecided):
        assert fact.id == "sharepoint_tenant", recorded.readings[fact.id].because  # off unless it is granted


@each_fact
@pytest.mark.parametrize(
    "body", [None, 7, "ok", [], {}, {"value": None}, {"value": 7}, {"value": [None]}, {"value": ["x"]}, {"value": [[]]}], ids=repr
)
def test_a_body_of_another_form_is_no_reading(recorded: Recorded, fact: Fact, body: Any) -> None:
    if recorded.first(fact) is None:
        pytest.skip("nothing is asked in this tenant")
    found, _ = recorded.read(fact, lambda _: body)
    nothing = () if body in ([], {"value": [None]}) else None  # a list that is empty, and how the administration says so
    assert is_honest(found, recorded.readings[fact.id]) or found == nothing or is_whole_without_rows(found), found


def is_whole_without_rows(found: Any) -> bool:
    """A reading that was put together from other answers, where the changed one had nothing to add."""
    return isinstance(found, tuple | Row) and not isinstance(found, Undecided)


@each_fact
def test_an_empty_list_is_empty_and_nothing_else(recorded: Recorded, fact: Fact) -> None:
    body = recorded.first(fact)
    if not isinstance(body, dict) or not isinstance(body.get("value"), list):
        pytest.skip("no list")
    found, evidence = recorded.read(fact, lambda body: {**body, "value": []})
    if fact.read is None and not isinstance(fact.reading, type):
        assert found == ()
    elif isinstance(fact.reading, type) and fact.read is None:
        assert isinstance(found, Undecided), "one object was expected"
    assert evidence.records[fact.id]["fact"] == fact.id


def unlike(value: Any) -> Any:
    """A value of another type."""
    return "unexpected" if isinstance(value, dict | list | bool | int) else {"unexpected": True}


@each_fact
def test_a_property_that_is_missing_is_never_made_up(recorded: Recorded, fact: Fact) -> None:
    first, names = properties(recorded, fact)
    for name in names:
        found, _ = recorded.read(fact, dropping(name))
        assert is_honest(found, recorded.readings[fact.id]) or _may_be_absent(fact, name), f"{fact.id}.{name}: {found!r}"
    assert first or recorded.first(fact) is None or not rows_of(recorded.first(fact)) or not isinstance(rows_of(recorded.first(fact))[0], dict)


LEFT_OUT = {("users", "signInActivity")}  # of an account that never signed in; believed where other accounts have it


def _may_be_absent(fact: Fact, name: str) -> bool:
    """Properties that the service leaves out for null, as the row says."""
    row = stored_row(fact)
    if (fact.id, name) in LEFT_OUT:
        return True
    return row is not None and name in property_names(row) - needed_names(row)


@each_fact
def test_a_value_of_another_type_is_never_read(recorded: Recorded, fact: Fact) -> None:
    first, names = properties(recorded, fact)
    for name in names:
        if not _untyped(fact, name):
            found, _ = recorded.read(fact, setting(name, unlike(first[name])))
            assert is_honest(found, recorded.readings[fact.id]), f"{fact.id}.{name}: {found!r}"


def _untyped(fact: Fact, name: str) -> bool:
    row = stored_row(fact)
    if row is None or name not in property_names(row):
        return False
    hint = property_of(row, name)
    return hint is Any or hint in (str, str | None)  # any text is a text


@each_fact
def test_an_unseen_member_is_never_taken_for_one_that_is_known(recorded: Recorded, fact: Fact) -> None:
    row = stored_row(fact)
    first, names = properties(recorded, fact)
    for name in names:
        members = set(_literals(property_of(row, name))) if row is not None and name in property_names(row) else set()
        if members and "item" not in members:  # places are counted: every name of one becomes `item`
            new = [*first[name], UNSEEN] if isinstance(first[name], list) else UNSEEN
            found, _ = recorded.read(fact, setting(name, new))
            assert is_honest(found, None), f"{fact.id}.{name}: {found!r}"


def _literals(hint: Any) -> Iterator[Any]:
    if typing.get_origin(hint) is typing.Literal:
        yield from typing.get_args(hint)
    for inner in typing.get_args(hint):
        if typing.get_origin(hint) is not typing.Literal:
            yield from _literals(inner)


@each_fact
def test_more_than_was_asked_for_is_dropped_or_refused(recorded: Recorded, fact: Fact) -> None:
    """A service that ignores what was selected, or a new property with a name in it: it is not stored."""
    if recorded.first(fact) is None or not all(isinstance(row, dict) for row in rows_of(recorded.first(fact))):
        pytest.skip("no objects")
    extra = {"patientNote": "MRN 4471 Rosalind Achterberg, biopsy"}
    found, evidence = recorded.read(
        fact, in_first_row(lambda row: {**row, **extra}) if rows_of(recorded.first(fact)) else lambda body: {**body, **extra}
    )
    stored = b"".join(evidence.pages.values())
    assert b"Achterberg" not in stored or _collects_the_rest(fact)
    if fact.keep == "selected" and fact.reduce is None and not _collects_the_rest(fact):
        assert isinstance(found, Refused)
        assert evidence.records[fact.id]["counts"]["pages"] == 0
        assert not stored


def _collects_the_rest(fact: Fact) -> bool:
    row = stored_row(fact)
    return row is not None and any(spelled.rest for spelled in row._spelled.values())  # type: ignore[attr-defined]  # set by the metaclass


@pytest.mark.parametrize("text", ["ask 078-05-1120", "see roz.achterberg@elsewhere.example"])
def test_what_looks_like_a_person_in_a_text_is_refused(recorded: Recorded, text: str) -> None:
    refused = 0
    for fact in FACTS:
        first, names = properties(recorded, fact)
        for name in [n for n in names if isinstance(first[n], str) and n in property_names(stored_row(fact) or Row) and n not in fact.emails]:
            found, evidence = recorded.read(fact, setting(name, text))
            stored = b"".join(evidence.pages.values())
            assert b"078-05-1120" not in stored
            assert b"roz.achterberg" not in stored, f"{fact.id}.{name}"
            refused += isinstance(found, Refused)
    assert refused > 50


def test_facts_do_not_share_evidence(recorded: Recorded) -> None:
    """A fact that could not be read leaves the others as they were."""
    broken = KNOWN.facts["users"]
    found, evidence = recorded.read(broken, lambda _: {"value": 7})
    assert isinstance(found, Undecided)
    assert set(evidence.records) == {"users"}
