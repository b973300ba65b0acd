from datetime import timedelta

from scanners.administrators import nobody
from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.pim_active_assignments import ActiveAssignment
from scanners.facts.pim_group_assignments import GroupSchedules
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.subscribed_skus import SubscribedSku
from scanners.model import Parameter, Verdict
from scanners.people import emergency_accounts, exempt_accounts
from scanners.permissions import AAD_PREMIUM_P2, ENTRA_IDENTITY_GOVERNANCE
from scanners.plans import require_plan
from scanners.roles import GROUP, PRIVILEGED, USER, active_holdings, members_of, no_roles, template_ids
from scanners.three_valued import sort

EXCHANGE = "29232cdf-9323-42fd-ade2-1d097af3e4de"
A, E1, TEAM = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-0000000000e1", "cccccccc-0000-4000-8000-000000000001"
UNTIL_NOON = {"assignmentType": "Activated", "startDateTime": "2026-11-24T04:00:00Z", "endDateTime": "2026-11-24T12:00:00Z"}
HELD_BY_GROUP = {"principalId": TEAM, "principal": {"@odata.type": "#microsoft.graph.group", "id": TEAM}}
MEMBER = [{"id": TEAM, "memberIds": [A]}]


@control(
    title="Privileged roles are activated for a limited time, not held permanently",
    cites=("164.308(a)(4)(ii)(B)", "164.308(a)(4)(ii)(C)", "164.312(a)(1)"),
    severity="high",
    designation="addressable",
    fix="Entra admin center > Identity Governance > Privileged Identity Management > Microsoft Entra roles > Assignments > convert active assignments to eligible ones",
    plan="Microsoft Entra ID P2 or Governance",
    parameters={
        "max_assignment_days": Parameter(
            why="an assignment for the length of a project is no standing access; one for a year is", unit="days", low=1, high=365, looser="higher"
        ),
        "roles": Parameter(why="some baselines stop at the highest roles", unit="role ids", among=tuple(PRIVILEGED)),
    },
    crosswalk={
        "cis_m365_v7": "5.3.1",
        "scuba": "MS.AAD.7.4v1, MS.AAD.7.5v1",
        "maester": "MT.1031, CISA.MS.AAD.7.4",
        "nist_800_53": ["AC-2(7)", "AC-6"],
    },
    seeds=("A3b-1", "S7", "S23"),
    proposed_rule="164.308(a)(10)",
    examples=(
        passes("a role that was turned on is what was asked for", pim_active_assignments=[UNTIL_NOON]),
        passes("for a project", pim_active_assignments=[{"startDateTime": "2026-11-01T00:00:00Z", "endDateTime": "2027-01-15T00:00:00Z"}]),
        passes(
            "an emergency account must work when nothing else does",
            pim_active_assignments=[{"principalId": E1}, UNTIL_NOON],
            statement_emergency_accounts={"details": {"accounts": [{"object_id": E1}]}},
        ),
        passes(
            "applications are judged by their own controls",
            pim_active_assignments=[{"principal": {"@odata.type": "#microsoft.graph.servicePrincipal"}}],
        ),
        passes("a role without privilege", pim_active_assignments=[{"roleDefinitionId": "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"}]),
        passes(
            "a group whose members join for a while",
            pim_active_assignments=[HELD_BY_GROUP],
            referenced_group_members=MEMBER,
            pim_group_assignments={
                "eligible": [{"groupId": TEAM, "principalId": A}],
                "assigned": [{"groupId": TEAM, "principalId": A, "assignmentType": "activated", "endDateTime": "2026-11-24T12:00:00Z"}],
            },
        ),
        passes("a group without members", pim_active_assignments=[HELD_BY_GROUP], referenced_group_members=[{"id": TEAM, "memberIds": []}]),
        fails("for ever", pim_active_assignments=[{"roleDefinitionId": EXCHANGE}]),
        fails("for a year", pim_active_assignments=[{"startDateTime": "2026-06-01T00:00:00Z", "endDateTime": "2027-06-01T00:00:00Z"}]),
        fails("over an administrative unit", pim_active_assignments=[{"directoryScopeId": "/administrativeUnits/au1"}]),
        fails("a group with permanent members", pim_active_assignments=[HELD_BY_GROUP], referenced_group_members=MEMBER),
        fails(
            "a member who is eligible and assigned as well",
            pim_active_assignments=[HELD_BY_GROUP],
            referenced_group_members=MEMBER,
            pim_group_assignments={
                "eligible": [{"groupId": TEAM, "principalId": A}],
                "assigned": [{"groupId": TEAM, "principalId": A, "assignmentType": "assigned"}],
            },
        ),
        fails("an expired register exempts nobody", pim_active_assignments=[{"principalId": E1}], statement_emergency_accounts=None),
        stays_unknown("without the plan", pim_active_assignments=Unreadable("not_licensed"), subscribed_skus=[]),
        stays_unknown("nobody at all is no reading", pim_active_assignments=[]),
        stays_unknown("holders of whom nothing is said", pim_active_assignments=[{"principal": None}]),
        stays_unknown("an end that is not stated is not soon", pim_active_assignments=[{**UNTIL_NOON, "assignmentType": ABSENT}]),
        stays_unknown("hidden members", pim_active_assignments=[HELD_BY_GROUP], referenced_group_members=[{"id": TEAM, "readable": False}]),
    ),
)
def privileged_roles_are_active_only_when_needed(
    pim_active_assignments: tuple[ActiveAssignment, ...],
    pim_group_assignments: GroupSchedules,
    referenced_group_members: ReferencedGroups,
    role_definitions: tuple[RoleDefinition, ...],
    statement_emergency_accounts: EmergencyAccounts | None,
    subscribed_skus: tuple[SubscribedSku, ...],
    role_assignments: tuple[RoleAssignment, ...],
    *,
    max_assignment_days: int = 90,
    roles: tuple[str, ...] = tuple(PRIVILEGED),
) -> Verdict:
    """A role that is off cannot be abused by whoever steals the account.

    No person holds a privileged role for ever or for more than `max_assignment_days`, directly or as a permanent member of a group. Roles that were turned on for
    a while, emergency accounts and the accounts of directory synchronisation are left out.
    """
    require_plan(subscribed_skus, AAD_PREMIUM_P2, ENTRA_IDENTITY_GOVERNANCE)
    if all("principal" not in row.faults and row.principal is None for row in pim_active_assignments):
        raise nobody()
    templates, wanted = template_ids(role_definitions), {role.lower() for role in roles}
    if not wanted:
        raise no_roles()
    exempt = exempt_accounts(
        emergency_accounts(statement_emergency_accounts), active_holdings(role_assignments, role_definitions, referenced_group_members)
    )

    def is_not_standing(row: ActiveAssignment) -> bool:
        if row.assignment_type == "Activated" or templates.of(row.role_definition_id) not in wanted or _ends(row, max_assignment_days):
            return True
        return all(person.lower() in exempt for person in _people(row, referenced_group_members, pim_group_assignments))

    return sort(pim_active_assignments, is_not_standing).every(
        good="no privileged role is held without need",
        bad="privileged roles are held permanently",
        empty=nobody(),
        name=lambda row: row.principal_id,
        limit_days=max_assignment_days,
    )


def _ends(row: ActiveAssignment, days: int) -> bool:
    if row.end_date_time is None:
        return False
    if row.start_date_time is None:
        raise Unrecognised("an assignment has an end and no beginning")
    return row.end_date_time - row.start_date_time <= timedelta(days=days)


def _people(row: ActiveAssignment, groups: ReferencedGroups, schedules: GroupSchedules) -> list[str]:
    """The people who hold the role of the row for as long as it lasts; members of a group who only joined for a while do not."""
    kind = row.principal.odata_type if row.principal is not None else None
    if kind == USER:
        return [row.principal_id]
    if kind != GROUP:
        return []  # an application, or a principal that no longer exists
    group = row.principal_id.lower()
    may_join = {each.principal_id.lower() for each in schedules.eligible if each.group_id.lower() == group}
    stay = {each.principal_id.lower() for each in schedules.assigned if each.group_id.lower() == group and each.assignment_type == "assigned"}
    members = members_of({each.id.lower(): each for each in groups.groups}, group)
    return [member for member in members if member.lower() not in may_join or member.lower() in stay]
