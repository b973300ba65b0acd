"""What protects evidence, key and access is in the deployment, by name: no default that can be left out, no door that stays open."""

import re
from typing import Any

from reporting.storage import CONTAINERS, TABLES
from reporting.storage.blobs import SHARED, SKEW
from reporting.storage.queue import QUEUE
from tests.infra import bicep

NARROW = {"host", "evidence", "events", "key", "insights", "topic", "results"}


def account(name: str) -> dict[str, Any]:
    return bicep.one("Microsoft.Storage/storageAccounts", f"modules/{name}.bicep").properties


def test_no_account_has_a_key_a_public_blob_or_old_tls() -> None:
    for name in ("host-storage", "evidence"):
        kept = account(name)
        assert kept["allowSharedKeyAccess"] is False
        assert kept["allowBlobPublicAccess"] is False
        assert kept["allowCrossTenantReplication"] is False
        assert kept["defaultToOAuthAuthentication"] is True
        assert kept["supportsHttpsTrafficOnly"] is True
        assert kept["minimumTlsVersion"] == "TLS1_2"
    for each in bicep.of("Microsoft.Storage/storageAccounts/blobServices/containers"):
        assert each.properties["publicAccess"] == "None"


def test_evidence_cannot_be_changed_for_six_years_and_is_locked_only_by_choice() -> None:
    rule = account("evidence")["immutableStorageWithVersioning"]
    assert rule["enabled"] is True
    policy = rule["immutabilityPolicy"]
    assert policy["immutabilityPeriodSinceCreationInDays"] == "retentionDays"
    assert policy["allowProtectedAppendWrites"] is False
    choice = policy["state"]["operator"]["operands"]
    assert (choice["condition"], choice["true_value"], choice["false_value"]) == ("lockEvidence", "Locked", "Unlocked")
    parameters = bicep.tree(bicep.BICEP / "main.bicep")["parameters"]
    assert parameters["retentionDays"]["default"] == 2192
    assert {d["type"]: d["argument"] for d in parameters["retentionDays"]["decorators"]}["min_value"] == 2192
    assert parameters["lockEvidence"]["default"] is False
    assert "ONE WAY" in parameters["lockEvidence"]["decorators"][0]["argument"]
    blobs = bicep.one("Microsoft.Storage/storageAccounts/blobServices", "modules/evidence.bicep").properties
    assert blobs["isVersioningEnabled"] is True
    assert blobs["deleteRetentionPolicy"]["allowPermanentDelete"] is False
    assert "immutableStorageWithVersioning" not in account("host-storage"), "leases and overwrites of the host break under immutability"


def test_no_rule_deletes_evidence() -> None:
    rules = bicep.one("Microsoft.Storage/storageAccounts/managementPolicies").properties["policy"]["rules"]
    assert rules
    words = set(bicep.strings(rules))
    assert not {word for word in words if "delete" in word.lower()}
    assert {"tierToCool", "tierToCold"} <= words


def test_the_store_has_the_containers_tables_and_queue_that_the_code_uses() -> None:
    assert tuple(bicep.variable("modules/evidence.bicep", "containerNames")) == CONTAINERS
    assert tuple(bicep.variable("modules/evidence.bicep", "tableNames")) == TABLES
    queue = bicep.one("Microsoft.Storage/storageAccounts/queueServices/queues").config["name"]
    assert queue == QUEUE


def test_download_addresses_are_shorter_than_the_account_allows() -> None:
    days, rest = account("evidence")["sasPolicy"]["sasExpirationPeriod"].split(".", 1)
    hours, minutes, seconds = (int(part) for part in rest.split(":"))
    allowed = int(days) * 86400 + hours * 3600 + minutes * 60 + seconds
    assert (SHARED + SKEW).total_seconds() <= allowed <= 15 * 60
    assert account("evidence")["sasPolicy"]["expirationAction"] == "Block"


def test_the_key_is_in_hardware_signs_only_and_cannot_be_purged() -> None:
    vault = bicep.one("Microsoft.KeyVault/vaults").properties
    assert vault["sku"]["name"] == "premium"
    assert vault["enableRbacAuthorization"] is True
    assert vault["enablePurgeProtection"] is True
    assert vault["softDeleteRetentionInDays"] == 90
    key = bicep.one("Microsoft.KeyVault/vaults/keys").properties
    assert (key["kty"], key["curveName"], key["keyOps"]) == ("EC-HSM", "P-256", ["sign", "verify"])
    assert key["attributes"]["exportable"] is False
    assert {a["action"]["type"] for a in key["rotationPolicy"]["lifetimeActions"]} == {"rotate", "notify"}


