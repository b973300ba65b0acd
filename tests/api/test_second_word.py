"""Two people over HTTP: who may give the second word on a statement, what it does, and what ends for good."""

from datetime import UTC, datetime
from typing import Any

import pytest

from scanners import catalogue, hipaa
from scanners.exceptions import accepter
from scanners.model import failed
from tests.api.rig import APPROVER, OTHER, OWNER, READER, Api
from tests.api.test_records import PDF, THIRD, created, statement


def test_a_second_word_needs_a_second_signed_in_person(app: Api) -> None:
    made = app.post("/v1/statements", statement(app), key="admin", headers=app.bearer(OWNER)).json
    path, word = f"/v1/statements/{made['id']}/approval", {"result": "approved"}
    assert app.post(path, word).status == 401
    assert app.post(path, word, headers=app.bearer(OTHER, READER)).status == 403
    assert app.post(path, word, headers=app.bearer(OWNER, APPROVER)).status == 422, "who vouches for it"
    assert app.post(path, {"result": "perhaps"}, headers=app.bearer(OTHER, APPROVER)).status == 422
    approved = app.post(path, word, headers=app.bearer(OTHER, APPROVER))
    assert approved.status == 200
    assert approved.json["second_approval"]["by_object_id"] == OTHER


CITATION, ADDRESSABLE = next(
    (citation, control)
    for control in catalogue.load().controls.values()
    for citation in control.cites
    if control.designation == "addressable" and hipaa.by_citation()[citation].kind == "addressable"
)


def decision(app: Api, attester: str = OWNER, **headers: str) -> dict[str, Any]:
    """A decision on an addressable specification, with its document; without a token, handed in with the key alone."""
    said = statement(app, "addressable_decision")
    said["attester"]["entra_object_id"] = attester
    said["details"] |= {"control_id": ADDRESSABLE.id, "citation": CITATION}
    made = app.post("/v1/statements", said, key="admin", headers=headers)
    assert made.status == 201, made.text
    return attached(app, made.json["id"], **headers)


def attached(app: Api, identity: str, **headers: str) -> dict[str, Any]:
    sent = app.ask("POST", f"/v1/statements/{identity}/document", key="admin", body=PDF, headers={"Content-Type": "application/pdf", **headers})
    assert sent.status == 201, sent.text
    return dict(sent.json)


def accepted(app: Api, identity: str) -> bool:
    """The newest version, in the next run, turns a fail of its control into accepted."""
    newest = app.get(f"/v1/statements/{identity}").json["versions"][-1]
    return accepter([], datetime.now(UTC), [newest])(ADDRESSABLE, failed("one is open", ("one",))) is not None


@pytest.mark.parametrize("attester", [THIRD, OTHER])
def test_nobody_accepts_a_failing_control_alone(app: Api, attester: str) -> None:
    """The key, an invented person who vouches, and the own word on top."""
    made = decision(app, attester)
    assert made["state"] == "pending"
    for who in (OTHER, OWNER):
        refused = app.post(f"/v1/statements/{made['id']}/approval", {"result": "approved"}, headers=app.bearer(who, APPROVER))
        assert refused.status == 422, refused.text
    assert (app.get(f"/v1/statements/{made['id']}").json["state"], accepted(app, made["id"])) == ("pending", False)


def test_a_decision_has_effect_when_who_decided_handed_it_in_and_another_approved_it(app: Api) -> None:
    foreign = decision(app, THIRD, **app.bearer(OWNER))
    refused = app.post(f"/v1/statements/{foreign['id']}/approval", {"result": "approved"}, headers=app.bearer(OTHER, APPROVER))
    assert (refused.status, [error["field"] for error in refused.json["errors"]]) == (422, ["attester.entra_object_id"])
    own = decision(app, OWNER, **app.bearer(OWNER))
    assert (own["state"], accepted(app, own["id"])) == ("pending", False)
    path = f"/v1/statements/{own['id']}"
    approved = app.post(f"{path}/approval", {"result": "approved"}, headers=app.bearer(OTHER, APPROVER))
    assert (approved.status, approved.json["state"], accepted(app, own["id"])) == (200, "active", True)
    again = {name: own[name] for name in ("type", "attester", "effective_from", "contains_phi", "details")}
    again |= {"statement": "The same decision in other words, for another year.", "keep_document": True}
    assert app.post(f"{path}/versions", again, key="admin", headers=app.bearer(OWNER)).json["state"] == "pending"
    assert not accepted(app, own["id"]), "the approval was of the version before"


