from scanners.conditional_access.apps import REGISTER_DEVICE
from scanners.conditional_access.coverage import Question, ask
from scanners.conditional_access.demands import by_id, multifactor
from scanners.conditional_access.judged import everyone, no_users, sort_users, verdict
from scanners.conditional_access.rules import rules_of
from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.facts.authentication_strengths import AuthenticationStrength
from scanners.facts.conditional_access_policies import Policy
from scanners.facts.device_registration_policy import DeviceRegistrationPolicy
from scanners.facts.named_locations import NamedLocation
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.users import Users
from scanners.model import Verdict, not_applicable, passed

A, B = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
JOIN = {"conditions.applications.includeApplications": [], "conditions.applications.includeUserActions": [REGISTER_DEVICE]}
NO_MEMBERSHIP = {"@odata.type": "#microsoft.graph.noDeviceRegistrationMembership"}
NOT_REQUIRED = {"multiFactorAuthConfiguration": "notRequired"}


@control(
    title="Registering or joining a device needs a second factor",
    cites=("164.312(d)", "164.310(c)"),
    severity="medium",
    designation="standard",
    fix="Entra admin center > Protection > Conditional Access > New policy > Target resources > User actions > Register or join devices > Grant > Require multifactor authentication",
    plan="Microsoft Entra ID P1 for the policy; the device setting works without",
    crosswalk={
        "prowler": "entra_conditional_access_policy_device_registration_mfa_required",
        "maester": "MT.1061",
        "nist_800_53": ["IA-3"],
    },
    seeds=("A3b-2", "A4a-1"),
    proposed_rule="164.312(f)(2)(ii)",
    examples=(
        passes(device_registration_policy={"multiFactorAuthConfiguration": "required"}, conditional_access_policies=[]),
        passes("the setting is off where a policy does the job", device_registration_policy=NOT_REQUIRED, conditional_access_policies=[JOIN]),
        fails("a policy for applications is not for user actions", device_registration_policy=NOT_REQUIRED, conditional_access_policies=[{}]),
        fails("neither the setting nor a policy", device_registration_policy=NOT_REQUIRED, conditional_access_policies=[]),
        fails(
            "report-only protects nobody",
            device_registration_policy=NOT_REQUIRED,
            conditional_access_policies=[{**JOIN, "state": "enabledForReportingButNotEnforced"}],
        ),
        fails(
            "some people are excluded",
            device_registration_policy=NOT_REQUIRED,
            conditional_access_policies=[{**JOIN, "conditions.users.excludeUsers": [B]}],
            users=[{"id": A}, {"id": B}],
        ),
        fails(
            "only outside trusted locations",
            device_registration_policy=NOT_REQUIRED,
            conditional_access_policies=[{**JOIN, "conditions.locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}}],
        ),
        does_not_apply(
            "nobody may register or join a device",
            device_registration_policy={
                **NOT_REQUIRED,
                "azureADJoin.allowedToJoin": NO_MEMBERSHIP,
                "azureADRegistration.allowedToRegister": NO_MEMBERSHIP,
            },
            conditional_access_policies=[],
        ),
        stays_unknown(
            "a setting that is new", device_registration_policy={"multiFactorAuthConfiguration": "unknownFutureValue"}, conditional_access_policies=[]
        ),
        stays_unknown(
            "a policy of which not all can be read",
            device_registration_policy=NOT_REQUIRED,
            conditional_access_policies=[{**JOIN, "conditions.new": 1, "conditions.newer": 1}],
        ),
    ),
)
def joining_a_device_requires_multifactor(
    conditional_access_policies: tuple[Policy, ...],
    device_registration_policy: DeviceRegistrationPolicy,
    referenced_group_members: ReferencedGroups,
    users: Users,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    statement_emergency_accounts: EmergencyAccounts | None,
    authentication_strengths: tuple[AuthenticationStrength, ...],
    named_locations: tuple[NamedLocation, ...] | None,
) -> Verdict:
    """A device joined with a stolen password becomes a trusted way in.

    The device settings demand a second factor; or for every enabled member, emergency accounts and meeting rooms left out, the enabled policies for the user
    action "register or join devices" together demand one under every condition. Not applicable where nobody may register or join a device.
    """
    joins = device_registration_policy.azure_ad_join.allowed_to_join.odata_type
    registers = device_registration_policy.azure_ad_registration.allowed_to_register.odata_type
    if joins == registers == NO_MEMBERSHIP["@odata.type"]:
        return not_applicable("nobody may register or join a device")
    if device_registration_policy.multi_factor_auth_configuration == "required":
        return passed("the device settings demand a second factor", mechanism="device settings")
    question = Question(demand=multifactor(by_id(authentication_strengths)), lacks="needs no second factor", action=REGISTER_DEVICE)
    rules = rules_of(conditional_access_policies, referenced_group_members, role_assignments, role_definitions, named_locations)
    population = everyone(users, role_assignments, role_definitions, referenced_group_members, statement_emergency_accounts)
    inquiries = ask(rules, question)
    return verdict(
        sort_users(population.members, population, inquiries),
        inquiries,
        good="members need a second factor to register or join a device",
        bad="members can register or join a device without a second factor",
        empty=no_users(),
        mechanism="conditional access",
    )
