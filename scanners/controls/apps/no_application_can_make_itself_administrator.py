from typing import Any

from scanners.application_roles import roles_held
from scanners.applications import (
    OWNERLESS_TYPES,
    Access,
    access_of,
    can_take_over,
    is_first_party,
    judge_picked,
    label,
    lower,
    switched_on,
    takeover_permissions,
)
from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.app_role_assignments import AppRoleAssignment
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.role_group_applications import RoleGroup
from scanners.facts.service_principals import ServicePrincipal
from scanners.model import Parameter, Verdict, passed
from scanners.roles import privileged
from scanners.three_valued import some

CHART = {
    "id": "sp1",
    "appId": "f1",
    "appOwnerOrganizationId": "eeeeeeee-0000-4000-8000-000000000002",
    "accountEnabled": True,
    "servicePrincipalType": "Application",
}
TAKEOVER = {"principalId": "sp1", "permission": "RoleManagement.ReadWrite.Directory"}
OWN_ONLY = {"principalId": "sp1", "permission": "Application.ReadWrite.OwnedBy"}
ROLE = {
    "principalId": "sp1",
    "principal": {"@odata.type": "#microsoft.graph.servicePrincipal", "id": "sp1"},
}  # Global Administrator of the whole tenant


@control(
    title="No outside or unregistered application can raise itself to administrator",
    cites=("164.308(a)(4)(i)", "164.312(a)(1)"),
    severity="critical",
    designation="standard",
    fix="Entra admin center > Enterprise applications > the application > Permissions > remove; Entra admin center > Roles and administrators > the role > remove the assignment",
    crosswalk={"prowler": "entra_app_registration_no_unused_privileged_permissions", "maester": "MT.1050, MT.1051", "nist_800_53": ["AC-6"]},
    seeds=("A3b-1", "B11", "S25"),
    parameters={"approved_app_ids": Parameter(why="identity management tools that were assessed", unit="application ids")},
    examples=(
        passes(service_principals=[CHART], app_role_assignments=[{"principalId": "sp1", "permission": "User.Read.All"}]),
        passes("managing what it made itself, alone", service_principals=[CHART], app_role_assignments=[OWN_ONLY]),
        passes("a disabled application", service_principals=[{**CHART, "accountEnabled": False}], app_role_assignments=[TAKEOVER]),
        passes(
            "an application of Microsoft",
            service_principals=[{**CHART, "appOwnerOrganizationId": "f8cdef31-a31e-4b4a-93e4-5f571e91255a"}],
            app_role_assignments=[TAKEOVER],
        ),
        passes("a tool that was assessed", parameters={"approved_app_ids": ("F1",)}, service_principals=[CHART], app_role_assignments=[TAKEOVER]),
        passes(
            "the same name on another service",
            service_principals=[CHART],
            app_role_assignments=[{**TAKEOVER, "resourceAppId": "00000003-0000-0ff1-ce00-000000000000"}],
        ),
        passes("a role over one application only", service_principals=[CHART], role_assignments=[{**ROLE, "directoryScopeId": "/f1"}]),
        passes(
            "a role that only reads",
            service_principals=[CHART],
            role_assignments=[{**ROLE, "roleDefinitionId": "f2ef992c-3afb-46b9-b7cf-a126ee74c451"}],
        ),
        fails(service_principals=[CHART], app_role_assignments=[TAKEOVER]),
        fails(
            "managing what it made itself, beside another such permission",
            service_principals=[CHART],
            app_role_assignments=[OWN_ONLY, {**TAKEOVER, "id": "b", "permission": "Application.ReadWrite.All"}],
        ),
        fails(
            "a managed identity counts",
            service_principals=[{**CHART, "appOwnerOrganizationId": None, "servicePrincipalType": "ManagedIdentity"}],
            app_role_assignments=[TAKEOVER],
        ),
        fails(
            "an own application counts",
            service_principals=[{**CHART, "appOwnerOrganizationId": "99999999-0000-4000-8000-000000000001"}],
            app_role_assignments=[TAKEOVER],
        ),
        fails("a directory role", service_principals=[CHART], role_assignments=[ROLE]),
        fails(
            "a directory role through a group",
            service_principals=[CHART],
            role_assignments=[{**ROLE, "principalId": "g1", "principal": {"@odata.type": "#microsoft.graph.group", "id": "g1"}}],
            role_group_applications=[{"groupId": "g1", "applicationIds": ["sp1"]}],
        ),
        fails("null is not disabled", service_principals=[{**CHART, "accountEnabled": None}], app_role_assignments=[TAKEOVER]),
        stays_unknown(
            "a permission without a name may be any permission", service_principals=[CHART], app_role_assignments=[{**TAKEOVER, "permission": None}]
        ),
        stays_unknown(
            "nobody knows whose application it is", service_principals=[{**CHART, "appOwnerOrganizationId": None}], app_role_assignments=[TAKEOVER]
        ),
        stays_unknown(
            "a group with a role that cannot be read",
            service_principals=[CHART],
            role_assignments=[{**ROLE, "principalId": "g1", "principal": {"@odata.type": "#microsoft.graph.group", "id": "g1"}}],
            role_group_applications=[{"groupId": "g1", "readable": False, "applicationIds": []}],
        ),
        stays_unknown("a role that cannot be read", service_principals=[CHART], role_assignments=[{**ROLE, "roleDefinitionId": ABSENT}]),
        stays_unknown("no application at all is no reading of a tenant", service_principals=[]),
        stays_unknown(service_principals=[CHART], role_assignments=Unreadable("not_permitted")),
    ),
)
def no_application_can_make_itself_administrator(
    service_principals: tuple[ServicePrincipal, ...],
    app_role_assignments: tuple[AppRoleAssignment, ...],
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    role_group_applications: tuple[RoleGroup, ...],
    *,
    approved_app_ids: tuple[str, ...] = (),
) -> Verdict:
    """Such permissions turn one leaked secret into control over every safeguard.

    No enabled application, own ones and managed identities included, holds a Microsoft Graph permission by which it could make itself or anyone administrator,
    or a privileged directory role over the whole tenant. Microsoft's own applications and those that the operator approved are left out. Managing only the
    applications that it made itself counts only beside another such permission.
    """
    access = access_of(service_principals, app_role_assignments)
    held = roles_held(role_assignments, role_definitions, role_group_applications)
    administrators, approved = held.tenant_wide(privileged()), lower(approved_app_ids)

    def governed(application: ServicePrincipal) -> bool:
        return switched_on(application) and not is_first_party(application) and application.app_id.lower() not in approved

    piles = judge_picked(service_principals, governed, lambda application: _is_harmless(application, access, administrators))
    if not service_principals:
        raise Unrecognised("the tenant shows no application at all, not even Microsoft's own, so the reading is incomplete")
    if held.doubts and not piles.bad:
        raise held.doubts[0]
    return piles.every(
        good="applications that cannot make themselves administrator",
        bad="applications that can make themselves administrator",
        empty=passed("only applications of Microsoft, disabled ones and approved ones are here", looked_at=0),
        name=label,
        applications=[_shown(application, access, administrators) for application in piles.bad[:50]],
    )


def _is_harmless(application: ServicePrincipal, access: Access, administrators: frozenset[str]) -> bool:
    powerful = some((application.id.lower() in administrators, can_take_over(access.application_permissions(application))))
    if powerful is None:
        raise Unrecognised("an application holds a permission on Microsoft Graph whose name could not be resolved")
    if powerful and application.app_owner_organization_id is None and application.service_principal_type not in OWNERLESS_TYPES:
        raise Unrecognised("an application that can take over the tenant does not say whose it is")
    return not powerful


def _shown(application: ServicePrincipal, access: Access, administrators: frozenset[str]) -> dict[str, Any]:
    return {
        "appId": application.app_id,
        "name": application.app_display_name,
        "permissions": takeover_permissions(access.application_permissions(application)),
        "privilegedRole": application.id.lower() in administrators,
    }
