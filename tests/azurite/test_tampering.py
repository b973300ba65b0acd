"""Between collecting, judging and signing somebody may write to the account: what they change is noticed and never signed."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from reporting import closing, package, verify
from reporting.signing import DevSigner
from reporting.storage import Storage
from scanners.errors import StorageError
from tests.reporting import sample

RUN = sample.run_id()


def ready(storage: Storage, **more: Any) -> None:
    sample.begin(storage)
    sample.collect(storage)
    sample.judge(storage, **more)


def close(storage: Storage, signer: DevSigner) -> dict[str, Any]:
    return closing.close(storage, RUN, sample.CATALOGUE, signer, lambda: sample.at(0, 10))


def overwrite(storage: Storage, container: str, name: str, body: bytes) -> None:
    storage.blobs._service.get_blob_client(container, name).upload_blob(body, overwrite=True)


def change_row(storage: Storage, control: str, change: Callable[[dict[str, Any]], None]) -> None:
    table = storage.tables._service.get_table_client("Results")
    row = dict(table.get_entity(f"run_{RUN}", control))
    change(row)
    table.upsert_entity(row)


def better(row: dict[str, Any]) -> None:
    row["Outcome"], row["Json"] = "pass", json.dumps({**json.loads(row["Json"]), "outcome": "pass"})


def softer(row: dict[str, Any]) -> None:
    row["Json"] = json.dumps({**json.loads(row["Json"]), "because": "This is hardly open to anybody."})


def column_only(row: dict[str, Any]) -> None:
    row["Outcome"] = "pass"


@pytest.mark.parametrize("change", [better, softer, column_only])
def test_a_result_that_was_changed_after_it_was_judged_is_never_signed(
    storage: Storage, signer: DevSigner, change: Callable[[dict[str, Any]], None]
) -> None:
    ready(storage)
    change_row(storage, "legacy_authentication_is_blocked", change)
    with pytest.raises(StorageError, match="somebody changed it"):
        close(storage, signer)
    assert storage.attestations.links() == ()
    assert storage.runs.latest() is None


def test_a_result_that_nobody_judged_is_never_signed(storage: Storage, signer: DevSigner) -> None:
    ready(storage)
    table = storage.tables._service.get_table_client("Results")
    table.create_entity({**dict(table.get_entity(f"run_{RUN}", "audit_log_is_on")), "RowKey": "invented_control"})
    with pytest.raises(StorageError, match="somebody changed it"):
        close(storage, signer)


def test_a_row_that_was_removed_comes_back_as_it_was_judged(storage: Storage, signer: DevSigner) -> None:
    ready(storage)
    storage.tables._service.get_table_client("Results").delete_entity(f"run_{RUN}", "legacy_authentication_is_blocked")
    assert close(storage, signer)["counts"]["fail"] == 1
    assert str((storage.results.find(RUN, "legacy_authentication_is_blocked") or sample.result("audit_log_is_on")).outcome) == "fail"


def test_of_two_judgements_at_once_table_and_record_keep_the_same_one(storage: Storage) -> None:
    storage.ensure()
    both = [sample.result("audit_log_is_on", outcome) for outcome in ("pass", "fail", "unknown", "pass", "fail", "unknown")]
    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(storage.results.insert, both)) == 1
    assert storage.results.judged(RUN) == storage.results.of(RUN)


def test_a_judgement_whose_row_was_never_written_is_not_called_missing(storage: Storage, signer: DevSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    ready(storage, leave_out=("audit_log_is_on",))
    with monkeypatch.context() as dying:
        dying.setattr(storage.results._tables, "insert", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            storage.results.insert(sample.result("audit_log_is_on", "fail"))
    counts = close(storage, signer)["counts"]
    assert (counts["error"], counts["fail"]) == (0, 2)


def test_evidence_exchanged_together_with_its_custody_is_never_signed(storage: Storage, signer: DevSigner) -> None:
    """Custody and page agree with each other, but the results were judged from others."""
    ready(storage)
    body = b'{"value":[{"id":"a better tenant"}]}'
    custody = dict(storage.evidence(RUN).custody("users") or {})
    custody["pages"] = [{**page, "stored_sha256": package.sha256(body), "size": len(body)} for page in custody["pages"]]
    for page in custody["pages"]:
        overwrite(storage, "evidence", page["blob"].removeprefix("evidence/"), body)
    overwrite(storage, "evidence", f"{RUN}/users/custody.json", json.dumps(custody).encode())
    with pytest.raises(StorageError, match=r"judged from another evidence/users/00001\.json"):
        close(storage, signer)
    assert storage.attestations.links() == ()


def test_the_evidence_of_another_run_is_not_this_runs(storage: Storage) -> None:
    """A record put in front, so that looking would find the fact read already."""
    sample.collect(storage, -1)
    yesterday = storage.evidence(sample.run_id(-1)).custody_bytes("users") or b""
    overwrite(storage, "evidence", f"{RUN}/users/custody.json", yesterday)
    evidence = storage.evidence(RUN)
    for ask in (evidence.custody, evidence.custody_bytes, lambda fact: evidence.commit(fact, {})):
        with pytest.raises(StorageError, match="another run or fact"):
            ask("users")
    with pytest.raises(StorageError, match="not evidence of this run"):
        evidence.page(f"evidence/{sample.run_id(-1)}/users/00001.json")
    relabelled = {**json.loads(yesterday), "run": RUN}
    overwrite(storage, "evidence", f"{RUN}/users/custody.json", json.dumps(relabelled).encode())
    with pytest.raises(StorageError, match="another run or fact"):
        evidence.custody("users")


def test_a_run_that_was_signed_but_recorded_as_failed_is_completed_when_it_is_closed_again(
    storage: Storage, signer: DevSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(storage)
    with monkeypatch.context() as dying:
        dying.setattr(storage.results, "put_history", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            close(storage, signer)
    closing.fail(storage, RUN, "the run took longer than its budget", lambda: sample.at(0, 240))
    summary = close(storage, signer)
    run = storage.runs.get(RUN)
    assert (run.status, run.failure, storage.runs.latest(), summary["signature"]["sequence"]) == ("completed", None, RUN, 1)
    assert len(storage.attestations.links()) == 1


@pytest.mark.parametrize("what", ["result", "custody"])
def test_a_package_that_a_careless_signer_made_is_not_verified(
    storage: Storage, signer: DevSigner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    """The reader checks again what the signer should have checked: results belong to the evidence, evidence to the run."""
    sample.begin(storage)
    if what == "custody":
        sample.collect(storage, -1)
        stolen = json.loads(storage.evidence(sample.run_id(-1)).custody_bytes("users") or b"")
        overwrite(storage, "evidence", f"{RUN}/users/custody.json", json.dumps(stolen).encode())
        own = type(storage.evidence(RUN))
        monkeypatch.setattr(own, "_own", lambda *_: stolen)
        sample.judge(storage)
    else:
        sample.collect(storage)
        for name, outcome in sample.OUTCOMES.items():
            made = sample.result(name, outcome)
            other = made.evidence[0].model_copy(update={"sha256": "0" * 64})
            storage.results.insert(made.model_copy(update={"evidence": (other,)}))
        monkeypatch.setattr(package, "refuse_foreign_evidence", lambda *_: None)
    close(storage, signer)
    (tmp_path / "package.zip").write_bytes(storage.attestations.get(RUN, "package.zip"))
    (tmp_path / "key.pem").write_bytes(signer.public_pem)
    assert verify.main([str(tmp_path / "package.zip"), "--key", str(tmp_path / "key.pem"), "--allow-dev-key"]) == 1
    said = capsys.readouterr().out
    assert ("was judged from other evidence" if what == "result" else "is of another run or fact") in said
