"""The sharing, sync and sign-out settings of SharePoint and OneDrive that Graph shows for the whole tenant.

Source: https://learn.microsoft.com/graph/api/sharepointsettings-get . A site may be stricter than this, never wider; OneDrive is never wider than
sharingCapability. The OneDrive level, default links, link expiry and guest expiry are not here.
externalUserSharingOnly is new and existing guests who sign in, existingExternalUserSharingOnly guests that are already in the directory,
externalUserAndGuestSharing links for anyone.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.model import Throttle
from scanners.permissions import ANY_SHAREPOINT, SHAREPOINT_TENANT_SETTINGS_READ_ALL
from scanners.reading import Row


class IdleSessionSignOut(Row):
    """When a browser session on a device that is not managed ends by itself."""

    is_enabled: bool
    warn_after_in_seconds: int
    sign_out_after_in_seconds: int


class SharepointSettings(Row):
    """The one settings object. idle_session_sign_out null means never configured."""

    sharing_capability: Literal["disabled", "existingExternalUserSharingOnly", "externalUserSharingOnly", "externalUserAndGuestSharing"]
    sharing_domain_restriction_mode: Literal["none", "allowList", "blockList"]
    sharing_allowed_domain_list: tuple[str, ...]
    sharing_blocked_domain_list: tuple[str, ...]
    is_resharing_by_external_users_enabled: bool
    is_require_accepting_user_to_match_invited_user_enabled: bool
    is_legacy_auth_protocols_enabled: bool
    is_unmanaged_sync_app_for_tenant_restricted: bool
    allowed_domain_guids_for_sync_app: tuple[str, ...]
    idle_session_sign_out: IdleSessionSignOut | None
    deleted_user_personal_site_retention_period_in_days: int
    is_site_creation_enabled: bool
    is_loop_enabled: bool
    is_mac_sync_app_enabled: bool


fact = graph_fact(
    SharepointSettings,
    lambda graph: graph.admin.sharepoint.settings,
    permissions=(SHAREPOINT_TENANT_SETTINGS_READ_ALL,),
    plans=(ANY_SHAREPOINT,),
    without_plan="not_applicable",
    throttle=Throttle.SHAREPOINT,
    sample={
        "sharingCapability": "existingExternalUserSharingOnly",
        "sharingDomainRestrictionMode": "allowList",
        "sharingAllowedDomainList": ["partnerclinic.example"],
        "sharingBlockedDomainList": [],
        "isResharingByExternalUsersEnabled": False,
        "isRequireAcceptingUserToMatchInvitedUserEnabled": True,
        "isLegacyAuthProtocolsEnabled": False,
        "isUnmanagedSyncAppForTenantRestricted": True,
        "allowedDomainGuidsForSyncApp": ["786548dd-877b-4760-a749-6b1efbc1190a"],
        "idleSessionSignOut": {"isEnabled": True, "warnAfterInSeconds": 600, "signOutAfterInSeconds": 900},
        "deletedUserPersonalSiteRetentionPeriodInDays": 2190,
        "isSiteCreationEnabled": False,
        "isLoopEnabled": True,
        "isMacSyncAppEnabled": True,
    },
)
