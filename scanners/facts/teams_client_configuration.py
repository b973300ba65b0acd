"""The tenant-wide switches of the Teams client: outside storage, mail into channels, guests, resource accounts.

Source: https://learn.microsoft.com/powershell/module/microsoftteams/get-csteamsclientconfiguration . Of the list of senders that may mail into channels only
the domains are stored, never addresses.
"""

from typing import Literal

from scanners.reading import Json, Row, pascal
from scanners.teams_settings import configuration_fact


class TeamsClientConfiguration(Row, spelling=pascal):
    """The one configuration object. The sender list is text, separated by semicolons, and null where every sender is let in."""

    allow_email_into_channel: bool
    restricted_sender_list: str | None
    allow_drop_box: bool
    allow_box: bool
    allow_google_drive: bool
    allow_share_file: bool
    allow_egnyte: bool
    allow_guest_user: bool
    allow_organization_tab: bool
    allow_resource_account_send_message: bool
    resource_account_content_access: Literal["NoAccess", "PartialAccess", "FullAccess"]


def reduce(page: Json) -> Json:
    """The senders' domains. The administration writes one text, a snapshot a list."""
    if not isinstance(page.get("RestrictedSenderList"), (str, list)):
        return page
    given = page["RestrictedSenderList"]
    senders = given.split(";") if isinstance(given, str) else given
    domains = sorted({sender.strip().rpartition("@")[2] for sender in senders if sender.strip()})
    return {**page, "RestrictedSenderList": ";".join(domains) or None}


fact = configuration_fact(
    TeamsClientConfiguration,
    "TeamsClientConfiguration",
    snapshot="microsoft.teams.clientconfiguration",
    reduce=reduce,
    sample={
        "AllowEmailIntoChannel": False,
        "RestrictedSenderList": None,
        "AllowDropBox": False,
        "AllowBox": False,
        "AllowGoogleDrive": False,
        "AllowShareFile": False,
        "AllowEgnyte": False,
        "AllowGuestUser": True,
        "AllowOrganizationTab": True,
        "AllowResourceAccountSendMessage": False,
        "ResourceAccountContentAccess": "NoAccess",
    },
)
