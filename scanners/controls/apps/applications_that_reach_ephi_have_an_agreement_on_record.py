from datetime import datetime
from typing import Any

from scanners.applications import (
    REGISTER,
    Access,
    Owner,
    access_of,
    health_permissions,
    is_scanner,
    judge_picked,
    label,
    lower,
    may_read_health_data,
    owner_of,
    register_row,
)
from scanners.declare import control, does_not_apply, fails, is_due, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.app_role_assignments import AppRoleAssignment
from scanners.facts.oauth2_permission_grants import PermissionGrant
from scanners.facts.organization import Organization
from scanners.facts.scanner_identity import ScannerIdentity
from scanners.facts.service_principals import ServicePrincipal
from scanners.facts.statements_agreements import BusinessAssociateRegister
from scanners.model import Parameter, Verdict, not_applicable
from scanners.permissions import EXCHANGE_ONLINE
from scanners.statements import still_due

CHART = {
    "id": "sp1",
    "appId": "f1",
    "appOwnerOrganizationId": "eeeeeeee-0000-4000-8000-000000000002",
    "accountEnabled": True,
    "servicePrincipalType": "Application",
}
OWN = {**CHART, "appOwnerOrganizationId": "99999999-0000-4000-8000-000000000001"}
MAIL = {"principalId": "sp1", "permission": "Mail.Read"}
FILES = {"clientId": "sp1", "consentType": "Principal", "scope": " Files.Read.All"}
ROW = {
    "app_ids": ["f1"],
    "handles_phi": True,
    "baa_signed_on": "2026-01-01",
    "baa_until": None,
    "clauses_complete": True,
    "reviewed_on": "2026-06-01",
}


NO_REGISTER = "applications can open content that may be ePHI, and no register of business associates is on file that counts"


def register(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"details": {"entries": list(rows)}}


