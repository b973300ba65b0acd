"""Which users have registered second factors, from Microsoft's registration report. Never the population: the report lags.

Source: https://learn.microsoft.com/graph/api/authenticationmethodsroot-list-userregistrationdetails
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.model import Throttle
from scanners.permissions import AAD_PREMIUM, AUDIT_LOG_READ_ALL
from scanners.reading import Row, Timestamp


class Registration(Row):
    """One user of the report. Capable means registered and allowed by the methods policy."""

    id: str
    is_admin: bool
    is_mfa_capable: bool
    is_mfa_registered: bool
    is_passwordless_capable: bool
    methods_registered: tuple[str, ...]
    user_type: Literal["member", "guest"]
    last_updated_date_time: Timestamp


fact = graph_fact(
    tuple[Registration, ...],
    lambda graph: graph.reports.authentication_methods.user_registration_details,
    select=(
        "id",
        "isAdmin",
        "isMfaCapable",
        "isMfaRegistered",
        "isPasswordlessCapable",
        "methodsRegistered",
        "userType",
        "lastUpdatedDateTime",
    ),
    query={"$top": "999"},
    permissions=(AUDIT_LOG_READ_ALL,),
    plans=(AAD_PREMIUM,),
    throttle=Throttle.REPORTS,
    sample=[
        {
            "id": "aaaaaaaa-0000-4000-8000-000000000001",
            "isAdmin": False,
            "isMfaCapable": True,
            "isMfaRegistered": True,
            "isPasswordlessCapable": True,
            "methodsRegistered": ["microsoftAuthenticatorPush"],
            "userType": "member",
            "lastUpdatedDateTime": "2026-11-23T22:00:00Z",
        }
    ],
)
