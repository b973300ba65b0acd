"""The administration doors: what they may ask, where they go, and what stays out of the evidence."""

import json

import httpx
import pytest

from scanners.catalogue import asked_facts
from scanners.doors.commands import allowed, described
from scanners.errors import CatalogueError, NotPermitted, NotSupported, Unreachable, Unrecognised
from scanners.model import Ask, Door, Fact
from scanners.permissions import EXCHANGE_MANAGE_AS_APP, GLOBAL_READER, SITES_FULL_CONTROL_ALL
from tests.doors import rig as rig_module
from tests.doors.rig import TENANT, gather, raw, rig, run, says

ADMIN = (EXCHANGE_MANAGE_AS_APP, GLOBAL_READER)
EXCHANGE = Fact(reading=None, id="organization_config", door=Door.EXCHANGE, permissions=ADMIN)
PURVIEW = Fact(reading=None, id="dlp_rules", door=Door.PURVIEW, permissions=ADMIN)
TEAMS = Fact(reading=None, id="teams_meeting_policies", door=Door.TEAMS, permissions=(GLOBAL_READER,))
SHAREPOINT = Fact(reading=None, id="sharepoint_tenant", door=Door.SHAREPOINT, permissions=(SITES_FULL_CONTROL_ALL,))


@pytest.mark.parametrize(
    "cmdlet",
    ["Get-OrganizationConfig", "Get-DlpCompliancePolicy", "Get-CASMailbox", "Get-M365DataAtRestEncryptionPolicy", "Get-EOPProtectionPolicyRule"],
)
def test_reading_commands_are_allowed(cmdlet: str) -> None:
    assert allowed(cmdlet)


@pytest.mark.parametrize(
    "cmdlet",
    [
        "",
        "Set-Mailbox",
        "Remove-Mailbox",
        "New-InboxRule",
        "get-mailbox",
        "Get-",
        "Get-Mailbox; Remove-Mailbox x",
        "Get-Mailbox\nRemove-Mailbox",
        " Get-Mailbox",
        "Search-UnifiedAuditLog",
        "Invoke-Command",
        "Get-MessageTrace",
        "Get-QuarantineMessage",
        "GET-MESSAGETRACE",
        "Get-InboxRule",
        "Get-ComplianceSearchAction",
        "Export-QuarantineMessage",
        "Get-Máilbox",
    ],
)
def test_everything_else_is_refused_before_anything_is_sent(cmdlet: str) -> None:
    r = rig(says(200, {"value": []}))
    for fact in (EXCHANGE, PURVIEW):
        with pytest.raises(CatalogueError):
            run(gather(r.doors, fact, Ask(cmdlet=cmdlet)))
    assert not r.network.requests


def test_every_command_of_the_specification_is_allowed() -> None:
    for fact in asked_facts():
        for ask in fact.asks if isinstance(fact.asks, tuple) else ():
            assert not ask.cmdlet or allowed(ask.cmdlet), fact.id


def test_an_exchange_command_on_the_wire() -> None:
    r = rig(says(200, {"value": [{"Name": "x"}, None], "@adminapi.warnings": []}))
    (page,) = run(gather(r.doors, EXCHANGE, Ask(cmdlet="Get-Mailbox", parameters={"ResultSize": "Unlimited"}, query={"$select": "Guid"})))
    request = r.network.requests[0]
    assert request.method == "POST"
    assert str(request.url) == f"https://outlook.office365.com/adminapi/beta/{TENANT}/InvokeCommand?$select=Guid"
    assert json.loads(request.content) == {"CmdletInput": {"CmdletName": "Get-Mailbox", "Parameters": {"ResultSize": "Unlimited"}}}
    assert request.headers["x-anchormailbox"] == f"APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{TENANT}"
    assert request.headers["prefer"] == "odata.maxpagesize=1000"
    assert (request.headers["x-responseformat"], request.headers["x-cmdletname"]) == ("json", "Get-Mailbox")
    assert (page.path, page.method, page.api_version, page.interface) == ('Get-Mailbox {"ResultSize":"Unlimited"}', "POST", "beta", "observed")


def test_an_address_in_a_parameter_is_not_kept() -> None:
    assert described("Get-Recipient", {"Identity": "nurse@northcreek.example"}) == 'Get-Recipient {"Identity":"..."}'
    assert TENANT in described("Get-Recipient", {"Identity": TENANT})
    assert described("Get-Thing", {}) == "Get-Thing"


@pytest.mark.parametrize("body", [{"value": None}, {"Value": []}, {"value": {}}, {}, [], "x", 3])
def test_a_command_without_a_list_is_unrecognised(body: object) -> None:
    with pytest.raises(Unrecognised):
        run(gather(rig(says(200, body)).doors, EXCHANGE, Ask(cmdlet="Get-Thing")))


