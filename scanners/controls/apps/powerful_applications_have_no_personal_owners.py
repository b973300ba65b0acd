from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.pim_eligible_assignments import EligibleAssignment
from scanners.facts.pim_group_assignments import GroupSchedules
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.service_principal_owners import ServicePrincipalOwners
from scanners.model import Parameter, Verdict, not_applicable
from scanners.roles import all_holdings, privileged
from scanners.three_valued import Maybe, sort

OWNER = "aaaaaaaa-0000-4000-8000-000000000001"
OWNED = [{"ownerIds": [OWNER]}]
ADMINISTRATOR = {
    "principalId": OWNER,
    "roleDefinitionId": "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "principal": {"@odata.type": "#microsoft.graph.user", "id": OWNER},
}


@control(
    title="Applications with tenant-wide data access have no personal owners",
    cites=("164.308(a)(4)(i)", "164.312(d)"),
    severity="medium",
    designation="standard",
    fix="Entra admin center > Enterprise applications, and App registrations > the application > Owners > remove",
    crosswalk={"prowler": "entra_service_principal_privileged_role_no_owners", "maester": "MT.1078", "nist_800_53": ["AC-6"]},
    seeds=("A6", "B11"),
    parameters={
        "accept_privileged_owners": Parameter(why="an owner who already administers applications gains nothing", unit="boolean", looser="true")
    },
    examples=(
        passes(service_principal_owners=[{"readable": True, "ownerIds": []}]),
        passes("an owner who already is administrator gains nothing", service_principal_owners=OWNED, role_assignments=[ADMINISTRATOR]),
        passes("nor does one who may turn the role on", service_principal_owners=OWNED, pim_eligible_assignments=[ADMINISTRATOR]),
        passes(
            "nor a member of a group with the role",
            service_principal_owners=OWNED,
            role_assignments=[{**ADMINISTRATOR, "principalId": "g1", "principal": {"@odata.type": "#microsoft.graph.group", "id": "g1"}}],
            referenced_group_members=[{"id": "g1", "memberIds": [OWNER]}],
        ),
        fails(service_principal_owners=[{"readable": True, "ownerIds": [OWNER]}]),
        fails(
            "one owner without the role among administrators",
            service_principal_owners=[{"ownerIds": [OWNER, "aaaaaaaa-0000-4000-8000-000000000002"]}],
            role_assignments=[ADMINISTRATOR],
        ),
        fails(
            "a role that is not privileged",
            service_principal_owners=OWNED,
            role_assignments=[{**ADMINISTRATOR, "roleDefinitionId": "f2ef992c-3afb-46b9-b7cf-a126ee74c451"}],
        ),
        fails(
            "an operator can refuse every owner",
            parameters={"accept_privileged_owners": False},
            service_principal_owners=OWNED,
            role_assignments=[ADMINISTRATOR],
        ),
        stays_unknown(service_principal_owners=[{"readable": False, "ownerIds": []}]),
        stays_unknown(
            "a role that cannot be read may be the owner's",
            service_principal_owners=OWNED,
            role_assignments=[{**ADMINISTRATOR, "roleDefinitionId": ABSENT}],
        ),
        stays_unknown("a missing list of owners is not an empty one", service_principal_owners=[{"ownerIds": ABSENT}]),
        stays_unknown(service_principal_owners=Unreadable("not_permitted")),
        does_not_apply("no application that could do harm", service_principal_owners=[]),
    ),
)
def powerful_applications_have_no_personal_owners(
    service_principal_owners: tuple[ServicePrincipalOwners, ...],
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    pim_eligible_assignments: tuple[EligibleAssignment, ...],
    pim_group_assignments: GroupSchedules,
    referenced_group_members: ReferencedGroups,
    *,
    accept_privileged_owners: bool = True,
) -> Verdict:
    """An owner can add a secret and act as the application, outside of every rule for signing in.

    No application that could take over the tenant, open content as itself or hold a privileged role has an owner, whether of the application or of its
    registration; or, where `accept_privileged_owners` is set, only owners who hold a privileged directory role or may turn one on.
    """
    holdings = all_holdings(role_assignments, pim_eligible_assignments, pim_group_assignments, role_definitions, referenced_group_members)
    administrators = frozenset(each.lower() for each in holdings.of(privileged()).people)

    def without_owners(application: ServicePrincipalOwners) -> Maybe:
        if not application.readable:
            raise Unrecognised("an application went away while its owners were being read")
        strangers = [owner for owner in application.owner_ids if not (accept_privileged_owners and owner.lower() in administrators)]
        if strangers and accept_privileged_owners:
            holdings.refuse_doubts()
        return not strangers

    piles = sort(service_principal_owners, without_owners)
    return piles.every(
        good="powerful applications without personal owners",
        bad="powerful applications with personal owners",
        empty=not_applicable("no application holds a permission or role of this kind", looked_at=0),
        name=lambda application: application.service_principal_id,
        owners={application.service_principal_id: application.owner_ids for application in piles.bad[:50]},
    )
