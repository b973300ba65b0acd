"""What ordinary users and guests may do in the directory: invite, register applications, consent, create.

Source: https://learn.microsoft.com/graph/api/authorizationpolicy-get . A single object in v1.0; beta answers a list.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.permissions import POLICY_READ_ALL
from scanners.reading import Row, absent_is_null, named


class DefaultUserRolePermissions(Row):
    """What every member may do without any role."""

    allowed_to_create_apps: bool
    allowed_to_create_security_groups: bool
    allowed_to_create_tenants: bool | None = absent_is_null()
    allowed_to_read_bitlocker_keys_for_owned_device: bool | None = absent_is_null()
    allowed_to_read_other_users: bool
    permission_grant_policies_assigned: tuple[str, ...]


class AuthorizationPolicy(Row):
    """The one authorization policy of the tenant."""

    allow_invites_from: Literal["none", "adminsAndGuestInviters", "adminsGuestInvitersAndAllMembers", "everyone"]
    guest_user_role_id: str
    allow_email_verified_users_to_join_organization: bool
    allowed_to_sign_up_email_based_subscriptions: bool
    allow_user_consent_for_risky_apps: bool | None
    allowed_to_use_sspr: bool = named("allowedToUseSSPR")
    block_msol_power_shell: bool | None = absent_is_null()
    default_user_role_permissions: DefaultUserRolePermissions


fact = graph_fact(
    AuthorizationPolicy,
    lambda graph: graph.policies.authorization_policy,
    permissions=(POLICY_READ_ALL,),
    sample={
        "allowInvitesFrom": "adminsAndGuestInviters",
        "guestUserRoleId": "2af84b1e-32c8-42b7-82bc-daa82404023b",
        "allowEmailVerifiedUsersToJoinOrganization": False,
        "allowedToSignUpEmailBasedSubscriptions": False,
        "allowUserConsentForRiskyApps": False,
        "allowedToUseSSPR": True,
        "blockMsolPowerShell": True,
        "defaultUserRolePermissions": {
            "allowedToCreateApps": False,
            "allowedToCreateSecurityGroups": False,
            "allowedToCreateTenants": False,
            "allowedToReadBitlockerKeysForOwnedDevice": False,
            "allowedToReadOtherUsers": True,
            "permissionGrantPoliciesAssigned": [],
        },
    },
)