def _said(message: str, status: int = 400) -> rig_module.Reply:
    details = [{"code": "Context", "target": "", "message": f"Ex6F9304|Microsoft.Exchange|{message}"}]
    return says(status, {"error": {"code": status, "message": "Error executing cmdlet", "details": details}})


@pytest.mark.parametrize(
    "text",
    [
        "The term 'Get-X' is not recognized as the name of a cmdlet",
        "The command you tried to run isn't currently available: not found as the name of a cmdlet",
        "System.Management.Automation.CommandNotFoundException",
    ],
)
def test_a_hidden_command_is_a_missing_role(text: str) -> None:
    for fact in (EXCHANGE, PURVIEW):
        with pytest.raises(NotPermitted) as caught:
            run(gather(rig(_said(text)).doors, fact, Ask(cmdlet="Get-Thing")))
        assert "Global Reader" in caught.value.remedy


def test_a_parameter_that_is_gone_is_not_supported() -> None:
    with pytest.raises(NotSupported):
        run(gather(rig(_said("A parameter cannot be found that matches parameter name 'RoleAssigneeType'")).doors, EXCHANGE, Ask(cmdlet="Get-Thing")))


def test_purview_goes_to_its_region_and_asks_for_it_once() -> None:
    r = rig(says(200, {"value": []}))

    async def story() -> None:
        await gather(r.doors, PURVIEW, Ask(cmdlet="Get-DlpCompliancePolicy"))
        await gather(r.doors, PURVIEW, Ask(cmdlet="Get-DlpComplianceRule"))

    run(story())
    assert {q.url.host for q in r.network.requests} == {"nam12b.ps.compliance.protection.outlook.com"}
    assert len([q for q in r.network.side if q.url.path.endswith("/EXOModuleFile")]) == 1
    assert r.network.requests[0].headers["x-anchormailbox"].endswith("@northcreek.onmicrosoft.com")


