from datetime import datetime
from typing import Any

from scanners.applications import REGISTER, access_of, is_scanner, judge_picked, label, may_read_health_data, register_row
from scanners.declare import control, does_not_apply, fails, is_due, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.app_role_assignments import AppRoleAssignment
from scanners.facts.oauth2_permission_grants import PermissionGrant
from scanners.facts.organization import Organization
from scanners.facts.scanner_identity import ScannerIdentity
from scanners.facts.service_principals import ServicePrincipal
from scanners.facts.statements_agreements import BusinessAssociateRegister
from scanners.model import Verdict, not_applicable
from scanners.statements import still_due

VERIFIED = {"id": "sp1", "appId": "f1", "verifiedPublisher": {"verifiedPublisherId": "5206095"}}
UNVERIFIED = {**VERIFIED, "verifiedPublisher": {"verifiedPublisherId": None}}
MAIL = {"principalId": "sp1", "permission": "Mail.Read"}
ROW = {
    "app_ids": ["f1"],
    "handles_phi": True,
    "baa_signed_on": "2026-01-01",
    "baa_until": None,
    "clauses_complete": True,
    "reviewed_on": "2026-06-01",
}


def register(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"details": {"entries": list(rows)}}


@control(
    title="Outside applications with data access come from a verified publisher or are registered",
    cites=("164.308(b)(1)", "164.312(d)"),
    severity="medium",
    designation="standard",
    fix="Ask the vendor to verify itself (Partner Center > publisher verification), add the agreement to the register, or Entra admin center > Enterprise applications > the application > delete",
    crosswalk={"nist_800_53": ["SA-9"]},
    seeds=("A6", "B11", "S25"),
    examples=(
        passes(service_principals=[VERIFIED], app_role_assignments=[MAIL]),
        passes(
            "unverified and registered",
            service_principals=[UNVERIFIED],
            app_role_assignments=[MAIL],
            statement_business_associate_register=register(ROW),
        ),
        passes(
            "verified, without any register", service_principals=[VERIFIED], app_role_assignments=[MAIL], statement_business_associate_register=None
        ),
        fails(service_principals=[UNVERIFIED], app_role_assignments=[MAIL]),
        fails(
            "an empty object is no publisher",
            service_principals=[{**VERIFIED, "verifiedPublisher": {"verifiedPublisherId": ABSENT}}],
            app_role_assignments=[MAIL],
        ),
        fails("nor is null", service_principals=[{**VERIFIED, "verifiedPublisher": None}], app_role_assignments=[MAIL]),
        fails("nor an empty id", service_principals=[{**VERIFIED, "verifiedPublisher": {"verifiedPublisherId": ""}}], app_role_assignments=[MAIL]),
        fails(
            "Microsoft disabled it",
            service_principals=[{**VERIFIED, "disabledByMicrosoftStatus": "DisabledDueToViolationOfServicesAgreement"}],
            app_role_assignments=[MAIL],
        ),
        fails(
            "Microsoft disabled it, and no register matters then",
            service_principals=[{**UNVERIFIED, "disabledByMicrosoftStatus": "DisabledDueToViolationOfServicesAgreement"}],
            app_role_assignments=[MAIL],
            statement_business_associate_register=None,
        ),
        fails(
            "the entry in the register has ended",
            service_principals=[UNVERIFIED],
            app_role_assignments=[MAIL],
            statement_business_associate_register=register({**ROW, "baa_until": "2026-01-31"}),
        ),
        stays_unknown(service_principals=Unreadable("not_permitted")),
        stays_unknown(
            "nobody knows whose application it is", service_principals=[{**UNVERIFIED, "appOwnerOrganizationId": None}], app_role_assignments=[MAIL]
        ),
        stays_unknown(
            "a publisher that cannot be read", service_principals=[{**UNVERIFIED, "verifiedPublisher": ABSENT}], app_role_assignments=[MAIL]
        ),
        is_due(
            "unverified, and no register says more",
            service_principals=[UNVERIFIED],
            app_role_assignments=[MAIL],
            statement_business_associate_register=None,
        ),
        does_not_apply(
            "own applications are not judged",
            service_principals=[{**UNVERIFIED, "appOwnerOrganizationId": "99999999-0000-4000-8000-000000000001"}],
            app_role_assignments=[MAIL],
        ),
        does_not_apply("no permission on content", service_principals=[UNVERIFIED], app_role_assignments=[{**MAIL, "permission": "User.Read.All"}]),
    ),
)
def outside_applications_have_a_verified_publisher(
    service_principals: tuple[ServicePrincipal, ...],
    oauth2_permission_grants: tuple[PermissionGrant, ...],
    app_role_assignments: tuple[AppRoleAssignment, ...],
    organization: Organization,
    statement_business_associate_register: BusinessAssociateRegister | None,
    scanner_identity: ScannerIdentity | None,
    at: datetime,
) -> Verdict:
    """A vendor whose identity is not known cannot give satisfactory assurances.

    Every enabled application of another organisation that can open content has a publisher that Microsoft verified, or a valid entry in the register of business
    associates. One that Microsoft itself disabled always fails.
    """
    access = access_of(service_principals, app_role_assignments, oauth2_permission_grants)
    register = statement_business_associate_register

    def governed(application: ServicePrincipal) -> bool:
        return not is_scanner(application, scanner_identity) and may_read_health_data(
            application, access.holdings(application), organization.id, frozenset({"foreign"})
        )

    def known(application: ServicePrincipal) -> bool:
        if application.disabled_by_microsoft_status:
            return False
        publisher = application.verified_publisher
        if publisher is not None and publisher.verified_publisher_id:
            return True
        return register is not None and register_row(register, application.app_id, at) == "valid"

    piles = judge_picked(service_principals, governed, known)
    if piles.bad and register is None and not any(application.disabled_by_microsoft_status for application in piles.bad):
        because = f"{len(piles.bad)} outside applications have no verified publisher, and no register of business associates is on file that counts"
        return still_due(REGISTER, because, looked_at=piles.looked_at, applications=[label(a) for a in piles.bad])
    return piles.every(
        good="outside applications that can open content are verified or registered",
        bad="outside applications that can open content with neither a verified publisher nor a valid entry in the register",
        empty=not_applicable("no enabled outside application can open content", looked_at=0),
        name=label,
    )
