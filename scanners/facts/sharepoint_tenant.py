"""The sharing, link, guest and device settings of SharePoint and OneDrive that only their own administration shows.

Source: https://learn.microsoft.com/sharepoint/dev/sp-add-ins/set-up-sharepoint-add-in-tenant-administration and the Tenant object behind Get-SPOTenant. Reading it
takes full control of all sites, far more than reading, so it is off unless the operator grants it. Enumerations are numbers; one that is not
listed is not recognised. A list of groups is an array or an object with `results`.
"""

from typing import Literal

from scanners.model import Ask, Door, Fact, Throttle
from scanners.permissions import ANY_SHAREPOINT, SITES_FULL_CONTROL_ALL
from scanners.reading import Json, Row, named, pascal

Sharing = Literal[0, 1, 2, 3]  # off, new and existing guests, links for anyone, existing guests
Access = Literal[0, 1, 2]  # none, view, edit


class SharepointTenant(Row, spelling=pascal):
    """The one settings object. Links that expire in 0 or -1 days never do."""

    sharing_capability: Sharing
    core_sharing_capability: Sharing
    odb_sharing_capability: Sharing = named("ODBSharingCapability")
    default_sharing_link_type: Literal[0, 1, 2, 3]  # none, named people, the organisation, anyone
    default_link_permission: Access
    require_anonymous_links_expire_in_days: int
    file_anonymous_link_type: Access
    folder_anonymous_link_type: Access
    email_attestation_required: bool
    email_attestation_re_auth_days: int
    external_user_expiration_required: bool
    external_user_expire_in_days: int
    prevent_external_users_from_resharing: bool
    enable_b2b_integration: bool = named("EnableAzureADB2BIntegration")
    conditional_access_policy: Literal[0, 1, 2, 3]  # full access, limited, blocked, by protection level
    apply_app_enforced_restrictions_to_ad_hoc_recipients: bool
    show_everyone_claim: bool
    show_all_users_claim: bool
    show_everyone_except_external_users_claim: bool
    enable_aip_integration: bool = named("EnableAIPIntegration")
    disallow_infected_file_download: bool
    legacy_auth_protocols_enabled: bool
    legacy_browser_auth_protocols_enabled: bool
    orphaned_personal_sites_retention_period: int  # days
    one_drive_request_files_link_enabled: bool
    core_request_files_link_enabled: bool
    guest_sharing_group_allow_list: tuple[str, ...] = named("GuestSharingGroupAllowListInTenantByGroupId")


def reduce(body: Json) -> Json:
    """The object with its list of groups as an array of ids."""
    key = "GuestSharingGroupAllowListInTenantByGroupId"
    inner = body.get(key) if isinstance(body, dict) else None
    return {**body, key: inner["results"]} if isinstance(inner, dict) and "results" in inner else body


fact = Fact(
    reading=SharepointTenant,
    door=Door.SHAREPOINT,
    asks=(Ask(path="/_api/SPO.Tenant"),),
    permissions=(SITES_FULL_CONTROL_ALL,),
    optional=True,
    plans=(ANY_SHAREPOINT,),
    without_plan="not_applicable",
    throttle=Throttle.SHAREPOINT,
    keep="listed",
    reduce=reduce,
    shape=reduce,
    sample={
        "SharingCapability": 3,
        "ODBSharingCapability": 0,
        "CoreSharingCapability": 3,
        "DefaultSharingLinkType": 1,
        "DefaultLinkPermission": 1,
        "RequireAnonymousLinksExpireInDays": -1,
        "FileAnonymousLinkType": 1,
        "FolderAnonymousLinkType": 1,
        "EmailAttestationRequired": True,
        "EmailAttestationReAuthDays": 15,
        "ExternalUserExpirationRequired": True,
        "ExternalUserExpireInDays": 30,
        "PreventExternalUsersFromResharing": True,
        "EnableAzureADB2BIntegration": True,
        "ConditionalAccessPolicy": 1,
        "ApplyAppEnforcedRestrictionsToAdHocRecipients": True,
        "ShowEveryoneClaim": False,
        "ShowAllUsersClaim": False,
        "ShowEveryoneExceptExternalUsersClaim": False,
        "EnableAIPIntegration": True,
        "DisallowInfectedFileDownload": True,
        "LegacyAuthProtocolsEnabled": False,
        "LegacyBrowserAuthProtocolsEnabled": False,
        "OrphanedPersonalSitesRetentionPeriod": 2190,
        "OneDriveRequestFilesLinkEnabled": False,
        "CoreRequestFilesLinkEnabled": False,
        "GuestSharingGroupAllowListInTenantByGroupId": {"results": []},
    },
)
