"""The controls of this topic that look at the tenant, over two clinics, through the real doors; and a statement that meets the tenant's own id."""

import asyncio
import datetime as dt
from typing import Any

import pytest

from local.tenant import SimulatedTenant
from scanners.examples import merged
from scanners.facts.open_findings import OpenFindings
from scanners.facts.run_history import RunHistory
from tests.controls.looking_at import KNOWN, Memory, read, verdict

FACTS = ("subscribed_skus", "users", "directory_subscriptions", "attack_simulations", "attack_simulation_training", "organization")
LOOKING = ("every_user_has_a_suitable_plan", "paid_subscriptions_are_active", "phishing_simulations_and_training_happen")
PEOPLE = sorted(c.id for c in KNOWN.controls.values() if c.topic == "people")


@pytest.fixture(scope="module", params=["clinic", "clinic-well-run"])
def readings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with SimulatedTenant(request.param, tmp_path_factory.mktemp("tenant"), pace=0.05) as tenant:
        found = asyncio.run(read(tenant, FACTS, Memory()))
    found["run_history"] = RunHistory(runs=(), chain=("a" * 64,), packages=())
    found["open_findings"] = OpenFindings(findings=())
    return found


def judged(control: str, readings: dict[str, Any], statements: dict[str, Any] | None = None) -> str:
    return verdict(KNOWN.controls[control], readings, statements).outcome.value


def test_what_the_tenant_shows(readings: dict[str, Any]) -> None:
    """Business Premium carries the safeguards, is paid for, and has no attack simulation in it."""
    assert [judged(control, readings) for control in LOOKING] == ["pass", "pass", "unknown"]
    assert verdict(KNOWN.controls[LOOKING[2]], readings).reason == "not_licensed"


@pytest.mark.parametrize("control", [c for c in PEOPLE if c not in LOOKING and c != "addressable_decisions_are_documented"])
def test_without_a_statement_it_is_due(readings: dict[str, Any], control: str) -> None:
    assert judged(control, readings) == "attestation_due"


def test_nothing_addressable_open_needs_no_decision(readings: dict[str, Any]) -> None:
    assert judged("addressable_decisions_are_documented", readings) == "pass"


def test_the_agreement_must_be_that_of_this_tenant(readings: dict[str, Any]) -> None:
    today = dt.datetime.now(dt.UTC).date()
    term = {"effective_from": (today - dt.timedelta(days=20)).isoformat(), "expires_at": (today + dt.timedelta(days=20)).isoformat()}
    sample = KNOWN.facts["statement_baa_microsoft"].sample
    ours = merged(sample, {**term, "details": {"tenant_id": readings["organization"].id.upper()}})
    theirs = merged(sample, term)
    assert judged("microsoft_agreement_is_on_file", readings, {"statement_baa_microsoft": ours}) == "pass"
    assert judged("microsoft_agreement_is_on_file", readings, {"statement_baa_microsoft": theirs}) == "fail"
