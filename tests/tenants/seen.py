"""A sample tenant as one run sees it: every fact that a control of the catalogue reads, through the real doors, with evidence in memory."""

import asyncio
import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from local.tenant import SimulatedTenant
from scanners import judging
from scanners.facts.open_findings import OpenFindings
from scanners.facts.run_history import RunHistory
from scanners.looking import pages_of
from scanners.model import Control, Door, Page, Verdict
from scanners.planning import needed_facts
from scanners.statements import choose
from tests.controls.looking_at import KNOWN, Memory, read

from .statements import file_of

CHAIN = (KNOWN.facts["statement_evaluation_signoff"].sample["details"]["envelope_sha256"],)  # what was signed before


class Seen:
    """What was read of a tenant, and what its people said."""

    def __init__(self, name: str, folder: Path, more: bool = False) -> None:
        with SimulatedTenant(name, folder, pace=0.05) as tenant:
            self.name, self.at, self.evidence = name, dt.datetime.now(dt.UTC), Memory()
            own = tenant.world.statements()
            self.statements: list[Mapping[str, Any]] = file_of(own, tenant.world.tenant["id"], self.at.date()) if more else [*own]
            self.told = self.stated(self.statements)
            facts = needed_facts(KNOWN.controls.values(), KNOWN.facts)
            self.readings = asyncio.run(read(tenant, facts, self.evidence, self.told))
        self.readings |= {"run_history": RunHistory(runs=(), chain=CHAIN, packages=()), "open_findings": OpenFindings(findings=())}

    def stated(self, records: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """What each statement fact reads as, when these records are on file."""
        return {fact.id: choose(fact, records, self.at) for fact in KNOWN.facts.values() if fact.door is Door.STATEMENT}

    def pages(self, fact: str) -> tuple[Page, ...]:
        """The stored pages of a fact; none where it could not be read."""
        custody = self.evidence.records.get(fact)
        return tuple(pages_of(custody, self.evidence)) if custody is not None else ()

    def verdict(self, control: Control, **changed: Any) -> Verdict:
        """What the control says of the tenant, with some readings changed."""
        return judging.verdict_of(control, {**self.readings, **changed}, self.at, control.defaults)
