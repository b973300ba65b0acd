"""Laws over the whole catalogue: every control and fact joins by existing."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scanners import catalogue, examples, hipaa
from scanners.errors import Unrecognised
from scanners.examples import Unreadable
from scanners.model import Control, Door, Example, Fact, Kind, Outcome
from scanners.pages import main as pages_main

KNOWN = catalogue.load()
CONTROLS = sorted(KNOWN.controls.values(), key=lambda c: c.id)
FACTS = sorted(KNOWN.facts.values(), key=lambda f: f.id)
EXAMPLES = [(c, e) for c in CONTROLS for e in c.examples]
PLACE = re.compile(r" > |center|portal|PowerShell|Set-|New-|python -m|POST /|statement|register|/", re.IGNORECASE)


def _name(case: Any) -> str:
    return case.id if isinstance(case, (Control, Fact)) else str(case.label or case.outcome.value) if isinstance(case, Example) else ""


@pytest.mark.parametrize("control", CONTROLS, ids=_name)
def test_id_file_and_function_are_one_sentence(control: Control) -> None:
    """Adding a control is adding a file named as the control."""
    path = Path(catalogue.HERE, "controls", control.topic, f"{control.id}.py")
    assert path.exists()
    assert control.rule.__name__ == control.id
    assert re.fullmatch(r"[a-z][a-z0-9_]+", control.id)
    assert not re.search(r"\d{3,}", control.id.replace("microsoft_365", "")), "no benchmark or paragraph number in a name"


@pytest.mark.parametrize(("control", "example"), EXAMPLES, ids=_name)
def test_an_example_is_judged_as_it_says(control: Control, example: Example) -> None:
    """The examples on a control are its documentation and its tests."""
    verdict = examples.verdict(control, example, KNOWN.facts)
    assert verdict.outcome is example.outcome, f"{example.label}: {verdict.because}"
    assert verdict.because
    if verdict.outcome is Outcome.UNKNOWN:
        assert verdict.reason is not None
    if verdict.outcome is Outcome.ATTESTATION_DUE:
        assert verdict.remedy, "what to provide"


@pytest.mark.parametrize("control", CONTROLS, ids=_name)
def test_every_control_shows_how_it_passes_fails_and_does_not_know(control: Control) -> None:
    """A control without a failing example may be one that cannot fail."""
    shown = {example.outcome for example in control.examples}
    needed = {Outcome.PASS, Outcome.ATTESTATION_DUE} if control.kind is Kind.ATTESTATION else {Outcome.PASS, Outcome.FAIL}
    assert needed <= shown
    if control.kind is Kind.ATTESTATION:
        assert {Outcome.FAIL, Outcome.ATTESTATION_DUE} & shown
    asked = [f for f, required in control.needs.items() if required and KNOWN.facts[f].door is not Door.STATEMENT]
    for fact in asked:
        example = Example(Outcome.UNKNOWN, "", {fact: Unreadable("not_permitted")})
        verdict = examples.verdict(control, example, KNOWN.facts)
        assert verdict.outcome is Outcome.UNKNOWN, f"{fact} could not be read and the control says {verdict.outcome}"
        assert verdict.reason == "not_permitted"


@pytest.mark.parametrize("control", CONTROLS, ids=_name)
def test_what_a_control_says_of_itself_is_complete(control: Control) -> None:
    """Title, reason, rule in words, citations that exist, a remedy that names a place, bounded parameters with a reason."""
    assert control.title
    assert control.why
    assert control.rule_text
    assert control.cites
    known = {citation.citation for citation in hipaa.citations()}
    assert set(control.cites) <= known, set(control.cites) - known
    assert PLACE.search(control.fix), control.fix
    for name, parameter in control.parameters.items():
        assert parameter.why
        default = control.defaults[name]
        bounded = parameter.among is not None or (parameter.low is not None and parameter.high is not None)
        assert bounded or isinstance(default, (bool, tuple, list, frozenset)), f"{name} has no bounds"
        if isinstance(default, (int, float)) and not isinstance(default, bool):
            assert parameter.low <= default <= parameter.high


def test_no_two_controls_have_the_same_rule() -> None:
    """The same question twice counts twice."""
    seen: dict[str, str] = {}
    for control in CONTROLS:
        text = json.dumps([sorted(control.needs), control.rule_text, control.title])
        assert text not in seen, f"{control.id} repeats {seen.get(text)}"
        seen[text] = control.id


@pytest.mark.parametrize("fact", FACTS, ids=_name)
def test_a_fact_says_what_it_needs(fact: Fact) -> None:
    """Permission, sample and text; nothing that reads content is ever asked for."""
    assert fact.about
    assert fact.sample is not None
    if fact.door not in (Door.STATEMENT, Door.RECORDS, Door.DNS):
        assert fact.permissions
    forbidden = re.compile(
        r"Mail\.Read|Mail\.ReadWrite|Files\.Read|Sites\.Read|Chat\.Read|ChannelMessage|Calendars|Contacts|Notes|full_access_as_app"
    )
    assert not [p.name for p in fact.permissions if forbidden.search(p.name)]


def _mutations(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every copy of a JSON value with one property removed, and with one text replaced by an unseen member."""
    if isinstance(value, dict):
        for key in value:
            without = {k: v for k, v in value.items() if k != key}
            yield f"{path}.{key} removed", without
            for what, inside in _mutations(value[key], f"{path}.{key}"):
                yield what, {**value, key: inside}
    elif isinstance(value, list):
        for index, item in enumerate(value[:3]):
            for what, inside in _mutations(item, f"{path}[{index}]"):
                yield what, [*value[:index], inside, *value[index + 1 :]]


def _not_passing() -> list[tuple[Control, Example]]:
    return [(c, e) for c, e in EXAMPLES if e.outcome in (Outcome.FAIL, Outcome.UNKNOWN)]


@pytest.mark.parametrize(("control", "example"), _not_passing(), ids=_name)
def test_a_removed_property_never_turns_another_outcome_into_a_pass(control: Control, example: Example) -> None:
    """An absent value is never the safe one."""
    values = examples.given(control, example, KNOWN.facts)
    for name in control.needs:
        fact = KNOWN.facts[name]
        if fact.statement is not None or isinstance(values[name], Unreadable) or values[name] is None:
            continue
        whole = fact.shape(values[name]) if fact.shape else values[name]
        for what, mutated in _mutations(whole):
            changed = {**values, name: copy.deepcopy(mutated)}
            try:
                readings = {n: examples.reading(KNOWN.facts[n], v) for n, v in changed.items()}
            except Unrecognised:
                continue  # the whole fact has another form, which the engine turns into unknown
            verdict = examples.verdict_of(control, readings, examples.AT, {**control.defaults, **example.parameters})
            assert verdict.outcome is not Outcome.PASS, f"{name}{what} turned {example.outcome} into a pass: {verdict.because}"


def test_the_generated_pages_are_current() -> None:
    """docs/CONTROLS.md and infra/permissions.json say what the catalogue says."""
    assert pages_main(["--check"]) == 0
