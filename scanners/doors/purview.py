"""The door to the Purview (Security & Compliance) administration: Exchange's protocol at a host of the tenant's own region."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin, urlsplit

from scanners.doors import classify, remedies
from scanners.doors.commands import SYSTEM_MAILBOX, command_pages
from scanners.doors.home import Home, Memory
from scanners.doors.hosts import End, is_loopback, within_domain
from scanners.doors.transport import Answered, Line
from scanners.doors.way import Message, Way
from scanners.errors import Unrecognised
from scanners.model import Ask, Fact, Throttle
from scanners.ports import Answer

_REGION = re.compile(r"[a-z0-9]{2,20}")


@dataclass(frozen=True, slots=True)
class PurviewDoor:
    """Cmdlets of Security & Compliance, at most three at a time. The region is looked up once."""

    way: Way
    end: End
    tenant_id: str
    home: Home
    memory: Memory = field(default_factory=Memory)

    def on(self, line: Line) -> "PurviewDoor":
        """The same door on another line."""
        return replace(self, way=replace(self.way, line=line), home=self.home.on(line))

    async def pages(self, fact: Fact, ask: Ask, resume: str | None = None) -> AsyncIterator[Answer]:
        """The pages of a cmdlet's answer. Contract: DoorPort."""
        base = await self.memory.once("base", lambda: self._regional(fact))
        domain = await self.home.initial_domain()
        anchor = f"UPN:{SYSTEM_MAILBOX}@{domain}" if domain else f"APP:{SYSTEM_MAILBOX}@{self.tenant_id}"
        way = replace(self.way, base=base)
        async for page in command_pages(way, self.tenant_id, anchor, fact, ask, resume, Throttle.PURVIEW):
            yield page

    async def _regional(self, fact: Fact) -> str:
        """The base URL of the tenant's region: the one redirect that any door follows, and only by the first label of its host."""
        url = f"{self.end.base}/AdminApi/v1.0/{self.tenant_id}/EXOModuleFile"
        answered = await self.way.send(Message("GET", url, {"accept": "application/json"}), Throttle.PURVIEW)
        if answered.status in {301, 302, 303, 307, 308}:
            return self._by_region(url, answered)
        if answered.status == 200:
            return self.end.base
        raise classify.classify(fact.door, answered.status, answered.headers, answered.body, fact)

    def _by_region(self, url: str, answered: Answered) -> str:
        location = answered.headers.get("location", "")
        there = urlsplit(urljoin(url, location) if location else "")
        host = there.hostname or ""
        if self.end.loopback:
            if there.scheme != "https" or not is_loopback(host):
                return self.end.base  # a simulated tenant that names a real region; its token stays on this machine
            return f"https://{there.netloc.rpartition('@')[2]}{re.split('/adminapi/', there.path, maxsplit=1, flags=re.IGNORECASE)[0]}"
        region, name = host.split(".", 1)[0], urlsplit(self.end.base).hostname
        if there.scheme == "https" and host == name:
            return self.end.base
        if there.scheme != "https" or not within_domain(host, self.end.vendor) or not _REGION.fullmatch(region):
            raise Unrecognised("the Purview administration pointed to a host that is not the vendor's; it was not followed", remedies.NETWORK)
        return f"https://{region}.{name}"
