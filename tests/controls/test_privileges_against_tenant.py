"""Who administers, who is a guest, who owns, and the access rules without conditional access: four tenants through the real doors.

The outcomes are written by hand from what each tenant's own file says of it, with the statements that its people made.
"""

import asyncio
import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from local.tenant import SimulatedTenant
from scanners import judging, looking
from scanners.doors import open_doors
from scanners.errors import Undecided
from scanners.model import Control, Door, Verdict
from scanners.statements import choose, faults
from tests.controls.looking_at import KNOWN, RUN, Memory, controls_of, needed, read, settings

ACCESS = """
    every_user_has_registered_a_second_factor unused_accounts_are_disabled web_sessions_end_when_idle outlook_on_the_web_signs_out_when_idle
    sharepoint_signs_out_when_idle sharepoint_refuses_legacy_authentication token_lifetimes_are_not_extended repeated_failures_lock_the_account
    banned_words_are_refused_in_cloud_passwords banned_words_are_refused_in_on_premises_passwords no_account_may_use_a_weak_password
    federated_domains_prove_multifactor successful_sign_ins_used_multifactor weak_second_factors_are_disabled authenticator_prompts_show_what_is_approved
    high_risk_users_are_dealt_with_in_time emergency_access_accounts_hold_a_security_key emergency_access_use_is_explained leavers_cannot_sign_in
    shared_mailboxes_cannot_sign_in every_account_belongs_to_one_person
"""
PERSONAL = {"userPrincipalName", "mail", "phoneNumber", "emailAddress", "userDisplayName", "ipAddress", "location", "jobTitle"}
GOVERNED_ELSEWHERE = {"groups_that_exempt_users_are_protected"}  # reads conditional access
WITHOUT_P2 = {
    "high_risk_users_are_dealt_with_in_time": "unknown",
    "privileged_roles_are_active_only_when_needed": "unknown",
    "activating_a_role_needs_proof_and_ends_soon": "unknown",
    "activating_the_highest_roles_needs_approval": "unknown",
    "privileged_role_changes_notify_someone": "unknown",
    "administrators_are_cloud_only": "not_applicable",  # nothing is synchronised in the small tenants
    "banned_words_are_refused_in_on_premises_passwords": "not_applicable",
    "federated_domains_prove_multifactor": "not_applicable",
}
EVERYWHERE = {
    "service_providers_are_registered_business_associates": "not_applicable",
}
NOBODY_WROTE_ANYTHING_DOWN = {
    "emergency_access_accounts_hold_a_security_key": "attestation_due",
    "emergency_access_use_is_explained": "attestation_due",
    "privileged_access_is_reviewed_on_schedule": "attestation_due",
    "guest_access_is_reviewed_on_schedule": "attestation_due",
    "leavers_cannot_sign_in": "unknown",  # nobody enters the day on which people leave
}
LEFT_AS_DELIVERED = dict.fromkeys(
    (
        "authenticator_prompts_show_what_is_approved",
        "banned_words_are_refused_in_cloud_passwords",
        "outlook_on_the_web_signs_out_when_idle",
        "sharepoint_signs_out_when_idle",
        "sharepoint_refuses_legacy_authentication",
        "web_sessions_end_when_idle",
        "weak_second_factors_are_disabled",
        "administrators_use_separate_accounts",
        "global_administrators_are_few",  # five in the clinic, one alone in the practice
        "guests_come_only_from_named_organisations",
        "guests_see_only_their_own_directory_entry",
        "only_named_people_create_groups_and_teams",
        "only_named_roles_invite_guests",
        "ordinary_users_cannot_create_tenants",
    ),
    "fail",
)
CLINIC = {
    "every_account_belongs_to_one_person": "fail",  # the front desk
    "every_user_has_registered_a_second_factor": "fail",  # four people
    "shared_mailboxes_cannot_sign_in": "fail",  # billing
    "successful_sign_ins_used_multifactor": "fail",  # IMAP, because the legacy policy only reports
    "unused_accounts_are_disabled": "fail",
    "every_team_has_accountable_owners": "fail",
    "groups_and_teams_are_private": "fail",
    "narrow_roles_are_preferred": "fail",
    "unused_guests_are_removed": "fail",
}
PRACTICE = {"shared_mailboxes_cannot_sign_in": "not_applicable", "narrow_roles_are_preferred": "not_applicable"}
HOSPITAL = {
    "federated_domains_prove_multifactor": "fail",
    "high_risk_users_are_dealt_with_in_time": "fail",
    "leavers_cannot_sign_in": "fail",  # a resident
    "unused_accounts_are_disabled": "fail",
    "unused_guests_are_removed": "fail",
    "activating_the_highest_roles_needs_approval": "fail",
    "administrators_are_cloud_only": "fail",
    "every_team_has_accountable_owners": "fail",
    "groups_and_teams_are_private": "fail",
    "privileged_access_is_reviewed_on_schedule": "fail",
    "privileged_roles_are_active_only_when_needed": "fail",
}
EXPECTED: dict[str, dict[str, str]] = {
    "clinic": {**EVERYWHERE, **WITHOUT_P2, **NOBODY_WROTE_ANYTHING_DOWN, **LEFT_AS_DELIVERED, **CLINIC},
    "clinic-well-run": {**EVERYWHERE, **WITHOUT_P2},
    "practice": {**EVERYWHERE, **WITHOUT_P2, **NOBODY_WROTE_ANYTHING_DOWN, **LEFT_AS_DELIVERED, **PRACTICE},
    "hospital": {**EVERYWHERE, **HOSPITAL},
}


