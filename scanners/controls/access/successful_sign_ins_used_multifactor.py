from collections import Counter
from collections.abc import Iterable

from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unreachable, Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.sign_in_summary import CountedSignIns, SignInPart, SignInSummary
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.users import Users
from scanners.model import Parameter, Verdict, failed, passed
from scanners.people import emergency_accounts, exempt_accounts, people
from scanners.reading import Json
from scanners.roles import active_holdings

NEVER_MODERN = frozenset({"imap4", "pop3", "authenticated smtp", "other clients"})
MAYBE_MODERN = frozenset({"exchange activesync", "exchange web services", "mapi over http"})
WINDOWS_SIGN_IN, SIGN_IN_BROKER = "38aa3b87-a06d-4817-b275-7a389988d93b", "29d9ed98-a469-4536-ade2-f981bc1d605e"
OUTLOOK = "00000002-0000-0ff1-ce00-000000000000"
A, ROOM, E1 = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000003", "aaaaaaaa-0000-4000-8000-0000000000e1"
NONE: Json = {"rows": [], "truncated": False}
ROOM_ACCOUNT = {"id": ROOM, "assignedLicenses": [{"skuId": "6af4b3d6-14bb-4a2a-960c-6c902aad34f3"}]}


def rows(*each: Json, truncated: bool = False) -> Json:
    return {"rows": list(each), "truncated": truncated}


def summary(legacy: Json = NONE, single: Json = NONE, heartbeat: object = True) -> Json:
    return {"heartbeat": heartbeat, "legacy": legacy, "singleFactor": single}


