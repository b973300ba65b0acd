from datetime import datetime, timedelta

from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.users import User, Users
from scanners.model import Parameter, Verdict, failed, passed
from scanners.people import emergency_accounts, exempt_accounts, idle_time, last_use, require_activity
from scanners.roles import active_holdings
from scanners.three_valued import Sorted, sort

LONG_AGO = "2026-01-01T00:00:00Z"
UNUSED = {"signInActivity": {"lastSuccessfulSignInDateTime": LONG_AGO, "lastSignInDateTime": None, "lastNonInteractiveSignInDateTime": None}}
EMERGENCY = "aaaaaaaa-0000-4000-8000-0000000000e1"


@control(
    title="Accounts nobody has used for months are disabled",
    cites=("164.308(a)(3)(ii)(C)", "164.308(a)(4)(ii)(C)"),
    severity="medium",
    designation="addressable",
    kind="activity",
    fix="Microsoft 365 admin center > Users > Active users > Block sign-in, or delete the account; record long leave as an exception",
    plan="Microsoft Entra ID P1",
    parameters={
        "max_idle_days": Parameter(
            why="how long leave and seasonal work may last is the organisation's policy", unit="days", low=14, high=365, looser="higher"
        ),
        "allowed_count": Parameter(why="a few people may be on long leave", unit="accounts", low=0, high=100, looser="higher"),
    },
    crosswalk={"nist_800_53": ["AC-2(3)"]},
    seeds=("A3b-1", "B12", "S9"),
    proposed_rule="164.308(a)(9)(ii)(C)",
    examples=(
        passes(users=[{}]),
        passes("guests are judged in their own control", users=[{}, {"userType": "Guest", **UNUSED}]),
        passes("a disabled account is what was asked for", users=[{}, {"accountEnabled": False, **UNUSED}]),
        passes("a new account may not have been used yet", users=[{}, {"createdDateTime": "2026-11-20T00:00:00Z", "signInActivity": None}]),
        passes(
            "an emergency account is meant to lie still",
            users=[{}, {"id": EMERGENCY, **UNUSED}],
            statement_emergency_accounts={"details": {"accounts": [{"object_id": EMERGENCY}]}},
        ),
        passes("the operator knows of one on long leave", parameters={"allowed_count": 1}, users=[{}, UNUSED]),
        fails(users=[UNUSED]),
        fails("never used", users=[{"signInActivity": None}]),
        fails(
            "failed attempts keep other dates fresh",
            users=[{"signInActivity": {"lastSuccessfulSignInDateTime": LONG_AGO, "lastSignInDateTime": "2026-11-23T00:00:00Z"}}],
        ),
        fails("a shared mailbox should be disabled anyway", users=[{"assignedLicenses": [], **UNUSED}]),
        fails("an expired register exempts nobody", users=[{"id": EMERGENCY, **UNUSED}], statement_emergency_accounts=None),
        stays_unknown("without the plan the directory does not say it", users={"signInActivityRead": False}),
        stays_unknown("nobody at all is no reading of a tenant", users=[]),
        stays_unknown("missing is not never", users=[{"signInActivity": ABSENT}]),
        stays_unknown(users=Unreadable("unreachable")),
        stays_unknown("a state that cannot be read is not taken for disabled", users=[{}, {"accountEnabled": ABSENT, **UNUSED}]),
    ),
)
def unused_accounts_are_disabled(
    users: Users,
    statement_emergency_accounts: EmergencyAccounts | None,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    referenced_group_members: ReferencedGroups,
    at: datetime,
    *,
    max_idle_days: int = 90,
    allowed_count: int = 0,
) -> Verdict:
    """A forgotten account is access to ePHI that no one watches.

    At most `allowed_count` enabled members whose account is older than `max_idle_days` have not signed in successfully for as long. Emergency accounts and the
    accounts of directory synchronisation are left out; guests have their own control.
    """
    require_activity(users)
    holdings = active_holdings(role_assignments, role_definitions, referenced_group_members)
    exempt = exempt_accounts(emergency_accounts(statement_emergency_accounts), holdings)

    def governed(user: User) -> bool:
        return user.account_enabled and user.user_type != "Guest" and user.id.lower() not in exempt

    members = sort(users.value, governed)
    piles = sort((*members.good, *members.unclear), lambda user: not governed(user) or idle_time(user, at) <= timedelta(days=max_idle_days))
    observed = {"looked_at": piles.looked_at, "unused": len(piles.bad), "unclear": len(piles.unclear), "allowed": allowed_count, **_ages(piles, at)}
    ids = [user.id for user in piles.bad]
    if len(piles.bad) > allowed_count:
        return failed(f"{len(piles.bad)} of {piles.looked_at} enabled accounts have not been used for {max_idle_days} days", ids, **observed)
    if not piles.looked_at:
        raise Unrecognised("no enabled member was found, which no tenant in use can have, so the reading is incomplete")
    if piles.unclear:
        raise piles.doubts[0]
    return passed(f"{len(piles.good)} of {piles.looked_at} enabled accounts were used within {max_idle_days} days or are newer", ids, **observed)


def _ages(piles: Sorted[User], at: datetime) -> dict[str, int]:
    idle = [(idle_time(user, at).days, last_use(user)) for user in piles.bad]
    bands = {f"unused_over_{days}_days": sum(age > days for age, _ in idle) for days in (90, 180, 365)}
    return {**bands, "never_used": sum(used is None for _, used in idle)}
