from scanners.applications import access_of, is_scanner, judge_picked, label, lower, may_read_health_data
from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.app_role_assignments import AppRoleAssignment
from scanners.facts.oauth2_permission_grants import PermissionGrant
from scanners.facts.organization import Organization
from scanners.facts.scanner_identity import ScannerIdentity
from scanners.facts.service_principals import ServicePrincipal
from scanners.model import Parameter, Verdict, not_applicable

OPEN = {"id": "sp1", "appId": "f1", "appRoleAssignmentRequired": False}
ASSIGNED = {**OPEN, "appRoleAssignmentRequired": True}
FILES = {"clientId": "sp1", "scope": "Files.Read.All"}


@control(
    title="Outside applications with data access are open only to assigned people",
    cites=("164.308(a)(4)(ii)(B)", "164.502(b)"),
    severity="low",
    designation="addressable",
    fix="Entra admin center > Enterprise applications > the application > Properties > Assignment required > Yes",
    crosswalk={"maester": "MT.1075", "nist_800_53": ["AC-6"]},
    seeds=("A5a", "A6", "S25"),
    parameters={"approved_app_ids": Parameter(why="an application for the whole staff", unit="application ids")},
    examples=(
        passes(service_principals=[ASSIGNED], oauth2_permission_grants=[FILES]),
        passes(
            "an application for the whole staff",
            parameters={"approved_app_ids": ("F1",)},
            service_principals=[OPEN],
            oauth2_permission_grants=[FILES],
        ),
        fails(service_principals=[OPEN], oauth2_permission_grants=[FILES]),
        fails("allowed by one person only", service_principals=[OPEN], oauth2_permission_grants=[{**FILES, "consentType": "Principal"}]),
        stays_unknown(service_principals=Unreadable("unreachable")),
        stays_unknown(
            "a missing switch is not on", service_principals=[{**OPEN, "appRoleAssignmentRequired": ABSENT}], oauth2_permission_grants=[FILES]
        ),
        stays_unknown(
            "nobody knows whose application it is", service_principals=[{**OPEN, "appOwnerOrganizationId": None}], oauth2_permission_grants=[FILES]
        ),
        does_not_apply(
            "an application that acts only as itself has no users",
            service_principals=[OPEN],
            app_role_assignments=[{"principalId": "sp1", "permission": "Mail.Read"}],
        ),
        does_not_apply(
            "own applications are not judged here",
            service_principals=[{**OPEN, "appOwnerOrganizationId": "99999999-0000-4000-8000-000000000001"}],
            oauth2_permission_grants=[FILES],
        ),
        does_not_apply(
            "sign-in and profile only",
            service_principals=[OPEN],
            oauth2_permission_grants=[{**FILES, "scope": "openid profile email offline_access User.Read"}],
        ),
    ),
)
def outside_applications_are_open_only_to_assigned_people(
    service_principals: tuple[ServicePrincipal, ...],
    oauth2_permission_grants: tuple[PermissionGrant, ...],
    app_role_assignments: tuple[AppRoleAssignment, ...],
    organization: Organization,
    scanner_identity: ScannerIdentity | None,
    *,
    approved_app_ids: tuple[str, ...] = (),
) -> Verdict:
    """Minimum necessary means that an application serves those who need it, not everyone.

    Every enabled application of another organisation with a delegated permission that can open content asks for an assignment, or is approved for the whole staff.
    """
    access, approved = access_of(service_principals, app_role_assignments, oauth2_permission_grants), lower(approved_app_ids)

    def governed(application: ServicePrincipal) -> bool:
        return not is_scanner(application, scanner_identity) and may_read_health_data(
            application, access.delegated_permissions(application), organization.id, frozenset({"foreign"})
        )

    def closed(application: ServicePrincipal) -> bool:
        return application.app_id.lower() in approved or application.app_role_assignment_required

    return judge_picked(service_principals, governed, closed).every(
        good="outside applications that can open content are open to assigned people only",
        bad="outside applications that can open content are open to everyone",
        empty=not_applicable("no enabled outside application can open content in anybody's name", looked_at=0),
        name=label,
    )
