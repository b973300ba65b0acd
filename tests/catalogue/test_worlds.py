"""The laws of test_mutations can fail: rules that guess are found out, rules that do not are left alone."""

from collections.abc import Callable
from typing import Any, Literal

import pytest

from scanners.errors import Undecided
from scanners.reading import Row, read_rows
from scanners.three_valued import every, some, sort

from .worlds import Fault, Touched, broken, faults, texts, worlds


class Door(Row):
    """Something with an id, a state of a closed set, and a name."""

    id: str
    state: Literal["open", "shut"]
    name: str | None


DOORS: Any = {"value": [{"id": "a", "state": "shut", "name": "front"}, {"id": "b", "state": "shut", "name": None}]}
Rule = Callable[[tuple[Door, ...]], bool]


def guesses(doors: tuple[Door, ...]) -> bool:
    """A door that cannot be read is left out, as if it were shut."""
    return not sort(doors, lambda door: door.state == "shut").bad


def counts_every_door(doors: tuple[Door, ...]) -> bool:
    return every(sort([door], lambda each: each.state == "shut").bad == () and "state" not in door.faults for door in doors) is True


def one_is_enough(doors: tuple[Door, ...]) -> bool:
    return some(None if "state" in door.faults else door.state == "shut" for door in doors) is True


def drops_what_has_no_id(doors: tuple[Door, ...]) -> bool:
    """The open door passes unseen when it has no id."""
    found = {}
    for door in doors:
        try:
            found[door.id] = door.state
        except Undecided:
            continue
    return all(state == "shut" for state in found.values())


def _guessed(rule: Rule, doors: Any, touched: Touched) -> list[str]:
    """The faults that the rule passed in spite of, though another value would have changed it."""
    found = []
    for fault in faults(doors):
        touched.met.clear()
        if not rule(_read(broken(doors, fault))) or not touched.met:
            continue
        if any(not rule(_read(world)) for _, world in worlds(doors, fault, touched.hints(fault), texts({"doors": doors}, str(fault.of[-1])))):
            found.append(str(fault))
    return found


def _read(doors: Any) -> tuple[Door, ...]:
    return read_rows(Door, doors.get("value", []))


@pytest.fixture
def touched(monkeypatch: pytest.MonkeyPatch) -> Touched:
    return Touched(monkeypatch)


def test_a_rule_that_takes_the_missing_for_the_good_is_found_out(touched: Touched) -> None:
    assert _guessed(guesses, DOORS, touched) == [
        ".value[0].state removed",
        ".value[0].state unseen",
        ".value[1].state removed",
        ".value[1].state unseen",
    ]


def test_rules_that_count_the_doubt_or_need_only_one_are_left_alone(touched: Touched) -> None:
    assert _guessed(counts_every_door, DOORS, touched) == []
    one_open = {"value": [DOORS["value"][0], {**DOORS["value"][1], "state": "open"}]}
    assert not guesses(_read(one_open))
    assert one_is_enough(_read(one_open))
    assert _guessed(one_is_enough, one_open, touched) == []


def test_an_object_that_drops_out_for_want_of_an_id_turns_a_fail_into_a_pass() -> None:
    """What the second law is for."""
    one_open = {"value": [DOORS["value"][0], {**DOORS["value"][1], "state": "open"}]}
    assert not drops_what_has_no_id(_read(one_open))
    assert [str(f) for f in faults(one_open) if f.removed and drops_what_has_no_id(_read(broken(one_open, f)))] == [
        ".value removed",
        ".value[1].id removed",
        ".value[1].state removed",
    ]


def test_an_id_is_not_tried_that_another_object_of_the_list_has(touched: Touched) -> None:
    fault = Fault(("value", 0, "id"), removed=True)
    tried = [value for value, _ in worlds(DOORS, fault, (str,), ("a", "b", "c"))]
    assert "c" in tried
    assert "b" not in tried
