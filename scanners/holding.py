"""What a run holds of a fact when a control is judged: during the run, and when its evidence is judged again, from the store or from a package."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from scanners.errors import Unreachable
from scanners.judging import Held, held_statement, readings_of
from scanners.looking import snapshot_of
from scanners.model import Door, Fact
from scanners.reading import Json
from scanners.result import EvidenceRef

Build = Callable[[], tuple[Any, int]]  # a reading, and the bytes of evidence behind it


class Kept(Protocol):
    """The evidence of one run, to be read."""

    def custody_bytes(self, fact: str) -> bytes | None:
        """The committed custody record as stored, or None when the fact was never read."""
        ...

    def page(self, blob: str) -> bytes:
        """The stored bytes of a page."""
        ...


@dataclass(frozen=True, slots=True)
class Holding:
    """Everything that a run holds. `reference` names the record that a statement was read from; `keep` caches readings."""

    facts: Mapping[str, Fact]
    evidence: Kept
    statements: list[Json]
    at: datetime
    reference: Callable[[Any], EvidenceRef]
    keep: Callable[[str, Build], Any] = lambda _, build: build()[0]

    def of(self, name: str) -> Held:
        """What is held of one fact, with the evidence behind it."""
        fact = self.facts[name]
        if fact.door is Door.STATEMENT:
            return held_statement(fact, self.statements, self.at, self.reference)
        body = self.evidence.custody_bytes(name)
        if body is None:
            return Held(reading=never_read(fact), evidence=None)
        snapshot = snapshot_of(json.loads(body))
        reference = EvidenceRef(
            fact=name,
            path=f"evidence/{name}/custody.json",
            sha256=hashlib.sha256(body).hexdigest(),
            collected_at=snapshot.collected_at or self.at,
            interface=snapshot.interface,
        )
        return Held(reading=self.reading(name), evidence=reference, refused=snapshot.refused)

    def reading(self, name: str) -> Any:
        """The reading of a fact, or the Undecided that says why there is none."""
        fact, body = self.facts[name], self.evidence.custody_bytes(name)
        if fact.door is Door.STATEMENT:  # asked for where a fact comes after a statement, such as the register of emergency accounts
            return self.of(name).reading
        if body is None:
            return never_read(fact)  # not kept: another attempt of the lane may still read it
        custody = json.loads(body)
        return self.keep(name, lambda: (readings_of(fact, snapshot_of(custody), custody, self.evidence), int(custody["counts"]["bytes"])))


def never_read(fact: Fact) -> Unreachable:
    """Why a fact without custody has no reading."""
    return Unreachable(f"{fact.id} was not read in this run; the function app's log says why")