def mine() -> list[Control]:
    return [c for c in controls_of("privileges") if c.id not in GOVERNED_ELSEWHERE] + [KNOWN.controls[name] for name in ACCESS.split()]


class Seen:
    """One tenant as it was read, with what its people stated."""

    def __init__(self, tenant: SimulatedTenant, name: str) -> None:
        self.name, self.evidence, self.now = name, Memory(), dt.datetime.now(dt.UTC)
        self.records = tenant.world.statements()
        self.readings = asyncio.run(self._read(tenant))

    async def _read(self, tenant: SimulatedTenant) -> dict[str, Any]:
        readings = await read(tenant, needed(mine()), self.evidence)
        readings |= {fact.id: choose(fact, self.records, self.now) for fact in KNOWN.facts.values() if fact.door is Door.STATEMENT}
        methods, again = KNOWN.facts["privileged_user_methods"], Memory()  # asked after a statement
        async with open_doors(settings(tenant)) as doors:
            snapshot = await looking.look(methods, RUN, doors, again, readings, lambda: dt.datetime.now(dt.UTC))
        readings[methods.id] = judging.readings_of(methods, snapshot, again.records[methods.id], again)
        self.evidence.pages |= again.pages
        return readings

    def verdict(self, control: Control, **changed: Any) -> Verdict:
        return judging.verdict_of(control, {**self.readings, **changed}, dt.datetime.now(dt.UTC), control.defaults)


@pytest.fixture(scope="module", params=sorted(EXPECTED))
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    with SimulatedTenant(request.param, tmp_path_factory.mktemp("tenant"), pace=0.05) as tenant:
        yield Seen(tenant, request.param)


def test_every_control_says_what_the_tenant_is_like(seen: Seen) -> None:
    """What is not named above is in order."""
    expected = {control.id: EXPECTED[seen.name].get(control.id, "pass") for control in mine()}
    assert {control.id: seen.verdict(control).outcome.value for control in mine()} == expected


def test_what_was_read_is_whole(seen: Seen) -> None:
    """No property that a row names is missing from the answers, down to the last row; what is not there needs a plan or a permission."""
    for fact in sorted(needed(mine()) & set(seen.readings)):
        reading = seen.readings[fact]
        if isinstance(reading, Undecided):
            assert KNOWN.facts[fact].plans or KNOWN.facts[fact].optional or KNOWN.facts[fact].after, f"{fact}: {reading.because}"
            continue
        assert not list(faults(reading)), fact


