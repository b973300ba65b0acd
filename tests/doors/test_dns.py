"""The DNS door against a small responder on this machine."""

import json
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import httpx
import pytest

from scanners.errors import CatalogueError, Unreachable, Unrecognised
from scanners.model import Ask, Door, Fact, Throttle
from tests.doors.rig import gather, rig, run

FACT = Fact(reading=None, id="dns_mail_records", door=Door.DNS, throttle=Throttle.DNS)
ZONE = {
    ("northcreek.example.", "MX"): ["10 b.mx.example.", "0 A.mx.example."],
    ("northcreek.example.", "TXT"): ['"v=spf1 include:spf.protection." "outlook.com -all"', '"ms=1"'],
    ("selector1._domainkey.northcreek.example.", "CNAME"): ["selector1-northcreek-example._domainkey.northcreek.onmicrosoft.com."],
    ("northcreek.example.", "CAA"): ['0 issue "ca.example"'],
    ("_25._tcp.a.mx.example.", "TLSA"): ["3 1 1 " + "ab" * 32],
    ("mta-sts.northcreek.example.", "A"): ["127.0.0.1"],
}


class Responder(socketserver.BaseRequestHandler):
    """One question, one answer."""

    def handle(self) -> None:
        data, socket = self.request
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = question.name.to_text().lower(), question.rdtype.name
        self.server.seen.append((name, kind))  # type: ignore[attr-defined]
        if name.startswith("silent"):
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA | (dns.flags.AD if name.startswith("_25") else 0)
        if name.startswith("broken"):
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif (name, kind) in ZONE:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *ZONE[(name, kind)]))
        elif not any(known == name for known, _ in ZONE):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        socket.sendto(answer.to_wire(), self.client_address)


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Responder) as found:
        found.seen = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=found.serve_forever, daemon=True)
        thread.start()
        yield found
        found.shutdown()


def ask(server: Any, name: str, kind: str, reply: Any = None, **changes: Any) -> dict[str, Any]:
    tolerates = changes.pop("tolerates", frozenset())
    r = rig(reply or (lambda _: httpx.Response(404)), dns_servers=(f"127.0.0.1:{server.server_address[1]}",), answer_seconds=0.2, **changes)
    (page,) = run(gather(r.doors, FACT, Ask(path=name, method=kind, tolerates=tolerates)))
    assert page.interface == "supported"
    assert page.path == f"{kind} {name}"
    found: dict[str, Any] = {**json.loads(page.body), "http": page.status}
    return found


def test_records(server: Any) -> None:
    mx = ask(server, "northcreek.example", "MX")
    assert mx["records"] == [{"host": "a.mx.example", "preference": 0}, {"host": "b.mx.example", "preference": 10}]
    assert (mx["status"], mx["http"], mx["authenticated"]) == ("ok", 200, False)
    assert mx["resolver"].startswith("127.0.0.1:")
    assert ask(server, "northcreek.example", "TXT")["records"] == ["ms=1", "v=spf1 include:spf.protection.outlook.com -all"]
    assert ask(server, "selector1._domainkey.northcreek.example", "CNAME")["records"] == [
        "selector1-northcreek-example._domainkey.northcreek.onmicrosoft.com"
    ]
    assert ask(server, "northcreek.example", "CAA")["records"] == [{"flags": 0, "tag": "issue", "value": "ca.example"}]
    tlsa = ask(server, "_25._tcp.a.mx.example", "TLSA")
    assert tlsa["records"] == [{"usage": 3, "selector": 1, "matching": 1, "data": "ab" * 32}]
    assert tlsa["authenticated"]


def test_nothing_there_is_an_answer(server: Any) -> None:
    assert ask(server, "_dmarc.northcreek.example", "TXT")["status"] == "nxdomain"
    assert ask(server, "selector1._domainkey.northcreek.example", "TXT")["status"] == "nodata"


@pytest.mark.parametrize(("name", "status", "http"), [("broken.example", "servfail", 502), ("silent.example", "timeout", 504)])
def test_failure_and_silence_are_no_answer_unless_tolerated(server: Any, name: str, status: str, http: int) -> None:
    server.seen.clear()
    with pytest.raises(Unreachable, match=status):
        ask(server, name, "TXT")
    assert len(server.seen) >= 3
    found = ask(server, name, "TXT", tolerates=frozenset({502, 504}))
    assert (found["status"], found["http"], found["records"]) == (status, http, [])


def test_bad_names_and_types(server: Any) -> None:
    with pytest.raises(Unrecognised):
        ask(server, f"{'x' * 64}.example", "TXT")
    with pytest.raises(CatalogueError):
        ask(server, "northcreek.example", "AXFR")


def test_policy_files(server: Any) -> None:
    text = "version: STSv1\nmode: enforce\nmx: *.mail.protection.outlook.com\nmax_age: 604800\n"
    simulated = {"graph_base_url": "https://localhost:1", "dns_base_url": "https://localhost:1/sts"}
    assert ask(server, "northcreek.example", "MTA-STS", lambda _: httpx.Response(200, text=text), **simulated)["records"] == [text]
    assert ask(server, "northcreek.example", "MTA-STS", lambda _: httpx.Response(404), **simulated)["status"] == "absent"
    assert (
        ask(server, "northcreek.example", "MTA-STS", lambda _: httpx.Response(302, headers={"location": "https://x.example"}), **simulated)["status"]
        == "unreadable"
    )
    assert ask(server, "northcreek.example", "MTA-STS", lambda _: httpx.Response(200, text="x" * 70_000), **simulated)["status"] == "unreadable"


def test_a_policy_on_a_private_address_is_not_fetched(server: Any) -> None:
    def reply(_: httpx.Request) -> httpx.Response:
        raise AssertionError("the scanner's own network was asked")

    assert ask(server, "northcreek.example", "MTA-STS", reply)["status"] == "unreadable"


def test_no_token_goes_into_the_public(server: Any) -> None:
    seen = []

    def reply(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(404)

    ask(server, "northcreek.example", "MTA-STS", reply, graph_base_url="https://localhost:1", dns_base_url="https://localhost:1/sts")
    assert "authorization" not in seen[0].headers
