"""Every answer that the description names is provoked here, or stands in ELSEWHERE with the test that does it. `Api.ask` compares each with its schema."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from api import attestations, bundles, visits
from local.environment import put
from reporting.storage.blobs import Blobs
from reporting.storage.declared import Decisions, Statements
from reporting.storage.runs import newest_first
from scanners.errors import VersionTaken
from tests.api.rig import OTHER, OWNER, READER, Api
from tests.api.test_auditor import PAGE, shared
from tests.api.test_console import form_of, session
from tests.api.test_records import PDF, exception, statement

FAILED = "20261101T030000Z-0bad"
NOWHERE = {
    "run": "20200101T000000Z-0000",
    "id": OTHER,
    "control": "no_such_control",
    "fact": "no_such_fact",
    "number": "9",
    "page": "nowhere",
    "verb": "x",
}
JSON_BODIES = ("CreateStatement", "ReviseStatement", "ApproveStatement", "CreateException", "ReviseException", "CreateAuditorLink")
FORMS = ("ConsoleSignIn", "ConsoleSubmit", "ConsoleAct")
ELSEWHERE = {
    ("StartRun", 202): "test_served.py::test_a_repeated_key_starts_one_run",
    ("StartRun", 409): "test_served.py::test_a_repeated_key_starts_one_run",
    ("RunStatus", 202): "tests/e2e/test_starts.py::test_the_place_to_look_is_a_whole_address_that_can_be_followed",
}


@pytest.fixture(scope="module")
def known(app: Api) -> Iterator[dict[str, str]]:
    """Ids that exist; the run that failed is gone again afterwards, for other tests count runs."""
    made = app.post("/v1/statements", statement(app), key="admin", headers=app.bearer(OTHER)).json["id"]
    app.ask("POST", f"/v1/statements/{made}/document", key="admin", body=PDF, headers={"Content-Type": "application/pdf", **app.bearer(OTHER)})
    decided = app.post("/v1/exceptions", exception(), key="admin", headers=app.bearer(OWNER)).json["id"]
    link, _, secret = shared(app)
    run = app.held.storage.runs.get(app.run)
    app.held.storage.runs.insert(
        run.model_copy(update={"id": FAILED, "status": "failed", "failure": "said so", "envelope_sha256": None, "sequence": None, "slot": None})
    )
    yield {"statement": made, "exception": decided, "link": link["id"], "secret": secret, "run": app.run}
    app.held.storage.tables.delete("Runs", run.tenant_id, newest_first(FAILED))


def operations(app: Api) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    """Name, method, path template, description."""
    for path, methods in app.description.document["paths"].items():
        for method, each in methods.items():
            yield each["operationId"], method.upper(), path, each


def filled(template: str, known: Mapping[str, str], **changed: str) -> str:
    """The path with ids that exist, but for those that are changed."""
    kind = "exception" if "/exceptions/" in template else "link" if "/auditor-links/" in template else "statement"
    values = {
        "run": known["run"],
        "id": known[kind],
        "link": known["link"],
        "control": "global_administrators_are_few",
        "fact": "domains",
        "number": "1",
    }
    values |= {"page": "statements", "verb": "withdraw"}
    for name, value in {**values, **changed}.items():
        template = template.replace(f"{{{name}}}", value)
    return template


def days(path: str) -> str:
    return f"{path}?from=2026-11-01&to=2099-01-01" if "/period" in path else path


@contextmanager
def settings(app: Api, **changed: str) -> Iterator[None]:
    from os import environ

    before = {name: environ.get(name, "") for name in changed}
    app.forget()
    put(changed)
    try:
        yield
    finally:
        put(before)


def test_without_a_key_and_with_tokens_that_are_not_believed(app: Api, known: dict[str, str]) -> None:
    nobody = app.bearer(OWNER, "Another.Role")
    for name, method, path, each in operations(app):
        place = days(filled(path, known))
        if each["x-auth-level"] != "anonymous":
            assert app.ask(method, place, key=None).status == 401, name
        if any(parameter["name"] == "Authorization" for parameter in each.get("parameters", ())):
            body = b"{}" if name in JSON_BODIES else None
            headers = {"Content-Type": "application/json"} if body else {"Content-Type": "application/pdf"} if name == "AttachDocument" else {}
            refused = app.ask(method, place, key="admin", body=body, headers={**headers, "Authorization": "Bearer x"})
            assert refused.status == 401, name
            assert method == "HEAD" or refused.json["status"] == 401, "a problem of ours, not the platform's answer"
            assert app.ask(method, place, key="admin", body=body, headers={**headers, **nobody}).status == 403, name


def test_faulty_settings(app: Api, known: dict[str, str]) -> None:
    token = app.bearer(OWNER)
    said, form, pdf = bodies(app), {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Type": "application/pdf"}
    with settings(app, TENANT_ID="nonsense"):
        for name, method, path, each in operations(app):
            body: Any = PDF if name == "AttachDocument" else b"a=b" if name in FORMS else said.get(name)
            headers = {**(pdf if name == "AttachDocument" else form if name in FORMS else {}), **(token if name.startswith("Approve") else {})}
            answer = app.ask(method, days(filled(path, known)) + ("?key=x" if "/auditor/" in path else ""), key="admin", body=body, headers=headers)
            assert (answer.status == 503) == ("503" in each["responses"]), (name, answer.status)


def bodies(app: Api) -> dict[str, Any]:
    """A good body for each operation that takes JSON."""
    made, decided, link = statement(app), exception(), {"name": "Ada Finch", "organisation": "Finch Audit", "scope": {"kind": "latest"}}
    return dict(zip(JSON_BODIES, (made, made, {"result": "approved"}, decided, decided, link), strict=True))


def test_what_is_not_there(app: Api, known: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    tried = 0
    for name, method, path, each in operations(app):
        if "404" not in each["responses"] or "{" not in path or path.startswith(("/auditor", "/console")):
            continue
        body = {"ApproveStatement": {"result": "approved"}, "ReviseStatement": statement(app), "ReviseException": exception()}.get(name)
        raw = PDF if name == "AttachDocument" else body
        headers = {**app.bearer(OTHER), **({"Content-Type": "application/pdf"} if raw is PDF else {})}
        assert (
            app.ask(
                method,
                filled(path, {**known, "statement": OTHER, "exception": OTHER, "link": OTHER}, **_nowhere(path)),
                key="admin",
                body=raw,
                headers=headers,
            ).status
            == 404
        ), name
        tried += 1
    assert tried > 15
    from reporting.storage.runs import Runs

    monkeypatch.setattr(Runs, "latest", lambda _: None)
    for path in ("/v1/attestations/latest", "/v1/attestations/latest/package", "/v1/attestations/latest/report"):
        assert app.get(path).status == 404
    assert app.ask("HEAD", "/v1/attestations/latest/package").status == 404
    assert app.get("/v1/changes").status == 404


def _nowhere(path: str) -> dict[str, str]:
    return {name: value for name, value in NOWHERE.items() if f"{{{name}}}" in path and name != "id"}


BAD_QUERIES = {
    "PeriodAttestation": "from=x", "PeriodPackage": "from=x", "ListRuns": "limit=0", "RunResults": "outcome=x", "ListChanges": "since=x",
    "ListControls": "topic=x", "ControlHistory": "limit=0", "ListStatements": "type=x", "GetDocument": "version=x", "ListExceptions": "status=x",
    "ListAuditorLinks": "limit=0", "ListAccesses": "month=x",
}  # fmt: skip


def test_parameters_that_are_not_as_they_must_be(app: Api, known: dict[str, str]) -> None:
    for name, method, path, each in operations(app):
        place = filled(path, known)
        if name in BAD_QUERIES:
            assert app.ask(method, f"{place}?{BAD_QUERIES[name]}", key="admin").status == 400, name
        elif any(parameter["name"] == "part" for parameter in each.get("parameters", ())):
            secret = f"&key={known['secret']}" if "/auditor" in path else ""
            assert app.ask(method, f"{place}?part=x{secret}", key="admin").status == 400, name
        elif name == "AuditorPage":
            assert app.ask(method, f"{place}?continuation=x&key={known['secret']}", key=None).status == 400, name
    assert app.post("/v1/runs", headers={"Idempotency-Key": "a b"}).status == 400


def test_bodies_that_are_not_as_they_must_be(app: Api, known: dict[str, str]) -> None:
    token = app.bearer(OTHER)
    for name, method, path, _ in operations(app):
        if name not in JSON_BODIES:
            continue
        place = filled(path, known)
        said: list[tuple[bytes, str, int]] = [
            (b"{", "application/json", 400), (b"{}", "text/plain", 415), (b" " * 300_000, "application/json", 413), (b'{"x": 1}', "application/json", 422),
        ]  # fmt: skip
        for body, media, status in said:
            answer = app.ask(method, place, key="admin", body=body, headers={"Content-Type": media, **token})
            assert answer.status == status, (name, answer.status, status)
    place = f"/v1/statements/{known['statement']}/document"
    for body, media, status in ((b"x" * (25 * 1024 * 1024 + 1), "application/pdf", 413), (b"x", "text/html", 415), (b"MZ", "application/pdf", 422)):
        assert app.ask("POST", place, key="admin", body=body, headers={"Content-Type": media, **token}).status == status


def test_what_the_present_state_does_not_allow(app: Api, known: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    token = app.bearer(OTHER)
    for path in (f"/v1/runs/{FAILED}/package", f"/v1/runs/{FAILED}/report", f"/v1/runs/{FAILED}/results", f"/v1/changes?since={FAILED}"):
        assert app.get(path).status == 409
    assert app.ask("HEAD", f"/v1/runs/{FAILED}/package").status == 409
    assert app.get(f"/v1/runs/{FAILED}/status").status == 500

    def taken(*_: Any) -> None:
        raise VersionTaken("somebody was faster")

    monkeypatch.setattr(Statements, "put", taken)
    monkeypatch.setattr(Decisions, "put", taken)
    tries: list[tuple[str, str, Any]] = [
        ("POST", "/v1/statements", statement(app)), ("POST", f"/v1/statements/{known['statement']}/versions", statement(app)),
        ("POST", f"/v1/statements/{known['statement']}/document", PDF), ("DELETE", f"/v1/statements/{known['statement']}", None),
        ("POST", "/v1/exceptions", exception()), ("POST", f"/v1/exceptions/{known['exception']}/versions", exception()),
        ("DELETE", f"/v1/exceptions/{known['exception']}", None),
    ]  # fmt: skip
    for method, path, body in tries:
        media = {"Content-Type": "application/pdf"} if body is PDF else {}
        assert app.ask(method, path, key="admin", body=body, headers={**media, **token}).status == 409, (method, path)
    assert (
        app.post(
            f"/v1/statements/{known['statement']}/approval", {"result": "approved"}, headers=app.bearer("11111111-aaaa-4bbb-8ccc-000000000003")
        ).status
        == 409
    )
    assert app.post(f"/v1/exceptions/{known['exception']}/approval", headers=app.bearer(OTHER)).status == 409


def test_packages_by_parts_by_address_and_too_large(app: Api, known: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    link = f"/auditor/{known['link']}"
    secret = f"?key={known['secret']}"
    places = ["/v1/attestations/latest/package", f"/v1/runs/{app.run}/package", f"{link}/package{secret}", f"{link}/runs/{app.run}/package{secret}"]
    for place in places:
        assert app.get(place).status == 200
        assert app.ask("HEAD", place).status == 200
        assert app.get(place, headers={"Range": "bytes=0-9"}).status == 206
        assert app.get(place, headers={"Range": "bytes=999999999999-"}).status == 416
        with monkeypatch.context() as patched:
            patched.setattr(bundles, "WHOLE", 10)
            assert app.get(place).status == 413
        with monkeypatch.context() as patched:
            patched.setattr(Blobs, "shared", lambda *_: "https://store.example/package?sig=x")
            assert app.get(place).status == 302
    with monkeypatch.context() as patched:
        patched.setattr(attestations, "WHOLE", 10)
        assert app.get("/v1/attestations/period/package?from=2026-11-01&to=2099-01-01").status == 413


def test_what_auditors_are_answered(app: Api, known: dict[str, str]) -> None:
    _, path, secret = shared(app)
    ended, gone, past = shared(app)
    limited, few, third = shared(app, download_limit=1)
    assert app.ask("DELETE", f"/v1/auditor-links/{ended['id']}", key="admin").status == 200
    assert app.get(f"{few}/package?key={third}", key=None).status == 200
    assert limited["download_limit"] == 1
    for place, method in [(each, "GET") for each in ("", "/report", "/package", f"/runs/{app.run}/report", f"/runs/{app.run}/package")] + [
        (each, "HEAD") for each in ("/package", f"/runs/{app.run}/package")
    ]:
        assert app.ask(method, f"{path}{place}?key={secret}", key=None).status == 200
        assert app.ask(method, f"{path}{place}?key={secret}", key=None, headers=PAGE).status == 303
        assert app.ask(method, f"{path}{place}", key=None).status == 401
        assert app.ask(method, f"{gone}{place}?key={past}", key=None).status == 410
        assert app.ask(method, f"/api/auditor/{'0' * 32}{place}?key={secret}", key=None).status == 404
        if method == "GET" and place.endswith("/package"):
            assert app.get(f"{few}{place}?key={third}", key=None).status == 403
    visits.refusals._used = 10**6

    visits.refusals._minute = int(time.monotonic() // 60)
    for place, method in (
        ("", "GET"),
        ("/report", "GET"),
        ("/package", "GET"),
        ("/package", "HEAD"),
        (f"/runs/{app.run}/report", "GET"),
        (f"/runs/{app.run}/package", "GET"),
        (f"/runs/{app.run}/package", "HEAD"),
    ):
        visits.refusals._minute = int(time.monotonic() // 60)
        assert app.ask(method, f"{path}{place}?key=wrong", key=None).status == 429


def test_what_the_console_answers(app: Api, known: dict[str, str]) -> None:
    token, signed = form_of(app, {"Cookie": session(app)})
    for place, status in (("", 200), ("/statements", 200), ("/nowhere", 404), ("/access?month=x", 400)):
        assert app.get(f"/console{place}", key=None, headers=signed).status == status, place
    for place in ("", "/statements"):
        assert app.get(f"/console{place}", key=None).status == 401
        assert app.get(f"/console{place}", key=None, headers=app.bearer(OWNER, "Another.Role")).status == 403
    urlencoded = {**signed, "Content-Type": "application/x-www-form-urlencoded"}
    for where in ("/console/link", "/console/links/x/revoke", "/console/sign-in"):
        if where != "/console/sign-in":
            assert app.form(where, {"form_token": token}, key=None).status == 401
            assert app.form(where, {"form_token": token}, key=None, headers=app.bearer(OWNER, READER)).status == 403
        assert app.ask("POST", where, key=None, body=b"{}", headers={**signed, "Content-Type": "application/json"}).status == 415
        assert app.ask("POST", where, key=None, body=b"a=1&" * 70, headers=urlencoded).status == 400
        assert app.ask("POST", where, key=None, body=b"a=" + b"x" * 300_000, headers=urlencoded).status == 413
    assert app.form("/console/nowhere", {"form_token": token}, key=None, headers=signed).status == 404
    assert app.form("/console/statements/nothing/withdraw", {"form_token": token}, key=None, headers=signed).status == 404


def test_what_the_forms_answer(app: Api, known: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    token, signed = form_of(app, {"Cookie": session(app)})
    link = {"form_token": token, "name": "Ada Finch", "organisation": "Finch Audit", "scope": "latest"}
    said = {"form_token": token, "type": "baa_microsoft"}
    assert app.form("/console/link", link, key=None, headers=signed).status == 201
    assert app.form("/console/link", {**link, "again": "yes"}, key=None, headers=signed).status == 200
    assert app.form("/console/link", {**link, "name": ""}, key=None, headers=signed).status == 422
    gone = app.post("/v1/statements", statement(app), key="admin").json["id"]
    place = f"/console/statements/{gone}/withdraw"
    assert app.form(place, said, key=None, headers=signed).status == 303
    assert app.form(place, said, key=None, headers=signed).status == 409, "it is withdrawn already"
    assert app.form("/console/sign-out", {"form_token": token}, key=None, headers=signed).status == 303
    assert app.form("/console/sign-in", {"key": "x"}, key=None).status == 410
    session(app)


def test_what_is_done_is_answered(app: Api, known: dict[str, str]) -> None:
    for name, method, path, _ in operations(app):
        if method == "GET" and path.startswith(("/v1/", "/health", "/openapi")):
            assert app.get(days(filled(path, known)), key="admin").status in (200, 206), name
    tag = app.get("/v1/attestations/latest").headers["ETag"]
    assert app.get("/v1/attestations/latest", headers={"If-None-Match": tag}).status == 304
    other, second = app.bearer(OWNER), app.bearer("11111111-aaaa-4bbb-8ccc-000000000003")
    place, decided = f"/v1/statements/{known['statement']}", f"/v1/exceptions/{known['exception']}"
    assert app.post(f"{place}/versions", statement(app), key="admin", headers=app.bearer(OTHER)).status == 201
    assert app.post(f"{place}/approval", {"result": "approved"}, headers=second).status == 200
    assert app.post(f"{decided}/versions", exception(), key="admin", headers=other).status == 201
    assert app.post(f"{decided}/approval", headers=other).status == 422, "the owner"
    assert app.post(f"{decided}/approval", headers=second).status == 200
    for each in (place, decided):
        assert app.ask("DELETE", each, key="admin").status == 200
        assert app.ask("DELETE", each, key="admin").status == 422


def test_every_answer_that_is_described_was_seen(app: Api, request: pytest.FixtureRequest) -> None:
    """The last test of the file; with a part of the file alone it has nothing to say."""
    here = [item for item in request.session.items if item.path == request.path]
    if len(here) < 12:
        pytest.skip("only a part of this file runs")
    described = {(name, int(status)) for name, _, _, each in operations(app) for status in each["responses"]}
    missing = described - app.description.seen - ELSEWHERE.keys()
    assert not missing, "\n".join(map(str, sorted(missing)))
    assert not ELSEWHERE.keys() - described
