"""What was filled in for the details of a statement, as the JSON that a program would send, and what is wrong at which field.

An answer that is missing is never taken for no, for zero or for an empty text: it is a fault of its field.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from api.console_details import LISTED, MAY_BE_EMPTY, ROWS, Field, Kind
from api.console_yaml import loaded
from reporting.filling import is_guid
from reporting.stating import LONGEST_TEXT
from reporting.wording import plain_day, words_problem
from scanners.errors import RecordRefused


@dataclass(slots=True)
class Answers:
    """What a form says: the details as JSON, form field -> what is wrong with it, and where each place of the JSON stands in the form.

    `keep`: what is at fault stays in the details as it was typed, for a person to see and never to be recorded.
    """

    details: dict[str, Any]
    keep: bool = False
    problems: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)


def answers(fields: Iterable[Field], values: Mapping[str, str], *, keep: bool = False) -> Answers:
    """Read a form. What is at fault is left out of the details and named in `problems`."""
    found = Answers({}, keep)
    found.details = _object(fields, values, "details", "details", found)
    return found


def _object(fields: Iterable[Field], values: Mapping[str, str], at: str, where: str, found: Answers) -> dict[str, Any]:
    """`at` is the place in the form, `where` the place in the JSON."""
    said: dict[str, Any] = {}
    for each in fields:
        place, stands = f"{at}.{each.name}", f"{where}.{each.name}"
        found.places[stands] = place
        try:
            if each.kind == "group":
                said[each.name] = _object(each.inside, values, place, stands, found)
            elif each.kind == "rows":
                said[each.name] = _rows(each, values, place, stands, found)
            elif (text := values.get(place, "")) or each.kind in (*LISTED, "some_of"):
                said[each.name] = _value(each, text, values, place)
            elif each.name in MAY_BE_EMPTY:
                said[each.name] = ""
            elif each.null:
                said[each.name] = None
            elif not each.optional:
                _refused("must be answered" if each.kind == "yes_no" else "must be filled in")
        except _Fault as fault:
            found.problems[place] = str(fault)
            if found.keep and values.get(place):
                said[each.name] = values[place].splitlines() if each.kind in LISTED else values[place]
    return said


class _Fault(Exception):  # noqa: N818 - what is wrong with one field, in our words
    pass


def _rows(each: Field, values: Mapping[str, str], at: str, where: str, found: Answers) -> list[dict[str, Any]]:
    filled = filled_rows(each, values, at)
    found.places |= {f"{where}[{place}]": f"{at}.{row}" for place, row in enumerate(filled)}
    if not filled and values.get(f"{at}.none") != "yes":
        raise _Fault("must have a row that is filled in, or say that there are none")
    if filled and values.get(f"{at}.none") == "yes":
        raise _Fault("has rows that are filled in, so it cannot say that there are none")
    return [_object(each.inside, values, f"{at}.{row}", f"{where}[{place}]", found) for place, row in enumerate(filled)]


def filled_rows(each: Field, values: Mapping[str, str], at: str) -> list[int]:
    """The numbers of the rows in which anything is filled in."""
    return [row for row in range(ROWS) if any(values.get(name) for inside in each.inside for name in names(inside, f"{at}.{row}"))]


def names(each: Field, at: str) -> list[str]:
    """The names of a field's inputs below a place of the form; a list of objects has those of its rows besides."""
    place = f"{at}.{each.name}"
    if each.kind == "some_of":
        return [f"{place}.{value}" for value, _ in each.choices]
    return [name for inside in each.inside for name in names(inside, place)] if each.kind == "group" else [place]


def _value(each: Field, text: str, values: Mapping[str, str], place: str) -> Any:
    if each.kind == "some_of":
        return [value for value, _ in each.choices if values.get(f"{place}.{value}") == "yes"]
    if each.kind in LISTED:
        one: Mapping[str, Kind] = {"lines": "text", "ids": "id", "days": "day"}
        single = replace(each, kind=one[each.kind])
        return [_one(single, line.strip()) for line in text.splitlines() if line.strip()]
    return _one(each, text)


def _one(each: Field, text: str) -> Any:
    """One value. Raises _Fault, which never repeats what was typed."""
    if len(text) > LONGEST_TEXT and each.kind != "yaml":
        raise _Fault(f"has more than {LONGEST_TEXT} characters; attach it as a document")
    if each.kind == "yes_no":
        return _told(text, {"yes": True, "no": False}, "must be answered with yes or no")
    if each.kind == "one_of":
        return _told(text, {value: value for value, _ in each.choices}, "must be chosen from the list")
    if each.kind == "number":
        return int(text) if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) else _refused("must be a whole number, 0 or more, in digits alone")
    if each.kind == "day":
        return _day(text)
    if each.kind == "id":
        return text if is_guid(text) else _refused("is not an object id (a GUID)")
    if each.kind == "yaml":
        return _from_yaml(text)
    if text == "...":
        raise _Fault("is not filled in")
    return _refused(problem) if (problem := words_problem({each.name: text})) else text


def _told(text: str, allowed: Mapping[str, Any], problem: str) -> Any:
    return allowed[text] if text in allowed else _refused(problem)


def _refused(problem: str) -> Any:
    raise _Fault(problem)


def _day(text: str) -> str:
    try:
        return plain_day(text).isoformat()
    except ValueError as fault:
        raise _Fault(str(fault)) from None


def _from_yaml(text: str) -> Any:
    try:
        return loaded(text)
    except RecordRefused as refusal:
        raise _Fault("; ".join(refusal.problems.values())) from None
