"""Looking: what cannot be asked is unknown and costs no other fact, a lost page is noticed, and nothing grows without limit."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from scanners import looking
from scanners.errors import Reason
from scanners.model import Ask, Door, Fact, NothingToGovern, Snapshot
from scanners.ports import Answer
from scanners.reading import Row
from tests.controls.looking_at import RUN, Memory


class Numbered(Row):
    """One row."""

    id: str


class Script:
    """A door that answers each ask with numbered pages, and keeps what it was asked."""

    def __init__(self, pages: int, size: int = 0) -> None:
        self.pages_of_each, self.size, self.asked = pages, size, list[tuple[str, str | None]]()

    async def pages(self, fact: Fact, ask: Ask, resume: str | None = None) -> AsyncIterator[Answer]:
        self.asked.append((ask.path, resume))
        for number in range(int(resume or 0), self.pages_of_each):
            link = None if number + 1 == self.pages_of_each else str(number + 1)
            body = b'{"value":[{"id":"%s-%d%s"}]}' % (ask.path.encode(), number, b"x" * self.size)
            yield Answer(200, body, ask.path, "GET", link, None, None, "v1.0", "supported")
            if ask.most_pages and number + 1 >= ask.most_pages:
                return


FACT = Fact(reading=tuple[Numbered, ...], id="numbered", asks=(Ask(path="a"), Ask(path="b")))


def look(fact: Fact, door: Script, evidence: Memory, readings: dict[str, Any] | None = None) -> Snapshot:
    return asyncio.run(looking.look(fact, RUN, {Door.GRAPH: door}, evidence, readings or {}, lambda: datetime(2026, 11, 24, 3, tzinfo=UTC)))


def rows(evidence: Memory) -> list[str]:
    return [evidence.pages[page["blob"]].decode() for page in evidence.records["numbered"]["pages"]]


def test_after_a_workload_that_the_tenant_does_not_have_it_is_unknown() -> None:
    fact = dataclasses.replace(FACT, after=("mailboxes",), asks=lambda readings: [Ask(path=each) for each in readings["mailboxes"]])
    seen = look(fact, Script(1), Memory(), {"mailboxes": NothingToGovern("the tenant has no Exchange Online")})
    assert (seen.read, seen.reason) == (False, Reason.NOT_LICENSED)


@pytest.mark.parametrize("earlier", [None, 7, {}, {"value": 3}])
def test_asks_that_cannot_be_made_are_unknown_and_not_a_crash_of_the_lane(earlier: Any) -> None:
    fact = dataclasses.replace(FACT, asks=lambda readings: [Ask(path=each["id"]) for each in readings["users"]["value"]])
    seen = look(fact, Script(1), Memory(), {"users": earlier})
    assert (seen.read, seen.reason) == (False, Reason.UNRECOGNISED)


def test_a_second_look_continues_after_the_last_page() -> None:
    whole, evidence = Memory(), Memory()
    assert look(FACT, Script(3), whole).read
    evidence.steps["numbered"], evidence.pages = whole.steps["numbered"][:2], dict(whole.pages)
    door = Script(3)
    assert look(FACT, door, evidence).read
    assert door.asked == [("a", "2"), ("b", None)]
    assert rows(evidence) == rows(whole)


def test_a_lost_first_page_starts_another_attempt() -> None:
    whole, evidence = Memory(), Memory()
    look(FACT, Script(3), whole)
    evidence.steps["numbered"], evidence.pages = whole.steps["numbered"][1:3], dict(whole.pages)
    door = Script(3)
    assert look(FACT, door, evidence).read
    assert door.asked == [("a", None), ("b", None)]
    assert evidence.records["numbered"]["attempt"] == 2
    assert rows(evidence) == rows(whole)


def test_where_enough_was_read_the_second_look_does_not_read_on() -> None:
    fact = dataclasses.replace(FACT, asks=(Ask(path="a", most_pages=2), Ask(path="b")))
    whole, evidence = Memory(), Memory()
    look(fact, Script(5), whole)
    evidence.steps["numbered"], evidence.pages = whole.steps["numbered"][:2], dict(whole.pages)
    door = Script(5)
    look(fact, door, evidence)
    assert door.asked == [("b", None)]
    assert rows(evidence) == rows(whole)


def test_more_than_can_be_judged_is_unknown_and_reading_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "MOST_BYTES", 10_000)
    evidence, door = Memory(), Script(3000, size=1000)
    seen = look(FACT, door, evidence)
    assert (seen.read, seen.reason, seen.pages) == (False, Reason.UNRECOGNISED, ())
    assert len(evidence.pages) < 12
    assert seen.remedy == looking.TOO_MUCH
