"""docs/LOGIC-APPS.md names only operations, routes, fields, parameters, variables and events that exist, and its example is one that works."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api import openapi
from local.azurite import Azurite
from runs import events
from tests.infra import bicep, workflow
from tests.infra.logic_app import Cloud
from tests.infra.test_documents import rows
from tests.infra.test_logic_app_runs import EXPIRING, FAILED, OVERDUE, failed_run, shown, text
from tests.reporting import sample

PAGE = (bicep.ROOT / "docs" / "LOGIC-APPS.md").read_text(encoding="utf-8")
PROSE = re.sub(r"(?ms)^ *```.*?^ *```", "", PAGE)
QUOTED = re.findall(r"`([^`\n]+)`", PROSE)
API = openapi.document("func-hipaa.example", "https")
OPERATIONS = {o["operationId"]: (method.upper(), f"/api{path}", o) for path, methods in API["paths"].items() for method, o in methods.items()}
KINDS = {"ScanCompleted", "ControlStatusChanged", "ScanFailed", "StatementExpiring", "ScanOverdue"}
OTHER_WORDS = {"groupId", "mail", "completed", "failed", "visibilitytimeout"}  # of a link of Teams, a parameter, how a run stands, of the trigger


@pytest.fixture(scope="module")
def azurite() -> Iterator[Azurite]:
    with Azurite(tls=True) as running:
        yield running


def names(value: Any) -> Iterator[str]:
    """The names of all properties and parameters of the description."""
    if isinstance(value, dict):
        if isinstance(value.get("properties"), dict):
            yield from value["properties"]
        if isinstance(value.get("name"), str):
            yield value["name"]
        for each in value.values():
            yield from names(each)
    elif isinstance(value, list):
        for each in value:
            yield from names(each)


def made() -> list[dict[str, Any]]:
    """One event of each kind."""
    before, after = [sample.result("audit_log_is_on")], [sample.result("audit_log_is_on", "fail")]
    changed = {"since_run": sample.run_id(-1), **{name: [] for name in ("new_fail", "new_unknown", "fixed", "readable_again")}}
    run = failed_run().model_copy(update={"id": sample.run_id(), "status": "completed"})
    summary = {"complete": True, "counts": {}, "changes": changed}
    found = [events.scan_completed("t", run, summary), FAILED, OVERDUE, EXPIRING, *events.control_changes("t", run, "r", before, after)]
    return [event for event in found if event is not None]


def test_every_operation_that_is_named_exists() -> None:
    named = {word for word in QUOTED if re.fullmatch(r"(?:[A-Z][a-z]+){2,}", word)}
    assert named - KINDS <= set(OPERATIONS), named - KINDS - set(OPERATIONS)
    assert {"LatestAttestation", "ListChanges", "RunResults", "StartRun", "RunStatus", "ListRuns"} <= named


def test_the_table_of_operations_is_the_list_of_the_important_ones_with_their_routes() -> None:
    told = {row[0].strip("`"): row[1] for row in rows(PROSE) if row[0].strip("`") in OPERATIONS}
    important = {name: f"{method} {path}" for name, (method, path, o) in OPERATIONS.items() if o.get("x-ms-visibility") == "important"}
    assert told == important


def test_what_needs_the_master_key_is_said() -> None:
    admin = {name for name, (_, _, o) in OPERATIONS.items() if o["x-auth-level"] == "admin"}
    for row in rows(PROSE):
        if (name := row[0].strip("`")) in OPERATIONS:
            assert ("needs the master key" in row[2]) == (name in admin), name


def test_every_route_that_is_named_exists_with_its_method_and_parameters() -> None:
    shapes = {name: (method, re.compile(re.sub(r"\\\{\w+\\\}", r"[^/?]+", re.escape(path)))) for name, (method, path, _) in OPERATIONS.items()}
    found = re.findall(r"(GET |POST )?(/api(?:/v1)?/[A-Za-z0-9_./{}-]*[A-Za-z0-9}])(\?\w+=)?", PAGE)
    assert len(found) > 12
    for method, path, query in found:
        fits = [name for name, (verb, shape) in shapes.items() if shape.fullmatch(path) and method.strip() in ("", verb)]
        assert fits, f"{method}{path}"
        known = {parameter["name"] for name in fits for parameter in OPERATIONS[name][2].get("parameters", ())}
        assert not query or query.strip("?=") in {*known, "code"}, query  # code: how the host of every function app takes a key


def test_every_field_that_is_named_exists() -> None:
    known = {*names(API), *(field for event in made() for field in (*event, *event["data"])), *OTHER_WORDS}
    parameters = {name for path in ("main.bicep", "logicapp.bicep") for name in bicep.tree(bicep.BICEP / path)["parameters"]}
    for word in QUOTED:
        if re.fullmatch(r"[a-z][A-Za-z_]+", word):
            assert word in known | parameters, word
        if found := re.fullmatch(r"data\.(\w+)", word):
            assert any(found[1] in event["data"] for event in made()), word


def test_fields_are_said_of_the_events_that_have_them() -> None:
    by_kind = {event["eventType"].rsplit(".", 1)[1]: event["data"] for event in made()}
    assert set(by_kind) == KINDS
    for kind, fields in re.findall(r"of a `(\w+)` ((?:the paths )?`data\.\w+`(?:(?:, | and )`data\.\w+`)*)", re.sub(r"\s+", " ", PROSE)):
        for field in re.findall(r"data\.(\w+)", fields):
            assert str(by_kind[kind][field]).startswith("/api/v1/"), (kind, field)


def test_variables_and_parameters_are_those_of_the_deployment() -> None:
    file = (bicep.BICEP / "main.bicepparam").read_text(encoding="utf-8")
    variables = dict(re.findall(r"(?m)^param (\w+) = .*?readEnvironmentVariable\('(\w+)'", file))
    for name in set(re.findall(r"azd env set (\w+)", PAGE)) | set(re.findall(r"\bLOGIC_APP_\w+", PAGE)):
        assert name in variables.values(), name
    assert {name for parameter, name in variables.items() if parameter.startswith("logicApp")} <= set(re.findall(r"\w+", PAGE))
    given = re.search(r"--template-file (\S+) \\\s+--parameters ([^`]*)```", PAGE)
    assert given
    assert (bicep.ROOT / given[1]).exists()
    known = bicep.tree(bicep.ROOT / Path(given[1]))["parameters"]
    handed = set(re.findall(r"(\w+)=", given[2]))
    assert handed <= set(known)
    assert {name for name, each in known.items() if each["default"] is None} <= handed


def test_event_types_resources_and_actions_are_named_right() -> None:
    assert {each.rsplit(".", 1)[1] for each in re.findall(r"Hipaa\.M365\.\w+", PAGE)} <= KINDS
    told = {row[0].strip("`") for row in rows(PROSE)} & KINDS
    assert told == KINDS
    connections = {each.config["name"].split("${")[0] for each in bicep.of("Microsoft.Web/connections", "logicapp.bicep")}
    assert connections == {"con-hipaa-queue-", "con-hipaa-"}
    flow = workflow.definition("teams")
    trigger = flow["triggers"]["When_there_are_events"]["recurrence"]
    assert f"every {trigger['interval']} minutes" in PAGE
    hidden = int(flow["triggers"]["When_there_are_events"]["inputs"]["queries"]["visibilitytimeout"])
    assert f"for {hidden // 60} minutes (`visibilitytimeout` of the trigger" in re.sub(r"\s+", " ", PAGE)
    end = flow["actions"]["Was_it_unreadable"]["actions"]["Mark_the_run"]["inputs"]["runError"]["code"]
    assert f"code {end}" in re.sub(r"\s+", " ", PAGE)
    for role in ("Storage Queue Data Message Processor", "Storage Queue Data Message Sender"):
        assert role in PAGE


def test_how_often_a_weekly_scan_is_told_to_be_overdue_is_counted() -> None:
    last = failed_run().model_copy(update={"status": "completed"})
    assert last.completed_at
    found = [events.scan_overdue("t", last, last.completed_at, last.completed_at + timedelta(hours=hours)) for hours in range(24 * 7)]
    times = len({event["id"] for event in found if event})
    assert times == 6
    api = (bicep.ROOT / "docs" / "API.md").read_text(encoding="utf-8")
    assert "one scan a week it comes six times a week" in api
    assert "with one scan a week that is six times a week" in PAGE


def test_the_example_is_a_message_that_is_told_as_shown(azurite: Azurite) -> None:
    body = re.search(r"printf '%s' '([^']+)'", PAGE)
    assert body
    cloud = Cloud(azurite)
    cloud.storage.ensure()
    cloud.put("{}")  # makes the queue
    cloud.run()
    cloud.posted.clear()
    cloud.put(json.loads(body[1]))
    (run,) = cloud.run()
    assert run.status == "Succeeded"
    quoted = re.search(r"This arrives:\n\n((?:>.*\n)+)", PAGE)
    assert quoted
    expected = [re.sub(r"\s*\n> ?", " ", part).lstrip("> ").strip().strip("*") for part in quoted[1].strip().split("\n>\n")]
    assert shown(text(cloud)) == expected
