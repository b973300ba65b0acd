"""Starting the local host: settings, timers, keys, the data folder, apps it refuses, its command."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import azure.durable_functions as df
import azure.functions as func
import pytest

from local.host import Host, HostError, index
from local.host.errors import DataInUseError, FunctionError, IndexingError, SettingError, UnknownFunctionError

SCHEDULE = {"TOY_SCHEDULE": "0 0 3 * * *"}


def test_a_timer_fires_on_demand_and_starts_an_orchestration(host: Host, toy: ModuleType) -> None:
    host.fire_timer("nightly", past_due=True)
    assert host.wait("nightly", 10)["output"] == 2
    past_due, next_ = toy.CALLS[0][1]
    assert past_due is True
    assert "T03:00:00" in next_


def test_a_timer_fires_through_the_admin_call(host: Host, toy: ModuleType, fetch: Any) -> None:
    url = f"{host.url}/admin/functions/nightly"
    assert fetch(url, "POST", b"{}", x_functions_key=host.keys.default).status == 401
    assert fetch(url, "POST", b"{}", x_functions_key=host.keys.master).status == 202
    assert toy.CALLS[0][1][0] is False
    assert fetch(f"{host.url}/admin/functions/double", "POST", b"{}", x_functions_key=host.keys.master).status == 404


def test_a_failing_timer_is_told_to_the_caller(host: Host, drive: Any) -> None:
    host.start_new("approval", "nightly")
    with pytest.raises(FunctionError) as fault:
        host.fire_timer("nightly")
    assert "already exists" in fault.value.detail
    assert "already exists" not in str(fault.value)
    with pytest.raises(UnknownFunctionError, match="nightly"):
        host.fire_timer("fan_out")


@pytest.mark.parametrize(
    ("setting", "said"), [({}, "TOY_SCHEDULE"), ({"TOY_SCHEDULE": "0 3 * * *"}, "six"), ({"TOY_SCHEDULE": "0 0 25 * * *"}, "out of its range")]
)
def test_a_schedule_that_is_missing_or_malformed_stops_the_start(toy: ModuleType, tmp_path: Path, setting: dict[str, str], said: str) -> None:
    host = Host(toy.make(), tmp_path, environment=setting)
    with pytest.raises(SettingError, match=said):
        host.start()
    assert "TOY_SCHEDULE" not in os.environ


def test_keys_are_made_once_and_kept_from_other_users(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "data" / "keys.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for file in path.parent.iterdir():  # history holds what activities returned
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    assert len({host.keys.default, host.keys.master, host.keys.system}) == 3
    assert host.keys.default not in repr(host.keys)


def test_with_schedule_a_timer_fires_at_its_time_and_once_for_missed_slots(tmp_path: Path) -> None:
    fired: list[bool] = []
    both = threading.Event()
    app = df.DFApp()

    @app.timer_trigger(arg_name="timer", schedule="* * * * * *")
    def tick(timer: func.TimerRequest) -> None:
        fired.append(timer.past_due)
        if len(fired) == 2:
            both.set()

    indexed = index(app)
    with Host(indexed, tmp_path) as host:
        host.fire_timer("tick")
    assert fired == [False]
    fired.clear()
    time.sleep(1.1)
    with Host(indexed, tmp_path, schedule=True):
        assert both.wait(5)
    assert fired == [True, False]


def test_the_command_serves_an_app_folder_until_it_is_told_to_stop(tmp_path: Path, fetch: Any) -> None:
    root = Path(__file__).resolve().parents[2]
    (tmp_path / "function_app.py").write_text(f"import sys\nsys.path.append({str(Path(__file__).parent)!r})\nfrom toy import app\n")
    (tmp_path / "local.settings.json").write_text(json.dumps({"Values": {"TOY_SCHEDULE": "0 0 3 * * *"}}))
    command = [sys.executable, "-m", "local.host", "--root", str(tmp_path), "--data", str(tmp_path / "data"), "--port", "0", "--fire", "nightly"]
    serving = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert serving.stdout
        shown = ""
        while "serving on" not in shown:
            line = serving.stdout.readline()
            assert line, serving.communicate()[1]
            shown += line
        url = shown.split("serving on ")[1].split(";")[0]
        keys = json.loads((tmp_path / "data" / "keys.json").read_text())
        assert fetch(f"{url}/api/keyed/x", x_functions_key=keys["default"]).status == 200
        assert "keyed: [GET,POST]" in shown
        assert keys["default"] not in shown
    finally:
        serving.terminate()
        _, err = serving.communicate(timeout=20)
    assert serving.returncode == 0, err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no function_app.py"),
        ({"function_app.py": "x = 1"}, "0 app objects"),
        ({"function_app.py": "x = 1", "local.settings.json": "[]"}, "Values"),
    ],
)
def test_the_command_refuses_a_folder_without_an_app(tmp_path: Path, files: dict[str, str], said: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "local.host", "--root", str(tmp_path), "--data", str(tmp_path / "data")],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert said in done.stderr


def test_keys_that_others_can_read_are_refused(toy: ModuleType, tmp_path: Path) -> None:
    with Host(toy.make(), tmp_path, environment=SCHEDULE):
        pass
    (tmp_path / "keys.json").chmod(0o644)
    with pytest.raises(HostError, match="other users"):
        Host(toy.make(), tmp_path, environment=SCHEDULE).start()


def test_two_hosts_cannot_share_a_data_folder(host: Host, toy: ModuleType, tmp_path: Path, fetch: Any) -> None:
    with pytest.raises(DataInUseError):
        Host(toy.make(), tmp_path / "data", environment=SCHEDULE).start()
    assert fetch(f"{host.url}/api/open").status == 200


def test_a_taken_port_is_said(host: Host, toy: ModuleType, tmp_path: Path) -> None:
    port = urlsplit(host.url).port or 0
    with pytest.raises(HostError, match=str(port)):
        Host(toy.make(), tmp_path / "other", port, environment=SCHEDULE).start()


def test_the_route_prefix_comes_from_host_json(toy: ModuleType, tmp_path: Path, fetch: Any) -> None:
    (tmp_path / "host.json").write_text(json.dumps({"extensions": {"http": {"routePrefix": ""}}}))
    with Host(toy.make(), tmp_path / "data", root=tmp_path, environment=SCHEDULE) as host:
        assert fetch(f"{host.url}/open").status == 200
        assert fetch(f"{host.url}/api/open").status == 404


def _underscored(app: df.DFApp) -> None:
    @app.route(route="x", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    @app.queue_output(arg_name="my_out", queue_name="q", connection="C")
    def x(req: func.HttpRequest, my_out: func.Out[str]) -> func.HttpResponse: ...


def _duplicated(app: df.DFApp) -> None:
    for _ in range(2):

        @app.function_name("same")
        @app.activity_trigger(input_name="item")
        def same(item: dict) -> dict: ...


def _optional(app: df.DFApp) -> None:
    @app.activity_trigger(input_name="item")
    def x(item: dict | None) -> dict: ...


def _parametrised(app: df.DFApp) -> None:
    @app.activity_trigger(input_name="item")
    def x(item: dict[str, Any]) -> dict: ...


def _unbound(app: df.DFApp) -> None:
    @app.activity_trigger(input_name="item")
    def x(item: dict, other: int) -> dict: ...


def _missing(app: df.DFApp) -> None:
    @app.activity_trigger(input_name="thing")
    def x(item: dict) -> dict: ...


@pytest.mark.parametrize("fault", [_underscored, _duplicated, _optional, _parametrised, _unbound, _missing])
def test_an_app_that_the_platform_cannot_index_is_refused(fault: Callable[[df.DFApp], None], tmp_path: Path) -> None:
    app = df.DFApp()
    fault(app)
    with pytest.raises(IndexingError):
        Host(app, tmp_path)


def test_one_route_for_two_functions_is_refused(tmp_path: Path) -> None:
    app = df.DFApp()

    @app.route(route="same", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    def one(req: func.HttpRequest) -> func.HttpResponse: ...

    @app.route(route="Same", methods=["GET", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
    def two(req: func.HttpRequest) -> func.HttpResponse: ...

    with pytest.raises(IndexingError, match="share the route GET"):
        Host(app, tmp_path).start()
