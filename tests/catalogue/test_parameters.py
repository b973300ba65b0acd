"""The operator's choices: bounded, with a reason, refused out of bounds, and shown beside the result where they weaken the rule."""

from typing import Any

import pytest

from scanners import catalogue, examples, parameters
from scanners.errors import SettingsError
from scanners.judging import Operator, effective_parameters, looser
from scanners.model import Control, Example, Outcome, Parameter

KNOWN = catalogue.load()
CHOICES = [(c, name) for c in sorted(KNOWN.controls.values(), key=lambda c: c.id) for name in c.parameters]
NUMBERS = [(c, name) for c, name in CHOICES if isinstance(c.defaults[name], (int, float)) and not isinstance(c.defaults[name], bool)]
SWITCHES = [(c, name) for c, name in CHOICES if isinstance(c.defaults[name], bool)]
LISTS = [(c, name) for c, name in CHOICES if isinstance(c.defaults[name], (tuple, frozenset))]


def _name(case: Any) -> str:
    return case.id if isinstance(case, Control) else str(case)


def test_every_parameter_is_of_a_kind_that_is_tested_here() -> None:
    assert len(NUMBERS) + len(SWITCHES) + len(LISTS) == len(CHOICES)


@pytest.mark.parametrize(("control", "name"), CHOICES, ids=_name)
def test_a_parameter_has_a_reason_and_its_default_is_accepted(control: Control, name: str) -> None:
    assert len(control.parameters[name].why.split()) >= 3
    parameters.check(KNOWN.controls, {control.id: {name: _as_json(control.defaults[name])}}, {})


@pytest.mark.parametrize(("control", "name"), NUMBERS, ids=_name)
def test_a_number_has_bounds_and_a_direction(control: Control, name: str) -> None:
    parameter, default = control.parameters[name], control.defaults[name]
    low, high = _bounds(parameter)
    assert low <= default <= high
    assert low < high
    assert parameter.looser in ("higher", "lower")
    for beyond in (low - 1, high + 1):
        with pytest.raises(SettingsError, match=name):
            parameters.check(KNOWN.controls, {control.id: {name: type(default)(beyond)}}, {})


@pytest.mark.parametrize(("control", "name"), SWITCHES, ids=_name)
def test_a_switch_says_which_way_is_looser(control: Control, name: str) -> None:
    assert control.parameters[name].looser in ("true", "false")


@pytest.mark.parametrize(("control", "name"), CHOICES, ids=_name)
def test_a_looser_value_is_shown_beside_the_result(control: Control, name: str) -> None:
    """And a stricter one is not: the list would be read as a list of weaknesses."""
    default, parameter = control.defaults[name], control.parameters[name]
    assert looser(control, control.defaults) == ()
    if isinstance(default, (tuple, frozenset)):
        assert looser(control, {**control.defaults, name: type(default)((*default, "another one"))}) == (name,)
        return
    values = (True, False) if isinstance(default, bool) else _bounds(parameter)
    loose, strict = _ends(parameter, *values)
    assert looser(control, {**control.defaults, name: loose}) == (() if loose == default else (name,))
    assert looser(control, {**control.defaults, name: strict}) == ()


@pytest.mark.parametrize(("control", "name"), [*NUMBERS, *SWITCHES], ids=_name)
def test_looser_is_meant_as_it_is_said(control: Control, name: str) -> None:
    """At the loosest value no passing example fails, and at the strictest no failing one passes."""
    parameter = control.parameters[name]
    loose, strict = _ends(parameter, *((True, False) if isinstance(control.defaults[name], bool) else _bounds(parameter)))
    for example in control.examples:
        if example.outcome is Outcome.PASS:
            assert _with(control, example, name, loose) is not Outcome.FAIL, example.label
        if example.outcome is Outcome.FAIL:
            assert _with(control, example, name, strict) is not Outcome.PASS, example.label


def _with(control: Control, example: Example, name: str, value: Any) -> Outcome:
    changed = Example(example.outcome, example.label, example.given, {**example.parameters, name: value})
    return examples.verdict(control, changed, KNOWN.facts).outcome


def _bounds(parameter: Parameter) -> tuple[float, float]:
    assert parameter.low is not None
    assert parameter.high is not None
    return parameter.low, parameter.high


def _ends(parameter: Parameter, *values: Any) -> tuple[Any, Any]:
    """The loosest and the strictest of two values."""
    low, high = sorted(values)
    return (high, low) if parameter.looser in ("higher", "true") else (low, high)


def _as_json(value: Any) -> Any:
    return list(value) if isinstance(value, (tuple, frozenset)) else value


@pytest.mark.parametrize(("control", "name"), LISTS, ids=_name)
def test_a_list_of_the_operator_reaches_the_rule_in_the_form_of_its_default(control: Control, name: str) -> None:
    """A JSON list, in the type that the rule was written for; and from its closed set, where it has one."""
    default, among = control.defaults[name], control.parameters[name].among
    chosen = effective_parameters(control, Operator({control.id: {name: list(default)}}))
    assert chosen[name] == default
    assert type(chosen[name]) is type(default)
    if among is not None:
        assert set(default) <= set(among)
        with pytest.raises(SettingsError, match="among"):
            parameters.check(KNOWN.controls, {control.id: {name: ["notInTheSet"]}}, {})
