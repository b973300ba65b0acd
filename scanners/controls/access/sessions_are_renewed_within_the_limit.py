from scanners.conditional_access.coverage import Question, ask
from scanners.conditional_access.judged import everyone, no_users, sort_users, verdict
from scanners.conditional_access.rules import rules_of
from scanners.conditional_access.sessions import renewed_within
from scanners.declare import control, fails, passes, stays_unknown
from scanners.facts.conditional_access_policies import SESSION_LIMITS, Policy
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


def limit(**frequency: object) -> dict[str, object]:
    return {**SESSION_LIMITS, **{f"sessionControls.signInFrequency.{name}": value for name, value in frequency.items()}}


@control(
    title="Everyone must sign in again within the session limit, managed devices included",
    cites=("164.312(a)(2)(iii)", "164.312(d)"),
    severity="low",
    designation="addressable",
    fix="Entra admin center > Protection > Conditional Access > New policy > All users, All resources > Session > Sign-in frequency",
    plan="Microsoft Entra ID P1; without it the service renews after 90 days",
    parameters={"max_days": Parameter(why="general baselines accept 7 days", unit="days", low=1, high=30, looser="higher")},
    crosswalk={
        "cis_m365_v7": "5.2.2.13",
        "prowler": "entra_conditional_access_policy_sign_in_frequency_all_users",
        "nist_800_53": ["AC-12", "IA-11"],
    },
    seeds=("A3e",),
    proposed_rule="164.312(a)(2)(iv)",
    examples=(
        passes(conditional_access_policies=[SESSION_LIMITS]),
        passes("every time", conditional_access_policies=[limit(frequencyInterval="everyTime", value=None, type=None)]),
        passes("days are days", conditional_access_policies=[limit(value=7, type="days")]),
        fails("a month", conditional_access_policies=[limit(value=30, type="days")]),
        fails("days are not hours", conditional_access_policies=[limit(value=12, type="days")]),
        fails("no policy limits it", conditional_access_policies=[{}]),
        fails(
            "only unmanaged devices are limited",
            conditional_access_policies=[
                {
                    **SESSION_LIMITS,
                    "conditions.devices": {
                        "deviceFilter": {"mode": "exclude", "rule": 'device.isCompliant -eq True -or device.trustType -eq "ServerAD"'}
                    },
                }
            ],
        ),
        fails("only the second factor is renewed", conditional_access_policies=[limit(authenticationType="secondaryAuthentication")]),
        fails("a limit that is switched off", conditional_access_policies=[limit(isEnabled=False)]),
        stays_unknown("a unit that is new", conditional_access_policies=[limit(type="unknownFutureValue")]),
        stays_unknown("no plan", subscribed_skus=[], conditional_access_policies=[]),
    ),
)
def sessions_are_renewed_within_the_limit(
    conditional_access_policies: tuple[Policy, ...],
    referenced_group_members: ReferencedGroups,
    users: Users,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    statement_emergency_accounts: EmergencyAccounts | None,
    subscribed_skus: tuple[SubscribedSku, ...],
    named_locations: tuple[NamedLocation, ...] | None,
    *,
    max_days: float = 7,
) -> Verdict:
    """A stolen token works until the session must be renewed.

    For every enabled member and guest, emergency accounts and meeting rooms left out, the enabled policies together make the sign-in renewed, first factor
    included, at least every `max_days` days, or block, for every application under every condition, managed devices included.
    """
    require_plan(subscribed_skus, AAD_PREMIUM)
    rules = rules_of(conditional_access_policies, referenced_group_members, role_assignments, role_definitions, named_locations)
    population = everyone(users, role_assignments, role_definitions, referenced_group_members, statement_emergency_accounts)
    inquiries = ask(rules, Question(demand=renewed_within(max_days * 24), lacks=f"need not sign in again within {max_days:g} days"))
    return verdict(
        sort_users((*population.members, *population.guests), population, inquiries),
        inquiries,
        good="people must sign in again within the limit",
        bad="people can stay signed in beyond the limit",
        empty=no_users(),
    )
