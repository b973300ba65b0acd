"""From a control's examples to readings: the same parsing as for a tenant's answers, so that examples test the readings too.

What an example does not say is as in the fact's sample: a row needs only the properties that matter. A fact that is not shown is
what its declaration calls `unshown`, else nothing for a list of objects, else its sample. A key that is not a fact of the control
is a property of the control's first fact; dots lead into objects (`"conditions.platforms"`).
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scanners.errors import Reason, undecided
from scanners.judging import empty_reading, verdict_of
from scanners.model import Control, Example, Fact, Verdict
from scanners.reading import Json, read_as
from scanners.statements import choose

AT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)  # the time of every example


@dataclass(frozen=True, slots=True)
class Unreadable:
    """In an example: the fact could not be read, for this reason."""

    reason: str


class _Absent:
    """In an example: the property is missing from the answer."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Any = _Absent()


def merged(base: Json, said: Json) -> Json:
    """`base` with what `said` says. Objects merge; each object of a list merges over the first object of the base's list."""
    if isinstance(base, dict) and isinstance(said, dict):
        result = copy.deepcopy(base)
        for key, value in said.items():
            _put(result, key.split(".") if key not in base else [key], value)
        return result
    if isinstance(said, list) and isinstance(base, list) and base and isinstance(base[0], dict):
        return [merged(base[0], item) if isinstance(item, dict) else item for item in said]
    return copy.deepcopy(said)


def _put(target: dict[str, Any], path: list[str], value: Json) -> None:
    *way, last = path
    for step in way:
        if not isinstance(target.get(step), dict):
            target[step] = {}
        target = target[step]
    if value is ABSENT:
        target.pop(last, None)
    else:
        target[last] = merged(target.get(last), value)


def shown(fact: Fact, said: Json) -> Json:
    """The JSON of a fact in an example: its sample, with what is said. The rows alone may be said of a fact that is an object around them."""
    if isinstance(said, list) and isinstance(fact.sample, dict) and isinstance(fact.sample.get("value"), list):
        return merged(fact.sample, {"value": said})
    return merged(fact.sample, said)


def given(control: Control, example: Example, facts: Mapping[str, Fact]) -> dict[str, Json]:
    """Fact id -> the JSON, Unreadable or None (no statement) that the example stands for."""
    first = next(iter(control.needs))
    of_first = {key: value for key, value in example.given.items() if key not in control.needs}
    values: dict[str, Json] = {}
    for name in control.needs:
        fact = facts[name]
        if name in example.given:
            said = example.given[name]
            values[name] = said if said is None or isinstance(said, Unreadable) else shown(fact, said)
        else:
            values[name] = unshown(fact)
    if of_first:
        base = values[first] if isinstance(values[first], dict) else facts[first].sample
        values[first] = merged(base, of_first) if isinstance(base, dict) else [merged(base[0], of_first)]
    return values


def unshown(fact: Fact) -> Json:
    """What an example that does not mention the fact takes it to be."""
    if fact.unshown is not None:
        return copy.deepcopy(fact.unshown)
    return [] if isinstance(fact.sample, list) and fact.statement is None else copy.deepcopy(fact.sample)


def reading(fact: Fact, value: Json) -> Any:
    """The reading of an example's JSON, as the engine would hold it."""
    if isinstance(value, Unreadable):
        if value.reason == Reason.NOT_LICENSED and fact.without_plan != "skip":
            return empty_reading(fact)
        return undecided(Reason(value.reason), f"the example says that it is {value.reason.replace('_', ' ')}")
    if fact.statement is not None:
        return choose(fact, [] if value is None else value if isinstance(value, list) else [value], AT)
    return read_as(fact.reading, fact.shape(value) if fact.shape else value)


def verdict(control: Control, example: Example, facts: Mapping[str, Fact]) -> Verdict:
    """What the control says about the example."""
    values = given(control, example, facts)
    readings = {name: reading(facts[name], value) for name, value in values.items()}
    return verdict_of(control, readings, AT, {**control.defaults, **example.parameters})
