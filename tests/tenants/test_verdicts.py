"""What every control must say of every sample tenant, written by hand from the tenants' files and the specification. What is not named passes."""

from collections.abc import Callable

import pytest

from local.tenant import load, names
from scanners.errors import Undecided
from scanners.model import Control, Door, Kind, Outcome
from tests.controls.looking_at import KNOWN

from .seen import Seen

TOPICS = ("access", "privileges", "apps", "people")
BESIDE = ("device_join_is_limited", "files_cannot_be_shared_with_anyone")  # the first ones of topics to come
JUDGED = sorted((c for c in KNOWN.controls.values() if c.topic in TOPICS or c.id in BESIDE), key=lambda c: c.id)

STATED = """
    a_security_official_is_appointed access_follows_role_and_need breaches_are_assessed_and_logged business_associates_are_registered_and_bound
    clearinghouse_functions_are_isolated contingency_plan_is_complete_and_tested counsel_reviewed_the_setup devices_and_media_are_disposed_of_safely
    emergency_access_was_drilled evaluation_was_signed_off incident_response_plan_is_tested individual_rights_have_procedures
    leavers_are_reconciled_with_accounts microsoft_agreement_is_on_file microsoft_side_is_assured own_premises_are_secured
    patients_are_warned_about_electronic_messages plan_documents_bind_the_sponsor policies_are_kept_reviewed_and_available risk_analysis_is_current
    risks_are_managed_by_a_plan sanction_policy_is_in_force scope_of_ephi_is_written_down security_reminders_are_sent workforce_is_trained
    workstations_have_rules
"""
EMERGENCY = "emergency_access_accounts_are_ready emergency_access_accounts_hold_a_security_key emergency_access_use_is_explained"
REVIEWS = "privileged_access_is_reviewed_on_schedule guest_access_is_reviewed_on_schedule"
NEEDS_P2 = """
    risky_sign_ins_are_challenged risky_users_are_stopped_or_reset high_risk_users_are_dealt_with_in_time privileged_roles_are_active_only_when_needed
    activating_a_role_needs_proof_and_ends_soon activating_the_highest_roles_needs_approval privileged_role_changes_notify_someone
    phishing_simulations_and_training_happen
"""
NO_LEAVE_DATES = "leavers_cannot_sign_in"
CLOUD_ONLY = "administrators_are_cloud_only banned_words_are_refused_in_on_premises_passwords federated_domains_prove_multifactor"
AS_DELIVERED = """
    administrator_sessions_are_short administrators_use_phishing_resistant_multifactor administrators_use_separate_accounts
    application_requests_go_to_reviewers authenticator_prompts_show_what_is_approved banned_words_are_refused_in_cloud_passwords
    device_code_sign_in_is_blocked device_join_is_limited files_cannot_be_shared_with_anyone global_administrators_are_few
    guests_come_only_from_named_organisations guests_see_only_their_own_directory_entry joining_a_device_requires_multifactor
    new_application_secrets_are_limited_by_policy only_named_people_create_groups_and_teams only_named_roles_invite_guests
    ordinary_users_cannot_create_tenants outlook_add_ins_are_installed_only_by_administrators outlook_on_the_web_signs_out_when_idle
    outside_storage_is_off_in_microsoft_365_on_the_web password_expiry_follows_the_chosen_policy registering_a_second_factor_needs_proof
    sessions_are_renewed_within_the_limit sharepoint_refuses_legacy_authentication sharepoint_signs_out_when_idle unmanaged_devices_get_short_sessions
    users_cannot_buy_or_try_store_applications users_cannot_consent_to_applications_alone users_cannot_register_applications
    weak_second_factors_are_disabled web_sessions_end_when_idle
"""

