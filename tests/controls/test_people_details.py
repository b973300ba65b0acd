"""What the examples on the controls cannot say: laws over every detail, dates around a boundary, and what must never be stored."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scanners import catalogue, examples
from scanners.attesting import within
from scanners.capabilities import CAPABILITIES
from scanners.errors import EvidenceRefused, Unrecognised
from scanners.examples import merged
from scanners.facts import attack_simulation_training
from scanners.judging import verdict_of
from scanners.looking import stored_form
from scanners.model import Control, Example, Kind, Outcome, Page
from scanners.statements import Missing, choose, type_of

KNOWN = catalogue.load()
PEOPLE = [c for c in KNOWN.controls.values() if c.topic == "people"]
STATED = [c for c in PEOPLE if c.kind is Kind.ATTESTATION]


def passing(control: Control) -> Example:
    return next(e for e in control.examples if e.outcome is Outcome.PASS)


def judged(control: Control, given: dict[str, Any], at: datetime = examples.AT) -> Outcome:
    readings: dict[str, Any] = {}
    for name, value in given.items():
        fact = KNOWN.facts[name]
        records = [] if value is None else value if isinstance(value, list) else [value]
        readings[name] = choose(fact, records, at) if fact.statement else examples.reading(fact, value)
    return verdict_of(control, readings, at, dict(control.defaults)).outcome


@pytest.mark.parametrize("control", STATED, ids=lambda c: c.id)
def test_no_statement_no_pass_whatever_the_tenant_shows(control: Control) -> None:
    given = examples.given(control, passing(control), KNOWN.facts)
    without = {name: None if KNOWN.facts[name].statement else value for name, value in given.items()}
    if control.id == "addressable_decisions_are_documented":
        assert judged(control, {**without, "open_findings": given["open_findings"]}) is Outcome.ATTESTATION_DUE
    else:
        assert judged(control, without) is Outcome.ATTESTATION_DUE


@pytest.mark.parametrize("control", STATED, ids=lambda c: c.id)
def test_a_pass_ends_by_itself(control: Control) -> None:
    """A year and a day later, with nothing new said, nothing that rests on a statement passes."""
    given = examples.given(control, passing(control), KNOWN.facts)
    if control.id == "addressable_decisions_are_documented":
        pytest.skip("passes without any statement where nothing addressable fails; its expiry is an example")
    later = examples.AT + timedelta(days=366)
    assert judged(control, given, later) is Outcome.ATTESTATION_DUE


def _flipped(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every copy of the details with one yes turned into a no, or the other way."""
    found: list[tuple[str, Any]] = []
    if isinstance(value, bool):
        return [(path, not value)]
    if isinstance(value, dict):
        for key, inside in value.items():
            found += [(where, {**value, key: changed}) for where, changed in _flipped(inside, f"{path}.{key}")]
    return found


REPORTED = {
    ".entries.subcontractor",
    ".is_clearinghouse_part",
    ".is_group_health_plan",
    ".reasonable_and_appropriate",
}


@pytest.mark.parametrize("control", STATED, ids=lambda c: c.id)
def test_every_yes_that_a_control_is_about_decides(control: Control) -> None:
    """The statement that a control reads first holds no yes or no that makes no difference, unless it is another control's."""
    first = next(name for name in control.needs if KNOWN.facts[name].statement)
    given = examples.given(control, passing(control), KNOWN.facts)
    if not isinstance(given[first], dict):
        pytest.skip("several records side by side")
    answers_to = [c.id for c in STATED if first in c.needs]
    for where, changed in _flipped(given[first]["details"]):
        if where in REPORTED:
            continue
        outcomes = set()
        for each in answers_to:
            other = KNOWN.controls[each]
            shown = examples.given(other, passing(other), KNOWN.facts)
            outcomes.add(judged(other, {**shown, first: {**shown[first], "details": merged(shown[first]["details"], changed)}}))
        assert outcomes - {Outcome.PASS}, f"{first}{where} decides nothing in {answers_to}"


@pytest.mark.parametrize("name", [f.id for f in KNOWN.facts.values() if f.statement])
def test_what_to_provide_is_said_exactly(name: str) -> None:
    kind = type_of(KNOWN.facts[name])
    missing = choose(KNOWN.facts[name], [], examples.AT)
    assert isinstance(missing, Missing)
    for word in (kind.type, kind.title, kind.attester_role, str(kind.validity_days)):
        assert word in missing.provide
    assert ("document" in missing.provide) is kind.document_required


