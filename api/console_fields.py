"""The details of a statement as its form shows them: what stands in each field, how many rows a list has, what each field is called."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from api import console_yaml
from api.console_answers import Answers, answers, filled_rows, names
from api.console_details import EMPTY, LISTED, MORE, ROWS, Field, about, fields_of
from scanners.errors import RecordRefused
from scanners.model import Fact
from scanners.reading import property_of
from scanners.statements import example_of, form_of, type_of


@dataclass(frozen=True, slots=True)
class Shown:
    """The details in a form. Without `fields` they are one box of YAML.

    `rows` says for each list of objects how many rows are shown; `fresh` is the first row that a press of the button added.
    """

    values: dict[str, str]
    problems: dict[str, str]
    fields: tuple[Field, ...]
    rows: Mapping[str, int]
    fresh: str
    labels: Mapping[str, str]
    about: str


def shown(fact: Fact, values: Mapping[str, str], problems: Mapping[str, str], today: date, again: str) -> Shown:
    """The form of a statement. `again` is why it is shown once more: "yaml" or "fields" change how it is filled in, a list's place asks for rows."""
    until = today + timedelta(days=type_of(fact).validity_days)
    held = {"effective_from": today.isoformat(), "expires_at": until.isoformat(), **values}
    fields, wrong = fields_of(fact), dict(problems)
    said = about(property_of(form_of(fact), "details"))
    if again == "yaml" or (held.get("as") == "yaml" and "details" not in held):
        held.setdefault("details", _as_yaml(fact, fields, held))
    elif again == "fields" and "details" in held:
        held, wrong = _as_fields(fact, fields, held)
    if "details" in held:
        return Shown(held, wrong, (), {}, "", {"details": "Details"}, said)
    lists = [each for each in fields if each.kind == "rows"]
    rows = {f"details.{each.name}": _rows(each, held, again) for each in lists}
    fresh = f"{again}.{min(_before(held, again), ROWS - 1)}" if again in rows else ""
    return Shown(held, wrong, fields, rows, fresh, labels(fields, wrong), said)


def _rows(each: Field, values: Mapping[str, str], again: str) -> int:
    """As many rows as are filled in and some empty ones, as many as were shown, and more where they are asked for."""
    place = f"details.{each.name}"
    filled = filled_rows(each, values, place)
    wanted = max((filled[-1] + 1 if filled else 0) + EMPTY, _before(values, place) + (MORE if again == place else 0))
    return min(wanted, ROWS)


def _before(values: Mapping[str, str], place: str) -> int:
    told = values.get(f"{place}.rows", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 4 else 0


def _as_yaml(fact: Fact, fields: tuple[Field, ...], values: Mapping[str, str]) -> str:
    """What stands in the fields, also what is at fault; the example where nothing does."""
    typed = any(text for name, text in values.items() if name.startswith("details.") and not name.endswith(".rows"))
    return console_yaml.dumped(answers(fields, values, keep=True).details if typed else example_of(fact))


def _as_fields(fact: Fact, fields: tuple[Field, ...], values: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What stands in the box, in fields. It stays in the box where the fields would not hold all of it."""
    held = dict(values)
    try:
        said = console_yaml.details(held["details"])
    except RecordRefused as refusal:
        return held, dict(refusal.problems)
    unchanged = said == example_of(fact)  # then it is nobody's answer
    told = {} if unchanged else values_of(fields, said)
    kept = answers(fields, told, keep=True).details
    if not unchanged and {name: kept.get(name) for name in said} != said:
        return held, {"details": "hold something that the fields have no place for, so they stay as they are"}
    del held["details"]
    return {**held, **told, "as": ""}, {}


def values_of(fields: Iterable[Field], details: Mapping[str, Any], at: str = "details") -> dict[str, str]:
    """Details as the values of their fields. What a field cannot hold is written as YAML would write it, for a person to correct."""
    found: dict[str, str] = {}
    for each in fields:
        place, said = f"{at}.{each.name}", details.get(each.name)
        if each.kind == "group" and isinstance(said, dict):
            found |= values_of(each.inside, said, place)
        elif each.kind == "rows" and isinstance(said, list):
            found |= {f"{place}.none": "yes"} if not said else {}
            for number, row in enumerate(said[:ROWS]):
                found |= values_of(each.inside, row, f"{place}.{number}") if isinstance(row, dict) else {}
        elif each.kind == "some_of" and isinstance(said, list):
            found |= {f"{place}.{value}": "yes" for value in said}
        elif said is not None:
            found[place] = _text(each, said)
    return found


def _text(each: Field, said: Any) -> str:
    if each.kind == "yaml":
        return console_yaml.dumped(said)
    if isinstance(said, bool):
        return "yes" if said else "no"
    return "\n".join(map(str, said)) if each.kind in LISTED and isinstance(said, list) else str(said)


def labels(fields: Iterable[Field], problems: Mapping[str, str], at: str = "details", before: str = "") -> dict[str, str]:
    """Form field -> what it is called in the list of problems; for the fields that have one."""
    found = {"details": "Details"} if at == "details" else {}
    for each in fields:
        place, words = f"{at}.{each.name}", f"{before}{each.label}"
        if place in problems:
            found[place] = words
        if each.kind == "group":
            found |= labels(each.inside, problems, place, f"{words}: ")
        if each.kind == "rows":
            numbers = sorted({int(name.removeprefix(f"{place}.").partition(".")[0]) for name in problems if name.startswith(f"{place}.")})
            for row in numbers:
                found |= labels(each.inside, problems, f"{place}.{row}", f"{words}, row {row + 1}: ")
    return found


def placed(problems: Mapping[str, str], found: Answers) -> dict[str, str]:
    """Problems of a record by the field of the form that they are about: rows that were left empty are not counted in a record."""
    told: dict[str, str] = {}
    for name, problem in problems.items():
        place = name
        if name.partition(".")[0] == "details":
            while place != "details" and place not in found.places:
                place = place.rpartition(".")[0] or "details"
            place = found.places.get(place, place)
        told[place] = f"{told[place]}; {problem}" if place in told else problem
    return told


def most_inputs(fields: Iterable[Field]) -> int:
    """How many inputs the fields have at most, with every row that a list can have."""
    return sum(2 + ROWS * most_inputs(each.inside) if each.kind == "rows" else len(names(each, "details")) for each in fields)
