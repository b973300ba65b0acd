"""What the product tells rules of its own past: read from the chain, which nobody can change; the table only adds, and is not believed against it."""

from datetime import timedelta
from typing import Any

import pytest

from reporting import chain
from reporting.attestation import previous_of, rotation
from reporting.closing import fail
from reporting.records import sha256
from reporting.signing import DevSigner
from reporting.storage import Storage
from reporting.storage.runs import newest_first
from runs import own_records
from scanners.errors import StorageError, Unrecognised
from scanners.facts.run_history import RunHistory
from tests.reporting import sample
from tests.reporting.sample import at, run_id

TONIGHT = run_id(9)


def history(storage: Storage) -> dict[str, Any]:
    return own_records.run_history(storage, TONIGHT, at(9))


def tamper(storage: Storage, run: str, **columns: Any) -> None:
    """Change a row as the app's own identity could."""
    from azure.data.tables import UpdateMode

    table = storage.tables._service.get_table_client("Runs")
    table.update_entity({"PartitionKey": sample.TENANT.id, "RowKey": newest_first(run), **columns}, mode=UpdateMode.MERGE)


@pytest.fixture
def nights(storage: Storage, signer: DevSigner) -> Storage:
    """Three signed nights; one failed between the second and the third, and one is under way."""
    sample.whole(storage, signer, 0)
    sample.whole(storage, signer, 1)
    sample.begin(storage, 2)
    fail(storage, run_id(2), "nothing could be read", lambda: at(2, 5))
    sample.whole(storage, signer, 3)
    sample.begin(storage, 4)
    return storage


