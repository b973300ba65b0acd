"""Accounts that Microsoft judges to be at risk or that somebody confirmed as compromised.

Source: https://learn.microsoft.com/graph/api/riskyuser-list . An account stays listed until the risk is remedied, dismissed or confirmed. Without the plan
the list is empty or refused, which says nothing about risk.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.model import Throttle
from scanners.permissions import AAD_PREMIUM_P2, IDENTITY_RISKY_USER_READ_ALL
from scanners.reading import Row, Timestamp


class RiskyUser(Row):
    """One account at risk. `hidden` means that the plan does not show the level."""

    id: str
    risk_level: Literal["low", "medium", "high", "hidden", "none"]
    risk_state: Literal["none", "confirmedSafe", "remediated", "dismissed", "atRisk", "confirmedCompromised"]
    risk_last_updated_date_time: Timestamp
    is_deleted: bool


fact = graph_fact(
    tuple[RiskyUser, ...],
    lambda graph: graph.identity_protection.risky_users,
    select=("id", "riskLevel", "riskState", "riskLastUpdatedDateTime", "isDeleted"),
    query={"$filter": "riskState eq 'atRisk' or riskState eq 'confirmedCompromised'", "$top": "500"},
    permissions=(IDENTITY_RISKY_USER_READ_ALL,),
    plans=(AAD_PREMIUM_P2,),
    throttle=Throttle.CONDITIONAL_ACCESS,
    sample=[
        {
            "id": "aaaaaaaa-0000-4000-8000-000000000009",
            "riskLevel": "high",
            "riskState": "atRisk",
            "riskLastUpdatedDateTime": "2026-11-22T09:00:00Z",
            "isDeleted": False,
        }
    ],
)