EXPECTED: dict[str, dict[str, str]] = {
    "clinic": {
        "fail": AS_DELIVERED
        # the old exceptions to multifactor, one of them for an administrator, and legacy sign-in that is only reported
        + "multifactor_is_required_for_every_user multifactor_is_required_for_administrators groups_that_exempt_users_are_protected "
        + "legacy_authentication_is_blocked successful_sign_ins_used_multifactor every_user_has_registered_a_second_factor "
        # accounts and groups
        + "every_account_belongs_to_one_person unused_accounts_are_disabled shared_mailboxes_cannot_sign_in narrow_roles_are_preferred "
        + "groups_and_teams_are_private every_team_has_accountable_owners unused_guests_are_removed "
        # the intake form's secrets, the appointment tool, the forgotten notes
        + "application_credentials_are_short_lived_and_current ended_application_credentials_are_removed unused_applications_lose_their_access "
        + "application_mail_access_is_limited_to_named_mailboxes outside_applications_are_open_only_to_assigned_people",
        # an unverified publisher may still be on record as a business associate, and no register says
        "attestation_due": f"{STATED} {EMERGENCY} {REVIEWS} "
        "applications_that_reach_ephi_have_an_agreement_on_record outside_applications_have_a_verified_publisher",
        "unknown": f"{NEEDS_P2} {NO_LEAVE_DATES}",
        "not_applicable": f"{CLOUD_ONLY} service_providers_are_registered_business_associates application_requests_are_answered_in_time "
        "meeting_room_accounts_are_confined",  # the one room is disabled
    },
    "clinic-well-run": {
        "unknown": NEEDS_P2,
        "not_applicable": f"{CLOUD_ONLY} service_providers_are_registered_business_associates meeting_room_accounts_are_confined "
        "clearinghouse_functions_are_isolated plan_documents_bind_the_sponsor outside_applications_are_open_only_to_assigned_people",
    },
    "practice": {
        "fail": AS_DELIVERED,
        "attestation_due": f"{STATED} {EMERGENCY} {REVIEWS}",
        "unknown": f"{NEEDS_P2} {NO_LEAVE_DATES}",
        "not_applicable": f"{CLOUD_ONLY} service_providers_are_registered_business_associates meeting_room_accounts_are_confined "
        # eight people, no shared mailbox, no policy of its own, no application of its own
        "narrow_roles_are_preferred shared_mailboxes_cannot_sign_in groups_that_exempt_users_are_protected trusted_locations_are_narrow "
        "application_requests_are_answered_in_time applications_that_reach_ephi_have_an_agreement_on_record "
        "application_mail_access_is_limited_to_named_mailboxes outside_applications_are_open_only_to_assigned_people "
        "outside_applications_have_a_verified_publisher unused_applications_lose_their_access ended_application_credentials_are_removed "
        "application_credentials_are_short_lived_and_current",
    },
    "hospital": {
        "fail": "multifactor_is_required_for_every_user groups_that_exempt_users_are_protected password_expiry_follows_the_chosen_policy "
        "privileged_roles_are_active_only_when_needed activating_the_highest_roles_needs_approval administrators_are_cloud_only "
        "unused_accounts_are_disabled unused_guests_are_removed high_risk_users_are_dealt_with_in_time federated_domains_prove_multifactor "
        "groups_and_teams_are_private every_team_has_accountable_owners no_application_can_make_itself_administrator "
        "powerful_applications_have_no_personal_owners application_credentials_are_short_lived_and_current every_user_has_a_suitable_plan "
        "privileged_access_is_reviewed_on_schedule leavers_cannot_sign_in",
        "attestation_due": f"{STATED} applications_that_reach_ephi_have_an_agreement_on_record",  # the ward charts read calendars
        "not_applicable": "service_providers_are_registered_business_associates outside_applications_are_open_only_to_assigned_people",
    },
}


def _outcome(tenant: str, control: str) -> str:
    return next((outcome for outcome, ids in EXPECTED[tenant].items() if control in ids.split()), "pass")


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_control_says_what_the_tenant_is_like(tenant: Callable[[str], Seen], name: str) -> None:
    seen = tenant(name)
    found = {control.id: seen.verdict(control) for control in JUDGED}
    differing = {
        control: f"expected {_outcome(name, control)}, found {verdict.outcome}: {verdict.because}"
        for control, verdict in found.items()
        if verdict.outcome.value != _outcome(name, control)
    }
    assert not differing, "\n".join(f"{control}: {words}" for control, words in differing.items())


def test_the_tables_name_controls_that_exist() -> None:
    """A misspelt name would expect nothing."""
    for tenant, outcomes in EXPECTED.items():
        named = [control for ids in outcomes.values() for control in ids.split()]
        assert sorted(named) == sorted(set(named)), tenant
        assert set(named) <= {control.id for control in JUDGED}, tenant
    assert set(EXPECTED) == set(names())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_is_said_to_be_wrong_does_not_pass(tenant: Callable[[str], Seen], name: str) -> None:
    """`python -m local tenants` tells what is wrong with each tenant; no control that it names may pass, and every fail is told."""
    seen, about = tenant(name), load(name)["meta"]
    told = {control for gap in about["gaps"] for control in gap["controls"]} & set(KNOWN.controls)
    assert not [control for control in sorted(told) if seen.verdict(KNOWN.controls[control]).outcome is Outcome.PASS]
    failing = {control.id for control in KNOWN.controls.values() if seen.verdict(control).outcome is Outcome.FAIL}
    assert failing <= told, f"fails without being told: {sorted(failing - told)}"


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_is_said_to_be_unknown_is_unknown(tenant: Callable[[str], Seen], name: str) -> None:
    """With a reason that a person can act on."""
    seen = tenant(name)
    for said in load(name)["meta"].get("unknown", []):
        for control in (KNOWN.controls[each] for each in said["controls"] if each in KNOWN.controls):
            verdict = seen.verdict(control)
            assert verdict.outcome is Outcome.UNKNOWN, f"{control.id}: {verdict.outcome}"
            assert verdict.remedy not in {None, Undecided.advice}, control.id


def test_without_statements_nothing_that_rests_on_them_passes(tenant: Callable[[str], Seen]) -> None:
    """The well-run clinic with an empty file: what only a person can say is due, what a statement merely exempted is judged without it."""
    seen = tenant("clinic-well-run")
    nothing = seen.stated([])
    for control in JUDGED:
        if (
            control.kind is not Kind.ATTESTATION or control.id == "addressable_decisions_are_documented"
        ):  # nothing is open, so nothing is to be decided
            continue
        assert _needs_a_statement(control), control.id
        assert seen.verdict(control, **nothing).outcome is Outcome.ATTESTATION_DUE, control.id


def _needs_a_statement(control: Control) -> bool:
    return any(required and KNOWN.facts[fact].door is Door.STATEMENT for fact, required in control.needs.items())
