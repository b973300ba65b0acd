from scanners.conditional_access.coverage import Question, ask
from scanners.conditional_access.demands import block
from scanners.conditional_access.judged import everyone, no_users, sort_users, verdict
from scanners.conditional_access.rules import rules_of
from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import Unreadable
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
BLOCK_CODE = {"conditions.authenticationFlows": {"transferMethods": "deviceCodeFlow"}, "grantControls.builtInControls": ["block"]}
BOTH = {**BLOCK_CODE, "conditions.authenticationFlows": {"transferMethods": "deviceCodeFlow,authenticationTransfer"}}
ROOM = {"id": B, "assignedLicenses": [{"skuId": "6af4b3d6-14bb-4a2a-960c-6c902aad34f3"}]}


@control(
    title="Sign-in by device code is blocked",
    cites=("164.312(d)", "164.312(a)(1)"),
    severity="high",
    designation="standard",
    fix="Entra admin center > Protection > Conditional Access > New policy > Conditions > Authentication flows > Device code flow > Grant > Block access",
    plan="Microsoft Entra ID P1",
    parameters={"also_transfer": Parameter(why="blocking the transfer to a phone is asked by some baselines only", looser="false")},
    crosswalk={
        "cis_m365_v7": "5.2.2.12",
        "scuba": "MS.AAD.3.9v1",
        "prowler": "entra_conditional_access_policy_device_code_flow_blocked",
        "maester": "MT.1052",
        "nist_800_53": ["CM-7", "IA-2"],
    },
    seeds=("B8", "T9"),
    examples=(
        passes(conditional_access_policies=[BLOCK_CODE]),
        passes("the flows are one text, joined by commas", conditional_access_policies=[BOTH]),
        passes("both, where the operator wants both", parameters={"also_transfer": True}, conditional_access_policies=[BOTH]),
        passes(
            "a room device signs in by code",
            conditional_access_policies=[{**BLOCK_CODE, "conditions.users.excludeUsers": [B]}],
            users=[{"id": A}, ROOM],
        ),
        fails("a second factor is no block: the code's session has it already", conditional_access_policies=[{}]),
        fails(
            "device code with a second factor is still device code",
            conditional_access_policies=[{"conditions.authenticationFlows": {"transferMethods": "deviceCodeFlow"}}],
        ),
        fails("only some applications", conditional_access_policies=[{**BLOCK_CODE, "conditions.applications.includeApplications": ["Office365"]}]),
        fails(
            "only outside trusted locations",
            conditional_access_policies=[{**BLOCK_CODE, "conditions.locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}}],
        ),
        fails("the transfer, where the operator wants both", parameters={"also_transfer": True}, conditional_access_policies=[BLOCK_CODE]),
        fails(
            "guests can be sent a code too",
            conditional_access_policies=[{**BLOCK_CODE, "conditions.users.excludeUsers": ["GuestsOrExternalUsers"]}],
            users=[{"id": A}, {"id": B, "userType": "Guest"}],
        ),
        stays_unknown(conditional_access_policies=Unreadable("not_permitted")),
        stays_unknown("no plan", conditional_access_policies=Unreadable("not_licensed"), subscribed_skus=[]),
        stays_unknown(
            "a flow that is new may be any",
            conditional_access_policies=[{**BLOCK_CODE, "conditions.authenticationFlows": {"transferMethods": "newFlow"}}],
        ),
    ),
)
def device_code_sign_in_is_blocked(
    conditional_access_policies: tuple[Policy, ...],
    referenced_group_members: ReferencedGroups,
    users: Users,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    statement_emergency_accounts: EmergencyAccounts | None,
    subscribed_skus: tuple[SubscribedSku, ...],
    named_locations: tuple[NamedLocation, ...] | None,
    *,
    also_transfer: bool = False,
) -> Verdict:
    """Attackers send a genuine code page and receive a session that already passed the second factor.

    For every enabled member and guest, emergency accounts and meeting rooms left out, the enabled policies together block sign-in by device code (and the
    transfer of a sign-in, where `also_transfer` says so) for every application under every condition.
    """
    require_plan(subscribed_skus, AAD_PREMIUM)
    flows = ("deviceCodeFlow", "authenticationTransfer") if also_transfer else ("deviceCodeFlow",)
    words = {"deviceCodeFlow": "by device code is not blocked", "authenticationTransfer": "by transfer from another device is not blocked"}
    rules = rules_of(conditional_access_policies, referenced_group_members, role_assignments, role_definitions, named_locations)
    population = everyone(users, role_assignments, role_definitions, referenced_group_members, statement_emergency_accounts)
    inquiries = ask(rules, *(Question(demand=block, flow=flow, lacks=words[flow]) for flow in flows))
    return verdict(
        sort_users((*population.members, *population.guests), population, inquiries),
        inquiries,
        good="people cannot sign in by device code",
        bad="people can sign in by device code",
        empty=no_users(),
    )