def test_the_author_of_an_earlier_version_does_not_give_the_second_word(app: Api) -> None:
    said = statement(app)
    said["attester"]["entra_object_id"] = THIRD
    made = app.post("/v1/statements", said, key="admin", headers=app.bearer(OTHER)).json
    path = f"/v1/statements/{made['id']}/approval"
    attached(app, made["id"])
    assert app.post(path, {"result": "approved"}, headers=app.bearer(OTHER, APPROVER)).status == 422
    attached(app, made["id"], **app.bearer(OWNER))
    for author in (OTHER, OWNER, THIRD):
        for word in ("approved", "rejected"):
            assert app.post(path, {"result": word}, headers=app.bearer(author, APPROVER)).status == 422
    fourth = "11111111-aaaa-4bbb-8ccc-000000000004"
    assert app.post(path, {"result": "approved"}, headers=app.bearer(fourth, APPROVER)).status == 200


@pytest.mark.parametrize("ended", ["withdrawn", "superseded"])
def test_what_has_ended_stays_so(app: Api, ended: str) -> None:
    old = created(app)
    path = f"/v1/statements/{old['id']}"
    if ended == "withdrawn":
        assert app.ask("DELETE", path, key="admin").status == 200
    else:
        created(app, supersedes=old["id"])
    for body in (statement(app), {}):
        refused = app.post(f"{path}/versions", body, key="admin")
        assert (refused.status, [error["field"] for error in refused.json["errors"]]) == (422, ["status"])
    assert app.ask("POST", f"{path}/document", key="admin", body=PDF, headers={"Content-Type": "application/pdf"}).status == 422
    assert app.post(f"{path}/approval", {"result": "rejected"}, headers=app.bearer(OTHER, APPROVER)).status == 422
    whole = app.get(path).json
    assert (whole["state"], whole["status"], len(whole["versions"])) == (ended, ended, 2)


def test_a_no_is_not_undone_by_saying_it_again(app: Api) -> None:
    made = app.post("/v1/statements", statement(app), key="admin", headers=app.bearer(OWNER)).json
    path = f"/v1/statements/{made['id']}"
    assert app.post(f"{path}/approval", {"result": "rejected"}, headers=app.bearer(OTHER, APPROVER)).json["state"] == "rejected"
    again = app.post(f"{path}/versions", {**statement(app), "statement": "The same once more, in other words."}, key="admin")
    assert (again.status, again.json["state"]) == (201, "rejected")
    assert any("rejected" in note for note in again.json["notes"])
    assert attached(app, made["id"])["state"] == "rejected"
    assert created(app, supersedes=made["id"])["state"] == "rejected", "nor by taking its place"
    fresh = app.post("/v1/statements", statement(app), key="admin", headers=app.bearer(OWNER)).json
    place = f"/v1/statements/{fresh['id']}"
    app.post(f"{place}/approval", {"result": "rejected"}, headers=app.bearer(OTHER, APPROVER))
    app.post(f"{place}/versions", statement(app), key="admin", headers=app.bearer(OWNER))
    yes = app.post(f"{place}/approval", {"result": "approved"}, headers=app.bearer(OTHER, APPROVER))
    assert (yes.status, yes.json["state"]) == (200, "active")


def test_a_statement_does_not_take_its_own_place(app: Api) -> None:
    made = created(app)
    refused = app.post(f"/v1/statements/{made['id']}/versions", statement(app, supersedes=made["id"]), key="admin")
    assert [error["field"] for error in refused.json["errors"]] == ["supersedes"]
