"""One run of the sample clinic, end to end on real parts."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scanners import catalogue
from tests.e2e.rig import Rig, custody, loads, members, rig

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rig, str]]:
    with rig(tmp_path_factory.mktemp("day")) as held:
        ended = held.scan()
        assert ended.completed, ended.failure
        yield held, ended.run


@pytest.fixture(scope="module")
def package(day: tuple[Rig, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    held, run = day
    status, headers, body = held.call(f"/v1/runs/{run}/package")
    assert status == 200
    assert headers["Content-Type"] == "application/zip"
    path = tmp_path_factory.mktemp("package") / "package.zip"
    return path, members(body, path)


def test_every_expected_control_has_exactly_one_result(day: tuple[Rig, str]) -> None:
    held, run = day
    results = held.storage.results.of(run)
    assert sorted(r.control for r in results) == sorted(catalogue.load().controls)
    assert not [r.control for r in results if r.outcome == "error"]


def test_evidence_is_what_the_tenant_sent_byte_for_byte(day: tuple[Rig, str]) -> None:
    held, run = day
    compared = 0
    for fact in catalogue.asked_facts():
        record = custody(held.storage, run, fact.id)
        for page in record.get("pages", ()):
            stored = held.storage.evidence(run).page(page["blob"])
            assert hashlib.sha256(stored).hexdigest() == page["stored_sha256"]
            if fact.reduce is None and fact.keep == "selected" and page["status"] == 200:
                assert page["received_sha256"] == page["stored_sha256"], fact.id
                compared += 1
    assert compared >= 5


def test_what_could_not_be_read_is_unknown_with_reason_and_remedy(day: tuple[Rig, str]) -> None:
    held, run = day
    unknown = [r for r in held.storage.results.of(run) if r.outcome == "unknown"]
    assert unknown
    for result in unknown:
        assert result.reason in ("not_permitted", "not_licensed", "not_supported", "unreachable", "unrecognised")
        assert result.because
        assert result.remedy


def test_the_clinics_known_gaps_are_found(day: tuple[Rig, str]) -> None:
    held, run = day
    results = held.results(run)
    for gap in held.tenant.world.meta["gaps"]:
        for control in gap["controls"]:
            if control in results:
                assert results[control].outcome != "pass", control
    assert results["only_named_roles_invite_guests"].outcome == "fail"
    assert results["global_administrators_are_few"].outcome == "fail"
    assert results["files_cannot_be_shared_with_anyone"].outcome == "fail"
    assert results["microsoft_agreement_is_on_file"].outcome == "attestation_due"


def test_the_package_verifies_under_the_key_that_the_reader_brings(day: tuple[Rig, str], package: tuple[Path, dict[str, bytes]]) -> None:
    held, _ = day
    path, inside = package
    keyid = loads(inside["attestation.json"])["signature"]["keyid"]
    key = path.with_suffix(".pem")
    key.write_bytes(held.storage.attestations.key(keyid))
    verify = [sys.executable, "-m", "reporting.verify", str(path), "--key", str(key)]
    assert subprocess.run([*verify, "--allow-dev-key"], cwd=ROOT, check=False, capture_output=True).returncode == 0
    assert subprocess.run(verify, cwd=ROOT, check=False, capture_output=True).returncode == 1, "a development key is no proof"


def test_the_latest_attestation_is_served_with_its_age_and_tag(day: tuple[Rig, str]) -> None:
    held, run = day
    status, headers, body = held.call("/v1/attestations/latest")
    summary = loads(body)
    assert status == 200
    assert summary["run"] == run
    assert summary["age_hours"] < 1
    assert summary["stale"] is False
    assert summary["counts"]["total"] == len(catalogue.load().controls)
    again, _, empty = held.call("/v1/attestations/latest", **{"If-None-Match": headers["ETag"]})
    assert (again, empty) == (304, b"")


def test_the_report_loads_nothing_from_elsewhere(day: tuple[Rig, str]) -> None:
    held, run = day
    status, headers, body = held.call("/v1/attestations/latest/report")
    assert status == 200
    assert headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert run in body.decode()
    assert "<script" not in body.decode()


@pytest.mark.parametrize("path", ["/v1/attestations/latest", "/v1/attestations/latest/package", "/v1/attestations/latest/report"])
def test_machine_routes_need_a_key(day: tuple[Rig, str], path: str) -> None:
    held, _ = day
    assert held.call(path, key=None)[0] == 401
    assert held.call(path, key="wrong")[0] == 401


def test_health_is_open_and_says_nothing(day: tuple[Rig, str]) -> None:
    held, _ = day
    status, _, body = held.call("/health", key=None)
    assert (status, loads(body)) == (200, {"status": "ok"})


def test_logic_apps_are_told(day: tuple[Rig, str]) -> None:
    from azure.storage.queue import QueueClient, TextBase64DecodePolicy

    _, run = day
    from settings import settings

    queue = QueueClient.from_connection_string(str(settings().evidence_storage), "scan-events", message_decode_policy=TextBase64DecodePolicy())
    told: list[Any] = [loads(message.content) for message in queue.peek_messages(max_messages=5)]
    assert [(t["eventType"], t["data"]["run"]) for t in told] == [("Hipaa.M365.ScanCompleted", run)]


def test_a_status_that_logic_apps_can_poll(day: tuple[Rig, str]) -> None:
    held, run = day
    assert held.call(f"/v1/runs/{run}/status")[0] == 200
    assert held.call("/v1/runs/20200101T000000Z-0000/status")[0] == 404
    assert held.call("/v1/runs/..%2f..%2fx/status")[0] == 404


def test_the_timer_runs_once_a_day(day: tuple[Rig, str]) -> None:
    held, _ = day
    before = len(held.storage.runs.list())
    held.host.fire_timer("daily_scan")
    held.host.wait("scan", timeout=120)
    held.host.fire_timer("daily_scan", past_due=True)
    held.host.wait("scan", timeout=120)
    runs = held.storage.runs.list()
    assert len(runs) == before + 1
    assert runs[0].trigger == "timer"
    assert runs[0].status == "completed"
    assert held.storage.runs.latest() == runs[0].id
