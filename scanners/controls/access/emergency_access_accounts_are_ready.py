from collections.abc import Callable
from typing import Any

from scanners.administrators import accounts_by_id
from scanners.conditional_access.demands import BLOCK, COMPLIANT, JOINED, KNOWN, PASSWORD_CHANGE, REMEDIATION, alternatives
from scanners.conditional_access.judged import short
from scanners.conditional_access.narrowing import ACTIVE_SYNC, EAS_SUPPORTED, OLDER_CLIENTS
from scanners.conditional_access.rules import Rule, Selection, rules_of
from scanners.declare import control, fails, is_due, passes, stays_unknown
from scanners.errors import Undecided, Unrecognised
from scanners.examples import Unreadable
from scanners.facts.conditional_access_policies import Policy, Strength
from scanners.facts.named_locations import NamedLocation
from scanners.facts.organization import Organization
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.users import User, Users
from scanners.model import Parameter, Verdict, failed, passed
from scanners.quoting import quoted
from scanners.roles import GLOBAL_ADMINISTRATOR, Holdings, active_holdings
from scanners.three_valued import Maybe, sort

E1, E2 = "aaaaaaaa-0000-4000-8000-0000000000e1", "aaaaaaaa-0000-4000-8000-0000000000e2"
INITIAL = "riverbend.onmicrosoft.example"
GROUP = "cccccccc-0000-4000-8000-000000000001"
BOTH = [{"id": E1, "upnDomain": INITIAL}, {"id": E2, "upnDomain": INITIAL}]
DIRECT = [{"principalId": E1}, {"principalId": E2}]
BLOCK_LEGACY = {"conditions.clientAppTypes": ["exchangeActiveSync", "other"], "grantControls.builtInControls": ["block"]}
DEVICE = {"grantControls.builtInControls": ["compliantDevice"]}
LOCKS = frozenset({BLOCK, COMPLIANT, JOINED, "approvedApplication", "compliantApplication", PASSWORD_CHANGE, REMEDIATION})


def register(*accounts: str) -> dict[str, Any]:
    return {"details": {"accounts": [{"object_id": each} for each in accounts]}}


def ready(**given: object) -> dict[str, Any]:
    base = {"statement_emergency_accounts": register(E1, E2), "users": BOTH, "role_assignments": DIRECT}
    return {**base, "conditional_access_policies": [BLOCK_LEGACY, {**DEVICE, "id": "p2", "conditions.users.excludeUsers": [E1, E2]}], **given}


