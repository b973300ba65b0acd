"""Policies that limit which mailboxes an application may reach with its application permissions.

Source: https://learn.microsoft.com/powershell/module/exchangepowershell/get-applicationaccesspolicy . They act on Microsoft Graph and EWS application
permissions only, never on delegated ones, nor on IMAP and POP. The name of the group that a policy is limited to is not stored.
"""

from typing import Literal

from scanners.cmdlets import exchange_fact
from scanners.reading import Row, pascal


class ApplicationAccessPolicy(Row, spelling=pascal):
    """One policy. app_id may be a list joined by commas."""

    app_id: str
    access_right: Literal["RestrictAccess", "DenyAccess"]
    is_valid: bool | None


fact = exchange_fact(
    tuple[ApplicationAccessPolicy, ...],
    "Get-ApplicationAccessPolicy",
    sample=[{"AppId": "f1f1f1f1-0000-4000-8000-000000000001", "AccessRight": "RestrictAccess", "IsValid": True}],
)
