from collections.abc import Iterable
from datetime import datetime, timedelta

from scanners.applications import Access, access_of, is_scanner, judge_picked, label, may_read_health_data
from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.app_role_assignments import AppRoleAssignment
from scanners.facts.oauth2_permission_grants import PermissionGrant
from scanners.facts.organization import Organization
from scanners.facts.scanner_identity import ScannerIdentity
from scanners.facts.service_principal_sign_ins import ServicePrincipalSignIns
from scanners.facts.service_principals import ServicePrincipal
from scanners.facts.subscribed_skus import SubscribedSku
from scanners.model import Parameter, Verdict, failed, not_applicable, passed
from scanners.permissions import AAD_PREMIUM
from scanners.plans import require_plan
from scanners.three_valued import Sorted

CHART = {"id": "sp1", "appId": "f1"}
OTHER = {"id": "sp2", "appId": "f2"}
MAIL = {"principalId": "sp1", "permission": "Mail.Read"}
OTHER_MAIL = {"id": "b", "principalId": "sp2", "permission": "Mail.Read"}


def used(day: str | None, app_id: str = "F1") -> dict[str, object]:
    return {"appId": app_id, "lastSignInActivity": {"lastSignInDateTime": day}}


@control(
    title="Applications nobody uses any more lose their access to data",
    cites=("164.308(a)(4)(ii)(C)", "164.502(b)"),
    severity="medium",
    designation="addressable",
    kind="activity",
    fix="Entra admin center > Enterprise applications > the application > Properties > Enabled for users to sign in > No; then delete it",
    plan="Microsoft Entra ID P1; without it unknown",
    crosswalk={"prowler": "entra_app_registration_no_unused_privileged_permissions", "maester": "MT.1079", "nist_800_53": ["AC-2(3)"]},
    seeds=("A6", "S25"),
    parameters={
        "max_idle_days": Parameter(why="the organisation's policy", unit="days", low=7, high=400, looser="higher"),
        "allowed_count": Parameter(
            why="some applications run once a year only, such as yearly reports", unit="applications", low=0, high=50, looser="higher"
        ),
    },
    examples=(
        passes(service_principals=[CHART], app_role_assignments=[MAIL], service_principal_sign_ins=[used("2026-11-20T00:00:00Z")]),
        passes(
            "an application that was added last week",
            service_principals=[CHART, OTHER],
            app_role_assignments=[{**MAIL, "createdDateTime": "2026-11-18T00:00:00Z"}, OTHER_MAIL],
            service_principal_sign_ins=[used("2026-11-20T00:00:00Z", "f2")],
        ),
        passes(
            "a yearly job that the operator knows of",
            parameters={"allowed_count": 1},
            service_principals=[CHART, OTHER],
            app_role_assignments=[MAIL, OTHER_MAIL],
            service_principal_sign_ins=[used("2026-11-20T00:00:00Z", "f2")],
        ),
        fails(service_principals=[CHART], app_role_assignments=[MAIL], service_principal_sign_ins=[used("2025-11-20T00:00:00Z")]),
        fails("no row means never", service_principals=[CHART], app_role_assignments=[MAIL], service_principal_sign_ins=[]),
        fails("a row without a date means never", service_principals=[CHART], app_role_assignments=[MAIL], service_principal_sign_ins=[used(None)]),
        fails(
            "delegated permissions count too",
            service_principals=[CHART],
            oauth2_permission_grants=[{"clientId": "sp1", "scope": "Files.Read.All"}],
            service_principal_sign_ins=[used("2025-11-20T00:00:00Z")],
        ),
        fails(
            "own applications count too",
            service_principals=[{**CHART, "appOwnerOrganizationId": "99999999-0000-4000-8000-000000000001"}],
            app_role_assignments=[MAIL],
        ),
        stays_unknown(service_principals=[CHART], app_role_assignments=[MAIL], service_principal_sign_ins=Unreadable("not_supported")),
        stays_unknown(
            "without the plan nobody knows who signs in",
            service_principals=[CHART],
            app_role_assignments=[MAIL],
            service_principal_sign_ins=Unreadable("not_licensed"),
            subscribed_skus=[],
        ),
        stays_unknown("a permission without a name", service_principals=[CHART], app_role_assignments=[{**MAIL, "permission": None}]),
        stays_unknown("an owner that cannot be read", service_principals=[{**CHART, "appOwnerOrganizationId": ABSENT}], app_role_assignments=[MAIL]),
        does_not_apply("no application can open content", service_principals=[CHART], app_role_assignments=[{**MAIL, "permission": "User.Read.All"}]),
        does_not_apply(
            "and then the plan does not matter", service_principals=[CHART], service_principal_sign_ins=Unreadable("not_licensed"), subscribed_skus=[]
        ),
        does_not_apply("a disabled application", service_principals=[{**CHART, "accountEnabled": False}], app_role_assignments=[MAIL]),
    ),
)
def unused_applications_lose_their_access(
    service_principals: tuple[ServicePrincipal, ...],
    oauth2_permission_grants: tuple[PermissionGrant, ...],
    app_role_assignments: tuple[AppRoleAssignment, ...],
    service_principal_sign_ins: tuple[ServicePrincipalSignIns, ...],
    organization: Organization,
    subscribed_skus: tuple[SubscribedSku, ...],
    scanner_identity: ScannerIdentity | None,
    at: datetime,
    *,
    max_idle_days: int = 90,
    allowed_count: int = 0,
) -> Verdict:
    """An abandoned application with permissions on data is access to ePHI that nobody watches.

    At most `allowed_count` enabled applications, foreign or own, that can open content have not signed in for `max_idle_days`; no row in the activity report means
    never. Applications that got a permission within that time are left out. Reports lag by days.
    """
    access = access_of(service_principals, app_role_assignments, oauth2_permission_grants)
    long_ago = at - timedelta(days=max_idle_days)

    def governed(application: ServicePrincipal) -> bool:
        if is_scanner(application, scanner_identity) or _is_new(application, access, long_ago):
            return False
        return may_read_health_data(application, access.holdings(application), organization.id, frozenset({"foreign", "own"}))

    last = _last_sign_ins(service_principal_sign_ins)
    piles = judge_picked(
        service_principals, governed, lambda application: (seen := last.get(application.app_id.lower())) is not None and seen >= long_ago
    )
    if not piles.looked_at:
        return not_applicable("no application that is older than a few weeks can open content", looked_at=0)
    require_plan(subscribed_skus, AAD_PREMIUM)
    return _counted(piles, max_idle_days, allowed_count)


