"""The tenant itself: its id, its domains, whether it is fed from an on-premises directory, and whether anybody is notified of security and privacy matters.

Source: https://learn.microsoft.com/graph/api/organization-get . Notification addresses are replaced by their number before the page is stored.
onPremisesSyncEnabled null means never synchronised, false means synchronised before.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.facts.service_principals import nameless
from scanners.permissions import ORGANIZATION_READ_ALL
from scanners.reading import Json, Row, Timestamp, absent_is_null


class VerifiedDomain(Row):
    """A domain that the tenant has proven to own. The initial one ends in onmicrosoft.com."""

    name: str
    is_default: bool
    is_initial: bool


class Organization(Row):
    """The one organization object of the tenant."""

    id: str
    display_name: str
    tenant_type: str | None = absent_is_null()
    on_premises_sync_enabled: bool | None
    on_premises_last_sync_date_time: Timestamp | None
    verified_domains: tuple[VerifiedDomain, ...]
    country_letter_code: str | None
    mobile_device_management_authority: Literal["unknown", "intune", "sccm", "office365"] | None = absent_is_null()
    security_compliance_notification_mail_count: int
    technical_notification_mail_count: int
    privacy_contact_stated: bool
    privacy_statement_stated: bool


def reduce(page: Json) -> Json:
    """Say how many addresses are notified and whether a privacy contact is named; keep none of them."""
    return {**page, "value": [_reduced(organization) for organization in page["value"]]}


def _reduced(organization: Json) -> Json:
    kept: Json = {k: v for k, v in organization.items() if k not in _DROPPED}
    for name in ("securityComplianceNotificationMails", "technicalNotificationMails"):
        if isinstance(organization.get(name), list):  # a missing list stays missing, and so a fault
            kept[name.removesuffix("s") + "Count"] = len(organization[name])
    if "privacyProfile" in organization:
        profile = organization["privacyProfile"] or {}
        kept["privacyContactStated"] = bool(profile.get("contactEmail"))
        kept["privacyStatementStated"] = bool(profile.get("statementUrl"))
    kept["verifiedDomains"] = [{k: d[k] for k in ("name", "isDefault", "isInitial") if k in d} for d in organization["verifiedDomains"]]
    return nameless(kept, "displayName")


_DROPPED = frozenset({"securityComplianceNotificationMails", "technicalNotificationMails", "privacyProfile"})

fact = graph_fact(
    Organization,
    lambda graph: graph.organization,
    select=(
        "id",
        "displayName",
        "tenantType",
        "onPremisesSyncEnabled",
        "onPremisesLastSyncDateTime",
        "verifiedDomains",
        "countryLetterCode",
        "mobileDeviceManagementAuthority",
        "securityComplianceNotificationMails",
        "technicalNotificationMails",
        "privacyProfile",
    ),
    reduce=reduce,
    permissions=(ORGANIZATION_READ_ALL,),
    sample={
        "id": "99999999-0000-4000-8000-000000000001",
        "displayName": "Riverbend Family Clinic",
        "tenantType": "AAD",
        "onPremisesSyncEnabled": None,
        "onPremisesLastSyncDateTime": None,
        "verifiedDomains": [
            {"name": "riverbend.onmicrosoft.example", "isDefault": False, "isInitial": True},
            {"name": "riverbend.example", "isDefault": True, "isInitial": False},
        ],
        "countryLetterCode": "US",
        "mobileDeviceManagementAuthority": "intune",
        "securityComplianceNotificationMailCount": 1,
        "technicalNotificationMailCount": 1,
        "privacyContactStated": True,
        "privacyStatementStated": True,
    },
)
