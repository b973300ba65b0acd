"""The Logic App's definition is whole, names only the connection that is made, holds no secret, and fits what the app tells and stores."""

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from reporting.storage import results
from tests.infra import bicep, wdl, workflow, workflow_laws
from tests.reporting import sample

FILE = "logicapp.bicep"
TELL = ("teams", "mail")


@pytest.mark.parametrize("tell", TELL)
def test_the_definition_follows_schema_limits_and_order(tell: str) -> None:
    assert workflow_laws.faults(workflow.definition(tell)) == []


def completed(flow: dict[str, Any]) -> dict[str, Any]:
    return dict(flow["actions"]["What_happened"]["cases"]["Scan_completed"]["actions"])


def put(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """A change that sets one place of the actions."""

    def change(flow: dict[str, Any]) -> None:
        *way, last = path.split("/")
        at = flow["actions"]
        for step in way:
            at = at[step]
        at[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (put("Message/runAfter", {"Nothing": ["Succeeded"]}), "Nothing, which is not beside it"),
        (put("Message/runAfter", {"Tell": ["Succeeded"]}), "Tell, which is not beside it"),
        (put("Message/runAfter", {"Unreadable": ["Sometimes"]}), "actions"),
        (put("Unreadable/runAfter", {"Message": ["Succeeded"]}), "a circle"),
        (put("Message/inputs", "@outputs('Later')"), "refers to Later"),
        (put("Message/inputs", "@outputs('Take_the_message_off_the_queue')"), "which has not run"),
        (put("Message/inputs", "@concat('a'"), "is missing"),
        (put("Message/inputs", "@concat('a', 'b') c"), "left over"),
        (put("Message/inputs", "a @{concat('a', 'b'} c"), "missing"),
        (put("Message/inputs", "@concat('a')"), "concat takes 2"),
        (put("Message/inputs", "@htmlEncode('a')"), "htmlEncode is no function"),
        (put("Message/inputs", "@parameters('secret')"), "not declared"),
        (put("Message/inputs", "@" + "'" + "a" * 9000 + "'"), "9"),
        (put("Message/type", "Composed"), "actions"),
        (put("Message/extra", 1), "actions"),
        (put("Worth_telling/expression", {"is": ["a", "b"]}), "actions"),
        (put("Worth_telling/actions/Text/description", "a" * 257), "actions"),
        (put("Worth_telling/actions/Message", {"type": "Compose", "runAfter": {}, "inputs": 1}), "Message is there twice"),
    ],
)
def test_a_definition_that_the_service_would_refuse_is_found(change: Callable[[dict[str, Any]], None], says: str) -> None:
    flow = workflow.definition("teams")
    change(flow)
    assert any(says in fault for fault in workflow_laws.faults(flow)), workflow_laws.faults(flow)


def test_expressions_are_read_as_the_reference_says() -> None:
    scope = wdl.Scope({"a": "x'y"}, {"Text": None}, {"Skipped": {"status": "Skipped"}})
    for text, value in {
        "@parameters('a')": "x'y",
        "@concat('it''s ', 'so')": "it's so",
        "@{length('abc')} of @{length(createArray(1, 2))}": "3 of 2",
        "@triggerBody()?['Text']?['more']": None,
        "@coalesce(outputs('Skipped'), triggerBody()?['Text'], 'last')": "last",
        "@union(createArray(1, 2, 3), createArray(1, 2, 10, 101))": [1, 2, 3, 10, 101],
        "@base64ToString('aGVsbG8=')": "hello",
        "@encodeUriComponent('https://contoso')": "https%3A%2F%2Fcontoso",
        "@@concat": "@concat",
        "@null": None,
    }.items():
        assert wdl.evaluated(text, scope) == value, text
    for wrong in ("@concat('a', null)", "@if(true, 'a', json('{'))", "@triggerBody()['Other']", "@first(createArray(1))['a']", "@body('Skipped')"):
        with pytest.raises(wdl.ExpressionError):
            wdl.evaluated(wrong, scope)


@pytest.mark.parametrize(("tell", "needed"), [("teams", {"azurequeues", "teams"}), ("mail", {"azurequeues", "office365"})])
def test_only_the_connection_that_is_made_is_named(tell: str, needed: set[str]) -> None:
    text = json.dumps(workflow.definition(tell))
    assert set(re.findall(r"parameters\('\$connections'\)\['(\w+)'\]", text)) == needed
    file = bicep.text_of(bicep.BICEP / FILE)
    assert "var connector = tell == 'teams' ? 'teams' : 'office365'" in file
    assert "var telling = tell == 'teams' ? tellings.teams : tellings.mail" in file


