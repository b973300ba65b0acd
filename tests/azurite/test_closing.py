"""Closing a run: gaps become errors, the chain grows by one, and doing it twice, late or at the same time changes nothing."""

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from reporting import assembly, closing
from reporting.attestation import BEGINNING, opened
from reporting.formats import ndjson
from reporting.signing import DevSigner, Signer
from reporting.storage import Storage
from scanners.errors import ScannerError, SigningError, StorageError
from tests.reporting import sample


def ready(storage: Storage, day: int = 0, **more: Any) -> str:
    sample.begin(storage, day)
    sample.collect(storage, day)
    sample.judge(storage, day, **more)
    return sample.run_id(day)


def close(storage: Storage, run: str, signer: Signer, day: int = 0, minutes: float = 10) -> dict[str, Any]:
    return closing.close(storage, run, sample.CATALOGUE, signer, lambda: sample.at(day, minutes))


def blobs(storage: Storage) -> dict[str, bytes]:
    return {blob.path: storage.blobs.get(blob.path) for blob in storage.blobs.listed("attestations/")}


def test_a_closed_run_is_signed_completed_and_served(storage: Storage, signer: DevSigner) -> None:
    summary = sample.whole(storage, signer)
    run = storage.runs.get(sample.run_id())
    assert (run.status, run.sequence, storage.runs.latest()) == ("completed", 1, run.id)
    assert summary == json.loads(storage.attestations.get(run.id, "attestation.json"))
    assert summary["counts"] == {
        "pass": 2, "fail": 1, "accepted": 1, "not_applicable": 1, "unknown": 1, "attestation_due": 1, "error": 0, "total": 7,
    }  # fmt: skip
    assert summary["complete"] is False
    assert summary["is_risk_analysis"] is False


def test_the_package_holds_evidence_byte_for_byte(storage: Storage, signer: DevSigner) -> None:
    sample.whole(storage, signer)
    zipped = zipfile.ZipFile(io.BytesIO(storage.attestations.get(sample.run_id(), "package.zip")))
    assert zipped.namelist() == sorted(zipped.namelist())
    for number in (1, 2, 3):
        stored = storage.evidence(sample.run_id()).page(f"evidence/{sample.run_id()}/users/{number:05d}.json")
        assert zipped.read(f"evidence/users/{number:05d}.json") == stored


def test_missing_results_become_errors_and_a_late_one_loses(storage: Storage, signer: DevSigner) -> None:
    run = ready(storage, leave_out=("audit_log_is_on", "staff_are_trained"))
    summary = close(storage, run, signer)
    assert summary["counts"]["error"] == 2
    assert summary["counts"]["total"] == 7
    assert storage.results.insert(sample.result("audit_log_is_on", "pass")) is False
    (kept,) = (r for r in ndjson.read(storage.attestations.get(run, "results.ndjson")) if r.control == "audit_log_is_on")
    assert (kept.outcome.value, kept.reason, kept.severity.value) == ("error", "missing", "critical")


def test_a_control_that_the_catalogue_no_longer_knows_still_gets_its_row(storage: Storage, signer: DevSigner) -> None:
    sample.begin(storage)
    plan = storage.runs.plan(sample.run_id())
    closing.insert_missing(storage, plan.model_copy(update={"controls": ("gone_since",)}), sample.CATALOGUE, sample.at())
    (kept,) = storage.results.of(sample.run_id())
    assert (kept.control, kept.outcome.value) == ("gone_since", "error")


def test_closing_twice_gives_the_same_bytes(storage: Storage, signer: DevSigner) -> None:
    run = ready(storage)
    first = close(storage, run, signer)
    before = blobs(storage)
    assert close(storage, run, signer, minutes=60) == first
    assert blobs(storage) == before


