"""The accounts whose access to mailboxes is not recorded, and how many there are that are recorded.

Source: https://learn.microsoft.com/powershell/module/exchangepowershell/get-mailboxauditbypassassociation . One row per mailbox and per account that ever
had an association. Names are dropped; an id is kept only where the bypass is on. No rows at all in a tenant with mailboxes is no proof.
"""

from scanners.cmdlets import exchange_fact, without_nulls
from scanners.reading import Json, Row, pascal


class AuditBypass(Row, spelling=pascal):
    """One account. Guid is null where nothing is bypassed."""

    audit_bypass_enabled: bool
    guid: str | None


def reduce(page: Json) -> Json:
    """The id only of those that are not recorded."""
    rows = without_nulls(page)["value"]
    return {**page, "value": [{**row, "Guid": row["Guid"] if row["AuditBypassEnabled"] is not False else None} for row in rows]}


fact = exchange_fact(
    tuple[AuditBypass, ...],
    "Get-MailboxAuditBypassAssociation",
    parameters={"ResultSize": "Unlimited"},
    reduce=reduce,
    sample=[{"AuditBypassEnabled": False, "Guid": None}],
)
