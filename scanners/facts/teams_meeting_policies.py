"""The meeting policies of Teams, Global and named ones: who comes in, who presents, what is recorded.

Source: https://learn.microsoft.com/powershell/module/microsoftteams/get-csteamsmeetingpolicy . Microsoft's presets (Tag:AllOn, Tag:Kiosk and others) come too,
with the authority Host. Settings that no longer have any effect, such as where recordings are stored, are not read.
"""

from typing import Literal

from scanners.reading import Row, absent_is_null, named, pascal
from scanners.teams_settings import ConfigMetadata, policies_fact

Switch = Literal["Enabled", "Disabled"]


class TeamsMeetingPolicy(Row, spelling=pascal):
    """One policy: `Global`, or `Tag:` and its name. A recording that expires after -1 days never does."""

    identity: str
    config_metadata: ConfigMetadata | None = absent_is_null()
    allow_anonymous_users_to_join_meeting: bool
    allow_anonymous_users_to_start_meeting: bool
    anonymous_user_authentication_method: Literal["OneTimePasscode", "None"] | None
    auto_admitted_users: Literal[
        "Everyone", "EveryoneInSameAndFederatedCompany", "EveryoneInCompany", "EveryoneInCompanyExcludingGuests", "InvitedUsers", "OrganizerOnly"
    ]
    allow_pstn_users_to_bypass_lobby: bool = named("AllowPSTNUsersToBypassLobby")
    designated_presenter_role_mode: Literal[
        "EveryoneUserOverride", "EveryoneInCompanyUserOverride", "EveryoneInSameAndFederatedCompanyUserOverride", "OrganizerOnlyUserOverride"
    ]
    allow_external_participant_give_request_control: bool
    allow_participant_give_request_control: bool
    meeting_chat_enabled_type: Literal["Enabled", "EnabledExceptAnonymous", "EnabledInMeetingOnlyForAllExceptAnonymous", "Disabled"]
    allow_external_non_trusted_meeting_chat: bool
    allow_cloud_recording: bool
    allow_transcription: bool
    explicit_recording_consent: Literal["Enabled", "Disabled", "LegitimateInterest"]
    new_meeting_recording_expiration_days: int
    channel_recording_download: Literal["Allow", "Block"]
    live_streaming_mode: Switch
    streaming_attendee_mode: Switch
    allow_recording_storage_outside_region: bool


fact = policies_fact(
    tuple[TeamsMeetingPolicy, ...],
    "TeamsMeetingPolicy",
    snapshot="microsoft.teams.meetingpolicy",
    sample=[
        {
            "Identity": "Global",
            "ConfigMetadata": {"Authority": "Tenant"},
            "AllowAnonymousUsersToJoinMeeting": False,
            "AllowAnonymousUsersToStartMeeting": False,
            "AnonymousUserAuthenticationMethod": "OneTimePasscode",
            "AutoAdmittedUsers": "EveryoneInCompanyExcludingGuests",
            "AllowPSTNUsersToBypassLobby": False,
            "DesignatedPresenterRoleMode": "OrganizerOnlyUserOverride",
            "AllowExternalParticipantGiveRequestControl": False,
            "AllowParticipantGiveRequestControl": True,
            "MeetingChatEnabledType": "EnabledExceptAnonymous",
            "AllowExternalNonTrustedMeetingChat": False,
            "AllowCloudRecording": False,
            "AllowTranscription": False,
            "ExplicitRecordingConsent": "Disabled",
            "NewMeetingRecordingExpirationDays": 120,
            "ChannelRecordingDownload": "Block",
            "LiveStreamingMode": "Disabled",
            "StreamingAttendeeMode": "Disabled",
            "AllowRecordingStorageOutsideRegion": False,
        }
    ],
)
