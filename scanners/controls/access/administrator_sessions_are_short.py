from scanners.administrators import nobody
from scanners.conditional_access.coverage import Question, ask
from scanners.conditional_access.judged import sort_administrators, verdict
from scanners.conditional_access.narrowing import BROWSER
from scanners.conditional_access.rules import rules_of
from scanners.conditional_access.sessions import never_persistent, renewed_within
from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import Unreadable
from scanners.facts.conditional_access_policies import SESSION_LIMITS, Policy
from scanners.facts.named_locations import NamedLocation
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.subscribed_skus import SubscribedSku
from scanners.facts.users import Users
from scanners.model import Parameter, Verdict
from scanners.people import emergency_accounts, exempt_accounts
from scanners.permissions import AAD_PREMIUM
from scanners.plans import require_plan
from scanners.roles import active_holdings, privileged

A = "aaaaaaaa-0000-4000-8000-000000000001"
ADMIN = [{"principalId": A}]
HELPDESK, USER_ADMINISTRATOR = "729827e3-9c14-49f7-bb1b-9608f156bbb8", "fe930be7-5e62-47db-91af-98c3a49a38b1"
SHORT = {**SESSION_LIMITS, "sessionControls.signInFrequency.value": 4}


@control(
    title="Administrator sessions last hours and never persist in the browser",
    cites=("164.312(a)(2)(iii)", "164.312(a)(1)"),
    severity="high",
    designation="addressable",
    fix="Entra admin center > Protection > Conditional Access > policy for directory roles > Session > Sign-in frequency 4 hours, Persistent browser session Never persistent",
    plan="Microsoft Entra ID P1",
    parameters={"max_hours": Parameter(why="some baselines accept 24 hours", unit="hours", low=1, high=24, looser="higher")},
    crosswalk={"cis_m365_v7": "5.2.2.4", "prowler": "entra_admin_users_sign_in_frequency_enabled", "nist_800_53": ["AC-12"]},
    seeds=("A3e", "A3b-1"),
    proposed_rule="164.312(a)(2)(iv)",
    examples=(
        passes(conditional_access_policies=[SHORT], role_assignments=ADMIN),
        passes(
            "one policy for the frequency, one for the browser",
            conditional_access_policies=[
                {**SHORT, "sessionControls.persistentBrowser": None},
                {**SHORT, "id": "p2", "sessionControls.signInFrequency": None},
            ],
            role_assignments=ADMIN,
        ),
        fails("twelve hours", conditional_access_policies=[SESSION_LIMITS], role_assignments=ADMIN),
        fails("days are not hours", conditional_access_policies=[{**SHORT, "sessionControls.signInFrequency.type": "days"}], role_assignments=ADMIN),
        fails(
            "the browser obeys only a policy that includes all applications",
            conditional_access_policies=[
                {**SHORT, "sessionControls.persistentBrowser": None},
                {**SHORT, "id": "p2", "conditions.applications.includeApplications": ["Office365"]},
                {**SHORT, "id": "p3", "conditions.applications.excludeApplications": ["Office365"]},
            ],
            role_assignments=ADMIN,
        ),
        fails(
            "the policy misses the role",
            conditional_access_policies=[{**SHORT, "conditions.users.includeUsers": [], "conditions.users.includeRoles": [USER_ADMINISTRATOR]}],
            role_assignments=[{"principalId": A, "roleDefinitionId": HELPDESK}],
        ),
        fails(
            "a browser setting that is switched off",
            conditional_access_policies=[{**SHORT, "sessionControls.persistentBrowser.isEnabled": False}],
            role_assignments=ADMIN,
        ),
        fails("no policy", conditional_access_policies=[], role_assignments=ADMIN),
        stays_unknown(role_assignments=Unreadable("not_permitted")),
        stays_unknown(
            "a browser mode that is new",
            conditional_access_policies=[{**SHORT, "sessionControls.persistentBrowser.mode": "sometimes"}],
            role_assignments=ADMIN,
        ),
        stays_unknown("no plan", subscribed_skus=[], conditional_access_policies=[], role_assignments=ADMIN),
    ),
)
def administrator_sessions_are_short(
    conditional_access_policies: tuple[Policy, ...],
    referenced_group_members: ReferencedGroups,
    users: Users,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    statement_emergency_accounts: EmergencyAccounts | None,
    subscribed_skus: tuple[SubscribedSku, ...],
    named_locations: tuple[NamedLocation, ...] | None,
    *,
    max_hours: float = 4,
) -> Verdict:
    """An administrator session left open gives the finder every mailbox and file.

    For every enabled person who holds a privileged role now, emergency accounts left out, the enabled policies together make the sign-in renewed at least every
    `max_hours` hours, for every application under every condition, and never let a browser stay signed in after it was closed; or they block.
    """
    require_plan(subscribed_skus, AAD_PREMIUM)
    holdings = active_holdings(role_assignments, role_definitions, referenced_group_members)
    exempt = exempt_accounts(emergency_accounts(statement_emergency_accounts), holdings)
    rules = rules_of(conditional_access_policies, referenced_group_members, role_assignments, role_definitions, named_locations)
    inquiries = ask(
        rules,
        Question(demand=renewed_within(max_hours), lacks=f"need not sign in again within {max_hours:g} hours"),
        Question(demand=never_persistent(), clients=(BROWSER,), lacks="may stay signed in after the browser was closed"),
    )
    return verdict(
        sort_administrators(holdings.of(privileged()), users, exempt, inquiries),
        inquiries,
        good="administrators have short sessions that never persist",
        bad="administrators can have long or persistent sessions",
        empty=nobody(),
        account=lambda person: person.account,
    )
