"""A DNS responder on loopback for the tenant's domains: TXT, MX, CNAME and the rest by UDP and TCP, never signed.

`dns` of the tenant file: records {NAME: {TYPE: [texts]}} over what a Microsoft 365 domain usually has, servfail and timeout [names], policies
{DOMAIN: text of the MTA-STS file}.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any, cast

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from local.tenant import tenant_file
from local.tenant.admin.rows import CmdletRows
from local.tenant.world import World

Records = dict[str, dict[str, list[str]]]


def records(world: World) -> Records:
    """Names (lower case, no final dot) to types to presentation texts."""
    found: Records = {}
    dkim = {row["Domain"]: row for row in CmdletRows(world, "exchange").rows("DkimSigningConfig")}
    for domain in (row["id"] for row in world.domains() if not row["id"].endswith(".onmicrosoft.com")):
        dashed = domain.replace(".", "-")
        found[domain] = {
            "MX": [f"0 {dashed}.mail.protection.outlook.com."],
            "TXT": ['"v=spf1 include:spf.protection.outlook.com -all"', '"MS=ms12345678"'],
        }
        row = dkim.get(domain)
        if row is not None and row["Status"] == "Valid":
            for number in (1, 2):
                found[f"selector{number}._domainkey.{domain}"] = {"CNAME": [f"{row[f'Selector{number}CNAME']}."]}
    merged: Records = tenant_file.merge(found, world.section("dns").get("records", {}))
    return {name.lower(): kinds for name, kinds in merged.items() if kinds is not None}


class Responder:
    """Answers for the tenant's names; other names are refused. `queries` lists what was asked."""

    def __init__(self, world: World) -> None:
        spec = world.section("dns")
        self.records = records(world)
        self.domains = [row["id"].lower() for row in world.domains()]
        self.failing, self.silent = {*spec.get("servfail", [])}, {*spec.get("timeout", [])}
        self.policies: Mapping[str, str] = spec.get("policies", {})
        self.queries: list[tuple[str, str]] = []

    def reply(self, wire: bytes) -> bytes | None:
        """The answer to one query message; None is silence."""
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return None
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA | dns.flags.RA
        question = query.question[0]
        name, kind = str(question.name).rstrip(".").lower(), dns.rdatatype.to_text(question.rdtype)
        self.queries.append((name, kind))
        if name in self.silent:
            return None
        answer.set_rcode(self._fill(answer, question, name, kind))
        return answer.to_wire()

    def _fill(self, answer: Any, question: Any, name: str, kind: str) -> dns.rcode.Rcode:
        if name in self.failing:
            return dns.rcode.SERVFAIL
        if not any(name == domain or name.endswith(f".{domain}") for domain in self.domains):
            return dns.rcode.REFUSED
        kinds = self.records.get(name)
        if kinds is None:
            below = any(other.endswith(f".{name}") for other in self.records)
            return dns.rcode.NOERROR if below else dns.rcode.NXDOMAIN
        shown = kind if kind in kinds else "CNAME" if "CNAME" in kinds else None
        if shown is not None:
            texts = [chunked(text) if shown == "TXT" else text for text in kinds[shown]]
            answer.answer.append(dns.rrset.from_text_list(question.name, 300, dns.rdataclass.IN, shown, texts))
        return dns.rcode.NOERROR


def chunked(text: str) -> str:
    """A TXT text in quoted pieces of at most 255 characters, as long records must be."""
    plain = text.strip('"')
    return " ".join(f'"{plain[at : at + 255]}"' for at in range(0, len(plain), 255))


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, responder: Responder) -> None:
        self._responder = responder

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # not by its class, which Python 3.11 leaves out

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._responder.reply(data)
        if answer is not None:
            self._transport.sendto(answer if len(answer) <= 1232 else cut(data), addr)


def cut(query: bytes) -> bytes:
    """An empty answer with the mark that tells the caller to ask again by TCP."""
    answer = dns.message.make_response(dns.message.from_wire(query))
    answer.flags |= dns.flags.TC
    return answer.to_wire()


@contextlib.asynccontextmanager
async def serving(responder: Responder) -> Any:
    """Serves on a free port of loopback, UDP and TCP alike; gives the port."""
    loop = asyncio.get_running_loop()

    async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            length = int.from_bytes(await reader.readexactly(2), "big")
            answer = responder.reply(await reader.readexactly(length))
            if answer is not None:
                writer.write(len(answer).to_bytes(2, "big") + answer)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(stream, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport, _ = await loop.create_datagram_endpoint(lambda: _Udp(responder), local_addr=("127.0.0.1", port))
    try:
        yield port
    finally:
        transport.close()
        server.close()
