"""When each application last signed in, from Microsoft's activity report.

Source: https://learn.microsoft.com/graph/api/reportroot-list-serviceprincipalsigninactivities (beta only). An application that never signed in has no
row; the report lags by days.
"""

from scanners.declare import graph_fact
from scanners.model import Throttle
from scanners.permissions import AAD_PREMIUM, AUDIT_LOG_READ_ALL
from scanners.reading import Row, Timestamp, absent_is_null


class LastSignIn(Row):
    """The newest sign-in of any kind: as itself, for a user, or as the resource."""

    last_sign_in_date_time: Timestamp | None = absent_is_null()


class ServicePrincipalSignIns(Row):
    """One application of the report."""

    app_id: str
    last_sign_in_activity: LastSignIn | None = absent_is_null()


fact = graph_fact(
    tuple[ServicePrincipalSignIns, ...],
    "/beta/reports/servicePrincipalSignInActivities",
    query={"$top": "999"},
    permissions=(AUDIT_LOG_READ_ALL,),
    plans=(AAD_PREMIUM,),
    without_plan="empty",  # whoever reads it asks for the plan first, once it is clear that there is something to judge
    throttle=Throttle.REPORTS,
    sample=[{"appId": "f1f1f1f1-0000-4000-8000-000000000001", "lastSignInActivity": {"lastSignInDateTime": "2026-11-20T00:00:00Z"}}],
)
