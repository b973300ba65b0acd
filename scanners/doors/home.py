"""Names of the tenant that some requests must carry, learned once through Graph."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from scanners.doors.graph import GraphDoor, with_query
from scanners.doors.transport import Line
from scanners.errors import Undecided
from scanners.model import Throttle

_DOMAIN = re.compile(r"[a-z0-9][a-z0-9.-]{0,250}", re.IGNORECASE)


NOTHING_SECONDS = 600.0  # how long "not to be had" is believed: a permission may be granted while the process lives


class Memory:
    """What was learned, for all lines of the same doors; each thing is asked for once. What raises is not remembered."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Any, float]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def once(self, name: str, learn: Callable[[], Awaitable[Any]]) -> Any:
        """What `learn` gave the first time; None is asked for again after a while."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            now = asyncio.get_running_loop().time()
            known = self._known.get(name)
            if known is None or (known[0] is None and now - known[1] > NOTHING_SECONDS):
                known = self._known[name] = (await learn(), now)
            return known[0]


@dataclass(frozen=True, slots=True)
class Home:
    """The tenant's own names."""

    graph: GraphDoor | None
    memory: Memory = field(default_factory=Memory)

    def on(self, line: Line) -> "Home":
        """The same on another line."""
        return replace(self, graph=self.graph.on(line)) if self.graph is not None else self

    async def initial_domain(self) -> str | None:
        """The domain that the tenant was made with (`….onmicrosoft.com`); None when the scanner may not read it."""
        found: str | None = await self.memory.once("initial_domain", self._initial_domain)
        return found

    async def site(self) -> str | None:
        """The host of the tenant's root site (`….sharepoint.com`), as Graph says or as the initial domain implies."""
        found: str | None = await self.memory.once("site", self._site)
        return found

    async def _initial_domain(self) -> str | None:
        body = await self._read("/v1.0/organization", {"$select": "verifiedDomains"}, Throttle.DIRECTORY)
        return initial_of(body["value"][0].get("verifiedDomains")) if body and isinstance(body.get("value"), list) and body["value"] else None

    async def _site(self) -> str | None:
        body = await self._read("/v1.0/sites/root", {"$select": "webUrl"}, Throttle.SHAREPOINT)
        url = body.get("webUrl") if body else None
        return urlsplit(url).hostname if isinstance(url, str) else None

    async def _read(self, path: str, query: dict[str, str], throttle: Throttle) -> dict[str, Any] | None:
        if self.graph is None:
            return None
        try:
            answered = await self.graph.call("GET", with_query(f"{self.graph.way.base}{path}", query), throttle)
        except Undecided:
            return None  # these names help to route a request; the request itself says what is wrong
        if answered.status != 200:
            return None
        try:
            body = json.loads(answered.body)
        except ValueError:
            return None
        return body if isinstance(body, dict) else None


def initial_of(domains: Any) -> str | None:
    """The initial domain in a list of verified domains (objects of Graph or of the Teams administration, or plain names)."""
    rows = domains if isinstance(domains, list) else []
    for row in rows:
        name = row.get("name") if isinstance(row, dict) else row
        is_initial = row.get("isInitial") if isinstance(row, dict) else None
        if isinstance(name, str) and _DOMAIN.fullmatch(name) and (is_initial is True or (is_initial is None and ".onmicrosoft." in name.lower())):
            return name
    return None
