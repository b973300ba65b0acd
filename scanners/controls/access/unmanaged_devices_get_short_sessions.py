from collections.abc import Iterator
from functools import partial

from scanners.conditional_access.coverage import Question, ask
from scanners.conditional_access.demands import BLOCK, COMPLIANT, JOINED, Demand, any_of
from scanners.conditional_access.judged import everyone, no_users, sort_users, verdict
from scanners.conditional_access.narrowing import BROWSER
from scanners.conditional_access.rules import Rule, Selection, rules_of
from scanners.conditional_access.sessions import always_persistent, never_persistent, renewed_within
from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.facts.conditional_access_policies import SESSION_LIMITS, Policy
from scanners.facts.named_locations import NamedLocation
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.subscribed_skus import SubscribedSku
from scanners.facts.users import User, Users
from scanners.model import Parameter, Verdict, failed, not_applicable
from scanners.permissions import AAD_PREMIUM
from scanners.plans import require_plan
from scanners.three_valued import Maybe, Sorted, some, sort

A = "aaaaaaaa-0000-4000-8000-000000000001"
MANAGED = 'device.isCompliant -eq True -or device.trustType -eq "ServerAD"'
ALWAYS = {**SESSION_LIMITS, "id": "p2", "sessionControls.signInFrequency": None, "sessionControls.persistentBrowser": {"mode": "always"}}


def on_devices(mode: str, rule: str) -> dict[str, object]:
    return {**SESSION_LIMITS, "conditions.devices": {"deviceFilter": {"mode": mode, "rule": rule}}}


