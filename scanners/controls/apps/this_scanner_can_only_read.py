from typing import Any

from scanners.application_roles import RoleHeld, roles_held
from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.app_role_assignments import AppRoleAssignment
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.role_group_applications import RoleGroup
from scanners.facts.scanner_identity import ScannerIdentity
from scanners.model import Parameter, Verdict, failed, passed
from scanners.permissions import EXCHANGE_ONLINE, SHAREPOINT_ONLINE
from scanners.scanner_permissions import only_reads
from scanners.three_valued import sort

SCANNER = "5ca55ca5-0000-4000-8000-000000000001"
READS = {"principalId": SCANNER, "permission": "Policy.Read.All"}
GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
ROLE = {"principalId": SCANNER, "principal": {"@odata.type": "#microsoft.graph.servicePrincipal", "id": SCANNER}}  # Global Administrator
IN_GROUP = {"principalId": "g1", "principal": {"@odata.type": "#microsoft.graph.group", "id": "g1"}}


@control(
    title="This scanner itself holds only the read permissions it declares",
    cites=("164.308(a)(4)(ii)(B)", "164.502(b)"),
    severity="high",
    designation="addressable",
    fix="Entra admin center > Enterprise applications > the scanner's identity > Permissions: remove the extra permission; Roles and administrators > the role > Assignments: remove the identity",
    crosswalk={"nist_800_53": ["AC-6"]},
    seeds=("A5a", "A8"),
    parameters={
        "allowed_directory_roles": Parameter(why="Global Reader for the administration interfaces", unit="role ids"),
        "allowed_write_like": Parameter(
            why="they read, although their names say more: Exchange by the role that goes with it, configuration monitoring for the snapshots that it makes and deletes",
            unit="permissions",
        ),
        "sharepoint_administration": Parameter(
            why="the SharePoint administration gives its settings only to full control; off unless the operator wants those controls",
            unit="boolean",
            looser="true",
        ),
    },
    examples=(
        passes(app_role_assignments=[READS]),
        passes(
            "Exchange by the role that goes with it",
            app_role_assignments=[READS, {**READS, "id": "b", "permission": "Exchange.ManageAsApp", "resourceAppId": EXCHANGE_ONLINE}],
            role_assignments=[{**ROLE, "roleDefinitionId": GLOBAL_READER}],
        ),
        passes("snapshots of the configuration", app_role_assignments=[{**READS, "permission": "ConfigurationMonitoring.ReadWrite.All"}]),
        passes(
            "the SharePoint administration, where it is wanted",
            parameters={"sharepoint_administration": True},
            app_role_assignments=[{**READS, "permission": "Sites.FullControl.All", "resourceAppId": SHAREPOINT_ONLINE}],
        ),
        passes(
            "what others hold is not the scanner's", app_role_assignments=[READS, {"id": "b", "principalId": "sp1", "permission": "Mail.ReadWrite"}]
        ),
        fails(app_role_assignments=[{**READS, "permission": "Mail.ReadWrite"}]),
        fails("reading mail is no less content", app_role_assignments=[{**READS, "permission": "Mail.Read"}]),
        fails(
            "a read permission that the product does not need", app_role_assignments=[READS, {**READS, "id": "b", "permission": "Agreement.Read.All"}]
        ),
        fails("the right name on another service", app_role_assignments=[{**READS, "resourceAppId": EXCHANGE_ONLINE}]),
        fails(
            "a service that the product does not use", app_role_assignments=[READS, {**READS, "id": "b", "resourceAppId": None, "permission": None}]
        ),
        fails(
            "the SharePoint administration, where it is off",
            app_role_assignments=[{**READS, "permission": "Sites.FullControl.All", "resourceAppId": SHAREPOINT_ONLINE}],
        ),
        fails("a directory role", app_role_assignments=[READS], role_assignments=[ROLE]),
        fails(
            "a directory role through a group",
            app_role_assignments=[READS],
            role_assignments=[IN_GROUP],
            role_group_applications=[{"groupId": "g1", "applicationIds": [SCANNER]}],
        ),
        stays_unknown("nobody knows which identity scans", app_role_assignments=[READS], scanner_identity={"object_id": None}),
        stays_unknown("a permission without a name", app_role_assignments=[{**READS, "permission": None}]),
        stays_unknown("no permission at all is no reading: this was read with one", app_role_assignments=[]),
        stays_unknown("a group with a role that cannot be read", app_role_assignments=[READS], role_assignments=[IN_GROUP]),
        stays_unknown("a role that cannot be read", app_role_assignments=[READS], role_assignments=[{**ROLE, "roleDefinitionId": ABSENT}]),
        stays_unknown(app_role_assignments=Unreadable("not_permitted")),
    ),
)
def this_scanner_can_only_read(
    app_role_assignments: tuple[AppRoleAssignment, ...],
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    role_group_applications: tuple[RoleGroup, ...],
    scanner_identity: ScannerIdentity,
    *,
    allowed_directory_roles: tuple[str, ...] = (GLOBAL_READER,),
    allowed_write_like: tuple[str, ...] = ("Exchange.ManageAsApp", "ConfigurationMonitoring.ReadWrite.All"),
    sharepoint_administration: bool = False,
) -> Verdict:
    """A tool that proves safeguards must not be able to change them, nor to read the content that they protect.

    The identity that runs the scans holds only permissions that this product declares, none of which writes, sends, controls or reads mail, chats and files, but for
    those that the operator allows by name; and only the directory roles that are allowed, directly or through a group.
    """
    identity = scanner_identity.object_id
    if identity is None:
        raise Unrecognised("the run does not know which identity scans", "Run the scan under a managed identity or an application of its own.")
    mine = [row for row in app_role_assignments if row.principal_id.lower() == identity.lower()]
    allowed = frozenset((*allowed_write_like, *(("Sites.FullControl.All",) if sharepoint_administration else ())))
    permissions = sort(mine, lambda row: only_reads(row, allowed))
    held = roles_held(role_assignments, role_definitions, role_group_applications)
    extra = [role for role in held.of(identity) if role.role not in {each.lower() for each in allowed_directory_roles}]
    observed: dict[str, Any] = {
        "looked_at": len(mine),
        "permissions": sorted(_named(row) for row in permissions.good),
        "permissions_beyond": sorted(_named(row) for row in permissions.bad),
        "roles_beyond": sorted({role.role for role in extra}),
        "write_like_allowed": sorted(allowed),
    }
    if permissions.bad or extra:
        return failed(_beyond(permissions.bad, extra), [*observed["permissions_beyond"], *observed["roles_beyond"]], **observed)
    if not mine:
        raise Unrecognised("the scanner's own permissions are not among those that were read, so the reading is incomplete")
    if doubts := (*permissions.doubts, *held.doubts):
        raise doubts[0]
    return passed(
        f"the scanner holds {len(mine)} permissions and {len(held.of(identity))} roles, none of which changes anything or reads content", **observed
    )


def _named(row: AppRoleAssignment) -> str:
    return row.permission if row.permission is not None else f"{row.app_role_id} on {row.resource_id}"


def _beyond(permissions: tuple[AppRoleAssignment, ...], roles: list[RoleHeld]) -> str:
    return f"the scanner holds {len(permissions)} permissions and {len({r.role for r in roles})} directory roles beyond what it declares"
