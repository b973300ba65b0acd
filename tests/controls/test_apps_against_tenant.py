"""The application controls over two clinics, through the real doors. The outcomes are written by hand from the tenants' own description."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from local.tenant import SimulatedTenant
from scanners.errors import Undecided
from scanners.reading import Row
from tests.controls.looking_at import KNOWN, Memory, controls_of, needed, read, verdict

FACTS = ("organization_config", "mailbox_safeguards", "domains", "domain_federation")  # of other topics, written beside these
LEFT_ALONE = {
    "application_credentials_are_short_lived_and_current": "fail",  # the intake form's secret lives for two years
    "application_mail_access_is_limited_to_named_mailboxes": "fail",  # the appointment tool reads all mailboxes
    "application_requests_are_answered_in_time": "not_applicable",
    "application_requests_go_to_reviewers": "fail",
    "applications_that_reach_ephi_have_an_agreement_on_record": "attestation_due",
    "ended_application_credentials_are_removed": "fail",  # one ran out two months ago
    "new_application_secrets_are_limited_by_policy": "fail",
    "no_application_can_make_itself_administrator": "pass",
    "outlook_add_ins_are_installed_only_by_administrators": "fail",
    "outside_applications_are_open_only_to_assigned_people": "fail",
    "outside_applications_have_a_verified_publisher": "attestation_due",
    "outside_storage_is_off_in_microsoft_365_on_the_web": "fail",
    "powerful_applications_have_no_personal_owners": "pass",  # the owner of the intake form is a Global Administrator
    "team_owners_cannot_consent_for_applications": "pass",
    "this_scanner_can_only_read": "pass",
    "unused_applications_lose_their_access": "fail",  # the notes application was last used 160 days ago
    "users_cannot_buy_or_try_store_applications": "fail",
    "users_cannot_consent_to_applications_alone": "fail",
    "users_cannot_register_applications": "fail",
}
WELL_RUN = dict.fromkeys(LEFT_ALONE, "pass") | {
    "applications_that_reach_ephi_have_an_agreement_on_record": "attestation_due",
    "outside_applications_are_open_only_to_assigned_people": "not_applicable",  # the notes application is gone
}


@pytest.fixture(scope="module", params=["clinic", "clinic-well-run"])
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, Any], Memory]]:
    evidence = Memory()
    with SimulatedTenant(request.param, tmp_path_factory.mktemp("tenant"), pace=0.05) as tenant:
        yield request.param, asyncio.run(read(tenant, needed(controls_of("apps"), *FACTS), evidence)), evidence


def test_every_control_says_what_the_tenant_is_like(seen: tuple[str, dict[str, Any], Memory]) -> None:
    """The clinic that was left alone, and the same clinic well run."""
    name, readings, _ = seen
    expected = LEFT_ALONE if name == "clinic" else WELL_RUN
    assert {c.id: verdict(c, readings).outcome.value for c in controls_of("apps")} == expected


def test_what_was_read_is_whole(seen: tuple[str, dict[str, Any], Memory]) -> None:
    """No property that a row names is missing from the answers, down to the last row."""
    _, readings, _ = seen
    mine = needed(controls_of("apps"), *FACTS)
    for fact in sorted(mine & set(readings)):
        reading = readings[fact]
        if isinstance(reading, Undecided):
            assert KNOWN.facts[fact].plans, f"{fact}: {reading.because}"
            continue
        for row in reading if isinstance(reading, tuple) else (reading,):
            assert not (isinstance(row, Row) and row.faults), f"{fact}: {row.faults}"


def test_no_name_and_no_address_of_a_person_is_stored(seen: tuple[str, dict[str, Any], Memory]) -> None:
    """The tenant plants names, addresses and telephone numbers; none of them is asked for by these facts."""
    _, _, evidence = seen
    stored = b"".join(evidence.pages[blob] for fact in needed(controls_of("apps"), *FACTS) for blob in evidence.pages if blob.startswith(f"{fact}/"))
    assert b"@alderford-clinic.example" not in stored
    assert b"supplier@" not in stored
    assert b"principalDisplayName" not in stored
    assert b"secretText" not in stored


def test_entries_in_the_register_settle_the_last_question(seen: tuple[str, dict[str, Any], Memory]) -> None:
    """With every application on record the control is met, until the day on which the first agreement ends."""
    _, readings, _ = seen
    control = KNOWN.controls["applications_that_reach_ephi_have_an_agreement_on_record"]
    fact = KNOWN.facts["statement_business_associate_register"]
    today = dt.datetime.now(dt.UTC)
    entry = {**fact.sample["details"]["entries"][0], "baa_signed_on": "2025-01-15", "reviewed_on": _day(today, -30), "baa_until": _day(today, 20)}
    entries = [{**entry, "app_ids": [shown["appId"]]} for shown in verdict(control, readings).observed["applications"]]
    statement = {**fact.sample, "effective_from": _day(today, -30), "expires_at": _day(today, 300), "details": {"entries": entries}}
    assert verdict(control, readings, {fact.id: statement}).outcome.value == "pass"
    assert verdict(control, readings, {fact.id: statement}, today + dt.timedelta(days=21)).outcome.value == "fail"
    assert verdict(control, readings, {fact.id: statement}, today + dt.timedelta(days=301)).outcome.value == "attestation_due"


def _day(today: dt.datetime, later: int) -> str:
    return (today + dt.timedelta(days=later)).date().isoformat()
