"""Statements about the workforce: who may reach what, who was trained, who is reminded, who reviews the logs, and what follows when rules are broken.

They hold counts, dates and object ids; never a roster.
"""

from typing import Literal

from scanners.statements import Count, Day, Details, Statement, statement_fact


class SanctionPolicyDetails(Details):
    """To whom the policy applies, and whether sanctions are written down."""

    policy_version: str
    applies_to_all_workforce: bool
    sanctions_recorded: bool


class SanctionPolicy(Statement):
    """The sanction policy."""

    details: SanctionPolicyDetails


class ActivityReviewDetails(Details):
    """Which logs were reviewed, for which time, and what was found."""

    period_from: Day
    period_to: Day
    sources: tuple[Literal["unified_audit_log", "sign_in_log", "directory_audit", "dlp_alerts", "defender_alerts", "access_reports"], ...]
    method: str
    exceptions_found: Count
    incidents_opened: Count


class ActivityReview(Statement):
    """One review of audit logs and access reports."""

    details: ActivityReviewDetails


class WorkforceAccessDetails(Details):
    """The matrix of roles, the procedures around it, and the last comparison of leavers with accounts."""

    role_matrix_version: str
    roles_listed: Count
    clearance_procedure: bool
    termination_procedure: bool
    leavers_reconciled_on: Day
    leavers_with_access: Count


class WorkforceAccess(Statement):
    """Who may reach which PHI."""

    details: WorkforceAccessDetails


class TrainingDetails(Details):
    """How many of how many were trained, in what, and when."""

    workforce_total: Count
    completed: Count
    includes_management: bool
    topics: tuple[str, ...]
    period_from: Day
    period_to: Day


class Training(Statement):
    """The security and privacy training of the workforce."""

    details: TrainingDetails


class SecurityRemindersDetails(Details):
    """When reminders were sent, and to whom."""

    sent_on: tuple[Day, ...]
    audience: Literal["all_workforce", "part"]
    topics: tuple[str, ...]


class SecurityReminders(Statement):
    """The security reminders that were sent."""

    details: SecurityRemindersDetails


facts = (
    statement_fact(
        "sanction_policy",
        SanctionPolicy,
        title="Sanction policy",
        attester_role="human_resources",
        validity_days=365,
        document_required=True,
        register_id="ATT-SANCTION",
        cites=("164.308(a)(1)(ii)(C)", "164.530(e)"),
        about="The policy by which breaking the rules has consequences, for everybody.",
        details={"policy_version": "3", "applies_to_all_workforce": True, "sanctions_recorded": True},
    ),
    statement_fact(
        "activity_review",
        ActivityReview,
        title="Review of audit logs and access reports",
        attester_role="log_reviewer",
        validity_days=35,
        document_required=False,
        register_id="ATT-ACTIVITY-REVIEW",
        cites=("164.308(a)(1)(ii)(D)", "164.312(b)"),
        about="A person's review of the logs: for which time, from which sources, and what came of it.",
        details={
            "period_from": "2026-10-20",
            "period_to": "2026-11-20",
            "sources": ["unified_audit_log", "sign_in_log", "dlp_alerts"],
            "method": "saved searches SRCH-1 to SRCH-6",
            "exceptions_found": 3,
            "incidents_opened": 1,
        },
    ),
    statement_fact(
        "workforce_access",
        WorkforceAccess,
        title="Who may reach which PHI, clearance and termination procedures",
        attester_role="privacy_official",
        validity_days=365,
        document_required=True,
        register_id="ATT-WORKFORCE-ACCESS",
        cites=("164.308(a)(3)(i)", "164.308(a)(3)(ii)(B)", "164.308(a)(3)(ii)(C)", "164.514(d)"),
        about="The matrix of roles and PHI, clearance and termination, and the comparison of people who left with the accounts that still work.",
        details={
            "role_matrix_version": "2026-2",
            "roles_listed": 14,
            "clearance_procedure": True,
            "termination_procedure": True,
            "leavers_reconciled_on": "2026-11-10",
            "leavers_with_access": 0,
        },
    ),
    statement_fact(
        "training",
        Training,
        title="Security and privacy training",
        attester_role="training_lead",
        validity_days=365,
        document_required=True,
        register_id="ATT-TRAINING",
        cites=("164.308(a)(5)(i)", "164.530(b)"),
        about="How many of the workforce completed the training, in which topics, and whether managers did too.",
        details={
            "workforce_total": 640,
            "completed": 633,
            "includes_management": True,
            "topics": [
                "unsecured_channels",
                "authorized_recipients",
                "file_sharing",
                "third_party_apps",
                "malware",
                "log_in_monitoring",
                "passwords",
            ],
            "period_from": "2025-11-01",
            "period_to": "2026-10-31",
        },
    ),
    statement_fact(
        "security_reminders",
        SecurityReminders,
        title="Security reminders sent",
        attester_role="training_lead",
        validity_days=90,
        document_required=False,
        register_id="ATT-TRAINING (reminders)",
        cites=("164.308(a)(5)(ii)(A)",),
        about="When security reminders were sent, and to whom.",
        details={"sent_on": ["2026-09-05", "2026-10-03"], "audience": "all_workforce", "topics": ["phishing", "sharing patient files"]},
    ),
)
