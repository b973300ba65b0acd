"""Who is left uncovered in four tenants, read through the real doors. The outcomes are written by hand from what each tenant's own file says of it."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.tenant import SimulatedTenant
from scanners import judging, looking
from scanners.doors import open_doors
from scanners.errors import Undecided
from scanners.model import Door, Verdict
from scanners.reading import read_as
from scanners.statements import choose
from tests.controls.looking_at import KNOWN, RUN, Memory, needed, read, settings

JUDGED = [
    "multifactor_is_required_for_every_user",
    "multifactor_is_required_for_administrators",
    "multifactor_is_required_for_guests",
    "administrators_use_phishing_resistant_multifactor",
    "legacy_authentication_is_blocked",
    "registering_a_second_factor_needs_proof",
    "joining_a_device_requires_multifactor",
    "device_code_sign_in_is_blocked",
    "meeting_room_accounts_are_confined",
    "risky_sign_ins_are_challenged",
    "risky_users_are_stopped_or_reset",
    "unmanaged_devices_get_short_sessions",
    "sessions_are_renewed_within_the_limit",
    "administrator_sessions_are_short",
    "trusted_locations_are_narrow",
    "emergency_access_accounts_are_ready",
    "groups_that_exempt_users_are_protected",
    "password_expiry_follows_the_chosen_policy",
]
FACTS = ("authentication_methods_policy", "cross_tenant_access_default", "cross_tenant_access_partners")
WITHOUT_P2 = dict.fromkeys(("risky_sign_ins_are_challenged", "risky_users_are_stopped_or_reset"), "unknown")
LEFT_OPEN = dict.fromkeys(
    (
        "administrators_use_phishing_resistant_multifactor",
        "registering_a_second_factor_needs_proof",
        "joining_a_device_requires_multifactor",
        "device_code_sign_in_is_blocked",
        "unmanaged_devices_get_short_sessions",
        "sessions_are_renewed_within_the_limit",
        "administrator_sessions_are_short",
        "password_expiry_follows_the_chosen_policy",
    ),
    "fail",
)
NO_ROOMS, NO_REGISTER = {"meeting_room_accounts_are_confined": "not_applicable"}, {"emergency_access_accounts_are_ready": "attestation_due"}
EXPECTED: dict[str, dict[str, str]] = {
    "clinic": {
        **WITHOUT_P2,
        **LEFT_OPEN,
        **NO_ROOMS,
        **NO_REGISTER,
        "multifactor_is_required_for_every_user": "fail",  # three people in a group
        "multifactor_is_required_for_administrators": "fail",
        "legacy_authentication_is_blocked": "fail",  # the policy only reports
        "groups_that_exempt_users_are_protected": "fail",
    },
    "clinic-well-run": {**WITHOUT_P2, **NO_ROOMS},
    "practice": {  # security defaults
        **WITHOUT_P2,
        **LEFT_OPEN,
        **NO_ROOMS,
        **NO_REGISTER,
        "trusted_locations_are_narrow": "not_applicable",
        "groups_that_exempt_users_are_protected": "not_applicable",
    },
    "hospital": {
        "multifactor_is_required_for_every_user": "fail",  # the imaging vendor's accounts
        "groups_that_exempt_users_are_protected": "fail",
        "password_expiry_follows_the_chosen_policy": "fail",
    },
}


class Seen:
    """One tenant as it was read, with what its people stated."""

    def __init__(self, tenant: SimulatedTenant, name: str) -> None:
        self.name, self.evidence = name, Memory()
        self.readings: dict[str, Any] = asyncio.run(read(tenant, needed((KNOWN.controls[c] for c in JUDGED), *FACTS), self.evidence))
        now = dt.datetime.now(dt.UTC)
        self.readings |= {fact.id: choose(fact, tenant.world.statements(), now) for fact in KNOWN.facts.values() if fact.door is Door.STATEMENT}

    def verdict(self, control: str) -> Verdict:
        chosen = KNOWN.controls[control]
        return judging.verdict_of(chosen, self.readings, dt.datetime.now(dt.UTC), chosen.defaults)


@pytest.fixture(scope="module", params=sorted(EXPECTED))
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    with SimulatedTenant(request.param, tmp_path_factory.mktemp("tenant"), pace=0.05) as tenant:
        yield Seen(tenant, request.param)


def test_every_control_says_what_the_tenant_is_like(seen: Seen) -> None:
    """What is not named above is in order."""
    verdicts = {control: seen.verdict(control) for control in JUDGED}
    assert {control: verdict.outcome.value for control, verdict in verdicts.items()} == {c: EXPECTED[seen.name].get(c, "pass") for c in JUDGED}


def test_multifactor_of_single_accounts_is_asked_in_batches(tmp_path: Path) -> None:
    """As in a tenant that switched security defaults off and has no policy; the practice has eight people and a guest."""

    async def look(tenant: SimulatedTenant) -> Any:
        fact, evidence = KNOWN.facts["per_user_mfa"], Memory()
        readings = await read(tenant, needed((), "per_user_mfa") - {"per_user_mfa"}, Memory())
        readings |= {"security_defaults": read_as(KNOWN.facts["security_defaults"].reading, {"isEnabled": False}), "conditional_access_policies": ()}
        async with open_doors(settings(tenant)) as doors:
            snapshot = await looking.look(fact, RUN, doors, evidence, readings, lambda: dt.datetime.now(dt.UTC))
        return judging.readings_of(fact, snapshot, evidence.records[fact.id], evidence), evidence

    with SimulatedTenant("practice", tmp_path, pace=0.05) as tenant:
        reading, evidence = asyncio.run(look(tenant))
    assert not isinstance(reading, Undecided), reading
    assert reading.collected
    assert len(reading.users) == 9
    assert {row.per_user_mfa_state for row in reading.users} == {"disabled"}
    assert not [row.faults for row in reading.users if row.faults]
    assert len(evidence.pages) == 1


def test_no_property_is_at_fault(seen: Seen) -> None:
    """The readings know every property that the service sends."""
    for fact in ("conditional_access_policies", "named_locations", "authentication_strengths"):
        reading = seen.readings[fact]
        assert not isinstance(reading, Undecided), (fact, reading)
        assert not [row.faults for row in reading if row.faults]
    for policy in seen.readings["conditional_access_policies"]:
        parts = (policy.conditions, policy.conditions.users, policy.conditions.applications, policy.grant_controls, policy.session_controls)
        assert not [part.faults for part in parts if part is not None and part.faults]
    for fact in FACTS:
        assert not isinstance(seen.readings[fact], Undecided), fact
