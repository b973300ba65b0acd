"""The controls that the specification asks for, by topic."""

SPECIFIED: dict[str, str] = {
    "access": """
        administrator_sessions_are_short administrators_use_phishing_resistant_multifactor authenticator_prompts_show_what_is_approved
        banned_words_are_refused_in_cloud_passwords banned_words_are_refused_in_on_premises_passwords device_code_sign_in_is_blocked
        emergency_access_accounts_are_ready emergency_access_accounts_hold_a_security_key emergency_access_use_is_explained
        every_account_belongs_to_one_person every_user_has_registered_a_second_factor federated_domains_prove_multifactor
        high_risk_users_are_dealt_with_in_time joining_a_device_requires_multifactor leavers_cannot_sign_in
        legacy_authentication_is_blocked meeting_room_accounts_are_confined multifactor_is_required_for_administrators
        multifactor_is_required_for_every_user multifactor_is_required_for_guests no_account_may_use_a_weak_password
        outlook_on_the_web_signs_out_when_idle password_expiry_follows_the_chosen_policy registering_a_second_factor_needs_proof
        repeated_failures_lock_the_account risky_sign_ins_are_challenged risky_users_are_stopped_or_reset
        sessions_are_renewed_within_the_limit shared_mailboxes_cannot_sign_in sharepoint_refuses_legacy_authentication
        sharepoint_signs_out_when_idle successful_sign_ins_used_multifactor token_lifetimes_are_not_extended trusted_locations_are_narrow
        unmanaged_devices_get_short_sessions unused_accounts_are_disabled weak_second_factors_are_disabled web_sessions_end_when_idle
    """,
    "privileges": """
        activating_a_role_needs_proof_and_ends_soon activating_the_highest_roles_needs_approval administrators_are_cloud_only
        administrators_use_separate_accounts direct_connect_is_limited_to_named_partners every_team_has_accountable_owners
        foreign_multifactor_claims_are_trusted_only_from_partners global_administrators_are_few groups_and_teams_are_private
        groups_that_exempt_users_are_protected guest_access_is_reviewed_on_schedule guests_cannot_own_groups
        guests_come_only_from_named_organisations guests_see_only_their_own_directory_entry narrow_roles_are_preferred
        no_outsider_holds_a_privileged_role only_named_people_create_groups_and_teams only_named_roles_invite_guests
        ordinary_users_cannot_create_tenants privileged_access_is_reviewed_on_schedule privileged_accounts_are_in_use
        privileged_role_changes_notify_someone privileged_roles_are_active_only_when_needed
        service_providers_are_registered_business_associates strangers_cannot_create_their_own_account unused_guests_are_removed
    """,
    "apps": """
        application_credentials_are_short_lived_and_current application_mail_access_is_limited_to_named_mailboxes
        application_requests_are_answered_in_time application_requests_go_to_reviewers
        applications_that_reach_ephi_have_an_agreement_on_record ended_application_credentials_are_removed
        new_application_secrets_are_limited_by_policy no_application_can_make_itself_administrator
        outlook_add_ins_are_installed_only_by_administrators outside_applications_are_open_only_to_assigned_people
        outside_applications_have_a_verified_publisher outside_storage_is_off_in_microsoft_365_on_the_web
        powerful_applications_have_no_personal_owners team_owners_cannot_consent_for_applications this_scanner_can_only_read
        unused_applications_lose_their_access users_cannot_buy_or_try_store_applications users_cannot_consent_to_applications_alone
        users_cannot_register_applications
    """,
    "people": """
        a_security_official_is_appointed access_follows_role_and_need addressable_decisions_are_documented
        breaches_are_assessed_and_logged business_associates_are_registered_and_bound clearinghouse_functions_are_isolated
        contingency_plan_is_complete_and_tested counsel_reviewed_the_setup devices_and_media_are_disposed_of_safely
        emergency_access_was_drilled evaluation_was_signed_off every_user_has_a_suitable_plan incident_response_plan_is_tested
        individual_rights_have_procedures leavers_are_reconciled_with_accounts microsoft_agreement_is_on_file microsoft_side_is_assured
        own_premises_are_secured paid_subscriptions_are_active patients_are_warned_about_electronic_messages
        phishing_simulations_and_training_happen plan_documents_bind_the_sponsor policies_are_kept_reviewed_and_available
        risk_analysis_is_current risks_are_managed_by_a_plan sanction_policy_is_in_force scope_of_ephi_is_written_down
        security_reminders_are_sent workforce_is_trained workstations_have_rules
    """,
}
