"""What a message repeats of an answer: tokens, never what a person may have been written into.

A person's name and a number are put into every text of every example, as a strange or hostile answer could, and no message may repeat them.
What administrators call a policy or a place is told on purpose: a remedy that does not name it helps nobody. The product's own records are no answer.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from scanners import catalogue
from scanners.errors import Undecided, Unrecognised
from scanners.minimum_necessary import refuse_what_must_not_be_stored
from scanners.model import Control, Door, Example, Fact
from scanners.quoting import listed, quoted, token
from scanners.reading import Row, read_as

from .test_mutations import EXAMPLES, _asked, _name, _values, _verdict
from .worlds import faults, put

PERSON, NUMBER = "Maria Alvarez born 1961", "61234567890"
CALLED = {"displayName"}  # of policies and named places; evidence holds them as well


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("enabledForHalf", "'enabledForHalf'"),
        ("4.0-beta_2", "'4.0-beta_2'"),
        ("x" * 40, repr("x" * 40)),
        ("x" * 41, "a text of 41 characters"),
        ("Maria Alvarez", "a text of 13 characters"),
        ("maria@northcreek.example", "a text of 24 characters"),
        ("Jörg", "a text of 4 characters"),
        ("tab\tor\nline", "a text of 11 characters"),
        ("", "a text of 0 characters"),
        ("61234567", "a text of 8 characters"),
        ("612-34-567", "a text of 10 characters"),
        (-1, "-1"),
        (90, "90"),
        (61234567, "a number of 8 digits"),
        (0.5, "0.5"),
        (float("nan"), "nan"),
        (True, "true"),
        (None, "null"),
        (["Maria"], "a list of 1"),
        ({"Maria": 1}, "an object of 1 properties"),
    ],
)
def test_a_value_is_shown_when_it_is_a_short_token(value: Any, shown: str) -> None:
    assert quoted(value) == shown


def test_names_of_products_may_be_longer_and_lists_are_cut() -> None:
    assert token("Microsoft_Teams_Rooms_Pro_without_Audio_Conferencing", 80).startswith("Microsoft_Teams_Rooms_Pro")
    assert token("Maria Alvarez", 80) == "a text of 13 characters"
    assert listed(["a", "b", "c", "d e", "f"]) == "'a', 'b', 'c' and 2 more"
    assert listed(["d e"]) == "a text of 3 characters"


class _Day(Row):
    state: str


@pytest.mark.parametrize("value", [PERSON, [PERSON], [{"state": 3}, PERSON], {PERSON: 1}, {"state": {PERSON: PERSON}}, {"state": NUMBER * 9}])
@pytest.mark.parametrize("hint", [_Day, tuple[_Day, ...], dict[str, int], tuple[int, ...]])
def test_an_answer_of_another_form_is_not_repeated(hint: Any, value: Any) -> None:
    try:
        found = read_as(hint, value)
        said = " ".join(found.faults.values()) if isinstance(found, Row) else ""
    except Unrecognised as doubt:
        said = doubt.because
    assert PERSON not in said
    assert NUMBER not in said


def test_a_point_in_time_beyond_every_calendar_is_a_fault_of_that_property_alone() -> None:
    row = read_as(
        catalogue.load().facts["access_review_instances"].reading,
        [{"definitionId": "r", "status": "Applied", "endDateTime": "/Date(9" + "9" * 400 + ")/"}],
    )
    assert list(row[0].faults) == ["end_date_time"]


def test_a_list_with_a_strange_property_beside_it_is_refused_without_its_name() -> None:
    fact = catalogue.load().facts["access_reviews"]
    with pytest.raises(Exception, match="not named as properties are") as refused:
        refuse_what_must_not_be_stored(fact, {"value": [], PERSON: 1})
    assert PERSON not in str(refused.value)


def _planted(fact: Fact, value: Any, wrong: str) -> Iterator[Any]:
    for fault in faults(value):
        if not fault.removed and fault.path[-1] not in CALLED:
            yield put(value, fault.path, wrong)


@pytest.mark.parametrize("wrong", [PERSON, NUMBER], ids=["person", "number"])
@pytest.mark.parametrize(("control", "example"), EXAMPLES, ids=_name)
def test_no_message_repeats_what_a_strange_answer_holds(control: Control, example: Example, wrong: str) -> None:
    values = _values(control, example)
    for name in (each for each in _asked(control, values) if catalogue.load().facts[each].door is not Door.RECORDS):
        for planted in _planted(catalogue.load().facts[name], values[name], wrong):
            verdict = _verdict(control, example, {**values, name: planted})
            said = f"{verdict.because} {verdict.remedy}" if verdict is not None else _doubt(name, planted)
            assert wrong not in said, f"{name}: {said}"
            assert wrong.lower() not in said.lower(), f"{name}: {said}"


def _doubt(name: str, value: Any) -> str:
    from scanners import examples

    try:
        examples.reading(catalogue.load().facts[name], value)
    except Undecided as doubt:
        return doubt.because
    except (KeyError, TypeError, ValueError, AttributeError):
        return ""  # read_pages says of these that the form is not as expected, and nothing more
    return ""
