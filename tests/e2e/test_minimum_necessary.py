"""The minimum necessary, end to end: what a tenant's answers hold beyond the question reaches no evidence, no table, no package and no log."""

import copy
import dataclasses
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reporting.storage import CONTAINERS, TABLES
from tests.e2e.every_fact import every_fact
from tests.e2e.rig import Rig, custody, loads, members, rig

PLANTED = {
    "patientName": "Rosalind Achterberg",
    "contactAddress": "roz.achterberg@elsewhere.example",
    "socialSecurity": "078-05-1120",
    "medicalRecord": "MRN-00447113",
    "subject": "Re: biopsy of Achterberg",
    "fileName": "Achterberg lab results.pdf",
}
CLINIC = {"extends": "clinic", "skus": {"SPE_E5": 60}}
NOT_DATA = ("/oauth2/", "/.well-known/", "/discovery/", "/msi/", "/identity/")


def plant(node: Any) -> Any:
    """The answer with the planted properties in every object of it."""
    if isinstance(node, dict):
        return {**{key: plant(value) for key, value in node.items()}, **PLANTED}
    return [plant(each) for each in node] if isinstance(node, list) else node


def sow(held: Rig, everywhere: bool) -> None:
    """Plant in all answers, or in those alone that cannot select what they hold."""
    ends = held.tenant.ends
    plain = ends.answer

    def answer(call: Any, fault: Any) -> Any:
        found = plain(call, fault)
        data = not any(part in call.target for part in NOT_DATA) and not isinstance(found.payload, (bytes, str)) and found.status < 400
        if not data or not (everywhere or "$select" not in call.target):
            return found
        return dataclasses.replace(found, payload=plant(copy.deepcopy(found.payload)))

    ends.answer = answer


def kept(held: Rig, run: str) -> Iterator[tuple[str, bytes]]:
    """Everything that is kept: blobs, table rows, the package's members, and the platform's own state."""
    storage = held.storage
    for container in CONTAINERS:
        for blob in storage.blobs.listed(f"{container}/"):
            yield blob.path, storage.blobs.get(blob.path)
    for table in TABLES:
        for row in storage.tables.rows(table, "PartitionKey gt @least", least=""):
            yield f"{table} {row['RowKey']}", repr(row).encode()
    for name, body in members(held.call(f"/v1/runs/{run}/package")[2], held.folder.path / "package.zip").items():
        yield f"package {name}", body
    for file in held.folder.host.rglob("*"):
        if file.is_file():
            yield str(file.relative_to(held.folder.path)), file.read_bytes()


@pytest.fixture(scope="module", params=[False, True], ids=["where nothing is selected", "everywhere"])
def day(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rig, str, bool, dict[str, bytes]]]:
    noted = Notes()
    logging.getLogger().addHandler(noted)
    before = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        with every_fact(), rig(tmp_path_factory.mktemp("day"), CLINIC) as held:
            sow(held, request.param)
            ended = held.scan()
            assert ended.completed, ended.failure
            found = dict(kept(held, ended.run))
            found["log"] = "\n".join(noted.lines).encode()
            yield held, ended.run, request.param, found
    finally:
        logging.getLogger().setLevel(before)
        logging.getLogger().removeHandler(noted)


class Notes(logging.Handler):
    """All log lines of the product, as text."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.getMessage()}" + (f" {record.exc_info[1]!r}" if record.exc_info else ""))


def test_nothing_planted_is_kept_anywhere(day: tuple[Rig, str, bool, dict[str, bytes]]) -> None:
    assert len(day[3]) > 300
    assert len(day[3]["log"]) > 1000
    for place, body in day[3].items():
        for name, text in PLANTED.items():
            assert text.encode() not in body, f"{name} is in {place}"
        assert b"Achterberg" not in body, place


def test_what_was_planted_was_dropped_or_the_page_refused(day: tuple[Rig, str, bool, dict[str, bytes]]) -> None:
    held, run, everywhere, _ = day
    outcomes = [r.outcome for r in held.storage.results.of(run) if r.control.startswith("sees_")]
    assert outcomes.count("pass") >= (25 if everywhere else 65)
    refused = [r for r in held.storage.results.of(run) if r.control.startswith("sees_") and r.outcome == "error"]
    assert bool(refused) is everywhere
    assert all(r.reason == "evidence_refused" for r in refused)


def test_no_name_and_no_address_of_an_ordinary_user_is_kept(day: tuple[Rig, str, bool, dict[str, bytes]]) -> None:
    held, run, _, found = day
    named = {row["principalId"] for page in custody(held.storage, run, "role_assignments").get("pages", ()) for row in _rows(held, run, page)}
    ordinary = [user for user in held.tenant.world.people if user["id"] not in named and user["_kind"] == "person"]
    assert len(ordinary) > 20
    words = {str(user[key]) for user in ordinary for key in ("userPrincipalName", "mail") if user.get(key)}
    words |= {user["displayName"] for user in ordinary if " " in user["displayName"]}
    for place, body in found.items():
        text = body.decode("utf-8", "replace")
        leaked = next((word for word in words if word in text), None)
        assert leaked is None, place


def _rows(held: Rig, run: str, page: dict[str, Any]) -> list[Any]:
    return list(loads(held.storage.evidence(run).page(page["blob"])).get("value", []))


def test_nothing_denied_was_asked_for(day: tuple[Rig, str, bool, dict[str, bytes]]) -> None:
    from tests.facts.test_sdk_names import DENIED, NO_PATHS

    seen = [r for r in day[0].tenant.requests if not any(part in r.path for part in NOT_DATA)]
    assert len(seen) > 80
    for request in seen:
        chosen = request.query.partition("$select=")[2].partition("&")[0]
        assert not set(chosen.split(",")) & DENIED, request.path
        assert not any(word in request.path.lower() for word in NO_PATHS), request.path
        assert (
            request.method == "GET"
            or request.path.endswith(("/$batch", "/InvokeCommand", "createSnapshot", "auditLog/queries"))
            or request.method == "DELETE"
        )


def test_the_scanner_holds_no_permission_to_read_contents(day: tuple[Rig, str, bool, dict[str, bytes]], tmp_path: Path) -> None:
    roles = {role for request in day[0].tenant.requests for role in request.roles}
    assert not [role for role in roles if role.startswith(("Mail.", "Files.", "Sites.", "Chat.", "ChannelMessage.", "Calendars.", "Contacts."))]
