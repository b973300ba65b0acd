"""From the store to a package: everything about one run is gathered here, and what was made is kept."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from types import TracebackType
from typing import IO, Any, Self

from reporting import package
from reporting.attestation import Previous, Subject, chain, opened, signer_part
from reporting.changes import Life, changes, live
from reporting.coverage import counted
from reporting.formats import ndjson
from reporting.records import CatalogueInfo, Decision, Run, RunPlan, Statement, sha256
from reporting.report import EvidenceFile, FailedRun, Point, Report
from reporting.signing import Signer
from reporting.storage import Storage
from reporting.storage.evidence import RunEvidence, member
from reporting.summary import counts, summary
from scanners.errors import StorageError
from scanners.result import Result, rfc3339

GAPS = ("unknown", "error")
TREND = 30  # signed runs on the trend line
LOOK_BACK = timedelta(days=35)  # how far failed runs are looked for
SPOOL = 16 * 1024 * 1024
STATE = ("results.ndjson", "lifecycle.json")  # what the next run is compared with


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Whose signature the package announces."""

    keyid: str
    kind: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What closing a run decided once."""

    completed_at: datetime
    failed_runs: tuple[FailedRun, ...]
    statements: tuple[Statement, ...]
    decisions: tuple[Decision, ...]


def state(name: str, sequence: int) -> str:
    """Where a member is kept before its link is put, so that whoever finds the link finds it: under the place that it was made for."""
    stem, ending = name.split(".")
    return f"{stem}-{sequence:09d}.{ending}"


def decide(storage: Storage, run: Run, now: datetime) -> Decided:
    """Store, or read back, the time of closing, the runs that failed before it and the statements and exceptions in force."""
    proposed = {
        "completed_at": rfc3339(now),
        "failed_runs": [each.to_json() for each in _failed(storage, run)],
        **storage.declare(run.id),
    }
    kept = storage.runs.put_once(run.id, "closing", proposed)
    return Decided(
        datetime.fromisoformat(kept["completed_at"]),
        tuple(FailedRun(**each) for each in kept["failed_runs"]),
        tuple(Statement.model_validate(each) for each in kept["statements"]),
        tuple(Decision.model_validate(each) for each in kept["decisions"]),
    )


def _failed(storage: Storage, run: Run) -> Iterator[FailedRun]:
    for each in storage.runs.each():
        if each.started_at < run.started_at - LOOK_BACK:
            return
        if each.status == "failed" and each.started_at <= run.started_at:
            yield FailedRun(each.id, rfc3339(each.started_at), each.failure or "")


class Work:
    """One run on its way to a package."""

    def __init__(self, storage: Storage, run: Run, plan: RunPlan, catalogue: CatalogueInfo, decided: Decided) -> None:
        self.storage, self.run, self.plan, self.catalogue, self.decided = storage, run, plan, catalogue, decided
        self.found = storage.results.judged(run.id)
        self.results: tuple[Result, ...] = self.found
        self._links: dict[int, dict[str, Any]] = {}

    @property
    def evidence(self) -> RunEvidence:
        """The run's evidence."""
        return self.storage.evidence(self.run.id)

    @cached_property
    def custody(self) -> Mapping[str, bytes]:
        """Fact -> its custody record as stored."""
        found = {fact: self.evidence.custody_bytes(fact) for fact in self.evidence.facts()}
        return {fact: body for fact, body in found.items() if body is not None}

    @cached_property
    def files(self) -> tuple[EvidenceFile, ...]:
        """Every page that a custody record names, by member name."""
        found = [file for fact, body in self.custody.items() for file in _files(fact, json.loads(body))]
        return tuple(sorted(found, key=lambda file: file.name))

    def report(self, previous: Previous, key: SigningKey) -> Report:
        """The run as every format is given it, at its place of the chain."""
        before, known = self._state(previous)
        assert self.run.completed_at is not None
        lives = {r.control: live(_life(known.get(r.control)), r.outcome, self.run.completed_at) for r in self.found}
        self.results = tuple(r.model_copy(update={"first_seen": lives[r.control].first_seen, "since": lives[r.control].since}) for r in self.found)
        changed = changes(previous.run or None, before, self.results)
        whole = summary(self.run, self.plan, self.catalogue, self.results, changed, previous, key.keyid, key.kind)
        return Report(
            run=self.run,
            plan=self.plan,
            catalogue=self.catalogue,
            results=self.results,
            lives=lives | {control: Life.from_json(life) for control, life in known.items() if control not in lives},
            changes=changed,
            summary=whole,
            trend=tuple(self._trend(previous)),
            failed_runs=self.failed_runs(previous),
            statements=self.decided.statements,
            decisions=self.decided.decisions,
            evidence=self.files,
        )

    def _state(self, previous: Previous) -> tuple[tuple[Result, ...], dict[str, Any]]:
        """Results and lives as the run before signed them, checked against its envelope."""
        if not previous.run:
            return (), {}
        store, sequence = self.storage.attestations, previous.run_sequence
        signed = {each["name"]: each["digest"]["sha256"] for each in self.opened(sequence)["subject"]}
        kept = {name: store.get(previous.run, state(name, sequence)) for name in STATE}
        if any(sha256(body) != signed[name] for name, body in kept.items()):
            raise StorageError(f"the results kept of run {previous.run} are not those that were signed; nothing is compared with them")
        return ndjson.read(kept["results.ndjson"]), dict(json.loads(kept["lifecycle.json"]))

    def opened(self, sequence: int) -> dict[str, Any]:
        """The statement at a place of the chain, read once."""
        if sequence not in self._links:
            self._links[sequence] = opened(self.storage.attestations.link(sequence))
        return self._links[sequence]

    def _trend(self, previous: Previous) -> Iterator[Point]:
        """The last signed runs, oldest first, this one included."""
        first = max(1, previous.sequence + 2 - TREND)
        for sequence in range(first, previous.sequence + 1):
            predicate = self.opened(sequence)["predicate"]
            if "counts" in predicate:
                yield Point(predicate["run"]["id"], datetime.fromisoformat(predicate["run"]["completed_at"]), predicate["counts"])
        assert self.run.completed_at is not None
        yield Point(self.run.id, self.run.completed_at, counts(counted(self.results)))

    def failed_runs(self, previous: Previous) -> tuple[FailedRun, ...]:
        """Failed runs that no earlier link names."""
        if not self.decided.failed_runs:
            return ()
        oldest, named = min(each.started_at for each in self.decided.failed_runs), set()
        for sequence in range(previous.sequence, 0, -1):
            predicate = self.opened(sequence)["predicate"]
            if predicate.get("at", predicate["run"].get("completed_at", "")) < oldest:
                break
            named |= {each["run"] for each in predicate.get("failed_runs", ())}
        return tuple(each for each in self.decided.failed_runs if each.run not in named)

    def predicate(self, previous: Previous, signer: Signer) -> dict[str, Any]:
        """What is said, signed, of the members. Whole numbers and texts only, and nothing of the tenant but its id."""
        assert self.run.completed_at is not None
        return {
            "run": {
                "id": self.run.id,
                "trigger": self.run.trigger,
                "started_at": rfc3339(self.run.started_at),
                "completed_at": rfc3339(self.run.completed_at),
            },
            "tenant": {"id": self.plan.tenant.id},
            "scanner": {"name": self.catalogue.scanner, "version": self.run.scanner_version},
            "catalogue": {"sha256": self.run.catalogue_sha256},
            "counts": counts(counted(self.results)),
            "gaps": {name: sorted(r.control for r in counted(self.results) if r.outcome.value == name) for name in GAPS},
            "disabled": dict(sorted(self.plan.disabled.items())),
            "failed_runs": [each.to_json() for each in self.failed_runs(previous)],
            "chain": chain(previous),
            "signer": signer_part(signer),
            "is_risk_analysis": False,
        }


