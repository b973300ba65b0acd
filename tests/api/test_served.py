"""Attestations, runs, results and packages as machines fetch them."""

import base64
import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from api import bundles
from local.environment import SCHEDULE
from scanners.result import rfc3339
from settings import next_run
from tests.api.rig import Api
from tests.e2e.rig import members


def test_latest_says_how_old_it_is_and_304_when_it_is_known(app: Api) -> None:
    first = app.get("/v1/attestations/latest")
    assert first.json["run"] == app.run
    assert first.json["stale"] is False
    assert first.json["next_due_at"] == rfc3339(next_run(SCHEDULE, datetime.fromisoformat(first.json["completed_at"])))
    for known in (first.headers["ETag"], first.headers["ETag"].removeprefix("W/"), f'"x", {first.headers["ETag"]}', "*"):
        again = app.get("/v1/attestations/latest", headers={"If-None-Match": known})
        assert (again.status, again.body) == (304, b"")
    assert app.get("/v1/attestations/latest", headers={"If-None-Match": '"other"'}).status == 200


def test_a_stale_attestation_is_no_304(app: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from runs.context import Context

    tag = app.get("/v1/attestations/latest").headers["ETag"]
    later = Context.clock
    monkeypatch.setattr(Context, "clock", lambda self: later(self) + timedelta(hours=27))
    answer = app.get("/v1/attestations/latest", headers={"If-None-Match": tag})
    assert answer.status == 200
    assert answer.json["stale"] is True
    assert answer.json["age_hours"] > 26


def test_a_period_shows_its_signed_runs_and_its_gaps(app: Api, tmp_path: Path) -> None:
    done = app.held.storage.runs.get(app.run).completed_at.date()
    first = done - timedelta(days=9)
    shown = app.get(f"/v1/attestations/period?from={first}&to={done}").json
    assert (shown["days"], shown["evaluated_days"], len(shown["missing_days"])) == (10, 1, 9)
    assert app.run in {run["run"] for run in shown["runs"]}
    control = next(each for each in shown["controls"] if each["control"] == "global_administrators_are_few")
    assert (control["days"]["fail"], control["days"]["not_evaluated"]) == (1, 9)
    package = app.get(f"/v1/attestations/period/package?from={first}&to={done}")
    inside = members(package.body, tmp_path / "period.zip")
    assert json.loads(inside["period.json"])["evaluated_days"] == 1
    assert "attestation.dsse.json" in inside
    for query in (
        "",
        "from=2026-11-01",
        "from=x&to=y",
        "from=2026-11-24&to=2026-11-01",
        "from=2001-01-01&to=2026-11-24",
        "from=2099-01-01&to=2099-02-01",
        "from=2026-02-30&to=2026-03-01",
    ):
        assert app.get(f"/v1/attestations/period?{query}").status == 400
    empty = app.get("/v1/attestations/period?from=2026-01-01&to=2026-01-02").json
    assert (empty["evaluated_days"], empty["runs"]) == (0, [])
    assert app.get("/v1/attestations/period/package?from=2026-01-01&to=2026-01-02").status == 400


def test_the_key_that_signed_is_listed_under_its_digest(app: Api) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

    (key,) = app.get("/v1/keys").json["keys"]
    der = load_pem_public_key(key["public_key"].encode()).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert key["keyid"] == hashlib.sha256(der).hexdigest()
    assert key["signed_latest"] is True


def test_results_are_filtered_and_paged_without_loss(app: Api) -> None:
    base = f"/v1/runs/{app.run}/results"
    every = app.get(base).json
    assert every["total"] == len(every["results"]) == app.get("/v1/attestations/latest").json["counts"]["total"]
    failed = app.get(f"{base}?outcome=fail,unknown&severity=critical,high").json["results"]
    assert failed == [r for r in every["results"] if r["outcome"] in ("fail", "unknown") and r["severity"] in ("critical", "high")]
    cited = app.get(f"{base}?citation=164.312(d)&topic=access").json["results"]
    assert cited == [r for r in every["results"] if "164.312(d)" in r["citations"] and r["topic"] == "access"]
    assert cited
    walked, place = [], ""
    while True:
        page = app.get(f"{base}?limit=17{place}").json
        walked += page["results"]
        if page["continuation"] is None:
            break
        place = f"&continuation={page['continuation']}"
    assert walked == every["results"]


@pytest.mark.parametrize(
    "query",
    [
        "outcome=failed",
        "severity=urgent",
        "topic=nonsense",
        "citation=164.999",
        "limit=0",
        "limit=501",
        "limit=x",
        "limit=-1",
        "continuation=abc",
        "continuation=cnVuczp4",
    ],
)
def test_unknown_filter_values_are_refused_with_what_is_allowed(app: Api, query: str) -> None:
    answer = app.get(f"/v1/runs/{app.run}/results?{query}")
    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["parameter"] == query.partition("=")[0]
    if query.startswith("outcome"):
        assert "fail" in answer.json["allowed"]


def test_a_continuation_is_good_for_its_own_list_only(app: Api) -> None:
    place = app.get(f"/v1/runs/{app.run}/results?limit=1").json["continuation"]
    assert app.get(f"/v1/runs?continuation={place}").status == 400


def test_runs_are_listed_newest_first_and_new_runs_do_not_move_a_page(app: Api) -> None:
    from datetime import UTC, datetime

    from reporting.records import Run

    old = [Run(id=f"2020010{day}T030000Z-0000", tenant_id=app.held.storage.tenant_id, status="failed", trigger="timer", started_at=datetime(2020, 1, day, 3, tzinfo=UTC),
               completed_at=datetime(2020, 1, day, 4, tzinfo=UTC), failure="a test", scanner_version="0", catalogue_sha256="0") for day in range(1, 6)]  # fmt: skip
    for run in old:
        assert app.held.storage.runs.insert(run)
    first = app.get("/v1/runs?limit=2").json
    assert [run["run"] for run in first["runs"]] == [app.run, old[4].id]
    between = Run(**{**old[0].model_dump(), "id": "20200106T030000Z-0000", "started_at": datetime(2020, 1, 6, 3, tzinfo=UTC)})
    app.held.storage.runs.insert(between)
    second = app.get(f"/v1/runs?limit=2&continuation={first['continuation']}").json
    assert [run["run"] for run in second["runs"]] == [old[3].id, old[2].id]
    assert [run["run"] for run in app.get("/v1/runs?status=completed").json["runs"]] == [app.run]
    assert app.get("/v1/runs?status=failed&limit=200").json["continuation"] is None
    assert app.get(f"/v1/runs/{old[0].id}").json["failure"] == "a test"
    assert app.get(f"/v1/runs/{old[0].id}/status").status == 500
    assert app.get(f"/v1/runs/{old[0].id}/results").status == 409
    assert app.get(f"/v1/changes?since={old[0].id}").status == 409


def test_evidence_is_served_as_it_was_hashed(app: Api) -> None:
    found = app.get(f"/v1/runs/{app.run}/evidence/domains").json
    for page in found["pages"]:
        body = app.ask("GET", page["url"]).body
        assert hashlib.sha256(body).hexdigest() == page["sha256"]
    assert app.get(f"/v1/runs/{app.run}/evidence/domains/2").status == 404
    for odd in ("0", "-1", "1e1", "\u0661", "1.0", "..", "custody.json"):
        from urllib.parse import quote

        assert app.get(f"/v1/runs/{app.run}/evidence/domains/{quote(odd)}").status == 404
    assert app.get(f"/v1/runs/{app.run}/evidence/nothing").status == 404


def test_changes_and_history(app: Api) -> None:
    changes = app.get(f"/v1/changes?since={app.run}").json
    assert (changes["since_run"], changes["new_fail"], changes["fixed"]) == (app.run, [], [])
    (past,) = app.get("/v1/controls/global_administrators_are_few/history").json["history"]
    assert (past["run"], past["outcome"]) == (app.run, "fail")
    assert app.get("/v1/controls/nothing/history").status == 404
    assert app.get("/v1/changes?since=x").status == 400


def test_the_catalogue_names_what_a_control_needs(app: Api) -> None:
    control = app.get("/v1/controls/global_administrators_are_few").json
    assert "RoleManagement.Read.Directory" in control["permissions"]
    assert control["parameters"][0]["default"] is not None
    listed = app.get("/v1/controls?topic=privileges&severity=high").json["controls"]
    assert "global_administrators_are_few" in {each["control"] for each in listed}
    assert {each["topic"] for each in listed} == {"privileges"}


def test_readiness_names_the_missing_permission_with_its_command(app: Api) -> None:
    scanner = app.held.tenant.world.scanner
    before = app.get("/v1/readiness").json
    items = {item["name"]: item for item in before["items"]}
    assert items["Policy.Read.All"]["state"] == "granted"
    assert items["Global Reader"]["state"] == "granted"
    missing = [item for item in before["items"] if item["state"] == "missing"]
    assert all(item["command"] for item in missing if item["kind"] != "plan")
    granted = scanner["granted"]["Microsoft Graph"]
    try:
        scanner["granted"]["Microsoft Graph"] = [name for name in granted if name != "Policy.Read.All"]
        app.forget()
        gone = {item["name"]: item for item in app.get("/v1/readiness").json["items"]}["Policy.Read.All"]
    finally:
        scanner["granted"]["Microsoft Graph"] = granted
        app.forget()
    assert gone["state"] == "missing"
    assert gone["id"] in gone["command"]
    assert "appRoleAssignments" in gone["command"]
    assert "multifactor_is_required_for_every_user" in gone["controls"]


def test_a_package_comes_whole_in_parts_and_by_its_head(app: Api, tmp_path: Path) -> None:
    path = f"/v1/runs/{app.run}/package"
    whole = app.get(path)
    digest = base64.b64encode(hashlib.sha256(whole.body).digest()).decode()
    assert whole.headers["Digest"] == f"sha-256={digest}"
    assert whole.headers["Repr-Digest"] == f"sha-256=:{digest}:"
    assert whole.headers["Content-Disposition"] == f'attachment; filename="hipaa-{app.run}.zip"'
    head = app.ask("HEAD", path)
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(whole.body)))
    assert head.headers["Digest"] == whole.headers["Digest"]
    size, pieces = len(whole.body), []
    for first in range(0, size, 100_000):
        part = app.get(path, headers={"Range": f"bytes={first}-{first + 99_999}", "If-Range": whole.headers["ETag"]})
        assert part.status == 206
        assert part.headers["Content-Range"] == f"bytes {first}-{min(first + 99_999, size - 1)}/{size}"
        pieces.append(part.body)
    assert b"".join(pieces) == whole.body
    assert app.get(path, headers={"Range": "bytes=-7"}).body == whole.body[-7:]
    assert app.get(path, headers={"Range": f"bytes={size}-"}).status == 416
    assert app.get(path, headers={"Range": "bytes=0-1", "If-Range": '"older"'}).status == 200
    for odd in ("bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "bytes=-"):
        assert app.get(path, headers={"Range": odd}).body == whole.body
    core = members(app.get(f"{path}?part=core").body, tmp_path / "core.zip")
    assert "attestation.dsse.json" in core
    assert not [name for name in core if name.startswith("evidence/")]
    assert app.get(f"{path}?part=most").status == 400


def test_a_package_that_is_too_large_says_how_to_resume(app: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/v1/runs/{app.run}/package"
    whole = app.get(path).body
    monkeypatch.setattr(bundles, "WHOLE", 1000)
    monkeypatch.setattr(bundles, "PART", 4096)
    refused = app.get(path)
    assert refused.status == 413
    assert refused.json["largest_part"] == 4096
    assert "bytes=0-4095" in refused.json["detail"]
    part = app.get(path, headers={"Range": "bytes=0-"})
    assert part.body == whole[:4096]


@pytest.mark.parametrize("run", ["20200101T000000Z-9999", "x", "..%2f..%2fkeys", "%00", "20261124T030000Z-3F9C", "a" * 300])
@pytest.mark.parametrize("what", ["", "/status", "/results", "/package", "/report", "/evidence/domains", "/evidence/domains/1"])
def test_what_is_no_run_is_not_found(app: Api, run: str, what: str) -> None:
    answer = app.get(f"/v1/runs/{run}{what}")
    assert answer.status == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_repeated_key_starts_one_run(app: Api) -> None:
    before = len(app.held.storage.runs.list(limit=400))
    first = app.post("/v1/runs", headers={"Idempotency-Key": "night-1"})
    assert first.status == 202
    place = f"/api/v1/runs/{first.json['run']}/status"
    assert first.headers["Location"] == app.held.host.url + place
    assert int(first.headers["Retry-After"]) > 0
    again = app.post("/v1/runs", headers={"Idempotency-Key": "night-1"})
    assert (again.status, again.json["run"]) == (202, first.json["run"])
    other = app.post("/v1/runs", headers={"Idempotency-Key": "night-2"})
    assert (other.status, other.headers["Location"]) == (409, first.headers["Location"])
    assert app.get(place).status in (200, 202)
    app.held.host.wait("scan", timeout=120)
    assert app.get(place).json["status"] == "completed"
    late = app.post("/v1/runs", headers={"Idempotency-Key": "night-1"})
    assert (late.status, late.json["run"]) == (202, first.json["run"])
    assert len(app.held.storage.runs.list(limit=400)) == before + 1
    assert app.post("/v1/runs", headers={"Idempotency-Key": "with space"}).status == 400
    changed = app.get(f"/v1/changes?since={app.run}").json
    assert changed["run"] == first.json["run"]
    assert app.get(f"/v1/changes?since={first.json['run']}&to={app.run}").status == 400
    two = app.get("/v1/controls/global_administrators_are_few/history?limit=1").json
    assert two["history"][0]["run"] == first.json["run"]
    assert app.get(f"/v1/controls/global_administrators_are_few/history?continuation={two['continuation']}").json["history"][0]["run"] == app.run
    assert app.get(f"/v1/controls/legacy_authentication_is_blocked/history?continuation={two['continuation']}").status == 400, "of another control"


def test_no_answer_gives_a_durable_address_away(app: Api) -> None:
    for path in ("/v1/runs", f"/v1/runs/{app.run}", f"/v1/runs/{app.run}/status"):
        assert "durabletask" not in app.get(path).text
    assert "durabletask" not in json.dumps(app.description.document)
