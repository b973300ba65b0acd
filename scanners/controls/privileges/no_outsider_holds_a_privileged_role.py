from datetime import datetime

from scanners.administrators import Administrator, administrators, nobody, sort_people
from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.organization import Organization
from scanners.facts.pim_eligible_assignments import EligibleAssignment
from scanners.facts.pim_group_assignments import GroupSchedules
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.statements_agreements import BusinessAssociateRegister
from scanners.facts.users import Users
from scanners.model import Parameter, Verdict, failed
from scanners.providers import foreign_tenant, is_registered
from scanners.roles import PRIVILEGED, all_holdings, privileged, template_ids
from scanners.three_valued import sort

A, B, TEAM = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000001", "cccccccc-0000-4000-8000-000000000001"
GUEST = {"id": B, "userType": "Guest", "creationType": "Invitation", "externalUserState": "Accepted"}
HOME, PROVIDER = "99999999-0000-4000-8000-000000000001", "eeeeeeee-0000-4000-8000-000000000001"
FROM_PROVIDER = {"principalId": "aaaaaaaa-0000-4000-8000-0000000000f1", "principalOrganizationId": PROVIDER}
USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
ENTRY = {
    "tenant_ids": [PROVIDER],
    "handles_phi": True,
    "baa_signed_on": "2026-01-01",
    "baa_until": None,
    "clauses_complete": True,
    "reviewed_on": "2026-06-01",
}


@control(
    title="No guest or foreign principal holds a privileged role",
    cites=("164.308(a)(4)(i)", "164.308(b)(1)"),
    severity="critical",
    designation="standard",
    fix="Entra admin center > Roles and admins > the role > Assignments > remove the outsider; or bring the provider under a business associate agreement and record it",
    parameters={
        "accept_registered_partners": Parameter(
            why="a managed service provider may administer under a business associate agreement; false is stricter", looser="true"
        ),
    },
    crosswalk={"maester": "MT.1025", "nist_800_53": ["AC-6", "PS-7"]},
    seeds=("A3b-1", "S7"),
    examples=(
        passes(role_assignments=[{"principalId": A}], users=[{"id": A}]),
        passes(
            "all zeros is no organisation",
            role_assignments=[{"principalId": A, "principalOrganizationId": "00000000-0000-0000-0000-000000000000"}],
            users=[{"id": A}],
        ),
        passes("no organisation stated", role_assignments=[{"principalId": A, "principalOrganizationId": None}], users=[{"id": A}]),
        passes(
            "a guest may hold a role without privilege",
            role_assignments=[{"principalId": A}, {"principalId": B, "roleDefinitionId": "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"}],
            users=[{"id": A}, GUEST],
        ),
        passes(
            "a registered provider",
            role_assignments=[{"principalId": A}, FROM_PROVIDER],
            users=[{"id": A}],
            statement_business_associate_register={"details": {"entries": [ENTRY]}},
        ),
        fails(role_assignments=[{"principalId": A}, {"principalId": B, "roleDefinitionId": USER_ADMINISTRATOR}], users=[{"id": A}, GUEST]),
        fails("an invited user of the member type", role_assignments=[{"principalId": B}], users=[{**GUEST, "userType": "Member"}]),
        fails("a guest who was invited long ago", role_assignments=[{"principalId": B}], users=[{**GUEST, "creationType": None}]),
        fails(
            "a disabled guest keeps the role for the day that somebody enables him",
            role_assignments=[{"principalId": B}],
            users=[{**GUEST, "accountEnabled": False}],
        ),
        fails(
            "a guest through a group",
            role_assignments=[{"principalId": TEAM, "principal": {"@odata.type": "#microsoft.graph.group"}}],
            referenced_group_members=[{"id": TEAM, "memberIds": [A, B]}],
            users=[{"id": A}, GUEST],
        ),
        fails(
            "a guest who may turn the role on",
            role_assignments=[{"principalId": A}],
            pim_eligible_assignments=[{"principalId": B}],
            users=[{"id": A}, GUEST],
        ),
        fails("a provider that is not registered", role_assignments=[{"principalId": A}, FROM_PROVIDER], users=[{"id": A}]),
        fails(
            "an agreement that has ended",
            role_assignments=[{"principalId": A}, FROM_PROVIDER],
            users=[{"id": A}],
            statement_business_associate_register={"details": {"entries": [{**ENTRY, "baa_until": "2026-10-01"}]}},
        ),
        fails(
            "the operator accepts no provider",
            parameters={"accept_registered_partners": False},
            role_assignments=[{"principalId": A}, FROM_PROVIDER],
            users=[{"id": A}],
            statement_business_associate_register={"details": {"entries": [ENTRY]}},
        ),
        stays_unknown(role_assignments=Unreadable("not_permitted"), users=[{"id": A}]),
        stays_unknown("a kind of user that is not stated", role_assignments=[{"principalId": A}], users=[{"id": A, "userType": ABSENT}]),
        stays_unknown("nobody holds a role", role_assignments=[], users=[{"id": A}]),
        stays_unknown("a holder who is not among the users", role_assignments=[{"principalId": B}], users=[{"id": A}]),
    ),
)
def no_outsider_holds_a_privileged_role(
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    pim_eligible_assignments: tuple[EligibleAssignment, ...],
    pim_group_assignments: GroupSchedules,
    referenced_group_members: ReferencedGroups,
    users: Users,
    organization: Organization,
    statement_business_associate_register: BusinessAssociateRegister | None,
    at: datetime,
    *,
    accept_registered_partners: bool = True,
) -> Verdict:
    """Power over ePHI must lie with the own workforce or a contracted business associate.

    No guest or invited user holds a privileged role or may turn one on, enabled or not, and no principal of another organisation does, unless that organisation is
    a registered business associate and `accept_registered_partners` allows it.
    """
    templates = template_ids(role_definitions)

    def is_own_or_registered(row: RoleAssignment) -> bool:
        tenant = foreign_tenant(row, organization)
        if tenant is None or templates.of(row.role_definition_id) not in PRIVILEGED:
            return True
        return accept_registered_partners and is_registered(statement_business_associate_register, tenant, at)

    foreign = sort(role_assignments, is_own_or_registered)
    inside = [row for row in role_assignments if row not in foreign.unclear and foreign_tenant(row, organization) is None]
    holdings = all_holdings(inside, pim_eligible_assignments, pim_group_assignments, role_definitions, referenced_group_members).of(privileged())
    if foreign.bad:
        return failed(
            f"{len(foreign.bad)} privileged roles are held from organisations that are no registered business associates",
            (row.principal_id for row in foreign.bad),
            looked_at=foreign.looked_at,
            tenants=sorted({row.principal_organization_id for row in foreign.bad}),
        )
    piles = sort_people(administrators(holdings, users), holdings, _is_inside)
    if foreign.unclear and not piles.bad:
        raise foreign.doubts[0]
    return piles.every(good="privileged roles are held by the own workforce", bad="outsiders hold privileged roles", empty=nobody())


def _is_inside(person: Administrator) -> bool:
    return person.account.user_type != "Guest" and person.account.creation_type != "Invitation"
