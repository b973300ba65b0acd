from collections import Counter
from datetime import datetime, timedelta

from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.risky_users import RiskyUser
from scanners.facts.subscribed_skus import SubscribedSku
from scanners.model import Parameter, Verdict, passed
from scanners.permissions import AAD_PREMIUM_P2
from scanners.plans import require_plan
from scanners.three_valued import Maybe, sort

OLD, NEW = "2026-11-20T00:00:00Z", "2026-11-23T18:00:00Z"


@control(
    title="No account stays at high risk beyond the time limit",
    cites=("164.308(a)(6)(ii)", "164.308(a)(1)(ii)(D)"),
    severity="high",
    designation="required",
    kind="activity",
    fix="Entra admin center > Protection > Identity Protection > Risky users > confirm, reset the password, or dismiss with a reason",
    plan="Microsoft Entra ID P2",
    parameters={
        "limit_hours": Parameter(
            why="how fast an incident is answered is the organisation's decision", unit="hours", low=1, high=168, looser="higher"
        )
    },
    crosswalk={"nist_800_53": ["IR-4", "IR-5"]},
    seeds=("B8", "T8"),
    examples=(
        passes("nobody is at risk", risky_users=[]),
        passes("there is still time", risky_users=[{"riskLastUpdatedDateTime": NEW}]),
        passes("a lower level", risky_users=[{"riskLevel": "medium", "riskLastUpdatedDateTime": OLD}]),
        passes("a deleted user is contained", risky_users=[{"riskLastUpdatedDateTime": OLD, "isDeleted": True}]),
        passes("a remedied risk", risky_users=[{"riskState": "remediated", "riskLastUpdatedDateTime": OLD}]),
        fails(risky_users=[{"riskLevel": "high", "riskState": "atRisk", "riskLastUpdatedDateTime": OLD, "isDeleted": False}]),
        fails("confirmed and still open", risky_users=[{"riskState": "confirmedCompromised", "riskLastUpdatedDateTime": OLD}]),
        stays_unknown("a level that the plan hides", risky_users=[{"riskLevel": "hidden", "riskLastUpdatedDateTime": OLD}]),
        stays_unknown("a level that this version does not know", risky_users=[{"riskLevel": "extreme", "riskLastUpdatedDateTime": OLD}]),
        stays_unknown("no level", risky_users=[{"riskLevel": ABSENT, "riskLastUpdatedDateTime": NEW}]),
        stays_unknown("an empty list without the plan says nothing", risky_users=[], subscribed_skus=[]),
        stays_unknown(risky_users=Unreadable("not_licensed")),
    ),
)
def high_risk_users_are_dealt_with_in_time(
    risky_users: tuple[RiskyUser, ...], subscribed_skus: tuple[SubscribedSku, ...], at: datetime, *, limit_hours: float = 24
) -> Verdict:
    """An open compromise is a security incident that must be contained.

    No account that still exists has been at high risk, or confirmed as compromised at that level, for more than `limit_hours`.
    """
    require_plan(subscribed_skus, AAD_PREMIUM_P2)

    def is_contained(user: RiskyUser) -> Maybe:
        recent = user.risk_last_updated_date_time >= at - timedelta(hours=limit_hours)
        level, open_risk = user.risk_level, user.risk_state in {"atRisk", "confirmedCompromised"}
        if user.is_deleted or not open_risk or (recent and level != "hidden"):
            return True
        return None if level == "hidden" else level != "high"

    piles = sort(risky_users, is_contained)
    levels = Counter(user.risk_level for user in risky_users if "risk_level" not in user.faults)
    oldest = max((at - user.risk_last_updated_date_time for user in piles.bad), default=timedelta(0))
    return piles.every(
        good="high risks are answered in time",
        bad="accounts stay at high risk",
        empty=passed("no account is at risk", looked_at=0),
        by_level=dict(levels),
        oldest_hours=int(oldest.total_seconds() // 3600),
    )
