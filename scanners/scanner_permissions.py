"""What the identity that runs the scans may hold: the permissions that this product declares, and no power to change things or to read content."""

from collections.abc import Mapping
from functools import lru_cache

from scanners import permissions
from scanners.errors import Unrecognised
from scanners.facts.app_role_assignments import NO_PERMISSION, AppRoleAssignment

POWERS = ("readwrite", "write", "fullcontrol", "send", "accessasuser")
CONTENT = ("mail.", "chat.", "channelmessage.", "files.", "sites.")


@lru_cache(maxsize=1)
def manifest() -> Mapping[str, frozenset[str]]:
    """Service (application id) -> the names of the application permissions that some fact of this product declares."""
    declared = [each for each in vars(permissions).values() if isinstance(each, permissions.Permission) and each.resource != permissions.ENTRA]
    services = {each.resource for each in declared}
    return {service: frozenset(each.name for each in declared if each.resource == service) for service in services}


def only_reads(row: AppRoleAssignment, allowed: frozenset[str]) -> bool:
    """Whether the permission is declared and only reads, or is in `allowed` by name.

    Raises Unrecognised when a permission of a known service has no name.
    """
    service, name = row.resource_app_id, row.permission
    if service is None:
        return False  # a service that this product does not use
    if name is None:
        raise Unrecognised("a permission of the scanner has no name in its service's list")
    if name == NO_PERMISSION:
        return True
    if name not in manifest().get(service.lower(), frozenset()):
        return False
    return name in allowed or not (any(power in name.lower() for power in POWERS) or name.lower().startswith(CONTENT))
