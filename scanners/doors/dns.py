"""The door to the public DNS: what the world sees of a domain's mail protection.

Never the machine's own resolver: inside a network it may answer otherwise than the world does. NXDOMAIN and an empty answer are
answers. A server's failure (502) and silence (504) are answers only to an ask that tolerates them. The policy file of MTA-STS (RFC 8461)
belongs here too, as the record type `MTA-STS`.
"""

import asyncio
import ipaddress
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx

from scanners.doors import remedies
from scanners.doors.transport import Line
from scanners.doors.waiting import pause
from scanners.errors import CatalogueError, NotSupported, Unreachable, Unrecognised
from scanners.model import Ask, Fact, Throttle
from scanners.ports import Answer

TYPES = frozenset({"A", "AAAA", "CAA", "CNAME", "DNSKEY", "DS", "MX", "NS", "SOA", "TLSA", "TXT"})
POLICY = "MTA-STS"
POLICY_BYTES = 64 * 1024
POLICY_SECONDS = 10.0
STATUSES: Mapping[str, int] = {"ok": 200, "nodata": 200, "nxdomain": 200, "absent": 200, "unreadable": 200, "servfail": 502, "timeout": 504}


@dataclass(frozen=True, slots=True)
class Found:
    """What one question brought."""

    status: str
    resolver: str = ""
    authenticated: bool = False  # the resolver vouches for DNSSEC (the AD flag)
    records: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class DnsDoor:
    """Questions to `servers` (`address` or `address:port`) in turn. `policies` is where a simulated tenant's policy files are."""

    line: Line
    servers: tuple[str, ...]
    policies: str = ""
    simulated: bool = False

    def on(self, line: Line) -> "DnsDoor":
        """The same door on another line."""
        return replace(self, line=line)

    async def pages(self, fact: Fact, ask: Ask, resume: str | None = None) -> AsyncIterator[Answer]:  # noqa: ARG002 - answers have one page
        """The answer to `ask.method` (the record type) of `ask.path` (the name). Contract: DoorPort."""
        kind = "TXT" if ask.method == "GET" else ask.method.upper()
        if kind not in TYPES | {POLICY}:
            raise CatalogueError(f"fact {fact.id}: {kind} is no record type that this door asks for")
        if not self.servers:
            raise NotSupported("no resolver is named for this tenant", remedies.by_hand(fact))
        found = await (self._policy(ask.path, ask.tries) if kind == POLICY else self._tried(ask.path, kind, ask.tries))
        status = STATUSES[found.status]
        if status != 200 and status not in ask.tolerates:
            raise Unreachable(f"no resolver gave an answer about the domain ({found.status})", "Let the scanner reach public resolvers (port 53).")
        about = {"name": ask.path, "type": kind, "status": found.status, "authenticated": found.authenticated, "resolver": found.resolver}
        body = json.dumps({**about, "records": found.records}, separators=(",", ":"), sort_keys=True).encode()
        yield Answer(status, body, f"{kind} {ask.path}", "QUERY", None, None, None, "", "supported")

    async def _tried(self, name: str, kind: str, tries: int = 0) -> Found:
        gate = self.line.gates[Throttle.DNS]
        found = Found("timeout")
        most = tries or gate.limit.patience.attempts
        for attempt in range(1, most + 1):
            async with gate.turn(self.line.until):
                seconds = min(self.line.answer_seconds or gate.limit.answer, max(0.0, self.line.until - self.line.time.monotonic()))
                found = await self._ask(self.servers[(attempt - 1) % len(self.servers)], name, kind, seconds)
            if found.status not in {"servfail", "timeout"}:
                return found
            seconds = gate.scaled(pause(gate.limit.patience, attempt, asked=None, throttled=False, chance=self.line.chance))
            if attempt == most or self.line.time.monotonic() + seconds > self.line.until:
                return found
            await self.line.time.sleep(seconds)
        return found

    async def _ask(self, server: str, name: str, kind: str, seconds: float) -> Found:
        import dns.asyncresolver
        import dns.exception
        import dns.flags
        import dns.nameserver
        import dns.resolver

        address, port = _address(server)
        resolver = dns.asyncresolver.Resolver(configure=False)
        resolver.nameservers = [dns.nameserver.Do53Nameserver(address, port)]
        resolver.flags = dns.flags.RD | dns.flags.AD
        try:
            answer = await resolver.resolve(f"{name.rstrip('.')}.", kind, raise_on_no_answer=False, search=False, lifetime=seconds)
        except dns.resolver.NXDOMAIN:
            return Found("nxdomain", server)
        except (dns.resolver.NoNameservers, OSError, EOFError):
            return Found("servfail", server)
        except dns.resolver.LifetimeTimeout:
            return Found("timeout", server)
        except dns.exception.DNSException as fault:
            raise Unrecognised("the name that was to be asked about is not a domain name", remedies.REPORT) from fault
        authenticated = bool(answer.response.flags & dns.flags.AD)
        if answer.rrset is None:
            return Found("nodata", server, authenticated)
        records = sorted((_record(kind, item) for item in answer.rrset), key=lambda r: json.dumps(r, sort_keys=True))
        return Found("ok", server, authenticated, tuple(records))

    async def _policy(self, domain: str, tries: int) -> Found:
        """The policy file as its senders would get it: over a trusted connection, without redirects, from a public address."""
        url = f"{self.policies}/{domain}/.well-known/mta-sts.txt" if self.simulated else f"https://mta-sts.{domain}/.well-known/mta-sts.txt"
        if self.simulated and not self.policies:
            return Found("unreadable")
        if not self.simulated and not await self._is_public(f"mta-sts.{domain}", tries):
            return Found("unreadable")
        try:
            async with self.line.gates[Throttle.DNS].turn(self.line.until), asyncio.timeout(POLICY_SECONDS):
                response = await self.line.http.get(url)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, Unrecognised):
            return Found("unreadable")
        if response.status_code == 404:
            return Found("absent")
        if response.status_code != 200 or len(response.content) > POLICY_BYTES:
            return Found("unreadable")
        return Found("ok", "", records=(response.content.decode("utf-8", "replace"),))

    async def _is_public(self, host: str, tries: int) -> bool:
        """Whether a name leads to public addresses only: the scanner's network must not be probed through a tenant's domain."""
        found = []
        for kind in ("A", "AAAA"):
            found.append(await self._tried(host, kind, tries))
            if found[-1].status in {"servfail", "timeout"}:
                return False
        addresses = [ipaddress.ip_address(record) for answer in found for record in answer.records]
        return bool(addresses) and all(address.is_global for address in addresses)


def _address(server: str) -> tuple[str, int]:
    """`1.1.1.1`, `1.1.1.1:5353`, `::1` or `[::1]:5353`."""
    if server.startswith("["):
        host, _, port = server[1:].partition("]")
        return host, int(port.lstrip(":") or 53)
    if server.count(":") == 1:
        host, _, port = server.partition(":")
        return host, int(port)
    return server, 53


def _name(value: Any) -> str:
    return str(value).rstrip(".").lower()


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "TXT": lambda r: b"".join(r.strings).decode("utf-8", "replace"),  # chunks of 255 bytes belong together without a space
    "MX": lambda r: {"preference": int(r.preference), "host": _name(r.exchange)},
    "CNAME": lambda r: _name(r.target),
    "NS": lambda r: _name(r.target),
    "CAA": lambda r: {"flags": int(r.flags), "tag": r.tag.decode("ascii", "replace"), "value": r.value.decode("utf-8", "replace")},
    "TLSA": lambda r: {"usage": int(r.usage), "selector": int(r.selector), "matching": int(r.mtype), "data": r.cert.hex()},
}


def _record(kind: str, item: Any) -> Any:
    reader = _READERS.get(kind)
    return reader(item) if reader is not None else item.to_text()
