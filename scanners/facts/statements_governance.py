"""Statements about who is accountable and how risk is governed: scope, risk analysis and plan, officials, sign-off, policies, advice, decisions."""

from typing import Literal

from scanners.statements import Count, Day, Details, Statement, statement_fact


class PlanScopeDetails(Details):
    """Where ePHI is, what kind of entity this is, and which subscriptions may carry ePHI."""

    entity_type: Literal["covered_entity", "business_associate", "hybrid"]
    is_clearinghouse_part: bool
    is_group_health_plan: bool
    services_with_ephi: tuple[str, ...]
    ephi_location_count: Count
    allowed_sku_part_numbers: tuple[str, ...]
    healthcare_cloud_skus: tuple[str, ...]
    criticality_ranked: bool


class PlanScope(Statement):
    """Where ePHI lives in Microsoft 365."""

    details: PlanScopeDetails


class RiskAnalysisDetails(Details):
    """The analysis that 164.308(a)(1)(ii)(A) asks for; a scan, a checklist or a gap assessment is none."""

    completed_on: Day
    names_microsoft_365: bool
    covers_all_ephi: bool
    methodology: str
    risks_high: Count
    executive_object_id: str


class RiskAnalysis(Statement):
    """The risk analysis."""

    details: RiskAnalysisDetails


class RiskManagementPlanDetails(Details):
    """The plan by which the risks found are treated."""

    approved_on: Day
    items_open: Count
    items_without_owner: Count
    items_overdue: Count


class RiskManagementPlan(Statement):
    """The risk management plan."""

    details: RiskManagementPlanDetails


class SecurityOfficialDetails(Details):
    """Who is accountable, by object id."""

    official_object_id: str | None
    appointed_on: Day
    privacy_official_object_id: str | None
    audit_reviewer_object_ids: tuple[str, ...]


class SecurityOfficial(Statement):
    """The appointment of the security official."""

    details: SecurityOfficialDetails


class EvaluationSignoffDetails(Details):
    """Which signed evaluation a person read, and that it was judged on paper too."""

    run_id: str
    envelope_sha256: str
    technical_reviewed: bool
    nontechnical_reviewed: bool
    open_critical: Count
    next_review_on: Day


class EvaluationSignoff(Statement):
    """The sign-off of an evaluation."""

    details: EvaluationSignoffDetails


class AddressableDecisionDetails(Details):
    """Why an addressable specification is not met, and what is done instead."""

    citation: str
    control_id: str
    assessed_on: Day
    reasonable_and_appropriate: bool
    reason: str
    equivalent_measure: str  # may be empty only where none is reasonable, and the reason says so
    approver_object_id: str


class AddressableDecision(Statement):
    """One decision on an addressable specification, for one control."""

    details: AddressableDecisionDetails


class ClearinghouseIsolationDetails(Details):
    """How clearinghouse functions are kept apart."""

    isolated: bool
    method: str


class ClearinghouseIsolation(Statement):
    """The isolation of clearinghouse functions."""

    details: ClearinghouseIsolationDetails


ADDRESSABLE_DECISION = statement_fact(
    "addressable_decision",
    AddressableDecision,
    title="Decision on an addressable specification",
    attester_role="security_official",
    validity_days=365,
    document_required=True,
    register_id="ATT-ADDRESSABLE",
    cites=("164.306(d)(3)",),
    several_by="control_id",
    about="Decisions not to meet an addressable specification as it is written: why, and what is done instead. One for each control.",
    details={
        "citation": "164.312(a)(2)(iii)",
        "control_id": "idle_web_sessions_sign_out",
        "assessed_on": "2026-08-01",
        "reasonable_and_appropriate": False,
        "reason": "Triage stations are always attended",
        "equivalent_measure": "Proximity badge lock within 30 seconds",
        "approver_object_id": "b1f0c5a2-2d53-4f1c-9b5e-1a0f6d3c7e21",
    },
    unshown=(),
)

