"""Which application permissions open which path, from Microsoft's published permission data."""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Mapping
from typing import Any

from local.tenant.answers import Refusal
from local.tenant.schema import DATA

DENIED = "Insufficient privileges to complete the operation."


@functools.cache
def data() -> dict[str, Any]:
    """`accepted`: path to permissions; `roles`: permission to app role id."""
    found: dict[str, Any] = json.loads((DATA / "permissions.json").read_text("utf-8"))
    return found


def accepted(row: Mapping[str, Any]) -> list[str]:
    """Permissions of which one opens an endpoint row."""
    return list(data()["accepted"].get(row["path"], row.get("app", [])))


def denied(row: Mapping[str, Any], wanted: Collection[str]) -> Refusal:
    """The refusal in the words of the workload behind the path."""
    if row["class"] == "INT":
        inner = (
            '{\r\n  "_version": 3,\r\n  "Message": "Application is not authorized to perform this operation.'
            f" Application must have one of the following scopes: {', '.join(wanted)} - Operation ID (for customer support):"
            ' 00000000-0000-0000-0000-000000000000",\r\n  "CustomApiErrorPhrase": "",'
            '\r\n  "RetryAfter": null,\r\n  "ErrorSourceService": "",\r\n  "HttpHeaders": "{}",\r\n  "ErrorCode": "Forbidden"\r\n}'
        )
        return Refusal(403, "Forbidden", inner)
    if row["class"] == "TMS":
        text = f"Missing role permissions on the request. API requires one of '{', '.join(wanted)}'."
        return Refusal(403, "Forbidden", text)
    if row["class"] == "SEC":
        return Refusal(403, "Forbidden", "Missing application roles. The caller is not allowed to call this API.")
    if row["class"] == "SPO":
        return Refusal(403, "accessDenied", "Access denied")
    if row["class"] == "RPT":
        text = f"Calling principal does not have required MSGraph permissions {','.join(wanted)}"
        return Refusal(403, "Authentication_MSGraphPermissionMissing", text)
    if row["class"] == "CA":
        text = "You cannot perform the requested operation, required scopes are missing in the token."
        return Refusal(403, "AccessDenied" if row["path"].startswith("/identity/") else "Forbidden", text)
    return Refusal(403, "Authorization_RequestDenied", DENIED)


def check(row: Mapping[str, Any], roles: Collection[str], select: Collection[str] | None, *, single: bool) -> None:
    """Raises the 403 of the path when the token lacks what it needs."""
    wanted = list(row["single"]["permissions"]) if single and "single" in row else accepted(row)
    if not set(wanted) & set(roles):
        raise denied(row, wanted)
    for extra in row.get("both", ()):
        if extra not in roles:
            raise denied(row, [extra])
    for name, needed in row.get("also", {}).items():
        if name in (select or ()) and name not in row.get("also_silent", ()) and not set(needed) & set(roles):
            raise Refusal(
                403, "Authentication_MSGraphPermissionMissing", f"Calling principal does not have required MSGraph permissions {','.join(needed)}"
            )


def silent_columns(row: Mapping[str, Any], roles: Collection[str]) -> set[str]:
    """Properties that the service leaves out without a word when their own permission is missing."""
    return {name for name in row.get("also_silent", ()) if not set(row["also"][name]) & set(roles)}
