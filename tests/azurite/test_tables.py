"""Runs, results, history: inserted once, changed against the ETag only, within the limits of the service."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import ServiceResponseError

from reporting.records import Decision, Statement
from reporting.storage import Storage, limits
from reporting.storage.runs import newest_first
from reporting.storage.tables import Tables
from scanners.errors import StorageError
from tests.reporting import sample


def test_runs_are_listed_newest_first_and_read_back_as_written(storage: Storage) -> None:
    runs = [sample.begin(storage, day) for day in range(4)]
    assert list(storage.runs.list()) == runs[::-1]
    assert storage.runs.get(runs[1].id) == runs[1]
    assert storage.runs.find(sample.run_id(9)) is None
    first, further = storage.runs.page(3)
    second, end = storage.runs.page(3, further)
    assert [*first, *second] == runs[::-1]
    assert end is None


def test_a_run_is_inserted_once(storage: Storage) -> None:
    run = sample.begin(storage)
    assert storage.runs.insert(run) is False


def test_a_store_belongs_to_one_tenant(storage: Storage) -> None:
    run = sample.begin(storage).model_copy(update={"tenant_id": "another"})
    with pytest.raises(StorageError, match="another tenant"):
        storage.runs.insert(run)


def test_a_run_that_ended_keeps_its_end(storage: Storage) -> None:
    run = sample.begin(storage)
    assert storage.runs.update(run.id, status="failed", failure="budget").status == "failed"
    assert storage.runs.update(run.id, status="completed").status == "failed"
    assert storage.runs.get(run.id).failure == "budget"


def test_of_many_that_end_a_run_one_wins(storage: Storage) -> None:
    run = sample.begin(storage)
    with ThreadPoolExecutor(6) as pool:
        ends = list(pool.map(lambda n: storage.runs.update(run.id, status="failed", failure=str(n)).failure, range(6)))
    assert len(set(ends)) == 1


def test_a_day_has_one_slot(storage: Storage) -> None:
    assert storage.runs.take_slot("20261124", "a") == "a"
    assert storage.runs.take_slot("20261124", "b") == "a"
    assert storage.runs.take_slot("20261124", "a") == "a"
    assert storage.runs.take_slot("20261125", "b") == "b"


def test_the_pointer_only_moves_forward(storage: Storage) -> None:
    assert storage.runs.latest() is None
    assert storage.runs.advance("b", 2) is True
    assert storage.runs.advance("a", 1) is False
    assert storage.runs.advance("b", 2) is False
    assert storage.runs.latest() == "b"


def test_the_pointer_ends_at_the_furthest_of_many_writers(storage: Storage) -> None:
    def move(n: int) -> None:
        while True:  # a writer who loses too often is told so and comes again, as an activity would
            try:
                storage.runs.advance(f"r{n}", n)
            except StorageError:
                continue
            return

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(move, range(1, 17)))
    assert storage.runs.latest() == "r16"


def test_the_first_plan_counts(storage: Storage) -> None:
    sample.begin(storage)
    plan = storage.runs.plan(sample.run_id())
    other = plan.model_copy(update={"controls": ("another",)})
    assert storage.runs.put_plan(other) == plan


def test_a_late_result_loses(storage: Storage) -> None:
    assert storage.results.insert(sample.result("audit_log_is_on", "fail")) is True
    assert storage.results.insert(sample.result("audit_log_is_on", "pass")) is False
    (kept,) = storage.results.of(sample.run_id())
    assert kept == sample.result("audit_log_is_on", "fail")
    assert storage.results.find(sample.run_id(), "guests_are_reviewed") is None


def test_results_have_flat_columns_for_logic_apps(storage: Storage) -> None:
    storage.results.insert(sample.result("devices_are_encrypted", "unknown"))
    (row,) = storage.tables.rows("Results", "PartitionKey eq @p and Outcome eq @o", p=f"run_{sample.run_id()}", o="unknown")
    assert (row["Severity"], row["Reason"], row["Citations"]) == ("high", "not_permitted", "164.312(a)(2)(iv); 164.310(d)(1)")
    assert row["JudgedAt"] == sample.at(0, 2)


def test_a_large_result_lies_in_a_blob_and_comes_back_whole(storage: Storage) -> None:
    large = sample.result("audit_log_is_on", "fail", observed={"names": ["\U0001f600" * 100] * 200}, because="x" * 5000)
    assert storage.results.insert(large)
    assert storage.results.of(sample.run_id()) == (large,)
    (row,) = storage.tables.rows("Results", "PartitionKey eq @p", p=f"run_{sample.run_id()}")
    assert "Json" not in row
    assert len(row["Because"]) == 2000


def test_many_results_are_inserted_around_those_that_are_there(storage: Storage) -> None:
    there = sample.result("audit_log_is_on", "fail")
    storage.results.insert(there)
    all_ = [sample.result(name, "pass") for name in sample.CONTROLS]
    storage.results.insert_all(all_)
    kept = {result.control: result.outcome.value for result in storage.results.of(sample.run_id())}
    assert kept == {name: "fail" if name == "audit_log_is_on" else "pass" for name in sample.CONTROLS}


def test_more_than_a_hundred_rows_take_more_than_one_transaction(storage: Storage) -> None:
    storage.tables.insert_all("AccessLog", [{"PartitionKey": "202611", "RowKey": f"{n:04d}", "N": n} for n in range(250)])
    assert [row["N"] for row in storage.tables.rows("AccessLog", "PartitionKey eq @p", p="202611")] == list(range(250))


def test_history_is_newest_first_and_written_twice_without_harm(storage: Storage) -> None:
    for day in (0, 1, 2, 1):
        storage.results.put_history([sample.result("audit_log_is_on", "fail" if day == 1 else "pass", day)], sample.at(day, 10))
    assert [row["Outcome"] for row in storage.results.history("audit_log_is_on")] == ["pass", "fail", "pass"]


def test_numbers_beyond_32_bits_and_times_keep_their_value(storage: Storage) -> None:
    storage.tables.insert("AccessLog", {"PartitionKey": "p", "RowKey": "r", "Size": 2**40, "At": sample.NIGHT, "None": None})
    row = storage.tables.get("AccessLog", "p", "r") or {}
    assert (row["Size"], row["At"], "None" in row) == (2**40, sample.NIGHT, False)


@pytest.mark.parametrize("name", ["a/b", "a\\b", "a#b", "a?b", "", "a\n", "a\x7f", "a\x85", "x" * 513])
def test_forbidden_keys_are_refused_not_changed(name: str) -> None:
    with pytest.raises(StorageError):
        limits.key(name)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"Text": "x" * 32769}, "characters"),
        ({"Text": "\U0001f600" * 16385}, "characters"),
        ({f"P{n}": n for n in range(253)}, "properties"),
        ({f"T{n}": "x" * 32000 for n in range(17)}, "bytes"),
    ],
)
def test_limits_that_the_emulator_lets_pass_are_kept(storage: Storage, row: dict[str, object], says: str) -> None:
    with pytest.raises(StorageError, match=says):
        storage.tables.insert("AccessLog", {"PartitionKey": "p", "RowKey": "r", **row})


def test_transactions_stay_below_four_mebibytes() -> None:
    rows = [{"PartitionKey": "p", "RowKey": str(n), **{f"T{m}": "x" * 30000 for m in range(8)}} for n in range(20)]
    batches = list(limits.batches(rows))
    assert [row for batch in batches for row in batch] == rows
    assert all(sum(limits.size(row) for row in batch) < 4 * 1024 * 1024 for batch in batches)
    with pytest.raises(StorageError, match="one partition"):
        list(limits.batches([{"PartitionKey": "a", "RowKey": "1"}, {"PartitionKey": "b", "RowKey": "1"}]))


def test_later_runs_have_smaller_keys() -> None:
    keys = [newest_first(sample.run_id(day)) for day in range(400)]
    assert keys == sorted(keys, reverse=True)


STATEMENT = {
    "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "type": "restore_test",
    "control_ids": ["restores_have_been_tested"],
    "statement": "I confirm that the restore test succeeded.",
    "attester": {"name": "A. Example", "title": "Head of IT", "role": "it_operations", "entra_object_id": "b1f0c5a2-2d53-4f1c-9b5e-1a0f6d3c7e21"},
    "submitted_by_kind": "cli",
    "submitted_by_object_id": None,
    "submitted_at": "2026-09-16T08:00:00Z",
    "effective_from": "2026-09-15",
    "expires_at": "2027-03-14",
    "contains_phi": False,
    "details": {"result": "passed"},
}


def test_a_statement_keeps_its_versions_and_the_newest_counts(storage: Storage) -> None:
    first = Statement.model_validate(STATEMENT)
    second = first.model_copy(update={"version": 2, "status": "withdrawn"})
    storage.statements.put(first)
    storage.statements.put(first)  # the same again is no harm
    storage.statements.put(second)
    assert storage.statements.versions(first.id) == (first, second)
    assert storage.statements.current() == storage.statements.current("restore_test") == (second,)
    assert storage.statements.current("training") == ()
    with pytest.raises(StorageError, match="another content"):
        storage.statements.put(first.model_copy(update={"statement": "Something else entirely."}))


def test_a_statement_without_the_phi_confirmation_is_refused() -> None:
    for bad in ({**STATEMENT, "contains_phi": True}, {k: v for k, v in STATEMENT.items() if k != "contains_phi"}):
        with pytest.raises(ValueError, match="contains_phi"):
            Statement.model_validate(bad)


def test_a_document_is_kept_under_its_digest(storage: Storage) -> None:
    path = storage.statements.put_document(str(STATEMENT["id"]), "b" * 64, "application/pdf", b"%PDF-")
    assert path == f"statements/{STATEMENT['id']}/documents/{'b' * 64}"
    assert b"".join(storage.statements.document(str(STATEMENT["id"]), "b" * 64)) == b"%PDF-"


def test_an_exception_keeps_its_versions(storage: Storage) -> None:
    first = Decision.model_validate(
        {
            "id": "e1",
            "control": "guests_are_reviewed",
            "kind": "documented_alternative",
            "owner": {"kind": "entra", "object_id": "o1"},
            "reason": "There are two guests.",
            "compensating_measure": "The office manager looks at them every Monday.",
            "created_at": "2026-11-01T08:00:00Z",
            "expires_at": date(2027, 5, 1),
        }
    )
    approved = first.model_copy(update={"version": 2, "status": "approved"})
    storage.exceptions.put(first)
    storage.exceptions.put(approved)
    assert storage.exceptions.current() == (approved,)
    assert storage.exceptions.versions("e1") == (first, approved)


class Unheard:
    """A table service that does what it is told, and whose answer is lost so many times."""

    def __init__(self, real: Any, lost: int, *, done: bool) -> None:
        self.real, self.lost, self.done = real, lost, done

    def get_table_client(self, name: str) -> Any:
        return SimpleNamespace(create_entity=partial(self.create, self.real.get_table_client(name)))

    def create(self, client: Any, row: dict[str, Any]) -> None:
        lost, self.lost = self.lost, self.lost - 1
        if lost <= 0 or self.done:
            client.create_entity(row)
        if lost > 0:
            raise ServiceResponseError("the connection was closed")


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("lost", [1, 2])
def test_an_insert_whose_answer_is_lost_is_made_once(storage: Storage, lost: int, done: bool) -> None:
    row = {"PartitionKey": "pointer", "RowKey": f"x{lost}{done}", "Run": "a"}
    assert Tables(Unheard(storage.tables._service, lost, done=done)).insert("Runs", row) is not done  # type: ignore[arg-type]
    assert (storage.tables.get("Runs", "pointer", row["RowKey"]) or {})["Run"] == "a"


def test_an_insert_that_is_never_answered_is_a_fault(storage: Storage) -> None:
    with pytest.raises(StorageError, match="could not be reached"):
        Tables(Unheard(storage.tables._service, 9, done=False)).insert("Runs", {"PartitionKey": "pointer", "RowKey": "y"})  # type: ignore[arg-type]
