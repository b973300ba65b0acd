from scanners.conditional_access.rules import in_force, name_of
from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.conditional_access_policies import Policy
from scanners.facts.referenced_group_members import ReferencedGroup, ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.subscribed_skus import SubscribedSku
from scanners.model import Verdict, not_applicable
from scanners.permissions import AAD_PREMIUM
from scanners.plans import require_plan
from scanners.quoting import token
from scanners.roles import active_holdings, hidden, privileged
from scanners.three_valued import Maybe, sort

G, OTHER = "cccccccc-0000-4000-8000-000000000001", "cccccccc-0000-4000-8000-000000000002"
A, B = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
EXCLUDING = [{"conditions.users.excludeGroups": [G]}]


def group(**said: object) -> list[dict[str, object]]:
    return [{"id": G, "isAssignableToRole": False, "isManagementRestricted": None, "membershipRule": None, "ownerIds": [], **said}]


@control(
    title="Groups that exempt people from sign-in rules can be changed only by top administrators",
    cites=("164.308(a)(4)(i)", "164.312(d)"),
    severity="medium",
    designation="standard",
    fix="Entra admin center > Groups > recreate the group as role-assignable, or Administrative units > put it in a restricted management administrative unit; remove owners who hold no privileged role",
    plan="Microsoft Entra ID P1",
    crosswalk={"prowler": "entra_conditional_access_policy_groups_management_restricted", "maester": "MT.1035", "nist_800_53": ["AC-6"]},
    seeds=("A3b-1", "A3b-2"),
    examples=(
        passes(conditional_access_policies=EXCLUDING, referenced_group_members=group(isAssignableToRole=True)),
        passes("in a restricted unit", conditional_access_policies=EXCLUDING, referenced_group_members=group(isManagementRestricted=True)),
        passes(
            "its owner holds a privileged role",
            conditional_access_policies=EXCLUDING,
            referenced_group_members=group(isAssignableToRole=True, ownerIds=[A]),
            role_assignments=[{"principalId": A}],
        ),
        passes(
            "a group that was deleted exempts nobody",
            conditional_access_policies=[{"conditions.users.excludeGroups": [G, OTHER]}],
            referenced_group_members=[*group(isAssignableToRole=True), {"id": OTHER, "exists": False, "isAssignableToRole": None}],
        ),
        passes(
            "a policy that only reports exempts nobody",
            conditional_access_policies=[
                *EXCLUDING,
                {"id": "p2", "state": "enabledForReportingButNotEnforced", "conditions.users.excludeGroups": [OTHER]},
            ],
            referenced_group_members=[*group(isAssignableToRole=True), {"id": OTHER, "isAssignableToRole": False, "isManagementRestricted": None}],
        ),
        fails("any group administrator can change it", conditional_access_policies=EXCLUDING, referenced_group_members=group()),
        fails(
            "a rule lets users change themselves in",
            conditional_access_policies=EXCLUDING,
            referenced_group_members=group(isManagementRestricted=True, membershipRule='user.department -eq "x"'),
        ),
        fails(
            "an ordinary owner can add members",
            conditional_access_policies=EXCLUDING,
            referenced_group_members=group(isAssignableToRole=True, ownerIds=[A, B]),
            role_assignments=[{"principalId": A}],
        ),
        does_not_apply("no policy excludes a group", conditional_access_policies=[{}]),
        stays_unknown(
            "a group that could not be read",
            conditional_access_policies=EXCLUDING,
            referenced_group_members=group(readable=False, isAssignableToRole=None),
        ),
        stays_unknown("a group that was not asked for", conditional_access_policies=EXCLUDING, referenced_group_members=[]),
        stays_unknown("exclusions that are not said", conditional_access_policies=[{"conditions.users.excludeGroups": ABSENT}]),
        stays_unknown(
            "no plan is shown, but a policy is",
            subscribed_skus=[],
            conditional_access_policies=EXCLUDING,
            referenced_group_members=group(isAssignableToRole=True),
        ),
        stays_unknown(conditional_access_policies=Unreadable("not_permitted")),
    ),
)
def groups_that_exempt_users_are_protected(
    conditional_access_policies: tuple[Policy, ...],
    referenced_group_members: ReferencedGroups,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    subscribed_skus: tuple[SubscribedSku, ...],
) -> Verdict:
    """Whoever can edit an exclusion group can switch off the second factor.

    Every group that an enabled policy excludes, and that still exists, is assignable to roles or under restricted management, has no membership rule, and each of its
    owners holds a privileged role now. Not applicable where no enabled policy excludes a group.
    """
    excluded = _excluded_groups(conditional_access_policies)
    if not excluded:
        return not_applicable("no enabled policy excludes a group")
    require_plan(subscribed_skus, AAD_PREMIUM)
    listed = {group.id.lower(): group for group in referenced_group_members.groups}
    holdings = active_holdings(role_assignments, role_definitions, referenced_group_members).of(privileged())
    rulers = frozenset(holding.principal.lower() for holding in holdings.known)

    def protected(identifier: str) -> Maybe:
        if identifier not in listed:
            raise Unrecognised(f"group {token(identifier)} was not read")
        good = _is_protected(listed[identifier], rulers)
        return None if good is False and holdings.doubts and _is_protected(listed[identifier], None) else good

    existing = [each for each in sorted(excluded) if each not in listed or listed[each].exists]
    return sort(existing, protected).every(
        good="groups that exempt people are protected",
        bad="groups that exempt people can be changed by others than top administrators",
        empty=not_applicable("every group that enabled policies exclude was deleted"),
        name=str,
        excluded_by={each: excluded[each] for each in existing},
    )


def _excluded_groups(policies: tuple[Policy, ...]) -> dict[str, list[str]]:
    """Group id -> the names of the enabled policies that exclude it. Raises Undecided where a policy does not say."""
    found: dict[str, list[str]] = {}
    for policy in policies:
        acting = in_force(policy)
        if acting is False:
            continue
        if acting is None:
            raise Unrecognised(f"whether policy {name_of(policy)!r} is in force could not be read")
        for group in policy.conditions.users.exclude_groups:
            found.setdefault(group.lower(), []).append(policy.display_name)
    return found


def _is_protected(group: ReferencedGroup, rulers: frozenset[str] | None) -> Maybe:
    """Only top administrators can change it. `rulers` None: any owner may be one."""
    if not group.readable:
        raise hidden(group.id)
    guarded = bool(group.is_assignable_to_role) or bool(group.is_management_restricted)
    return guarded and group.membership_rule is None and (rulers is None or {owner.lower() for owner in group.owner_ids} <= rulers)