def _counted(piles: Sorted[ServicePrincipal], days: int, allowed: int) -> Verdict:
    observed = {"looked_at": piles.looked_at, "idle": len(piles.bad), "unclear": len(piles.unclear), "allowed": allowed}
    names = tuple(map(label, piles.bad))
    if len(piles.bad) > allowed:
        return failed(f"{len(piles.bad)} of {piles.looked_at} applications that can open content were not used for {days} days", names, **observed)
    if len(piles.bad) + len(piles.unclear) > allowed:
        raise piles.doubts[0]
    return passed(f"{len(piles.good)} of {piles.looked_at} applications that can open content were used within {days} days", names, **observed)


def _is_new(application: ServicePrincipal, access: Access, long_ago: datetime) -> bool:
    rows = access.roles.get(application.id.lower(), ())
    return any(row.created_date_time is not None and row.created_date_time > long_ago for row in rows)


def _last_sign_ins(rows: Iterable[ServicePrincipalSignIns]) -> dict[str, datetime]:
    newest: dict[str, datetime] = {}
    for row in rows:
        activity = row.last_sign_in_activity
        if activity is not None and activity.last_sign_in_date_time is not None:
            app_id = row.app_id.lower()
            newest[app_id] = max(activity.last_sign_in_date_time, newest.get(app_id, activity.last_sign_in_date_time))
    return newest
