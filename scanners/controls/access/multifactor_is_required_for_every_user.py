from typing import Any

from scanners.conditional_access.coverage import Question, ask
from scanners.conditional_access.demands import COMPLIANT, JOINED, by_id, multifactor
from scanners.conditional_access.judged import everyone, no_users, sort_users, verdict
from scanners.conditional_access.rules import rules_of
from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.authentication_strengths import AuthenticationStrength
from scanners.facts.conditional_access_policies import Policy
from scanners.facts.named_locations import NamedLocation
from scanners.facts.per_user_mfa import PerUserMfa, enforcement
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.security_defaults import SecurityDefaults
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.users import Users
from scanners.model import Parameter, Verdict, passed

A, B, C = (f"aaaaaaaa-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
CONTRACTORS = "cccccccc-0000-4000-8000-000000000009"
EXCHANGE, OTHER_APP = "00000002-0000-0ff1-ce00-000000000000", "f1f1f1f1-0000-4000-8000-000000000001"
INTUNE_ENROLMENT = "d4ebce55-015a-49b5-a083-c84d1797ae8c"
ROOM = {"id": B, "assignedLicenses": [{"skuId": "6af4b3d6-14bb-4a2a-960c-6c902aad34f3"}]}
GUEST = {"id": B, "userType": "Guest", "creationType": "Invitation", "externalUserState": "Accepted"}
ONE = [{"id": A}]
STRENGTH: dict[str, Any] = {"grantControls.builtInControls": []}
AWAY, AT_HOME = {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}, {"includeLocations": ["AllTrusted"], "excludeLocations": []}


def register(*accounts: str) -> dict[str, Any]:
    return {"details": {"accounts": [{"object_id": each} for each in accounts]}}


def narrowed(condition: str, value: object) -> dict[str, Any]:
    return {"conditional_access_policies": [{f"conditions.{condition}": value}], "users": ONE}


@control(
    title="Every user must prove identity with a second factor for every application",
    cites=("164.312(d)", "164.308(a)(5)(ii)(D)"),
    severity="critical",
    designation="standard",
    fix="Entra admin center > Protection > Conditional Access > New policy > All users, All resources, Grant > Require multifactor authentication, exclude only emergency accounts, On. Without P1: Entra admin center > Overview > Properties > Manage security defaults",
    plan="Microsoft Entra ID P1 for conditional access; without it only security defaults or enforced multifactor for each user",
    parameters={
        "accepted_app_exclusions": Parameter(
            why="an application that is reached before a second factor exists, such as Intune enrolment d4ebce55-015a-49b5-a083-c84d1797ae8c",
            unit="app ids",
        ),
        "accept_trusted_locations": Parameter(why="some skip the prompt inside the clinic network; it weakens the proof", looser="true"),
        "accept_compliant_device_instead": Parameter(why="some take a compliant device for a second factor", looser="true"),
    },
    crosswalk={
        "cis_m365_v7": "5.2.2.2",
        "scuba": "MS.AAD.3.2v2",
        "prowler": "entra_users_mfa_enabled",
        "maester": "MT.1007",
        "nist_800_53": ["IA-2", "IA-2(1)", "IA-2(2)"],
    },
    seeds=("A3b-2", "B26", "B14", "S8", "T19", "T36"),
    proposed_rule="164.312(f)(2)(ii)",
    examples=(
        passes(conditional_access_policies=[{}], users=ONE),
        passes("security defaults need no policy", security_defaults={"isEnabled": True}, users=ONE),
        passes(
            "an authentication strength is a second factor",
            conditional_access_policies=[
                {**STRENGTH, "grantControls.authenticationStrength": {"id": "00000000-0000-0000-0000-000000000002", "requirementsSatisfied": "mfa"}}
            ],
            users=ONE,
        ),
        passes(
            "what a policy does not repeat of a strength is looked up",
            conditional_access_policies=[{**STRENGTH, "grantControls.authenticationStrength": {"id": "00000000-0000-0000-0000-000000000004"}}],
            users=ONE,
        ),
        passes(
            "a second factor and a compliant device are more than a second factor",
            conditional_access_policies=[{"grantControls.operator": "AND", "grantControls.builtInControls": ["mfa", "compliantDevice"]}],
            users=ONE,
        ),
        passes(
            "two policies complete each other in users",
            conditional_access_policies=[
                {"conditions.users.excludeGroups": [CONTRACTORS]},
                {"id": "p2", "conditions.users.includeUsers": [], "conditions.users.includeGroups": [CONTRACTORS]},
            ],
            referenced_group_members=[{"id": CONTRACTORS, "memberIds": [B]}],
            users=[{"id": A}, {"id": B}],
        ),
        passes(
            "two policies complete each other in applications",
            conditional_access_policies=[
                {"conditions.applications.excludeApplications": [OTHER_APP]},
                {"id": "p2", "conditions.applications.includeApplications": [OTHER_APP]},
            ],
            users=ONE,
        ),
        passes(
            "two policies complete each other in locations",
            conditional_access_policies=[{"conditions.locations": AWAY}, {"id": "p2", "conditions.locations": AT_HOME}],
            users=ONE,
        ),
        passes(
            "guests are judged by their own control, disabled accounts by none",
            conditional_access_policies=[{"conditions.users.excludeUsers": [B, C]}],
            users=[{"id": A}, GUEST, {"id": C, "accountEnabled": False}],
        ),
        passes(
            "emergency accounts of the register may be excluded",
            conditional_access_policies=[{"conditions.users.excludeUsers": [B]}],
            users=[{"id": A}, {"id": B}],
            statement_emergency_accounts=register(B),
        ),
        passes(
            "a meeting room cannot answer a prompt",
            conditional_access_policies=[{"conditions.users.excludeUsers": [B]}],
            users=[{"id": A}, ROOM],
        ),
        passes(
            "multifactor that is enforced for the account counts",
            per_user_mfa={"collected": True, "users": [{"id": A, "perUserMfaState": "enforced"}]},
            users=ONE,
        ),
        passes(
            "an application may be left out where the operator accepts it",
            parameters={"accepted_app_exclusions": [INTUNE_ENROLMENT]},
            conditional_access_policies=[{"conditions.applications.excludeApplications": [INTUNE_ENROLMENT]}],
            users=ONE,
        ),
        passes(
            "trusted locations may be left out where the operator accepts it",
            parameters={"accept_trusted_locations": True},
            conditional_access_policies=[{"conditions.locations": AWAY}],
            named_locations=[{}],
            users=ONE,
        ),
        passes(
            "a compliant device may stand in where the operator accepts it",
            parameters={"accept_compliant_device_instead": True},
            conditional_access_policies=[{"grantControls.builtInControls": ["mfa", "compliantDevice"]}],
            users=ONE,
        ),
        passes(
            "a group that was deleted excludes nobody",
            conditional_access_policies=[{"conditions.users.excludeGroups": [CONTRACTORS]}],
            referenced_group_members=[{"id": CONTRACTORS, "exists": False}],
            users=ONE,
        ),
        fails("no policy at all is no error and no pass", conditional_access_policies=[], users=ONE),
        fails("report-only protects nobody", conditional_access_policies=[{"state": "enabledForReportingButNotEnforced"}], users=ONE),
        fails(
            "a compliant device instead of a second factor is not one",
            conditional_access_policies=[{"grantControls.builtInControls": ["mfa", "compliantDevice"]}],
            users=ONE,
        ),
        fails("a policy for risky sign-ins leaves the others open", **narrowed("signInRiskLevels", ["high"])),
        fails("a policy for one platform leaves the others open", **narrowed("platforms", {"includePlatforms": ["iOS"], "excludePlatforms": []})),
        fails("a policy outside trusted locations leaves those open", **narrowed("locations", AWAY)),
        fails("a device filter leaves devices open", **narrowed("devices", {"deviceFilter": {"mode": "exclude", "rule": 'device.model -eq "X"'}})),
        fails("a policy for browsers leaves applications open", **narrowed("clientAppTypes", ["browser"])),
        fails("a policy for device code leaves the rest open", **narrowed("authenticationFlows", {"transferMethods": "deviceCodeFlow"})),
        fails("a policy for insiders at risk leaves the others open", **narrowed("insiderRiskLevels", "elevated")),
        fails(
            "Office 365 alone leaves Azure and the admin portals open",
            conditional_access_policies=[{"conditions.applications.includeApplications": ["Office365"]}],
            users=ONE,
        ),
        fails(
            "Office 365 without one of its applications does not complete the rest",
            conditional_access_policies=[
                {"conditions.applications.excludeApplications": ["Office365"]},
                {"id": "p2", "conditions.applications.includeApplications": ["Office365"], "conditions.applications.excludeApplications": [EXCHANGE]},
            ],
            users=ONE,
        ),
        fails(
            "the members of an excluded group are uncovered",
            conditional_access_policies=[{"conditions.users.excludeGroups": [CONTRACTORS]}],
            referenced_group_members=[{"id": CONTRACTORS, "memberIds": [B]}],
            users=[{"id": A}, {"id": B}],
        ),
        fails(
            "an expired register exempts nobody",
            conditional_access_policies=[{"conditions.users.excludeUsers": [B]}],
            users=[{"id": A}, {"id": B}],
            statement_emergency_accounts={**register(B), "expires_at": "2026-11-01"},
        ),
        fails(
            "a register of more than five accounts exempts nobody",
            conditional_access_policies=[{"conditions.users.excludeUsers": [B]}],
            users=[{"id": A}, {"id": B}],
            statement_emergency_accounts=register(B, *(f"e{n}" for n in range(49))),
        ),
        fails(
            "a person who also got a room licence stays a person",
            conditional_access_policies=[{"conditions.users.excludeUsers": [B]}],
            users=[{"id": A}, {**ROOM, "assignedLicenses": [*ROOM["assignedLicenses"], {"skuId": "x"}]}],
        ),
        fails("a grant without controls demands nothing", conditional_access_policies=[{"grantControls.builtInControls": []}], users=ONE),
        fails("session limits alone demand nothing", conditional_access_policies=[{"grantControls": None}], users=ONE),
        fails("enabled is not yet enforced", per_user_mfa={"collected": True, "users": [{"id": A, "perUserMfaState": "enabled"}]}, users=ONE),
        fails(
            "a policy for an application's own identity judges no person",
            conditional_access_policies=[{"conditions.clientApplications": {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}}],
            users=ONE,
        ),
        stays_unknown(
            "a condition of a new kind may narrow the policy",
            conditional_access_policies=[{"conditions.newCondition": {"x": 1}, "conditions.users.newUsers": ["x"]}],
            users=ONE,
        ),
        stays_unknown("a refusal is not a fail", conditional_access_policies=Unreadable("not_permitted"), users=ONE),
        stays_unknown(
            "a control of a new kind may be weaker than a second factor",
            conditional_access_policies=[{"grantControls.builtInControls": ["mfa", "newControl"]}],
            users=ONE,
        ),
        stays_unknown("client types that are not said", conditional_access_policies=[{"conditions.clientAppTypes": []}], users=ONE),
        stays_unknown("exclusions that are not said", conditional_access_policies=[{"conditions.users.excludeUsers": ABSENT}], users=ONE),
        stays_unknown(
            "an excluded group whose members are hidden",
            conditional_access_policies=[{"conditions.users.excludeGroups": [CONTRACTORS]}],
            referenced_group_members=[{"id": CONTRACTORS, "readable": False}],
            users=ONE,
        ),
        stays_unknown(
            "an application that may belong to Office 365",
            conditional_access_policies=[
                {"conditions.applications.excludeApplications": ["Office365", OTHER_APP]},
                {"id": "p2", "conditions.applications.includeApplications": ["Office365"]},
            ],
            users=ONE,
        ),
        stays_unknown(
            "applications left out by an attribute",
            conditional_access_policies=[{"conditions.applications.applicationFilter": {"mode": "exclude", "rule": "x"}}],
            users=ONE,
        ),
        stays_unknown(
            "a strength that cannot be looked up",
            conditional_access_policies=[{**STRENGTH, "grantControls.authenticationStrength": {"id": "not-listed"}}],
            users=ONE,
        ),
        stays_unknown("nobody to judge", conditional_access_policies=[{}], users=[]),
    ),
)
def multifactor_is_required_for_every_user(
    conditional_access_policies: tuple[Policy, ...],
    authentication_strengths: tuple[AuthenticationStrength, ...],
    referenced_group_members: ReferencedGroups,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    users: Users,
    security_defaults: SecurityDefaults,
    per_user_mfa: PerUserMfa,
    statement_emergency_accounts: EmergencyAccounts | None,
    named_locations: tuple[NamedLocation, ...],
    *,
    accepted_app_exclusions: tuple[str, ...] = (),
    accept_trusted_locations: bool = False,
    accept_compliant_device_instead: bool = False,
) -> Verdict:
    """A stolen password is the commonest way into mailboxes and files with ePHI; a second factor verifies the claimed identity.

    Security defaults are on; or for every enabled member, emergency accounts and meeting rooms left out, the enabled policies together demand a second factor (or
    block) for every application under every condition, or multifactor is enforced for the account. Policies may complete each other; one that only reports, or
    that offers something weaker instead, does not count.
    """
    if security_defaults.is_enabled:
        return passed("security defaults demand a second factor of everyone", mechanism="security defaults")
    instead = (COMPLIANT, JOINED) if accept_compliant_device_instead else ()
    demand, apps = multifactor(by_id(authentication_strengths), *instead), tuple(accepted_app_exclusions)
    question = Question(demand=demand, lacks="needs no second factor", outside_trusted_places=accept_trusted_locations, accepted_apps=apps)
    rules = rules_of(conditional_access_policies, referenced_group_members, role_assignments, role_definitions, named_locations)
    population = everyone(users, role_assignments, role_definitions, referenced_group_members, statement_emergency_accounts)
    inquiries = ask(rules, question)
    piles = sort_users(population.members, population, inquiries, enforcement(per_user_mfa))
    return verdict(
        piles,
        inquiries,
        good="members must prove identity with a second factor everywhere",
        bad="members can sign in without a second factor",
        empty=no_users(),
        mechanism="conditional access",
        per_user_multifactor_read=per_user_mfa.collected,
    )
