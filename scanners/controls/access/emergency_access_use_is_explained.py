from datetime import UTC, datetime, timedelta

from scanners.administrators import accounts_by_id
from scanners.declare import control, fails, is_due, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.statements_accounts import EmergencyAccount, EmergencyAccounts
from scanners.facts.users import Users
from scanners.model import Parameter, Verdict
from scanners.people import EMERGENCY_REGISTER, last_use, require_activity
from scanners.reading import Json
from scanners.statements import still_due
from scanners.three_valued import sort

E1, STAFF = "aaaaaaaa-0000-4000-8000-0000000000e1", {"id": "aaaaaaaa-0000-4000-8000-000000000001"}


def register(*drills: str) -> Json:
    return {"details": {"accounts": [{"object_id": E1, "drills": list(drills)}]}}


def used(when: Json) -> list[Json]:
    return [STAFF, {"id": E1, "signInActivity": {"lastSuccessfulSignInDateTime": when, "lastSignInDateTime": "2026-11-23T00:00:00Z"}}]


@control(
    title="Emergency accounts are used only in recorded drills or emergencies",
    cites=("164.312(a)(2)(ii)", "164.308(a)(1)(ii)(D)"),
    severity="high",
    designation="required",
    kind="activity",
    fix="Entra admin center > Monitoring & health > Sign-in logs: find who used the account and why; record the drill or the emergency in the register of emergency accounts",
    plan="Microsoft Entra ID P1",
    parameters={
        "window_days": Parameter(
            why="longer than the sign-in log is kept, so that the register explains what the log no longer can",
            unit="days",
            low=30,
            high=365,
            looser="lower",
        )
    },
    crosswalk={"cis_m365_v7": "2.2.1", "nist_800_53": ["AU-6"]},
    seeds=("A3b-1", "A5a"),
    examples=(
        passes("on the day of a drill", statement_emergency_accounts=register("2026-09-15"), users=used("2026-09-15T10:00:00Z")),
        passes("the night after a drill", statement_emergency_accounts=register("2026-09-15"), users=used("2026-09-16T01:00:00Z")),
        passes("long ago", statement_emergency_accounts=register(), users=used("2026-06-01T00:00:00Z")),
        passes("never; failed attempts by strangers are no use", statement_emergency_accounts=register(), users=used(None)),
        fails("at night, without a word", statement_emergency_accounts=register(), users=used("2026-11-20T02:00:00Z")),
        fails("two days after a drill", statement_emergency_accounts=register("2026-11-17"), users=used("2026-11-19T02:00:00Z")),
        is_due("no register", statement_emergency_accounts=None, users=used(None)),
        is_due("a register without accounts", statement_emergency_accounts={"details": {"accounts": []}}, users=used(None)),
        stays_unknown("without the plan nobody knows when it was used", statement_emergency_accounts=register(), users={"signInActivityRead": False}),
        stays_unknown("the account is not there", statement_emergency_accounts=register(), users=[STAFF]),
        stays_unknown(
            "where no account shows any use, never is no answer",
            statement_emergency_accounts=register(),
            users=[{"id": E1, "signInActivity": ABSENT}],
        ),
        stays_unknown(statement_emergency_accounts=register(), users=Unreadable("unreachable")),
    ),
)
def emergency_access_use_is_explained(
    statement_emergency_accounts: EmergencyAccounts, users: Users, at: datetime, *, window_days: int = 90
) -> Verdict:
    """Unexplained use of a master account is an incident.

    The last successful sign-in of each account in the register of emergency accounts is older than `window_days`, or was on the day of a recorded drill or
    emergency or the day after, in UTC.
    """
    accounts = statement_emergency_accounts.details.accounts
    if not accounts:
        return still_due(EMERGENCY_REGISTER, "the register of emergency accounts names no account")
    require_activity(users)
    if not any(user.sign_in_activity is not None for user in users.value):
        raise Unrecognised("no account shows any use, which no tenant in use can have, so the reading is incomplete")
    listed = accounts_by_id(users)

    def is_explained(account: EmergencyAccount) -> bool:
        if account.object_id.lower() not in listed:
            raise Unrecognised("an emergency account is not among the users that were read")
        when = last_use(listed[account.object_id.lower()])
        if when is None or when < at - timedelta(days=window_days):
            return True
        day = when.astimezone(UTC).date()
        return any(day in (drill, drill + timedelta(days=1)) for drill in account.drills)

    nobody = Unrecognised("the register of emergency accounts names no account")
    return sort(accounts, is_explained).every(
        good="the use of emergency accounts is explained",
        bad="emergency accounts were used without a recorded reason",
        empty=nobody,
        name=lambda account: account.object_id,
        window_days=window_days,
    )