CLEARINGHOUSE_ISOLATION = statement_fact(
    "clearinghouse_isolation",
    ClearinghouseIsolation,
    title="Isolation of clearinghouse functions",
    attester_role="security_official",
    validity_days=365,
    document_required=True,
    register_id="ATT-CLEARINGHOUSE",
    cites=("164.308(a)(4)(ii)(A)",),
    about="How the functions of a health care clearinghouse are kept apart from the organisation around it.",
    details={"isolated": True, "method": "separate tenant"},
)

facts = (
    statement_fact(
        "plan_scope",
        PlanScope,
        title="Where ePHI lives in Microsoft 365",
        attester_role="security_official",
        validity_days=365,
        document_required=False,
        register_id="ATT-PLAN-SCOPE",
        cites=("164.306(a)(1)", "164.308(a)(7)(ii)(E)"),
        about="The services and places that hold ePHI, what kind of entity this is, and which subscriptions may carry ePHI.",
        details={
            "entity_type": "covered_entity",
            "is_clearinghouse_part": False,
            "is_group_health_plan": False,
            "services_with_ephi": ["Exchange Online", "Microsoft Teams", "SharePoint Online", "OneDrive for Business"],
            "ephi_location_count": 42,
            "allowed_sku_part_numbers": ["SPE_E5"],
            "healthcare_cloud_skus": [],
            "criticality_ranked": True,
        },
    ),
    statement_fact(
        "risk_analysis",
        RiskAnalysis,
        title="Risk analysis",
        attester_role="security_official",
        validity_days=365,
        document_required=True,
        register_id="ATT-RISK-ANALYSIS",
        cites=("164.308(a)(1)(ii)(A)",),
        about="The risk analysis: when, by which method, and whether it covers Microsoft 365 and all ePHI.",
        details={
            "completed_on": "2026-08-20",
            "names_microsoft_365": True,
            "covers_all_ephi": True,
            "methodology": "NIST SP 800-30",
            "risks_high": 4,
            "executive_object_id": "6a5a1b6c-0303-4ab0-9d26-e2b1f0a86c5e",
        },
    ),
    statement_fact(
        "risk_management_plan",
        RiskManagementPlan,
        title="Risk management plan",
        attester_role="security_official",
        validity_days=365,
        document_required=True,
        register_id="ATT-RISK-MGMT",
        cites=("164.308(a)(1)(ii)(B)",),
        about="The plan by which known risks are treated: how many items are open, without an owner, overdue.",
        details={"approved_on": "2026-08-30", "items_open": 11, "items_without_owner": 0, "items_overdue": 0},
    ),
    statement_fact(
        "security_official",
        SecurityOfficial,
        title="Appointment of the security official",
        attester_role="executive",
        validity_days=365,
        document_required=True,
        register_id="ATT-SECURITY-OFFICIAL",
        cites=("164.308(a)(2)", "164.530(a)"),
        about="Who is accountable for security and for privacy, and who reviews the audit logs, by object id.",
        details={
            "official_object_id": "b1f0c5a2-2d53-4f1c-9b5e-1a0f6d3c7e21",
            "appointed_on": "2025-02-01",
            "privacy_official_object_id": "3a1b7f0e-3a8d-4d52-8e90-6a0d6d3b0404",
            "audit_reviewer_object_ids": ["b1f0c5a2-2d53-4f1c-9b5e-1a0f6d3c7e21"],
        },
    ),
    statement_fact(
        "evaluation_signoff",
        EvaluationSignoff,
        title="Sign-off of the evaluation",
        attester_role="security_official",
        validity_days=365,
        document_required=False,
        register_id="ATT-EVALUATION",
        cites=("164.308(a)(8)",),
        about="Which signed evaluation the security official read, told by the digest of its attestation.",
        details={
            "run_id": "20260901T020000Z-3f9c",
            "envelope_sha256": "a" * 64,
            "technical_reviewed": True,
            "nontechnical_reviewed": True,
            "open_critical": 0,
            "next_review_on": "2027-08-31",
        },
    ),
    ADDRESSABLE_DECISION,
    CLEARINGHOUSE_ISOLATION,
)
