"""The doors: the only code that talks to the tenant. `open_doors` gives one per outside system, over one transport.

Importing this package is cheap; HTTP client and SDKs are loaded when doors are opened and used.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from scanners.doors.hosts import cloud, is_loopback, loopback_url
from scanners.doors.identity import SignIn
from scanners.doors.paging import PageTokenExpired
from scanners.errors import SettingsError
from scanners.model import Door

if TYPE_CHECKING:
    from scanners.doors.opening import Doors, Handed

Source = Literal["auto", "snapshot", "admin_rest"]

BASE_URLS = {
    Door.GRAPH: "GRAPH_BASE_URL",
    Door.EXCHANGE: "EXCHANGE_BASE_URL",
    Door.PURVIEW: "PURVIEW_BASE_URL",
    Door.TEAMS: "TEAMS_BASE_URL",
    Door.SHAREPOINT: "SHAREPOINT_BASE_URL",
}
LOGIN_URL = "LOGIN_BASE_URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorSettings:
    """What the doors need to know. The base URLs are for a simulated tenant on this machine and are refused otherwise.

    With any of them set nothing leaves this machine: doors without one stay shut. `budget` is how long a door that was taken may be used, in
    seconds when the caller sets no time of its own. `sharepoint` says that the operator has granted the SharePoint administration.
    Raises SettingsError.
    """

    tenant_id: str
    sign_in: SignIn
    cloud: str = "public"
    graph_base_url: str = ""
    exchange_base_url: str = ""
    purview_base_url: str = ""
    teams_base_url: str = ""
    sharepoint_base_url: str = ""
    login_base_url: str = ""
    ca_file: str | None = None
    proxy: str | None = None
    pace: float = 1.0
    budget: float = 540.0
    answer_seconds: float | None = None
    workload_source: Source = "auto"
    sharepoint: bool = False
    sharepoint_admin_url: str = ""
    dns_servers: tuple[str, ...] = ("1.1.1.1", "8.8.8.8")
    dns_base_url: str = ""  # where a simulated tenant's MTA-STS files are: {base}/{domain}/.well-known/mta-sts.txt

    def __post_init__(self) -> None:
        cloud(self.cloud)
        for door, name in BASE_URLS.items():
            if self.base_url(door):
                loopback_url(name, self.base_url(door))
        if self.dns_base_url:
            loopback_url("DNS_BASE_URL", self.dns_base_url)
        if self.login_base_url:
            loopback_url(LOGIN_URL, self.login_base_url)
        if self.pace <= 0 or (self.pace != 1 and not self.simulated):
            raise SettingsError("PACE must be 1 for a real tenant: its limits are not ours to change. Only a simulated tenant may run faster.")
        if self.ca_file and not self.simulated:
            raise SettingsError("An own certificate authority is for a simulated tenant on this machine only.")
        if self.simulated and any(not is_loopback(server.rsplit(":", 1)[0].strip("[]")) for server in self.dns_servers):
            object.__setattr__(self, "dns_servers", ())  # a simulated tenant's domains are not asked of the real world

    @property
    def simulated(self) -> bool:
        """Whether the tenant is a simulated one on this machine."""
        return any(self.base_url(door) for door in BASE_URLS)

    def base_url(self, door: Door) -> str:
        """The base URL that was set for `door`, or empty."""
        return str(getattr(self, f"{door.value}_base_url"))


def open_doors(settings: DoorSettings, handed: "Handed | None" = None, prompt: Callable[[str], None] | None = None) -> "Doors":
    """The doors of a tenant: an async context manager and a mapping from Door to DoorPort.

    `handed` replaces network, tokens, clock or chance (tests do); `prompt` shows a text to the person who signs in by device code.
    """
    from scanners.doors.opening import opened

    return opened(settings, handed, prompt)


__all__ = ["DoorSettings", "PageTokenExpired", "SignIn", "open_doors"]
