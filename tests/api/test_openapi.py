"""The description of the interface: valid, complete, and what the app really does."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator
from openapi_spec_validator import OpenAPIV2SpecValidator

from local.scanning import _indexed
from tests.api.rig import OTHER, Api

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def document(app: Api) -> dict[str, Any]:
    return app.description.document


def test_it_is_valid_openapi_2(document: dict[str, Any]) -> None:
    schema = json.loads(files("openapi_spec_validator").joinpath("resources/schemas/v2.0/schema.json").read_text("utf-8"))
    assert [error.message for error in Draft4Validator(schema).iter_errors(document)] == []
    assert [error.message for error in OpenAPIV2SpecValidator(document).iter_errors()] == []


def test_paths_methods_and_levels_are_those_of_the_bindings(document: dict[str, Any]) -> None:
    bound = set()
    for function in _indexed().by_trigger("httpTrigger"):
        settings = function.trigger.settings
        bound |= {(f"/{settings['route']}", str(method).lower(), str(settings["authLevel"]).lower()) for method in settings["methods"]}
    said = {(path, method, each["x-auth-level"]) for path, methods in document["paths"].items() for method, each in methods.items()}
    assert said == bound


def test_what_connectors_ask_for(document: dict[str, Any]) -> None:
    operations = [each for methods in document["paths"].values() for each in methods.values()]
    names = [each["operationId"] for each in operations]
    assert len(names) == len(set(names))
    assert all(each["summary"] and each["description"] and each["responses"] for each in operations)
    text = json.dumps(document)
    assert len(text) < MEGABYTE
    for word in ('"anyOf"', '"oneOf"', '"null"', '"nullable"', "3.0"):
        assert word not in text
    assert document["x-ms-capabilities"]["testConnection"]["operationId"] in names
    for each in operations:
        security = each["security"]
        assert (security == []) == (each["x-auth-level"] == "anonymous")
        for parameter in each.get("parameters", []):
            assert parameter["in"] == "body" or parameter["x-ms-summary"], each["operationId"]


def test_every_reference_leads_somewhere_and_every_definition_is_used(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    used = {part.partition('"')[0] for part in text.split('"#/definitions/')[1:]}
    assert used == set(document["definitions"])


READS = [
    "/health", "/openapi.json", "/v1/readiness", "/v1/keys", "/v1/attestations/latest", "/v1/attestations/latest/package",
    "/v1/attestations/latest/report",
    "/v1/attestations/period?from=2026-11-01&to=2099-01-01",
    "/v1/attestations/period/package?from=2026-11-01&to=2099-01-01", "/v1/runs", "/v1/runs/{run}", "/v1/runs/{run}/status", "/v1/runs/{run}/package", "/v1/runs/{run}/report",
    "/v1/runs/{run}/results", "/v1/runs/{run}/evidence/domains", "/v1/runs/{run}/evidence/domains/1", "/v1/changes", "/v1/changes?since={run}",
    "/v1/controls", "/v1/controls/global_administrators_are_few", "/v1/controls/global_administrators_are_few/history", "/v1/statement-types",
    "/v1/statements", "/v1/exceptions",
]  # fmt: skip


@pytest.mark.parametrize("path", READS)
def test_every_read_answers_as_described(app: Api, path: str) -> None:
    assert app.get(path.replace("{run}", app.run)).status == 200


def test_the_reads_are_all_reads_that_need_no_id(app: Api, document: dict[str, Any]) -> None:
    """A new operation must be added to the list above, or be tested where its area is."""
    tried = {app.description.operation("GET", f"/api{path.replace('{run}', app.run)}")["operationId"] for path in READS}  # type: ignore[index]
    elsewhere = {"GetStatement", "GetDocument", "GetException", "ListAuditorLinks", "GetAuditorLink", "ListAccesses"}
    people = {
        "AuditorPage",
        "AuditorPackage",
        "AuditorReport",
        "AuditorRunPackage",
        "AuditorRunReport",
        "ConsoleHome",
        "ConsoleSignInPage",
        "ConsolePage",
    }
    every = {methods["get"]["operationId"] for methods in document["paths"].values() if "get" in methods}
    assert every == tried | elsewhere | people


def test_the_key_decides_what_can_be_asked(app: Api, document: dict[str, Any]) -> None:
    for template, methods in document["paths"].items():
        path = template.replace("{run}", app.run).replace("{id}", OTHER).replace("{control}", "x").replace("{fact}", "x").replace("{number}", "1")
        for method, each in methods.items():
            if each["x-auth-level"] == "anonymous":
                continue
            assert app.ask(method.upper(), path, key=None).status == 401, path
            assert app.ask(method.upper(), path, key="wrong").status == 401, path
            if each["x-auth-level"] == "admin":
                assert app.ask(method.upper(), path, key="function").status == 401, path


def test_every_route_is_on_the_page_that_people_read(document: dict[str, Any]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "API.md").read_text("utf-8")
    for template, methods in document["paths"].items():
        for method in methods:
            route = f"{method.upper()} /api{template}"
            assert method == "head" or any(f"{route}{end}" in page for end in (" ", ",", "|")), route