@control(
    title="At least two emergency accounts exist, work, and cannot be locked out by policy",
    cites=("164.312(a)(2)(ii)", "164.308(a)(7)(ii)(C)"),
    severity="high",
    designation="required",
    fix="Entra admin center > Users > New user: two cloud-only accounts on the onmicrosoft.com domain, Global Administrator directly; Conditional Access > exclude them from blocking policies; then record the register: python -m local statements add",
    parameters={"min_accounts": Parameter(why="two independent ways in", unit="accounts", low=1, high=5, looser="lower")},
    crosswalk={"cis_m365_v7": "1.1.2", "prowler": "entra_emergency_access_exclusion", "maester": "MT.1005", "nist_800_53": ["AC-2", "CP-2"]},
    seeds=("A3b-1",),
    proposed_rule="164.312(a)(2)(iii)",
    examples=(
        passes(**ready()),
        passes("a second factor is no lock-out", **ready(conditional_access_policies=[{}])),
        passes(
            "excluded through a group",
            **ready(
                conditional_access_policies=[{**DEVICE, "conditions.users.excludeGroups": [GROUP]}],
                referenced_group_members=[{"id": GROUP, "memberIds": [E1, E2]}],
            ),
        ),
        passes("report-only locks nobody out", **ready(conditional_access_policies=[{**DEVICE, "state": "enabledForReportingButNotEnforced"}])),
        passes(
            "a block of device code is no lock-out",
            **ready(
                conditional_access_policies=[
                    {"conditions.authenticationFlows": {"transferMethods": "deviceCodeFlow"}, "grantControls.builtInControls": ["block"]}
                ]
            ),
        ),
        passes(
            "a rule for a user action is no lock-out",
            **ready(
                conditional_access_policies=[
                    {
                        **DEVICE,
                        "conditions.applications.includeApplications": [],
                        "conditions.applications.includeUserActions": ["urn:user:registersecurityinfo"],
                    }
                ]
            ),
        ),
        fails("one account only", **ready(statement_emergency_accounts=register(E1))),
        fails("a compliant device is demanded of them", **ready(conditional_access_policies=[DEVICE])),
        fails(
            "a block for risky users takes them in",
            **ready(conditional_access_policies=[{"conditions.userRiskLevels": ["high"], "grantControls.builtInControls": ["block"]}]),
        ),
        fails(
            "a policy includes them by their role",
            **ready(
                conditional_access_policies=[{**DEVICE, "conditions.users.includeUsers": [], "conditions.users.includeRoles": [GLOBAL_ADMINISTRATOR]}]
            ),
        ),
        fails("an account of the register was deleted", **ready(users=BOTH[:1])),
        fails("an account is disabled", **ready(users=[BOTH[0], {**BOTH[1], "accountEnabled": False}])),
        fails("an account comes from the on-premises directory", **ready(users=[BOTH[0], {**BOTH[1], "onPremisesSyncEnabled": True}])),
        fails("an account is on another domain", **ready(users=[BOTH[0], {**BOTH[1], "upnDomain": "riverbend.example"}])),
        fails(
            "the role comes through a group",
            **ready(
                role_assignments=[{"principalId": E1}, {"principalId": GROUP, "principal": {"@odata.type": "#microsoft.graph.group", "id": GROUP}}],
                referenced_group_members=[{"id": GROUP, "memberIds": [E2]}],
            ),
        ),
        is_due("no register", **ready(statement_emergency_accounts=None)),
        is_due("an expired register", **ready(statement_emergency_accounts={**register(E1, E2), "expires_at": "2026-11-01"})),
        stays_unknown(users=Unreadable("unreachable")),
        stays_unknown(
            "a condition that is new", **ready(conditional_access_policies=[{**DEVICE, "conditions.users.excludeUsers": [E1], "conditions.new": 1}])
        ),
        stays_unknown("a demand that is new", **ready(conditional_access_policies=[{"grantControls.builtInControls": ["newControl"]}])),
    ),
)
def emergency_access_accounts_are_ready(
    statement_emergency_accounts: EmergencyAccounts,
    users: Users,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    conditional_access_policies: tuple[Policy, ...],
    referenced_group_members: ReferencedGroups,
    organization: Organization,
    named_locations: tuple[NamedLocation, ...] | None,
    *,
    min_accounts: int = 2,
) -> Verdict:
    """When normal sign-in fails, care must still reach ePHI.

    The register names at least `min_accounts` accounts; each exists, is enabled, lives in the cloud on the tenant's initial domain, holds Global Administrator directly,
    and is out of reach of every enabled policy that may shut it out: one that blocks, or asks for a managed device, a certain application, a new password or risk
    remediation. Policies for legacy clients only, for handing sign-ins over, or for user actions shut nobody out.
    """
    named = sorted({account.object_id.lower() for account in statement_emergency_accounts.details.accounts})
    holdings = active_holdings(role_assignments, role_definitions, referenced_group_members)
    rules = rules_of(conditional_access_policies, referenced_group_members, role_assignments, role_definitions, named_locations)
    accounts, locking = accounts_by_id(users), rules.those(_may_lock_out)
    problems: dict[str, list[str]] = {}

    def is_ready(identifier: str) -> Maybe:
        problems[identifier], doubts = _problems(accounts.get(identifier), identifier, organization, holdings, locking)
        if doubts and not problems[identifier]:
            raise doubts[0]
        return not problems[identifier]

    piles = sort(named, is_ready)
    observed = {"registered": len(named), "ready": len(piles.good), "problems": problems}
    if piles.bad:
        first = problems[piles.bad[0]][0]
        return failed(f"{len(piles.bad)} of {len(named)} emergency accounts are not ready: {short(piles.bad[0])} {first}", piles.bad, **observed)
    if len(named) < min_accounts:
        return failed(f"{len(named)} emergency accounts are registered, fewer than {min_accounts}", named, **observed)
    if piles.unclear:
        raise piles.doubts[0]
    return passed(f"{len(named)} emergency accounts are registered and ready", named, **observed)


def _problems(
    account: User | None, identifier: str, organization: Organization, holdings: Holdings, locking: Selection
) -> tuple[list[str], list[Undecided]]:
    """What keeps an account from being of use in an emergency, and what could not be read about that."""
    if account is None:
        return ["is not among the users"], []
    direct = holdings.of({GLOBAL_ADMINISTRATOR}, tenant_wide=True)
    holds = any(h.principal.lower() == identifier and h.through is None for h in direct.known)
    checks: tuple[tuple[Callable[[], bool], str], ...] = (
        (lambda: not account.account_enabled, "is disabled"),
        (lambda: bool(account.on_premises_sync_enabled), "comes from the on-premises directory"),
        (lambda: account.upn_domain.lower() not in _initial_domains(organization), "is not on the tenant's initial domain"),
        (lambda: not holds and not direct.doubts, "does not hold Global Administrator directly"),
    )
    found, doubts = [], [] if holds else list(direct.doubts)
    for check, text in checks:
        try:
            found += [text] if check() else []
        except Undecided as doubt:
            doubts.append(doubt)
    certain, doubtful = locking.reaching(account)
    found += [f"can be shut out by policy {rule.name!r}" for rule in certain]
    return found, doubts + [rule.undecided() for rule in doubtful]


def _initial_domains(organization: Organization) -> list[str]:
    return [domain.name.lower() for domain in organization.verified_domains if domain.is_initial]


def _may_lock_out(rule: Rule) -> Maybe:
    """The policy can keep somebody out who has a password and a second factor."""
    grant, conditions, flows = rule.policy.grant_controls, rule.policy.conditions, rule.policy.conditions.authentication_flows
    if grant is None or not rule.reaches_apps:
        return False
    if conditions.client_app_types and set(conditions.client_app_types) <= {ACTIVE_SYNC, EAS_SUPPORTED, OLDER_CLIENTS}:
        return False
    if flows is not None and (flows.transfer_methods or "none") != "none":
        return False
    listed = [each for each in alternatives(grant) if not isinstance(each, Strength)]
    if LOCKS & set(listed):
        return True
    if strange := [each for each in listed if each not in KNOWN]:
        raise Unrecognised(f"policy {rule.name!r} demands {quoted(strange[0])}, which this version does not know")
    return False