STEPS = ["put_key", "put_link", "put", "put_history", "advance", "update"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_close_that_dies_is_completed_by_the_next(
    storage: Storage, signer: DevSigner, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    sample.whole(storage, signer, -1)
    run = ready(storage)
    owner: Any = {"put_history": storage.results, "advance": storage.runs, "update": storage.runs}.get(step, storage.attestations)
    real = getattr(owner, step)

    def dies(*given: Any, **named: Any) -> Any:
        if when == "after":
            real(*given, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(owner, step, dies)
    with pytest.raises(KeyboardInterrupt):
        close(storage, run, signer)
    monkeypatch.setattr(owner, step, real)
    assert not (storage.runs.latest() == run and storage.attestations.find(run, "package.zip") is None)
    late = close(storage, run, signer, minutes=90)
    assert [link.run for link in storage.attestations.links()] == [sample.run_id(-1), run]
    assert (late["signature"]["sequence"], storage.runs.latest(), storage.runs.get(run).status) == (2, run, "completed")
    signed = opened(storage.attestations.link(2))
    zipped = zipfile.ZipFile(io.BytesIO(storage.attestations.get(run, "package.zip")))
    assert {each["name"] for each in signed["subject"]} <= set(zipped.namelist())


def test_two_that_close_one_run_at_once_agree(storage: Storage, signer: DevSigner) -> None:
    run = ready(storage)
    with ThreadPoolExecutor(3) as pool:
        summaries = list(pool.map(lambda n: close(storage, run, signer, minutes=10 + n), range(3)))
    assert summaries[0] == summaries[1] == summaries[2]
    assert len(storage.attestations.links()) == 1


def test_runs_that_close_at_once_take_different_places(storage: Storage, signer: DevSigner) -> None:
    runs = [ready(storage, day) for day in range(3)]
    with ThreadPoolExecutor(3) as pool:
        summaries = list(pool.map(lambda day: close(storage, runs[day], signer, day), range(3)))
    assert sorted(each["signature"]["sequence"] for each in summaries) == [1, 2, 3]
    latest = max(summaries, key=lambda each: each["signature"]["sequence"])
    assert storage.runs.latest() == latest["run"]


class Broken(DevSigner):
    """A key that refuses."""

    def sign(self, message: bytes) -> bytes:
        raise SigningError("signing: Key Vault answered 403")


def test_a_run_that_cannot_be_signed_is_failed_and_the_last_attestation_stays(storage: Storage, signer: DevSigner, tmp_path: Path) -> None:
    sample.whole(storage, signer, -1)
    run = ready(storage)
    with pytest.raises(SigningError):
        close(storage, run, Broken(tmp_path))
    failed = storage.runs.get(run)
    assert (failed.status, storage.runs.latest()) == ("failed", sample.run_id(-1))
    assert "403" in (failed.failure or "")
    assert storage.attestations.find(run, "package.zip") is None
    with pytest.raises(ScannerError, match="recorded as failed"):
        close(storage, run, signer)


def test_failed_runs_are_named_once_in_the_next_link(storage: Storage, signer: DevSigner) -> None:
    sample.whole(storage, signer, 0)
    sample.begin(storage, 1)
    closing.fail(storage, sample.run_id(1), "the budget of 4 h was used up", lambda: sample.at(1, 240))
    sample.whole(storage, signer, 2)
    sample.whole(storage, signer, 3)
    named = [[each["run"] for each in opened(storage.attestations.link(n))["predicate"]["failed_runs"]] for n in (1, 2, 3)]
    assert named == [[], [sample.run_id(1)], []]


def test_evidence_that_was_changed_in_the_store_is_never_signed(storage: Storage, signer: DevSigner) -> None:
    run = ready(storage)
    client = storage.blobs._service.get_blob_client("evidence", f"{run}/users/00002.json")
    client.upload_blob(b'{"value":[]}', overwrite=True)
    with pytest.raises(StorageError, match=r"users/00002\.json"):
        close(storage, run, signer)
    assert storage.attestations.links() == ()
    assert storage.runs.latest() is None


def test_nothing_is_signed_on_a_broken_chain(storage: Storage, signer: DevSigner) -> None:
    for day in range(3):
        sample.whole(storage, signer, day)
    storage.blobs._service.get_blob_client("attestations", "chain/000000002.json").delete_blob()
    run = ready(storage, 3)
    with pytest.raises(StorageError, match="link 2 of the chain"):
        close(storage, run, signer, 3)


def test_what_changed_and_the_life_of_a_finding(storage: Storage, signer: DevSigner) -> None:
    sample.whole(storage, signer, 0)
    fixed = sample.whole(storage, signer, 1, legacy_authentication_is_blocked="pass", devices_are_encrypted="pass", audit_log_is_on="unknown")
    assert fixed["changes"]["since_run"] == sample.run_id(0)
    assert fixed["changes"]["fixed"] == ["legacy_authentication_is_blocked"]
    assert fixed["changes"]["new_unknown"] == ["audit_log_is_on"]
    assert fixed["changes"]["readable_again"] == ["devices_are_encrypted"]
    again = sample.whole(storage, signer, 2)
    assert again["changes"]["new_fail"] == ["legacy_authentication_is_blocked"]
    lives = json.loads(storage.attestations.get(sample.run_id(2), "lifecycle.json"))
    life = lives["legacy_authentication_is_blocked"]
    assert (life["first_seen"], life["opened_at"], life["reopened"]) == ("2026-11-24T03:10:00Z", "2026-11-26T03:10:00Z", 1)


def test_the_zip_is_the_same_for_the_same_records(storage: Storage, signer: DevSigner) -> None:
    """The signature is the only thing that may differ, so with one envelope the bytes are equal."""
    run = ready(storage)
    close(storage, run, signer)
    envelope = storage.attestations.link(1)
    plan, kept = storage.runs.plan(run), storage.runs.get(run)

    def made() -> bytes:
        work = assembly.Work(storage, kept, plan, sample.CATALOGUE, assembly.decide(storage, kept, sample.at(5)))
        with assembly.Bundle(work) as bundle:
            bundle.prepare(BEGINNING, closing.signing_key(envelope))
            bundle.publish(envelope)
            bundle._file.seek(0)
            return bundle._file.read()

    assert made() == made() == storage.attestations.get(run, "package.zip")


class Rotated(DevSigner):
    """A key that knows the one before it, as a Key Vault key knows its versions."""

    def __init__(self, folder: Path, before: Signer) -> None:
        super().__init__(folder)
        self.before = before

    def predecessor(self, keyid: str) -> Signer | None:
        return self.before if keyid == self.before.keyid else None


def test_the_old_key_introduces_the_new_one(storage: Storage, signer: DevSigner, tmp_path: Path) -> None:
    from reporting import verify

    paths = {}
    newer = Rotated(tmp_path, signer)
    for day, key in ((0, signer), (1, newer), (2, newer)):
        sample.whole(storage, key, day)
        paths[day] = tmp_path / f"{day}.zip"
        paths[day].write_bytes(storage.attestations.get(sample.run_id(day), "package.zip"))
    assert [link.run for link in storage.attestations.links()] == [sample.run_id(0), "", sample.run_id(1), sample.run_id(2)]

    def verified(day: int, keyid: str, *more: str) -> bool:
        return verify.main([str(paths[day]), "--keyid", keyid, "--allow-dev-key", *more]) == 0

    (tmp_path / "old.pem").write_bytes(signer.public_pem)
    old = ["--key", str(tmp_path / "old.pem"), "--allow-dev-key"]
    assert verify.main([str(paths[1]), *old, "--previous", str(paths[0])]) == 0
    assert verify.main([str(paths[2]), *old]) == 0
    assert verified(2, newer.keyid, "--previous", str(paths[1]))
    assert not verified(0, newer.keyid)
    second = json.loads(storage.attestations.get(sample.run_id(1), "attestation.json"))
    assert (second["signature"]["sequence"], second["changes"]["since_run"]) == (3, sample.run_id(0))


def test_a_new_key_that_nobody_introduces_is_not_verified_under_the_old_one(storage: Storage, signer: DevSigner, tmp_path: Path) -> None:
    from reporting import verify

    sample.whole(storage, signer, 0)
    sample.whole(storage, DevSigner(tmp_path), 1)
    (tmp_path / "1.zip").write_bytes(storage.attestations.get(sample.run_id(1), "package.zip"))
    (tmp_path / "old.pem").write_bytes(signer.public_pem)
    assert verify.main([str(tmp_path / "1.zip"), "--key", str(tmp_path / "old.pem"), "--allow-dev-key"]) == 1


def test_half_a_character_from_the_tenant_stops_nothing(storage: Storage, signer: DevSigner) -> None:
    sample.begin(storage)
    sample.collect(storage)
    storage.results.insert(sample.result("audit_log_is_on", "fail", because="a\ud800b", observed={"n\ud800": ["\udfff"]}, affected=("\ud800",)))
    assert close(storage, sample.run_id(), signer)["counts"]["fail"] == 1
    assert "a\ufffdb" in {result.because for result in ndjson.read(storage.attestations.get(sample.run_id(), "results.ndjson"))}
