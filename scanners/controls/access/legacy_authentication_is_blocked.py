from scanners.conditional_access.coverage import Question, ask
from scanners.conditional_access.demands import block
from scanners.conditional_access.judged import everyone, no_users, sort_users, verdict
from scanners.conditional_access.narrowing import ACTIVE_SYNC, EAS_SUPPORTED, OLDER_CLIENTS
from scanners.conditional_access.rules import rules_of
from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import Unreadable
from scanners.facts.conditional_access_policies import Policy
from scanners.facts.named_locations import NamedLocation
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.security_defaults import SecurityDefaults
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.users import Users
from scanners.model import Verdict, passed

A, B = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
SCANNERS = "cccccccc-0000-4000-8000-000000000009"
ONE = [{"id": A}]
BLOCK_LEGACY = {
    "displayName": "Block legacy clients",
    "conditions.clientAppTypes": ["exchangeActiveSync", "other"],
    "grantControls.builtInControls": ["block"],
}


@control(
    title="Sign-in methods that cannot ask for a second factor are blocked for everyone",
    cites=("164.312(d)", "164.312(a)(1)"),
    severity="critical",
    designation="standard",
    fix="Entra admin center > Protection > Conditional Access > New policy > All users, All resources > Client apps > Exchange ActiveSync clients and Other clients > Block access",
    plan="Microsoft Entra ID P1, or security defaults",
    crosswalk={
        "cis_m365_v7": "5.2.2.3",
        "scuba": "MS.AAD.1.1v1",
        "prowler": "entra_legacy_authentication_blocked",
        "maester": "MT.1009, MT.1010",
        "nist_800_53": ["IA-2", "CM-7"],
    },
    seeds=("A3b-2", "B8", "S8", "T9"),
    proposed_rule="164.312(f)(2)(ii)",
    examples=(
        passes(conditional_access_policies=[BLOCK_LEGACY], users=ONE),
        passes(
            "one policy for each kind of client",
            conditional_access_policies=[
                {**BLOCK_LEGACY, "conditions.clientAppTypes": ["other"]},
                {**BLOCK_LEGACY, "id": "p2", "conditions.clientAppTypes": ["exchangeActiveSync"]},
            ],
            users=ONE,
        ),
        passes("security defaults block it already", security_defaults={"isEnabled": True}, users=ONE),
        passes(
            "a block for places and one for all other places are a block everywhere",
            conditional_access_policies=[
                {**BLOCK_LEGACY, "conditions.locations": {"includeLocations": ["AllTrusted"], "excludeLocations": []}},
                {**BLOCK_LEGACY, "id": "p2", "conditions.locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}},
            ],
            users=ONE,
        ),
        fails("no policy", conditional_access_policies=[], users=ONE),
        fails(
            "only the other clients are blocked", conditional_access_policies=[{**BLOCK_LEGACY, "conditions.clientAppTypes": ["other"]}], users=ONE
        ),
        fails(
            "phones that obey policies are only a part of ActiveSync",
            conditional_access_policies=[{**BLOCK_LEGACY, "conditions.clientAppTypes": ["other", "easSupported"]}],
            users=ONE,
        ),
        fails(
            "blocked only outside trusted locations",
            conditional_access_policies=[{**BLOCK_LEGACY, "conditions.locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}}],
            users=ONE,
        ),
        fails(
            "blocked only outside one country",
            conditional_access_policies=[{**BLOCK_LEGACY, "conditions.locations": {"includeLocations": ["All"], "excludeLocations": ["home"]}}],
            named_locations=[
                {
                    "@odata.type": "#microsoft.graph.countryNamedLocation",
                    "id": "home",
                    "countriesAndRegions": ["US"],
                    "includeUnknownCountriesAndRegions": False,
                    "countryLookupMethod": "clientIpAddress",
                }
            ],
            users=ONE,
        ),
        fails(
            "Office 365 alone leaves the rest open",
            conditional_access_policies=[{**BLOCK_LEGACY, "conditions.applications.includeApplications": ["Office365"]}],
            users=ONE,
        ),
        fails(
            "a scanner that is excluded by a group",
            conditional_access_policies=[{**BLOCK_LEGACY, "conditions.users.excludeGroups": [SCANNERS]}],
            referenced_group_members=[{"id": SCANNERS, "memberIds": [B]}],
            users=[{"id": A}, {"id": B}],
        ),
        fails("report-only blocks nobody", conditional_access_policies=[{**BLOCK_LEGACY, "state": "enabledForReportingButNotEnforced"}], users=ONE),
        fails(
            "a second factor that these clients cannot ask for is no block",
            conditional_access_policies=[{**BLOCK_LEGACY, "grantControls.builtInControls": ["mfa"]}],
            users=ONE,
        ),
        fails(
            "guests and meeting rooms sign in too",
            conditional_access_policies=[{**BLOCK_LEGACY, "conditions.users.excludeUsers": [B]}],
            users=[{"id": A}, {"id": B, "userType": "Guest"}],
        ),
        stays_unknown(security_defaults=Unreadable("not_permitted"), users=ONE),
        stays_unknown(
            "a kind of client that is new may be any",
            conditional_access_policies=[{**BLOCK_LEGACY, "conditions.clientAppTypes": ["newClient"]}],
            users=ONE,
        ),
        stays_unknown("a state that is new", conditional_access_policies=[{**BLOCK_LEGACY, "state": "enabledForHalf"}], users=ONE),
    ),
)
def legacy_authentication_is_blocked(
    conditional_access_policies: tuple[Policy, ...],
    referenced_group_members: ReferencedGroups,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    users: Users,
    security_defaults: SecurityDefaults,
    statement_emergency_accounts: EmergencyAccounts | None,
    named_locations: tuple[NamedLocation, ...] | None,
) -> Verdict:
    """Old mail protocols accept a bare password and step around every second-factor rule.

    Security defaults are on; or for every enabled account but emergency accounts, the enabled policies together block Exchange ActiveSync and all other legacy
    clients for every application under every condition.
    """
    if security_defaults.is_enabled:
        return passed("security defaults block legacy clients for everyone", mechanism="security defaults")
    rules = rules_of(conditional_access_policies, referenced_group_members, role_assignments, role_definitions, named_locations)
    population = everyone(users, role_assignments, role_definitions, referenced_group_members, statement_emergency_accounts)
    inquiries = ask(
        rules,
        Question(demand=block, clients=(OLDER_CLIENTS,), lacks="with a legacy client is not blocked"),
        Question(demand=block, clients=(ACTIVE_SYNC, EAS_SUPPORTED), lacks="with Exchange ActiveSync is not blocked"),
    )
    accounts = (*population.members, *population.guests, *population.rooms)
    return verdict(
        sort_users(accounts, population, inquiries),
        inquiries,
        good="legacy clients are blocked for accounts",
        bad="accounts can sign in with legacy clients",
        empty=no_users(),
        mechanism="conditional access",
    )