def test_no_name_and_no_address_of_a_person_is_stored(seen: Seen) -> None:
    """The tenant plants names, addresses and telephone numbers beside what these facts ask for."""
    properties = {key for page in seen.evidence.pages.values() for key, _ in _walk(json.loads(page))}
    assert not properties & PERSONAL
    assert not [blob for blob, page in seen.evidence.pages.items() if blob.startswith("groups/") and b'"membershipRule"' in page]
    for page in seen.evidence.pages.values():
        assert not [value for key, value in _walk(json.loads(page)) if isinstance(value, str) and "@" in value and not key.startswith("@odata.")]


def _walk(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    yield key, value
    for name, inside in value.items() if isinstance(value, dict) else ((key, each) for each in value) if isinstance(value, list) else ():
        yield from _walk(inside, name)


def test_a_result_can_be_followed_to_its_objects(seen: Seen) -> None:
    """Where a control fails over objects, their ids are objects of the tenant."""
    everything = b"".join(seen.evidence.pages.values()).decode().lower()
    for control in mine():
        for name in seen.verdict(control).affected:
            known = name.lower() in everything or name in {"inbound", "outbound", "application", "place", "Sms", "Voice", "Email"}
            assert known or " " in name, f"{control.id} names {name}"


def test_emergency_accounts_count_apart_only_while_their_statement_holds(seen: Seen) -> None:
    """The same tenant without the register: what it explained is open again."""
    if seen.name not in {"hospital", "clinic-well-run"}:
        return
    idle = KNOWN.controls["privileged_accounts_are_in_use"]
    assert seen.verdict(idle).outcome == "pass"
    assert seen.verdict(idle, statement_emergency_accounts=choose(KNOWN.facts["statement_emergency_accounts"], [], seen.now)).outcome == "fail"


def test_the_last_day_of_sign_ins_is_asked_for(seen: Seen) -> None:
    """The requests for sign-ins reach back 24 hours from the time of the look."""
    pages: Mapping[str, Any] = seen.evidence.records["sign_in_summary"]
    asked = [page["path"] for page in pages["pages"]]
    assert len(asked) == 3
    since = [dt.datetime.fromisoformat(found.replace("%3A", ":")) for path in asked for found in re.findall(r"ge%20(\S+?Z)", path)]
    assert len(since) == len(asked)
    assert all(dt.timedelta(hours=23) < seen.now - at < dt.timedelta(hours=25) for at in since)


def test_without_the_plan_use_is_unknown_and_the_settings_are_judged_all_the_same(tmp_path: Path) -> None:
    """The clinic on Business Standard, which has no Entra ID P1: what needs it is not licensed, nothing passes for want of a reading."""
    standard = {"extends": "clinic", "skus": {"SPB": None, "O365_BUSINESS_PREMIUM": {"seats": 35, "used": 31}}}
    with SimulatedTenant(standard, tmp_path, pace=0.05) as tenant:
        seen = Seen(tenant, "clinic")
    verdicts = {control.id: seen.verdict(control) for control in mine()}
    unlicensed = {name for name, verdict in verdicts.items() if verdict.reason == "not_licensed"}
    assert unlicensed == {name for name, outcome in WITHOUT_P2.items() if outcome == "unknown"} | {
        "banned_words_are_refused_in_cloud_passwords",
        "every_user_has_registered_a_second_factor",
        "privileged_accounts_are_in_use",
        "successful_sign_ins_used_multifactor",
        "unused_accounts_are_disabled",
    }
    others = {name: verdict.outcome.value for name, verdict in verdicts.items() if name not in unlicensed}
    assert others == {name: EXPECTED["clinic"].get(name, "pass") for name in others}
