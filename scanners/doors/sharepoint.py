"""The door to the SharePoint administration: off unless the operator has granted it, because the grant is far more than reading."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from scanners.doors import remedies
from scanners.doors.graph import with_query
from scanners.doors.home import Home
from scanners.doors.hosts import is_loopback, within_domain
from scanners.doors.transport import Line
from scanners.doors.way import Message, Way, answer, path_of, read
from scanners.errors import CatalogueError, NotPermitted, SettingsError, Unreachable, Unrecognised
from scanners.model import Ask, Fact, Throttle
from scanners.ports import Answer

SETTING = "SHAREPOINT_ADMIN_URL"


def admin_url(value: str, domain: str) -> str:
    """The setting SHAREPOINT_ADMIN_URL, checked: https, `…-admin.` of the cloud's own domain. Raises SettingsError."""
    parts = urlsplit(value)
    host = parts.hostname or ""
    name = host.removesuffix(f".{domain}")
    good = parts.scheme == "https" and within_domain(host, domain) and name.endswith("-admin") and "." not in name
    if not good or parts.username or parts.port or parts.path.strip("/") or parts.query:
        raise SettingsError(f"{SETTING} must look like https://yourtenant-admin.{domain} and nothing more.")
    return f"https://{host}"


@dataclass(frozen=True, slots=True)
class SharePointDoor:
    """`_api/SPO.Tenant` and its like. `base` is empty until the tenant's host is known."""

    way: Way
    home: Home
    domain: str
    granted: bool

    def on(self, line: Line) -> "SharePointDoor":
        """The same door on another line."""
        return replace(self, way=replace(self.way, line=line), home=self.home.on(line))

    async def pages(self, fact: Fact, ask: Ask, resume: str | None = None) -> AsyncIterator[Answer]:  # noqa: ARG002 - answers have one page
        """The one page of an administration object. Contract: DoorPort."""
        if not self.granted:
            raise NotPermitted(
                "the SharePoint administration is not granted to the scanner, by design",
                f"It would need full control of all sites, far more than reading. Whoever accepts that: {remedies.grant(fact)}",
            )
        if ask.method != "GET" or not ask.path.startswith("/_api/"):
            raise CatalogueError(f"fact {fact.id}: the SharePoint door reads paths below /_api/ only")
        way = await self._way()
        url = with_query(f"{way.base}{ask.path}", ask.query)
        headers = {"accept": "application/json;odata=nometadata", **{k.lower(): v for k, v in ask.headers.items()}}
        answered = await way.send(Message("GET", url, headers), Throttle.SHAREPOINT)
        body = read(answered, fact, ask)
        if answered.status not in ask.tolerates and not isinstance(body, dict):
            raise Unrecognised("the SharePoint administration answered with something that is not an object", remedies.REPORT)
        yield answer(answered, path=path_of(url, way.base), method="GET", body=body, api_version="", interface="observed")

    async def _way(self) -> Way:
        if self.way.base:
            return self.way
        host = await self.home.site()
        if host is None:
            domain = await self.home.initial_domain() or ""
            name, _, rest = domain.partition(".onmicrosoft.")
            host = f"{name}.{self.domain}" if name and rest else None
        if host is None or is_loopback(host) or not within_domain(host, self.domain):
            raise Unreachable("the address of the SharePoint administration could not be derived", f"Set {SETTING}, then run the scan again.")
        name = host.removesuffix(f".{self.domain}").removesuffix("-admin")
        base = f"https://{name}-admin.{self.domain}"
        return replace(self.way, base=base, scope=f"{base}/.default")