def test_the_app_is_reached_by_tls_and_deployed_without_passwords() -> None:
    app = bicep.one("Microsoft.Web/sites").properties
    assert app["httpsOnly"] is True
    assert app["siteConfig"]["minTlsVersion"] == "1.2"
    assert app["siteConfig"]["ftpsState"] == "Disabled"
    assert app["siteConfig"]["cors"]["allowedOrigins"] == []
    assert app["functionAppConfig"]["runtime"] == {"name": "python", "version": "3.13"}
    assert app["functionAppConfig"]["scaleAndConcurrency"]["instanceMemoryMB"] == 2048
    assert app["functionAppConfig"]["deployment"]["storage"]["authentication"]["type"] == "UserAssignedIdentity"
    policies = bicep.of("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    assert {p.config["name"]: p.properties["allow"] for p in policies} == {"ftp": False, "scm": False}
    assert bicep.one("Microsoft.Web/sites").config["identity"]["type"] == "UserAssigned"


def test_the_platform_sign_in_lets_nobody_in_by_itself() -> None:
    """It starts the sign-in; api/entra.py checks the token. So it must not answer for routes that keys and links open."""
    sign_in = next(r for r in bicep.of("Microsoft.Web/sites/config") if r.config["name"] == "authsettingsV2").properties
    assert sign_in["globalValidation"] == {"requireAuthentication": False, "unauthenticatedClientAction": "AllowAnonymous"}
    provider = sign_in["identityProviders"]["azureActiveDirectory"]
    assert provider["validation"]["allowedAudiences"] == ["consoleClientId"]
    assert "clientSecretSettingName" not in provider["registration"]


def test_telemetry_and_events_take_no_keys() -> None:
    assert bicep.one("Microsoft.Insights/components").properties["DisableLocalAuth"] is True
    assert bicep.one("Microsoft.OperationalInsights/workspaces").properties["features"]["disableLocalAuth"] is True
    assert bicep.one("Microsoft.EventGrid/topics").properties["disableLocalAuth"] is True
    assert bicep.one("Microsoft.EventGrid/topics").properties["inputSchema"] == "EventGridSchema"


def documented() -> set[str]:
    text = (bicep.ROOT / "docs" / "OPERATIONS.md").read_text(encoding="utf-8")
    part = text.split("### What its identity may do in Azure", 1)[1].split("\n#", 1)[0]
    return {row.split("|")[1].strip() for row in part.splitlines() if row.startswith("| ")} - {"role"}


def test_the_roles_of_the_identity_are_the_documented_ones_on_single_resources() -> None:
    roles = {name.strip("'") for name in bicep.variable("modules/access.bicep", "roles")}
    assert roles | {"EventGrid Data Sender"} == documented()
    assigned = bicep.of("Microsoft.Authorization/roleAssignments")
    assert len(assigned) == 12
    for each in assigned:
        assert each.config.get("scope") in NARROW, f"{each.file}: {each.name} is wider than one resource"
        assert each.properties["principalType"] == "ServicePrincipal"
        assert each.properties["description"]
    used = " ".join(str(each.properties["roleDefinitionId"]) for each in bicep.of("Microsoft.Authorization/roleAssignments", "modules/access.bicep"))
    assert all(name in used for name in roles), "every role in the list is assigned"


def test_no_role_is_owner_contributor_or_reader() -> None:
    broad = {
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
        "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
        "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
        "00482a5a-887f-4fb3-b363-3b7fe8e74483": "Key Vault Administrator",
        "14b46e9e-c2b7-41b4-b07b-48a6ebf60603": "Key Vault Crypto Officer",
        "17d1049b-9a84-46fb-8f53-869881c3d3ab": "Storage Account Contributor",
    }
    for path in bicep.files():
        for guid, name in broad.items():
            assert guid not in bicep.text_of(path), f"{path.name} assigns {name}"


def test_the_identity_cannot_delete_evidence() -> None:
    blobs = next(r for r in bicep.of("Microsoft.Authorization/roleAssignments") if r.name == "evidenceBlobs").properties
    assert blobs["condition"] == "neverDelete"
    assert blobs["conditionVersion"] == "2.0"
    condition = bicep.variable("modules/access.bicep", "neverDelete")
    assert "!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete'})" in condition
    exempt = re.search(r"containers:name\] StringEquals '([^']+)'", condition)
    assert exempt
    assert exempt[1] not in CONTAINERS
    assert condition.count("(") == condition.count(")")
    owners = [r for r in bicep.of("Microsoft.Authorization/roleAssignments") if "Storage Blob Data Owner" in str(r.properties)]
    assert [r.config["scope"] for r in owners] == ["host"]


def test_private_networking_closes_storage_and_vault_and_leads_to_all_seven_ends() -> None:
    closed = [account("host-storage"), account("evidence"), bicep.one("Microsoft.KeyVault/vaults").properties]
    for each in closed:
        public, rule = each["publicNetworkAccess"]["operator"]["operands"], each["networkAcls"]["defaultAction"]["operator"]["operands"]
        assert (public["condition"], public["true_value"]) == ("privateNetwork", "Disabled")
        assert (rule["condition"], rule["true_value"]) == ("privateNetwork", "Deny")
    assert [each["networkAcls"]["bypass"] for each in closed] == ["None", "AzureServices", "AzureServices"]  # lifecycle rules; deployments
    targets = bicep.variable("modules/endpoints.bicep", "targets")
    assert {(t["id"], t["group"]) for t in targets} == {
        *((a, g) for a in ("hostAccountId", "evidenceAccountId") for g in ("blob", "queue", "table")),
        ("vaultId", "vault"),
    }
    subnets = bicep.one("Microsoft.Network/virtualNetworks").properties["subnets"]
    assert subnets[0]["properties"]["delegations"][0]["properties"]["serviceName"] == "Microsoft.App/environments"
