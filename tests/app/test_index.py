"""The app as the platform sees it: indexed by the library and by the production worker, its bindings as documented."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
# Open to the host, because people come without a key. Without data: health, openapi. Guarded in code by the secret of an auditor's link
# (auditor_*), or by an Entra token or a console session (console_*); tests/api/test_auditor.py and test_console.py try to get past them.
ANONYMOUS = {
    "health",
    "openapi",
    "auditor_page",
    "auditor_package",
    "auditor_report",
    "auditor_run_package",
    "auditor_run_report",
    "console_home",
    "console_sign_in_page",
    "console_sign_in",
    "console_page",
    "console_submit",
    "console_act",
}
SCRIPT = """
import json, sys
import function_app
loaded = sorted(m for m in sys.modules if m.split(".")[0] in ("msgraph", "kiota_http") or m.startswith(("azure.storage", "azure.data", "azure.keyvault", "azure.eventgrid", "jinja2")))
print(json.dumps({"loaded": loaded, "functions": {f.get_function_name(): [json.loads(b) for b in f.get_raw_bindings()] for f in function_app.app.get_functions()}}))
"""


def _python(script: str, **environment: str) -> str:
    clean = {k: v for k, v in os.environ.items() if k not in ("CONTAINER_NAME", "WEBSITE_INSTANCE_ID")}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env={**clean, **environment}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    return dict(json.loads(_python(SCRIPT)))


@pytest.fixture(scope="module")
def bindings(seen: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return dict(seen["functions"])


def _trigger(function: list[dict[str, Any]]) -> dict[str, Any]:
    return next(b for b in function if b["type"].endswith("Trigger"))


def test_importing_the_app_loads_no_heavy_library(seen: dict[str, Any]) -> None:
    assert seen["loaded"] == []


def test_the_daily_scan_follows_the_setting(bindings: dict[str, list[dict[str, Any]]]) -> None:
    timer = _trigger(bindings["daily_scan"])
    assert timer["type"] == "timerTrigger"
    assert timer["schedule"] == "%SCAN_SCHEDULE%"
    assert timer["runOnStartup"] is False, "it would fire on every scale-out"
    assert timer["useMonitor"] is True


def test_the_watch_looks_every_hour(bindings: dict[str, list[dict[str, Any]]]) -> None:
    timer = _trigger(bindings["watch"])
    assert (timer["type"], timer["schedule"], timer["runOnStartup"]) == ("timerTrigger", "0 15 * * * *", False)


def test_every_route_states_level_and_methods_and_few_are_anonymous(bindings: dict[str, list[dict[str, Any]]]) -> None:
    routes = {name: _trigger(b) for name, b in bindings.items() if _trigger(b)["type"] == "httpTrigger"}
    assert {name for name, t in routes.items() if t["authLevel"] == "ANONYMOUS"} == ANONYMOUS
    for name, trigger in routes.items():
        assert trigger["methods"], name
        assert trigger["authLevel"] in ("FUNCTION", "ADMIN", "ANONYMOUS"), name


def test_the_orchestration_is_complete(bindings: dict[str, list[dict[str, Any]]]) -> None:
    kinds = {name: _trigger(b)["type"] for name, b in bindings.items()}
    assert kinds["scan"] == "orchestrationTrigger"
    called = {"plan_run", "read_lane", "follow_jobs", "clear_jobs", "scan_control", "close_run", "fail_run", "announce"}
    assert called == {name for name, kind in kinds.items() if kind == "activityTrigger"}


def test_binding_names_are_such_that_the_host_accepts_them(bindings: dict[str, list[dict[str, Any]]]) -> None:
    for name, function in bindings.items():
        for binding in function:
            assert binding["name"] == "$return" or binding["name"].isalnum(), f"{name}: {binding['name']}"


WORKER = """
import asyncio, json, sys, types
from azure_functions_runtime import handle_event

class Plain:
    def __init__(self, **values): self.__dict__.update(values)

def message(name):
    return type(name, (Plain,), {})

class Info(Plain):
    pass
Info.in_, Info.out, Info.inout, Info.undefined = 0, 1, 2, -1
setattr(Info, "in", 0)
class StatusResult(Plain):
    Success, Failure, Cancelled = "Success", "Failure", "Cancelled"
names = ("WorkerInitResponse WorkerMetadata RpcFunctionMetadata FunctionMetadataResponse RpcException TypedData RpcHttp InvocationResponse "
         "ParameterBinding FunctionLoadResponse FunctionEnvironmentReloadResponse RpcLog NullableTimestamp NullableString").split()
protos = types.SimpleNamespace(BindingInfo=Info, StatusResult=StatusResult, **{n: message(n) for n in names})

def event(**request):
    return Plain(request=Plain(**request), properties={"host": "127.0.0.1", "protos": protos})

async def main():
    init = Plain(function_app_directory=sys.argv[1], capabilities={}, worker_directory=".", host_version="4")
    begun = await handle_event.worker_init_request(event(request_id="1", worker_init_request=init))
    found = await handle_event.functions_metadata_request(
        event(request_id="2", functions_metadata_request=Plain(function_app_directory=sys.argv[1])))
    fault = getattr(begun.result, "exception", None)
    print(json.dumps({"status": begun.result.status, "fault": getattr(fault, "message", None),
                      "names": sorted(f.name for f in found.function_metadata_results or [])}))

sys.path.insert(0, sys.argv[1])
asyncio.run(main())
"""


BAD_APP = """
import azure.functions as func
app = func.FunctionApp()

@app.timer_trigger(arg_name="timer", schedule="0 0 3 * * *")
@app.queue_output(arg_name="message", queue_name="q", connection="C")
def broken(timer: func.TimerRequest, message: dict[str, str]) -> None:
    return None
"""
NEEDS_WORKER = pytest.mark.skipif(
    sys.version_info < (3, 13), reason="the worker of Python below 3.13 is not a package; get_functions() is the check there"
)


def _indexed(folder: Path, script: Path) -> dict[str, Any]:
    script.write_text(WORKER, encoding="utf-8")
    clean = {k: v for k, v in os.environ.items() if k not in ("CONTAINER_NAME", "WEBSITE_INSTANCE_ID")}
    environment = {**clean, "SCAN_SCHEDULE": "0 0 3 * * *"}
    done = subprocess.run([sys.executable, str(script), str(folder)], cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


@NEEDS_WORKER
def test_the_production_worker_indexes_the_app(bindings: dict[str, list[dict[str, Any]]], tmp_path: Path) -> None:
    answer = _indexed(ROOT, tmp_path / "worker.py")
    assert answer["status"] == "Success", answer
    assert answer["names"] == sorted(bindings)


@NEEDS_WORKER
def test_this_way_of_indexing_notices_what_the_platform_refuses(tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text(BAD_APP, encoding="utf-8")
    (tmp_path / "host.json").write_text("{}", encoding="utf-8")
    answer = _indexed(tmp_path, tmp_path / "worker.py")
    assert answer["status"] == "Failure"
    assert "broken" in answer["fault"]


def test_libraries_that_log_addresses_are_quiet_from_the_start() -> None:
    """They write every request's address at INFO, and the platform's default level is INFO."""
    script = """
import logging, json
logging.basicConfig(level=logging.INFO)
import function_app
names = ["azure.core.pipeline.policies.http_logging_policy", "azure.identity", "azure.storage.blob", "httpx", "urllib3.connectionpool", "msal.token_cache"]
print(json.dumps([name for name in names if logging.getLogger(name).isEnabledFor(logging.INFO)]))
"""
    assert json.loads(_python(script)) == []
