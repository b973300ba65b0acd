from scanners.conditional_access.coverage import Question, ask
from scanners.conditional_access.demands import Demand, block, by_id, multifactor
from scanners.conditional_access.judged import everyone, no_users, sort_users, verdict
from scanners.conditional_access.narrowing import RISKS
from scanners.conditional_access.rules import rules_of
from scanners.conditional_access.sessions import every_time
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
from scanners.permissions import AAD_PREMIUM_P2
from scanners.plans import require_plan
from scanners.three_valued import every, some

A, B = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
SESSION = {
    "applicationEnforcedRestrictions": None,
    "cloudAppSecurity": None,
    "persistentBrowser": None,
    "signInFrequency": {
        "isEnabled": True,
        "value": None,
        "type": None,
        "frequencyInterval": "everyTime",
        "authenticationType": "primaryAndSecondaryAuthentication",
    },
    "secureSignInSession": None,
    "disableResilienceDefaults": None,
}
RISKY = {"conditions.signInRiskLevels": ["high", "medium"], "sessionControls": SESSION}


@control(
    title="Risky sign-ins must prove themselves afresh or are blocked",
    cites=("164.308(a)(5)(ii)(C)", "164.308(a)(6)(ii)", "164.312(d)"),
    severity="high",
    designation="addressable",
    fix="Entra admin center > Protection > Conditional Access > New policy > Conditions > Sign-in risk High and Medium > Require multifactor authentication, Session > Sign-in frequency Every time",
    plan="Microsoft Entra ID P2",
    parameters={"levels": Parameter(why="some baselines ask for high only", unit="levels", among=("low", "medium", "high"))},
    crosswalk={
        "cis_m365_v7": "5.2.2.7, 5.2.2.8",
        "scuba": "MS.AAD.2.3v1",
        "prowler": "entra_identity_protection_sign_in_risk_enabled",
        "maester": "MT.1012",
        "nist_800_53": ["IA-10", "SI-4"],
    },
    seeds=("B8", "T8"),
    examples=(
        passes(conditional_access_policies=[RISKY]),
        passes(
            "blocked is stopped",
            conditional_access_policies=[{"conditions.signInRiskLevels": ["high", "medium"], "grantControls.builtInControls": ["block"]}],
        ),
        passes(
            "one policy for each level",
            conditional_access_policies=[
                {**RISKY, "conditions.signInRiskLevels": ["high"]},
                {**RISKY, "id": "p2", "conditions.signInRiskLevels": ["medium"]},
            ],
        ),
        passes(
            "only high, where the operator asks for no more",
            parameters={"levels": ["high"]},
            conditional_access_policies=[{**RISKY, "conditions.signInRiskLevels": ["high"]}],
        ),
        fails(
            "user risk and sign-in risk in one policy must both hold, which is neither",
            conditional_access_policies=[{**RISKY, "conditions.signInRiskLevels": ["high", "medium"], "conditions.userRiskLevels": ["high"]}],
        ),
        fails("only high", conditional_access_policies=[{**RISKY, "conditions.signInRiskLevels": ["high"]}]),
        fails("an old second factor is not proof afresh", conditional_access_policies=[{"conditions.signInRiskLevels": ["high", "medium"]}]),
        fails(
            "after some hours is not every time",
            conditional_access_policies=[
                {**RISKY, "sessionControls.signInFrequency": {"value": 1, "type": "hours", "frequencyInterval": "timeBased"}}
            ],
        ),
        fails("a frequency that is switched off", conditional_access_policies=[{**RISKY, "sessionControls.signInFrequency": {"isEnabled": False}}]),
        fails("only some applications", conditional_access_policies=[{**RISKY, "conditions.applications.includeApplications": ["Office365"]}]),
        fails(
            "guests are at risk as well",
            conditional_access_policies=[{**RISKY, "conditions.users.excludeUsers": [B]}],
            users=[{"id": A}, {"id": B, "userType": "Guest"}],
        ),
        stays_unknown("no plan", subscribed_skus=[], conditional_access_policies=[]),
        stays_unknown("a level that is new", conditional_access_policies=[{**RISKY, "conditions.signInRiskLevels": ["severe"]}]),
        stays_unknown(conditional_access_policies=Unreadable("not_permitted")),
    ),
)
def risky_sign_ins_are_challenged(
    conditional_access_policies: tuple[Policy, ...],
    referenced_group_members: ReferencedGroups,
    users: Users,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    statement_emergency_accounts: EmergencyAccounts | None,
    subscribed_skus: tuple[SubscribedSku, ...],
    authentication_strengths: tuple[AuthenticationStrength, ...],
    named_locations: tuple[NamedLocation, ...] | None,
    *,
    levels: tuple[str, ...] = ("high", "medium"),
) -> Verdict:
    """Sign-ins from unusual places or tools are the first sign of a compromised account that can read ePHI.

    At each sign-in risk in `levels`, for every enabled member and guest, emergency accounts and meeting rooms left out, the enabled policies together block, or
    demand a second factor with sign-in frequency "every time" in the same policy, for every application under every other condition.
    """
    require_plan(subscribed_skus, AAD_PREMIUM_P2)
    demand = _afresh(multifactor(by_id(authentication_strengths)))
    chosen = [level for level in RISKS[::-1] if level in levels]
    rules = rules_of(conditional_access_policies, referenced_group_members, role_assignments, role_definitions, named_locations)
    population = everyone(users, role_assignments, role_definitions, referenced_group_members, statement_emergency_accounts)
    inquiries = ask(
        rules, *(Question(demand=demand, sign_in_risk=level, lacks=f"at {level} sign-in risk need not prove it afresh") for level in chosen)
    )
    return verdict(
        sort_users((*population.members, *population.guests), population, inquiries),
        inquiries,
        good="people must prove a risky sign-in afresh",
        bad="people can make a risky sign-in without proof afresh",
        empty=no_users(),
        levels=chosen,
    )


def _afresh(second_factor: Demand) -> Demand:
    return lambda policy: some((block(policy), every((second_factor(policy), every_time(policy)))))