@pytest.mark.parametrize("tell", TELL)
def test_every_parameter_of_the_definition_is_handed_in_and_no_other(tell: str) -> None:
    (flow,) = bicep.of("Microsoft.Logic/workflows")
    handed = flow.properties["parameters"]["function"]["parameters"]
    assert handed["arg_1"] == "target"
    target = bicep.variable(FILE, "target")["operator"]["operands"]["operand_2"]["operator"]["operands"]
    extra = target["true_value" if tell == "teams" else "false_value"]
    names = {str(name).strip("'") for name in (*handed["arg_2"], *extra)}
    declared = workflow.definition(tell)["parameters"]
    assert set(declared) == names
    used = {n.args[0].value for n in wdl.nodes(workflow.definition(tell)["actions"]) if isinstance(n, wdl.Call) and n.name == "parameters"}  # type: ignore[union-attr]
    assert used == names


def test_it_is_made_from_these_files_signs_in_as_itself_and_waits_until_it_is_told_to_work() -> None:
    (flow,) = bicep.of("Microsoft.Logic/workflows")
    file = bicep.text_of(bicep.BICEP / FILE)
    assert flow.file == FILE
    assert flow.config["identity"]["type"] == "SystemAssigned"
    assert flow.properties["definition"]["function"] == {"type": "union", "parameters": {"arg_1": "flowBase", "arg_2": "telling"}}
    for name, path in (("flowBase", "logicapp.json"), ("tellings", "logicapp.tell.json")):
        assert bicep.variable(FILE, name)["function"]["parameters"]["file_path"] == path
    assert file.count("enabled && addressed ? 'Enabled' : 'Disabled'") == 2
    for path in (FILE, "main.bicep"):
        parameters = bicep.tree(bicep.BICEP / path)["parameters"]
        assert parameters["enabled" if path == FILE else "logicAppEnabled"]["default"] is False
        assert parameters["tell" if path == FILE else "logicAppTell"]["default"] == "teams"


def test_it_may_take_messages_of_one_queue_and_read_one_table() -> None:
    assigned = {each.config["scope"]: each.properties["description"] for each in bicep.of("Microsoft.Authorization/roleAssignments", FILE)}
    assert assigned == {
        "events": "Take messages (Storage Queue Data Message Processor)",
        "results": "Read results (Storage Table Data Reader)",
    }


@pytest.mark.parametrize("tell", TELL)
def test_nothing_secret_and_nothing_of_a_tenant_is_in_the_definition(tell: str) -> None:
    flow = workflow.definition(tell)
    text = json.dumps(flow)
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-|@thread|[\w.]+@[\w-]+\.\w|sig=|x-functions-key", text)
    assert set(re.findall(r"https://[^/'\"]+", text)) == {"https://schema.management.azure.com", "https://storage.azure.com"}
    assert not [parameter for parameter in flow["parameters"].values() if parameter["type"].startswith("Secure")]
    http = [action for _, action in workflow.everywhere(flow["actions"]) if action["type"] == "Http"]
    assert [each["inputs"]["authentication"]["type"] for each in http] == ["ManagedServiceIdentity"]


def test_every_kind_of_event_that_the_app_makes_is_known_and_no_other() -> None:
    source = (bicep.ROOT / "runs" / "events.py").read_text(encoding="utf-8")
    made = {f"Hipaa.M365.{kind}" for kind in re.findall(r'_event\(\s*"(\w+)"', source)}
    flow = workflow.definition("teams")
    known = flow["actions"]["Read_the_event"]["actions"]["Event"]["inputs"]["schema"]["properties"]["eventType"]["enum"]
    assert set(known) == made
    assert len(made) == 5
    told = {case["case"] for case in flow["actions"]["What_happened"]["cases"].values()}
    assert made - told == {"Hipaa.M365.ControlStatusChanged"}
    assert flow["actions"]["What_happened"]["default"] == {"actions": {}}


def test_the_columns_and_the_partition_that_it_asks_for_are_those_that_are_written() -> None:
    uri = completed(workflow.definition("teams"))["Did_it_get_worse"]["actions"]["Look_up"]["actions"]["Results_of_the_run"]["inputs"]["uri"]
    columns = set(uri.split("$select=")[1].split(","))
    row = {"RowKey": "", **results._flat(sample.result("audit_log_is_on"))}
    assert columns == {"RowKey", "Severity", "Title"}
    assert columns <= set(row)
    assert f"{{parameters('tableAddress')}}{results.TABLE}()" in uri
    assert "PartitionKey eq ''run_'" in uri


def test_merging_is_what_bicep_documents_of_union() -> None:
    one = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    before = copy.deepcopy(one)
    assert workflow.merged(one, {"a": {"c": [3], "e": 2}, "d": 2}) == {"a": {"b": 1, "c": [3], "e": 2}, "d": 2}
    assert one == before