def _life(known: Any) -> Life | None:
    return None if known is None else Life.from_json(known)


def _files(fact: str, custody: Mapping[str, Any]) -> Iterator[EvidenceFile]:
    for page in custody.get("pages", ()):
        yield EvidenceFile(
            fact=fact,
            name=member(page["blob"]),
            blob=page["blob"],
            sha256=page["stored_sha256"],
            received_sha256=page["received_sha256"],
            size=page["size"],
            request=f"{page['method']} {page['path']}",
            status=page["status"],
            interface=page["interface"],
            collected_at=str(custody.get("collected_at", "")),
            request_id=page["request_id"],
            about=page["about"],
        )


class Bundle:
    """The zip under construction, in a temporary file. Evidence goes in first and once; the rest is made for a place of the chain."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=SPOOL)  # noqa: SIM115 - closed by __exit__
        self._zip = package.Zip(self._file)
        self._evidence: list[Subject] = []
        self._core: dict[str, bytes] = {}
        self._report: Report | None = None

    def __enter__(self) -> Self:
        try:
            pages = self._work.evidence.pages((file.blob, file.size) for file in self._work.files)
            self._evidence = list(package.evidence_subjects(self._zip, zip(self._work.files, pages, strict=True)))
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the temporary file."""
        self._zip.close()
        self._file.close()

    def prepare(self, previous: Previous, key: SigningKey) -> list[Subject]:
        """Make the members for this place of the chain; all subjects, by name."""
        self._report = self._work.report(previous, key)
        details = self._work.storage.runs.details(self._work.run.id)
        self._core = package.core(self._report, details)
        self._records = package.evidence_records(self._report, self._work.custody)
        made = [Subject(name, sha256(body)) for name, body in (self._core | self._records).items()]
        subjects = sorted([*self._evidence, *made], key=lambda each: each.name)
        package.refuse_foreign_evidence(self._work.found, subjects)
        return subjects

    def keep_state(self, sequence: int) -> None:
        """Keep what the run after this one is compared with. It depends on the place in the chain and on nothing else that may change."""
        for name in STATE:
            self._work.storage.attestations.put(self._work.run.id, state(name, sequence), self._core[name])

    def publish(self, envelope: bytes) -> dict[str, Any]:
        """Finish the zip around the envelope and keep all that was made of the run; the summary."""
        assert self._report is not None
        signed = {each["name"]: each["digest"]["sha256"] for each in opened(envelope)["subject"]}
        subjects = [*self._evidence, *(Subject(name, sha256(body)) for name, body in (self._core | self._records).items())]
        if signed != {each.name: each.sha256 for each in subjects}:
            raise StorageError("the members made now are not those that were signed before; the stored records of this run were changed")
        closing = package.closing_members(envelope, self._keys(), subjects)
        for name, body in sorted((self._core | self._records | closing).items()):
            self._zip.add(name, body)
        self._zip.close()
        self._keep(envelope, closing)
        return dict(self._report.summary)

    def _keys(self) -> dict[str, bytes]:
        """The key that signed, and every link in which an old key introduces a new one."""
        store = self._work.storage.attestations
        assert self._report is not None
        keyid = self._report.summary["signature"]["keyid"]
        found = {f"{keyid}.pem": store.key(keyid)}
        for link in store.links():
            if not link.run and link.sequence < self._report.summary["signature"]["sequence"]:
                found[f"rotation-{link.sequence:09d}.json"] = store.link(link.sequence)
        return found

    def _keep(self, envelope: bytes, closing: Mapping[str, bytes]) -> None:
        """Small things first: whoever finds the package finds all the rest."""
        store, run = self._work.storage.attestations, self._work.run.id
        store.put(run, "attestation.dsse.json", envelope)
        for name in ("attestation.json", "report.html", "results.ndjson", "lifecycle.json"):
            store.put(run, name, self._core[name])
        with tempfile.SpooledTemporaryFile(max_size=SPOOL) as part:
            zipped = package.Zip(part)
            for name, body in sorted((self._core | dict(closing)).items()):
                zipped.add(name, body)
            zipped.close()
            part.seek(0)
            store.put(run, "core.zip", part)
        self._file.seek(0)
        store.put(run, "package.zip", self._file)
