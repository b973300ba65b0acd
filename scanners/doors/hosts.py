"""Where each door leads in each Microsoft cloud, and for whom its tokens are made.

Sources: https://learn.microsoft.com/graph/deployments ; https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud ;
the hosts of the administration interfaces are those of Microsoft's own PowerShell modules. Where no source names a host, there is none
here, and the facts of that door are `not_supported` in that cloud.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from scanners.errors import SettingsError
from scanners.model import Door

TEAMS_AUDIENCE = "48ac35b8-9aa8-4d74-927d-1f4a14a0b239"  # Skype and Teams Tenant Admin API, the same application id everywhere


@dataclass(frozen=True, slots=True)
class End:
    """One outside system: where it answers, and the scope that its tokens are asked for."""

    base: str  # https, no trailing slash; may carry a path when it is a simulated tenant on loopback
    scope: str
    vendor: str = ""  # the domain below which a redirect of this system may lead

    @property
    def loopback(self) -> bool:
        """Whether it is on this machine, as simulated tenants are."""
        return is_loopback(urlsplit(self.base).hostname or "")


@dataclass(frozen=True, slots=True)
class Cloud:
    """A Microsoft cloud. `snapshots`: whether tenant configuration snapshots exist there; `audit_search`: the audit log query."""

    name: str
    authority: str
    ends: Mapping[Door, End]
    sharepoint_domain: str
    snapshots: bool = False
    audit_search: bool = False


def _cloud(name: str, authority: str, sharepoint: str, ends: dict[Door, End], *, snapshots: bool = False, audit_search: bool = False) -> Cloud:
    return Cloud(name, authority, MappingProxyType(ends), sharepoint, snapshots, audit_search)


def _end(host: str, vendor: str = "") -> End:
    return End(f"https://{host}", f"https://{host}/.default", vendor)


CLOUDS: Mapping[str, Cloud] = MappingProxyType(
    {
        "public": _cloud(
            "public",
            "https://login.microsoftonline.com",
            "sharepoint.com",
            {
                Door.GRAPH: _end("graph.microsoft.com"),
                Door.EXCHANGE: _end("outlook.office365.com"),
                Door.PURVIEW: _end("ps.compliance.protection.outlook.com", "outlook.com"),
                Door.TEAMS: End("https://api.interfaces.records.teams.microsoft.com", f"{TEAMS_AUDIENCE}/.default", "teams.microsoft.com"),
            },
            snapshots=True,
            audit_search=True,
        ),
        "usgov": _cloud(
            "usgov",
            "https://login.microsoftonline.us",
            "sharepoint.us",
            {
                Door.GRAPH: _end("graph.microsoft.us"),
                Door.EXCHANGE: _end("outlook.office365.us"),
                Door.PURVIEW: _end("ps.compliance.protection.office365.us", "office365.us"),
            },
        ),
        "dod": _cloud(
            "dod",
            "https://login.microsoftonline.us",
            "sharepoint-mil.us",
            {Door.GRAPH: _end("dod-graph.microsoft.us"), Door.EXCHANGE: _end("outlook-dod.office365.us")},
        ),
        "china": _cloud(
            "china",
            "https://login.chinacloudapi.cn",
            "sharepoint.cn",
            {Door.GRAPH: _end("microsoftgraph.chinacloudapi.cn")},
        ),
    }
)


def cloud(name: str) -> Cloud:
    """The cloud that the setting CLOUD names.

    Raises SettingsError for any other word.
    """
    if name not in CLOUDS:
        raise SettingsError(f"CLOUD is {name!r}; it must be one of {', '.join(CLOUDS)}, for example CLOUD=public.")
    return CLOUDS[name]


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine, by name or address, without asking a resolver."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def loopback_url(setting: str, value: str) -> str:
    """The base URL of a simulated system, checked: https, on this machine, no credentials, query or fragment.

    A base URL decides who receives tokens, so nothing but this machine is accepted. Raises SettingsError naming `setting`.
    """
    parts = urlsplit(value)
    if parts.scheme != "https" or not is_loopback(parts.hostname or "") or parts.username or parts.query or parts.fragment:
        raise SettingsError(
            f"{setting} must be an https URL on this machine, for example https://localhost:8443/graph; "
            "real tenants are reached by leaving it unset and choosing CLOUD."
        )
    return value.rstrip("/")


def same_origin(url: str, base: str) -> bool:
    """Whether `url` is https, on exactly the host and port of `base`, below its path, and without credentials."""
    there, here = urlsplit(url), urlsplit(base)
    try:
        ports = (there.port or 443, here.port or 443)
    except ValueError:  # a port that is no number
        return False
    below = not here.path or there.path == here.path or there.path.startswith(here.path.rstrip("/") + "/")
    return there.scheme == "https" and there.hostname == here.hostname and ports[0] == ports[1] and not there.username and below


def within_domain(host: str | None, domain: str) -> bool:
    """Whether `host` is `domain` or a name below it."""
    return bool(host) and (host == domain or str(host).endswith(f".{domain}"))
