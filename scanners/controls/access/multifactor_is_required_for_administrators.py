from scanners.administrators import nobody
from scanners.conditional_access.coverage import Question, ask
from scanners.conditional_access.demands import by_id, multifactor
from scanners.conditional_access.judged import sort_administrators, verdict
from scanners.conditional_access.rules import rules_of
from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import Unreadable
from scanners.facts.authentication_strengths import AuthenticationStrength
from scanners.facts.conditional_access_policies import Policy
from scanners.facts.named_locations import NamedLocation
from scanners.facts.per_user_mfa import PerUserMfa, enforcement
from scanners.facts.pim_eligible_assignments import EligibleAssignment
from scanners.facts.pim_group_assignments import GroupSchedules
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.security_defaults import SecurityDefaults
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.users import Users
from scanners.model import Parameter, Verdict, passed
from scanners.people import emergency_accounts, exempt_accounts
from scanners.roles import GLOBAL_ADMINISTRATOR, active_holdings, all_holdings, privileged

A, B = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
USER_ADMINISTRATOR, AUTHENTICATION_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1", "c4e39bd9-1100-46d3-8c65-fb160da0071f"
GROUP = "cccccccc-0000-4000-8000-000000000001"
ADMIN = [{"principalId": A}]
HELD_BY_GROUP = {"principalId": GROUP, "principal": {"@odata.type": "#microsoft.graph.group", "id": GROUP}}
BY_ROLE = {"conditions.users.includeUsers": [], "conditions.users.includeRoles": [GLOBAL_ADMINISTRATOR]}


