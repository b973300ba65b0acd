"""Granting: dry by default, idempotent, exact, never over contents; against a directory that keeps state, and against the simulated tenant."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.grant_permissions import __main__ as command
from infra.grant_permissions.directory import Directory, DirectoryError
from infra.grant_permissions.plan import ADMIN_SERVICES, SNAPSHOT_SERVICE, Held, RefusedError, Right, compare, rights
from local.tenant import SimulatedTenant
from scanners.permissions import EXCHANGE_MANAGE_AS_APP, GLOBAL_READER
from scanners.scanner_permissions import CONTENT
from tests.infra import bicep
from tests.infra.directory import EXCHANGE, GRAPH, SCANNER, FakeDirectory
from tests.tenant import rig

TENANT = "6f1f2b8e-0b0e-4a53-9d3e-2a5a7a2c9e11"
LISTED = json.loads((bicep.ROOT / "infra" / "permissions.json").read_text(encoding="utf-8"))
MAIL_READ = "810c84a8-4a9e-49e6-bf7d-12d183f40d01"


def fake(**changes: Any) -> FakeDirectory:
    roles: dict[str, dict[str, str]] = {GRAPH: {MAIL_READ: "Mail.Read"}, EXCHANGE: {EXCHANGE_MANAGE_AS_APP.id: EXCHANGE_MANAGE_AS_APP.name}}
    for each in LISTED:
        roles.setdefault(each["resource"], {})[each["id"]] = each["name"]
    return FakeDirectory(roles, **changes)


def run(directory: FakeDirectory, *arguments: str) -> int:
    chosen = command.asked(["--tenant-id", TENANT, "--principal-id", SCANNER, *arguments])
    with directory.client() as http:
        return command.run(Directory(http), chosen)


def names(directory: FakeDirectory, principal: str = SCANNER) -> set[str]:
    known = {role["id"]: role["value"] for p in directory.principals.values() for role in p["appRoles"]}
    return {known[role] for _, role in directory.permissions.get(principal, {}).values()}


def wanted_names(*, optional: bool = True) -> set[str]:
    return {e["name"] for e in LISTED if e["kind"] == "application permission" and not e["opens_content"] and (optional or not e["optional"])}


def test_without_apply_nothing_is_written_and_the_exit_code_says_that_something_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    directory = fake()
    assert run(directory) == 3
    assert directory.writes == []
    shown = capsys.readouterr().out
    for name in wanted_names():
        assert f"+ grant {name} (" in shown
    assert "+ grant Global Reader (directory role" in shown
    assert "add its service principal" in shown


def test_apply_grants_exactly_the_list_and_a_second_time_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    directory = fake()
    assert run(directory, "--apply") == 0
    assert names(directory) == wanted_names()
    assert list(directory.directory_roles[SCANNER].values()) == [GLOBAL_READER.id]
    written = len(directory.writes)
    assert run(directory, "--apply") == 0
    assert len(directory.writes) == written
    capsys.readouterr()
    assert run(directory) == 0
    assert "+ grant" not in capsys.readouterr().out


def test_the_snapshot_service_is_added_and_may_read_settings_and_nothing_else() -> None:
    directory = fake()
    run(directory, "--apply")
    added = {p["appId"]: p["id"] for p in directory.principals.values()}
    assert {SNAPSHOT_SERVICE, ADMIN_SERVICES} <= set(added)
    assert names(directory, added[SNAPSHOT_SERVICE]) == {"Exchange.ManageAsApp"}
    assert list(directory.directory_roles[added[SNAPSHOT_SERVICE]].values()) == [GLOBAL_READER.id]
    assert added[ADMIN_SERVICES] not in directory.permissions


def test_without_snapshots_nobody_may_ask_for_them() -> None:
    directory = fake()
    assert run(directory, "--apply", "--without-snapshots") == 0
    assert SNAPSHOT_SERVICE not in {p["appId"] for p in directory.principals.values()}
    assert "ConfigurationMonitoring.ReadWrite.All" in wanted_names()
    assert names(directory) == wanted_names() - {"ConfigurationMonitoring.ReadWrite.All"}


def test_what_is_not_in_the_list_is_revoked_or_kept_when_told(capsys: pytest.CaptureFixture[str]) -> None:
    directory = fake()
    directory.permissions[SCANNER] = {"old": ("sp-graph", MAIL_READ)}
    directory.directory_roles[SCANNER] = {"older": "29232cdf-9323-42fd-ade2-1d097af3e4de"}
    assert run(directory) == 3
    assert "- revoke Mail.Read (application permission)" in capsys.readouterr().out
    run(directory, "--apply", "--keep-extra")
    assert "Mail.Read" in names(directory)
    run(directory, "--apply")
    assert names(directory) == wanted_names()
    assert list(directory.directory_roles[SCANNER].values()) == [GLOBAL_READER.id]


def test_optional_permissions_can_be_left_out() -> None:
    directory = fake()
    run(directory, "--apply", "--without-optional", "--without-snapshots")
    assert names(directory) == wanted_names(optional=False)


def test_all_pages_of_a_long_list_are_read() -> None:
    directory = fake(page=3)
    run(directory, "--apply")
    with directory.client() as http:
        held = Directory(http).held(SCANNER)
    assert len(held) == len(wanted_names()) + 1 > 9


def test_an_application_is_refused_unless_it_is_meant() -> None:
    directory = fake(kind="Application")
    with pytest.raises(RefusedError, match="no managed identity"):
        run(directory, "--apply")
    assert directory.writes == []
    assert run(directory, "--apply", "--application") == 0


def test_a_refusal_of_the_directory_is_told_in_its_words() -> None:
    with pytest.raises(DirectoryError, match="403: Insufficient privileges"):
        run(fake(refuse_writes=True), "--apply")
    unknown = fake()
    del unknown.principals[SCANNER]
    with pytest.raises(DirectoryError, match="object id, not the client id"):
        run(unknown)


def test_a_service_that_the_tenant_does_not_have_is_named() -> None:
    directory = fake()
    del directory.principals["sp-exchange"]
    with pytest.raises(DirectoryError, match="no service principal of 00000002"):
        run(directory, "--apply")


def test_a_link_to_another_host_is_not_followed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"value": [], "@odata.nextLink": "https://elsewhere.example/v1.0/servicePrincipals"})

    with (
        httpx.Client(base_url="https://graph.microsoft.com", transport=httpx.MockTransport(answer)) as http,
        pytest.raises(DirectoryError, match="another host"),
    ):
        Directory(http).service("00000003-0000-0000-c000-000000000000")


def test_permissions_over_contents_are_never_in_the_list_that_is_granted() -> None:
    marked = {each["name"] for each in LISTED if each["opens_content"]}
    assert marked == {each["name"] for each in LISTED if each["name"].lower().startswith(CONTENT)}
    assert not marked & {right.name for right in rights(LISTED, optional=True)}
    hidden = [
        {
            "name": "Mail.Read",
            "id": MAIL_READ,
            "resource": GRAPH,
            "kind": "application permission",
            "optional": False,
            "opens_content": False,
            "facts": [],
        }
    ]
    with pytest.raises(RefusedError, match=r"Mail\.Read"):
        rights(hidden, optional=True)


def test_the_only_permission_with_write_in_its_name_is_the_one_for_snapshots() -> None:
    writers = {each["name"] for each in LISTED if "write" in each["name"].lower()}
    assert writers <= {"ConfigurationMonitoring.ReadWrite.All"}
    managing = {each["name"] for each in LISTED if "manage" in each["name"].lower() and not each["name"].endswith(".Read.All")}
    assert managing - {"RoleManagement.Read.Directory"} <= {"Exchange.ManageAsApp"}, "which does nothing without the role Global Reader"


def test_what_somebody_else_granted_or_revoked_meanwhile_is_no_fault() -> None:
    directory = fake()
    right = Right("application permission", EXCHANGE, EXCHANGE_MANAGE_AS_APP.id, EXCHANGE_MANAGE_AS_APP.name)
    role = Right("directory role", GLOBAL_READER.resource, GLOBAL_READER.id, GLOBAL_READER.name)
    with directory.client() as http:
        known = Directory(http)
        for each in (right, right, role, role):
            known.grant(SCANNER, each)
        held = known.held(SCANNER)
        assert {each.right.name for each in held} >= {"Exchange.ManageAsApp"}
        for gone in (*held, *held):
            known.revoke(SCANNER, gone)
        assert known.held(SCANNER) == ()


def test_ids_are_compared_without_case() -> None:
    right = Right("application permission", GRAPH, MAIL_READ, "Mail.Read")
    assert compare([right], [Held(Right("application permission", GRAPH, MAIL_READ.upper(), "Mail.Read"), "x")]).done


def test_bicep_grants_the_same_list() -> None:
    """Both read infra/permissions.json; the fixed ids of the Bicep are those of the script."""
    text = (bicep.BICEP / "graph" / "grants.bicep").read_text(encoding="utf-8")
    assert "loadJsonContent('../../permissions.json')" in text
    assert "!each.opens_content" in text
    for name, value in {
        "graphId": GRAPH,
        "exchangeId": EXCHANGE,
        "executorId": SNAPSHOT_SERVICE,
        "manageExchangeAsApp": EXCHANGE_MANAGE_AS_APP.id,
    }.items():
        assert bicep.variable("graph/grants.bicep", name) == value
    assert {each["resource"] for each in LISTED if each["kind"] == "application permission" and not each["opens_content"]} <= {GRAPH, EXCHANGE}


def test_the_console_registration_has_the_roles_that_the_code_checks_and_no_secret() -> None:
    from api.entra import ROLES

    console = bicep.one("microsoft.graph/applications").config
    assert {role["value"] for role in console["appRoles"]} == ROLES
    assert console["signInAudience"] == "AzureADMyOrg"
    assert console["web"]["implicitGrantSettings"] == {"enableIdTokenIssuance": True, "enableAccessTokenIssuance": False}
    assert not {"passwordCredentials", "keyCredentials"} & set(console)
    assert bicep.one("microsoft.graph/servicePrincipals", "graph/console.bicep").config["appRoleAssignmentRequired"] is True


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedTenant]:
    with SimulatedTenant(rig.SMALL, tmp_path_factory.mktemp("grants"), pace=0.01) as running:
        yield running


def test_what_the_simulated_tenant_says_is_understood(tenant: SimulatedTenant, capsys: pytest.CaptureFixture[str]) -> None:
    """Reads over HTTPS, in the tenant's own form: its scanner holds more than today's list and the role."""
    scanner = tenant.world.scanner
    chosen = command.asked(["--tenant-id", TENANT, "--principal-id", scanner["object_id"]])
    try:
        code = command.run(Directory(rig.client(tenant)), chosen)
    finally:
        while rig.OPEN:
            rig.OPEN.pop().close()
    shown = capsys.readouterr().out
    assert "HIPAA scanner (ManagedIdentity" in shown
    assert "= has Policy.Read.All (application permission" in shown
    assert "= has Global Reader (directory role" in shown
    assert code == 3


def test_the_command_explains_who_must_run_it(tmp_path: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "infra.grant_permissions", "--help"], cwd=bicep.ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert "Privileged Role Administrator" in shown
    assert "Nothing is changed without --apply" in shown
    wrong = subprocess.run([sys.executable, "-m", "infra.grant_permissions"], cwd=bicep.ROOT, check=False, capture_output=True, text=True)
    assert wrong.returncode == 2
