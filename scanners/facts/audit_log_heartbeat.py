"""Whether the audit log is alive: how many records each workload left in two days, counted by operation and never kept.

Source: https://learn.microsoft.com/graph/api/resources/security-auditlogquery . The search is asynchronous: a run submits it when it starts and counts
late (runs.jobs). A slice that has not succeeded has no counters, which is not zero. An empty slice was searched twice. A slice that is capped has at
least so many records, and cannot prove that an operation is absent. The window ends four hours before the run, because records come late.
"""

from typing import Literal

from scanners.model import Ask, Fact, Throttle
from scanners.permissions import AUDIT_LOGS_QUERY_READ_ALL
from scanners.reading import Row, Timestamp, named

SLICES = {
    "exchange": (
        "MailItemsAccessed",
        "Send",
        "SendAs",
        "HardDelete",
        "SoftDelete",
        "MoveToDeletedItems",
        "New-InboxRule",
        "Set-InboxRule",
    ),
    "files_read": ("FileAccessed", "FilePreviewed", "FileDownloaded", "FileSyncDownloadedFull"),
    "files_changed": ("FileUploaded", "FileModified", "FileDeleted", "FileRecycled", "FileMoved"),
    "sharing": (
        "SharingSet",
        "SharingInvitationCreated",
        "SecureLinkCreated",
        "AddedToSecureLink",
        "CompanyLinkCreated",
        "AnonymousLinkCreated",
        "AnonymousLinkUsed",
    ),
    "teams": ("TeamsSessionStarted", "MessageSent", "MessageRead", "MeetingParticipantDetail", "MemberAdded", "ChatCreated"),
    "admin": ("Set-Mailbox", "Set-TransportRule", "Set-AdminAuditLogConfig", "Add member to role.", "Update policy."),
}


class AuditSlice(Row):
    """What one search found. All counters are null unless the search succeeded; newest is null where there was no record."""

    name: str
    status: Literal["notStarted", "running", "succeeded", "failed", "cancelled", "unknownFutureValue"]
    since: Timestamp = named("from")
    until: Timestamp = named("to")
    records: int | None
    capped: bool | None
    by_operation: dict[str, int] | None
    newest: Timestamp | None


class AuditLogHeartbeat(Row):
    """One slice per kind of activity."""

    slices: tuple[AuditSlice, ...]


fact = Fact(
    reading=AuditLogHeartbeat,
    asks=(Ask(build=lambda graph: graph.security.audit_log.queries, operations=SLICES),),
    permissions=(AUDIT_LOGS_QUERY_READ_ALL,),
    throttle=Throttle.SECURITY,
    sample={
        "slices": [
            {
                "name": "files_read",
                "status": "succeeded",
                "from": "2026-11-22T02:00:00Z",
                "to": "2026-11-23T22:00:00Z",
                "records": 1824,
                "capped": False,
                "byOperation": {"FileAccessed": 1502, "FileDownloaded": 322},
                "newest": "2026-11-23T21:58:11Z",
            }
        ]
    },
)
