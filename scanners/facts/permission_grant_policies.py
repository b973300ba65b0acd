"""The conditions under which users or group owners may allow an application, policy by policy.

Source: https://learn.microsoft.com/graph/api/permissiongrantpolicy-list . The authorization policy names a policy with the prefix
ManagePermissionGrantsForSelf. or ManagePermissionGrantsForOwnedResource., which the id here does not have.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.permissions import POLICY_READ_PERMISSION_GRANT
from scanners.reading import Row, absent_is_null


class ConditionSet(Row):
    """One set of conditions; all of them must hold. Lists with the single word "all" do not narrow."""

    permission_type: Literal["delegated", "application", "delegatedUserConsentable"]
    permission_classification: Literal["all", "low", "medium", "high"] | None = absent_is_null()
    client_applications_from_verified_publisher_only: bool | None = absent_is_null()
    client_application_ids: tuple[str, ...] | None = absent_is_null()
    client_application_tenant_ids: tuple[str, ...] | None = absent_is_null()
    client_application_publisher_ids: tuple[str, ...] | None = absent_is_null()
    resource_application: str | None = absent_is_null()
    permissions: tuple[str, ...] | None = absent_is_null()


class PermissionGrantPolicy(Row):
    """One policy: an application is allowed when it meets some include and no exclude."""

    id: str
    includes: tuple[ConditionSet, ...]
    excludes: tuple[ConditionSet, ...]


fact = graph_fact(
    tuple[PermissionGrantPolicy, ...],
    lambda graph: graph.policies.permission_grant_policies,
    permissions=(POLICY_READ_PERMISSION_GRANT,),
    sample=[
        {
            "id": "microsoft-user-default-low",
            "includes": [
                {
                    "permissionType": "delegated",
                    "permissionClassification": "low",
                    "clientApplicationsFromVerifiedPublisherOnly": True,
                    "clientApplicationIds": ["all"],
                    "clientApplicationTenantIds": ["all"],
                    "clientApplicationPublisherIds": ["all"],
                    "resourceApplication": "any",
                    "permissions": ["all"],
                }
            ],
            "excludes": [],
        }
    ],
)