@control(
    title="Every application that can open mail, files or chats is a registered business associate",
    cites=("164.308(b)(1)", "164.308(b)(3)", "164.314(a)(1)", "164.502(e)(1)"),
    severity="critical",
    designation="standard",
    fix="Sign the agreement and add the row to the register; or Entra admin center > Enterprise applications > the application > Permissions > revoke, or delete it",
    crosswalk={"nist_800_53": ["SA-9", "CA-3", "PS-7"]},
    seeds=("A6", "B11", "S25", "S26", "T14"),
    proposed_rule="164.308(b)(1)",
    parameters={
        "include_own_applications": Parameter(why="registrations of the tenant itself are often run by a vendor", unit="boolean", looser="false"),
        "ignored_app_ids": Parameter(why="Microsoft tools that neither of the two Microsoft tenants owns", unit="application ids"),
        "own_operated_app_ids": Parameter(
            why="own applications that the own workforce alone runs; they are no business associate and need no agreement, only this listing",
            unit="application ids",
        ),
    },
    examples=(
        passes(service_principals=[CHART], app_role_assignments=[MAIL], statement_business_associate_register=register(ROW)),
        passes(
            "one valid entry of several is enough",
            service_principals=[CHART],
            app_role_assignments=[MAIL],
            statement_business_associate_register=register({**ROW, "baa_until": "2026-02-01"}, ROW),
        ),
        passes(
            "a vendor with several applications",
            service_principals=[CHART, {**CHART, "id": "sp2", "appId": "F2"}],
            app_role_assignments=[MAIL, {**MAIL, "id": "b", "principalId": "sp2"}],
            statement_business_associate_register=register({**ROW, "app_ids": ["F1", "f2"]}),
        ),
        passes(
            "a vendor that handles no ePHI is registered as such",
            service_principals=[CHART],
            app_role_assignments=[MAIL],
            statement_business_associate_register=register({**ROW, "handles_phi": False, "baa_signed_on": None}),
        ),
        passes(
            "a tool of the own workforce needs no agreement with itself",
            parameters={"own_operated_app_ids": ("f1",)},
            service_principals=[OWN],
            app_role_assignments=[MAIL],
            statement_business_associate_register=None,
        ),
        fails(service_principals=[CHART], oauth2_permission_grants=[FILES]),
        fails(
            "what one person allowed counts too, and a scope may begin with a blank",
            service_principals=[CHART],
            oauth2_permission_grants=[{**FILES, "scope": " openid files.read.all"}],
        ),
        fails("an own registration may be run by a vendor", service_principals=[OWN], app_role_assignments=[MAIL]),
        fails(
            "a managed identity is an own application",
            service_principals=[{**CHART, "appOwnerOrganizationId": None, "servicePrincipalType": "ManagedIdentity"}],
            app_role_assignments=[MAIL],
        ),
        fails(
            "a foreign application is not operated by the own workforce",
            parameters={"own_operated_app_ids": ("f1",)},
            service_principals=[CHART],
            app_role_assignments=[MAIL],
        ),
        fails(
            "the agreement has ended",
            service_principals=[CHART],
            app_role_assignments=[MAIL],
            statement_business_associate_register=register({**ROW, "baa_until": "2026-11-24"}),
        ),
        fails(
            "the entry was not reviewed for a year",
            service_principals=[CHART],
            app_role_assignments=[MAIL],
            statement_business_associate_register=register({**ROW, "reviewed_on": "2025-06-01"}),
        ),
        fails(
            "the agreement lacks clauses",
            service_principals=[CHART],
            app_role_assignments=[MAIL],
            statement_business_associate_register=register({**ROW, "clauses_complete": False}),
        ),
        fails(
            "signing in the future",
            service_principals=[CHART],
            app_role_assignments=[MAIL],
            statement_business_associate_register=register({**ROW, "baa_signed_on": "2026-12-01"}),
        ),
        fails("null is not disabled", service_principals=[{**CHART, "accountEnabled": None}], app_role_assignments=[MAIL]),
        fails(
            "everything that a person may do, on Exchange",
            service_principals=[CHART, {"id": "exo", "appId": EXCHANGE_ONLINE, "appOwnerOrganizationId": "f8cdef31-a31e-4b4a-93e4-5f571e91255a"}],
            oauth2_permission_grants=[{**FILES, "resourceId": "exo", "scope": "user_impersonation"}],
        ),
        stays_unknown(
            "nobody knows whose application it is", service_principals=[{**CHART, "appOwnerOrganizationId": None}], app_role_assignments=[MAIL]
        ),
        stays_unknown(
            "a permission without a name may be any permission", service_principals=[CHART], app_role_assignments=[{**MAIL, "permission": None}]
        ),
        stays_unknown(
            "a state that cannot be read is not taken for disabled",
            service_principals=[{**CHART, "accountEnabled": ABSENT}],
            app_role_assignments=[MAIL],
        ),
        stays_unknown(service_principals=[CHART], app_role_assignments=Unreadable("not_permitted")),
        is_due("no register on file", service_principals=[CHART], app_role_assignments=[MAIL], statement_business_associate_register=None),
        is_due(
            "the register expired",
            service_principals=[CHART],
            app_role_assignments=[MAIL],
            statement_business_associate_register={"expires_at": "2026-11-01"},
        ),
        does_not_apply(
            "names and sign-in only",
            service_principals=[CHART],
            oauth2_permission_grants=[{**FILES, "scope": "openid profile User.Read Group.ReadBasic.All"}],
            statement_business_associate_register=None,
        ),
        does_not_apply("a disabled application", service_principals=[{**CHART, "accountEnabled": False}], app_role_assignments=[MAIL]),
        does_not_apply(
            "an application of Microsoft",
            service_principals=[{**CHART, "appOwnerOrganizationId": "F8CDEF31-a31e-4b4a-93e4-5f571e91255a"}],
            app_role_assignments=[MAIL],
        ),
        does_not_apply(
            "this scanner is judged by a control of its own",
            service_principals=[{**CHART, "id": "5ca55ca5-0000-4000-8000-000000000001"}],
            app_role_assignments=[{"principalId": "5ca55ca5-0000-4000-8000-000000000001", "permission": "Exchange.ManageAsApp"}],
        ),
        does_not_apply("assigned without any permission", service_principals=[CHART], app_role_assignments=[{**MAIL, "permission": ""}]),
    ),
)
def applications_that_reach_ephi_have_an_agreement_on_record(
    service_principals: tuple[ServicePrincipal, ...],
    oauth2_permission_grants: tuple[PermissionGrant, ...],
    app_role_assignments: tuple[AppRoleAssignment, ...],
    organization: Organization,
    statement_business_associate_register: BusinessAssociateRegister | None,
    scanner_identity: ScannerIdentity | None,
    at: datetime,
    *,
    include_own_applications: bool = True,
    ignored_app_ids: tuple[str, ...] = (),
    own_operated_app_ids: tuple[str, ...] = (),
) -> Verdict:
    """A vendor whose software can open ePHI is a business associate, and must have given satisfactory assurances in writing.

    Every enabled application, of another organisation or own, that holds a permission which can open content has a valid entry in the register of business
    associates, or is an own one run by the own workforce. Valid is an entry that was reviewed within a year and handles no ePHI, or rests on a current agreement.
    """
    access, register = access_of(service_principals, app_role_assignments, oauth2_permission_grants), statement_business_associate_register
    owners: frozenset[Owner] = frozenset(("foreign", "own") if include_own_applications else ("foreign",))

    def governed(application: ServicePrincipal) -> bool:
        left_out = is_scanner(application, scanner_identity) or application.app_id.lower() in lower(ignored_app_ids)
        return not left_out and may_read_health_data(application, access.holdings(application), organization.id, owners)

    def covered(application: ServicePrincipal) -> bool:
        ours = application.app_id.lower() in lower(own_operated_app_ids) and owner_of(application, organization.id) == "own"
        return ours or (register is not None and register_row(register, application.app_id, at) == "valid")

    piles = judge_picked(service_principals, governed, covered)
    shown = [_shown(application, access, register, at) for application in piles.bad[:50]]
    if piles.bad and register is None:
        return still_due(REGISTER, f"{len(piles.bad)} {NO_REGISTER}", looked_at=piles.looked_at, applications=shown)
    return piles.every(
        good="applications that can open content are on record",
        bad="applications that can open content without a valid entry in the register",
        empty=not_applicable("no enabled application holds a permission that can open content", looked_at=0),
        name=label,
        applications=shown,
    )


def _shown(application: ServicePrincipal, access: Access, register: BusinessAssociateRegister | None, at: datetime) -> dict[str, Any]:
    return {
        "appId": application.app_id,
        "name": application.app_display_name,
        "publisherTenant": application.app_owner_organization_id,
        "permissions": health_permissions(access.holdings(application)),
        "asItself": bool(health_permissions(access.application_permissions(application))),
        "forPeople": access.people(application),
        "register": "none" if register is None else register_row(register, application.app_id, at),
    }
