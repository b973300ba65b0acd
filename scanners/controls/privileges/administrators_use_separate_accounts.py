from scanners.administrators import Administrator, administrators, enabled, nobody, sort_people
from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.pim_eligible_assignments import EligibleAssignment
from scanners.facts.pim_group_assignments import GroupSchedules
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.users import Users
from scanners.model import Parameter, Verdict
from scanners.reading import Json
from scanners.roles import HIGHEST, PRIVILEGED, all_holdings, no_roles
from scanners.workloads import MAILBOX_PLANS, TEAMS

FILES = frozenset({"5dbe027f-2339-4123-9542-606e4d348a72", "c7699d2e-19aa-44de-8edf-1736da088ca1"})  # SharePoint Plan 2 and Plan 1
DAILY_WORK = MAILBOX_PLANS | {TEAMS} | FILES
WORKLOAD_ADMINISTRATORS = (
    "194ae4cb-b126-40b2-bd5b-6091b380977d",  # Security Administrator
    "29232cdf-9323-42fd-ade2-1d097af3e4de",  # Exchange Administrator
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c",  # SharePoint Administrator
    "69091246-20e8-4a56-aa4d-066075b2a7a8",  # Teams Administrator
)
A, B = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
MAILBOX, ENTRA_P2 = "efb87545-963c-4e0d-99df-69c6916d9eb0", "eec0eb4f-6444-4f95-aba0-50c24d67f998"
HELPDESK = "729827e3-9c14-49f7-bb1b-9608f156bbb8"


def account(plan: str, status: str = "Enabled", who: str = A) -> Json:
    return {"id": who, "assignedPlans": [{"servicePlanId": plan, "service": "x", "capabilityStatus": status}]}


@control(
    title="Administrator accounts carry no mailbox, Teams or file licence",
    cites=("164.308(a)(4)(i)", "164.312(a)(1)"),
    severity="medium",
    designation="standard",
    fix="Microsoft 365 admin center > Users > Active users > the administrator > Licenses and apps: use a second account, without a mailbox, for administration",
    parameters={"roles": Parameter(why="a small practice cannot split every role", unit="role ids", among=tuple(PRIVILEGED))},
    crosswalk={
        "cis_m365_v7": "1.1.4",
        "prowler": "admincenter_users_admins_reduced_license_footprint",
        "maester": "MT.1028",
        "nist_800_53": ["AC-6(2)"],
    },
    seeds=("A3b-1",),
    proposed_rule="164.312(a)(2)(ii)",
    examples=(
        passes("a licence for administration is fine", role_assignments=[{"principalId": A}], users=[account(ENTRA_P2)]),
        passes("no plan at all", role_assignments=[{"principalId": A}], users=[{"id": A}]),
        passes("a plan that was taken away", role_assignments=[{"principalId": A}], users=[account(MAILBOX, "Deleted")]),
        passes(
            "a narrow role may go with daily work",
            role_assignments=[{"principalId": A}, {"principalId": B, "roleDefinitionId": HELPDESK}],
            users=[{"id": A}, account(MAILBOX, who=B)],
        ),
        fails(role_assignments=[{"principalId": A}], users=[account(MAILBOX)]),
        fails("Teams", role_assignments=[{"principalId": A}], users=[account(TEAMS.upper())]),
        fails("files", role_assignments=[{"principalId": A}], users=[account(min(FILES), "Warning")]),
        fails(
            "who may turn the role on",
            role_assignments=[{"principalId": A}],
            pim_eligible_assignments=[{"principalId": B}],
            users=[{"id": A}, account(MAILBOX, who=B)],
        ),
        stays_unknown(role_assignments=[{"principalId": A}], users=Unreadable("unreachable")),
        stays_unknown("a state that this version does not know", role_assignments=[{"principalId": A}], users=[account(MAILBOX, "Resting")]),
        stays_unknown("plans that are not stated", role_assignments=[{"principalId": A}], users=[{"id": A, "assignedPlans": ABSENT}]),
        stays_unknown("nobody holds a role", role_assignments=[], users=[{"id": A}]),
    ),
)
def administrators_use_separate_accounts(
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    pim_eligible_assignments: tuple[EligibleAssignment, ...],
    pim_group_assignments: GroupSchedules,
    referenced_group_members: ReferencedGroups,
    users: Users,
    *,
    roles: tuple[str, ...] = (*HIGHEST, *WORKLOAD_ADMINISTRATORS),
) -> Verdict:
    """Mail and chat are the way in for attacks and do not belong on the account that holds power.

    No enabled person who holds one of `roles`, or may turn it on, has a plan for a mailbox, for Teams or for SharePoint on the same account.
    """
    if not roles:
        raise no_roles()
    every = all_holdings(role_assignments, pim_eligible_assignments, pim_group_assignments, role_definitions, referenced_group_members)
    holdings = every.of(role.lower() for role in roles)

    def is_for_administration_only(person: Administrator) -> bool:
        plans = person.account.assigned_plans
        working = any(plan.service_plan_id.lower() in DAILY_WORK and plan.capability_status in {"Enabled", "Warning"} for plan in plans)
        return not (person.account.account_enabled and working)

    piles = sort_people(enabled(administrators(holdings, users)), holdings, is_for_administration_only)
    return piles.every(
        good="administrators have accounts of their own for it", bad="administrators read mail, chat or files with the same account", empty=nobody()
    )
