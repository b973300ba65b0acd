"""Statements kept as files: the folder is the truth, a change is a new version, and nothing is put when any file is refused."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.statement_files import BY, Change, sync
from reporting.records import Statement
from reporting.stating import superseded
from scanners.errors import RecordRefused
from tests.statements.sample import AT, details, draft

REJECTED = {"by_object_id": "3a1b7f0e-3a8d-4d52-8e90-6a0d6d3b0404", "at": "2026-11-23T08:00:00Z", "result": "rejected"}


class Store:
    """The store's contract, in memory: a version is put once."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, int], Statement] = {}
        self.documents: dict[str, bytes] = {}

    def put(self, record: Statement) -> None:
        assert (record.id, record.version) not in self.records, "a version is put once"
        if record.document is not None and record.status == "active":
            assert record.document.sha256 in self.documents, "the document is put first"
        self.records[(record.id, record.version)] = record

    def put_document(self, statement: str, digest: str, media: str, body: bytes) -> str:
        self.documents[digest] = body
        return f"statements/{statement}/documents/{digest}"

    def current(self, kind: str | None = None) -> tuple[Statement, ...]:
        newest = {key: max(v for k, v in self.records if k == key) for key, _ in self.records}
        return tuple(self.records[item] for item in sorted(newest.items()) if kind in (None, self.records[item].type))


@pytest.fixture
def store() -> Store:
    return Store()


def write(folder: Path, name: str, **said: Any) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    body = draft(**said)
    path.write_text(json.dumps(body) if name.endswith(".json") else yaml.safe_dump(body))
    return path


def what(changes: tuple[Change, ...]) -> list[tuple[str, int]]:
    return [(change.what, change.record.version) for change in changes]


def test_a_file_is_added_kept_changed_and_taken_back(tmp_path: Path, store: Store) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7")
    path = write(tmp_path, "tests/restore.yaml", document="report.pdf")
    write(tmp_path, "scope.json", kind="plan_scope")
    assert what(sync(tmp_path, store, AT)) == [("added", 1), ("added", 1)]
    assert what(sync(tmp_path, store, AT + timedelta(days=1))) == [("unchanged", 1), ("unchanged", 1)]
    path.write_text(path.read_text().replace("hours_to_restore: 6", "hours_to_restore: 5"))
    assert what(sync(tmp_path, store, AT)) == [("unchanged", 1), ("changed", 2)]
    path.unlink()
    assert what(sync(tmp_path, store, AT)) == [("unchanged", 1), ("withdrawn", 3)]
    assert what(sync(tmp_path, store, AT)) == [("unchanged", 1)]
    write(tmp_path, "tests/restore.yaml", document="report.pdf")
    again = sync(tmp_path, store, AT)
    assert what(again) == [("unchanged", 1), ("added", 1)], "it may come back, as a statement of its own"
    assert what(sync(tmp_path, store, AT)) == [("unchanged", 1), ("unchanged", 1)]
    of_it = [(record.id == again[1].record.id, record.version, record.status) for record in store.records.values() if record.type == "restore_test"]
    assert of_it == [(False, 1, "active"), (False, 2, "active"), (False, 3, "withdrawn"), (True, 1, "active")]
    path.unlink()
    assert what(sync(tmp_path, store, AT)) == [("unchanged", 1), ("withdrawn", 2)]
    write(tmp_path, "tests/restore.yaml", document="report.pdf")
    third = sync(tmp_path, store, AT)[1].record.id
    assert third not in {record.id for record in store.records.values() if record.status == "withdrawn"}


def test_what_a_second_person_rejected_stays_rejected_until_a_second_person_says_otherwise(tmp_path: Path, store: Store) -> None:
    path = write(tmp_path, "scope.yaml", kind="plan_scope")
    (first,) = sync(tmp_path, store, AT)
    store.put(first.record.model_copy(update={"version": 2, "second_approval": REJECTED}))
    assert what(sync(tmp_path, store, AT)) == [("unchanged", 2)]
    write(tmp_path, "scope.yaml", kind="plan_scope", statement="The same once more, in other words, and nothing else.")
    (changed,) = sync(tmp_path, store, AT)
    assert (changed.what, changed.record.version, changed.record.second_approval) == ("changed", 3, REJECTED)
    path.unlink()
    write(tmp_path, "another.yaml", kind="plan_documents")
    sync(tmp_path, store, AT)
    write(tmp_path, "scope.yaml", kind="plan_scope")
    came_back = next(change for change in sync(tmp_path, store, AT) if change.what == "added")
    assert (came_back.record.version, came_back.record.state(AT.date())) == (1, "rejected"), "taking it back and saying it again undoes nothing"


