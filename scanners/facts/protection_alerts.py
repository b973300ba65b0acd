"""The alert policies of Microsoft 365: which are on, how severe, and who hears of them.

Source: https://learn.microsoft.com/purview/alert-policies . NotificationEnabled is false on many policies of Microsoft that do send mail: who is notified says
more. Names may end in an invisible space (U+200B) and differ between licences; one that is absent is not switched off. Addresses are not stored: how many
there are, and of which domains.
"""

from typing import Any, Literal

from scanners.cmdlets import changed, purview_fact
from scanners.reading import Json, Row, pascal


class Notified(Row):
    """Who is told: the tenant's administrators, and so many addresses of these domains."""

    tenant_admins: bool
    addresses: int
    domains: tuple[str, ...]


class ProtectionAlert(Row, spelling=pascal):
    """One alert policy."""

    name: str
    disabled: bool
    is_system_rule: bool
    severity: Literal["Low", "Medium", "High", "Informational"]
    category: str
    operation: tuple[str, ...] | None
    notification_enabled: bool
    notify_user: Notified
    mode: Literal["Enforce", "AuditAndNotify", "Test"]
    notify_user_throttle_threshold: int | None


def notified(value: Json) -> Any:
    """Counts and domains in place of addresses. What is no list of texts stays as it is, and is refused when it is read."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return value
    addresses = [each for each in value if each != "TenantAdmins"]
    domains = sorted({each.rpartition("@")[2].lower() for each in addresses if "@" in each})
    return {"tenantAdmins": "TenantAdmins" in value, "addresses": len(addresses), "domains": domains}


def reduce(page: Json) -> Json:
    """Who is notified, without addresses."""
    return changed(page, NotifyUser=notified)


fact = purview_fact(
    tuple[ProtectionAlert, ...],
    "Get-ProtectionAlert",
    snapshot="microsoft.securityandcompliance.protectionalert",
    reduce=reduce,
    sample=[
        {
            "Name": "Suspicious Email Forwarding Activity",
            "Disabled": False,
            "IsSystemRule": True,
            "Severity": "High",
            "Category": "ThreatManagement",
            "Operation": ["SuspiciousForwarding"],
            "NotificationEnabled": False,
            "NotifyUser": {"tenantAdmins": True, "addresses": 0, "domains": []},
            "Mode": "Enforce",
            "NotifyUserThrottleThreshold": None,
        }
    ],
)