def test_days_are_counted_to_the_day() -> None:
    at = datetime(2026, 11, 24, 23, 59, tzinfo=UTC)
    assert within(at.date(), at, 0)
    assert within(at.date() - timedelta(days=90), at, 90)
    assert not within(at.date() - timedelta(days=91), at, 90)
    assert not within(at.date() + timedelta(days=1), at, 90)
    assert not within(None, at, 90)


def breach(at: datetime, **said: Any) -> Outcome:
    control = KNOWN.controls["breaches_are_assessed_and_logged"]
    record = merged(KNOWN.facts["statement_breach_log"].sample, {"effective_from": "2026-10-02", "expires_at": "2027-10-01", "details": said})
    return judged(control, {"statement_breach_log": record}, at)


def test_the_annual_log_is_due_sixty_days_after_the_year() -> None:
    """Breaches of 2026, known from a register of October 2026, must be logged by 1 March 2027."""
    said = {"reviewed_on": "2026-10-01", "breaches_in_period": 2, "annual_log_submitted_for_year": 2025}
    assert breach(datetime(2027, 3, 1, 12, tzinfo=UTC), **said) is Outcome.PASS
    assert breach(datetime(2027, 3, 2, 0, tzinfo=UTC), **said) is Outcome.FAIL
    assert breach(datetime(2027, 3, 2, 0, tzinfo=UTC), **{**said, "breaches_in_period": 0}) is Outcome.PASS
    assert breach(datetime(2027, 3, 2, 0, tzinfo=UTC), **{**said, "annual_log_submitted_for_year": 2026}) is Outcome.PASS


def test_a_log_of_last_year_stays_owed_after_its_day() -> None:
    said = {"reviewed_on": "2026-10-01", "breaches_in_period": 0, "breaches_previous_calendar_year": 1, "annual_log_submitted_for_year": None}
    assert breach(datetime(2026, 11, 24, tzinfo=UTC), **said) is Outcome.FAIL


PERSON = {"userId": "48b05a53", "displayName": "Jane Doe", "email": "jane@riverbend.example"}


def trained(*states: str) -> dict[str, Any]:
    trainings = [{"trainingStatus": state, "displayName": "Phishing", "assignedDateTime": "2026-10-01T00:00:00Z"} for state in states]
    return {"attackSimulationUser": PERSON, "userTrainings": trainings}


def test_training_coverage_stores_counters_and_no_person() -> None:
    fact = KNOWN.facts["attack_simulation_training"]
    page = {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata",
        "value": [trained("completed"), trained("overdue", "completed"), trained()],
    }
    body, _ = stored_form(fact, json.dumps(page).encode())
    assert json.loads(body) == {"users": 2, "assigned": 0, "completed": 1, "overdue": 1, "unknownStatus": 0}
    assert b"jane" not in body.lower()


@pytest.mark.parametrize(
    ("states", "stands"),
    [
        (("completed",), "completed"),
        (("completed", "assigned"), "assigned"),
        (("inProgress",), "assigned"),
        (("completed", "overdue", "paused"), "overdue"),
        (("completed", "paused"), "unknownStatus"),
        (("unknownFutureValue",), "unknownStatus"),
    ],
)
def test_a_person_stands_in_one_counter(states: tuple[str, ...], stands: str) -> None:
    counted = attack_simulation_training.reduce({"value": [trained(*states)]})
    assert {name for name, number in counted.items() if number} == {"users", stands}


@pytest.mark.parametrize("page", [{}, {"value": [{}]}, {"value": [{"userTrainings": None}]}, {"value": None}, []])
def test_a_page_of_another_form_is_not_nobody(page: Any) -> None:
    with pytest.raises((Unrecognised, EvidenceRefused)):
        stored_form(KNOWN.facts["attack_simulation_training"], json.dumps(page).encode())


def test_pages_of_training_add_up() -> None:
    first = attack_simulation_training.reduce({"value": [trained("completed"), trained("overdue")]})
    second = attack_simulation_training.reduce({"value": [trained("paused")]})
    read = attack_simulation_training.read([Page("", "/", 200, first), Page("", "/", 200, second)])
    assert (read.users, read.completed, read.overdue, read.unknown_status) == (3, 1, 1, 1)


def test_gaps_of_plans_are_counted_by_what_is_lost() -> None:
    control = KNOWN.controls["every_user_has_a_suitable_plan"]
    example = next(e for e in control.examples if e.outcome is Outcome.FAIL and not e.label)
    verdict = examples.verdict(control, example, KNOWN.facts)
    assert verdict.observed["people_lacking"] == dict.fromkeys(CAPABILITIES, 1)
    assert set(verdict.observed["what_they_lose"]) == set(CAPABILITIES)
    assert len(verdict.affected) == 1
