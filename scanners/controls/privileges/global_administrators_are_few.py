from scanners.administrators import Administrator, administrators, enabled, sort_people
from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import Unreadable
from scanners.facts.pim_eligible_assignments import EligibleAssignment
from scanners.facts.pim_group_assignments import GroupSchedules
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.users import Users
from scanners.model import Parameter, Verdict, failed, passed
from scanners.people import emergency_accounts
from scanners.roles import GLOBAL_ADMINISTRATOR, Holdings, all_holdings

G = [f"aaaaaaaa-0000-4000-8000-0000000000b{n}" for n in range(9)]
E1, E2 = "aaaaaaaa-0000-4000-8000-0000000000e1", "aaaaaaaa-0000-4000-8000-0000000000e2"
GROUP = "cccccccc-0000-4000-8000-000000000001"
EVERYONE = [{"id": each} for each in (*G, E1, E2)]
HELD_BY_GROUP = {"principalId": GROUP, "principal": {"@odata.type": "#microsoft.graph.group", "id": GROUP}}
HELD_BY_APPLICATION = {"principalId": "5a5a5a5a-0000-4000-8000-000000000001", "principal": {"@odata.type": "#microsoft.graph.servicePrincipal"}}
ELIGIBLE_GLOBAL = {"principalId": G[3], "roleDefinitionId": GLOBAL_ADMINISTRATOR}


def held(*people: str) -> list[dict[str, str]]:
    return [{"principalId": each} for each in people]


def register(*accounts: str) -> dict[str, object]:
    return {"details": {"accounts": [{"object_id": each} for each in accounts]}}


