"""Laws over the whole catalogue: every control and fact joins by existing."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from scanners import catalogue, examples, hipaa
from scanners.examples import Unreadable
from scanners.model import Control, Door, Example, Fact, Kind, Outcome
from scanners.pages import main as pages_main

from .specified import SPECIFIED

KNOWN = catalogue.load()
CONTROLS = sorted(KNOWN.controls.values(), key=lambda c: c.id)
FACTS = sorted(KNOWN.facts.values(), key=lambda f: f.id)
EXAMPLES = [(c, e) for c in CONTROLS for e in c.examples]
# A menu path, a cmdlet, a command of this product or a request.
PLACE = re.compile(r" > |\b(Set|New|Remove|Enable|Disable|Add|Get|Connect|Update|Grant)-[A-Z]\w+|python -m |\b(GET|POST|PATCH|PUT|DELETE) /")


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
    """Title, reason, rule in words, citations that exist, a remedy that names a place."""
    assert control.title
    assert control.why
    assert control.rule_text
    assert control.cites
    known = {citation.citation for citation in hipaa.citations()}
    assert set(control.cites) <= known, set(control.cites) - known
    assert PLACE.search(control.fix), control.fix


def test_every_specified_control_exists() -> None:
    """A file that is lost takes a safeguard with it, and nothing else would say so."""
    built = {topic: {c.id for c in CONTROLS if c.topic == topic} for topic in SPECIFIED}
    for topic, ids in SPECIFIED.items():
        assert built[topic] == set(ids.split()), topic
    assert {topic: len(ids) for topic, ids in built.items()} == {"access": 38, "privileges": 26, "apps": 19, "people": 30}


def test_no_two_controls_ask_the_same_question() -> None:
    """The same question twice counts twice: not in the same words, and not by the same instructions over the same facts."""
    words, instructions = Counter(c.rule_text for c in CONTROLS), Counter(map(_instructions, CONTROLS))
    assert [text for text, times in words.items() if times > 1] == []
    repeated = {key for key, times in instructions.items() if times > 1}
    assert [c.id for c in CONTROLS if _instructions(c) in repeated] == []


def _instructions(control: Control) -> str:
    """What the rule does, whatever it is called and however it is explained: its facts, instructions, constants and the names that it uses."""
    code = control.rule.__code__
    constants = [repr(each) for each in code.co_consts[1:] if not hasattr(each, "co_code") and not isinstance(each, str)]
    return json.dumps([list(control.needs), code.co_code.hex(), constants, code.co_names, str(control.defaults)])


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


def test_the_generated_pages_are_current() -> None:
    """docs/CONTROLS.md and infra/permissions.json say what the catalogue says."""
    assert pages_main(["--check"]) == 0
