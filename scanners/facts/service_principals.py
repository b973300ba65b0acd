"""Every application as this tenant sees it: whose it is, whether it is on, who published it, whom it is open to, and its credentials.

Source: https://learn.microsoft.com/graph/api/serviceprincipal-list . Managed identities have no owner organisation; verifiedPublisher may be an empty
object. Of credentials only ids and dates are stored. Names of applications are kept, without e-mail addresses in them.
"""

from typing import Any

from scanners.minimum_necessary import without_addresses
from scanners.model import Ask, Fact
from scanners.permissions import APPLICATION_READ_ALL
from scanners.reading import Json, Row, Timestamp, absent_is_null


class VerifiedPublisher(Row):
    """The publisher that Microsoft has verified; no id means none."""

    verified_publisher_id: str | None = absent_is_null()


class Credential(Row):
    """A secret or a certificate: when it begins and ends."""

    key_id: str | None
    start_date_time: Timestamp | None
    end_date_time: Timestamp | None


class ServicePrincipal(Row):
    """One application in this tenant."""

    id: str
    app_id: str
    app_display_name: str | None = absent_is_null()
    app_owner_organization_id: str | None
    account_enabled: bool | None
    service_principal_type: str
    verified_publisher: VerifiedPublisher | None
    app_role_assignment_required: bool
    disabled_by_microsoft_status: str | None
    password_credentials: tuple[Credential, ...]
    key_credentials: tuple[Credential, ...]
    preferred_single_sign_on_mode: str | None


def reduce(page: Json) -> Json:
    """Leave e-mail addresses out of the names of applications."""
    return {**page, "value": [nameless(row, "appDisplayName") for row in page["value"]]}


def nameless(row: dict[str, Any], name: str) -> Json:
    """The object with any e-mail address left out of the property `name`."""
    return {**row, name: without_addresses(row[name])} if isinstance(row.get(name), str) else row


SELECT = (
    "id,appId,appDisplayName,appOwnerOrganizationId,accountEnabled,servicePrincipalType,verifiedPublisher,appRoleAssignmentRequired,"
    "disabledByMicrosoftStatus,passwordCredentials,keyCredentials,preferredSingleSignOnMode"
)

fact = Fact(
    reading=tuple[ServicePrincipal, ...],
    asks=(Ask(build=lambda graph: graph.service_principals, query={"$select": SELECT, "$top": "999"}),),
    permissions=(APPLICATION_READ_ALL,),
    keep="listed",
    reduce=reduce,
    sample=[
        {
            "id": "5a5a5a5a-0000-4000-8000-000000000001",
            "appId": "f1f1f1f1-0000-4000-8000-000000000001",
            "appDisplayName": "Chart Sync",
            "appOwnerOrganizationId": "eeeeeeee-0000-4000-8000-000000000002",
            "accountEnabled": True,
            "servicePrincipalType": "Application",
            "verifiedPublisher": {"verifiedPublisherId": None},
            "appRoleAssignmentRequired": False,
            "disabledByMicrosoftStatus": None,
            "passwordCredentials": [],
            "keyCredentials": [],
            "preferredSingleSignOnMode": None,
        }
    ],
)
