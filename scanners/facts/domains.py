"""The domains of the tenant: who signs their users in, and when their passwords expire.

Source: https://learn.microsoft.com/graph/api/domain-list . passwordValidityPeriodInDays 2147483647 means never; null is not stated (never on
tenants made after October 2021, 90 days on older ones). A subdomain may inherit from its root.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.permissions import DOMAIN_READ_ALL
from scanners.reading import Row


class Domain(Row):
    """One domain; its id is its name."""

    id: str
    authentication_type: Literal["Managed", "Federated"]
    is_default: bool
    is_verified: bool
    is_admin_managed: bool
    password_validity_period_in_days: int | None
    password_notification_window_in_days: int | None
    supported_services: tuple[str, ...]


fact = graph_fact(
    tuple[Domain, ...],
    lambda graph: graph.domains,
    select=(
        "id",
        "authenticationType",
        "isDefault",
        "isVerified",
        "isAdminManaged",
        "passwordValidityPeriodInDays",
        "passwordNotificationWindowInDays",
        "supportedServices",
    ),
    permissions=(DOMAIN_READ_ALL,),
    sample=[
        {
            "id": "riverbend.example",
            "authenticationType": "Managed",
            "isDefault": True,
            "isVerified": True,
            "isAdminManaged": True,
            "passwordValidityPeriodInDays": 2147483647,
            "passwordNotificationWindowInDays": 14,
            "supportedServices": ["Email", "OfficeCommunicationsOnline"],
        }
    ],
)
