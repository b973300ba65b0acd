"""`python -m local statements` against a real store: what a person types, and what comes back."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from local.azurite import Azurite
from local.statements import main, now
from tests.statements.sample import TYPES, draft

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
