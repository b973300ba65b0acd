"""What somebody who may write to the queue, and is not the scanner, can make the Logic App say: that there was a message which it did not understand."""

import copy
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from local.azurite import Azurite
from runs import events
from scanners import catalogue
from tests.infra import workflow
from tests.infra.logic_app import URL, Cloud
from tests.infra.test_logic_app_runs import EXPIRING, FAILED, NOW, OVERDUE, TENANT, failed_run, text
from tests.reporting import sample

LONG = "a" * 40_000  # Teams takes 28 KB
CHANGES: dict[str, list[Any]] = {name: [] for name in ("new_fail", "new_unknown", "fixed", "readable_again")}
COMPLETED = events.scan_completed(
    TENANT,
    failed_run().model_copy(update={"id": sample.run_id(1), "status": "completed"}),
    {
        "complete": True,
        "counts": {"pass": 1, "fail": 1, "unknown": 0, "total": 2},
        "changes": {**CHANGES, "since_run": sample.run_id(0), "new_fail": ["audit_log_is_on"]},
    },
)
NO_PATHS = (
    "@evil.example/x",
    ".evil.example/x",
    ":pass@evil.example/api/v1/x",
    "//evil.example/api/v1/x",
    "https://evil.example/api/v1/runs",
    "/api/v1/../../x",
    "/api/v1//evil.example",
    "/api/v1/@evil.example",
    '/api/v1/runs/"><script>',
    "/api/v1/runs/x?a=b#c",
    "/api/v1/runs\n/x",
    "/api/console",
    " /api/v1/runs",
    "/api/v1/" + LONG,
    "",
)
NO_IDS = (LONG, "<u>&amp;", "x' or PartitionKey ne 'x", "https://evil.example/", "two words", "a\nb", "")
PLACES = {
    "ScanCompleted": (COMPLETED, ("results", "report", "changes"), ("run", "since_run")),
    "ScanFailed": (FAILED, ("details",), ("run", "tenant")),
    "ScanOverdue": (OVERDUE, ("details",), ("last_run", "last_completed_at")),
    "StatementExpiring": (EXPIRING, ("details",), ("statement", "type", "expires_on")),
}
CASES = [
    (kind, field, value)
    for kind, (_, paths, ids) in PLACES.items()
    for fields, values in ((paths, NO_PATHS), (ids, NO_IDS))
    for field in fields
    for value in values
]


