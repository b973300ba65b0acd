"""Links for auditors: scope, expiry, revocation, limits, logging; in a browser and from a machine."""

import base64
import hashlib
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.rig import Api

PAGE = {"Accept": "text/html,application/xhtml+xml"}


def shared(app: Api, **changed: Any) -> tuple[dict[str, Any], str, str]:
    """The link, its path and its secret."""
    answer = app.post("/v1/auditor-links", {"name": "Ada Finch", "organisation": "Finch & Daughters Audit", **changed}, key="admin")
    assert answer.status == 201, answer.text
    path, _, secret = answer.json["url"].removeprefix(app.held.host.url).partition("?key=")
    return dict(answer.json), path, secret


def entries(app: Api) -> list[dict[str, Any]]:
    return list(app.get("/v1/access-log?limit=500", key="admin").json["entries"])


def test_the_secret_is_shown_once_and_stored_only_as_a_digest(app: Api) -> None:
    link, _, secret = shared(app)
    assert len(base64.urlsafe_b64decode(secret + "==")) == 32
    for path in ("/v1/auditor-links", f"/v1/auditor-links/{link['id']}", "/v1/access-log"):
        assert secret not in app.get(path, key="admin").text
        assert "secret" not in app.get(path, key="admin").text
    rows = [str(row) for table in ("AuditorLinks", "AccessLog") for row in app.held.storage.tables.rows(table, "PartitionKey ge @any", any="0")]
    assert not [row for row in rows if secret in row]
    assert [row for row in rows if hashlib.sha256(secret.encode()).hexdigest() in row]


def test_a_machine_brings_the_secret_as_a_query_or_as_a_bearer_token(app: Api) -> None:
    link, path, secret = shared(app)
    for answer in (app.get(f"{path}?key={secret}", key=None), app.get(path, key=None, headers={"Authorization": f"Bearer {secret}"})):
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert secret not in answer.text
        data = answer.json
        assert data["shared_by"] == "Alderford Family Clinic"
        assert data["expires_at"] == link["expires_at"]
        run = data["runs"][0]
        package = app.get(f"{run['links']['package']}?key={secret}", key=None)
        assert hashlib.sha256(package.body).hexdigest() == run["package_sha256"]
        assert app.get(f"{run['links']['core']}&key={secret}", key=None).status == 200


def test_a_browser_is_sent_on_without_the_secret(app: Api) -> None:
    link, path, secret = shared(app)
    for place in ("", "/report", "/package", f"/runs/{app.run}/report"):
        sent = app.get(f"{path}{place}?key={secret}", key=None, headers=PAGE)
        assert (sent.status, sent.headers["Location"]) == (303, f"{path}{place}")
        cookie = sent.headers["Set-Cookie"]
        for word in ("HttpOnly", "Secure", "SameSite=Strict", f"Path={path}", "Max-Age="):
            assert word in cookie
    assert app.get(f"{path}/package?key={secret}&part=core", key=None, headers=PAGE).headers["Location"] == f"{path}/package?part=core"
    page = app.get(path, key=None, headers={**PAGE, "Cookie": cookie.partition(";")[0]})
    assert page.status == 200
    assert "Finch &amp; Daughters Audit" in page.text
    assert secret not in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert link["id"] in page.text


def test_what_is_missing_wrong_or_unknown_is_refused_alike_and_logged(app: Api) -> None:
    link, path, secret = shared(app)
    assert app.get(path, key=None).status == 401
    wrong = app.get(f"{path}?key={secret[::-1]}", key=None)
    unknown = app.get(f"/auditor/0123456789abcdef?key={secret}", key=None)
    assert (wrong.status, unknown.status) == (404, 404)
    assert wrong.json["detail"] == unknown.json["detail"]
    for odd in ("x", "..%2f", "%00", secret):
        assert app.get(f"/auditor/{odd}?key={secret}", key=None).status == 404
    assert app.get(f"{path}?key=%ff%00x", key=None).status == 404
    assert app.get(path, key="admin").status == 401, "a function key opens no link"
    logged = [(each["status"], each["reason"]) for each in entries(app) if each["link"] == link["id"]]
    assert (404, "Not Found") in logged
    assert (401, "Unauthorized") in logged
    page = app.get(path, key=None, headers=PAGE)
    assert page.status == 401
    assert page.headers["Content-Type"].startswith("text/html")


