"""Which permissions can open content that is likely to hold ePHI: mail, calendars, files, chats, recordings, notes, tasks.

Definition: health_data_permissions.
"""

from scanners.permissions import EXCHANGE_ONLINE, SHAREPOINT_ONLINE
from scanners.three_valued import Maybe

_PREFIXES = """
    Mail. MailboxSettings. MailboxFolder. MailboxItem. IMAP. POP. EWS. SMTP.Send Calendars. Contacts. Files. Sites. Notes. Chat.
    ChatMessage. ChannelMessage. Channel.Read CallRecords. CallTranscripts. OnlineMeetingTranscript. OnlineMeetingRecording.
    OnlineMeetingArtifact. Tasks. Group.Read Group.ReadWrite Directory.ReadWrite. AllSites. MyFiles. Lists. ListItems. BackupRestore-
    eDiscovery. TeamsActivity.Read ActivityFeed.ReadDlp ExternalItem. RecordsManagement. OnlineMeetings. OnlineMeetingAiInsight.
    Calls.AccessMedia AiEnterpriseInteraction. Bookings VirtualAppointment. PrintJob. ShortNotes. EAS. ThreatHunting. Content.
"""
PREFIXES = tuple(name.lower() for name in _PREFIXES.split())
EXACT = frozenset({"full_access_as_app", "full_access_as_user", "exchange.manageasapp"})
BY_RESOURCE = "user_impersonation"  # whatever the person may do: on SharePoint and Exchange that is content
NAMES_ONLY = frozenset({"group.readbasic.all"})  # begins like a content permission and shows names only


def opens_health_data(permission: str, resource: str | None) -> Maybe:
    """Whether the permission can open content that may be ePHI. `resource` is the service's application id, None where that is not known."""
    name = permission.lower()
    if name == BY_RESOURCE:
        return None if resource is None else resource.lower() in {EXCHANGE_ONLINE, SHAREPOINT_ONLINE}
    return name in EXACT or (name.startswith(PREFIXES) and name not in NAMES_ONLY)
