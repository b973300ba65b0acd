"""How other organisations' users come in, and this one's go out, where no rule for a single partner says otherwise.

Source: https://learn.microsoft.com/graph/api/crosstenantaccesspolicyconfigurationdefault-get . Microsoft's own default blocks direct connect and
allows collaboration by invitation.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.permissions import POLICY_READ_ALL
from scanners.reading import Json, Row, named


class Target(Row):
    """A user, group or application by id, or AllUsers, AllApplications, Office365."""

    target: str
    target_type: str


class TargetConfiguration(Row):
    """Whether the targets are let through; all others are not then, and the other way round."""

    access_type: Literal["allowed", "blocked"]
    targets: tuple[Target, ...]


class B2bSetting(Row):
    """Who, and to what."""

    users_and_groups: TargetConfiguration | None
    applications: TargetConfiguration | None


class InboundTrust(Row):
    """Which proofs of the other organisation are believed. Null: nothing is said, so the default decides."""

    is_mfa_accepted: bool | None
    is_compliant_device_accepted: bool | None
    is_hybrid_azure_ad_joined_device_accepted: bool | None = named("isHybridAzureADJoinedDeviceAccepted")


class CrossTenantAccessDefault(Row):
    """The default for all organisations without a rule of their own."""

    is_service_default: bool
    b2b_collaboration_inbound: B2bSetting | None
    b2b_collaboration_outbound: B2bSetting | None
    b2b_direct_connect_inbound: B2bSetting | None
    b2b_direct_connect_outbound: B2bSetting | None
    inbound_trust: InboundTrust | None


def setting(access: str) -> Json:
    """A setting for all users and all applications, for samples."""
    return {
        "usersAndGroups": {"accessType": access, "targets": [{"target": "AllUsers", "targetType": "user"}]},
        "applications": {"accessType": access, "targets": [{"target": "AllApplications", "targetType": "application"}]},
    }


fact = graph_fact(
    CrossTenantAccessDefault,
    lambda graph: graph.policies.cross_tenant_access_policy.default,
    permissions=(POLICY_READ_ALL,),
    sample={
        "isServiceDefault": True,
        "b2bCollaborationInbound": setting("allowed"),
        "b2bCollaborationOutbound": setting("allowed"),
        "b2bDirectConnectInbound": setting("blocked"),
        "b2bDirectConnectOutbound": setting("blocked"),
        "inboundTrust": {"isMfaAccepted": False, "isCompliantDeviceAccepted": False, "isHybridAzureADJoinedDeviceAccepted": False},
    },
)