@control(
    title="No sign-in of the last day succeeded without a second factor or by a legacy client",
    cites=("164.312(d)", "164.308(a)(5)(ii)(C)"),
    severity="high",
    designation="standard",
    kind="activity",
    fix="Entra admin center > Monitoring & health > Sign-in logs: find the sign-ins, close the gap that the coverage controls name, and retire the client",
    plan="Microsoft Entra ID P1",
    parameters={
        "ignored_app_ids": Parameter(
            why="signing in to Windows and its broker are events of a device, not of an application", unit="application ids"
        ),
        "allowed_count": Parameter(why="registered service accounts may be tolerated", unit="sign-ins", low=0, high=1000, looser="higher"),
    },
    crosswalk={"nist_800_53": ["AU-6", "IA-2"]},
    seeds=("A3b-2", "B8"),
    proposed_rule="164.312(f)(2)(ii)",
    examples=(
        passes(sign_in_summary=summary(single=rows({"appId": WINDOWS_SIGN_IN, "count": 2})), users=[{"id": A}]),
        passes(
            "the daily sign-in of a room device is judged elsewhere",
            sign_in_summary=summary(single=rows({"userId": ROOM, "appId": OUTLOOK})),
            users=[{"id": A}, ROOM_ACCOUNT],
        ),
        passes(
            "the use of an emergency account is judged elsewhere",
            sign_in_summary=summary(single=rows({"userId": E1, "appId": OUTLOOK})),
            users=[{"id": A}, {"id": E1}],
            statement_emergency_accounts={"details": {"accounts": [{"object_id": E1}]}},
        ),
        passes(
            "a client that may be modern is observed only",
            sign_in_summary=summary(rows({"client": "Exchange ActiveSync"}, {"client": "Exchange Web Services"})),
            users=[{"id": A}],
        ),
        fails("a legacy client", sign_in_summary=summary(rows({"userId": A, "client": "IMAP4", "count": 4})), users=[{"id": A}]),
        fails("one factor", sign_in_summary=summary(single=rows({"userId": A, "appId": OUTLOOK, "count": 1})), users=[{"id": A}]),
        fails("too many, even where reading stopped", sign_in_summary=summary(rows({"client": "POP3"}, truncated=True)), users=[{"id": A}]),
        fails(
            "a legacy client is enough, even where the other part was not read",
            sign_in_summary=summary(rows({"client": "Other clients"}), None),
            users=[{"id": A}],
        ),
        fails(
            "a room device with a legacy client", sign_in_summary=summary(rows({"userId": ROOM, "client": "IMAP4"})), users=[{"id": A}, ROOM_ACCOUNT]
        ),
        stays_unknown("no row of anything is no evidence", sign_in_summary=summary(single=None, heartbeat=False), users=[{"id": A}]),
        stays_unknown("no heartbeat", sign_in_summary=summary(heartbeat=False), users=[{"id": A}]),
        stays_unknown("the part that was not read is not zero", sign_in_summary=summary(single=None), users=[{"id": A}]),
        stays_unknown("reading stopped below the limit", sign_in_summary=summary(single=rows(truncated=True)), users=[{"id": A}]),
        stays_unknown("a client that this version does not know", sign_in_summary=summary(rows({"client": "Telnet"})), users=[{"id": A}]),
        stays_unknown("a count that is not there", sign_in_summary=summary(single=rows({"appId": OUTLOOK, "count": ABSENT})), users=[{"id": A}]),
        stays_unknown("the log needs a plan", sign_in_summary=Unreadable("not_licensed"), users=[{"id": A}]),
    ),
)
def successful_sign_ins_used_multifactor(
    sign_in_summary: SignInSummary,
    users: Users,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    referenced_group_members: ReferencedGroups,
    statement_emergency_accounts: EmergencyAccounts | None,
    *,
    ignored_app_ids: tuple[str, ...] = (WINDOWS_SIGN_IN, SIGN_IN_BROKER),
    allowed_count: int = 0,
) -> Verdict:
    """Configuration shows intent; sign-ins show whether the proof of identity really happened.

    Of the last day's successful sign-ins, at most `allowed_count` were made by IMAP, POP, SMTP or other legacy clients, and at most as many by people with a single factor.
    Signing in to Windows, meeting rooms and emergency accounts are left out of the latter. ActiveSync, Exchange Web Services and MAPI may be modern: they are observed.
    """
    holdings = active_holdings(role_assignments, role_definitions, referenced_group_members)
    exempt = exempt_accounts(emergency_accounts(statement_emergency_accounts), holdings)
    left_out = exempt | {room.id.lower() for room in people(users, holdings, exempt).rooms}
    ignored = {app.lower() for app in ignored_app_ids}
    legacy, single = sign_in_summary.legacy, sign_in_summary.single_factor
    old = [row for row in legacy.rows if row.client.lower() in NEVER_MODERN]
    weak = [row for row in single.rows if row.app_id.lower() not in ignored and row.user_id.lower() not in left_out] if single is not None else []
    observed = {
        "legacy": _total(old),
        "single_factor": _total(weak) if single is not None else "not read",
        "by_client": _by((row.client, row.count) for row in legacy.rows),
        "by_application": _by((row.app_id, row.count) for row in weak),
        "truncated": legacy.truncated or (single is not None and single.truncated),
    }
    who = sorted({row.user_id for row in (*old, *weak)})
    if max(_total(old), _total(weak)) > allowed_count:
        return failed(f"{_total(old)} sign-ins by legacy clients and {_total(weak)} with a single factor succeeded in a day", who, **observed)
    if any(row.client.lower() not in NEVER_MODERN | MAYBE_MODERN for row in legacy.rows):
        raise Unrecognised("a sign-in was made by a client that this version does not know")
    _refuse_half_a_log(sign_in_summary.heartbeat, legacy, single)
    return passed("the sign-ins of the last day used a second factor and no legacy client", who, **observed)


def _refuse_half_a_log(heartbeat: bool, legacy: SignInPart, single: SignInPart | None) -> None:
    if not heartbeat:
        raise Unrecognised(
            "the sign-in log of the last day is empty, which shows nothing", "Check that sign-ins are logged, then run the scan again."
        )
    if single is None:
        raise Unreachable("the beta interface did not answer with the sign-ins that used a single factor")
    if legacy.truncated or single.truncated:
        raise Unrecognised("there were more sign-ins than are read in a day, and those that were read are below the limit")


def _total(rows: Iterable[CountedSignIns]) -> int:
    return sum(row.count for row in rows)


def _by(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for key, count in pairs:
        totals[key] += count
    return dict(totals.most_common(20))
