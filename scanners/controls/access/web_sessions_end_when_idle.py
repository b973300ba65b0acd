from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.idle_timeout_policies import IdleTimeoutPolicy
from scanners.idle_sessions import organisation_idle_timeout, within
from scanners.model import Parameter, Verdict, failed, passed
from scanners.reading import Json

PORTAL = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"


def policy(timeout: str, application: str = "default", default: object = True) -> Json:
    entry = f'{{"ApplicationId":"{application}","WebSessionIdleTimeout":"{timeout}"}}'
    return {"isOrganizationDefault": default, "definition": [f'{{"ActivityBasedTimeoutPolicy":{{"Version":1,"ApplicationPolicies":[{entry}]}}}}']}


OTHER_FORM = {"definition": ['{"ActivityBasedTimeoutPolicy":{"Version":1,"WebSessionIdleTimeout":"00:10:00.0000000"}}']}


@control(
    title="Microsoft 365 web sessions sign out after a short time without activity",
    cites=("164.312(a)(2)(iii)", "164.310(c)"),
    severity="high",
    designation="addressable",
    fix="Microsoft 365 admin center > Settings > Org settings > Security & privacy > Idle session timeout",
    parameters={
        "max_idle_minutes": Parameter(
            why="the regulation names no number; 10 to 15 minutes is common in health care, a general baseline accepts 180",
            unit="minutes",
            low=1,
            high=180,
            looser="higher",
        ),
    },
    crosswalk={"cis_m365_v7": "1.3.2", "prowler": "entra_idle_session_timeout_configured", "nist_800_53": ["AC-12", "AC-2(5)"]},
    seeds=("A3e", "S15"),
    proposed_rule="164.312(a)(2)(iv)",
    examples=(
        passes(idle_timeout_policies=[policy("00:15:00")]),
        passes("the other form of the text", idle_timeout_policies=[OTHER_FORM]),
        passes("a policy that does not act is not judged", idle_timeout_policies=[policy("00:15:00"), policy("08:00:00", default=False)]),
        passes("the portal's own limit is another one", idle_timeout_policies=[policy("00:15:00"), policy("08:00:00", PORTAL)]),
        fails("no policy", idle_timeout_policies=[]),
        fails("three hours", idle_timeout_policies=[policy("03:00:00")]),
        fails("1.00:00:00 is a day and not an hour", parameters={"max_idle_minutes": 180}, idle_timeout_policies=[policy("1.00:00:00")]),
        fails("not the organisation's default", idle_timeout_policies=[policy("00:15:00", default=False)]),
        fails("the portal's limit is not Microsoft 365's", idle_timeout_policies=[policy("00:15:00", PORTAL)]),
        fails("of two defaults the longer decides", idle_timeout_policies=[policy("00:15:00"), policy("02:00:00")]),
        fails("zero never acts", idle_timeout_policies=[policy("00:00:00")]),
        stays_unknown("not JSON", idle_timeout_policies=[{"definition": ["not json"]}]),
        stays_unknown("one that cannot be read may be the longer", idle_timeout_policies=[policy("00:15:00"), {"definition": ['{"Other":1}']}]),
        stays_unknown("not a length of time", idle_timeout_policies=[policy("soon")]),
        stays_unknown("whether it acts is not stated", idle_timeout_policies=[policy("00:15:00", default=ABSENT)]),
        stays_unknown(idle_timeout_policies=Unreadable("not_permitted")),
    ),
)
def web_sessions_end_when_idle(idle_timeout_policies: tuple[IdleTimeoutPolicy, ...], *, max_idle_minutes: float = 15) -> Verdict:
    """An unattended browser shows ePHI to whoever sits down next.

    A policy that acts for the whole organisation signs people out of the Microsoft 365 web applications after at most `max_idle_minutes` without activity. People who
    chose to stay signed in, and single sign-on on managed devices, escape it; sessions on unmanaged devices have a control of their own.
    """
    timeout, count = organisation_idle_timeout(idle_timeout_policies), len(idle_timeout_policies)
    if timeout is None:
        return failed("no policy of the whole organisation ends idle Microsoft 365 sessions", looked_at=count)
    minutes = timeout.total_seconds() / 60
    if within(timeout, max_idle_minutes):
        return passed(f"idle sessions end after {minutes:g} minutes", minutes=minutes, looked_at=count)
    return failed(f"idle sessions end after {minutes:g} minutes, the limit is {max_idle_minutes:g}", minutes=minutes, looked_at=count)
