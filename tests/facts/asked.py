"""The requests of every fact, with readings from the facts' own samples where a request depends on another fact."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from scanners import catalogue
from scanners.model import Ask, Door, Fact
from scanners.reading import read_as
from scanners.statements import choose

AT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
KNOWN = catalogue.load()
GRAPH = [f for f in KNOWN.facts.values() if f.door is Door.GRAPH]


MICROSOFT_GRAPH = {"id": "99999999-0000-4000-8000-000000000001", "appId": "00000003-0000-0000-c000-000000000000"}


def sampled(fact: Fact) -> Any:
    """The reading of a fact's sample; every tenant has Microsoft Graph among its service principals."""
    if fact.statement is not None:
        return choose(fact, [fact.sample], AT)
    sample = [*fact.sample, {**fact.sample[0], **MICROSOFT_GRAPH}] if fact.id == "service_principals" else fact.sample
    return read_as(fact.reading, fact.shape(sample) if fact.shape else sample)


def asks_of(fact: Fact) -> list[Ask]:
    """All requests of a fact, those for a tenant without licence included."""
    readings = {name: sampled(KNOWN.facts[name]) for name in fact.after} | {"at": AT}
    found = list(fact.asks(readings) if callable(fact.asks) else fact.asks)
    return [*found, *(ask.instead for ask in found if ask.instead is not None)]


def all_asks() -> Iterator[tuple[Fact, Ask]]:
    """Every request of the catalogue, with its fact."""
    for fact in KNOWN.facts.values():
        if fact.door not in (Door.STATEMENT, Door.RECORDS):
            yield from ((fact, ask) for ask in asks_of(fact))
