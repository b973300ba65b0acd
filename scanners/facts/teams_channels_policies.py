"""The channel policies of Teams, Global and named ones: shared channels with other organisations, private channels, teams for everybody.

Source: https://learn.microsoft.com/powershell/module/microsoftteams/get-csteamschannelspolicy . Switching sharing off does not end sharing that exists.
"""

from scanners.reading import Row, absent_is_null, pascal
from scanners.teams_settings import ConfigMetadata, policies_fact


class TeamsChannelsPolicy(Row, spelling=pascal):
    """One policy: `Global`, or `Tag:` and its name."""

    identity: str
    config_metadata: ConfigMetadata | None = absent_is_null()
    allow_shared_channel_creation: bool
    allow_channel_sharing_to_external_user: bool
    allow_user_to_participate_in_external_shared_channel: bool
    allow_private_channel_creation: bool
    allow_org_wide_team_creation: bool
    enable_private_team_discovery: bool


fact = policies_fact(
    tuple[TeamsChannelsPolicy, ...],
    "TeamsChannelsPolicy",
    snapshot="microsoft.teams.channelspolicy",
    sample=[
        {
            "Identity": "Global",
            "ConfigMetadata": {"Authority": "Tenant"},
            "AllowSharedChannelCreation": True,
            "AllowChannelSharingToExternalUser": False,
            "AllowUserToParticipateInExternalSharedChannel": False,
            "AllowPrivateChannelCreation": True,
            "AllowOrgWideTeamCreation": False,
            "EnablePrivateTeamDiscovery": False,
        }
    ],
)