@control(
    title="Only a few people can be Global Administrator",
    cites=("164.308(a)(4)(i)", "164.312(a)(1)"),
    severity="high",
    designation="standard",
    fix="Entra admin center > Roles and admins > Global Administrator > remove assignments, or replace them by narrower roles",
    plan="any; who may turn the role on can be told with Microsoft Entra ID P2 or Governance only, and without it nobody may",
    parameters={
        "minimum": Parameter(why="one person can be ill or leave", unit="people", low=1, high=4, looser="lower"),
        "maximum": Parameter(why="other baselines accept up to eight", unit="people", low=2, high=8, looser="higher"),
        "count_emergency": Parameter(why="emergency accounts are counted apart, because they are locked away", looser="false"),
    },
    crosswalk={
        "cis_m365_v7": "1.1.3",
        "scuba": "MS.AAD.7.1v1",
        "prowler": "admincenter_users_between_two_and_four_global_admins",
        "maester": "MT.1032",
        "nist_800_53": ["AC-6", "AC-2"],
    },
    seeds=("A3b-1", "S7"),
    examples=(
        passes(role_assignments=held(G[1], G[2]), pim_eligible_assignments=[ELIGIBLE_GLOBAL], users=EVERYONE),
        passes(
            "a small practice with one daily administrator and two emergency accounts",
            role_assignments=held(G[1], E1, E2),
            users=EVERYONE,
            statement_emergency_accounts=register(E1, E2),
        ),
        passes(
            "the same person twice is one person", role_assignments=held(*G[1:5], G[1]), pim_eligible_assignments=[ELIGIBLE_GLOBAL], users=EVERYONE
        ),
        passes("an application is not a person", role_assignments=[*held(*G[1:5]), HELD_BY_APPLICATION], users=EVERYONE),
        passes("a disabled account is not counted", role_assignments=held(*G[1:6]), users=[*EVERYONE[:5], {"id": G[5], "accountEnabled": False}]),
        passes(
            "another role, or one over a part of the tenant, is not this role",
            role_assignments=[*held(*G[1:5]), {"principalId": G[5], "directoryScopeId": "/administrativeUnits/au1"}],
            users=EVERYONE,
        ),
        passes(
            "a group is replaced by its two members",
            role_assignments=[HELD_BY_GROUP],
            referenced_group_members=[{"id": GROUP, "memberIds": G[:2]}],
            users=EVERYONE,
        ),
        fails(role_assignments=held(G[1]), users=EVERYONE),
        fails(role_assignments=held(*G[1:6]), users=EVERYONE),
        fails(
            "a group is not one person",
            role_assignments=[HELD_BY_GROUP],
            referenced_group_members=[{"id": GROUP, "memberIds": G[:5]}],
            users=EVERYONE,
        ),
        fails(
            "who may turn the role on counts as well",
            role_assignments=held(G[1], G[2], G[4], G[5]),
            pim_eligible_assignments=[ELIGIBLE_GLOBAL],
            users=EVERYONE,
        ),
        fails(
            "who may join a group that holds the role counts as well",
            role_assignments=[HELD_BY_GROUP, *held(*G[1:5])],
            referenced_group_members=[{"id": GROUP, "memberIds": []}],
            pim_group_assignments={"eligible": [{"groupId": GROUP, "principalId": G[6], "accessId": "owner"}]},
            users=EVERYONE,
        ),
        fails("without a register all accounts count", role_assignments=held(*G[1:4], E1, E2), users=EVERYONE, statement_emergency_accounts=None),
        fails("a long register exempts nobody", role_assignments=held(*G[1:8]), users=EVERYONE, statement_emergency_accounts=register(*G[1:8])),
        fails(
            "an emergency account does not make room for a fifth daily administrator",
            role_assignments=held(*G[1:6], E1),
            users=EVERYONE,
            statement_emergency_accounts=register(E1),
        ),
        fails(
            "emergency accounts are counted where the operator wants it",
            parameters={"count_emergency": True},
            role_assignments=held(*G[1:4], E1, E2),
            users=EVERYONE,
            statement_emergency_accounts=register(E1, E2),
        ),
        stays_unknown(
            "a group whose members are hidden may hold anybody",
            role_assignments=[*held(G[1], G[2]), HELD_BY_GROUP],
            referenced_group_members=[{"id": GROUP, "readable": False}],
            users=EVERYONE,
        ),
        stays_unknown(
            "a holder who is not among the users may be the one too many",
            role_assignments=held(*G[1:5], "aaaaaaaa-0000-4000-8000-0000000000ff"),
            users=EVERYONE,
        ),
        stays_unknown(role_assignments=Unreadable("not_permitted"), users=EVERYONE),
        stays_unknown(
            "eligibility that could not be read is not nobody",
            role_assignments=held(*G[1:5]),
            pim_eligible_assignments=Unreadable("not_permitted"),
            users=EVERYONE,
        ),
    ),
)
def global_administrators_are_few(
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    pim_eligible_assignments: tuple[EligibleAssignment, ...],
    pim_group_assignments: GroupSchedules,
    referenced_group_members: ReferencedGroups,
    users: Users,
    statement_emergency_accounts: EmergencyAccounts | None,
    *,
    minimum: int = 2,
    maximum: int = 4,
    count_emergency: bool = False,
) -> Verdict:
    """Each Global Administrator can open all ePHI and switch off every safeguard.

    Of the enabled people who hold the role over the whole tenant or may turn it on, alone or through groups, there are at least `minimum` with the emergency
    accounts counted, and at most `maximum` without them (with them where `count_emergency` says so).
    """
    every = all_holdings(role_assignments, pim_eligible_assignments, pim_group_assignments, role_definitions, referenced_group_members)
    holdings = every.of({GLOBAL_ADMINISTRATOR}, tenant_wide=True)
    emergency = emergency_accounts(statement_emergency_accounts)
    people = sort_people(enabled(administrators(holdings, users)), Holdings((), ()), lambda person: person.account.account_enabled)
    limited = [p for p in people.good if count_emergency or p.id not in emergency]
    possible = [p for p in people.unclear if count_emergency or p.id not in emergency]
    ids = [person.id for person in people.good]
    observed = {**_counts(people.good, emergency), "limited_to": f"{minimum} to {maximum}", "unclear": len(people.unclear)}
    if len(limited) > maximum:
        return failed(f"{len(limited)} people can be Global Administrator, more than {maximum}", ids, **observed)
    if len(limited) + len(possible) > maximum or holdings.doubts:
        holdings.refuse_doubts()
        raise people.doubts[0]
    if len(people.good) + len(people.unclear) < minimum:
        return failed(f"{len(people.good)} people can be Global Administrator, fewer than {minimum}", ids, **observed)
    if len(people.good) < minimum:
        raise people.doubts[0]
    return passed(f"{len(limited)} people can be Global Administrator", ids, **observed)


def _counts(people: tuple[Administrator, ...], emergency: frozenset[str]) -> dict[str, int]:
    return {
        "people": len(people),
        "active": sum(person.active for person in people),
        "eligible_only": sum(not person.active for person in people),
        "through_groups": sum(any(h.through for h in person.holdings) for person in people),
        "emergency": sum(person.id in emergency for person in people),
    }
