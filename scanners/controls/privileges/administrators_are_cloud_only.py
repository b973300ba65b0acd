from scanners.administrators import Administrator, administrators, enabled, nobody, sort_people
from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.pim_eligible_assignments import EligibleAssignment
from scanners.facts.pim_group_assignments import GroupSchedules
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.users import Users
from scanners.model import Verdict, not_applicable
from scanners.roles import all_holdings, privileged
from scanners.three_valued import sort

A, B, SYNCED = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002", {"onPremisesSyncEnabled": True}
TEAM = "cccccccc-0000-4000-8000-000000000001"
SYNCED_STAFF = {"id": B, **SYNCED}


@control(
    title="Administrator accounts are not synchronised from an on-premises directory",
    cites=("164.308(a)(4)(i)", "164.312(a)(1)"),
    severity="high",
    designation="standard",
    fix="Microsoft 365 admin center > Users > Active users > Add a user: create separate cloud-only administrator accounts, then move the roles to them",
    crosswalk={
        "cis_m365_v7": "1.1.1",
        "scuba": "MS.AAD.7.3v1",
        "prowler": "entra_admin_users_cloud_only",
        "maester": "MT.1026, CIS.M365.1.1.1",
        "nist_800_53": ["AC-2", "AC-6"],
    },
    seeds=("A3b-1",),
    proposed_rule="164.312(a)(2)(ii)",
    examples=(
        passes(role_assignments=[{"principalId": A}], users=[{"id": A}, SYNCED_STAFF]),
        passes(
            "synchronised once is not synchronised now",
            role_assignments=[{"principalId": A}],
            users=[{"id": A, "onPremisesSyncEnabled": False}, SYNCED_STAFF],
        ),
        passes(
            "a disabled holder cannot sign in",
            role_assignments=[{"principalId": A}, {"principalId": B}],
            users=[{"id": A}, {**SYNCED_STAFF, "accountEnabled": False}],
        ),
        passes(
            "the account of directory synchronisation itself",
            role_assignments=[{"principalId": A}, {"principalId": B, "roleDefinitionId": "d29b2b05-8046-44ba-8758-1e26182fcf32"}],
            users=[{"id": A}, SYNCED_STAFF],
        ),
        fails(role_assignments=[{"principalId": A}], users=[{"id": A, **SYNCED}]),
        fails(
            "a holder through a synchronised group",
            role_assignments=[{"principalId": TEAM, "principal": {"@odata.type": "#microsoft.graph.group"}}],
            referenced_group_members=[{"id": TEAM, "memberIds": [B]}],
            users=[{"id": A}, SYNCED_STAFF],
        ),
        fails(
            "who may turn a role on",
            role_assignments=[{"principalId": A}],
            pim_eligible_assignments=[{"principalId": B}],
            users=[{"id": A}, SYNCED_STAFF],
        ),
        does_not_apply("nothing is synchronised", role_assignments=[{"principalId": A}], users=[{"id": A}]),
        stays_unknown(role_assignments=[{"principalId": A}], users=Unreadable("unreachable")),
        stays_unknown("nobody holds a role", role_assignments=[], users=[{"id": A}, SYNCED_STAFF]),
        stays_unknown(
            "not stated is not no", role_assignments=[{"principalId": A}], users=[{"id": A, "onPremisesSyncEnabled": ABSENT}, SYNCED_STAFF]
        ),
        stays_unknown(
            "a group that could not be read",
            role_assignments=[{"principalId": A}, {"principalId": TEAM, "principal": {"@odata.type": "#microsoft.graph.group"}}],
            users=[{"id": A}, SYNCED_STAFF],
        ),
    ),
)
def administrators_are_cloud_only(
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    pim_eligible_assignments: tuple[EligibleAssignment, ...],
    pim_group_assignments: GroupSchedules,
    referenced_group_members: ReferencedGroups,
    users: Users,
) -> Verdict:
    """A break-in on the local network must not become control over all cloud ePHI.

    No enabled person who holds a privileged role, or may turn one on, has an account that is synchronised from an on-premises directory.
    """
    synced = sort(users.value, lambda user: user.on_premises_sync_enabled is True)
    if synced.looked_at and not synced.good and not synced.unclear:
        return not_applicable("no account is synchronised from an on-premises directory", looked_at=synced.looked_at)
    holdings = all_holdings(role_assignments, pim_eligible_assignments, pim_group_assignments, role_definitions, referenced_group_members).of(
        privileged()
    )

    def is_cloud_only(person: Administrator) -> bool:
        return not (person.account.account_enabled and person.account.on_premises_sync_enabled is True)

    piles = sort_people(enabled(administrators(holdings, users)), holdings, is_cloud_only)
    return piles.every(
        good="administrators have cloud-only accounts",
        bad="administrators sign in with synchronised accounts",
        empty=nobody(),
        synchronised=len(synced.good),
    )
