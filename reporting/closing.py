"""The end of a run: gaps become errors, then changes, package, signature, chain, history, pointer, status. May be executed twice or late.

(1) results that are missing are inserted as `error`; a late activity then loses, since rows are inserted and never replaced
(2) what the close itself decides (its time, which runs failed, which statements were in force) is stored once, so that a second execution agrees
(3) evidence is written into the zip and compared with what custody says of it
(4) the rest of the members is made for the next place of the chain, the statement signed, the link put; whoever finds the place taken tries the next
(5) what was made is kept under `attestations/{run}/`
(6) history of the controls, (7) the pointer, forward only, (8) the run is `completed`

Until (4) nothing is published. After it the run counts as signed, and a second execution only completes what is missing.
"""

import json
from typing import Any

from reporting import assembly
from reporting.attestation import BEGINNING, SCAN, Previous, opened, previous_of, rotation, seal, statement
from reporting.records import CatalogueInfo, Run, RunPlan, sha256
from reporting.signing import Signer
from reporting.storage import Storage
from scanners.errors import ScannerError, SigningError
from scanners.model import Control, Outcome
from scanners.ports import Clock
from scanners.result import Result, rfc3339

PLACES = 20  # links that other runs may put in front of this one while it closes


def close(storage: Storage, run_id: str, catalogue: CatalogueInfo, signer: Signer, clock: Clock) -> dict[str, Any]:
    """Close a run and return its attestation summary. Raises ScannerError when the run ended before, SigningError and StorageError.

    A run that cannot be signed is recorded as failed, and the pointer to the latest attestation stays.
    """
    run = storage.runs.get(run_id)
    if run.status == "failed" and storage.attestations.place_of(run_id) is None:  # with a link it is signed, and is completed
        raise ScannerError(f"run {run_id} was recorded as failed before it could be closed; nothing was signed")
    if run.status == "completed":
        storage.runs.advance(run_id, run.sequence or 0)
        return dict(json.loads(storage.attestations.get(run_id, "attestation.json")))
    plan = storage.runs.plan(run_id)
    insert_missing(storage, plan, catalogue, clock())
    decided = assembly.decide(storage, run, clock())
    work = assembly.Work(storage, run.model_copy(update={"completed_at": decided.completed_at}), plan, catalogue, decided)
    try:
        with assembly.Bundle(work) as bundle:
            envelope = _signed(work, bundle, signer)
            summary = bundle.publish(envelope)
    except SigningError as fault:
        fail(storage, run_id, f"signing: {fault}", clock)
        raise
    return _finish(work, envelope, summary)


def fail(storage: Storage, run_id: str, why: str, clock: Clock) -> Run:
    """Record that a run ended without a signed result; its evidence stays. A run that ended before keeps its end."""
    return storage.runs.update(run_id, status="failed", failure=why[:1000], completed_at=clock())


def insert_missing(storage: Storage, plan: RunPlan, catalogue: CatalogueInfo, at: Any) -> tuple[str, ...]:
    """Insert `error` for every expected control without a result; the ids."""
    missing = tuple(sorted(set(plan.controls) - set(storage.results.controls(plan.run))))
    storage.results.insert_all(_missing(control, catalogue.controls.get(control), plan.run, at) for control in missing)
    return missing


def _missing(control: str, known: Control | None, run: str, at: Any) -> Result:
    return Result(
        control=control,
        topic=known.topic if known else "unknown",
        title=known.title if known else control,
        citations=known.cites if known else (),
        severity=known.severity if known else "critical",  # type: ignore[arg-type] # pydantic makes it the enum
        designation=known.designation if known else "required",
        kind=known.kind if known else "configuration",  # type: ignore[arg-type]
        outcome=Outcome.ERROR,
        reason="missing",
        because="The run ended before this control was judged.",
        observed={},
        affected=(),
        truncated=0,
        remedy="Nothing needs to change in the tenant; the next run judges it again. If it stays so, report it to the maintainers of the scanner.",
        evidence=(),
        parameters={},
        looser_than_default=(),
        run=run,
        judged_at=at,
        rule_sha256=known.rule_sha256 if known else "",
    )


def _signed(work: assembly.Work, bundle: assembly.Bundle, signer: Signer) -> bytes:
    """The envelope of this run, at its place of the chain: the one that is there already, or a new one."""
    store = work.storage.attestations
    for _ in range(PLACES):
        links = store.links()
        mine = next((link.sequence for link in links if link.run == work.run.id), None)
        if mine is not None:
            envelope = store.link(mine)
            bundle.prepare(_before(work, mine), signing_key(envelope))
            return envelope
        previous = _before(work, len(links) + 1)
        store.put_key(signer.keyid, signer.public_pem)
        if previous.keyid not in {None, signer.keyid} and _introduce(work, previous, signer):
            continue
        subjects = bundle.prepare(previous, assembly.SigningKey(signer.keyid, signer.kind))
        bundle.keep_state(previous.sequence + 1)
        envelope = seal(statement(subjects, SCAN, work.predicate(previous, signer)), signer)
        if store.put_link(previous.sequence + 1, work.run.id, envelope):
            return envelope
    raise SigningError("other runs keep taking the next place of the chain of attestations; this run stays unsigned")


def signing_key(envelope: bytes) -> assembly.SigningKey:
    """Who signed an envelope of our own."""
    part = opened(envelope)["predicate"]["signer"]
    return assembly.SigningKey(part["keyid"], part["kind"])


def _before(work: assembly.Work, sequence: int) -> Previous:
    return previous_of(work.storage.attestations.link(sequence - 1)) if sequence > 1 else BEGINNING


def _introduce(work: assembly.Work, previous: Previous, signer: Signer) -> bool:
    """Put a link in which the old key introduces the new one. False when the old key can no longer sign; the change of keys then shows as such."""
    old = signer.predecessor(previous.keyid or "")
    if old is None:
        return False
    assert work.run.completed_at is not None
    link = rotation(previous, old, signer, rfc3339(work.run.completed_at))
    work.storage.attestations.put_link(previous.sequence + 1, "", link)
    return True


def _finish(work: assembly.Work, envelope: bytes, summary: dict[str, Any]) -> dict[str, Any]:
    """History, pointer, status. The link is in the chain, so the run is signed whatever was said of it in between."""
    sequence = int(summary["signature"]["sequence"])
    assert work.run.completed_at is not None
    work.storage.results.put_history(work.results, work.run.completed_at)
    work.storage.runs.advance(work.run.id, sequence)
    ended = {"status": "completed", "completed_at": work.run.completed_at, "sequence": sequence, "envelope_sha256": sha256(envelope), "failure": None}
    work.storage.runs.update(work.run.id, only_from=("running", "failed"), **ended)
    return summary