@pytest.mark.parametrize(
    "location",
    [
        "https://nam12b.attacker.example/x",
        "http://nam12b.admin.protection.outlook.com/x",
        "https://nam-12b!.outlook.com/x",
        "https://outlook.com.attacker.example/",
        "https://attacker.example/outlook.com",
        "",
    ],
)
def test_purview_follows_only_the_vendor(location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = rig_module.beside

    def beside(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(302, headers={"location": location}) if request.url.path.endswith("EXOModuleFile") else usual(request)

    monkeypatch.setattr(rig_module, "beside", beside)
    r = rig(says(200, {"value": []}))
    with pytest.raises(Unrecognised):
        run(gather(r.doors, PURVIEW, Ask(cmdlet="Get-Thing")))
    assert r.network.hosts <= {"ps.compliance.protection.outlook.com", "graph.microsoft.com"}


@pytest.mark.parametrize(
    ("location", "base"),
    [
        ("https://localhost:9/purview/region/adminapi/v1.0/x", "https://localhost:9/purview/region"),
        ("https://nam12b.admin.protection.outlook.com/AdminApi/x", "https://localhost:8/purview"),
    ],
)
def test_a_simulated_region_stays_on_this_machine(location: str, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def beside(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(302, headers={"location": location}) if request.url.path.endswith("EXOModuleFile") else None

    monkeypatch.setattr(rig_module, "beside", beside)
    r = rig(says(200, {"value": []}), purview_base_url="https://localhost:8/purview")
    run(gather(r.doors, PURVIEW, Ask(cmdlet="Get-Thing")))
    assert str(r.network.requests[0].url) == f"{base}/adminapi/beta/{TENANT}/InvokeCommand"


def test_teams_on_the_wire() -> None:
    r = rig(says(200, [{"Identity": "Global"}, {"Identity": "Tag:Nurses"}]))
    (page,) = run(gather(r.doors, TEAMS, Ask(path="/Skype.Policy/configurations/TeamsMeetingPolicy")))
    request = r.network.requests[0]
    assert str(request.url) == "https://api.interfaces.records.teams.microsoft.com/Skype.Policy/configurations/TeamsMeetingPolicy"
    assert (request.headers["x-authz-scope"], request.headers["x-ms-forest"]) == ("tenant", "1A")
    assert "x-ms-target-uri" not in request.headers
    assert (page.path, page.interface) == ("/Skype.Policy/configurations/TeamsMeetingPolicy", "observed")


def test_older_teams_types_name_the_tenant() -> None:
    r = rig(says(200, {"Identity": "Global"}))
    run(gather(r.doors, TEAMS, Ask(path="/Skype.Policy/configurations/TenantFederationSettings/configuration/Global?adminDomain={initial_domain}")))
    request = r.network.requests[0]
    assert request.url.query == b"adminDomain=northcreek.onmicrosoft.com"
    assert request.headers["x-ms-tenant-id"] == TENANT
    assert request.headers["x-ms-target-uri"].endswith("/OcsPowershellWebservice")


def _teams_discovery(monkeypatch: pytest.MonkeyPatch, reply: rig_module.Reply) -> None:
    usual = rig_module.beside
    monkeypatch.setattr(rig_module, "beside", lambda q: reply(q) if q.url.path == "/Teams.Tenant/tenants" else usual(q))


def test_teams_place_is_believed_only_within_the_vendor(monkeypatch: pytest.MonkeyPatch) -> None:
    for host, asked in (
        ("https://nam.interfaces.records.teams.microsoft.com", "nam.interfaces.records.teams.microsoft.com"),
        ("teams.attacker.example", "api.interfaces.records.teams.microsoft.com"),
    ):
        _teams_discovery(monkeypatch, says(200, {"serviceDiscovery": {"Endpoints": {"ConfigApiEndpoint": host}}}))
        r = rig(says(200, []))
        run(gather(r.doors, TEAMS, Ask(path="/Skype.Policy/configurations/X")))
        assert r.network.requests[0].url.host == asked
        assert "x-ms-forest" not in r.network.requests[0].headers


def test_teams_discovery_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    for reply, leaf in (
        (says(403, {}), NotPermitted),
        (raw(200, b"<html>", "text/html"), Unreachable),
        (raw(200, b"{,"), Unrecognised),
        (says(200, 7), Unrecognised),
    ):
        _teams_discovery(monkeypatch, reply)
        with pytest.raises(leaf):
            run(gather(rig(says(200, [])).doors, TEAMS, Ask(path="/Skype.Policy/configurations/X")))
    _teams_discovery(monkeypatch, says(404, {}))
    assert run(gather(rig(says(200, [])).doors, TEAMS, Ask(path="/Skype.Policy/configurations/X")))


def test_teams_reads_configurations_only() -> None:
    for ask in (Ask(path="/Skype.Policy/configurations/X", method="PUT"), Ask(path="/Teams.User/users"), Ask(path="/Skype.Policy/../x")):
        with pytest.raises(CatalogueError):
            run(gather(rig(says(200, [])).doors, TEAMS, ask))


def test_sharepoint_is_shut_until_granted() -> None:
    r = rig(says(200, {}))
    with pytest.raises(NotPermitted) as caught:
        run(gather(r.doors, SHAREPOINT, Ask(path="/_api/SPO.Tenant")))
    assert "Sites.FullControl.All" in caught.value.remedy
    assert not r.network.requests


def test_sharepoint_finds_its_host() -> None:
    r = rig(says(200, {"SharingCapability": 0}), sharepoint=True)
    (page,) = run(gather(r.doors, SHAREPOINT, Ask(path="/_api/SPO.Tenant")))
    assert str(r.network.requests[0].url) == "https://northcreek-admin.sharepoint.com/_api/SPO.Tenant"
    assert page.interface == "observed"
    r = rig(says(200, {}), sharepoint=True, sharepoint_admin_url="https://other-admin.sharepoint.com")
    run(gather(r.doors, SHAREPOINT, Ask(path="/_api/SPO.Tenant")))
    assert r.network.requests[0].url.host == "other-admin.sharepoint.com"
    for ask in (Ask(path="/_api/SPO.Tenant", method="POST"), Ask(path="/sites/x")):
        with pytest.raises(CatalogueError):
            run(gather(r.doors, SHAREPOINT, ask))


def test_sharepoint_never_goes_to_a_host_that_graph_invents(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = rig_module.beside
    monkeypatch.setattr(
        rig_module,
        "beside",
        lambda q: httpx.Response(200, json={"webUrl": "https://northcreek.attacker.example"}) if q.url.path == "/v1.0/sites/root" else usual(q),
    )
    with pytest.raises(Unreachable):
        run(gather(rig(says(200, {}), sharepoint=True).doors, SHAREPOINT, Ask(path="/_api/SPO.Tenant")))


def test_sharepoint_without_the_right_to_read_the_root_site(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = rig_module.beside
    monkeypatch.setattr(rig_module, "beside", lambda q: httpx.Response(403, json={"error": {}}) if q.url.path == "/v1.0/sites/root" else usual(q))
    r = rig(says(200, {}), sharepoint=True)
    run(gather(r.doors, SHAREPOINT, Ask(path="/_api/SPO.Tenant")))
    assert r.network.requests[0].url.host == "northcreek-admin.sharepoint.com"
