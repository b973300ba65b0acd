from typing import Any

from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.admin_consent_policy import AdminConsentPolicy
from scanners.model import Parameter, Verdict, failed, passed


@control(
    title="Requests for new applications go to named reviewers",
    cites=("164.308(b)(1)", "164.308(a)(4)(ii)(B)"),
    severity="medium",
    designation="standard",
    fix="Entra admin center > Enterprise applications > Consent and permissions > Admin consent settings",
    crosswalk={
        "cis_m365_v7": "5.1.5.2",
        "scuba": "MS.AAD.5.3v1",
        "prowler": "entra_admin_consent_workflow_enabled",
        "maester": "EIDSCA.CR01, EIDSCA.CR02, EIDSCA.CR03, EIDSCA.CR04",
        "nist_800_53": ["CM-11"],
    },
    seeds=("A6", "S25", "T14"),
    parameters={"max_days": Parameter(why="how long a request stays open", unit="days", low=1, high=60, looser="higher")},
    examples=(
        passes(
            isEnabled=True,
            notifyReviewers=True,
            remindersEnabled=True,
            requestDurationInDays=30,
            reviewers=[{"query": "/users/aaaaaaaa-0000-4000-8000-000000000001"}],
        ),
        passes(
            "a role that reviews is one entry",
            reviewers=[
                {"query": "/beta/roleManagement/directory/roleAssignments?$filter=roleDefinitionId eq '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3'"}
            ],
        ),
        fails("enabled and nobody answers", reviewers=[]),
        fails(isEnabled=False, notifyReviewers=False, remindersEnabled=False, requestDurationInDays=0, reviewers=[]),
        fails("reviewers are not told", notifyReviewers=False),
        fails("reviewers are not reminded", remindersEnabled=False),
        fails("open for too long", requestDurationInDays=45),
        fails("open for no time at all", requestDurationInDays=0),
        stays_unknown(isEnabled=None),
        stays_unknown("a missing list of reviewers", reviewers=ABSENT),
        stays_unknown(admin_consent_policy=Unreadable("not_permitted")),
    ),
)
def application_requests_go_to_reviewers(admin_consent_policy: AdminConsentPolicy, *, max_days: int = 30) -> Verdict:
    """A request path that works keeps staff from looking for ways around the rule, and gives each vendor a review.

    Requests are on, somebody reviews them, reviewers are notified and reminded, and a request stays open for at least a day and at most `max_days`.
    """
    policy = admin_consent_policy
    wrong = {
        "people cannot ask for an application": not policy.is_enabled,
        "nobody is named to answer": not policy.reviewers,
        "reviewers are not notified": not policy.notify_reviewers,
        "reviewers are not reminded": not policy.reminders_enabled,
        f"requests stay open for {policy.request_duration_in_days} days": not 1 <= policy.request_duration_in_days <= max_days,
    }
    observed: dict[str, Any] = {
        "isEnabled": policy.is_enabled,
        "notifyReviewers": policy.notify_reviewers,
        "remindersEnabled": policy.reminders_enabled,
        "requestDurationInDays": policy.request_duration_in_days,
        "reviewers": len(policy.reviewers),
    }
    if any(wrong.values()):
        return failed("; ".join(words for words, is_so in wrong.items() if is_so), **observed)
    return passed(f"requests for applications go to {len(policy.reviewers)} reviewers, who are notified and reminded", **observed)