def test_a_file_whose_place_another_statement_took_is_left_alone_until_it_changes(tmp_path: Path, store: Store) -> None:
    (tmp_path / "scope.pdf").write_bytes(b"%PDF-1.7")
    write(tmp_path, "scope.yaml", kind="plan_scope", document="scope.pdf")
    (first,) = sync(tmp_path, store, AT)
    store.put(superseded(first.record, BY, AT))
    assert what(sync(tmp_path, store, AT)) == [("unchanged", 2)]
    write(tmp_path, "scope.yaml", kind="plan_scope", document="scope.pdf", statement="There is more to say about where it is.")
    assert what(sync(tmp_path, store, AT)) == [("added", 1)]


def test_another_document_is_another_version(tmp_path: Path, store: Store) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7 first")
    write(tmp_path, "restore.yaml", document="report.pdf")
    sync(tmp_path, store, AT)
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7 second")
    assert what(sync(tmp_path, store, AT)) == [("changed", 2)]
    assert len(store.documents) == 2, "the first one is kept"


def test_one_bad_file_and_nothing_is_put(tmp_path: Path, store: Store) -> None:
    write(tmp_path, "good.yaml", kind="plan_scope")
    write(tmp_path, "bad.yaml", statement="no")
    (tmp_path / "list.yaml").write_text("- 1\n- 2\n")
    (tmp_path / "broken.yml").write_text("a: [")
    write(tmp_path, "strange.yaml", type="of_a_new_kind")
    with pytest.raises(RecordRefused) as refusal:
        sync(tmp_path, store, AT)
    files = {field.split(":")[0] for field in refusal.value.problems}
    assert files == {"bad.yaml", "list.yaml", "broken.yml", "strange.yaml"}
    assert not store.records
    assert not store.documents


@pytest.mark.parametrize("document", ["../secret.pdf", "/etc/hostname", "not-there.pdf", "program.exe", "export.json", "list.csv"])
def test_documents_come_from_the_folder_and_are_of_a_kind_that_is_taken(tmp_path: Path, store: Store, document: str) -> None:
    (tmp_path / "secret.pdf").write_bytes(b"%PDF-1.7")
    folder = tmp_path / "statements"
    write(folder, "restore.yaml", document=document)
    (folder / "program.exe").write_bytes(b"MZ")
    (folder / "list.csv").write_text("a,b")
    with pytest.raises(RecordRefused, match="document"):
        sync(folder, store, AT)
    assert not store.records


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, store: Store) -> None:
    (tmp_path / "secret.pdf").write_bytes(b"%PDF-1.7")
    folder = tmp_path / "statements"
    write(folder, "restore.yaml", document="link.pdf")
    (folder / "link.pdf").symlink_to(tmp_path / "secret.pdf")
    with pytest.raises(RecordRefused, match="outside"):
        sync(folder, store, AT)


def test_an_empty_folder_does_not_take_everything_back(tmp_path: Path, store: Store) -> None:
    write(tmp_path / "right", "scope.yaml", kind="plan_scope")
    sync(tmp_path / "right", store, AT)
    (tmp_path / "wrong").mkdir()
    with pytest.raises(RecordRefused, match="right folder"):
        sync(tmp_path / "wrong", store, AT)


def test_what_was_recorded_by_hand_is_not_the_folders(tmp_path: Path, store: Store) -> None:
    by_hand = Statement.model_validate(
        {
            **draft("plan_scope"),
            "id": "01b50aef-a2fb-460b-bebb-552a3f2ab9c3",
            "control_ids": [],
            "submitted_by_kind": "cli",
            "submitted_by_object_id": None,
            "submitted_at": AT,
            "expires_at": "2027-01-01",
            "details": details("plan_scope"),
        }
    )
    store.put(by_hand)
    write(tmp_path, "restore.yaml")
    assert what(sync(tmp_path, store, AT)) == [("added", 1)]
    assert by_hand in store.current()
