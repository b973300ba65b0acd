"""Who may be talked to: clouds, base URLs, pace, and what every way to sign in needs."""

import pytest

from scanners.doors import DoorSettings, SignIn
from scanners.doors.hosts import CLOUDS, cloud, is_loopback, loopback_url, same_origin
from scanners.doors.sharepoint import admin_url
from scanners.errors import NotSupported, SettingsError
from scanners.model import Ask, Door, Fact
from tests.doors.rig import TENANT, gather, rig, run, says, settings


@pytest.mark.parametrize("value", ["https://localhost:8443", "https://127.0.0.1:8443/graph", "https://[::1]:8443/x/"])
def test_simulated_tenants_are_on_this_machine(value: str) -> None:
    assert loopback_url("GRAPH_BASE_URL", value) == value.rstrip("/")


@pytest.mark.parametrize(
    "value",
    [
        "http://localhost:8443",
        "https://graph.microsoft.com",
        "https://localhost.attacker.example",
        "https://user@localhost",
        "https://localhost/?a=1",
        "https://0.0.0.0",
        "https://10.0.0.1",
        "localhost:8443",
        "https://localhost@attacker.example",
        "https://2130706433",
    ],
)
@pytest.mark.parametrize(
    "setting",
    ["graph_base_url", "exchange_base_url", "purview_base_url", "teams_base_url", "sharepoint_base_url", "login_base_url", "dns_base_url"],
)
def test_no_base_url_leaves_this_machine(setting: str, value: str) -> None:
    with pytest.raises(SettingsError, match=setting.upper()):
        settings(**{setting: value})


def test_pace_is_for_simulated_tenants_only() -> None:
    with pytest.raises(SettingsError, match="PACE"):
        settings(pace=0.05)
    assert settings(pace=0.05, graph_base_url="https://localhost:1").pace == 0.05
    with pytest.raises(SettingsError):
        settings(pace=0.0, graph_base_url="https://localhost:1")
    with pytest.raises(SettingsError):
        settings(ca_file="ca.pem")


def test_a_simulated_tenant_opens_nothing_to_the_world() -> None:
    r = rig(says(200, {"value": []}), graph_base_url="https://localhost:8443/graph", sharepoint=True)
    fact = Fact(reading=None, id="x", door=Door.EXCHANGE)
    for door, ask in (
        (Door.EXCHANGE, Ask(cmdlet="Get-X")),
        (Door.PURVIEW, Ask(cmdlet="Get-X")),
        (Door.TEAMS, Ask(path="/Skype.Policy/configurations/X")),
        (Door.SHAREPOINT, Ask(path="/_api/SPO.Tenant")),
        (Door.DNS, Ask(path="northcreek.example", method="MX")),
    ):
        with pytest.raises(NotSupported):
            run(gather(r.doors, Fact(reading=None, id="x", door=door), ask))
    (page,) = run(gather(r.doors, Fact(reading=None, id="x"), Ask(build=lambda g: g.users)))
    assert str(r.network.requests[0].url) == "https://localhost:8443/graph/v1.0/users"
    assert page.path == "/v1.0/users"
    assert fact.door is Door.EXCHANGE


def test_clouds() -> None:
    assert set(CLOUDS) == {"public", "usgov", "dod", "china"}
    with pytest.raises(SettingsError, match="CLOUD"):
        cloud("germany")
    for home in CLOUDS.values():
        assert Door.GRAPH in home.ends
        for end in home.ends.values():
            assert end.base.startswith("https://")
            assert end.scope.endswith("/.default")
            assert not end.loopback
    assert cloud("china").ends[Door.GRAPH].base == "https://microsoftgraph.chinacloudapi.cn"
    assert not cloud("usgov").snapshots


def test_another_cloud_is_asked_at_its_own_host() -> None:
    r = rig(says(200, {"value": []}), cloud="usgov")
    run(gather(r.doors, Fact(reading=None, id="x"), Ask(build=lambda g: g.users)))
    assert r.network.hosts == {"graph.microsoft.us"}
    with pytest.raises(NotSupported):
        run(gather(r.doors, Fact(reading=None, id="x", door=Door.TEAMS), Ask(path="/Skype.Policy/configurations/X")))


def test_same_origin() -> None:
    base = "https://localhost:8443/graph"
    assert same_origin("https://localhost:8443/graph/v1.0/users", base)
    assert not same_origin("https://localhost:8443/graphs/v1.0", base)
    assert not same_origin("https://localhost:8444/graph/v1.0", base)
    assert not same_origin("https://localhost:no/graph/v1.0", base)
    assert same_origin("https://graph.microsoft.com:443/v1.0", "https://graph.microsoft.com")
    assert not is_loopback("localhost.example")


@pytest.mark.parametrize(
    ("kind", "parts"), [("client-secret", {"client_id": "a"}), ("certificate", {"client_id": "a"}), ("workload-federation", {}), ("password", {})]
)
def test_a_sign_in_without_its_parts_is_refused(kind: str, parts: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        SignIn(kind=kind, tenant_id=TENANT, **parts)  # type: ignore[arg-type]


def test_secrets_are_not_printed() -> None:
    sign_in = SignIn(kind="client-secret", tenant_id=TENANT, client_id="a", secret="s3cret", certificate_password="p4ss")
    shown = repr(DoorSettings(tenant_id=TENANT, sign_in=sign_in))
    assert "s3cret" not in shown
    assert "p4ss" not in shown


@pytest.mark.parametrize(
    "value",
    [
        "http://northcreek-admin.sharepoint.com",
        "https://northcreek.sharepoint.com",
        "https://x-admin.sharepoint.com.attacker.example",
        "https://a.b-admin.sharepoint.com",
        "https://northcreek-admin.sharepoint.com/x",
        "https://u@northcreek-admin.sharepoint.com",
    ],
)
def test_the_sharepoint_address_is_the_vendors(value: str) -> None:
    with pytest.raises(SettingsError):
        admin_url(value, "sharepoint.com")
    assert admin_url("https://northcreek-admin.sharepoint.com/", "sharepoint.com") == "https://northcreek-admin.sharepoint.com"
