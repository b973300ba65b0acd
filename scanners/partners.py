"""Words about the default that meets other organisations."""

from scanners.errors import Unrecognised
from scanners.facts.cross_tenant_access_default import B2bSetting, TargetConfiguration


def is_blocked_for_all(configuration: TargetConfiguration | None, everything: str) -> bool:
    """Blocked, and the block is aimed at everything (AllUsers or AllApplications). A block of some targets lets all others through."""
    if configuration is None:
        raise Unrecognised("a setting for other organisations is not stated")
    return configuration.access_type == "blocked" and any(target.target.lower() == everything.lower() for target in configuration.targets)


def lets_nobody_through(setting: B2bSetting | None) -> bool:
    """All users are blocked, or all applications are: either alone closes the way. Raises Unrecognised where the setting is not stated."""
    if setting is None:
        raise Unrecognised("a setting for other organisations is not stated")
    return is_blocked_for_all(setting.users_and_groups, "AllUsers") or is_blocked_for_all(setting.applications, "AllApplications")
