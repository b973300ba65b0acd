"""A value that is missing or unseen is never the safe one: every property of every example removed, every text replaced by one that nobody has seen.

Two laws. What did not pass does not pass for lack of a property. And a pass survives a fault that its rule met only where no value at all would have changed
it: one good object is enough, the object is judged good whatever it is called, the text only words the result. That is not believed but tried, value by value.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from scanners import catalogue, examples
from scanners.errors import Undecided
from scanners.examples import Unreadable
from scanners.model import Control, Example, Outcome, Verdict

from .worlds import Touched, broken, faults, texts, worlds

KNOWN = catalogue.load()
EXAMPLES = [(c, e) for c in sorted(KNOWN.controls.values(), key=lambda c: c.id) for e in c.examples]
PASSING = [case for case in EXAMPLES if case[1].outcome is Outcome.PASS]
OTHERS = [case for case in EXAMPLES if case[1].outcome in (Outcome.FAIL, Outcome.UNKNOWN)]


def _name(case: Any) -> str:
    return case.id if isinstance(case, Control) else case.label or case.outcome.value


def _verdict(control: Control, example: Example, values: Mapping[str, Any]) -> Verdict | None:
    """The verdict; None where a whole fact does not have its form any more, which the engine turns into unknown."""
    try:
        readings = {name: examples.reading(KNOWN.facts[name], value) for name, value in values.items()}
    except (Undecided, KeyError, TypeError, ValueError, AttributeError):
        return None
    return examples.verdict_of(control, readings, examples.AT, {**control.defaults, **example.parameters})


def _values(control: Control, example: Example) -> dict[str, Any]:
    """The JSON of each fact with nothing left to be filled in, so that what is removed stays away."""
    values = examples.given(control, example, KNOWN.facts)
    for name in _asked(control, values):
        shape = KNOWN.facts[name].shape
        full = shape(values[name]) if shape else values[name]
        if isinstance(full, (dict, list)) and (shape is None or shape(full) == full):
            values[name] = full
    return values


def _asked(control: Control, values: Mapping[str, Any]) -> list[str]:
    """The facts of the example that were read from the tenant."""
    return [n for n in control.needs if KNOWN.facts[n].statement is None and values[n] is not None and not isinstance(values[n], Unreadable)]


@pytest.mark.parametrize(("control", "example"), PASSING, ids=_name)
def test_a_pass_survives_a_fault_only_where_no_value_would_change_it(control: Control, example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    touched, values, tried = Touched(monkeypatch), _values(control, example), 0
    asked = _asked(control, values)
    for fact in asked:
        for fault in faults(values[fact]):
            tried += 1
            touched.met.clear()
            verdict = _verdict(control, example, {**values, fact: broken(values[fact], fault)})
            if verdict is None or verdict.outcome is not Outcome.PASS or not touched.met:
                continue
            hints = touched.hints(fault)
            assert hints, f"{fact}{fault}: the rule met another property at fault than the one that was broken: {touched.met}"
            for value, world in worlds(values[fact], fault, hints, texts(values, str(fault.of[-1]))):
                other = _verdict(control, example, {**values, fact: world})
                assert other is None or other.outcome not in (Outcome.FAIL, Outcome.UNKNOWN), (
                    f"{fact}{fault} still passes ({verdict.because}), but with {value!r} it is {other.outcome}: {other.because}"
                )
    assert tried or all(values[fact] in ([], {}) for fact in asked)


@pytest.mark.parametrize(("control", "example"), OTHERS, ids=_name)
def test_nothing_passes_for_lack_of_a_property(control: Control, example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that nobody has seen is another tenant where any text may stand; it counts where the rule met it as a fault."""
    touched, values = Touched(monkeypatch), _values(control, example)
    for fact in _asked(control, values):
        for fault in faults(values[fact], items=3):
            touched.met.clear()
            verdict = _verdict(control, example, {**values, fact: broken(values[fact], fault)})
            if verdict is not None and verdict.outcome is Outcome.PASS and (fault.removed or touched.met):
                raise AssertionError(f"{fact}{fault} turned {example.outcome} into a pass: {verdict.because}")
