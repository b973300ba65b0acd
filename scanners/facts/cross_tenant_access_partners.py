"""The rules for single partner organisations: who comes in, who goes out, and which of the partner's proofs are believed.

Source: https://learn.microsoft.com/graph/api/crosstenantaccesspolicy-list-partners . A part that is null is inherited from the default.
Asked for in every tenant: rules of one's own need Entra ID P1, but a service provider is listed here without it.
"""

from scanners.declare import graph_fact
from scanners.facts.cross_tenant_access_default import B2bSetting, InboundTrust, setting
from scanners.permissions import POLICY_READ_ALL
from scanners.reading import Row


class CrossTenantAccessPartner(Row):
    """One partner organisation, by its tenant id."""

    tenant_id: str
    is_service_provider: bool | None
    is_in_multi_tenant_organization: bool | None
    b2b_collaboration_inbound: B2bSetting | None
    b2b_collaboration_outbound: B2bSetting | None
    b2b_direct_connect_inbound: B2bSetting | None
    b2b_direct_connect_outbound: B2bSetting | None
    inbound_trust: InboundTrust | None


fact = graph_fact(
    tuple[CrossTenantAccessPartner, ...],
    lambda graph: graph.policies.cross_tenant_access_policy.partners,
    permissions=(POLICY_READ_ALL,),
    sample=[
        {
            "tenantId": "eeeeeeee-0000-4000-8000-000000000001",
            "isServiceProvider": None,
            "isInMultiTenantOrganization": False,
            "b2bCollaborationInbound": setting("allowed"),
            "b2bCollaborationOutbound": None,
            "b2bDirectConnectInbound": None,
            "b2bDirectConnectOutbound": None,
            "inboundTrust": {"isMfaAccepted": True, "isCompliantDeviceAccepted": False, "isHybridAzureADJoinedDeviceAccepted": False},
        }
    ],
)
