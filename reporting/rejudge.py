"""Evidence judged again: does the stored evidence still give the stored outcomes, and if not, why.

The one module of reporting that imports engine and catalogue. It reads a run from the store or from a package, and judges with the catalogue that is
installed; where that is another one than the run's, a difference may come from the rule, from the parameters or from how a fact is read.
"""

import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

from reporting.formats import ndjson
from reporting.records import Statement, canonical, sha256
from reporting.storage import Storage
from reporting.storage.evidence import member
from scanners import catalogue
from scanners.engine import Judged, Operator, judge
from scanners.exceptions import accepter
from scanners.holding import Holding, Kept
from scanners.model import Control
from scanners.reading import Json
from scanners.result import EvidenceRef, Result

Cause = Literal["rule", "parameters", "reading", "evidence", "control is gone"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One control that is judged otherwise now."""

    control: str
    stored: str
    now: str
    because: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class Stored:
    """A run to be judged again."""

    run: str
    catalogue_sha256: str
    results: tuple[Result, ...]
    evidence: Kept
    statements: list[Json]
    decisions: list[Json]
    parameters: Mapping[str, Mapping[str, Any]]


def statement_reference(records: Iterable[Json], chosen: Any) -> EvidenceRef:
    """The evidence behind a statement: its record, at the place that it has in the package."""
    record = Statement.model_validate(next(r for r in records if r["id"] == chosen.id))
    return EvidenceRef(
        fact=f"statement_{record.type}",
        path=f"statements/{record.id}.json",
        sha256=sha256(canonical(record.to_json())),
        collected_at=record.submitted_at,
        interface="statement",
    )


def again(stored: Stored) -> tuple[dict[str, Judged], tuple[Difference, ...]]:
    """Every control of the run judged again, and what differs from what is stored."""
    known, judged, differences = catalogue.load(), {}, []
    for result in sorted(stored.results, key=lambda each: each.control):
        control = known.controls.get(result.control)
        if control is None:
            differences.append(Difference(result.control, result.outcome.value, "", "this catalogue has no such control", "control is gone"))
            continue
        judged[control.id] = judge_one(stored, control, result.judged_at)
        now = judged[control.id].result
        if result.outcome != "error" and _said(now) != _said(result):
            cause = _cause(result, now, same_catalogue=stored.catalogue_sha256 == known.sha256)
            differences.append(Difference(control.id, result.outcome.value, now.outcome.value, now.because, cause))
    return judged, tuple(differences)


def judge_one(stored: Stored, control: Control, at: datetime) -> Judged:
    """One control, judged from the stored evidence."""
    holding = Holding(catalogue.load().facts, stored.evidence, stored.statements, at, partial(statement_reference, stored.statements))
    held = {name: holding.of(name) for name in control.needs}
    chosen = {
        name: value for name, value in stored.parameters.get(control.id, {}).items() if name in control.parameters
    }  # a later rule may have others
    return judge(control, held, at, stored.run, Operator({control.id: chosen}), accepter(stored.decisions, at, stored.statements))


def _said(result: Result) -> tuple[Any, ...]:
    return (result.outcome, result.reason, result.because, result.affected, result.truncated)


def _cause(before: Result, now: Result, *, same_catalogue: bool) -> Cause:
    if before.parameters != now.parameters:
        return "parameters"
    if before.rule_sha256 != now.rule_sha256:
        return "rule"
    return "evidence" if same_catalogue else "reading"


def from_store(storage: Storage, run: str) -> Stored:
    """A run of the evidence account. Raises StorageError when there is none, or when it was never planned."""
    plan, declared = storage.runs.plan(run), storage.declare(run)
    return Stored(
        run,
        storage.runs.get(run).catalogue_sha256,
        storage.results.of(run),
        storage.evidence(run),
        declared["statements"],
        declared["decisions"],
        plan.parameters,
    )


class PackageEvidence:
    """The evidence inside a package."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = frozenset(archive.namelist())

    def custody_bytes(self, fact: str) -> bytes | None:
        """The custody record as packaged, or None."""
        name = f"evidence/{fact}/custody.json"
        return self._archive.read(name) if name in self._names else None

    def page(self, blob: str) -> bytes:
        """A page, by the blob path that custody names."""
        return self._archive.read(member(blob))


def from_package(archive: zipfile.ZipFile) -> Stored:
    """The run inside a package whose members were verified before."""
    attestation = json.loads(archive.read("attestation.json"))
    results = ndjson.read(archive.read("results.ndjson"))
    said = [json.loads(archive.read(n)) for n in archive.namelist() if n.startswith("statements/") and n.endswith(".json")]
    parameters = {result.control: dict(result.parameters) for result in results}
    decisions = json.loads(archive.read("exceptions.json"))
    return Stored(
        attestation["run"], attestation["scanner"]["catalogue_sha256"], tuple(results), PackageEvidence(archive), said, decisions, parameters
    )


def judge_package(path: Path) -> tuple[bool, str]:
    """For verify.py: whether the evidence gives the stored outcomes, and what to say about it."""
    with zipfile.ZipFile(path) as archive:
        stored = from_package(archive)
        own = catalogue.load().sha256
        if stored.catalogue_sha256 != own:
            return True, (
                f"the evidence was not judged again: it was judged with catalogue {stored.catalogue_sha256[:16]}, and {own[:16]} is installed here"
            )
        judged, differences = again(stored)
    if differences:
        first = differences[0]
        return False, f"{len(differences)} controls come out otherwise; {first.control} was {first.stored} and is {first.now}: {first.because}"
    return True, f"the evidence of {len(judged)} controls was judged again, with the same outcomes"
