"""The data loss prevention policies: mode, and what they cover.

Source: https://learn.microsoft.com/powershell/module/exchangepowershell/get-dlpcompliancepolicy . Workload lists candidates; what is covered stands in the
places. A simulation shows in the mode while Enabled is true. Distribution status is not asked for here. Places and people are counted, not named: `All`
or one `item` each.
"""

from typing import Literal

from scanners.cmdlets import changed, places, purview_fact
from scanners.permissions import BPOS_S_DLP_ADD_ON, COMMUNICATIONS_DLP, EXCHANGE_S_ENTERPRISE
from scanners.reading import Json, Row, named, pascal, property_names

Places = tuple[Literal["All", "item"], ...]


class DlpPolicy(Row, spelling=pascal):
    """One policy. An empty list of places means none."""

    name: str
    guid: str
    mode: Literal["Enable", "TestWithNotifications", "TestWithoutNotifications", "Disable", "PendingDeletion"]
    enabled: bool
    is_simulation_policy: bool
    priority: int
    workload: str
    exchange_location: Places
    exchange_sender_member_of: Places
    exchange_sender_member_of_exception: Places
    exchange_sender: Places
    exchange_sender_exception: Places
    share_point_location: Places
    share_point_location_exception: Places
    one_drive_location: Places
    one_drive_location_exception: Places
    one_drive_shared_by: Places
    except_if_one_drive_shared_by: Places
    one_drive_shared_by_member_of: Places
    except_if_one_drive_shared_by_member_of: Places
    teams_location: Places
    teams_location_exception: Places
    endpoint_dlp_location: Places
    endpoint_dlp_location_exception: Places
    enforcement_planes: tuple[str, ...] | None
    policy_rbac_scopes: Places = named("PolicyRBACScopes")


_OF_PLACES = sorted(n for n in property_names(DlpPolicy) if "Location" in n or "Sender" in n or "SharedBy" in n or n == "PolicyRBACScopes")


def reduce(page: Json) -> Json:
    """Places and people without their names."""
    return changed(page, **dict.fromkeys(_OF_PLACES, places))


fact = purview_fact(
    tuple[DlpPolicy, ...],
    "Get-DlpCompliancePolicy",
    snapshot="microsoft.securityandcompliance.dlpcompliancepolicy",
    plans=(EXCHANGE_S_ENTERPRISE, BPOS_S_DLP_ADD_ON, COMMUNICATIONS_DLP),
    reduce=reduce,
    sample=[
        {
            "Name": "Health information",
            "Guid": "46f77b71-78a1-428f-a433-a7c8cca1c6e7",
            "Mode": "Enable",
            "Enabled": True,
            "IsSimulationPolicy": False,
            "Priority": 0,
            "Workload": "Exchange, SharePoint, OneDriveForBusiness, Teams",
            "ExchangeLocation": ["All"],
            "ExchangeSenderMemberOf": [],
            "ExchangeSenderMemberOfException": [],
            "ExchangeSender": [],
            "ExchangeSenderException": [],
            "SharePointLocation": ["All"],
            "SharePointLocationException": [],
            "OneDriveLocation": ["All"],
            "OneDriveLocationException": [],
            "OneDriveSharedBy": [],
            "ExceptIfOneDriveSharedBy": [],
            "OneDriveSharedByMemberOf": [],
            "ExceptIfOneDriveSharedByMemberOf": [],
            "TeamsLocation": ["All"],
            "TeamsLocationException": [],
            "EndpointDlpLocation": [],
            "EndpointDlpLocationException": [],
            "EnforcementPlanes": None,
            "PolicyRBACScopes": [],
        }
    ],
)