@control(
    title="Every administrator must use a second factor for every application",
    cites=("164.312(d)", "164.312(a)(1)"),
    severity="critical",
    designation="standard",
    fix="Entra admin center > Protection > Conditional Access > New policy > All users (or all privileged directory roles and the group of eligible people), All resources > Grant > Require multifactor authentication",
    plan="Microsoft Entra ID P1, or security defaults; who may turn a role on can be told with Microsoft Entra ID P2 or Governance only, and without it nobody may",
    parameters={"extra_privileged_role_ids": Parameter(why="custom roles that are as powerful as built-in ones", unit="role ids")},
    crosswalk={
        "cis_m365_v7": "5.2.2.1",
        "scuba": "MS.AAD.3.2v2",
        "prowler": "entra_admin_users_mfa_enabled",
        "maester": "MT.1006",
        "nist_800_53": ["IA-2(1)"],
    },
    seeds=("A3b-2", "B26", "S8"),
    proposed_rule="164.312(f)(2)(ii)",
    examples=(
        passes(conditional_access_policies=[{}], role_assignments=ADMIN),
        passes("security defaults demand it of administrators at every sign-in", security_defaults={"isEnabled": True}, role_assignments=ADMIN),
        passes("a policy for the role reaches its active holders", conditional_access_policies=[BY_ROLE], role_assignments=ADMIN),
        passes(
            "who holds the role through a group is reached by the role too",
            conditional_access_policies=[BY_ROLE],
            role_assignments=[HELD_BY_GROUP],
            referenced_group_members=[{"id": GROUP, "memberIds": [A]}],
        ),
        passes(
            "an emergency account of the register may be excluded",
            conditional_access_policies=[{"conditions.users.excludeUsers": [B]}],
            role_assignments=[{"principalId": A}, {"principalId": B}],
            users=[{"id": A}, {"id": B}],
            statement_emergency_accounts={"details": {"accounts": [{"object_id": B}]}},
        ),
        passes(
            "a disabled administrator cannot sign in",
            conditional_access_policies=[{"conditions.users.excludeUsers": [B]}],
            role_assignments=[{"principalId": A}, {"principalId": B}],
            users=[{"id": A}, {"id": B, "accountEnabled": False}],
        ),
        fails(
            "the policy lists roles and the holder has another one",
            conditional_access_policies=[{**BY_ROLE, "conditions.users.includeRoles": [USER_ADMINISTRATOR]}],
            role_assignments=ADMIN,
        ),
        fails(
            "a role that is off at sign-in does not reach who may turn it on",
            conditional_access_policies=[BY_ROLE],
            role_assignments=ADMIN,
            pim_eligible_assignments=[{"principalId": B, "roleDefinitionId": GLOBAL_ADMINISTRATOR}],
            users=[{"id": A}, {"id": B}],
        ),
        fails(
            "a role over an administrative unit is not reached by the role",
            conditional_access_policies=[{**BY_ROLE, "conditions.users.includeRoles": [AUTHENTICATION_ADMINISTRATOR]}],
            role_assignments=[{"principalId": A, "roleDefinitionId": AUTHENTICATION_ADMINISTRATOR, "directoryScopeId": "/administrativeUnits/au1"}],
        ),
        fails(
            "the members of a group that holds the role are judged",
            conditional_access_policies=[{"conditions.users.excludeUsers": [B]}],
            role_assignments=[HELD_BY_GROUP],
            referenced_group_members=[{"id": GROUP, "memberIds": [A, B]}],
            users=[{"id": A}, {"id": B}],
        ),
        fails("report-only protects nobody", conditional_access_policies=[{"state": "enabledForReportingButNotEnforced"}], role_assignments=ADMIN),
        fails(
            "a custom role that the operator calls privileged",
            parameters={"extra_privileged_role_ids": ["5a5a5a5a-0000-4000-8000-0000000000c1"]},
            conditional_access_policies=[BY_ROLE],
            role_assignments=[{"principalId": A}, {"principalId": B, "roleDefinitionId": "5a5a5a5a-0000-4000-8000-0000000000c1"}],
            users=[{"id": A}, {"id": B}],
        ),
        stays_unknown("no holder at all means that the reading is incomplete", conditional_access_policies=[{}], role_assignments=[]),
        stays_unknown(
            "a group whose members are hidden",
            conditional_access_policies=[{}],
            role_assignments=[*ADMIN, HELD_BY_GROUP],
            referenced_group_members=[{"id": GROUP, "readable": False}],
        ),
        stays_unknown(
            "a policy for roles whose holders cannot all be told",
            conditional_access_policies=[{**BY_ROLE, "conditions.users.includeRoles": [USER_ADMINISTRATOR]}],
            role_assignments=[*ADMIN, {**HELD_BY_GROUP, "roleDefinitionId": USER_ADMINISTRATOR}],
            referenced_group_members=[{"id": GROUP, "readable": False}],
        ),
        stays_unknown(
            "eligibility that could not be read is not nobody",
            conditional_access_policies=[{}],
            role_assignments=ADMIN,
            pim_eligible_assignments=Unreadable("not_permitted"),
        ),
    ),
)
def multifactor_is_required_for_administrators(
    conditional_access_policies: tuple[Policy, ...],
    authentication_strengths: tuple[AuthenticationStrength, ...],
    referenced_group_members: ReferencedGroups,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    pim_eligible_assignments: tuple[EligibleAssignment, ...],
    pim_group_assignments: GroupSchedules,
    users: Users,
    security_defaults: SecurityDefaults,
    per_user_mfa: PerUserMfa,
    statement_emergency_accounts: EmergencyAccounts | None,
    named_locations: tuple[NamedLocation, ...] | None,
    *,
    extra_privileged_role_ids: tuple[str, ...] = (),
) -> Verdict:
    """One administrator account opens all ePHI in the tenant.

    Security defaults are on; or for every enabled person who holds a privileged role or may turn one on, alone or through groups, emergency accounts left out,
    the enabled policies together demand a second factor for every application under every condition. A policy for directory roles reaches only those whose
    role is on at sign-in and holds over the whole tenant.
    """
    if security_defaults.is_enabled:
        return passed("security defaults demand a second factor of every administrator", mechanism="security defaults")
    every = all_holdings(role_assignments, pim_eligible_assignments, pim_group_assignments, role_definitions, referenced_group_members)
    active = active_holdings(role_assignments, role_definitions, referenced_group_members)
    exempt = exempt_accounts(emergency_accounts(statement_emergency_accounts), active)
    rules = rules_of(conditional_access_policies, referenced_group_members, role_assignments, role_definitions, named_locations)
    inquiries = ask(rules, Question(demand=multifactor(by_id(authentication_strengths)), lacks="needs no second factor"))
    holders = every.of(privileged(extra_privileged_role_ids))
    return verdict(
        sort_administrators(holders, users, exempt, inquiries, enforcement(per_user_mfa)),
        inquiries,
        good="administrators must use a second factor everywhere",
        bad="administrators can sign in without a second factor",
        empty=nobody(),
        account=lambda person: person.account,
    )
