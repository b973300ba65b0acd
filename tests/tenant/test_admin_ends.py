"""Exchange, Purview, Teams and SharePoint administration, and the tenant's DNS."""

from collections.abc import Iterator
from typing import Any

import dns.message
import dns.query
import dns.rcode
import httpx
import pytest

from local.tenant import SimulatedTenant
from tests.tenant.rig import changed, client, only

EXCHANGE, PURVIEW, TEAMS = "https://outlook.office365.com", "https://ps.compliance.protection.outlook.com", "48ac35b8-9aa8-4d74-927d-1f4a14a0b239"
PATCH: dict[str, Any] = {
    "skus": {"SPE_E5": None, "SPB": 30},
    "people": {"sku": {"SPE_E5": 0.0, "SPB": 1.0}},
    "exchange": {
        "TransportRule": {"rows": {"Copy": {"BlindCopyTo": ["x@outside.example"], "FromScope": "InOrganization"}}},
        "Mailbox": {"people": {"dana": {"ForwardingSmtpAddress": "smtp:d@outside.example"}}},
        "TenantAllowBlockListItems": {"rows": {"a.example": {"ListType": "Url"}, "b.example": {"ListType": "Sender"}}},
        "DkimSigningConfig": {"domains": {"small.example": {}}},
    },
    "purview": {"RetentionCompliancePolicy": {"rows": {"Mail": {"ExchangeLocation": ["All"]}}}},
    "teams": {"TeamsMeetingPolicy": {"rows": {"Global": {"AllowCloudRecording": False}, "Reception": {}}}},
    "dns": {
        "records": {"_dmarc.small.example": {"TXT": ["v=DMARC1; p=reject; " + "x" * 300]}},
        "servfail": ["bad.small.example"],
        "policies": {"small.example": "version: STSv1"},
    },
}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedTenant]:
    with SimulatedTenant(changed(**PATCH), tmp_path_factory.mktemp("clinic"), pace=0.001) as found:
        yield found


