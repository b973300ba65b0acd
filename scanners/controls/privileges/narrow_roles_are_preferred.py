from scanners.administrators import administrators, enabled, nobody, sort_people
from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.pim_eligible_assignments import EligibleAssignment
from scanners.facts.pim_group_assignments import GroupSchedules
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.users import Users
from scanners.model import Parameter, Verdict, failed, not_applicable, passed
from scanners.people import emergency_accounts, exempt_accounts
from scanners.reading import Json
from scanners.roles import GLOBAL_ADMINISTRATOR, active_holdings, all_holdings, privileged
from scanners.three_valued import sort

SMALL = 25  # enabled members; a practice of this size has no work for two administrators
EXCHANGE = "29232cdf-9323-42fd-ade2-1d097af3e4de"
P = [f"aaaaaaaa-0000-4000-8000-0000000001{n}" for n in range(10, 40)]
STAFF = [{"id": each} for each in P]


def held(*people: str, role: str = GLOBAL_ADMINISTRATOR) -> list[Json]:
    return [{"principalId": each, "roleDefinitionId": role} for each in people]


@control(
    title="Administrators hold narrow roles rather than Global Administrator",
    cites=("164.308(a)(4)(ii)(B)", "164.502(b)"),
    severity="low",
    designation="addressable",
    fix="Entra admin center > Roles and admins > assign Exchange, SharePoint, Teams, User or Helpdesk Administrator instead of Global Administrator",
    parameters={
        "max_ratio": Parameter(why="Global Administrators for each holder of another privileged role", unit="ratio", low=0.1, high=2, looser="higher")
    },
    crosswalk={"scuba": "MS.AAD.7.2v1", "maester": "CISA.MS.AAD.7.2", "nist_800_53": ["AC-6"]},
    seeds=("A3b-1", "A5a", "B12"),
    examples=(
        passes(role_assignments=[*held(*P[:2]), *held(*P[2:7], role=EXCHANGE)], users=STAFF),
        passes("who holds both is a Global Administrator once", role_assignments=[*held(*P[:2]), *held(*P[1:4], role=EXCHANGE)], users=STAFF),
        passes(
            "emergency accounts are apart",
            role_assignments=[*held(*P[:3]), *held(P[3], role=EXCHANGE)],
            statement_emergency_accounts={"details": {"accounts": [{"object_id": P[0]}, {"object_id": P[1]}]}},
            users=STAFF,
        ),
        fails(role_assignments=[*held(*P[:4]), *held(P[4], role=EXCHANGE)], users=STAFF),
        fails("nobody holds another role", role_assignments=held(*P[:2]), users=STAFF),
        fails("who holds both is not counted on the other side", role_assignments=[*held(*P[:2]), *held(*P[:2], role=EXCHANGE)], users=STAFF),
        does_not_apply("a small practice", role_assignments=held(*P[:2]), users=STAFF[:24]),
        stays_unknown(role_assignments=Unreadable("not_permitted"), users=STAFF),
        stays_unknown("nobody holds a role at all", role_assignments=[], users=STAFF),
        stays_unknown(
            "an account that may be disabled",
            role_assignments=[*held(*P[:2]), *held(*P[2:4], role=EXCHANGE)],
            users=[*STAFF[:3], {"id": P[3], "accountEnabled": ABSENT}, *STAFF[4:]],
        ),
    ),
)
def narrow_roles_are_preferred(
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    pim_eligible_assignments: tuple[EligibleAssignment, ...],
    pim_group_assignments: GroupSchedules,
    referenced_group_members: ReferencedGroups,
    users: Users,
    statement_emergency_accounts: EmergencyAccounts | None,
    *,
    max_ratio: float = 1.0,
) -> Verdict:
    """Minimum necessary applies to administrators as well.

    For each person who holds another privileged role and is no Global Administrator there are at most `max_ratio` Global Administrators. A tenant with fewer than 25
    enabled members is too small to divide the work.
    """
    members = sort(users.value, lambda user: user.account_enabled and user.user_type != "Guest")
    if len(members.good) + len(members.unclear) < SMALL and members.looked_at:
        return not_applicable(f"the tenant has fewer than {SMALL} enabled members", members=len(members.good))
    now = active_holdings(role_assignments, role_definitions, referenced_group_members)
    exempt = exempt_accounts(emergency_accounts(statement_emergency_accounts), now)
    every = all_holdings(role_assignments, pim_eligible_assignments, pim_group_assignments, role_definitions, referenced_group_members)
    holdings = every.of(privileged())
    people = [person for person in enabled(administrators(holdings, users)) if person.id not in exempt]
    piles = sort_people(people, holdings, lambda person: person.account.account_enabled)
    holdings.refuse_doubts()
    if piles.unclear:
        raise piles.doubts[0]
    rulers = [person for person in piles.good if any(h.role == GLOBAL_ADMINISTRATOR for h in person.holdings)]
    others = len(piles.good) - len(rulers)
    if not piles.good or not any(holding.role == GLOBAL_ADMINISTRATOR for holding in holdings.known):
        raise nobody()
    because = f"{len(rulers)} Global Administrators against {others} holders of narrower roles"
    conclude = failed if len(rulers) > max_ratio * others else passed
    return conclude(because, (person.id for person in rulers), looked_at=len(piles.good), most=max_ratio)
