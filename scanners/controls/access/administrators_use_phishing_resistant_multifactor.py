from typing import Any

from scanners.administrators import nobody
from scanners.conditional_access.coverage import Question, ask
from scanners.conditional_access.demands import by_id, phishing_resistant
from scanners.conditional_access.judged import sort_administrators, verdict
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
from scanners.people import emergency_accounts, exempt_accounts
from scanners.permissions import AAD_PREMIUM
from scanners.plans import require_plan
from scanners.roles import PRIVILEGED, active_holdings

A = "aaaaaaaa-0000-4000-8000-000000000001"
ADMIN = [{"principalId": A}]
RESISTANT = ["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"]
BUILT_IN, CUSTOM = "00000000-0000-0000-0000-000000000004", "9b9b9b9b-0000-4000-8000-000000000001"


def strength(combinations: list[str] | None, identifier: str = BUILT_IN, more: dict[str, Any] | None = None) -> dict[str, Any]:
    listed = {} if combinations is None else {"allowedCombinations": combinations}
    value = {"id": identifier, "requirementsSatisfied": "mfa", **listed}
    return {"grantControls.builtInControls": [], "grantControls.authenticationStrength": value, **(more or {})}


@control(
    title="Administrators sign in only with methods that cannot be phished",
    cites=("164.312(d)",),
    severity="high",
    designation="standard",
    fix="Entra admin center > Protection > Conditional Access > policy for directory roles > Grant > Require authentication strength > Phishing-resistant MFA",
    plan="Microsoft Entra ID P1",
    parameters={
        "resistant_modes": Parameter(why="new methods appear that are bound to the real site", unit="methods"),
        "roles": Parameter(why="some baselines stop at the highest roles", unit="role template ids"),
    },
    crosswalk={
        "cis_m365_v7": "5.2.2.5",
        "scuba": "MS.AAD.3.6v1",
        "prowler": "entra_admin_users_phishing_resistant_mfa_enabled",
        "maester": "CISA.MS.AAD.3.6",
        "nist_800_53": ["IA-2(1)", "IA-2(8)"],
    },
    seeds=("A3b-2", "B26", "T36"),
    proposed_rule="164.312(f)(2)(ii)",
    examples=(
        passes(conditional_access_policies=[strength(RESISTANT)], role_assignments=ADMIN),
        passes("combinations that a policy does not repeat are looked up", conditional_access_policies=[strength(None)], role_assignments=ADMIN),
        passes(
            "a weaker control beside it does no harm where both are demanded",
            conditional_access_policies=[strength(RESISTANT, more={"grantControls.builtInControls": ["mfa"], "grantControls.operator": "AND"})],
            role_assignments=ADMIN,
        ),
        passes(
            "a method of a new name does no harm where another policy covers",
            conditional_access_policies=[strength(RESISTANT), {**strength(["newMethod"], CUSTOM), "id": "p2"}],
            role_assignments=ADMIN,
        ),
        fails("any second factor is not one that cannot be phished", conditional_access_policies=[{}], role_assignments=ADMIN),
        fails(
            "a copy of the built-in strength with a password in it",
            conditional_access_policies=[strength(["fido2", "password,microsoftAuthenticatorPush"], CUSTOM)],
            role_assignments=ADMIN,
        ),
        fails(
            "the built-in strength for any second factor",
            conditional_access_policies=[strength(None, "00000000-0000-0000-0000-000000000002")],
            role_assignments=ADMIN,
        ),
        fails(
            "any second factor may be chosen instead",
            conditional_access_policies=[strength(RESISTANT, more={"grantControls.builtInControls": ["mfa"]})],
            role_assignments=ADMIN,
        ),
        fails("a strength without combinations", conditional_access_policies=[strength([], CUSTOM)], role_assignments=ADMIN),
        fails(
            "narrowed to risky sign-ins",
            conditional_access_policies=[strength(RESISTANT, more={"conditions.signInRiskLevels": ["high"]})],
            role_assignments=ADMIN,
        ),
        stays_unknown("a strength that is not listed", conditional_access_policies=[strength(None, "not-listed")], role_assignments=ADMIN),
        stays_unknown("a method of a new name", conditional_access_policies=[strength(["fido2", "newMethod"], CUSTOM)], role_assignments=ADMIN),
        stays_unknown("no plan, no policies", conditional_access_policies=Unreadable("not_licensed"), subscribed_skus=[], role_assignments=ADMIN),
        stays_unknown("no holder at all", conditional_access_policies=[strength(RESISTANT)], role_assignments=[]),
    ),
)
def administrators_use_phishing_resistant_multifactor(
    conditional_access_policies: tuple[Policy, ...],
    authentication_strengths: tuple[AuthenticationStrength, ...],
    referenced_group_members: ReferencedGroups,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    users: Users,
    statement_emergency_accounts: EmergencyAccounts | None,
    subscribed_skus: tuple[SubscribedSku, ...],
    named_locations: tuple[NamedLocation, ...] | None,
    *,
    resistant_modes: tuple[str, ...] = ("fido2", "windowsHelloForBusiness", "x509CertificateMultiFactor"),
    roles: tuple[str, ...] = tuple(PRIVILEGED),
) -> Verdict:
    """Push and code prompts are relayed by phishing kits; keys and certificates bind the sign-in to the real site.

    For every enabled person who holds a privileged role now, emergency accounts left out, the enabled policies together demand, for every application under
    every condition, an authentication strength of which every combination is one of `resistant_modes`, with nothing weaker to choose instead (or block).
    """
    require_plan(subscribed_skus, AAD_PREMIUM)
    holdings = active_holdings(role_assignments, role_definitions, referenced_group_members)
    exempt = exempt_accounts(emergency_accounts(statement_emergency_accounts), holdings)
    rules = rules_of(conditional_access_policies, referenced_group_members, role_assignments, role_definitions, named_locations)
    demand = phishing_resistant(by_id(authentication_strengths), resistant_modes)
    inquiries = ask(rules, Question(demand=demand, lacks="may use a method that can be phished"))
    return verdict(
        sort_administrators(holdings.of(role.lower() for role in roles), users, exempt, inquiries),
        inquiries,
        good="administrators must use a method that cannot be phished",
        bad="administrators can sign in with a method that can be phished",
        empty=nobody(),
        account=lambda person: person.account,
    )