def invoke(http: httpx.Client, base: str, name: str, parameters: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
    body = {"CmdletInput": {"CmdletName": name, "Parameters": parameters or {}}}
    return http.post(f"{base}/InvokeCommand", json=body, headers=headers)


def exchange(tenant: SimulatedTenant) -> tuple[httpx.Client, str]:
    return client(tenant, EXCHANGE), f"/exchange/adminapi/beta/{tenant.world.tenant['id']}"


def rows(answer: httpx.Response) -> list[Any]:
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["value"]
    return found


def test_a_cmdlet_answers_rows_with_annotations_and_names(clinic: SimulatedTenant) -> None:
    http, base = exchange(clinic)
    found = rows(invoke(http, base, "Get-OrganizationConfig"))
    assert len(found) == 1
    assert found[0]["AuditDisabled"] is False
    policy = rows(invoke(http, base, "Get-SharingPolicy"))[0]
    assert policy["Domains@odata.type"] == "#Collection(String)"
    assert policy["OriginatingServer"]
    assert rows(invoke(http, base, "Get-JournalRule")) == [None]
    rule = rows(invoke(http, base, "Get-TransportRule", {"ResultSize": "Unlimited"}))[0]
    assert (len(rule["Conditions"]), rule["State"]) == (1, "Enabled")


def test_pages_go_on_with_the_same_body(clinic: SimulatedTenant) -> None:
    http, base = exchange(clinic)
    prefer = {"Prefer": "odata.maxpagesize=10"}
    answer = invoke(http, base, "Get-Mailbox", {"ResultSize": "Unlimited"}, **prefer)
    found, body = rows(answer), {"CmdletInput": {"CmdletName": "Get-Mailbox", "Parameters": {"ResultSize": "Unlimited"}}}
    while "@odata.nextLink" in answer.json():
        answer = http.post(answer.json()["@odata.nextLink"], json=body, headers=prefer)
        found += rows(answer)
    assert len(found) == len({row["ExternalDirectoryObjectId"] for row in found}) == 25
    assert {row["RecipientTypeDetails"] for row in found} == {"UserMailbox", "SharedMailbox"}


def test_parameters_choose(clinic: SimulatedTenant) -> None:
    http, base = exchange(clinic)
    forwarding = invoke(
        http, base, "Get-Mailbox", {"ResultSize": "Unlimited", "Filter": "ForwardingSmtpAddress -ne $null -or ForwardingAddress -ne $null"}
    )
    assert [row["ExternalDirectoryObjectId"] for row in rows(forwarding)] == [clinic.world.people.user_id("dana")]
    assert [row["Value"] for row in rows(invoke(http, base, "Get-TenantAllowBlockListItems", {"ListType": "Url", "Allow": True}))] == ["a.example"]
    strange = invoke(http, base, "Get-Mailbox", {"Colour": "red"})
    assert (strange.status_code, "ParameterBindingException" in strange.text) == (400, True)


def test_what_a_role_or_plan_does_not_show_is_no_cmdlet(clinic: SimulatedTenant) -> None:
    http, base = exchange(clinic)
    for name in ("Get-Unheard", "Set-Mailbox", "Get-M365DataAtRestEncryptionPolicy", "Get-EmailTenantSettings"):
        answer = invoke(http, base, name)
        assert (answer.status_code, "is not recognized as the name of a cmdlet" in answer.text) == (400, True), name
    assert invoke(client(clinic), base, "Get-Mailbox").status_code == 401
    assert invoke(only(clinic, [], EXCHANGE), base, "Get-Mailbox").status_code == 401


def test_purview_is_found_by_a_redirect_to_its_region(clinic: SimulatedTenant) -> None:
    http, tenant_id = client(clinic, PURVIEW), clinic.world.tenant["id"]
    moved = http.get(f"/purview/AdminApi/v1.0/{tenant_id}/EXOModuleFile")
    assert moved.status_code == 302
    base = f"{moved.headers['location'].split('/AdminApi/')[0]}/adminapi/beta/{tenant_id}"
    assert base.startswith(f"{clinic.base_url}/purview/")
    plain = rows(invoke(http, base, "Get-RetentionCompliancePolicy"))[0]
    detailed = rows(invoke(http, base, "Get-RetentionCompliancePolicy", {"DistributionDetail": True}))[0]
    assert (plain["ExchangeLocation"], plain["DistributionStatus"]) == ([], "Pending")
    assert (detailed["ExchangeLocation"], detailed["DistributionStatus"]) == (["All"], "Success")
    assert rows(invoke(http, base, "Get-AdminAuditLogConfig"))[0]["UnifiedAuditLogIngestionEnabled"] is False
    assert rows(invoke(http, base, "Get-DlpCompliancePolicy")) == []
    assert invoke(client(clinic, EXCHANGE), base, "Get-RoleGroup").status_code == 401


def test_teams_shows_every_instance_and_who_made_it(clinic: SimulatedTenant) -> None:
    http = client(clinic, TEAMS)
    base = "/teams-admin/Skype.Policy/configurations"
    found = {row["Identity"]: row for row in http.get(f"{base}/TeamsMeetingPolicy").json()}
    assert (found["Global"]["AllowCloudRecording"], found["Global"]["ConfigMetadata"]["Authority"]) == (False, "Tenant")
    assert found["Tag:Reception"]["ConfigMetadata"]["Authority"] == "Tenant"
    assert found["Tag:AllOn"]["ConfigMetadata"]["Authority"] == "Host"
    assert http.get(f"{base}/TeamsClientConfiguration/configuration/Global").json()["AllowBox"] is True
    assert http.get(f"{base}/TeamsUnheard").status_code == 404
    old = f"{base}/TenantFederationSettings/configuration/Global"
    assert http.get(old).status_code == 400
    headers = {"x-ms-target-uri": "https://admin0a.online.lync.com/OcsPowershellWebservice", "x-ms-tenant-id": clinic.world.tenant["id"]}
    assert http.get(f"{old}?adminDomain=small.onmicrosoft.com", headers=headers).json()["AllowTeamsConsumer"] is True
    where = http.get("/teams-admin/Teams.Tenant/tenants").json()
    assert where["serviceDiscovery"]["Headers"]["X-MS-Forest"]
    assert client(clinic).get(f"{base}/TeamsMeetingPolicy").status_code == 401


def test_sharepoint_is_shut_unless_full_control_was_granted(clinic: SimulatedTenant) -> None:
    audience = "https://small-admin.sharepoint.com"
    assert client(clinic).get("/sharepoint/_api/SPO.Tenant").status_code == 401
    assert client(clinic, audience).get("/sharepoint/_api/SPO.Tenant").status_code == 403
    granted = only(clinic, ["Sites.FullControl.All"], audience)
    plain = granted.get("/sharepoint/_api/SPO.Tenant", headers={"Accept": "application/json;odata=nometadata"}).json()
    assert (plain["SharingCapability"], plain["ODBSharingCapability"], plain["GuestSharingGroupAllowListInTenantByGroupId"]) == (2, 2, [])
    verbose = granted.get("/sharepoint/_api/SPO.Tenant", headers={"Accept": "application/json;odata=verbose"}).json()["d"]
    assert verbose["GuestSharingGroupAllowListInTenantByGroupId"]["results"] == []


def ask(tenant: SimulatedTenant, name: str, kind: str, *, tcp: bool = False) -> Any:
    address, _, port = tenant.dns_server.partition(":")
    query = dns.message.make_query(name, kind)
    send = dns.query.tcp if tcp else dns.query.udp
    return send(query, address, port=int(port), timeout=3)


def test_dns_answers_for_the_tenants_names(clinic: SimulatedTenant) -> None:
    assert "small-example.mail.protection.outlook.com" in str(ask(clinic, "small.example", "MX").answer[0])
    assert "v=spf1" in str(ask(clinic, "small.example", "TXT").answer[0])
    assert "selector1-small-example._domainkey.small.onmicrosoft.com." in str(ask(clinic, "selector1._domainkey.small.example", "CNAME").answer[0])
    long = ask(clinic, "_dmarc.small.example", "TXT", tcp=True).answer[0][0]
    assert [len(piece) for piece in long.strings] == [255, 65]
    assert ask(clinic, "_mta-sts.small.example", "TXT").rcode() == dns.rcode.NXDOMAIN
    assert ask(clinic, "small.example", "AAAA").answer == []
    assert ask(clinic, "bad.small.example", "TXT").rcode() == dns.rcode.SERVFAIL
    assert ask(clinic, "elsewhere.example", "TXT").rcode() == dns.rcode.REFUSED
    assert client(clinic).get("/dns/small.example/.well-known/mta-sts.txt").text == "version: STSv1"
    assert client(clinic).get("/dns/other.example/.well-known/mta-sts.txt").status_code == 404
