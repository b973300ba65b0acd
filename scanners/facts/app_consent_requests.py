"""Applications that people asked for, with the state and date of each request. Who asked and why is not stored.

Source: https://learn.microsoft.com/graph/api/appconsentapprovalroute-list-appconsentrequests . Answered requests stay listed with status Completed.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.permissions import CONSENT_REQUEST_READ_ALL
from scanners.reading import Row, Timestamp


class PendingScope(Row):
    """A permission that the application wants."""

    display_name: str


class UserConsentRequest(Row):
    """One person's request."""

    status: Literal["InProgress", "Completed", "Expired"]
    created_date_time: Timestamp


class AppConsentRequest(Row):
    """One application with the requests for it."""

    id: str
    app_id: str
    pending_scopes: tuple[PendingScope, ...]
    user_consent_requests: tuple[UserConsentRequest, ...]


fact = graph_fact(
    tuple[AppConsentRequest, ...],
    lambda graph: graph.identity_governance.app_consent.app_consent_requests,
    query={"$expand": "userConsentRequests"},
    permissions=(CONSENT_REQUEST_READ_ALL,),
    sample=[
        {
            "id": "3c3c3c3c-0000-4000-8000-000000000001",
            "appId": "f1f1f1f1-0000-4000-8000-000000000001",
            "pendingScopes": [{"displayName": "Mail.Read"}],
            "userConsentRequests": [{"status": "InProgress", "createdDateTime": "2026-11-20T10:00:00Z"}],
        }
    ],
)
