"""The door to the Teams administration: the configuration service that Microsoft's Teams module reads, one call at a time.

Not a published interface; every named policy comes in one answer, Global and custom ones together.
"""

import json
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from scanners.doors import classify, remedies
from scanners.doors.graph import with_query
from scanners.doors.home import Home, Memory, initial_of
from scanners.doors.hosts import End, within_domain
from scanners.doors.paging import Walk
from scanners.doors.transport import Line
from scanners.doors.way import Message, Way, answer, path_of, read, rows_of
from scanners.errors import CatalogueError, Undecided, Unreachable, Unrecognised
from scanners.model import Ask, Fact, Throttle
from scanners.ports import Answer

CONFIGURATIONS = "/Skype.Policy/configurations/"
DISCOVERY = "/Teams.Tenant/tenants"


@dataclass(frozen=True, slots=True)
class Place:
    """Where this tenant's configuration is kept."""

    base: str
    forest: str
    admin_host: str
    domain: str | None


@dataclass(frozen=True, slots=True)
class TeamsDoor:
    """Configurations of Teams. In a path, `{initial_domain}` stands for the tenant's own first domain."""

    way: Way
    end: End
    tenant_id: str
    home: Home
    memory: Memory = field(default_factory=Memory)

    def on(self, line: Line) -> "TeamsDoor":
        """The same door on another line."""
        return replace(self, way=replace(self.way, line=line), home=self.home.on(line))

    async def pages(self, fact: Fact, ask: Ask, resume: str | None = None) -> AsyncIterator[Answer]:
        """The configurations of one type. Contract: DoorPort."""
        if ask.method != "GET" or not ask.path.startswith(CONFIGURATIONS):
            raise CatalogueError(f"fact {fact.id}: the Teams door reads configurations only")
        place: Place = await self.memory.once("place", lambda: self._discover(fact))
        way = replace(self.way, base=place.base)
        url: str | None = with_query(f"{place.base}{await self._path(ask, place)}", ask.query)
        if resume is not None:
            url = Walk(place.base, "").follow(resume)
        walk = Walk(place.base, str(url))
        while url is not None:
            answered = await way.send(Message("GET", url, self._headers(ask, place)), Throttle.TEAMS_ADMIN)
            body = read(answered, fact, ask)
            if answered.status not in ask.tolerates and not isinstance(body, dict | list):
                raise Unrecognised("the Teams administration answered with neither an object nor a list", remedies.REPORT)
            path = path_of(url, place.base)
            page = answer(answered, path=path, method="GET", body=body, api_version="", interface="observed")
            walk.arrived(rows_of(body))
            url = walk.follow(page.next_link) if page.next_link else None
            yield page

    async def _path(self, ask: Ask, place: Place) -> str:
        if "{initial_domain}" not in ask.path:
            return ask.path
        domain = place.domain or await self.home.initial_domain()
        if domain is None:
            raise Unreachable("the tenant's own first domain could not be read, and this request must name it")
        return ask.path.replace("{initial_domain}", domain)

    def _headers(self, ask: Ask, place: Place) -> Mapping[str, str]:
        headers = {"accept": "application/json", "x-authz-scope": "tenant", "x-ms-correlation-id": str(uuid.uuid4())}
        if place.forest:
            headers["x-ms-forest"] = place.forest
        if "adminDomain=" in ask.path:  # types that are still served by the older service behind
            headers["x-ms-tenant-id"] = self.tenant_id
            headers["x-ms-target-uri"] = f"https://{place.admin_host}/OcsPowershellWebservice"
        return {**headers, **{k.lower(): v for k, v in ask.headers.items()}}

    async def _discover(self, fact: Fact) -> Place:
        """Ask where the tenant is kept. A service that does not know the question is asked at its usual address."""
        usual = urlsplit(self.end.base).hostname or ""
        headers = {"accept": "application/json", "x-authz-scope": "tenant", "x-ms-correlation-id": str(uuid.uuid4())}
        answered = await self.way.send(Message("GET", f"{self.end.base}{DISCOVERY}", headers), Throttle.TEAMS_ADMIN)
        if answered.status == 404:
            return Place(self.end.base, "", usual, None)
        if answered.status != 200 or classify.is_html(answered.headers, answered.body):
            raise classify.classify(fact.door, answered.status, answered.headers, answered.body, fact)
        return self._place(answered.body, usual)

    def _place(self, body: bytes, usual: str) -> Place:
        try:
            found = json.loads(body)
        except ValueError as fault:
            raise _strange() from fault
        if isinstance(found, list):  # seen as a list of one, and as the object itself
            found = found[0] if found else {}
        if not isinstance(found, dict):
            raise _strange()
        service = found.get("serviceDiscovery") or {}
        ends, names = _dict(service, "Endpoints"), _dict(service, "Headers")
        config = _host(ends.get("ConfigApiEndpoint"))
        base = f"https://{config}" if config and not self.end.loopback and within_domain(config, self.end.vendor) else self.end.base
        admin = _host(ends.get("AdminServiceEndpoint")) or usual
        forest = names.get("X-MS-Forest")
        return Place(base, forest if isinstance(forest, str) else "", admin, initial_of(found.get("verifiedDomains")))


def _strange() -> Undecided:
    return Unrecognised("the Teams administration did not say where the tenant is kept", remedies.REPORT)


def _dict(value: Any, key: str) -> Mapping[str, Any]:
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def _host(value: Any) -> str:
    if not isinstance(value, str) or not value:
        return ""
    return urlsplit(value if "://" in value else f"https://{value}").hostname or ""
