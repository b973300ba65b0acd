"""The retention policies of mail, files, groups and Teams: what they cover, and whether they have reached it.

Source: https://learn.microsoft.com/powershell/module/exchangepowershell/get-retentioncompliancepolicy . Asked with distribution detail, because without it
status and places are wrong. Group-connected sites need both SharePoint and group places. An adaptive policy has no fixed places; what its scope covers cannot
be computed. Teams has policies of its own. Places are counted, not named: `All` or one `item` each.
"""

from typing import Literal

from scanners.cmdlets import changed, places, purview_fact
from scanners.reading import Json, Row, Timestamp, absent_is_null, pascal, property_names

Places = tuple[Literal["All", "item"], ...]


class RetentionPolicy(Row, spelling=pascal):
    """One policy. An empty list of places means none. The marks of simulation and of priority clean-up are absent where they are off."""

    name: str
    guid: str
    enabled: bool
    mode: Literal["Enforce", "Test", "AuditAndNotify", "PendingDeletion"]
    workload: str
    restrictive_retention: bool
    is_adaptive_policy: bool
    adaptive_scope_location: Places
    teams_policy: bool
    is_simulation: bool | None = absent_is_null()
    priority_cleanup: bool | None = absent_is_null()
    distribution_status: Literal["Success", "Pending", "Error", "NotDistributed"]
    exchange_location: Places
    exchange_location_exception: Places
    share_point_location: Places
    share_point_location_exception: Places
    one_drive_location: Places
    one_drive_location_exception: Places
    modern_group_location: Places
    modern_group_location_exception: Places
    teams_chat_location: Places
    teams_chat_location_exception: Places
    teams_channel_location: Places
    teams_channel_location_exception: Places
    modification_time_utc: Timestamp


_OF_PLACES = sorted(name for name in property_names(RetentionPolicy) if "Location" in name)


def reduce(page: Json) -> Json:
    """Places without their names."""
    return changed(page, **dict.fromkeys(_OF_PLACES, places))


fact = purview_fact(
    tuple[RetentionPolicy, ...],
    "Get-RetentionCompliancePolicy",
    parameters={"DistributionDetail": True},
    snapshot="microsoft.securityandcompliance.retentioncompliancepolicy",
    reduce=reduce,
    sample=[
        {
            "Name": "Clinic mail and files 7 years",
            "Guid": "e2b1f0a8-6c5e-4ab0-9d26-1a5a1b6c0303",
            "Enabled": True,
            "Mode": "Enforce",
            "Workload": "Exchange, SharePoint, OneDriveForBusiness, ModernGroup",
            "RestrictiveRetention": False,
            "IsAdaptivePolicy": False,
            "AdaptiveScopeLocation": [],
            "TeamsPolicy": False,
            "IsSimulation": False,
            "DistributionStatus": "Success",
            "ExchangeLocation": ["All"],
            "ExchangeLocationException": [],
            "SharePointLocation": ["All"],
            "SharePointLocationException": [],
            "OneDriveLocation": ["All"],
            "OneDriveLocationException": [],
            "ModernGroupLocation": ["All"],
            "ModernGroupLocationException": [],
            "TeamsChatLocation": [],
            "TeamsChatLocationException": [],
            "TeamsChannelLocation": [],
            "TeamsChannelLocationException": [],
            "ModificationTimeUtc": "/Date(1788220800000)/",
        }
    ],
)
