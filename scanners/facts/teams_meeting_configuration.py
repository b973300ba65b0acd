"""The tenant-wide switch of Teams meetings: whether people who are not signed in can join at all, whatever the meeting policies say.

Source: https://learn.microsoft.com/powershell/module/microsoftteams/get-csteamsmeetingconfiguration .
"""

from scanners.reading import Row, pascal
from scanners.teams_settings import configuration_fact


class TeamsMeetingConfiguration(Row, spelling=pascal):
    """The one configuration object."""

    disable_anonymous_join: bool


fact = configuration_fact(
    TeamsMeetingConfiguration,
    "TeamsMeetingConfiguration",
    snapshot="microsoft.teams.meetingconfiguration",
    sample={"DisableAnonymousJoin": True},
)
