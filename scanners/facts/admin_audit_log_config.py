"""Whether the unified audit log of the tenant takes records at all.

Source: https://learn.microsoft.com/powershell/module/exchangepowershell/get-adminauditlogconfig . Must be asked of the Exchange host: the compliance host
always says that recording is off. Tenant configuration snapshots do not hold it.
"""

from scanners.cmdlets import exchange_fact
from scanners.reading import Row, Timestamp, pascal


class AdminAuditLogConfig(Row, spelling=pascal):
    """The one configuration object. The date is null where recording was never switched on by hand."""

    unified_audit_log_ingestion_enabled: bool
    unified_audit_log_first_opt_in_date: Timestamp | None
    admin_audit_log_enabled: bool


fact = exchange_fact(
    AdminAuditLogConfig,
    "Get-AdminAuditLogConfig",
    plans=(),  # the log records more than mail
    sample={
        "AdminAuditLogEnabled": True,
        "UnifiedAuditLogIngestionEnabled": True,
        "UnifiedAuditLogFirstOptInDate": "/Date(1618327011162)/",
    },
)
