"""The tenant's own rules for how long audit records are kept.

Source: https://learn.microsoft.com/purview/audit-log-retention-policies . The built-in default of Audit (Premium) is not in the answer: no rows means default
retention. A policy that names record types, operations or users covers that part only. Users are counted, never named.
"""

from typing import Literal

from scanners.cmdlets import changed, purview_fact
from scanners.reading import Json, Row, absent_is_null, pascal


class AuditRetentionPolicy(Row, spelling=pascal):
    """One policy; the lowest priority number wins. An empty or null list means all. Enabled is absent on some tenants and means true there."""

    name: str
    priority: int
    record_types: tuple[str, ...] | None
    operations: tuple[str, ...] | None
    user_ids: tuple[str, ...] | None
    retention_duration: Literal[
        "SevenDays", "OneMonth", "ThreeMonths", "SixMonths", "NineMonths", "TwelveMonths", "ThreeYears", "FiveYears", "SevenYears", "TenYears"
    ]
    enabled: bool | None = absent_is_null()


def reduce(page: Json) -> Json:
    """One word for each user."""
    return changed(page, UserIds=lambda users: ["user"] * len(users) if isinstance(users, list) else users)


fact = purview_fact(
    tuple[AuditRetentionPolicy, ...],
    "Get-UnifiedAuditLogRetentionPolicy",
    reduce=reduce,
    sample=[
        {
            "Name": "All records ten years",
            "Priority": 1,
            "RecordTypes": [],
            "Operations": [],
            "UserIds": [],
            "RetentionDuration": "TenYears",
            "Enabled": True,
        }
    ],
)
