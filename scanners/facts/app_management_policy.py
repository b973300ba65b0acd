"""What the tenant demands of new secrets and certificates of applications.

Source: https://learn.microsoft.com/graph/api/tenantappmanagementpolicy-get . While isEnabled is false none of the restrictions acts. Lifetimes are
ISO 8601 durations such as P180D. Restrictions of other kinds are kept as text and not judged.
"""

from typing import Any, Literal

from scanners.declare import graph_fact
from scanners.permissions import POLICY_READ_ALL
from scanners.reading import Row, Timestamp, absent_is_null


class CredentialRestriction(Row):
    """One restriction. It acts on applications made after the date, or on all when that is null, but not on what `exclude_actors` describes."""

    restriction_type: str
    state: Literal["enabled", "disabled"]
    max_lifetime: str | None = absent_is_null()
    restrict_for_apps_created_after_date_time: Timestamp | None
    exclude_actors: dict[str, Any] | None = absent_is_null()


class Restrictions(Row):
    """The restrictions on secrets and on certificates."""

    password_credentials: tuple[CredentialRestriction, ...]
    key_credentials: tuple[CredentialRestriction, ...]


class AppManagementPolicy(Row):
    """The tenant's default policy."""

    is_enabled: bool
    application_restrictions: Restrictions | None = absent_is_null()
    service_principal_restrictions: Restrictions | None = absent_is_null()


fact = graph_fact(
    AppManagementPolicy,
    lambda graph: graph.policies.default_app_management_policy,
    permissions=(POLICY_READ_ALL,),
    sample={
        "isEnabled": True,
        "applicationRestrictions": {
            "passwordCredentials": [
                {"restrictionType": "passwordLifetime", "state": "enabled", "maxLifetime": "P180D", "restrictForAppsCreatedAfterDateTime": None}
            ],
            "keyCredentials": [
                {"restrictionType": "asymmetricKeyLifetime", "state": "enabled", "maxLifetime": "P365D", "restrictForAppsCreatedAfterDateTime": None}
            ],
        },
        "servicePrincipalRestrictions": None,
    },
)
