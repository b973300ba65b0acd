from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from scanners.conditional_access.coverage import Question, ask
from scanners.conditional_access.demands import Demand, by_id, multifactor, user_risk_is_resolved
from scanners.conditional_access.judged import everyone, no_users, sort_users
from scanners.conditional_access.rules import Rules, rules_of
from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.errors import Undecided, Unrecognised
from scanners.examples import Unreadable
from scanners.facts.authentication_strengths import AuthenticationStrength
from scanners.facts.conditional_access_policies import Policy
from scanners.facts.directory_settings import PASSWORD_RULES, DirectorySetting, switch
from scanners.facts.domains import Domain
from scanners.facts.named_locations import NamedLocation
from scanners.facts.per_user_mfa import PerUserMfa, enforcement
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.security_defaults import SecurityDefaults
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.subscribed_skus import SubscribedSku
from scanners.facts.users import User, Users
from scanners.model import Parameter, Verdict, failed, not_applicable, passed
from scanners.people import People
from scanners.permissions import AAD_PREMIUM, AAD_PREMIUM_P2
from scanners.plans import has_plan
from scanners.three_valued import Maybe, Sorted, attempt, every, some, sort

A, B = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
NEVER = 2147483647
WORDS = [{"templateId": PASSWORD_RULES, "values": [{"name": "EnableBannedPasswordCheck", "value": "True"}], "bannedWordCount": 12}]
RISK = {"id": "p2", "conditions.userRiskLevels": ["high"], "grantControls.builtInControls": ["block"]}
SAFE: dict[str, Any] = {"conditional_access_policies": [{}, RISK], "directory_settings": WORDS}
EXEMPT = {"id": B, "passwordPolicies": "DisablePasswordExpiration"}
WITHOUT_P2 = [{"servicePlans": [{"servicePlanId": "41781fb2-bc02-4b7c-bd55-b576c07bb09d", "servicePlanName": "AAD_PREMIUM"}]}]


def domains(*days: object) -> list[dict[str, Any]]:
    return [{"id": f"d{n}.example", "passwordValidityPeriodInDays": each} for n, each in enumerate(days)]


