from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from scanners.administrators import administrators, enabled, sort_people
from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Undecided, Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.user_mfa_registration import Registration
from scanners.facts.users import User, Users
from scanners.model import Parameter, Verdict, failed, passed
from scanners.people import emergency_accounts, exempt_accounts, people
from scanners.roles import active_holdings, privileged
from scanners.three_valued import Sorted, sort

A, B = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
FORTY_NINE = [f"aaaaaaaa-0000-4000-8000-0000000001{n}" for n in range(10, 59)]
ROOM = {"id": B, "assignedLicenses": [{"skuId": "6af4b3d6-14bb-4a2a-960c-6c902aad34f3"}]}


@control(
    title="Nearly every enabled user has a usable second factor registered",
    cites=("164.312(d)",),
    severity="high",
    designation="standard",
    kind="activity",
    fix="Entra admin center > Authentication methods > User registration details; start the registration campaign or issue Temporary Access Passes",
    plan="Microsoft Entra ID P1",
    parameters={
        "member_share": Parameter(why="people in their first days have nothing yet", unit="percent", low=80, high=100, looser="lower"),
        "grace_days": Parameter(why="a new account registers at its first sign-in", unit="days", low=0, high=30, looser="higher"),
    },
    crosswalk={"cis_m365_v7": "5.2.3.4", "prowler": "entra_users_mfa_capable", "nist_800_53": ["IA-2", "IA-5"]},
    seeds=("A3b-2", "S8"),
    proposed_rule="164.312(f)(2)(ii)",
    examples=(
        passes(users=[{"id": A}], user_mfa_registration=[{"id": A, "isMfaCapable": True}]),
        passes("ids compare in lower case", users=[{"id": A.upper()}], user_mfa_registration=[{"id": A}]),
        passes(
            "a disabled account is not counted",
            users=[{"id": A}, {"id": B, "accountEnabled": False}],
            user_mfa_registration=[{"id": A}, {"id": B, "isMfaCapable": False}],
        ),
        passes(
            "an account without a licence, such as a shared mailbox, is not counted",
            users=[{"id": A}, {"id": B, "assignedLicenses": []}],
            user_mfa_registration=[{"id": A}],
        ),
        passes("a meeting room cannot answer a prompt", users=[{"id": A}, ROOM], user_mfa_registration=[{"id": A}]),
        passes(
            "a new account has a week", users=[{"id": A}, {"id": B, "createdDateTime": "2026-11-20T00:00:00Z"}], user_mfa_registration=[{"id": A}]
        ),
        passes(
            "one of fifty may be missing",
            users=[{"id": each} for each in (A, *FORTY_NINE)],
            user_mfa_registration=[{"id": A, "isMfaCapable": False}, *({"id": each} for each in FORTY_NINE)],
        ),
        fails(
            "registered is not capable: the method may not be allowed",
            users=[{"id": A}],
            user_mfa_registration=[{"id": A, "isMfaCapable": False, "isMfaRegistered": True}],
        ),
        fails(
            "two of three is not nearly everybody",
            users=[{"id": A}, {"id": B}, {"id": FORTY_NINE[0]}],
            user_mfa_registration=[{"id": A}, {"id": B}, {"id": FORTY_NINE[0], "isMfaCapable": False}],
        ),
        fails(
            "no administrator may be the one of fifty",
            users=[{"id": each} for each in (A, *FORTY_NINE)],
            user_mfa_registration=[{"id": A, "isMfaCapable": False}, *({"id": each} for each in FORTY_NINE)],
            role_assignments=[{"principalId": A}],
        ),
        fails(
            "a person who also got a room licence stays a person",
            users=[{**ROOM, "assignedLicenses": [*ROOM["assignedLicenses"], {"skuId": "x"}]}],
            user_mfa_registration=[{"id": B, "isMfaCapable": False}],
        ),
        stays_unknown("the report lags: a missing row is not a failing user", users=[{"id": A}], user_mfa_registration=[]),
        stays_unknown("the report is not the population", users=[], user_mfa_registration=[{"id": A}]),
        stays_unknown("a refusal does not make everybody fail", users=[{"id": A}], user_mfa_registration=Unreadable("not_permitted")),
        stays_unknown("the report needs a plan", users=[{"id": A}], user_mfa_registration=Unreadable("not_licensed")),
        stays_unknown("capability that is not stated is not there", users=[{"id": A}], user_mfa_registration=[{"id": A, "isMfaCapable": ABSENT}]),
        stays_unknown(
            "an administrator without a row",
            users=[{"id": A}, {"id": B, "assignedLicenses": []}],
            user_mfa_registration=[{"id": A}],
            role_assignments=[{"principalId": B}],
        ),
    ),
)
def every_user_has_registered_a_second_factor(
    users: Users,
    user_mfa_registration: tuple[Registration, ...],
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    referenced_group_members: ReferencedGroups,
    statement_emergency_accounts: EmergencyAccounts | None,
    at: datetime,
    *,
    member_share: float = 98,
    grace_days: int = 7,
) -> Verdict:
    """A user without a registered method can be enrolled by whoever signs in first with the stolen password.

    Of the enabled licensed members whose account is older than `grace_days`, at least `member_share` percent have a second factor that is registered and
    allowed, and so has every administrator. Emergency accounts and meeting rooms are left out. Users who are missing from Microsoft's report are unknown.
    """
    holdings = active_holdings(role_assignments, role_definitions, referenced_group_members)
    exempt = exempt_accounts(emergency_accounts(statement_emergency_accounts), holdings)
    everyone, capable = people(users, holdings, exempt), _capability(user_mfa_registration)
    counted = _counted(everyone.members, at - timedelta(days=grace_days))
    members = sort(counted.good, lambda user: capable(user.id))
    rulers = holdings.of(privileged())
    ruling = [person for person in enabled(administrators(rulers, users)) if person.id not in exempt]
    admins = sort_people(ruling, rulers, lambda person: not person.account.account_enabled or capable(person.id))
    unclear = len(members.unclear) + len(counted.unclear) + len(everyone.unclear)
    total = len(members.good) + len(members.bad) + unclear
    observed = {"population": total, "capable": len(members.good), "unclear": unclear, "administrators": admins.looked_at}
    if admins.bad:
        return failed(f"{len(admins.bad)} administrators have no usable second factor", (a.id for a in admins.bad), **observed)
    if total and len(members.good) + unclear < member_share / 100 * total:
        return failed(f"{len(members.bad)} of {total} users have no usable second factor", (u.id for u in members.bad), **observed)
    if not total or admins.unclear or len(members.good) < member_share / 100 * total:
        raise _doubt(total, members, *admins.doubts, *counted.doubts, *everyone.doubts)
    because = f"{len(members.good)} of {total} users and all {admins.looked_at} administrators have a usable second factor"
    return passed(because, (u.id for u in members.bad), **observed)


def _capability(report: tuple[Registration, ...]) -> Callable[[str], bool]:
    rows: Mapping[str, Registration] = {row.id.lower(): row for row in report}

    def capable(user: str) -> bool:
        if user.lower() not in rows:
            raise Unrecognised(
                "the registration report has no row yet for some users",
                "Nothing needs to change in the tenant; the report lags behind and the next run asks again.",
            )
        return rows[user.lower()].is_mfa_capable

    return capable


def _counted(members: tuple[User, ...], created_before: datetime) -> Sorted[User]:
    """Good: licensed and older than the grace period, so that it counts."""
    return sort(members, lambda user: bool(user.assigned_licenses) and user.created_date_time < created_before)


def _doubt(total: int, members: Sorted[User], *others: Undecided) -> Undecided:
    if not total:
        return Unrecognised(
            "no enabled licensed member was found, so there is nobody to judge", "Check that the scanner may read all users, then run the scan again."
        )
    return next(iter((*members.doubts, *others)))
