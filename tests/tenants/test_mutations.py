"""Nothing passes for lack of a value: every property of what sample tenants answered removed, every text replaced by one that nobody has seen.

The stored pages are changed and read again as a run would read them; the controls that rest on the fact are judged. The laws are those of
tests/catalogue/test_mutations.py: no new pass, and a pass survives a fault only where no value would have changed it. Long lists are sampled, by a seed.
"""

import dataclasses
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scanners import judging
from scanners.errors import Undecided
from scanners.model import Control, Door, Outcome, Page, Verdict
from tests.catalogue.worlds import Fault, Touched, at, broken, faults, put, texts, worlds, written_as
from tests.controls.looking_at import KNOWN

from .seen import Seen

TENANTS = ("clinic-well-run", "hospital", "clinic")
ROWS = 5  # of each list
SEED = 20261124
FACTS = sorted(f.id for f in KNOWN.facts.values() if f.door not in (Door.STATEMENT, Door.RECORDS) and any(f.id in c.needs for c in KNOWN.controls.values()))


class Answered:
    """One fact of one tenant: its pages, and the controls that read it."""

    def __init__(self, seen: Seen, fact: str) -> None:
        self.seen, self.fact, self.pages = seen, KNOWN.facts[fact], seen.pages(fact)
        self.reading = seen.readings.get(fact)
        self.controls = [c for c in KNOWN.controls.values() if fact in c.needs]
        self.said = {c.id: seen.verdict(c).outcome for c in self.controls}

    def faults(self) -> Iterator[tuple[int, Fault]]:
        """Page number and fault."""
        chance = random.Random(f"{SEED}{self.fact.id}")
        numbers = range(len(self.pages)) if len(self.pages) <= ROWS else sorted(chance.sample(range(len(self.pages)), ROWS))
        for number in numbers:
            for fault in faults(self.pages[number].body, items=ROWS, chance=chance):
                if not any(str(step).startswith("@odata.") and str(step) != "@odata.type" for step in fault.path):
                    yield number, fault

    def read(self, number: int, body: Any) -> Any:
        """The reading with another body of one page; Undecided where it cannot be read any more."""
        pages = [dataclasses.replace(page, body=body) if at_ == number else _copy(page) for at_, page in enumerate(self.pages)]
        try:
            return judging.read_pages(self.fact, pages)
        except Undecided as doubt:
            return doubt

    def verdict(self, control: Control, reading: Any) -> Verdict:
        return self.seen.verdict(control, **{self.fact.id: reading})


def _copy(page: Page) -> Page:
    """Facts may change the rows that they are handed."""
    return dataclasses.replace(page, body=put(page.body, (), page.body))


@pytest.mark.parametrize("fact", FACTS)
@pytest.mark.parametrize("name", TENANTS)
def test_no_answer_with_a_fault_in_it_makes_a_pass(tenant: Callable[[str], Seen], monkeypatch: pytest.MonkeyPatch, name: str, fact: str) -> None:
    answered, touched = Answered(tenant(name), fact), Touched(monkeypatch)
    for number, fault in answered.faults():
        body = answered.pages[number].body
        reading = answered.read(number, broken(body, fault))
        if isinstance(reading, Undecided):
            continue  # required: unknown; optional: judged without, as the examples of the controls say
        differs = answered.fact.read is not None and fault.removed and reading != answered.reading
        for control in answered.controls:
            touched.met.clear()
            verdict = answered.verdict(control, reading)
            if verdict.outcome is not Outcome.PASS:
                continue
            met = bool(touched.met) or differs
            if answered.said[control.id] is not Outcome.PASS:
                assert not met, f"{fact}{fault} turned {answered.said[control.id]} into a pass of {control.id}: {verdict.because}"
            elif met:
                _no_value_would_change_it(answered, control, number, fault, touched)


def _no_value_would_change_it(answered: Answered, control: Control, number: int, fault: Fault, touched: Touched) -> None:
    body, hints = answered.pages[number].body, touched.hints(fault)
    known = {page.about or str(at_): page.body for at_, page in enumerate(answered.pages[:3])}
    for value, world in worlds(body, fault, hints or (written_as(at(body, fault.of)),), texts(known, str(fault.of[-1]))):
        reading = answered.read(number, world)
        if isinstance(reading, Undecided):
            continue
        other = answered.verdict(control, reading)
        assert other.outcome not in (Outcome.FAIL, Outcome.UNKNOWN), (
            f"{answered.fact.id}{fault} still passes {control.id}, but with {value!r} it is {other.outcome}: {other.because}"
        )
