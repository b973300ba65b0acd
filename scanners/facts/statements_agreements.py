"""Statements about agreements: with Microsoft, with business associates, with plan sponsors, and what an auditor says of Microsoft's side.

Registers hold organisations, application ids and dates; never a patient.
"""

from typing import Literal

from scanners.reading import Row
from scanners.statements import Day, Details, Statement, as_written, statement_fact


class Clauses(Row, spelling=as_written):
    """The terms that 45 CFR 164.314(a)(2)(i) and 164.504(e)(2) ask of an agreement: whether each is in it."""

    permitted_uses: bool
    no_further_use: bool
    safeguards_subpart_c: bool
    report_incidents_and_breaches: bool
    subcontractors: bool
    access: bool
    amendment: bool
    accounting: bool
    books_to_hhs: bool
    return_or_destroy: bool
    termination: bool


class BaaMicrosoftDetails(Details):
    """The agreement, the tenant and the services that it covers."""

    agreement: Literal["volume licensing", "microsoft_customer_agreement", "csp", "government", "other"]
    agreement_number: str
    tenant_id: str
    covered_services: tuple[str, ...]
    signed_or_accepted_on: Day
    clauses: Clauses
    channel: Literal["product_terms_dpa", "trust_center", "account_team", "partner"]


class BaaMicrosoft(Statement):
    """The business associate agreement with Microsoft."""

    details: BaaMicrosoftDetails


class BusinessAssociate(Row, spelling=as_written):
    """One outside party, the applications, domains and tenants that it is seen by, and the agreement with it."""

    name: str
    app_ids: tuple[str, ...]
    domains: tuple[str, ...]
    tenant_ids: tuple[str, ...]
    handles_phi: bool
    baa_signed_on: Day | None
    baa_until: Day | None  # null: open ended
    subcontractor: bool
    clauses_complete: bool
    reviewed_on: Day


class BusinessAssociateRegisterDetails(Details):
    """The parties. An empty list is a statement too: that there are none."""

    entries: tuple[BusinessAssociate, ...]


class BusinessAssociateRegister(Statement):
    """The register of business associates and connected applications."""

    details: BusinessAssociateRegisterDetails


class PlanDocumentsDetails(Details):
    """What the documents of a group health plan make its sponsor do (164.314(b)(2))."""

    safeguards: bool
    adequate_separation: bool
    agents: bool
    report_incidents: bool


class PlanDocuments(Statement):
    """The documents of a group health plan."""

    details: PlanDocumentsDetails


class MicrosoftAssuranceDetails(Details):
    """An auditor's report about Microsoft's datacentres and services."""

    report: Literal["SOC 2 Type 2", "ISO 27001", "HITRUST", "FedRAMP"]
    period_to: Day
    covers_datacentre_security: bool
    covers_encryption_at_rest: bool
    covers_media_disposal: bool


class MicrosoftAssurance(Statement):
    """The assurance report about Microsoft's side."""

    details: MicrosoftAssuranceDetails


PLAN_DOCUMENTS = statement_fact(
    "plan_documents",
    PlanDocuments,
    title="Group health plan documents",
    attester_role="contracts",
    validity_days=365,
    document_required=True,
    register_id="ATT-PLAN-DOCUMENTS",
    cites=("164.314(b)(1)",),
    about="What the documents of a group health plan make the plan's sponsor do.",
    details={"safeguards": True, "adequate_separation": True, "agents": True, "report_incidents": True},
)

facts = (
    statement_fact(
        "baa_microsoft",
        BaaMicrosoft,
        title="Business associate agreement with Microsoft",
        attester_role="contracts",
        validity_days=365,
        document_required=True,
        register_id="ATT-BAA-MICROSOFT",
        cites=("164.308(b)(1)", "164.308(b)(3)", "164.314(a)(2)(i)(A)", "164.504(e)(2)"),
        about=(
            "The business associate agreement with Microsoft: number, tenant, covered services and terms. Microsoft gives it by default with its product terms, "
            "so a copy and the number are asked for, not a signature page."
        ),
        details={
            "agreement": "microsoft_customer_agreement",
            "agreement_number": "E-1234567",
            "tenant_id": "3c19c757-3b55-411f-b03f-2bcc514a598d",
            "covered_services": [
                "Exchange Online",
                "SharePoint Online",
                "OneDrive for Business",
                "Microsoft Teams",
                "Microsoft Entra ID",
                "Microsoft Intune",
                "Microsoft Purview",
            ],
            "signed_or_accepted_on": "2024-03-01",
            "clauses": {
                "permitted_uses": True,
                "no_further_use": True,
                "safeguards_subpart_c": True,
                "report_incidents_and_breaches": True,
                "subcontractors": True,
                "access": True,
                "amendment": True,
                "accounting": True,
                "books_to_hhs": True,
                "return_or_destroy": True,
                "termination": True,
            },
            "channel": "product_terms_dpa",
        },
    ),
    statement_fact(
        "business_associate_register",
        BusinessAssociateRegister,
        title="Register of business associates and connected applications",
        attester_role="privacy_official",
        validity_days=365,
        document_required=False,
        register_id="ATT-BA-REGISTER",
        cites=("164.308(b)(1)", "164.308(b)(2)", "164.308(b)(3)", "164.504(e)(2)"),
        about="Outside parties that may touch ePHI, with the applications, domains and tenants that they are seen by and the agreement with each.",
        details={
            "entries": [
                {
                    "name": "Harbor Charting Inc",
                    "app_ids": ["0f1d0c1a-6f43-4a2a-9f56-4b3a0a0f0707"],
                    "domains": ["charting.example"],
                    "tenant_ids": [],
                    "handles_phi": True,
                    "baa_signed_on": "2025-01-15",
                    "baa_until": "2028-01-14",
                    "subcontractor": False,
                    "clauses_complete": True,
                    "reviewed_on": "2026-08-30",
                }
            ]
        },
        unshown={"entries": []},
    ),
    PLAN_DOCUMENTS,
    statement_fact(
        "microsoft_assurance",
        MicrosoftAssurance,
        title="Microsoft assurance report (datacentres, encryption at rest)",
        attester_role="compliance",
        validity_days=365,
        document_required=True,
        register_id="ATT-FACILITY-MS",
        cites=("164.310(a)(1)", "164.308(b)(1)"),
        about="An independent auditor's report about the part of the safeguards that Microsoft runs.",
        details={
            "report": "SOC 2 Type 2",
            "period_to": "2026-03-31",
            "covers_datacentre_security": True,
            "covers_encryption_at_rest": True,
            "covers_media_disposal": True,
        },
    ),
)
