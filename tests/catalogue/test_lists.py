"""Rules over lists: how many were looked at, and what an empty list may mean."""

import typing
from collections.abc import Mapping
from typing import Any

import pytest

from scanners import catalogue, examples
from scanners.errors import Undecided
from scanners.examples import Unreadable
from scanners.model import Control, Fact, Outcome

KNOWN = catalogue.load()
CONTROLS = sorted(KNOWN.controls.values(), key=lambda c: c.id)
# These read a list as a table of settings: they look one up, and count nothing.
LOOK_UP = {
    "banned_words_are_refused_in_cloud_passwords": "one template of the directory settings",
    "banned_words_are_refused_in_on_premises_passwords": "one template of the directory settings",
    "guests_cannot_own_groups": "one template of the directory settings",
    "guests_come_only_from_named_organisations": "the one policy that can name organisations",
    "only_named_people_create_groups_and_teams": "one template of the directory settings",
    "outside_storage_is_off_in_microsoft_365_on_the_web": "one service principal of Microsoft's",
    "repeated_failures_lock_the_account": "one template of the directory settings",
    "team_owners_cannot_consent_for_applications": "one template of the directory settings",
    "users_cannot_consent_to_applications_alone": "the policies that are assigned to everybody",
}
# Dictionaries that only translate ids, and lists that only exempt somebody: nothing is judged by them, so where they are empty nothing is judged less.
TRANSLATE = {"role_definitions", "authentication_strengths", "permission_classifications", "directory_subscriptions"}
NOTHING_THERE = "nothing there is the good state"
BY_SETTING = "in that example a setting of the whole tenant decides"
# Where the specification says, or the matter makes it so, that an empty list is a pass. Everything else must not pass on one.
EMPTY_IS_GOOD: dict[str, dict[str, str]] = {
    "application_credentials_are_short_lived_and_current": {"service_principals": "the registrations are judged beside them"},
    "application_mail_access_is_limited_to_named_mailboxes": {"service_principals": "roles inside Exchange are judged beside them"},
    "application_requests_are_answered_in_time": {"app_consent_requests": NOTHING_THERE},
    "banned_words_are_refused_in_on_premises_passwords": {"users": "the organisation says that it is synchronised"},
    "emergency_access_accounts_are_ready": {"conditional_access_policies": "no policy locks anybody out"},
    "every_team_has_accountable_owners": {"users": "the only group is synchronised, or the operator tolerates one without owners"},
    "every_user_has_a_suitable_plan": {"subscribed_skus": "people are judged by the plans on their accounts"},
    "global_administrators_are_few": {"pim_eligible_assignments": "nobody may turn the role on"},
    "guests_cannot_own_groups": {"directory_settings": "the service's default is no"},
    "high_risk_users_are_dealt_with_in_time": {"risky_users": NOTHING_THERE},
    "joining_a_device_requires_multifactor": {"users": BY_SETTING},
    "legacy_authentication_is_blocked": {"users": BY_SETTING},
    "meeting_room_accounts_are_confined": {"named_locations": "the policy excludes all trusted locations, of which there are none"},
    "multifactor_is_required_for_administrators": {"role_assignments": BY_SETTING, "users": BY_SETTING},
    "multifactor_is_required_for_every_user": {
        "named_locations": "the operator accepts trusted locations, of which there are none",
        "users": BY_SETTING,
    },
    "multifactor_is_required_for_guests": {"users": "guests who are not here yet are judged by their kind"},
    "no_application_can_make_itself_administrator": {"app_role_assignments": NOTHING_THERE, "role_assignments": NOTHING_THERE},
    "outlook_on_the_web_signs_out_when_idle": {"idle_timeout_policies": "Exchange has a timeout of its own"},
    "password_expiry_follows_the_chosen_policy": {"subscribed_skus": "an interval needs no plan"},
    "registering_a_second_factor_needs_proof": {"named_locations": "the policy excludes all trusted locations, of which there are none"},
    "repeated_failures_lock_the_account": {"directory_settings": "the service's defaults are judged"},
    "successful_sign_ins_used_multifactor": {"users": "they only exempt meeting rooms and emergency accounts"},
    "team_owners_cannot_consent_for_applications": {"directory_settings": "the service's default is no"},
    "this_scanner_can_only_read": {"role_assignments": "the scanner holds no role"},
    "token_lifetimes_are_not_extended": {"token_lifetime_policies": NOTHING_THERE},
}


def _is_list(fact: Fact) -> bool:
    return typing.get_origin(fact.reading) is tuple or fact.id in ("users", "referenced_group_members")


def _emptied(fact: Fact, value: Any) -> Any:
    """The JSON of the fact with no object in it; None where it is no list, or empty already."""
    if not _is_list(fact) or fact.statement is not None or value is None or isinstance(value, Unreadable):
        return None
    if isinstance(value, list):
        return [] if value else None
    rows = "groups" if fact.id == "referenced_group_members" else "value"
    return {**value, rows: []} if value.get(rows) else None


def _outcome(control: Control, values: Mapping[str, Any], parameters: Mapping[str, Any]) -> Outcome:
    try:
        readings = {name: examples.reading(KNOWN.facts[name], value) for name, value in values.items()}
    except Undecided:
        return Outcome.UNKNOWN
    return examples.verdict_of(control, readings, examples.AT, {**control.defaults, **parameters}).outcome


@pytest.mark.parametrize("control", CONTROLS, ids=lambda c: c.id)
def test_an_empty_list_passes_only_where_that_was_decided(control: Control) -> None:
    """Each list that a passing example shows, emptied: a reading that came back empty must not look like a tenant in order."""
    allowed, passed = EMPTY_IS_GOOD.get(control.id, {}), set()
    for example in (e for e in control.examples if e.outcome is Outcome.PASS):
        values = examples.given(control, example, KNOWN.facts)
        for name in control.needs:
            emptied = _emptied(KNOWN.facts[name], values[name])
            if emptied is not None and _outcome(control, {**values, name: emptied}, example.parameters) is Outcome.PASS:
                passed.add(name)
    assert passed - TRANSLATE - {"referenced_group_members"} <= set(allowed), "passes on nothing, and nobody decided that"
    assert set(allowed) <= passed, "a decision that no example shows any more"


def test_decisions_are_about_controls_that_exist() -> None:
    assert set(EMPTY_IS_GOOD) | set(LOOK_UP) <= set(KNOWN.controls)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda c: c.id)
def test_a_rule_over_a_list_says_how_many_it_looked_at(control: Control) -> None:
    """A number, in every verdict; where a setting of the whole tenant decided, its name in place of one."""
    if control.id in LOOK_UP or not any(_is_list(KNOWN.facts[name]) and KNOWN.facts[name].statement is None for name in control.needs):
        return
    for example in control.examples:
        verdict = examples.verdict(control, example, KNOWN.facts)
        if verdict.outcome in (Outcome.PASS, Outcome.FAIL):
            counts = [value for value in verdict.observed.values() if isinstance(value, int) and not isinstance(value, bool)]
            assert counts or "mechanism" in verdict.observed, f"{example.label}: {dict(verdict.observed)}"
