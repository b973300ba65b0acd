from scanners.conditional_access.coverage import Question, ask
from scanners.conditional_access.demands import COMPLIANT, JOINED, by_id, multifactor
from scanners.conditional_access.judged import everyone, sort_users, verdict
from scanners.conditional_access.rules import rules_of
from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
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
from scanners.model import Verdict, not_applicable
from scanners.permissions import AAD_PREMIUM
from scanners.plans import require_plan

A, ROOM_ID = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-0000000000a1"
CLINIC, ROOMS = "dddddddd-0000-4000-8000-000000000001", "cccccccc-0000-4000-8000-00000000000a"
ROOM = [{"id": ROOM_ID, "assignedLicenses": [{"skuId": "4cde982a-ede4-4409-9ae6-b003453c8ea6"}]}]
AWAY = {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}
BUT_CLINIC = {"conditions.locations": {"includeLocations": ["All"], "excludeLocations": [CLINIC]}, "grantControls.builtInControls": ["block"]}


@control(
    title="Meeting-room and shared-phone accounts work only on their device or in their place",
    cites=("164.312(a)(1)", "164.310(b)"),
    severity="medium",
    designation="standard",
    fix="Entra admin center > Protection > Conditional Access > policy for the room accounts' group > Require compliant device, or block all locations except the trusted network",
    plan="Microsoft Entra ID P1",
    crosswalk={"nist_800_53": ["AC-3", "IA-3"]},
    seeds=("B20", "T30"),
    examples=(
        passes(conditional_access_policies=[{"grantControls.builtInControls": ["compliantDevice"]}], users=ROOM),
        passes(
            "one of the two kinds of managed device",
            conditional_access_policies=[{"grantControls.builtInControls": ["compliantDevice", "domainJoinedDevice"]}],
            users=ROOM,
        ),
        passes("blocked but in the clinic", conditional_access_policies=[BUT_CLINIC], named_locations=[{"id": CLINIC}], users=ROOM),
        passes(
            "blocked but in any trusted location",
            conditional_access_policies=[{**BUT_CLINIC, "conditions.locations": AWAY}],
            named_locations=[{"id": CLINIC}],
            users=ROOM,
        ),
        passes("a second factor that the room cannot answer keeps others out", conditional_access_policies=[{}], users=ROOM),
        fails("no policy", conditional_access_policies=[], users=ROOM),
        fails(
            "the location is not trusted", conditional_access_policies=[BUT_CLINIC], named_locations=[{"id": CLINIC, "isTrusted": False}], users=ROOM
        ),
        fails(
            "the policy excludes the group of the rooms",
            conditional_access_policies=[{"conditions.users.excludeGroups": [ROOMS]}],
            referenced_group_members=[{"id": ROOMS, "memberIds": [ROOM_ID]}],
            users=ROOM,
        ),
        fails(
            "terms of use confine nothing",
            conditional_access_policies=[{"grantControls.builtInControls": ["mfa"], "grantControls.termsOfUse": ["t1"]}],
            users=ROOM,
        ),
        does_not_apply("no such account", conditional_access_policies=[], users=[{"id": A}]),
        stays_unknown(conditional_access_policies=Unreadable("not_permitted"), users=ROOM),
        stays_unknown("no plan", conditional_access_policies=Unreadable("not_licensed"), subscribed_skus=[], users=ROOM),
        stays_unknown(
            "locations that could not be read", conditional_access_policies=[BUT_CLINIC], named_locations=Unreadable("unreachable"), users=ROOM
        ),
    ),
)
def meeting_room_accounts_are_confined(
    conditional_access_policies: tuple[Policy, ...],
    referenced_group_members: ReferencedGroups,
    users: Users,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    named_locations: tuple[NamedLocation, ...],
    authentication_strengths: tuple[AuthenticationStrength, ...],
    statement_emergency_accounts: EmergencyAccounts | None,
    subscribed_skus: tuple[SubscribedSku, ...],
) -> Verdict:
    """These accounts cannot answer a second-factor prompt, so their password must be useless elsewhere.

    From everywhere but trusted locations, for every application, the enabled policies together block every enabled meeting-room account, or demand of it a managed
    device or a second factor. Not applicable where no such account is enabled.
    """
    population = everyone(users, role_assignments, role_definitions, referenced_group_members, statement_emergency_accounts)
    if not population.rooms and not population.unclear:
        return not_applicable("no meeting-room account is enabled")
    require_plan(subscribed_skus, AAD_PREMIUM)
    question = Question(
        demand=multifactor(by_id(authentication_strengths), COMPLIANT, JOINED),
        lacks="needs neither its device nor its place",
        outside_trusted_places=True,
    )
    rules = rules_of(conditional_access_policies, referenced_group_members, role_assignments, role_definitions, named_locations)
    inquiries = ask(rules, question)
    return verdict(
        sort_users(population.rooms, population, inquiries),
        inquiries,
        good="meeting-room accounts are confined to their device or place",
        bad="meeting-room accounts can be used elsewhere with the password alone",
        empty=not_applicable("no meeting-room account is enabled"),
    )
