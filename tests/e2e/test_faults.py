"""What happens when something outside is wrong: the run ends with the reason, what was collected stays, the previous attestation stays served."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.tenant import Fault
from settings import problems
from tests.e2e.rig import loads, rig

ROOT = Path(__file__).parent.parent.parent


def test_an_unreachable_tenant_fails_the_run_and_leaves_the_previous_attestation(tmp_path: Path) -> None:
    with rig(tmp_path) as held:
        first = held.scan()
        assert first.completed
        held.tenant.faults.add(Fault(match=".*", kind="reset", times=None))
        second = held.scan()
        assert not second.completed
        assert "nothing of the tenant could be read" in str(second.failure)
        assert held.storage.runs.latest() == first.run
        assert loads(held.call("/v1/attestations/latest")[2])["run"] == first.run
        assert held.call(f"/v1/runs/{second.run}/status")[0] == 500
        assert held.storage.evidence(second.run).facts(), "custody of what could not be read is kept"
        assert held.call(f"/v1/runs/{second.run}/package")[0] == 409


def test_a_run_that_was_signed_and_then_abandoned_is_completed_by_the_next_start(tmp_path: Path) -> None:
    with rig(tmp_path) as held:
        first = held.scan()
        assert first.completed
        held.storage.runs.update(first.run, only_from=("completed",), status="running", completed_at=None)
        second = held.scan()
        assert second.completed, second.failure
        assert held.storage.runs.get(first.run).status == "completed"
        assert held.storage.runs.latest() == second.run


def test_a_run_that_was_signed_when_its_time_was_up_is_completed_and_not_failed(tmp_path: Path) -> None:
    """The platform ended the closing step after the link was put."""
    with rig(tmp_path) as held:
        run = held.scan().run
        held.storage.runs.update(run, only_from=("completed",), status="running", completed_at=None)
        from runs.context import context
        from runs.steps import fail_run

        assert fail_run(context(), {"run": run, "reason": "the run took longer than its budget"}) == {"run": run, "status": "completed"}
        assert held.storage.runs.get(run).status == "completed"
        assert held.storage.runs.get(run).failure is None


def test_without_a_signing_key_the_run_fails_at_signing_and_nothing_is_served(tmp_path: Path) -> None:
    with rig(tmp_path, environment={"SIGNING_KEY_ID": ""}) as held:
        ended = held.scan()
        assert not ended.completed
        assert "SIGNING_KEY_ID" in str(ended.failure)
        assert held.call("/v1/attestations/latest")[0] == 404
        assert held.storage.results.of(ended.run), "what was judged is kept"


def test_a_second_start_while_one_runs_is_refused_with_its_place(tmp_path: Path) -> None:
    with rig(tmp_path, latency=0.3) as held:
        status, headers, body = held.call("/v1/runs", "POST")
        assert status == 202
        run = loads(body)["run"]
        assert headers["Location"] == f"{held.host.url}/api/v1/runs/{run}/status"
        assert int(headers["Retry-After"]) > 0
        assert held.call(headers["Location"].removeprefix(f"{held.host.url}/api"))[0] == 202
        status, headers, body = held.call("/v1/runs", "POST")
        assert status == 409
        assert headers["Content-Type"] == "application/problem+json"
        assert loads(body)["run"] == run
        held.host.wait("scan", timeout=120)
        assert held.call(f"/v1/runs/{run}/status")[0] == 200


def test_a_run_past_its_budget_is_failed_by_the_watchdog(tmp_path: Path) -> None:
    with rig(tmp_path) as held:
        from runs.orchestration import INSTANCE

        order = {"run": "20261124T030000Z-3f9c", "trigger": "manual", "slot": None, "started_at": "2026-11-24T03:00:00+00:00", "budget_seconds": 0}
        from runs.context import context
        from runs.starting import record

        held.storage.ensure()
        record(context(), order)
        held.host.start_new("scan", INSTANCE, json.dumps(order))
        held.host.wait(INSTANCE, timeout=60)
        run = held.storage.runs.get(order["run"])
        assert run.status == "failed"
        assert "budget" in str(run.failure)


GOOD = {"TENANT_ID": "6f1f2b8e-0b0e-4a53-9d3e-2a5a7a2c9e11", "SCAN_SCHEDULE": "0 0 3 * * *", "EVIDENCE_STORAGE": "UseDevelopmentStorage=true"}
SECRET = "s3cr3t-value-that-must-not-show"


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"TENANT_ID": ""}, "TENANT_ID"),
        ({"TENANT_ID": SECRET}, "TENANT_ID"),
        ({"SCAN_SCHEDULE": "0 3 * * *"}, "SCAN_SCHEDULE"),
        ({"RUN_BUDGET": "soon"}, "RUN_BUDGET"),
        ({"RUN_BUDGET": "00:00:10"}, "RUN_BUDGET"),
        ({"EVIDENCE_STORAGE": ""}, "EVIDENCE_STORAGE"),
        ({"CLOUD": SECRET}, "CLOUD"),
        ({"GRAPH_BASE_URL": "https://graph.example.com"}, "GRAPH_BASE_URL"),
        ({"PACE": "0.05"}, "PACE"),
        ({"PARAMETERS": "{"}, "PARAMETERS"),
        ({"SIGNING_KEY_ID": "dev", "WEBSITE_INSTANCE_ID": "x", "SIGNING_KEY_FOLDER": "k"}, "SIGNING_KEY_ID"),
        ({"SIGNING_KEY_ID": SECRET}, "SIGNING_KEY_ID"),
        ({"WORKLOAD_SOURCE": SECRET}, "WORKLOAD_SOURCE"),
        ({"BUNDLE_DELIVERY": SECRET}, "BUNDLE_DELIVERY"),
    ],
)
def test_a_faulty_setting_is_named_with_an_example_and_never_shown(changed: dict[str, str], name: str) -> None:
    found = problems({**GOOD, **changed})
    assert any(line.startswith(f"{name}: ") for line in found), found
    assert SECRET not in " ".join(found)


def test_good_settings_have_no_problems() -> None:
    assert problems(GOOD) == ()


def test_the_start_is_refused_when_settings_are_faulty(tmp_path: Path) -> None:
    done = _local("scan", "--tenant-id", "not-a-guid", "--dev-key", "--data", str(tmp_path))
    assert done.returncode == 2
    assert "TENANT_ID" in done.stderr
    assert "Example" in done.stderr


def test_health_names_the_faulty_setting_and_answers_503(tmp_path: Path) -> None:
    with rig(tmp_path) as held:
        from local.environment import put

        put({"TENANT_ID": "nonsense"})
        status, _, body = held.call("/health", key=None)
        assert status == 503
        assert [f["setting"] for f in loads(body)["settings"]] == ["TENANT_ID"]
        assert "nonsense" not in body.decode()
        assert held.call("/v1/attestations/latest")[0] == 503


def test_a_data_folder_belongs_to_one_tenant(tmp_path: Path) -> None:
    (tmp_path / "tenant.json").write_text(json.dumps({"tenant_id": "11111111-2222-4333-8444-555555555555"}), encoding="utf-8")
    done = _local("demo", "--once", "--port", "0", "--data", str(tmp_path))
    assert done.returncode == 2
    assert "another folder" in done.stderr


def _local(*arguments: str) -> Any:
    environment = {k: v for k, v in os.environ.items() if k not in ("WEBSITE_INSTANCE_ID", *GOOD)}
    return subprocess.run([sys.executable, "-m", "local", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
