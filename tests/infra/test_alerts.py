"""The alarms look for what is really written: our own log messages, and operations of the storage and key services."""

import ast
import json
import re

from tests.infra import bicep

FILE = "modules/alerts.bicep"


def messages(file: str) -> list[str]:
    """The formats of the log calls in a file of ours."""
    tree = ast.parse((bicep.ROOT / file).read_text(encoding="utf-8"))
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and ast.unparse(n.func.value) == "log"]
    return [str(n.args[0].value) for n in calls if n.args and isinstance(n.args[0], ast.Constant)]


def query(name: str) -> str:
    found: str = bicep.variable(FILE, name)
    return found


def test_there_is_an_alarm_for_everything_that_must_not_go_unseen() -> None:
    names = {each["name"] for each in bicep.variable(FILE, "whenever")}
    assert names == {"scan-failed", "signature-failed", "evidence-deletion", "signing-key-touched"}
    rules = bicep.of("Microsoft.Insights/scheduledQueryRules")
    assert {r.name for r in rules} == {"alarms", "overdue"}
    for rule in rules:
        assert rule.properties["enabled"] is True
        assert rule.properties["actions"]["actionGroups"] == ["actionGroupId"]


def test_a_failed_run_is_found_by_the_message_that_the_app_writes() -> None:
    assert "run ended failed: %s" in messages("runs/steps.py")
    assert 'Message has "run ended failed"' in query("failedQuery")
    pattern = re.search(r'matches regex "([^"]+)"', query("failedQuery"))
    assert pattern
    for form in messages("runs/shell.py"):
        for step in ("plan_run", "close_run", "fail_run"):
            assert re.search(pattern[1], form.replace("%s", step, 1)), form
    assert not re.search(pattern[1], "scan_control could not be done: Unreachable"), "one control is not the run"


def test_a_missing_signature_is_found_by_the_message_that_the_app_writes() -> None:
    wanted = re.search(r'startswith "([^"]+)"', query("unsignedQuery"))
    assert wanted
    assert wanted[1] in {form % ("close_run", "SigningError") for form in messages("runs/shell.py") if form.count("%s") == 2}


def test_a_starting_fault_is_found_by_the_name_of_the_timer() -> None:
    source = (bicep.ROOT / "function_app.py").read_text(encoding="utf-8")
    for name in re.findall(r'Name == "(\w+)"', query("failedQuery")):
        assert f"async def {name}(" in source


def test_an_overdue_scan_is_found_by_what_only_a_signed_run_writes() -> None:
    assert 'Uri has "/attestations/chain/"' in query("overdueQuery")
    source = (bicep.ROOT / "reporting" / "storage" / "attestations.py").read_text(encoding="utf-8")
    assert "attestations/chain/" in source
    assert "ago(26h)" in query("overdueQuery"), "the age after which the API says stale (docs, GET attestations/latest)"
    rule = next(r for r in bicep.of("Microsoft.Insights/scheduledQueryRules") if r.name == "overdue").properties
    criterion = rule["criteria"]["allOf"][0]
    assert (criterion["operator"], criterion["threshold"], criterion["metricMeasureColumn"]) == ("LessThan", 1, "Signed")
    assert rule["overrideQueryTimeRange"] == "P2D", "26 hours do not fit into a window of a day"


def test_deleting_is_seen_from_both_sides() -> None:
    assert "DeleteBlob" in query("deletionQuery")
    assert "Microsoft.Storage/storageAccounts/delete" in bicep.variable(FILE, "managed")
    assert "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/delete" in bicep.variable(FILE, "managed")
    for name in ("overdueQuery", "deletionQuery"):
        assert 'AccountName == "ACCOUNT"' in query(name), "other accounts of the workspace are not ours"


def test_the_logs_that_the_alarms_read_are_collected() -> None:
    collected = {
        r.config["scope"]: [entry.get("category", entry.get("categoryGroup")) for entry in r.properties["logs"]]
        for r in bicep.of("Microsoft.Insights/diagnosticSettings")
    }
    for service in ("blobs", "tableService", "queueService"):
        assert collected[service] == ["StorageRead", "StorageWrite", "StorageDelete"]
    assert collected["vault"] == ["audit"]
    lasting = bicep.variable("modules/monitoring.bicep", "lastingTables")
    assert {"StorageBlobLogs", "AZKVAuditLogs"} <= set(lasting)
    assert bicep.one("Microsoft.OperationalInsights/workspaces/tables").properties["totalRetentionInDays"] >= 2192


def test_sampling_cannot_drop_what_the_alarms_look_for() -> None:
    host = json.loads((bicep.ROOT / "host.json").read_text(encoding="utf-8"))
    kept = host["logging"]["applicationInsights"]["samplingSettings"]["excludedTypes"].split(";")
    assert {"Trace", "Request", "Exception"} <= set(kept)
    assert host["logging"]["logLevel"]["default"] == "Information"
    assert host["logging"]["logLevel"]["Host.Results"] == "Error", "failed invocations are written as requests"