@control(
    title="Passwords expire within the limit, or never expire behind stronger safeguards",
    cites=("164.308(a)(5)(ii)(D)",),
    severity="low",
    designation="addressable",
    fix="Microsoft 365 admin center > Settings > Org settings > Security & privacy > Password expiration policy (180 days or less); or keep never, and switch on multifactor for everyone, the custom list of banned passwords and a policy for users at risk",
    plan="any for an interval; never needs Microsoft Entra ID P2 for the policy for users at risk",
    parameters={
        "max_days": Parameter(why="the organisation's own policy", unit="days", low=30, high=365, looser="higher"),
        "accept_never": Parameter(why="current guidance advises against changing passwords by the calendar", looser="true"),
    },
    crosswalk={
        "cis_m365_v7": "1.3.1",
        "scuba": "MS.AAD.6.1v1",
        "prowler": "admincenter_settings_password_never_expire",
        "maester": "CIS.M365.1.3.1",
        "nist_800_53": ["IA-5"],
    },
    seeds=("B15-2", "T22"),
    examples=(
        passes(domains=domains(90), conditional_access_policies=[]),
        passes("never, behind all three safeguards", domains=domains(NEVER), **SAFE),
        passes("an account without expiry, behind all three safeguards", domains=domains(90), users=[{"id": A}, EXEMPT], **SAFE),
        passes("an interval needs no plan", domains=domains(90), subscribed_skus=WITHOUT_P2, conditional_access_policies=[]),
        passes(
            "a federated domain has its passwords elsewhere",
            domains=[*domains(90), {"id": "f.example", "authenticationType": "Federated", "passwordValidityPeriodInDays": NEVER}],
            conditional_access_policies=[],
        ),
        passes(
            "the password of a synchronised account expires on premises",
            domains=domains(90),
            users=[{"id": A}, {**EXEMPT, "onPremisesSyncEnabled": True}],
            conditional_access_policies=[],
        ),
        fails("never, with a second factor only", domains=domains(NEVER), conditional_access_policies=[{}]),
        fails(
            "never, with a second factor that only reports",
            domains=domains(NEVER),
            directory_settings=WORDS,
            conditional_access_policies=[{"state": "enabledForReportingButNotEnforced"}, RISK],
        ),
        fails("never, without the plan that finds users at risk", domains=domains(NEVER), subscribed_skus=WITHOUT_P2, **SAFE),
        fails("never, where the operator does not accept it", parameters={"accept_never": False}, domains=domains(NEVER), **SAFE),
        fails("every domain counts, the initial one too", domains=domains(90, NEVER), conditional_access_policies=[]),
        fails("one account without expiry", domains=domains(90), users=[{"id": A}, EXEMPT], conditional_access_policies=[]),
        fails(
            "one account without expiry among other words",
            domains=domains(90),
            users=[{"id": A}, {**EXEMPT, "passwordPolicies": "DisableStrongPassword, DisablePasswordExpiration"}],
            conditional_access_policies=[],
        ),
        fails("longer than the limit", domains=domains(181), conditional_access_policies=[]),
        does_not_apply("all domains are federated", domains=[{"authenticationType": "Federated"}], conditional_access_policies=[]),
        does_not_apply("the only domain is not verified", domains=[{"isVerified": False}], conditional_access_policies=[]),
        stays_unknown("a domain that does not say is neither 0 nor never", domains=domains(None), conditional_access_policies=[]),
        stays_unknown(
            "safeguards that could not all be read",
            domains=domains(NEVER),
            conditional_access_policies=[{"conditions.new": 1, "conditions.newer": 1}, RISK],
            directory_settings=WORDS,
        ),
        stays_unknown("a directory without accounts was not read whole", domains=domains(90), users=[]),
        stays_unknown(domains=Unreadable("not_permitted")),
    ),
)
def password_expiry_follows_the_chosen_policy(
    domains: tuple[Domain, ...],
    users: Users,
    directory_settings: tuple[DirectorySetting, ...],
    security_defaults: SecurityDefaults,
    per_user_mfa: PerUserMfa,
    conditional_access_policies: tuple[Policy, ...],
    authentication_strengths: tuple[AuthenticationStrength, ...],
    referenced_group_members: ReferencedGroups,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    statement_emergency_accounts: EmergencyAccounts | None,
    subscribed_skus: tuple[SubscribedSku, ...],
    named_locations: tuple[NamedLocation, ...] | None,
    *,
    max_days: int = 180,
    accept_never: bool = True,
) -> Verdict:
    """The rule asks for a procedure for changing passwords; a password that never changes is defensible only where a second factor, banned words and risk detection stand behind it.

    Either every verified managed domain has an interval of 1 to `max_days` days and no enabled member whose password is kept in the cloud is exempt from it; or, where
    `accept_never` says so, every enabled member must use a second factor everywhere, the organisation's banned words are refused, and accounts at high
    risk are stopped or reset. Not applicable where no verified domain is managed.
    """
    managed = [domain for domain in domains if domain.is_verified and domain.authentication_type == "Managed"]
    if not managed:
        return not_applicable("no verified domain keeps its passwords in the cloud", domains=len(domains))
    expiry = Expiry.of(managed, users, max_days)
    if expiry.within_limit or not accept_never:
        return _verdict(expiry, {}, max_days)
    rules = rules_of(conditional_access_policies, referenced_group_members, role_assignments, role_definitions, named_locations)
    population = everyone(users, role_assignments, role_definitions, referenced_group_members, statement_emergency_accounts)
    strengths, must = by_id(authentication_strengths), partial(_everyone_must, population, rules)
    safeguards = {
        "multifactor": security_defaults.is_enabled or must(multifactor(strengths), enforcement(per_user_mfa)),
        "banned_words": every((has_plan(subscribed_skus, AAD_PREMIUM), attempt(lambda: _banned_words_on(directory_settings)))),
        "risk_policy": every((has_plan(subscribed_skus, AAD_PREMIUM_P2), must(user_risk_is_resolved(strengths), user_risk="high"))),
    }
    return _verdict(expiry, safeguards, max_days)


