"""Nothing passes for lack of a value: every property of what sample tenants answered removed, every text replaced by one that nobody has seen.

The stored pages are changed and read again as a run would read them; the controls that rest on the fact are judged. The laws are those of
tests/catalogue/test_mutations.py: what failed or was unknown does not pass, and a pass with a fault in it stands only where no value would have changed it.
Long lists are sampled, by a seed.
"""

import dataclasses
import itertools
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scanners import judging
from scanners.errors import Undecided
from scanners.model import Control, Door, Outcome, Verdict
from tests.catalogue.worlds import MOST_TEXTS, Fault, Touched, at, broken, faults, texts, worlds, written_as
from tests.controls.looking_at import KNOWN

from .seen import Seen

ROWS = {"clinic-well-run": 4, "clinic": 2, "hospital": 2}  # looked at of each list
SEED = 20261124
FACTS = sorted(
    f.id for f in KNOWN.facts.values() if f.door not in (Door.STATEMENT, Door.RECORDS) and any(f.id in c.needs for c in KNOWN.controls.values())
)


class Answered:
    """One fact of one tenant: its pages, and the controls that read it."""

    def __init__(self, seen: Seen, fact: str) -> None:
        self.seen, self.fact, self.pages, self.rows = seen, KNOWN.facts[fact], seen.pages(fact), ROWS[seen.name]
        self.reading = seen.readings.get(fact)
        self._texts: dict[str, tuple[str, ...]] = {}
        self.controls = [c for c in KNOWN.controls.values() if fact in c.needs]
        self.said = {c.id: seen.verdict(c).outcome for c in self.controls}

    def faults(self) -> Iterator[tuple[int, Fault]]:
        """Page number and fault."""
        chance = random.Random(f"{SEED}{self.fact.id}")
        numbers = range(len(self.pages)) if len(self.pages) <= self.rows else sorted(chance.sample(range(len(self.pages)), self.rows))
        for number in numbers:
            for fault in faults(self.pages[number].body, items=self.rows, chance=chance):
                if not any(str(step).startswith("@odata.") and str(step) != "@odata.type" for step in fault.path):
                    yield number, fault

    def read(self, number: int, body: Any) -> Any:
        """The reading with another body of one page; Undecided where it cannot be read any more."""
        pages = (dataclasses.replace(page, body=_copy(body if at_ == number else page.body)) for at_, page in enumerate(self.pages))
        try:
            return judging.read_pages(self.fact, pages)
        except Undecided as doubt:
            return doubt

    def texts(self, name: str) -> tuple[str, ...]:
        """Texts that properties of this name have in the first pages."""
        if name not in self._texts:
            bodies = {str(number): page.body for number, page in enumerate(self.pages[:3])}
            self._texts[name] = tuple(itertools.islice(texts(bodies, name), MOST_TEXTS))
        return self._texts[name]

    def verdict(self, control: Control, reading: Any) -> Verdict:
        return self.seen.verdict(control, **{self.fact.id: reading})


def _copy(body: Any) -> Any:
    """A fact may change the rows that it is handed."""
    return json.loads(json.dumps(body))


@pytest.mark.parametrize("fact", FACTS)
@pytest.mark.parametrize("name", ROWS)
def test_no_answer_with_a_fault_in_it_makes_a_pass(tenant: Callable[[str], Seen], monkeypatch: pytest.MonkeyPatch, name: str, fact: str) -> None:
    answered, touched = Answered(tenant(name), fact), Touched(monkeypatch)
    for number, fault in answered.faults():
        body = answered.pages[number].body
        reading = answered.read(number, broken(body, fault))
        if isinstance(reading, Undecided):
            continue  # required: unknown; optional: judged without, as the examples of the controls say
        others: dict[str, Any] = {}
        differs = answered.fact.read is not None and fault.removed and reading != answered.reading
        for control in answered.controls:
            touched.met.clear()
            verdict = answered.verdict(control, reading)
            if verdict.outcome is not Outcome.PASS:
                continue
            met = bool(touched.met) or differs
            if answered.said[control.id] in (Outcome.FAIL, Outcome.UNKNOWN, Outcome.ATTESTATION_DUE):
                assert not met, f"{fact}{fault} turned {answered.said[control.id]} into a pass of {control.id}: {verdict.because}"
            elif met:
                _no_value_would_change_it(answered, control, number, fault, touched, others)


def _no_value_would_change_it(answered: Answered, control: Control, number: int, fault: Fault, touched: Touched, others: dict[str, Any]) -> None:
    """`others`: readings of other values, kept for the next control."""
    body, hints = answered.pages[number].body, touched.hints(fault)
    for value, world in worlds(body, fault, hints or (written_as(at(body, fault.of)),), answered.texts(str(fault.of[-1]))):
        key = repr(value)
        if key not in others:
            others[key] = answered.read(number, world)
        reading = others[key]
        if isinstance(reading, Undecided):
            continue
        other = answered.verdict(control, reading)
        assert other.outcome not in (Outcome.FAIL, Outcome.UNKNOWN), (
            f"{answered.fact.id}{fault} still passes {control.id}, but with {value!r} it is {other.outcome}: {other.because}"
        )