@control(
    title="Browsers on unmanaged devices must sign in again within hours and never stay signed in",
    cites=("164.312(a)(2)(iii)", "164.310(c)"),
    severity="high",
    designation="addressable",
    fix="Entra admin center > Protection > Conditional Access > New policy > Session > Sign-in frequency 12 hours, Persistent browser session Never persistent; Conditions > Filter for devices > exclude device.isCompliant -eq True",
    plan="Microsoft Entra ID P1",
    parameters={"max_hours": Parameter(why="one shift; other baselines accept up to 7 days", unit="hours", low=1, high=168, looser="higher")},
    crosswalk={
        "cis_m365_v7": "5.2.2.13",
        "prowler": "entra_conditional_access_policy_corporate_device_sign_in_frequency_enforced",
        "maester": "MT.1017, MT.1018",
        "nist_800_53": ["AC-12", "IA-11"],
    },
    seeds=("A3e", "S15"),
    proposed_rule="164.312(a)(2)(iv)",
    examples=(
        passes(conditional_access_policies=[SESSION_LIMITS]),
        passes("managed devices are left out", conditional_access_policies=[on_devices("exclude", MANAGED)]),
        passes(
            "unmanaged devices are chosen",
            conditional_access_policies=[on_devices("include", 'device.isCompliant -ne True -and device.trustType -ne "ServerAD"')],
        ),
        passes("browsers are enough", conditional_access_policies=[{**SESSION_LIMITS, "conditions.clientAppTypes": ["browser"]}]),
        passes(
            "every time",
            conditional_access_policies=[
                {**SESSION_LIMITS, "sessionControls.signInFrequency": {"value": None, "type": None, "frequencyInterval": "everyTime"}}
            ],
        ),
        fails("days are not hours", conditional_access_policies=[{**SESSION_LIMITS, "sessionControls.signInFrequency.type": "days"}]),
        fails("the browser may stay signed in", conditional_access_policies=[{**SESSION_LIMITS, "sessionControls.persistentBrowser": None}]),
        fails(
            "only the second factor is renewed",
            conditional_access_policies=[{**SESSION_LIMITS, "sessionControls.signInFrequency.authenticationType": "secondaryAuthentication"}],
        ),
        fails("a limit that is switched off", conditional_access_policies=[{**SESSION_LIMITS, "sessionControls.signInFrequency.isEnabled": False}]),
        fails("the filter takes managed devices", conditional_access_policies=[on_devices("include", MANAGED)]),
        fails("another policy keeps browsers signed in always", conditional_access_policies=[SESSION_LIMITS, ALWAYS]),
        fails(
            "only outside trusted locations",
            conditional_access_policies=[
                {**SESSION_LIMITS, "conditions.locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}}
            ],
        ),
        does_not_apply("an unmanaged device never gets in", conditional_access_policies=[{"grantControls.builtInControls": ["compliantDevice"]}]),
        fails(
            "a second factor lets an unmanaged device in", conditional_access_policies=[{"grantControls.builtInControls": ["mfa", "compliantDevice"]}]
        ),
        stays_unknown(
            "a filter that cannot be told to take unmanaged devices", conditional_access_policies=[on_devices("include", 'device.model -eq "X"')]
        ),
        stays_unknown(
            "a unit that is new", conditional_access_policies=[{**SESSION_LIMITS, "sessionControls.signInFrequency.type": "unknownFutureValue"}]
        ),
        stays_unknown("no plan", subscribed_skus=[], conditional_access_policies=[]),
    ),
)
def unmanaged_devices_get_short_sessions(
    conditional_access_policies: tuple[Policy, ...],
    referenced_group_members: ReferencedGroups,
    users: Users,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    statement_emergency_accounts: EmergencyAccounts | None,
    subscribed_skus: tuple[SubscribedSku, ...],
    named_locations: tuple[NamedLocation, ...] | None,
    *,
    max_hours: float = 12,
) -> Verdict:
    """A home or shared computer must not keep a session to ePHI after the person has left.

    For every enabled member and guest, emergency accounts and meeting rooms left out, in a browser on a device that is neither compliant nor joined, the enabled
    policies together make the sign-in renewed at least every `max_hours` hours and never let the browser stay signed in, for every application (a sign-in
    that is blocked, or that only a managed device can make, has no session), and no policy without a device filter keeps a browser signed in always. Not applicable where
    everyone is blocked or must use a compliant device for every application.
    """
    rules = rules_of(conditional_access_policies, referenced_group_members, role_assignments, role_definitions, named_locations)
    population = everyone(users, role_assignments, role_definitions, referenced_group_members, statement_emergency_accounts)
    persons = (*population.members, *population.guests)
    shut_out = sort_users(persons, population, ask(rules, Question(demand=any_of(BLOCK, COMPLIANT), lacks="may use an unmanaged device")))
    if shut_out.good and len(shut_out.good) == shut_out.looked_at:
        return not_applicable("everyone is blocked or must use a compliant device", looked_at=shut_out.looked_at)
    require_plan(subscribed_skus, AAD_PREMIUM)
    _refuse_doubts(kept := sort(persons, partial(_may_not_persist, rules.those(_keeps))))
    if kept.bad:
        because = f"{len(kept.bad)} of {kept.looked_at} people are kept signed in by a policy for persistent browsers"
        return failed(because, (u.id for u in kept.bad), looked_at=kept.looked_at, kept_signed_in=len(kept.bad))
    inquiries = ask(rules, *_questions(max_hours))
    return verdict(
        sort_users(persons, population, inquiries),
        inquiries,
        good="people get short sessions in browsers on unmanaged devices",
        bad="people can have long or persistent sessions in browsers on unmanaged devices",
        empty=no_users(),
    )


def _questions(max_hours: float) -> Iterator[Question]:
    wanted = (
        (renewed_within(max_hours), f"in a browser on an unmanaged device need not sign in again within {max_hours:g} hours"),
        (never_persistent(), "on an unmanaged device may stay signed in after the browser was closed"),
    )
    for demand, lacks in wanted:
        yield Question(demand=_or_managed(demand), clients=(BROWSER,), on_unmanaged_devices=True, lacks=lacks)


def _refuse_doubts(kept: Sorted[User]) -> None:
    if kept.unclear and not kept.bad:
        raise kept.doubts[0]


def _or_managed(demand: Demand) -> Demand:
    """The demand, or one that an unmanaged device cannot meet."""
    managed = any_of(BLOCK, COMPLIANT, JOINED)
    return lambda policy: some((managed(policy), demand(policy)))


def _may_not_persist(persisting: Selection, user: User) -> Maybe:
    """No policy without a device filter keeps the user's browser signed in always."""
    certain, doubtful = persisting.reaching(user)
    if doubtful and not certain:
        raise doubtful[0].undecided()
    return not certain


def _keeps(rule: Rule) -> Maybe:
    devices = rule.policy.conditions.devices
    return always_persistent(rule.policy) if devices is None or devices.device_filter is None else False