def test_revocation_is_immediate_and_expiry_ends_a_link(app: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    link, path, secret = shared(app)
    assert app.get(f"{path}?key={secret}", key=None).status == 200
    gone = app.ask("DELETE", f"/v1/auditor-links/{link['id']}", key="admin")
    assert gone.json["state"] == "revoked"
    assert app.get(f"{path}?key={secret}", key=None).status == 410
    assert app.get(f"{path}/package?key={secret}", key=None).status == 410
    assert app.ask("DELETE", f"/v1/auditor-links/{link['id']}", key="admin").json["revoked_at"] == gone.json["revoked_at"]
    _, path, secret = shared(app)
    from runs.context import Context

    now = Context.clock
    monkeypatch.setattr(Context, "clock", lambda self: now(self) + timedelta(days=15))
    assert app.get(f"{path}?key={secret}", key=None).status == 410


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": (datetime.now(UTC) + timedelta(days=91)).isoformat()}, "expires_at"),
        ({"expires_at": "2026-12-01T00:00:00"}, "expires_at"),
        ({"name": ""}, "name"),
        ({"organisation": "x" * 200}, "organisation"),
        ({"download_limit": 0}, "download_limit"),
        ({"scope": {"kind": "runs"}}, "scope.runs"),
        ({"scope": {"kind": "runs", "runs": ["20200101T000000Z-9999"]}}, "scope.runs"),
        ({"scope": {"kind": "runs", "runs": ["../x"]}}, "scope.runs"),
        ({"scope": {"kind": "period", "first": "2026-11-02"}}, "scope.last"),
        ({"scope": {"kind": "period", "first": "2026-11-02", "last": "2026-11-01"}}, "scope.last"),
        ({"scope": {"kind": "period", "first": "0001-01-01", "last": "9999-12-31"}}, "scope.first"),
        ({"scope": {"kind": "period", "first": "2026-01-01", "last": "2101-01-01"}}, "scope.last"),
        ({"scope": {"kind": "period", "first": 0, "last": "2026-11-01"}}, "scope.first"),
        ({"scope": {"kind": "latest", "first": "2026-11-01"}}, "scope.first"),
        ({"expires_at": 1798675200}, "expires_at"),
        ({"expires_at": "1798675200"}, "expires_at"),
        ({"expires_at": True}, "expires_at"),
        ({"expires_at": "2026-12-01"}, "expires_at"),
        ({"expires_at": "2026-02-30T00:00:00Z"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-14:00"}, "expires_at"),
        ({"download_limit": True}, "download_limit"),
        ({"download_limit": 1.0}, "download_limit"),
        ({"download_limit": "5"}, "download_limit"),
        ({"scope": {"kind": "all"}}, "scope.kind"),
        ({"secret_sha256": "0" * 64}, "secret_sha256"),
        ({"created_by": {"kind": "cli"}}, "created_by"),
    ],
)  # fmt: skip
def test_a_link_that_may_not_be_is_refused(app: Api, changed: dict[str, Any], field: str) -> None:
    refused = app.post("/v1/auditor-links", {"name": "Ada Finch", "organisation": "Finch Audit", **changed}, key="admin")
    assert refused.status == 422
    assert field in {error["field"] for error in refused.json["errors"]}
    for word in ("Value error", "Input should", "should be", "valid"):
        assert word not in refused.text, "the words are ours"


def test_a_link_opens_its_scope_and_nothing_else(app: Api) -> None:
    day = app.held.storage.runs.get(app.run).completed_at.date()
    scopes: list[tuple[dict[str, Any], bool]] = [
        ({"kind": "latest"}, True),
        ({"kind": "runs", "runs": [app.run]}, True),
        ({"kind": "period", "first": day.isoformat(), "last": day.isoformat()}, True),
        ({"kind": "period", "first": "2020-01-01", "last": (day - timedelta(days=1)).isoformat()}, False),
        ({"kind": "period", "first": (day + timedelta(days=1)).isoformat(), "last": "2099-01-01"}, False),
    ]
    for scope, opens in scopes:
        _, path, secret = shared(app, scope=scope)
        data = app.get(f"{path}?key={secret}", key=None).json
        assert [run["run"] for run in data["runs"]] == ([app.run] if opens else [])
        for place in ("/report", "/package", f"/runs/{app.run}/report", f"/runs/{app.run}/package"):
            assert app.get(f"{path}{place}?key={secret}", key=None).status == (200 if opens else 404)
        assert app.get(f"{path}/runs/20200101T000000Z-9999/report?key={secret}", key=None).status == 404
        page = app.get(path, key=None, headers={**PAGE, "Authorization": f"Bearer {secret}"})
        assert ("Nothing that this link opens" in page.text) is not opens


def test_a_limit_counts_completed_downloads_of_packages_only(app: Api) -> None:
    link, path, secret = shared(app, download_limit=2)

    def left() -> int:
        return int(app.get(f"{path}?key={secret}", key=None).json["downloads_left"])

    key = {"Authorization": f"Bearer {secret}"}
    for _ in range(3):  # what a mail scanner does
        app.get(f"{path}?key={secret}", key=None)
        app.get(f"{path}/report", key=None, headers=key)
        app.ask("HEAD", f"{path}/package", key=None, headers=key)
    app.get(f"{path}/package", key=None, headers={**key, "Range": "bytes=0-99"})
    assert left() == 2
    size = int(app.ask("HEAD", f"{path}/package", key=None, headers=key).headers["Content-Length"])
    app.get(f"{path}/package", key=None, headers={**key, "Range": f"bytes=100-{size}"})
    assert left() == 1
    assert app.get(f"{path}/package", key=None, headers=key).status == 200
    refused = app.get(f"{path}/package", key=None, headers=key)
    assert refused.status == 403
    assert "downloads" in refused.json["detail"]
    assert app.get(f"{path}/report", key=None, headers=key).status == 200
    assert app.get(f"/v1/auditor-links/{link['id']}", key="admin").json["downloads"] == 2


def test_two_at_once_do_not_pass_a_limit_of_one(app: Api) -> None:
    _, path, secret = shared(app, download_limit=1)
    found: list[int] = []
    ask = [threading.Thread(target=lambda: found.append(app.get(f"{path}/package?key={secret}", key=None).status)) for _ in range(6)]
    for each in ask:
        each.start()
    for each in ask:
        each.join()
    assert sorted(found) == [200, 403, 403, 403, 403, 403]


def test_the_log_tells_who_fetched_what_without_addresses(app: Api) -> None:
    link, path, secret = shared(app)
    sent = {"X-Forwarded-For": "198.51.100.9, 203.0.113.7:5123", "User-Agent": "Audit\u00e9 browser 1".encode().decode("latin-1")}
    app.get(f"{path}/package?key={secret}", key=None, headers=sent)
    app.get(f"{path}/report?key={secret}", key=None, headers={**sent, "X-Forwarded-For": "10.0.0.1,203.0.113.7"})
    app.get(f"{path}/report?key={secret}", key=None, headers={**sent, "X-Forwarded-For": "203.0.113.8"})
    mine = [each for each in entries(app) if each["link"] == link["id"]]
    assert [each["what"] for each in mine] == ["report", "report", "package part=all"]
    assert mine[0]["user_agent"].startswith("Audit")
    assert mine[1]["address_hash"] == mine[2]["address_hash"] != mine[0]["address_hash"]
    assert "203.0.113" not in app.get("/v1/access-log", key="admin").text
    assert [each["at"] for each in mine] == sorted((each["at"] for each in mine), reverse=True)
    app.get(f"/v1/runs/{app.run}/package", headers=app.bearer())
    newest = next(each for each in entries(app) if each["by"] and each["what"] == "package part=all")
    assert (newest["by"]["kind"], newest["link"], newest["run"]) == ("entra", None, app.run)


def test_yesterdays_salt_is_forgotten(app: Api) -> None:
    from reporting.storage.access import SALT, TABLE, AccessLog

    today = datetime.now(UTC)
    log = AccessLog(app.held.storage.tables)
    first = log.hashed("203.0.113.7", today)
    assert first == AccessLog(app.held.storage.tables).hashed("203.0.113.7", today), "all instances share it"
    tomorrow = AccessLog(app.held.storage.tables).hashed("203.0.113.7", today + timedelta(days=1))
    assert tomorrow != first
    assert len(list(app.held.storage.tables.rows(TABLE, "PartitionKey eq @salt", salt=SALT))) == 1


def test_the_log_is_paged_by_month(app: Api) -> None:
    for _ in range(3):
        app.get(f"/v1/runs/{app.run}/report")
    month = datetime.now(UTC).strftime("%Y%m")
    page = app.get(f"/v1/access-log?month={month}&limit=2", key="admin").json
    assert len(page["entries"]) == 2
    further = app.get(f"/v1/access-log?month={month}&limit=2&continuation={page['continuation']}", key="admin").json
    assert further["entries"][0]["at"] <= page["entries"][1]["at"]
    assert app.get("/v1/access-log?month=202001", key="admin").json["entries"] == []
    assert app.get("/v1/access-log?month=2020-1", key="admin").status == 400
    assert app.get(f"/v1/access-log?month=202001&continuation={page['continuation']}", key="admin").status == 400


def test_a_flood_of_refusals_does_not_fill_the_log_and_shuts_nobody_out(app: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from api import auditor
    from api.visits import Budget

    _, path, secret = shared(app)
    monkeypatch.setattr(auditor, "refusals", Budget(3))
    before = len(entries(app))
    statuses = [app.get(f"{path}?key={secret[::-1]}", key=None).status for _ in range(6)]
    assert statuses == [404, 404, 404, 429, 429, 429]
    assert len(entries(app)) == before + 3
    assert app.get(f"{path}?key={secret}", key=None).status == 200


def test_only_signed_runs_are_opened(app: Api) -> None:
    from reporting.records import Run
    from reporting.sharing import Scope

    run = app.held.storage.runs.get(app.run)
    failed = Run(**{**run.model_dump(), "status": "failed"})
    for scope in (
        Scope(kind="latest"),
        Scope(kind="runs", runs=(run.id,)),
        Scope(kind="period", first=run.started_at.date(), last=run.started_at.date()),
    ):
        assert scope.covers(run, run.id)
        assert not scope.covers(failed, run.id)


def test_neither_secrets_nor_paths_reach_the_log(app: Api, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        link, path, secret = shared(app)
        app.get(f"{path}?key={secret}", key=None)
        app.get(f"{path}/package?key={secret}", key=None, headers=PAGE)
        app.get(f"{path}?key={secret[::-1]}", key=None)
        app.get(f"/v1/runs/{app.run}/results?outcome=fail")
        app.get("/v1/readiness")
        session = app.post("/v1/console-sessions", key="admin").json["url"].partition("key=")[2]
        app.form("/console/sign-in", {"key": session}, key=None)
        app.get("/console", key=None, headers=app.bearer())
    said = caplog.text
    for hidden in (
        secret,
        secret[::-1],
        session.partition(".")[2],
        "/auditor/",
        "key=",
        link["id"],
        app.held.host.keys.master,
        "outcome=fail",
        "graph",
        "$select",
    ):
        assert hidden not in said, hidden
