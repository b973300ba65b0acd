from datetime import datetime, timedelta

from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.admin_consent_policy import AdminConsentPolicy
from scanners.facts.app_consent_requests import AppConsentRequest
from scanners.model import Parameter, Verdict, not_applicable, passed
from scanners.three_valued import sort

OLD = "2026-10-01T00:00:00Z"


@control(
    title="Application requests are answered before they go stale",
    cites=("164.308(a)(4)(ii)(B)",),
    severity="low",
    designation="addressable",
    kind="activity",
    fix="Entra admin center > Enterprise applications > Admin consent requests",
    crosswalk={"nist_800_53": ["AC-2"]},
    seeds=("S25",),
    parameters={"max_days": Parameter(why="the service level that the organisation sets itself", unit="days", low=1, high=60, looser="higher")},
    examples=(
        passes(app_consent_requests=[]),
        passes(app_consent_requests=[{"userConsentRequests": [{"status": "InProgress", "createdDateTime": "2026-11-20T10:00:00Z"}]}]),
        passes("answered requests stay listed", app_consent_requests=[{"userConsentRequests": [{"status": "Completed", "createdDateTime": OLD}]}]),
        passes("requests that ran out stay listed", app_consent_requests=[{"userConsentRequests": [{"status": "Expired", "createdDateTime": OLD}]}]),
        fails(app_consent_requests=[{"userConsentRequests": [{"status": "InProgress", "createdDateTime": OLD}]}]),
        fails("one old request among new ones", app_consent_requests=[{"userConsentRequests": [{}, {"createdDateTime": OLD}]}]),
        stays_unknown(app_consent_requests=Unreadable("not_permitted")),
        stays_unknown("a state that is new", app_consent_requests=[{"userConsentRequests": [{"status": "Escalated", "createdDateTime": OLD}]}]),
        stays_unknown("no list of requests", app_consent_requests=[{"userConsentRequests": ABSENT}]),
        does_not_apply("people cannot ask", app_consent_requests=[], admin_consent_policy={"isEnabled": False}),
    ),
)
def application_requests_are_answered_in_time(
    app_consent_requests: tuple[AppConsentRequest, ...], admin_consent_policy: AdminConsentPolicy, at: datetime, *, max_days: int = 14
) -> Verdict:
    """Requests that nobody answers end in ways around the safeguards.

    No request that is still open is older than `max_days`. Requests that were answered or ran out do not count. Where people cannot ask at all the control does not apply.
    """
    if not admin_consent_policy.is_enabled:
        return not_applicable("people cannot ask for applications in this tenant", isEnabled=False)

    def in_time(application: AppConsentRequest) -> bool:
        open_since = [request.created_date_time for request in application.user_consent_requests if request.status == "InProgress"]
        return all(at - since <= timedelta(days=max_days) for since in open_since)

    return sort(app_consent_requests, in_time).every(
        good=f"applications without a request that has been open for more than {max_days} days",
        bad=f"applications with a request that has been open for more than {max_days} days",
        empty=passed("nobody has asked for an application", looked_at=0),
        name=lambda application: application.app_id,
    )
