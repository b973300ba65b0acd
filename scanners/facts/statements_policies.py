"""Statements about paper and people outside: policies, how long records are kept, messages to patients, their rights, advice, and an exported setting."""

from typing import Literal

from scanners.reading import Row, pascal
from scanners.statements import Count, Day, Details, Statement, statement_fact


class PolicyRegisterDetails(Details):
    """How many policies there are, and how they are kept."""

    policies: Count
    without_review_in_year: Count
    oldest_kept_version: Day
    kept_six_years: bool
    available_to_workforce: bool


class PolicyRegister(Statement):
    """The register of policies and procedures."""

    details: PolicyRegisterDetails


class RetentionScheduleDetails(Details):
    """How many days records are kept at least. The numbers stand in for the defaults of the retention controls."""

    minimum_days_mail: Count
    minimum_days_files: Count
    minimum_days_teams: Count
    minimum_days_audit: Count
    basis: str


class RetentionSchedule(Statement):
    """The retention schedule."""

    details: RetentionScheduleDetails


class PatientCommunicationDetails(Details):
    """How patients are warned and asked. HIPAA asks for no consent form; a procedure that says so is wrong."""

    procedure: bool
    risk_warning_text: bool
    preference_log: bool
    notice_of_privacy_practices: bool
    claims_consent_is_required_by_hipaa: bool


class PatientCommunication(Statement):
    """Electronic communication with patients."""

    details: PatientCommunicationDetails


class IndividualRightsDetails(Details):
    """Which procedures exist, and how many answers were late."""

    access_procedure: bool
    amendment_procedure: bool
    accounting_procedure: bool
    complaints_procedure: bool
    requests_late: Count


class IndividualRights(Statement):
    """The procedures by which people exercise their rights."""

    details: IndividualRightsDetails


class CounselReviewDetails(Details):
    """Who reviewed what, and when."""

    reviewed_on: Day
    adviser_organization: str
    scope: str


class CounselReview(Statement):
    """A review by counsel or an adviser."""

    details: CounselReviewDetails


class TeamsAppSetting(Row, spelling=pascal):
    """One organisation-wide setting, as the Teams administration exports it."""

    setting_name: Literal["DefaultApp", "GlobalApp", "PrivateApp"]
    setting_value: Literal["All", "Some", "None"]


class TeamsAppSettingsDetails(Details):
    """The export, and its day."""

    settings: tuple[TeamsAppSetting, ...]
    exported_on: Day


class TeamsAppSettings(Statement):
    """The organisation-wide Teams app settings, exported by a person because no interface for applications has them."""

    details: TeamsAppSettingsDetails


facts = (
    statement_fact(
        "policy_register",
        PolicyRegister,
        title="Register of policies and procedures",
        attester_role="compliance",
        validity_days=365,
        document_required=False,
        register_id="ATT-POLICIES",
        cites=("164.316(a)", "164.316(b)(1)", "164.316(b)(2)(i)", "164.316(b)(2)(ii)", "164.316(b)(2)(iii)"),
        about="How many policies there are, whether each was reviewed within the year, and how long versions are kept.",
        details={
            "policies": 23,
            "without_review_in_year": 0,
            "oldest_kept_version": "2019-05-01",
            "kept_six_years": True,
            "available_to_workforce": True,
        },
    ),
    statement_fact(
        "retention_schedule",
        RetentionSchedule,
        title="Retention schedule",
        attester_role="records_manager",
        validity_days=365,
        document_required=True,
        register_id="ATT-RETENTION",
        cites=("164.316(b)(2)(i)",),
        about="How long mail, files, chats and audit records must be kept at least, and on which basis.",
        details={
            "minimum_days_mail": 2192,
            "minimum_days_files": 2192,
            "minimum_days_teams": 2192,
            "minimum_days_audit": 365,
            "basis": "state medical record law and HIPAA documentation rule",
        },
    ),
    statement_fact(
        "patient_communication",
        PatientCommunication,
        title="Electronic communication with patients",
        attester_role="privacy_official",
        validity_days=365,
        document_required=True,
        register_id="ATT-PATIENT-COMM",
        cites=("164.522(b)", "164.506(b)", "164.530(c)"),
        about="How patients are warned of the risk of plain messages, and how their wishes are logged.",
        details={
            "procedure": True,
            "risk_warning_text": True,
            "preference_log": True,
            "notice_of_privacy_practices": True,
            "claims_consent_is_required_by_hipaa": False,
        },
    ),
    statement_fact(
        "individual_rights",
        IndividualRights,
        title="Procedures for access, amendment, accounting, complaints",
        attester_role="privacy_official",
        validity_days=365,
        document_required=True,
        register_id="ATT-INDIVIDUAL-RIGHTS",
        cites=("164.524", "164.526", "164.528", "164.530(d)"),
        about="The procedures by which people get copies, corrections and an account of disclosures, and complain; and how many answers were late.",
        details={
            "access_procedure": True,
            "amendment_procedure": True,
            "accounting_procedure": True,
            "complaints_procedure": True,
            "requests_late": 0,
        },
    ),
    statement_fact(
        "counsel_review",
        CounselReview,
        title="Review by HIPAA counsel or adviser",
        attester_role="executive",
        validity_days=365,
        document_required=False,
        register_id="ATT-COUNSEL",
        cites=("164.308(a)(8)",),
        about="A review of the setup by counsel or an adviser: by whom, of what, and when.",
        details={"reviewed_on": "2026-04-20", "adviser_organization": "Alder and Finch LLP", "scope": "Microsoft 365 configuration and agreements"},
    ),
    statement_fact(
        "teams_app_settings",
        TeamsAppSettings,
        title="Exported organization-wide Teams app settings",
        attester_role="it_operations",
        validity_days=30,
        document_required=True,
        register_id="ATT-CONFIG (export)",
        cites=("164.308(b)(1)",),
        about="The organisation-wide Teams app settings as a person exported them, because no interface for applications has them.",
        details={
            "settings": [
                {"SettingName": "DefaultApp", "SettingValue": "All"},
                {"SettingName": "GlobalApp", "SettingValue": "None"},
                {"SettingName": "PrivateApp", "SettingValue": "Some"},
            ],
            "exported_on": "2026-11-20",
        },
    ),
)
