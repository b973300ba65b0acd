"""The settings that the code reads are the settings that the deployment makes, both ways."""

import ast
import json
from collections.abc import Iterator

from settings import Settings, problems
from tests.infra import bicep

# Read by the platform or its extensions and not by our code, each for a reason.
PLATFORM = {
    "AzureWebJobsStorage__credential": "host storage by identity",
    "AzureWebJobsStorage__clientId": "host storage by identity",
    "AzureWebJobsStorage__blobServiceUri": "host keys, package, leases",
    "AzureWebJobsStorage__queueServiceUri": "work items of the orchestration",
    "AzureWebJobsStorage__tableServiceUri": "history of the orchestration",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "where telemetry goes",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "telemetry by identity",
}
# Read by our code and never set in Azure, each for a reason.
NEVER = {
    "EVIDENCE_STORAGE": "a connection string would be a shared key; shared keys are off",
    "SIGNING_KEY_FOLDER": "holds a development key",
    "GRAPH_BASE_URL": "simulated tenant",
    "EXCHANGE_BASE_URL": "simulated tenant",
    "PURVIEW_BASE_URL": "simulated tenant",
    "TEAMS_BASE_URL": "simulated tenant",
    "SHAREPOINT_BASE_URL": "simulated tenant",
    "LOGIN_BASE_URL": "simulated tenant",
    "DNS_BASE_URL": "simulated tenant",
    "TENANT_CA_FILE": "simulated tenant",
    "PACE": "simulated tenant",
    "ONLY_CONTROLS": "an attestation covers every control",
    "SIGN_IN": "how a laptop signs in",
    "AZURE_CLIENT_SECRET": "how a laptop signs in",
    "AZURE_CLIENT_CERTIFICATE_PATH": "how a laptop signs in",
    "WEBSITE_INSTANCE_ID": "the platform sets it",
}
PRODUCT = ("function_app.py", "settings.py", "api", "runs", "reporting", "scanners")


def made() -> dict[str, object]:
    found = [r for r in bicep.of("Microsoft.Web/sites/config") if r.config["name"] == "appsettings"]
    assert len(found) == 1
    return found[0].properties


def read_in_code() -> Iterator[str]:
    """Names handed to an environment mapping by our code: os.environ[...], .get("..."), getenv("...")."""
    for name in PRODUCT:
        path = bicep.ROOT / name
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "getenv") and node.args:
                    owner, key = ast.unparse(node.func.value), node.args[0]
                    if owner in ("os.environ", "environment", "os") and isinstance(key, ast.Constant):
                        yield str(key.value)
                elif (
                    isinstance(node, ast.Subscript)
                    and ast.unparse(node.value) in ("os.environ", "environment")
                    and isinstance(node.slice, ast.Constant)
                ):
                    yield str(node.slice.value)


def wanted() -> set[str]:
    return {str(field.alias) for field in Settings.model_fields.values()} | set(read_in_code())


def test_every_setting_that_the_code_reads_is_made_or_is_never_made_for_a_reason() -> None:
    assert {"TENANT_ID", "SIGN_IN", "AZURE_CLIENT_SECRET"} <= wanted(), "the search finds what is read"
    assert wanted() - set(made()) == set(NEVER) & wanted()
    assert set(NEVER) <= wanted(), "reasons for settings that nobody reads any more"


def test_every_setting_that_is_made_is_read() -> None:
    assert set(made()) - wanted() == set(PLATFORM)
    assert not set(made()) & set(NEVER)


def test_settings_that_flex_consumption_refuses_are_not_made() -> None:
    """https://learn.microsoft.com/azure/azure-functions/functions-app-settings#flex-consumption-plan-deprecations"""
    refused = ("FUNCTIONS_", "WEBSITE_", "SCM_", "ENABLE_ORYX", "AzureWebJobsStorage\0")
    assert not [name for name in made() if f"{name}\0".startswith(refused)]


def test_the_settings_as_the_deployment_makes_them_are_accepted_by_the_app() -> None:
    """With the defaults of main.bicep and addresses of the form that Azure gives."""
    defaults = {name: each["default"] for name, each in bicep.tree(bicep.BICEP / "main.bicep")["parameters"].items()}
    values = {
        "TENANT_ID": "6f1f2b8e-0b0e-4a53-9d3e-2a5a7a2c9e11",
        "TENANT_NAME": "Riverbend Family Clinic",
        "SCAN_SCHEDULE": defaults["scanSchedule"],
        "RUN_BUDGET": defaults["runBudget"],
        "CLOUD": defaults["cloud"],
        "WORKLOAD_SOURCE": defaults["workloadSource"],
        "PARAMETERS": json.dumps(defaults["controlParameters"]),
        "DISABLED_CONTROLS": json.dumps(defaults["disabledControls"]),
        "ENTRA_CLIENT_ID": "",
        "SIGNING_KEY_ID": "https://kv-hipaa-abcdefghijklm.vault.azure.net/keys/attestation",
        "EVIDENCE_STORAGE__blobServiceUri": "https://stevidenceabcdefghijklm.blob.core.windows.net/",
        "EVIDENCE_STORAGE__tableServiceUri": "https://stevidenceabcdefghijklm.table.core.windows.net/",
        "EVIDENCE_STORAGE__queueServiceUri": "https://stevidenceabcdefghijklm.queue.core.windows.net/",
        "BUNDLE_DELIVERY": "sas",
        "EVENT_GRID_TOPIC__topicEndpointUri": "",
        "SHAREPOINT_ADMIN": "false",
        "SHAREPOINT_ADMIN_URL": "",
        "DNS_SERVERS": "",
        "AZURE_CLIENT_ID": "0b9d1a4e-6c53-4c8e-9d0f-2f6a3c1b7e55",
        "WEBSITE_INSTANCE_ID": "an instance",
    }
    assert set(values) == (wanted() & set(made())) | {"WEBSITE_INSTANCE_ID"}
    assert problems(values) == ()
    assert problems({**values, "SIGNING_KEY_ID": "dev"}) != ()


def test_the_schedule_is_a_nightly_one_from_a_setting() -> None:
    source = (bicep.ROOT / "function_app.py").read_text(encoding="utf-8")
    assert 'schedule="%SCAN_SCHEDULE%"' in source
    assert made()["SCAN_SCHEDULE"] == "scanSchedule"
    second, minute, hour, *rest = bicep.tree(bicep.BICEP / "main.bicep")["parameters"]["scanSchedule"]["default"].split()
    assert (int(second), int(minute), rest) == (0, 0, ["*", "*", "*"])
    assert 0 <= int(hour) <= 23


def test_bundles_are_proxied_exactly_when_storage_is_private() -> None:
    told = made()["BUNDLE_DELIVERY"]
    assert isinstance(told, dict)
    choice = told["operator"]["operands"]
    assert (choice["true_value"], choice["false_value"]) == ("sas", "proxy")
    assert "empty" in str(choice["condition"])
