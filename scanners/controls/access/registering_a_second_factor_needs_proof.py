from scanners.conditional_access.apps import REGISTER_SECURITY_INFO
from scanners.conditional_access.coverage import Question, ask
from scanners.conditional_access.demands import BLOCK, COMPLIANT, JOINED, MULTIFACTOR, any_of, by_id, gives_multifactor
from scanners.conditional_access.judged import everyone, no_users, sort_users, verdict
from scanners.conditional_access.rules import rules_of
from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import Unreadable
from scanners.facts.authentication_strengths import AuthenticationStrength
from scanners.facts.conditional_access_policies import Policy
from scanners.facts.named_locations import NamedLocation
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.subscribed_skus import SubscribedSku
from scanners.facts.users import Users
from scanners.model import Parameter, Verdict
from scanners.permissions import AAD_PREMIUM
from scanners.plans import require_plan

A, B = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
CLINIC = "dddddddd-0000-4000-8000-000000000001"
REGISTER = {"conditions.applications.includeApplications": [], "conditions.applications.includeUserActions": [REGISTER_SECURITY_INFO]}
AWAY = {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}
FROM_CLINIC = {"includeLocations": ["All"], "excludeLocations": [CLINIC]}


@control(
    title="Adding or changing sign-in methods needs proof beyond the password",
    cites=("164.312(d)", "164.308(a)(5)(ii)(D)"),
    severity="medium",
    designation="standard",
    fix="Entra admin center > Protection > Conditional Access > New policy > Target resources > User actions > Register security information > Require authentication strength or compliant device",
    plan="Microsoft Entra ID P1",
    parameters={"accept_trusted_location": Parameter(why="people are often enrolled at the clinic", looser="true")},
    crosswalk={
        "cis_m365_v7": "5.2.2.10",
        "scuba": "MS.AAD.3.8v1",
        "prowler": "entra_managed_device_required_for_mfa_registration",
        "maester": "MT.1011",
        "nist_800_53": ["IA-5"],
    },
    seeds=("A3b-2",),
    examples=(
        passes(conditional_access_policies=[REGISTER]),
        passes(
            "a compliant device is a proof here",
            conditional_access_policies=[{**REGISTER, "grantControls.builtInControls": ["mfa", "compliantDevice"]}],
        ),
        passes(
            "blocked but at the clinic",
            conditional_access_policies=[{**REGISTER, "grantControls.builtInControls": ["block"], "conditions.locations": AWAY}],
            named_locations=[{}],
        ),
        passes(
            "blocked but in a trusted range by its id",
            conditional_access_policies=[{**REGISTER, "grantControls.builtInControls": ["block"], "conditions.locations": FROM_CLINIC}],
            named_locations=[{"id": CLINIC}],
        ),
        passes(
            "guests that are excluded on purpose are not counted",
            conditional_access_policies=[{**REGISTER, "conditions.users.excludeUsers": ["GuestsOrExternalUsers"]}],
            users=[{"id": A}, {"id": B, "userType": "Guest"}],
        ),
        fails("a policy for applications is not for user actions", conditional_access_policies=[{}]),
        fails(
            "the policy is for other users",
            conditional_access_policies=[{**REGISTER, "conditions.users.includeUsers": [B]}],
            users=[{"id": A}, {"id": B}],
        ),
        fails(
            "the excluded location is not trusted",
            conditional_access_policies=[{**REGISTER, "grantControls.builtInControls": ["block"], "conditions.locations": FROM_CLINIC}],
            named_locations=[{"id": CLINIC, "isTrusted": False}],
        ),
        fails(
            "the clinic is no proof where the operator says so",
            parameters={"accept_trusted_location": False},
            conditional_access_policies=[{**REGISTER, "grantControls.builtInControls": ["block"], "conditions.locations": AWAY}],
            named_locations=[{}],
        ),
        fails("report-only protects nobody", conditional_access_policies=[{**REGISTER, "state": "enabledForReportingButNotEnforced"}]),
        fails(
            "terms of use are no proof",
            conditional_access_policies=[{**REGISTER, "grantControls.builtInControls": [], "grantControls.termsOfUse": ["t1"]}],
        ),
        fails("only browsers", conditional_access_policies=[{**REGISTER, "conditions.clientAppTypes": ["browser"]}]),
        stays_unknown("no plan", conditional_access_policies=Unreadable("not_licensed"), subscribed_skus=[]),
        stays_unknown(
            "whether the excluded range is trusted is not said",
            conditional_access_policies=[{**REGISTER, "grantControls.builtInControls": ["block"], "conditions.locations": FROM_CLINIC}],
            named_locations=[{"id": CLINIC, "isTrusted": None}],
        ),
    ),
)
def registering_a_second_factor_needs_proof(
    conditional_access_policies: tuple[Policy, ...],
    referenced_group_members: ReferencedGroups,
    users: Users,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    statement_emergency_accounts: EmergencyAccounts | None,
    named_locations: tuple[NamedLocation, ...],
    authentication_strengths: tuple[AuthenticationStrength, ...],
    subscribed_skus: tuple[SubscribedSku, ...],
    *,
    accept_trusted_location: bool = True,
) -> Verdict:
    """Otherwise whoever holds the password enrols their own phone.

    For every enabled member, emergency accounts and meeting rooms left out, the enabled policies for the user action "register security information" together
    demand a second factor or a managed device, or block, from everywhere; where `accept_trusted_location` says so, from everywhere but trusted locations.
    """
    require_plan(subscribed_skus, AAD_PREMIUM)
    strengths = by_id(authentication_strengths)
    question = Question(
        demand=any_of(MULTIFACTOR, COMPLIANT, JOINED, BLOCK, strength=lambda each: gives_multifactor(each, strengths)),
        lacks="needs no more than the password",
        action=REGISTER_SECURITY_INFO,
        outside_trusted_places=accept_trusted_location,
    )
    rules = rules_of(conditional_access_policies, referenced_group_members, role_assignments, role_definitions, named_locations)
    population = everyone(users, role_assignments, role_definitions, referenced_group_members, statement_emergency_accounts)
    inquiries = ask(rules, question)
    return verdict(
        sort_users(population.members, population, inquiries),
        inquiries,
        good="members need proof beyond the password to change sign-in methods",
        bad="members can change sign-in methods with the password alone",
        empty=no_users(),
    )
