"""`python -m local statements` against a real store: what a person types, and what comes back."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.azurite import Azurite
from local.host.store import Store
from local.statements import main, now
from reporting.storage import Storage
from tests.statements.sample import OTHER, TYPES, draft

Say = Callable[..., tuple[int, str]]
TENANT = "99999999-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def connection() -> Iterator[str]:
    with Azurite() as azurite:
        yield azurite.connection_string


@pytest.fixture
def say(connection: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run the command; exit code and what it printed."""
    monkeypatch.setenv("EVIDENCE_STORAGE", connection)

    def run(*words: object) -> tuple[int, str]:
        code = main([*map(str, words), "--data", str(tmp_path / "store"), "--tenant-id", TENANT])
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    return run


def test_from_a_form_to_the_list_and_back(say: Say, tmp_path: Path) -> None:
    file = tmp_path / "restore.yaml"
    file.write_text(yaml.safe_dump(draft(effective_from=now().date().isoformat())))
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7")
    code, said = say("add", file)
    assert code == 0
    assert "does not count until its document" in said
    code, said = say("add", file, "--document", tmp_path / "report.pdf")
    assert code == 0
    identity = said.split()[0]
    code, said = say("list", "--type", "restore_test", "--json")
    found = json.loads(said)
    assert code == 0
    assert identity in {record["id"] for record in found["statements"]}
    assert "restore_test" not in found["due"]
    assert say("add", file, "--document", tmp_path / "report.pdf", "--replaces", identity)[0] == 0
    assert say("withdraw", identity)[0] == 0
    code, said = say("show", identity)
    assert [record["version"] for record in json.loads(said)] == [1, 2, 3]
    assert [record["status"] for record in json.loads(said)] == ["active", "active", "withdrawn"]
    assert say("withdraw", identity)[0] == 2, "it is withdrawn already"
    code, said = say("add", file, "--replaces", identity)
    assert code == 2, "what has ended has no next version"
    assert "withdrawn" in said
    assert [record["version"] for record in json.loads(say("show", identity)[1])] == [1, 2, 3]


def test_how_statements_stand_reads_as_it_does_elsewhere(say: Say, connection: str, tmp_path: Path) -> None:
    today, store = now().date(), Storage.connect(connection, TENANT).statements
    ids = {}
    for state, first in {
        "active": 0,
        "upcoming": 9,
        "expired": -400,
        "rejected": 0,
        "superseded": 0,
        "withdrawn": 0,
        "rejected and expired": -400,
    }.items():
        file = tmp_path / "scope.yaml"
        file.write_text(yaml.safe_dump(draft("plan_scope", effective_from=(today + timedelta(days=first)).isoformat())))
        ids[state] = say("add", file)[1].split()[0]
    changes: dict[str, dict[str, Any]] = {
        "rejected": {"second_approval": {"by_object_id": OTHER, "at": "2026-11-24T08:00:00Z", "result": "rejected"}},
        "rejected and expired": {"second_approval": {"by_object_id": OTHER, "at": "2026-11-24T08:00:00Z", "result": "rejected"}},
        "superseded": {"status": "superseded"},
    }
    for state, changed in changes.items():
        store.put(store.versions(ids[state])[-1].model_copy(update={"version": 2, **changed}))
    assert say("withdraw", ids["withdrawn"])[0] == 0
    lines = {line.split()[1]: line for line in say("list", "--type", "plan_scope")[1].splitlines() if line.startswith("plan_scope")}
    records = {record["id"]: record for record in json.loads(say("list", "--type", "plan_scope", "--json")[1])["statements"]}
    for state, identity in ids.items():
        word = state.split()[0]
        assert lines[identity].split()[3] == word
        assert ("days left" in lines[identity]) == (word in ("active", "upcoming"))
        assert (records[identity]["state"], records[identity]["expired"]) == (word, "expired" in state)


def test_a_folder_that_a_host_works_in_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("EVIDENCE_STORAGE", raising=False)
    data = tmp_path / "data"
    (data / "host").mkdir(parents=True)
    at_work = Store(data / "host" / "taskhub.sqlite")
    try:
        assert main(["list", "--data", str(data), "--tenant-id", TENANT]) == 2
        assert "at work in" in capsys.readouterr().err
        assert not (data / "store").exists(), "no second emulator was started on it"
    finally:
        at_work.close()
    assert main(["list", "--data", str(data), "--tenant-id", TENANT]) == 0


def test_what_is_due_is_listed(say: Say) -> None:
    code, said = say("list")
    assert code == 0
    assert "due: baa_microsoft" in said


def test_what_is_not_there(say: Say, tmp_path: Path) -> None:
    assert say("show", "nobody")[0] == 1
    assert say("withdraw", "nobody")[0] == 1
    file = tmp_path / "restore.yaml"
    file.write_text(yaml.safe_dump(draft(effective_from=now().date().isoformat())))
    assert say("add", file, "--replaces", "nobody")[0] == 1
    assert say("add", tmp_path / "nothing.yaml")[0] == 2
    assert say("list", "--type", "horoscope")[0] == 2
    assert say("sync", tmp_path / "nowhere")[0] == 2


def test_a_refusal_names_the_fields(say: Say, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(yaml.safe_dump(draft(contains_phi=True, statement="yes")))
    code, said = say("add", file)
    assert code == 2
    assert "contains_phi" in said
    assert "statement" in said


def test_a_folder_belongs_to_one_tenant(say: Say, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert say("list")[0] == 0
    assert main(["list", "--data", str(tmp_path / "store"), "--tenant-id", "11111111-0000-4000-8000-000000000001"]) == 2
    assert "holds the evidence of tenant" in capsys.readouterr().err
    assert main(["list", "--data", str(tmp_path / "new")]) == 2


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_an_empty_form_is_refused_until_it_is_filled_in(kind: str, say: Say, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["form", kind]) == 0
    text = capsys.readouterr().out
    file = tmp_path / "form.yaml"
    file.write_text(text)
    assert say("add", file)[0] == 2
    blank = yaml.safe_load(text)
    filled = {**draft(kind), "details": blank["details"]}
    file.write_text(yaml.safe_dump(filled))
    code, said = say("add", file)
    assert code == 2, f"the dots of the form were taken as an answer: {said}"


def test_the_form_without_a_name_lists_every_type(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["form"]) == 0
    said = capsys.readouterr().out
    assert all(kind in said for kind in TYPES)
    assert main(["form", "horoscope"]) == 2