@dataclass(frozen=True, slots=True)
class Expiry:
    """Domains by whether their interval is within the limit, and cloud accounts by whether their password expires at all."""

    intervals: Sorted[Domain]
    accounts: Sorted[User]

    @classmethod
    def of(cls, domains: Sequence[Domain], users: Users, max_days: int) -> "Expiry":
        """Of these domains and accounts. Raises Undecided where a property could not be read, or nobody at all was.

        A domain that says nothing is no fault: the safeguards may stand in for it.
        """
        if not users.value:
            raise no_users()
        accounts = sort([user for user in users.value if _may_be_judged(user)], _expires)
        found = cls(sort(domains, lambda domain: _within(domain, max_days)), accounts)
        for doubt in (*found.intervals.doubts, *found.accounts.doubts):
            raise doubt
        return found

    @property
    def within_limit(self) -> Maybe:
        """Every password that is kept in the cloud expires within the limit."""
        return every((_all(self.intervals), _all(self.accounts)))


def _verdict(expiry: Expiry, safeguards: Mapping[str, Maybe], max_days: int) -> Verdict:
    """`safeguards` is empty where they do not matter."""
    behind = every(safeguards.values()) if safeguards else False
    observed: dict[str, Any] = {
        "domains": {domain.id: _days(domain) for domain in (*expiry.intervals.good, *expiry.intervals.bad, *expiry.intervals.unclear)},
        "accounts_looked_at": expiry.accounts.looked_at,
        "accounts_without_expiry": len(expiry.accounts.bad),
        "safeguards": {name: {True: "on", False: "off", None: "unknown"}[on] for name, on in safeguards.items()},
    }
    answer = some((expiry.within_limit, behind))
    if answer:
        how = (
            f"passwords expire within {max_days} days"
            if expiry.within_limit
            else "passwords may stay, behind a second factor, banned words and risk detection"
        )
        return passed(how, **observed)
    if answer is None:
        raise Unrecognised("whether passwords expire, or whether all safeguards that allow them to stay are in place, could not be told")
    missing = " and ".join(name.replace("_", " ") for name, on in safeguards.items() if on is False)
    where = f"{len(expiry.intervals.bad)} domains and {len(expiry.accounts.bad)} accounts have passwords that do not expire within {max_days} days"
    instead = f", and what would allow that is missing: {missing}" if missing else ""
    return failed(where + instead, [*(domain.id for domain in expiry.intervals.bad), *(user.id for user in expiry.accounts.bad)], **observed)


def _days(domain: Domain) -> int | None:
    try:
        return domain.password_validity_period_in_days
    except Undecided:
        return None


def _all(piles: Sorted[Any]) -> Maybe:
    return False if piles.bad else None if piles.unclear else True


def _within(domain: Domain, max_days: int) -> Maybe:
    days = domain.password_validity_period_in_days
    return None if days is None else 1 <= days <= max_days


def _is_cloud_member(user: User) -> bool:
    return user.account_enabled and user.user_type != "Guest" and not user.on_premises_sync_enabled


def _may_be_judged(user: User) -> bool:
    return attempt(lambda: _is_cloud_member(user)) is not False


def _expires(user: User) -> bool:
    words = [word.strip().lower() for word in (user.password_policies or "").split(",")]
    if not _is_cloud_member(user):  # only where a property is missing, which this finds out again
        return True
    return "disablepasswordexpiration" not in words


def _everyone_must(population: People, rules: Rules, demand: Demand, safe: Callable[[User], Maybe] = lambda _: False, user_risk: str = "") -> Maybe:
    """Every member is covered; None where that could not be read or there is nobody."""
    inquiries = ask(rules, Question(demand=demand, user_risk=user_risk, lacks="is not covered"))
    piles = sort_users(population.members, population, inquiries, safe)
    return _all(piles) if piles.looked_at else None


def _banned_words_on(settings: Sequence[DirectorySetting]) -> Maybe:
    """The organisation's list of banned words is switched on and not empty (definition: banned_words_on)."""
    if not switch(settings, PASSWORD_RULES, "EnableBannedPasswordCheck"):
        return False
    words = next(each.banned_word_count for each in settings if each.template_id.lower() == PASSWORD_RULES)
    return None if words is None else words >= 1
