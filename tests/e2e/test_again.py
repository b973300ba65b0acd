"""Stored evidence judged again: the same outcomes; with another parameter or a changed reading, the difference and its cause; with a patch, a simulation."""

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reporting.rejudge import again, from_package, from_store, judge_package
from reporting.what_if import PatchError, parsed, what_if
from tests.e2e.rig import Rig, rig


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rig, str, Path]]:
    with rig(tmp_path_factory.mktemp("again")) as held:
        ended = held.scan()
        assert ended.completed, ended.failure
        package = held.folder.path / "package.zip"
        package.write_bytes(held.call(f"/v1/runs/{ended.run}/package")[2])
        yield held, ended.run, package


def test_a_stored_run_comes_out_the_same(day: tuple[Rig, str, Path]) -> None:
    held, run, _ = day
    judged, differences = again(from_store(held.storage, run))
    assert differences == ()
    assert len(judged) == len(held.storage.results.of(run)) > 50


def test_a_package_comes_out_the_same_and_verify_says_so(day: tuple[Rig, str, Path]) -> None:
    _, _, package = day
    same, said = judge_package(package)
    assert same
    assert "judged again, with the same outcomes" in said


def test_another_parameter_is_named_as_the_cause(day: tuple[Rig, str, Path]) -> None:
    held, run, _ = day
    stored = from_store(held.storage, run)
    changed = replace(stored, parameters={"global_administrators_are_few": {"maximum": 8}})
    _, differences = again(changed)
    assert [(d.control, d.stored, d.now, d.cause) for d in differences] == [("global_administrators_are_few", "fail", "pass", "parameters")]


def test_a_package_with_changed_evidence_comes_out_otherwise(day: tuple[Rig, str, Path]) -> None:
    _, _, package = day
    with zipfile.ZipFile(package) as archive:
        stored = from_package(archive)
        changes = parsed([{"fact": "authorization_policy", "set": {"allowInvitesFrom": "none"}}])
        moved = what_if(stored, changes)
    assert "only_named_roles_invite_guests" in {m.control for m in moved}


def test_what_if_shows_what_a_setting_would_change_and_stores_nothing(day: tuple[Rig, str, Path]) -> None:
    held, run, _ = day
    before = held.storage.runs.list()
    moved = {
        m.control: (m.before, m.after)
        for m in what_if(from_store(held.storage, run), parsed([{"fact": "security_defaults", "set": {"isEnabled": True}}]))
    }
    assert moved["legacy_authentication_is_blocked"] == ("fail", "pass")
    assert held.storage.runs.list() == before
    assert again(from_store(held.storage, run))[1] == ()


@pytest.mark.parametrize(
    ("patch", "says"),
    [
        ([], "list of changes"),
        ([{"fact": "security_defaults"}], "exactly one"),
        ([{"fact": "security_defaults", "set": {}, "color": 1}], "color"),
        ([{"fact": "no_such_fact", "set": {"a": 1}}], "no evidence"),
        ([{"fact": "users", "set": {"accountEnabled": False}}], "where"),
        ([{"fact": "users", "where": {"id": "nobody"}, "set": {"accountEnabled": False}}], "no row"),
    ],
)
def test_a_patch_that_does_not_fit_is_refused_with_its_place(day: tuple[Rig, str, Path], patch: list[dict[str, object]], says: str) -> None:
    held, run, _ = day
    with pytest.raises(PatchError, match=says):
        what_if(from_store(held.storage, run), parsed(patch))
