from scanners.conditional_access.coverage import Question, ask
from scanners.conditional_access.demands import by_id, user_risk_is_resolved
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
from scanners.model import Verdict
from scanners.permissions import AAD_PREMIUM_P2
from scanners.plans import require_plan

A, B = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
RESET = {"conditions.userRiskLevels": ["high"], "grantControls.operator": "AND", "grantControls.builtInControls": ["mfa", "passwordChange"]}


def grant(operator: str, *controls: str) -> dict[str, object]:
    return {**RESET, "grantControls.operator": operator, "grantControls.builtInControls": list(controls)}


@control(
    title="Accounts judged compromised are blocked or must reset their password with proof",
    cites=("164.308(a)(6)(ii)", "164.308(a)(5)(ii)(D)"),
    severity="high",
    designation="required",
    fix="Entra admin center > Protection > Conditional Access > New policy > Conditions > User risk High > Require password change with multifactor authentication, or Require risk remediation",
    plan="Microsoft Entra ID P2",
    crosswalk={
        "cis_m365_v7": "5.2.2.6",
        "scuba": "MS.AAD.2.1v1",
        "prowler": "entra_identity_protection_user_risk_enabled",
        "maester": "MT.1013",
        "nist_800_53": ["IR-4", "IA-5"],
    },
    seeds=("B8", "B15-2", "T8"),
    examples=(
        passes(conditional_access_policies=[RESET]),
        passes("blocked is stopped", conditional_access_policies=[grant("OR", "block")]),
        passes("risk remediation", conditional_access_policies=[grant("OR", "riskRemediation")]),
        passes("risk remediation and more", conditional_access_policies=[grant("AND", "riskRemediation", "mfa")]),
        passes(
            "guests reset their password at home",
            conditional_access_policies=[{**RESET, "conditions.users.excludeUsers": ["GuestsOrExternalUsers"]}],
            users=[{"id": A}, {"id": B, "userType": "Guest"}],
        ),
        fails("no policy for users at risk", conditional_access_policies=[{}]),
        fails("a second factor instead of a new password", conditional_access_policies=[grant("OR", "mfa", "passwordChange")]),
        fails("a second factor instead of remediation", conditional_access_policies=[grant("OR", "riskRemediation", "mfa")]),
        fails("a new password without proof", conditional_access_policies=[grant("AND", "passwordChange", "compliantDevice")]),
        fails("sign-in risk in the same policy must hold as well", conditional_access_policies=[{**RESET, "conditions.signInRiskLevels": ["high"]}]),
        fails("report-only stops nobody", conditional_access_policies=[{**RESET, "state": "enabledForReportingButNotEnforced"}]),
        stays_unknown("no plan", subscribed_skus=[]),
        stays_unknown("a grant that is new", conditional_access_policies=[grant("OR", "newControl")]),
        stays_unknown(conditional_access_policies=Unreadable("not_permitted")),
    ),
)
def risky_users_are_stopped_or_reset(
    conditional_access_policies: tuple[Policy, ...],
    referenced_group_members: ReferencedGroups,
    users: Users,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    statement_emergency_accounts: EmergencyAccounts | None,
    subscribed_skus: tuple[SubscribedSku, ...],
    authentication_strengths: tuple[AuthenticationStrength, ...],
    named_locations: tuple[NamedLocation, ...] | None,
) -> Verdict:
    """A leaked password stays dangerous until it is changed by the rightful owner.

    At high user risk, for every enabled member, emergency accounts and meeting rooms left out, the enabled policies together block, or demand a new password
    together with a second factor, or risk remediation with nothing weaker to choose instead, for every application under every other condition.
    """
    require_plan(subscribed_skus, AAD_PREMIUM_P2)
    rules = rules_of(conditional_access_policies, referenced_group_members, role_assignments, role_definitions, named_locations)
    population = everyone(users, role_assignments, role_definitions, referenced_group_members, statement_emergency_accounts)
    question = Question(
        demand=user_risk_is_resolved(by_id(authentication_strengths)),
        user_risk="high",
        lacks="at high user risk is neither blocked nor reset with proof",
    )
    inquiries = ask(rules, question)
    return verdict(
        sort_users(population.members, population, inquiries),
        inquiries,
        good="members at high risk are blocked or must reset their password with proof",
        bad="members at high risk can go on",
        empty=no_users(),
    )
