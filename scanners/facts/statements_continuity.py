"""Statements about bad days: incidents, breaches, the contingency plan, backups by another product, and restore tests. Counts and dates, no incident's content."""

from typing import Literal

from scanners.statements import Count, Day, Details, Statement, statement_fact

Workload = Literal["exchange", "sharepoint", "onedrive", "teams"]


class IncidentResponsePlanDetails(Details):
    """What the plan covers, and when it was tested."""

    plan_version: str
    tested_on: Day
    covers_microsoft_365: bool
    incident_log_kept: bool


class IncidentResponsePlan(Statement):
    """The security incident response plan."""

    details: IncidentResponsePlanDetails


class BreachLogDetails(Details):
    """How incidents were assessed and notified. Breaches of the previous calendar year: those below 500 people, discovered in that year."""

    reviewed_on: Day
    breaches_in_period: Count
    four_factor_assessments: Count
    incidents_assessed: Count
    notices_late: Count
    annual_log_submitted_for_year: Count | None
    breaches_previous_calendar_year: Count


class BreachLog(Statement):
    """The breach register."""

    details: BreachLogDetails


class ContingencyPlanDetails(Details):
    """The parts of the plan, and its last test."""

    data_backup_plan: bool
    disaster_recovery_plan: bool
    emergency_mode_plan: bool
    criticality_analysis: bool
    tested_on: Day | None
    test_result: Literal["passed", "passed_with_findings", "failed"] | None


class ContingencyPlan(Statement):
    """The contingency plan."""

    details: ContingencyPlanDetails


class ThirdPartyBackupDetails(Details):
    """Who backs up what, how much of it, and when it last worked."""

    vendor: str
    workloads: tuple[Workload, ...]
    last_successful_on: Day
    coverage_percent: Count
    vendor_in_register: bool


class ThirdPartyBackup(Statement):
    """Backup by another product than Microsoft's."""

    details: ThirdPartyBackupDetails


class RestoreTestDetails(Details):
    """What was restored, how long it took, and whether it came back as it was."""

    tested_on: Day
    workloads: tuple[Workload, ...]
    result: Literal["passed", "failed"]
    hours_to_restore: Count
    exact_copy_confirmed: bool


class RestoreTest(Statement):
    """One restore test."""

    details: RestoreTestDetails


facts = (
    statement_fact(
        "incident_response_plan",
        IncidentResponsePlan,
        title="Security incident response plan",
        attester_role="incident_lead",
        validity_days=365,
        document_required=True,
        register_id="ATT-IR-PLAN",
        cites=("164.308(a)(6)(i)", "164.308(a)(6)(ii)"),
        about="The incident response plan: whether it covers Microsoft 365 and when it was tested.",
        details={"plan_version": "5", "tested_on": "2026-05-14", "covers_microsoft_365": True, "incident_log_kept": True},
    ),
    statement_fact(
        "breach_log",
        BreachLog,
        title="Breach register and notification procedure",
        attester_role="privacy_official",
        validity_days=365,
        document_required=False,
        register_id="ATT-BREACH-LOG",
        cites=("164.402", "164.404", "164.408", "164.414"),
        about="Whether each incident was assessed for breach by the four factors, and whether notices were on time.",
        details={
            "reviewed_on": "2026-10-01",
            "breaches_in_period": 1,
            "four_factor_assessments": 6,
            "incidents_assessed": 6,
            "notices_late": 0,
            "annual_log_submitted_for_year": 2025,
            "breaches_previous_calendar_year": 1,
        },
    ),
    statement_fact(
        "contingency_plan",
        ContingencyPlan,
        title="Contingency plan",
        attester_role="it_operations",
        validity_days=365,
        document_required=True,
        register_id="ATT-CONTINGENCY",
        cites=(
            "164.308(a)(7)(i)",
            "164.308(a)(7)(ii)(A)",
            "164.308(a)(7)(ii)(B)",
            "164.308(a)(7)(ii)(C)",
            "164.308(a)(7)(ii)(D)",
            "164.308(a)(7)(ii)(E)",
        ),
        about="The plans for backup, recovery and work in an emergency, and their last test.",
        details={
            "data_backup_plan": True,
            "disaster_recovery_plan": True,
            "emergency_mode_plan": True,
            "criticality_analysis": True,
            "tested_on": "2026-06-12",
            "test_result": "passed_with_findings",
        },
    ),
    statement_fact(
        "third_party_backup",
        ThirdPartyBackup,
        title="Backup by another product",
        attester_role="it_operations",
        validity_days=365,
        document_required=False,
        register_id="ATT-CONTINGENCY (product)",
        cites=("164.308(a)(7)(ii)(A)",),
        about="What a product other than Microsoft's backs up, how much of it, and when it last worked.",
        details={
            "vendor": "Cedarlake Backup Ltd",
            "workloads": ["exchange", "sharepoint", "onedrive", "teams"],
            "last_successful_on": "2026-11-22",
            "coverage_percent": 100,
            "vendor_in_register": True,
        },
    ),
    statement_fact(
        "restore_test",
        RestoreTest,
        title="Restore test",
        attester_role="it_operations",
        validity_days=180,
        document_required=True,
        register_id="ATT-RESTORE-TEST",
        cites=("164.308(a)(7)(ii)(B)", "164.308(a)(7)(ii)(D)"),
        about="A restore that was really done: of what, with what result, and whether the copy was exact.",
        details={
            "tested_on": "2026-09-15",
            "workloads": ["exchange", "sharepoint", "onedrive"],
            "result": "passed",
            "hours_to_restore": 6,
            "exact_copy_confirmed": True,
        },
    ),
)
