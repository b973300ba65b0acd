"""Several hundred mail domains within one lane, also where resolvers are slow and some domains are dead.

Everything takes a tenth of what it takes in a tenant: a resolver that answers after 20 ms stands for one of 200 ms, 27 s for a lane's 270.
"""

import asyncio
import json
import random
import time
from datetime import UTC, datetime
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from scanners import asking, catalogue, judging, looking
from scanners.doors.dns import DnsDoor
from scanners.doors.pacing import LIMITS, Gates
from scanners.doors.transport import Line
from scanners.doors.waiting import RealTime
from scanners.errors import Unreachable
from scanners.model import Ask, Door, Fact, Throttle
from scanners.ports import Answer
from scanners.reading import read_as
from tests.controls.looking_at import RUN, Memory

TENTH = 0.1
LANE, ANSWER, LATENCY = 270 * TENTH, LIMITS[Throttle.DNS].answer * TENTH, 0.2 * TENTH
KNOWN = catalogue.load().facts


class Slow(asyncio.DatagramProtocol):
    """Answers each question after a while; says nothing about domains that are dead."""

    def __init__(self, dead: frozenset[str]) -> None:
        self.dead, self.open, self.most, self.seen = dead, 0, 0, list[str]()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text().rstrip(".").lower()
        self.seen.append(name)
        if any(name == each or name.endswith(f".{each}") for each in self.dead):
            return
        self.open += 1
        self.most = max(self.most, self.open)
        asyncio.get_running_loop().call_later(LATENCY, self._answer, query, question, name, addr)

    def _answer(self, query: Any, question: Any, name: str, addr: Any) -> None:
        self.open -= 1
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if question.rdtype.name == "MX" and name.startswith("d"):
            answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "MX", f"0 mx.{name}."))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self.transport.sendto(answer.to_wire(), addr)


async def _looked(domains: list[str], dead: frozenset[str]) -> tuple[dict[str, Any], Memory, Slow, float]:
    transport, slow = await asyncio.get_running_loop().create_datagram_endpoint(lambda: Slow(dead), local_addr=("127.0.0.1", 0))
    rows = [{**KNOWN["accepted_domains"].sample[0], "DomainName": each} for each in domains]
    readings: dict[str, Any] = {"accepted_domains": read_as(KNOWN["accepted_domains"].reading, rows)}
    evidence, clock, longest = Memory(), RealTime(), 0.0
    server = f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
    for name in ("dns_mail_hosts", "dns_mail_records"):
        began = time.monotonic()
        line = Line(http=None, gates=Gates(clock), time=clock, chance=random.random, until=began + LANE, answer_seconds=ANSWER)  # type: ignore[arg-type]
        snapshot = await looking.look(KNOWN[name], RUN, {Door.DNS: DnsDoor(line, (server,))}, evidence, readings, lambda: datetime.now(UTC))
        longest = max(longest, time.monotonic() - began)
        assert snapshot.read, snapshot.because
        readings[name] = judging.readings_of(KNOWN[name], snapshot, evidence.records[name], evidence)
    transport.close()
    return readings, evidence, slow, longest


def test_three_hundred_domains_are_read_well_within_a_lane_and_in_order() -> None:
    domains = [f"d{number:03}.example" for number in range(300)]
    readings, evidence, slow, longest = asyncio.run(_looked(domains, frozenset()))
    assert longest < LANE / 2
    assert 4 < slow.most <= LIMITS[Throttle.DNS].at_once == 16
    assert [row.domain for row in readings["dns_mail_records"]] == domains
    assert all(row.status.mx == "ok" for row in readings["dns_mail_records"])
    for name in ("dns_mail_hosts", "dns_mail_records"):
        kept = evidence.records[name]["pages"]
        asked = list(KNOWN[name].asks(readings))  # type: ignore[operator]
        assert [page["path"] for page in kept] == [f"{ask.method} {ask.path}" for ask in asked]
        assert [(page["number"], page["ask"]) for page in kept] == [(number, number) for number in range(len(asked))]
        assert all(json.loads(evidence.pages[page["blob"]])["name"] == ask.path for page, ask in zip(kept, asked, strict=True))


def test_dead_domains_are_unanswered_and_hold_up_no_other() -> None:
    dead = frozenset({"d000.example", "d001.example", "d030.example", "d059.example"})
    domains = [f"d{number:03}.example" for number in range(60)]
    readings, _, slow, longest = asyncio.run(_looked(domains, dead))
    assert longest < LANE / 2
    by_domain = {row.domain: row for row in readings["dns_mail_records"]}
    assert {name for name, row in by_domain.items() if row.status.mx == "timeout"} == dead
    assert {row.status.mx for name, row in by_domain.items() if name not in dead} == {"ok"}
    assert {row.domain for row in readings["dns_mail_hosts"] if not row.readable} == dead
    tries = LIMITS[Throttle.DNS].patience.attempts
    assert slow.seen.count("d030.example") == tries + 2, "all tries for its hosts, then one each for MX and TXT"


class Timed:
    """A door whose first answer comes last."""

    def __init__(self, broken: int | None = None) -> None:
        self.broken, self.begun = broken, list[str]()

    async def pages(self, fact: Fact, ask: Ask, resume: str | None = None) -> Any:
        self.begun.append(ask.path)
        await asyncio.sleep(0.05 if ask.path == "0" else 0.001)
        if ask.path == str(self.broken):
            raise Unreachable("nobody answered")
        yield Answer(200, b"{}", ask.path, "GET", None, None, None, "", "supported")


ASKS = tuple(Ask(path=str(number)) for number in range(12))


def _asked(door: Timed, ahead: int) -> Any:
    return asking.in_order(Fact(reading=None, id="many", asks=ASKS, ahead=ahead), ASKS, door, {}, None)


@pytest.mark.parametrize("ahead", [0, 1, 3, 50])
def test_answers_come_in_the_order_of_the_questions(ahead: int) -> None:
    async def seen() -> list[tuple[int, str]]:
        return [(number, answer.path) async for number, answer in _asked(Timed(), ahead)]

    assert asyncio.run(seen()) == [(number, str(number)) for number in range(12)]


def test_no_more_is_asked_ahead_than_the_fact_says() -> None:
    async def begun() -> int:
        door = Timed()
        answers = _asked(door, 3)
        await anext(answers)
        count = len(door.begun)
        await answers.aclose()
        return count

    assert asyncio.run(begun()) == 4


@pytest.mark.parametrize("ahead", [0, 5])
def test_one_question_that_cannot_be_answered_ends_the_fact_and_leaves_none_open(ahead: int) -> None:
    async def broken() -> tuple[Timed, int]:
        door = Timed(broken=2)
        with pytest.raises(Unreachable):
            [answer async for answer in _asked(door, ahead)]
        return door, len(asyncio.all_tasks()) - 1

    door, still = asyncio.run(broken())
    assert still == 0
    assert "11" not in door.begun
