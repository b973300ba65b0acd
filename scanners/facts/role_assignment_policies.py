"""What mailbox users may do for themselves in Exchange Online: among other things, install add-ins.

Source: https://learn.microsoft.com/powershell/module/exchangepowershell/get-roleassignmentpolicy . Every policy counts, not only the default one: each
mailbox has one of them. Role names carry blanks: My Custom Apps, My Marketplace Apps, My ReadWriteMailbox Apps.
"""

from scanners.cmdlets import exchange_fact
from scanners.reading import Row, pascal


class RoleAssignmentPolicy(Row, spelling=pascal):
    """One policy and the user roles in it."""

    identity: str
    is_default: bool
    assigned_roles: tuple[str, ...]


fact = exchange_fact(
    tuple[RoleAssignmentPolicy, ...],
    "Get-RoleAssignmentPolicy",
    sample=[{"Identity": "Default Role Assignment Policy", "IsDefault": True, "AssignedRoles": ["MyBaseOptions", "MyContactInformation"]}],
)
