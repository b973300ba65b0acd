"""Statements and exceptions over HTTP."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.api.rig import ADMINISTRATOR, APPROVER, OTHER, OWNER, READER, Api
from tests.statements.sample import office

PDF = b"%PDF-1.7\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"
TODAY = datetime.now(UTC).date()


THIRD = "11111111-aaaa-4bbb-8ccc-000000000003"


def statement(app: Api, kind: str = "baa_microsoft", **changed: Any) -> dict[str, Any]:
    told = next(each for each in app.get("/v1/statement-types").json["types"] if each["type"] == kind)
    return {
        "type": kind,
        "statement": "The agreement is in force and covers all services that hold health information.",
        "attester": {"name": "Mara Quill", "title": "Head of contracts", "role": told["attester_role"], "entra_object_id": OWNER},
        "effective_from": TODAY.isoformat(),
        "contains_phi": False,
        "details": told["example_details"],
        **changed,
    }


def created(app: Api, **changed: Any) -> dict[str, Any]:
    answer = app.post("/v1/statements", statement(app, **changed), key="admin")
    assert answer.status == 201, answer.text
    return dict(answer.json)


def test_a_statement_with_its_document_counts_and_nothing_is_overwritten(app: Api) -> None:
    made = created(app)
    assert made["submitted_by_kind"] == "key"
    assert any("document" in note for note in made["notes"])
    path = f"/v1/statements/{made['id']}"
    sent = app.ask("POST", f"{path}/document", key="admin", body=PDF, headers={"Content-Type": "application/pdf", **app.bearer(OWNER)})
    assert sent.status == 201, sent.text
    assert (sent.json["version"], sent.json["submitted_by_kind"], sent.json["submitted_by_object_id"]) == (2, "entra", OWNER)
    assert sent.json["document"]["sha256"] == hashlib.sha256(PDF).hexdigest()
    fetched = app.get(f"{path}/document")
    assert fetched.body == PDF
    assert fetched.headers["Content-Disposition"].startswith("attachment;")
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"
    assert app.get(f"{path}/document?version=1").status == 404
    kinds = {each["type"]: each for each in app.get("/v1/statement-types").json["types"]}
    assert kinds["baa_microsoft"]["due"] is False
    revised = app.post(
        f"{path}/versions", {**statement(app), "statement": "The agreement was renewed and covers all services.", "keep_document": True}, key="admin"
    )
    assert (revised.status, revised.json["version"]) == (201, 3)
    assert revised.json["document"]["sha256"] == hashlib.sha256(PDF).hexdigest()
    gone = app.ask("DELETE", path, key="admin")
    assert (gone.status, gone.json["status"], gone.json["version"]) == (200, "withdrawn", 4)
    assert app.ask("DELETE", path, key="admin").status == 422
    whole = app.get(path).json
    assert [each["version"] for each in whole["versions"]] == [1, 2, 3, 4]
    assert [each["status"] for each in whole["versions"]] == ["active", "active", "active", "withdrawn"]
    assert whole["versions"][0]["document"] is None
    assert app.get(f"{path}/document?version=2").body == PDF
    assert app.ask("POST", f"{path}/document", key="admin", body=PDF, headers={"Content-Type": "application/pdf"}).status == 422


def test_who_wrote_it_is_never_taken_from_the_body(app: Api) -> None:
    for name in ("submitted_by_kind", "submitted_by_object_id", "id", "version", "status", "second_approval", "document"):
        refused = app.post("/v1/statements", {**statement(app), name: "x"}, key="admin")
        assert refused.status == 422
        assert name in {error["field"] for error in refused.json["errors"]}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"type": "nonsense"}, "type"),
        ({"statement": "short"}, "statement"),
        ({"contains_phi": True}, "contains_phi"),
        ({"effective_from": "2030-01-01"}, "effective_from"),
        ({"effective_from": 7.5}, "effective_from"),
        ({"effective_from": 0}, "effective_from"),
        ({"effective_from": "0001-01-01"}, "effective_from"),
        ({"effective_from": "9999-12-31"}, "effective_from"),
        ({"expires_at": 1798675200}, "expires_at"),
        ({"expires_at": "9999-12-31"}, "expires_at"),
        ({"contains_phi": 0}, "contains_phi"),
        ({"contains_phi": 0.0}, "contains_phi"),
        ({"attester": {"name": "Pat 123-45-6789 jane@x.example", "title": "B", "role": "it", "entra_object_id": OWNER}}, "attester.name"),
        ({"attester": {"name": "x" * 40_000, "title": "B", "role": "it", "entra_object_id": OWNER}}, "attester.name"),
        ({"keep_document": 1}, "keep_document"),
        ({"expires_at": "2001-01-01"}, "expires_at"),
        ({"details": {"nonsense": 1}}, "details.nonsense"),
        ({"details": []}, "details"),
        ({"statement": "Patient with number 123-45-6789 was seen by the clinic."}, "statement"),
        ({"control_ids": ["nonsense"]}, "control_ids"),
        ({"supersedes": OTHER}, "supersedes"),
        ({"keep_document": "yes"}, "keep_document"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_nothing_is_written(app: Api, changed: Mapping[str, Any], field: str) -> None:
    before = app.get("/v1/statements").json["total"]
    refused = app.post("/v1/statements", {**statement(app), **changed}, key="admin")
    assert refused.status == 422, refused.text
    assert field in {error["field"] for error in refused.json["errors"]}
    assert "123-45-6789" not in refused.text
    assert app.get("/v1/statements").json["total"] == before


DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("media", "body", "status"),
    [
        ("image/png", b"\x89PNG\r\n\x1a\n" + b"0" * 20, 201),
        ("image/jpeg", b"\xff\xd8\xff\xe0" + b"0" * 20, 201),
        ("text/plain", b"signed by the board", 201),
        (DOCX, office("word/document.xml"), 201),
        (DOCX, office("word/document.xml", "word/vbaProject.bin"), 422),
        (DOCX, office("xl/workbook.xml"), 422),
        (DOCX, b"MZ" + office("word/document.xml"), 422),
        ("image/png", b"\x89PNG\r\n\x1a\n" + office("word/document.xml"), 422),
        ("text/csv", b"a;b", 415),
        ("application/json", b"{}", 415),
        ("application/pdf", b"MZ\x90\x00", 422),
        ("image/png", PDF, 422),
        ("application/pdf", b"", 422),
        ("text/plain", b"\xff\xfe\x00", 422),
        ("text/html", b"<script>", 415),
        ("application/x-msdownload", b"MZ", 415),
        ("", PDF, 415),
        ("application/pdf", PDF + b"0" * (25 * 1024 * 1024), 413),
    ],
)  # fmt: skip
def test_a_documents_type_is_told_by_its_bytes(app: Api, media: str, body: bytes, status: int) -> None:
    made = created(app)
    sent = app.ask("POST", f"/v1/statements/{made['id']}/document", key="admin", body=body, headers={"Content-Type": media})
    assert sent.status == status, sent.text[:300]
    kept = app.get(f"/v1/statements/{made['id']}").json
    assert kept["version"] == (2 if status == 201 else 1)
    if status == 201:
        assert app.get(f"/v1/statements/{made['id']}/document").headers["Content-Type"].partition(";")[0] == media


def test_the_largest_document_that_is_taken(app: Api) -> None:
    made, body = created(app), PDF + b"0" * (25 * 1024 * 1024 - len(PDF))
    assert app.ask("POST", f"/v1/statements/{made['id']}/document", key="admin", body=body, headers={"Content-Type": "application/pdf"}).status == 201
    assert app.get(f"/v1/statements/{made['id']}/document").body == body


def test_a_newer_statement_takes_the_place_of_an_older_one(app: Api) -> None:
    old = created(app)
    new = created(app, supersedes=old["id"])
    assert app.get(f"/v1/statements/{old['id']}").json["status"] == "superseded"
    assert app.get(f"/v1/statements/{new['id']}").json["supersedes"] == old["id"]
    assert new["id"] in {each["id"] for each in app.get("/v1/statements?type=baa_microsoft&status=active&limit=200").json["statements"]}


def test_two_who_write_the_same_version_do_not_overwrite_each_other(app: Api) -> None:
    from reporting.records import Statement
    from scanners.errors import VersionTaken

    made = created(app)
    store = app.held.storage.statements
    current: Statement = store.versions(made["id"])[-1]
    store.put(current.model_copy(update={"version": 2, "statement": "The first of two who write at the same time."}))
    with pytest.raises(VersionTaken):
        store.put(current.model_copy(update={"version": 2, "statement": "The second of two who write at the same time."}))


# --- exceptions


def exception(**changed: Any) -> dict[str, Any]:
    return {
        "control": "global_administrators_are_few",
        "kind": "risk_acceptance",
        "reason": "A merger is under way and the second administration is closed within two months.",
        "compensating_measure": "Sign-ins of all administrators are reviewed every week.",
        "expires_at": (TODAY + timedelta(days=60)).isoformat(),
        **changed,
    }


def proposed(app: Api, owner: str = OWNER) -> dict[str, Any]:
    answer = app.post("/v1/exceptions", exception(), key="admin", headers=app.bearer(owner))
    assert answer.status == 201, answer.text
    return dict(answer.json)


def test_an_exception_has_effect_when_another_person_approved_it(app: Api) -> None:
    made = proposed(app)
    assert (made["status"], made["has_effect"], made["owner"]) == ("pending", False, {"kind": "entra", "object_id": OWNER})
    path = f"/v1/exceptions/{made['id']}"
    assert app.post(f"{path}/approval").status == 401, "a key alone approves nothing"
    assert app.post(f"{path}/approval", key="admin").status == 401
    assert app.post(f"{path}/approval", headers=app.bearer(OWNER, APPROVER)).status == 422, "the owner approves nothing"
    assert app.post(f"{path}/approval", headers=app.bearer(OWNER.upper(), ADMINISTRATOR)).status == 422
    assert app.post(f"{path}/approval", headers=app.bearer(OTHER, READER)).status == 403
    approved = app.post(f"{path}/approval", headers=app.bearer(OTHER, APPROVER))
    assert (approved.status, approved.json["has_effect"]) == (200, True)
    assert approved.json["approver"] == {"kind": "entra", "object_id": OTHER}
    assert app.post(f"{path}/approval", headers=app.bearer(OTHER, APPROVER)).status == 422
    gone = app.ask("DELETE", path, key="admin", headers=app.bearer(THIRD))
    assert (gone.json["status"], gone.json["has_effect"]) == ("withdrawn", False)
    assert gone.json["withdrawn_by"] == {"kind": "entra", "object_id": THIRD}
    assert datetime.fromisoformat(gone.json["withdrawn_at"]).date() == TODAY
    versions = app.get(path).json["versions"]
    assert [each["status"] for each in versions] == ["pending", "approved", "withdrawn"]
    assert [each["withdrawn_by"] for each in versions[:2]] == [None, None]
    other = proposed(app)
    by_key = app.ask("DELETE", f"/v1/exceptions/{other['id']}", key="admin")
    assert by_key.json["withdrawn_by"] == {"kind": "key", "object_id": None}


def test_the_next_version_of_an_exception_needs_an_approval_of_its_own(app: Api) -> None:
    path = f"/v1/exceptions/{proposed(app)['id']}"
    assert app.post(f"{path}/approval", headers=app.bearer(OTHER, APPROVER)).json["has_effect"] is True
    longer = exception(expires_at=(TODAY + timedelta(days=80)).isoformat())
    assert app.post(f"{path}/versions", longer).status in (401, 403), "the function key writes nothing"
    assert app.post(f"{path}/versions", longer, key="admin").status == 422, "an exception has an owner"
    assert app.post(f"{path}/versions", exception(control="legacy_authentication_is_blocked"), key="admin", headers=app.bearer()).status == 422
    made = app.post(f"{path}/versions", longer, key="admin", headers=app.bearer(THIRD))
    assert (made.status, made.json["version"], made.json["status"], made.json["has_effect"]) == (201, 3, "pending", False)
    assert (made.json["owner"]["object_id"], made.json["approver"], made.headers["Location"]) == (THIRD, None, f"/api{path}")
    for owner in (OWNER, THIRD):
        assert app.post(f"{path}/approval", headers=app.bearer(owner, APPROVER)).status == 422
    approved = app.post(f"{path}/approval", headers=app.bearer(OTHER, APPROVER))
    assert (approved.status, approved.json["has_effect"], approved.json["expires_at"]) == (200, True, longer["expires_at"])
    versions = app.get(path).json["versions"]
    assert [each["status"] for each in versions] == ["pending", "approved", "pending", "approved"]
    assert versions[1]["expires_at"] == exception()["expires_at"], "nothing is overwritten"
    app.ask("DELETE", path, key="admin")
    refused = app.post(f"{path}/versions", longer, key="admin", headers=app.bearer())
    assert [error["field"] for error in refused.json["errors"]] == ["status"]
    assert app.post(f"/v1/exceptions/{OTHER}/versions", longer, key="admin", headers=app.bearer()).status == 404


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"control": "nonsense"}, "control"),
        ({"kind": "documented_alternative"}, "kind"),
        ({"expires_at": (TODAY + timedelta(days=91)).isoformat()}, "expires_at"),
        ({"expires_at": TODAY.isoformat()}, "expires_at"),
        ({"expires_at": 1798675200}, "expires_at"),
        ({"expires_at": "9999-12-31"}, "expires_at"),
        ({"reason": "short"}, "reason"),
        ({"owner": {"kind": "entra", "object_id": OTHER}}, "owner"),
        ({"status": "approved"}, "status"),
        ({"approver": {"kind": "entra", "object_id": OTHER}}, "approver"),
        ({"objects": ["", "x"]}, "objects"),
    ],
)  # fmt: skip
def test_an_exception_that_may_not_be_is_refused(app: Api, changed: Mapping[str, Any], field: str) -> None:
    refused = app.post("/v1/exceptions", exception(**changed), key="admin", headers=app.bearer())
    assert refused.status == 422
    assert field in {error["field"] for error in refused.json["errors"]}


def test_an_exception_without_a_person_is_refused(app: Api) -> None:
    refused = app.post("/v1/exceptions", exception(), key="admin")
    assert refused.json["errors"] == [{"field": "owner", "problem": "must be a signed-in person: an exception without an owner has no effect"}]


def test_exceptions_are_filtered(app: Api) -> None:
    made = proposed(app)
    listed = app.get("/v1/exceptions?status=pending&control=global_administrators_are_few&limit=200").json["exceptions"]
    assert made["id"] in {each["id"] for each in listed}
    assert {each["status"] for each in listed} == {"pending"}
    assert app.get("/v1/exceptions?status=open").status == 400
    assert app.get("/v1/exceptions?control=nonsense").status == 400


@pytest.mark.parametrize("area", ["statements", "exceptions", "auditor-links"])
@pytest.mark.parametrize("name", [OTHER, "x", "..%2f..%2fruns", "%00", "a" * 300, "00000000-0000-0000-0000-00000000000g"])
def test_what_is_no_id_is_not_found(app: Api, area: str, name: str) -> None:
    for method in ("GET", "DELETE"):
        answer = app.ask(method, f"/v1/{area}/{name}", key="admin")
        assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"type": NaN}', "application/json", 400),
        (b'{"type": 1e999}', "application/json", 400),
        (b'{"type": "\\ud800"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
        (b'{"type": "' + b"x" * 300_000 + b'"}', "application/json", 413),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/statements", "/v1/exceptions", "/v1/auditor-links"])
def test_a_body_that_is_none_is_a_problem(app: Api, path: str, body: bytes, media: str, status: int) -> None:
    answer = app.ask("POST", path, key="admin", body=body, headers={"Content-Type": media, **app.bearer()})
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert "Traceback" not in answer.text


def test_days_are_days(app: Api) -> None:
    assert date.fromisoformat(created(app)["expires_at"]) > TODAY