def test_the_history_is_what_was_signed_and_what_failed(nights: Storage) -> None:
    told = history(nights)
    envelopes = [sha256(nights.attestations.link(place)) for place in (1, 2, 3)]
    assert [(r["run_id"], r["status"], r["signed"], r["expected_controls"], r["results"]) for r in told["runs"]] == [
        (run_id(4), "running", False, 8, 0),
        (run_id(3), "completed", True, 8, 8),
        (run_id(2), "failed", False, 8, 0),
        (run_id(1), "completed", True, 8, 8),
        (run_id(0), "completed", True, 8, 8),
    ]
    assert [r["finished_at"] for r in told["runs"]] == [
        None,
        "2026-11-27T03:10:00Z",
        "2026-11-26T03:05:00Z",
        "2026-11-25T03:10:00Z",
        "2026-11-24T03:10:00Z",
    ]
    assert [r["envelope_sha256"] for r in told["runs"]] == [None, envelopes[2], None, envelopes[1], envelopes[0]]
    assert [r["previous_envelope_sha256"] for r in told["runs"]] == [None, envelopes[1], None, envelopes[0], None]
    assert told["chain"] == envelopes[::-1]
    reports = {sha256(nights.attestations.get(run_id(day), "report.html")) for day in (0, 1, 3)}
    assert reports < set(told["packages"])
    assert len(told["packages"]) == 4 * 3
    assert [each.run_id for each in RunHistory.read(told).runs] == [run_id(day) for day in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize(
    "columns",
    [
        {"CompletedAt": at(3, 11)},
        {"StartedAt": at(3, 1)},
        {"EnvelopeSha256": "d" * 64},
        {"Sequence": 2},
        {"Status": "failed"},
    ],
)
def test_a_row_that_contradicts_the_chain_is_said_and_not_believed(nights: Storage, columns: dict[str, Any]) -> None:
    tamper(nights, run_id(3), **columns)
    with pytest.raises(Unrecognised, match=run_id(3)) as refused:
        history(nights)
    assert "chain" in str(refused.value)
    assert "StorageTableLogs" in refused.value.remedy


@pytest.mark.parametrize("day", [2, 4])
def test_a_run_without_a_link_cannot_be_made_a_completed_one(nights: Storage, day: int) -> None:
    tamper(nights, run_id(day), Status="completed", CompletedAt=at(day, 9), Failure="")
    with pytest.raises(Unrecognised, match=run_id(day)):
        history(nights)


def test_a_row_that_is_no_record_is_said(nights: Storage) -> None:
    tamper(nights, run_id(3), Status="splendid")
    with pytest.raises(StorageError, match=run_id(3)):
        history(nights)


def test_rows_that_were_taken_away_hide_nothing_that_is_signed(nights: Storage) -> None:
    before = history(nights)["runs"]
    table = nights.tables._service.get_table_client("Runs")
    for day in (0, 1, 2, 3):
        table.delete_entity(sample.TENANT.id, newest_first(run_id(day)))
    told = history(nights)["runs"]
    unfinished = {**before[2], "finished_at": None}  # that it failed is signed, when it ended is not
    assert told == [before[0], before[1], unfinished, before[3], before[4]]


def test_a_failed_run_does_not_come_back_to_life(nights: Storage) -> None:
    tamper(nights, run_id(2), Status="running")
    assert history(nights)["runs"][2]["status"] == "failed"


def test_a_close_that_was_interrupted_after_the_link_is_a_signed_run(nights: Storage, signer: DevSigner) -> None:
    """Killed after the link was put: the summary was never kept, the row still says `running`."""
    from azure.data.tables import UpdateMode

    sample.whole(nights, signer, 5)
    for name in ("attestation.json", "results.ndjson", "lifecycle.json"):
        nights.blobs._service.get_blob_client("attestations", f"{run_id(5)}/{name}").delete_blob()
    row = nights.tables.get("Runs", sample.TENANT.id, newest_first(run_id(5)))
    assert row is not None
    row = {name: value for name, value in row.items() if name not in {"EnvelopeSha256", "Sequence", "CompletedAt"}}
    nights.tables._service.get_table_client("Runs").update_entity({**row, "Status": "running"}, mode=UpdateMode.REPLACE)
    newest = history(nights)["runs"][0]
    assert (newest["run_id"], newest["status"], newest["results"]) == (run_id(5), "completed", 8)
    assert {each["control_id"] for each in own_records.open_findings(nights)["findings"]} >= {"legacy_authentication_is_blocked", "staff_are_trained"}


def test_a_summary_that_is_not_the_signed_one_is_refused(nights: Storage) -> None:
    blob = nights.blobs._service.get_blob_client("attestations", f"{run_id(3)}/attestation.json")
    blob.upload_blob(blob.download_blob().readall() + b"\n", overwrite=True)
    with pytest.raises(StorageError, match="not what was signed"):
        history(nights)


def test_a_link_that_is_out_of_its_place_is_refused(nights: Storage) -> None:
    nights.attestations.put_link(4, run_id(3), nights.attestations.link(3))
    with pytest.raises(StorageError, match="link 4"):
        history(nights)


def test_a_broken_chain_shows(storage: Storage, signer: DevSigner) -> None:
    """What a rule compares: the digest that a link names, and the digest of the link before it."""
    sample.whole(storage, signer, 0)
    sample.whole(storage, signer, 1)
    blob = storage.blobs._service.get_blob_client("attestations", "chain/000000001.json")
    properties = blob.get_blob_properties()
    blob.upload_blob(blob.download_blob().readall().replace(b'"payloadType"', b' "payloadType"'), overwrite=True, metadata=properties.metadata)
    tamper(storage, run_id(0), EnvelopeSha256=sha256(storage.attestations.link(1)))
    newer, older = history(storage)["runs"]
    assert newer["previous_envelope_sha256"] != older["envelope_sha256"]


def test_a_change_of_keys_between_two_runs_breaks_nothing(storage: Storage, signer: DevSigner, tmp_path: Any) -> None:
    sample.whole(storage, signer, 0)
    link = rotation(previous_of(storage.attestations.link(1)), signer, DevSigner(tmp_path), "2026-11-24T04:00:00Z")
    storage.attestations.put_link(2, "", link)
    assert chain.latest(storage) == (run_id(0), 1)
    sample.whole(storage, DevSigner(tmp_path), 1)
    newer, older = history(storage)["runs"]
    assert newer["previous_envelope_sha256"] == older["envelope_sha256"]
    assert history(storage)["chain"] == [newer["envelope_sha256"], older["envelope_sha256"]]


def test_the_pointer_does_not_choose_the_findings(nights: Storage, signer: DevSigner) -> None:
    sample.whole(nights, signer, 5, legacy_authentication_is_blocked="pass")
    table = nights.tables._service.get_table_client("Runs")
    table.update_entity({"PartitionKey": "pointer", "RowKey": "latest", "Run": run_id(0), "Sequence": 1})
    assert "legacy_authentication_is_blocked" not in {each["control_id"] for each in own_records.open_findings(nights)["findings"]}


def test_old_runs_are_told_and_old_digests_are_not(nights: Storage) -> None:
    late = at(9) + timedelta(days=500)
    told = own_records.run_history(nights, TONIGHT, late)
    assert (len(told["runs"]), told["chain"], told["packages"]) == (5, [], [])


def test_before_the_first_run_there_is_nothing(storage: Storage) -> None:
    assert history(storage) == {"runs": [], "chain": [], "packages": []}
    assert own_records.open_findings(storage) == {"findings": []}
    assert chain.latest(storage) is None
