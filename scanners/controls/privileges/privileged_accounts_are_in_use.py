from datetime import datetime, timedelta

from scanners.administrators import Administrator, administrators, nobody, sort_people
from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.pim_eligible_assignments import EligibleAssignment
from scanners.facts.pim_group_assignments import GroupSchedules
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.users import Users
from scanners.model import Parameter, Verdict
from scanners.people import emergency_accounts, exempt_accounts, idle_time, require_activity
from scanners.roles import active_holdings, all_holdings, privileged

A, B, E1 = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002", "aaaaaaaa-0000-4000-8000-0000000000e1"
HELD = [{"principalId": A}]
IDLE = {"signInActivity": {"lastSuccessfulSignInDateTime": "2026-09-01T00:00:00Z", "lastSignInDateTime": "2026-11-23T00:00:00Z"}}


@control(
    title="Privileged accounts that are not used lose their role",
    cites=("164.308(a)(3)(ii)(C)", "164.308(a)(4)(ii)(C)"),
    severity="medium",
    designation="addressable",
    kind="activity",
    fix="Entra admin center > Roles and admins > the role > Assignments > remove the assignment",
    plan="Microsoft Entra ID P1",
    parameters={
        "max_idle_days": Parameter(
            why="how often an administrator must work is the organisation's policy", unit="days", low=7, high=180, looser="higher"
        )
    },
    crosswalk={"maester": "MT.1029", "nist_800_53": ["AC-2(3)"]},
    seeds=("A3b-1", "B12"),
    proposed_rule="164.308(a)(9)(ii)(C)",
    examples=(
        passes(role_assignments=HELD, users=[{"id": A}]),
        passes("a new account", role_assignments=HELD, users=[{"id": A, "createdDateTime": "2026-11-10T00:00:00Z", "signInActivity": None}]),
        passes(
            "an emergency account is meant to lie still",
            role_assignments=[*HELD, {"principalId": E1}],
            users=[{"id": A}, {"id": E1, **IDLE}],
            statement_emergency_accounts={"details": {"accounts": [{"object_id": E1}]}},
        ),
        passes("others may rest", role_assignments=HELD, users=[{"id": A}, {"id": B, **IDLE}]),
        fails("a disabled account keeps a role", role_assignments=HELD, users=[{"id": A, "accountEnabled": False}]),
        fails("failed attempts keep another date fresh", role_assignments=HELD, users=[{"id": A, **IDLE}]),
        fails("never used", role_assignments=HELD, users=[{"id": A, "signInActivity": None}]),
        fails("who may turn a role on", role_assignments=HELD, pim_eligible_assignments=[{"principalId": B}], users=[{"id": A}, {"id": B, **IDLE}]),
        stays_unknown("without the plan the directory does not say it", role_assignments=HELD, users={"signInActivityRead": False}),
        stays_unknown(role_assignments=Unreadable("not_permitted"), users=[{"id": A}]),
        stays_unknown("a state that is not stated", role_assignments=HELD, users=[{"id": A, "accountEnabled": ABSENT}]),
        stays_unknown("nobody holds a role", role_assignments=[], users=[{"id": A}]),
    ),
)
def privileged_accounts_are_in_use(
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    pim_eligible_assignments: tuple[EligibleAssignment, ...],
    pim_group_assignments: GroupSchedules,
    referenced_group_members: ReferencedGroups,
    users: Users,
    statement_emergency_accounts: EmergencyAccounts | None,
    at: datetime,
    *,
    max_idle_days: int = 45,
) -> Verdict:
    """An idle powerful account is watched by no one.

    Every person who holds a privileged role, or may turn one on, has an enabled account that signed in successfully within `max_idle_days` or is newer. Emergency
    accounts and the accounts of directory synchronisation are left out.
    """
    require_activity(users)
    now = active_holdings(role_assignments, role_definitions, referenced_group_members)
    exempt = exempt_accounts(emergency_accounts(statement_emergency_accounts), now)
    holdings = all_holdings(role_assignments, pim_eligible_assignments, pim_group_assignments, role_definitions, referenced_group_members).of(
        privileged()
    )

    def is_used(person: Administrator) -> bool:
        return person.account.account_enabled and idle_time(person.account, at) <= timedelta(days=max_idle_days)

    everybody = administrators(holdings, users)
    piles = sort_people((person for person in everybody if person.id not in exempt), holdings, is_used)
    disabled = sum(person.listed is not None and not person.listed.account_enabled for person in piles.bad)
    return piles.every(
        good="privileged accounts are in use",
        bad="privileged accounts are idle or disabled",
        empty=nobody(),
        disabled=disabled,
        limit_days=max_idle_days,
    )