def schemas(flow: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    """For each kind that is told: the schema of the event and that of its data."""
    event = flow["actions"]["Read_the_event"]["actions"]["Event"]["inputs"]["schema"]
    cases = flow["actions"]["What_happened"]["cases"].values()
    parsed = {case["case"]: [a["inputs"]["schema"] for a in case["actions"].values() if a["type"] == "ParseJson"] for case in cases}
    return {kind: (event, *data) for kind, data in parsed.items()}


def taken(event: dict[str, Any], flow: dict[str, Any]) -> bool:
    """Whether the steps that read an event take it."""
    of_event, of_data = schemas(flow)[event["eventType"]]
    whole, data = jsonschema.Draft4Validator(of_event), jsonschema.Draft4Validator(of_data)
    return bool(whole.is_valid(event) and data.is_valid(event["data"]))


@pytest.fixture(scope="module")
def azurite() -> Iterator[Azurite]:
    with Azurite(tls=True) as running:
        yield running


@pytest.fixture
def teams(azurite: Azurite) -> Cloud:
    cloud = Cloud(azurite)
    cloud.storage.ensure()
    cloud.put("{}")  # makes the queue
    cloud.run()
    cloud.posted.clear()
    return cloud


@pytest.mark.parametrize(("kind", "field", "value"), CASES, ids=[f"{k}-{f}-{v[:24]!r}" for k, f, v in CASES])
def test_what_the_scanner_never_writes_is_not_taken(kind: str, field: str, value: str) -> None:
    event, flow = copy.deepcopy(PLACES[kind][0]), workflow.definition("teams")
    assert event
    assert taken(event, flow)
    event["data"][field] = value
    assert not taken(event, flow)


@pytest.mark.parametrize("value", NO_IDS)
def test_the_id_of_an_event_and_those_of_controls_are_held_to_the_same(value: str) -> None:
    flow = workflow.definition("teams")
    assert not taken({**FAILED, "id": value}, flow)
    for field in ("new_fail", "new_unknown"):
        assert not taken({**COMPLETED, "data": {**COMPLETED["data"], field: ["audit_log_is_on", value]}}, flow)
    assert not taken({**COMPLETED, "data": {**COMPLETED["data"], "new_fail": ["a"] * 5000}}, flow)
    assert not taken({**COMPLETED, "data": {**COMPLETED["data"], "counts": {**COMPLETED["data"]["counts"], "fail": 10**30}}}, flow)


@pytest.mark.parametrize(
    "data",
    [{"details": "@evil.example/x"}, {"run": LONG}, {"details": "/api/v1/" + LONG}, {"tenant": LONG}],
    ids=["another host", "a long run", "a long path", "a long tenant"],
)
@pytest.mark.parametrize("raw", [False, True])
def test_such_a_message_is_told_as_one_that_was_not_understood_and_goes(teams: Cloud, data: dict[str, str], raw: bool) -> None:
    body = json.dumps({**FAILED, "data": {**FAILED["data"], **data}})
    (teams.put_raw if raw else teams.put)(body)
    (run,) = teams.run()
    page = text(teams)
    assert "could not be understood" in page
    assert "evil" not in page
    assert len(page.encode()) < 2_000
    assert all(link.startswith(f"{URL}/api/") for link in re.findall(r'href="([^"]*)"', page))
    assert (run.error and run.error["code"], teams.waiting()) == ("UnreadableMessage", 0)


def test_an_id_that_is_a_query_asks_the_table_nothing(teams: Cloud) -> None:
    teams.put({**COMPLETED, "data": {**COMPLETED["data"], "run": "x' or PartitionKey ne 'x"}})
    teams.run()
    assert "could not be understood" in text(teams)
    assert teams.requests == []


def test_every_text_and_list_that_people_are_told_is_bounded() -> None:
    def loose(schema: dict[str, Any], name: str) -> Iterator[str]:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if "string" in kinds and "enum" not in schema and schema.get("maxLength", 301) > 300:
            yield name
        if "array" in kinds and "maxItems" not in schema:
            yield name
        if "integer" in kinds and "maximum" not in schema:
            yield name
        for inner, each in {**schema.get("properties", {}), **({"items": schema["items"]} if "items" in schema else {})}.items():
            yield from loose(each, f"{name}/{inner}")

    for kind, parts in schemas(workflow.definition("teams")).items():
        assert len(parts) == 2
        for part in parts:
            assert not list(loose(part, kind))


def test_every_control_and_every_type_of_statement_of_the_catalogue_is_taken() -> None:
    known, flow = catalogue.load(), workflow.definition("teams")
    everything = {**COMPLETED["data"], "new_fail": sorted(known.controls), "new_unknown": sorted(known.controls)}
    assert taken({**COMPLETED, "data": everything}, flow)
    types = {fact.statement.type for fact in known.facts.values() if fact.statement}
    assert len(types) > 3
    for kind in types:
        event = events.statement_expiring(TENANT, "00000000-0000-4000-8000-000000000001", kind, (NOW.date().replace(year=2025), NOW.date()), NOW)
        assert event
        assert taken(event, flow)
    event_id = schemas(flow)["Hipaa.M365.ScanFailed"][0]["properties"]["id"]
    for control in known.controls:
        jsonschema.validate(f"ControlStatusChanged-{sample.run_id()}-{control}", event_id)


def test_no_pattern_takes_long_over_a_hostile_text() -> None:
    """The service evaluates them with backtracking, as Python does."""
    flow = workflow.definition("teams")
    patterns = set(re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(flow)))
    assert len(patterns) >= 5
    hostile = [piece * 4_000 + "!" for piece in ("a", "/a", "a=aaaa", "/aaa?a=aaa&a=aaa", "1", "-")]
    began = time.monotonic()
    for pattern in patterns:
        for body in (*hostile, *(f"/api/v1/a?{each}" for each in hostile), *(f"/api/v1{each}" for each in hostile)):
            assert not re.search(json.loads(pattern), body)
    assert time.monotonic() - began < 2


def test_a_message_is_hidden_longer_than_telling_takes_and_is_back_at_the_next_look() -> None:
    """The name is that of the connector's own description; its default of 30 seconds would hand out a message that is just being told."""
    trigger = workflow.definition("teams")["triggers"]["When_there_are_events"]
    assert trigger["inputs"]["queries"] == {"visibilitytimeout": "600"}
    assert trigger["recurrence"]["interval"] * 60 > 600
