"""What a simulated clinic answers to every fact, recorded once through the real doors, and played again with a change."""

import asyncio
import copy
import datetime as dt
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from local.tenant import SimulatedTenant
from scanners import catalogue, judging, looking
from scanners.doors import open_doors
from scanners.errors import Undecided
from scanners.model import Ask, Door, Fact, NothingToGovern, Readings
from scanners.planning import audit_slices, waves
from scanners.ports import Answer
from scanners.reading import Row, read_as
from tests.controls.looking_at import RUN, Memory, settings

KNOWN = catalogue.load()
FACTS = [f for f in KNOWN.facts.values() if f.door not in (Door.STATEMENT, Door.RECORDS)]
AT = dt.datetime(2026, 11, 24, 6, tzinfo=dt.UTC)
TENANT: dict[str, Any] = {
    "extends": "clinic",
    "skus": {"SPE_E5": 60},
    "purview": {
        "DlpCompliancePolicy": {"rows": {"Health": {"ExchangeLocation": ["All"]}}},
        "RetentionCompliancePolicy": {"rows": {"Mail": {"ExchangeLocation": ["All"]}}},
        "UnifiedAuditLogRetentionPolicy": {"rows": {"Long": {"RetentionDuration": "TenYears"}}},
    },
}
Change = Callable[[Any], Any]


@dataclass
class Recorder:
    """A door that notes what the door behind it answers, per question in order."""

    behind: Any
    notes: dict[str, list[list[Answer]]]

    async def pages(self, fact: Fact, ask: Ask, resume: str | None = None) -> AsyncIterator[Answer]:
        noted: list[Answer] = []
        self.notes.setdefault(fact.id, []).append(noted)
        async for answer in self.behind.pages(fact, ask, resume):
            noted.append(answer)
            yield answer


@dataclass
class Player:
    """A door that answers what was recorded; `change` is applied to the first page that is an answer."""

    notes: list[list[Answer]]
    change: Change
    asked: int = 0
    changed: bool = field(default=False)

    async def pages(self, fact: Fact, ask: Ask, resume: str | None = None) -> AsyncIterator[Answer]:
        pages = self.notes[self.asked] if self.asked < len(self.notes) else []
        self.asked += 1
        for page in pages:
            if not self.changed and page.status == 200:
                self.changed = True
                body = json.dumps(self.change(json.loads(page.body))).encode()
                yield replace(page, body=body)
            else:
                yield page


class Recorded:
    """Answers of every fact, and what was read of them."""

    def __init__(self, folder: Path) -> None:
        self.notes: dict[str, list[list[Answer]]] = {}
        self.readings: dict[str, Any] = {}
        with SimulatedTenant(TENANT, folder, pace=0.02) as tenant:
            asyncio.run(self._record(tenant))

    async def _record(self, tenant: SimulatedTenant) -> None:
        async with open_doors(settings(tenant)) as doors:
            me = await doors.principal()
            identity = {"object_id": me.object_id, "app_id": me.app_id, "tenant_id": me.tenant_id}
            self.readings["scanner_identity"] = read_as(KNOWN.facts["scanner_identity"].reading, identity)
            ports: dict[Door, Any] = {door: Recorder(doors[door], self.notes) for door in doors}
            for fact in (KNOWN.facts[name] for wave in waves([f.id for f in FACTS], KNOWN.facts) for lane in wave for name in lane):
                if audit_slices(fact):
                    self.notes[fact.id] = [[Answer(200, json.dumps(fact.sample).encode(), "", "GET", None, None, None, "v1.0", "supported")]]
                    self.readings[fact.id] = await _look(fact, {fact.door: Player(self.notes[fact.id], lambda body: body)}, self.readings, Memory())
                    continue
                evidence = Memory()
                self.readings[fact.id] = await _look(fact, ports, self.readings, evidence)

    def read(self, fact: Fact, change: Change) -> tuple[Any, Memory]:
        """The fact looked at with one page changed: the reading or the Undecided, and the evidence."""
        evidence, player = Memory(), Player(self.notes.get(fact.id, []), change)
        return asyncio.run(_look(fact, {fact.door: player}, self.readings, evidence)), evidence

    def first(self, fact: Fact) -> Any:
        """The first answer of a fact, to find what can be changed in it; None when there is none."""
        found = next((page for asked in self.notes.get(fact.id, []) for page in asked if page.status == 200), None)
        return None if found is None else json.loads(found.body)


async def _look(fact: Fact, doors: Mapping[Door, Any], readings: Readings, evidence: Memory) -> Any:
    snapshot = await looking.look(fact, RUN, doors, evidence, readings, lambda: AT)
    if snapshot.refused:
        return Refused(snapshot.because)
    return judging.readings_of(fact, snapshot, evidence.records[fact.id], evidence)


@dataclass(frozen=True)
class Refused:
    """The evidence was refused, so that nothing was read."""

    because: str


def is_honest(found: Any, whole: Any) -> bool:
    """Whether a reading of changed answers says nothing false: none at all, one with a fault where it was changed, or the same as before."""
    return isinstance(found, Undecided | Refused | NothingToGovern) or has_fault(found) or found == whole


def has_fault(value: Any) -> bool:
    """Whether some property of a reading is at fault."""
    if isinstance(value, Row):
        return bool(value.faults) or any(has_fault(getattr(value, name)) for name in type(value).__annotations__ if name not in value.faults)
    if isinstance(value, tuple | list):
        return any(map(has_fault, value))
    return any(map(has_fault, value.values())) if isinstance(value, dict) else False


def without(row: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A row with one property gone."""
    return {k: copy.deepcopy(v) for k, v in row.items() if k != key}
