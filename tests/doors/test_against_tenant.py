"""The doors with the real azure-identity and the real Graph SDK, over TLS, against the simulated tenant."""

import asyncio
import datetime as dt
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("local.tenant")

from local.tenant import Fault, SimulatedTenant
from scanners.doors import DoorSettings, PageTokenExpired, SignIn, open_doors
from scanners.doors.audit_query import Slice
from scanners.doors.workload import Snapshot, Taken
from scanners.errors import NotLicensed, NotPermitted, NotSupported, Undecided, Unreachable, Unrecognised
from scanners.model import Ask, Door, Fact, Throttle
from scanners.permissions import (
    AAD_PREMIUM_P2,
    AUDIT_LOGS_QUERY_READ_ALL,
    EXCHANGE_MANAGE_AS_APP,
    GLOBAL_READER,
    IDENTITY_RISKY_USER_READ_ALL,
    POLICY_READ_ALL,
    USER_READ_ALL,
)

PACE = 0.05
USERS = Fact(reading=None, id="users", permissions=(USER_READ_ALL,))
SELECT = Ask(build=lambda g: g.users, query={"$select": "id,userType", "$top": "10"})


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedTenant]:
    with SimulatedTenant("clinic", tmp_path_factory.mktemp("tenant"), pace=PACE) as found:
        yield found


@pytest.fixture(autouse=True)
def _calm(tenant: SimulatedTenant) -> Iterator[None]:
    tenant.requests.clear()
    yield
    tenant.faults.clear()


def settings(tenant: SimulatedTenant, sign_in: SignIn | None = None, **changes: Any) -> DoorSettings:
    identity, base = tenant.ends.sign_in.identity, tenant.base_url
    usual = SignIn(kind="client-secret", tenant_id=tenant.ends.sign_in.tenant_id, client_id=identity["client_id"], secret=str(identity["secret"]))
    given = {"graph_base_url": base, "login_base_url": base, "ca_file": str(tenant.ca_file), "pace": PACE}
    given |= {f"{name}_base_url": tenant.settings()[f"{name.upper()}_BASE_URL"] for name in ("exchange", "purview", "teams", "sharepoint")}
    return DoorSettings(tenant_id=tenant.ends.sign_in.tenant_id, sign_in=sign_in or usual, **{**given, **changes})


def ask(tenant: SimulatedTenant, fact: Fact = USERS, question: Ask = SELECT, sign_in: SignIn | None = None, **changes: Any) -> list[Any]:
    async def story() -> list[Any]:
        async with open_doors(settings(tenant, sign_in, **changes)) as doors:
            return [page async for page in doors[fact.door].pages(fact, question)]

    return asyncio.run(story())


def test_a_list_is_read_to_its_end(tenant: SimulatedTenant) -> None:
    pages = ask(tenant)
    rows = [row["id"] for page in pages for row in json.loads(page.body)["value"]]
    assert len(pages) > 2
    assert len(rows) == len(set(rows)) > 30
    seen = [r for r in tenant.requests if r.path == "/v1.0/users"]
    assert len(seen) == len(pages)
    assert all("USER" in "".join(r.roles).upper() for r in seen)
    assert len([r for r in tenant.requests if r.path.endswith("/oauth2/v2.0/token")]) == 1, "one token for one resource"


def test_who_the_scanner_is(tenant: SimulatedTenant) -> None:
    async def story() -> str:
        async with open_doors(settings(tenant)) as doors:
            return (await doors.principal()).object_id

    assert asyncio.run(story()) == tenant.ends.sign_in.identity["object_id"]


def test_another_tenant_is_not_read(tenant: SimulatedTenant) -> None:
    async def story() -> None:
        other = replace(settings(tenant), tenant_id="11111111-1111-4111-8111-111111111111")
        async with open_doors(other) as doors:
            async for _ in doors[Door.GRAPH].pages(USERS, SELECT):
                pass

    with pytest.raises(NotPermitted, match="another tenant"):
        asyncio.run(story())
    assert not [r for r in tenant.requests if r.path.startswith("/v1.0")]


def test_managed_identity(tenant: SimulatedTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in tenant.identity_environment().items():
        monkeypatch.setenv(name, value)
    client = tenant.ends.sign_in.identity["client_id"]
    assert ask(tenant, sign_in=SignIn(kind="managed-identity", client_id=client))
    assert not [r for r in tenant.requests if r.path.endswith("/oauth2/v2.0/token")]
    with pytest.raises(NotPermitted) as caught:
        ask(tenant, sign_in=SignIn(kind="managed-identity", client_id="00000000-0000-4000-8000-000000000000"))
    assert "AZURE_CLIENT_ID" in caught.value.remedy


def test_certificate(tenant: SimulatedTenant, tmp_path: Any) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "scanner")])
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    signed = made.not_valid_before(now).not_valid_after(now + dt.timedelta(days=1)).sign(key, hashes.SHA256())
    public = signed.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "scanner.pem").write_bytes(private + public)
    sign_in = SignIn(
        kind="certificate",
        tenant_id=tenant.ends.sign_in.tenant_id,
        client_id=tenant.ends.sign_in.identity["client_id"],
        certificate=str(tmp_path / "scanner.pem"),
    )
    with pytest.raises(NotPermitted) as caught:
        ask(tenant, sign_in=sign_in)
    assert "certificate" in caught.value.remedy
    tenant.ends.sign_in.trust(public)
    assert ask(tenant, sign_in=sign_in)


def test_a_wrong_secret_says_so_and_stays_secret(tenant: SimulatedTenant, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    identity = tenant.ends.sign_in.identity
    sign_in = SignIn(kind="client-secret", tenant_id=tenant.ends.sign_in.tenant_id, client_id=identity["client_id"], secret="wr0ng-secret")
    with pytest.raises(NotPermitted, match="AADSTS7000215") as caught:
        ask(tenant, sign_in=sign_in)
    assert "wr0ng-secret" not in caplog.text + repr(caught.value) + caught.value.remedy
    assert not [r for r in tenant.requests if r.path.startswith("/v1.0")]


def test_no_token_and_no_name_in_any_log(tenant: SimulatedTenant, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ask(tenant)
    assert "eyJ" not in caplog.text
    assert "skiptoken" not in caplog.text
    assert str(tenant.ends.sign_in.identity["secret"]) not in caplog.text


def test_an_untrusted_certificate_ends_the_talk(tenant: SimulatedTenant) -> None:
    with pytest.raises(Unreachable):
        ask(tenant, ca_file=None)


def test_a_missing_permission_is_named(tenant: SimulatedTenant) -> None:
    granted = tenant.ends.sign_in.identity["granted"]["Microsoft Graph"]
    kept = list(granted)
    granted[:] = [name for name in kept if name not in {"Policy.Read.All", "Policy.Read.ConditionalAccess"}]
    try:
        fact = Fact(reading=None, id="conditional_access_policies", permissions=(POLICY_READ_ALL,), throttle=Throttle.CONDITIONAL_ACCESS)
        with pytest.raises(NotPermitted) as caught:
            ask(tenant, fact, Ask(build=lambda g: g.identity.conditional_access.policies))
        assert POLICY_READ_ALL.id in caught.value.remedy
    finally:
        granted[:] = kept


def test_a_missing_licence_is_named(tenant: SimulatedTenant) -> None:
    fact = Fact(
        reading=None, id="risky_users", permissions=(IDENTITY_RISKY_USER_READ_ALL,), plans=(AAD_PREMIUM_P2,), throttle=Throttle.CONDITIONAL_ACCESS
    )
    with pytest.raises(NotLicensed) as caught:
        ask(tenant, fact, Ask(build=lambda g: g.identity_protection.risky_users))
    assert "Microsoft Entra ID P2" in caught.value.remedy


def test_a_path_that_is_not_there(tenant: SimulatedTenant) -> None:
    with pytest.raises(NotSupported):
        ask(tenant, USERS, Ask(path="/beta/nothingOfTheKind"))


def test_the_pace_of_conditional_access_is_kept(tenant: SimulatedTenant) -> None:
    fact = Fact(reading=None, id="conditional_access_policies", throttle=Throttle.CONDITIONAL_ACCESS)

    async def story() -> None:
        async with open_doors(settings(tenant)) as doors:

            async def one() -> None:
                async for _ in doors[Door.GRAPH].pages(fact, Ask(build=lambda g: g.identity.conditional_access.policies)):
                    pass

            await asyncio.gather(*(one() for _ in range(4)))

    asyncio.run(story())
    seen = [r for r in tenant.requests if "conditionalAccess" in r.path]
    assert [r.status for r in seen] == [200] * 4
    assert seen[-1].at - seen[0].at >= 3 * 1.1 * PACE * 0.9


def test_a_batch(tenant: SimulatedTenant) -> None:
    ids = [row["id"] for row in json.loads(ask(tenant, USERS, Ask(build=lambda g: g.groups, query={"$select": "id"}))[0].body)["value"]]
    requests = [{"id": one, "method": "GET", "url": f"/groups/{one}/owners?$select=id"} for one in ids[:5]]
    (page,) = ask(tenant, USERS, Ask(method="POST", path="/v1.0/$batch", body={"requests": requests}))
    assert {row["id"] for row in json.loads(page.body)["responses"]} == set(ids[:5])


def test_a_token_that_the_service_refuses_is_renewed(tenant: SimulatedTenant) -> None:
    body = {"error": {"code": "InvalidAuthenticationToken", "message": "Lifetime validation failed"}}
    tenant.faults.add(Fault(match="^/v1.0/users", kind="status", status=401, body=body, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}))
    assert ask(tenant)
    assert len([r for r in tenant.requests if r.path.endswith("/oauth2/v2.0/token")]) == 2


FAULTS: list[tuple[dict[str, Any], type[Undecided] | None]] = [
    ({"kind": "reset"}, None),
    ({"kind": "reset", "times": None}, Unreachable),
    ({"kind": "stall", "seconds": 3.0, "times": None}, Unreachable),
    ({"kind": "slow", "seconds": 8.0, "times": None}, Unreachable),
    ({"kind": "truncated"}, None),
    ({"kind": "truncated", "times": None}, Unreachable),
    ({"kind": "html", "times": None}, Unreachable),
    ({"kind": "html", "status": 403, "times": None}, Unreachable),
    ({"kind": "invalid_json", "times": None}, Unrecognised),
    ({"kind": "not_an_object", "times": None}, Unrecognised),
    ({"kind": "next_loop", "times": None}, Unrecognised),
    ({"kind": "next_other_host", "times": None}, Unrecognised),
    ({"kind": "duplicate_page", "times": None}, Unrecognised),
    ({"kind": "expired_token", "after": 1, "times": None}, PageTokenExpired),
    ({"kind": "status", "status": 429, "headers": {"Retry-After": "4"}}, None),
    ({"kind": "status", "status": 429, "times": None}, Unreachable),
    ({"kind": "status", "status": 503}, None),
    ({"kind": "status", "status": 500, "times": None}, Unreachable),
    ({"kind": "status", "status": 401, "times": None}, NotPermitted),
    ({"kind": "status", "status": 400, "times": None}, Unrecognised),
]


@pytest.mark.parametrize(("fault", "leaf"), FAULTS, ids=[f"{f['kind']}-{f.get('status', '')}-{f.get('times', 1)}" for f, _ in FAULTS])
def test_faults_over_a_real_connection(tenant: SimulatedTenant, fault: dict[str, Any], leaf: type[Undecided] | None) -> None:
    tenant.faults.add(Fault(match="^/v1.0/users", **fault))
    started = time.monotonic()
    if leaf is None:
        assert len(ask(tenant, answer_seconds=0.5)) > 2
    else:
        with pytest.raises(leaf):
            ask(tenant, answer_seconds=0.5)
    assert time.monotonic() - started < 6


def _served(tenant: SimulatedTenant, fact: Fact, question: Ask) -> list[Any]:
    """The pages of an administration end, or a skip while the simulated tenant has none."""
    try:
        return ask(tenant, fact, question, sharepoint=True)
    except (NotSupported, Unreachable) as found:
        if {r.status for r in tenant.requests if not r.path.startswith(("/v1.0", "/beta")) and "oauth2" not in r.path} <= {404, 405}:
            pytest.skip(f"the simulated tenant has no such end yet: {found}")
        raise


ADMIN = (EXCHANGE_MANAGE_AS_APP, GLOBAL_READER)


def test_exchange(tenant: SimulatedTenant) -> None:
    fact = Fact(reading=None, id="organization_config", door=Door.EXCHANGE, permissions=ADMIN, throttle=Throttle.EXCHANGE)
    (page,) = _served(tenant, fact, Ask(cmdlet="Get-OrganizationConfig"))
    assert isinstance(json.loads(page.body)["value"][0]["AuditDisabled"], bool)


def test_exchange_pages(tenant: SimulatedTenant) -> None:
    fact = Fact(reading=None, id="mailboxes", door=Door.EXCHANGE, permissions=ADMIN, throttle=Throttle.EXCHANGE)
    pages = _served(tenant, fact, Ask(cmdlet="Get-Mailbox", parameters={"ResultSize": "Unlimited"}, headers={"Prefer": "odata.maxpagesize=10"}))
    assert sum(len(json.loads(page.body)["value"]) for page in pages) >= 30


def test_purview(tenant: SimulatedTenant) -> None:
    fact = Fact(reading=None, id="dlp_policies", door=Door.PURVIEW, permissions=ADMIN, throttle=Throttle.PURVIEW)
    (page,) = _served(tenant, fact, Ask(cmdlet="Get-DlpCompliancePolicy"))
    assert isinstance(json.loads(page.body)["value"], list)


def test_teams(tenant: SimulatedTenant) -> None:
    fact = Fact(reading=None, id="teams_meeting_policies", door=Door.TEAMS, permissions=(GLOBAL_READER,), throttle=Throttle.TEAMS_ADMIN)
    (page,) = _served(tenant, fact, Ask(path="/Skype.Policy/configurations/TeamsMeetingPolicy"))
    assert "Global" in {row["Identity"] for row in json.loads(page.body)}
    older = Ask(path="/Skype.Policy/configurations/TenantFederationSettings/configuration/Global?adminDomain={initial_domain}")
    (page,) = _served(tenant, fact, older)
    assert "AllowFederatedUsers" in json.loads(page.body)


def test_sharepoint(tenant: SimulatedTenant) -> None:
    fact = Fact(reading=None, id="sharepoint_tenant", door=Door.SHAREPOINT, throttle=Throttle.SHAREPOINT)
    try:
        (page,) = _served(tenant, fact, Ask(path="/_api/SPO.Tenant"))
    except NotPermitted:
        return  # the sample grants it no more than an ordinary operator would
    assert "SharingCapability" in json.loads(page.body)


def _jobs(tenant: SimulatedTenant) -> None:
    """Skips while the simulated tenant does not take jobs."""
    if any(r.method == "POST" and r.status in {404, 405} for r in tenant.requests):
        pytest.skip("the simulated tenant takes no such jobs yet")


def test_snapshots(tenant: SimulatedTenant) -> None:
    types = ("microsoft.exchange.organizationconfig", "microsoft.teams.meetingpolicy")

    async def story() -> Any:
        async with open_doors(settings(tenant)) as doors:
            snapshots = doors.snapshots()
            (job,) = (await snapshots.start("all", types, run="run1")).jobs
            for _ in range(200):
                job = await snapshots.poll(job)
                if job.state != "pending":
                    break
                await asyncio.sleep(0.05)
            assert job.state == "ready"
            taken = Taken(job, await snapshots.read(job))
            assert await snapshots.delete(job)
            fact = Fact(reading=None, id="organization_config", door=Door.EXCHANGE, permissions=ADMIN)
            ask = Ask(cmdlet="Get-OrganizationConfig", snapshot=types[0])
            return [page async for page in doors.with_snapshot(Snapshot((taken,)))[Door.EXCHANGE].pages(fact, ask)]

    try:
        (page,) = asyncio.run(story())
    except Undecided:
        _jobs(tenant)
        raise
    assert page.interface == "supported"
    assert isinstance(json.loads(page.body)["value"][0]["AuditDisabled"], bool)


def test_audit_queries(tenant: SimulatedTenant) -> None:
    fact = Fact(reading=None, id="audit_log_heartbeat", permissions=(AUDIT_LOGS_QUERY_READ_ALL,))
    now = dt.datetime.now(dt.UTC)
    since, until = (now - dt.timedelta(hours=48)).isoformat(timespec="seconds"), (now - dt.timedelta(hours=4)).isoformat(timespec="seconds")

    async def story() -> Any:
        async with open_doors(settings(tenant)) as doors:
            queries = doors.audit_queries(fact)
            slices = await queries.start((Slice("files_read", ("FileAccessed", "FileDownloaded"), since, until),), "run1")
            assert await queries.start((replace(slices[0], id=""),), "run1") == slices, "what was submitted is found by its name"
            for _ in range(400):
                slices = await queries.poll(slices)
                slices = tuple([await queries.count(one, "run1") for one in slices])
                if not any(one.open for one in slices):
                    break
                await asyncio.sleep(0.05)
            return queries.page(slices)

    try:
        page = asyncio.run(story())
    except Undecided:
        _jobs(tenant)
        raise
    (row,) = json.loads(page.body)["slices"]
    assert row["status"] == "succeeded"
    assert row["records"] == sum(row["byOperation"].values())


def test_dns(tenant: SimulatedTenant) -> None:
    known = tenant.settings()
    given: dict[str, Any] = {"dns_servers": (known["DNS_SERVERS"],), "dns_base_url": known["DNS_BASE_URL"]}
    fact = Fact(reading=None, id="dns_mail_records", door=Door.DNS, throttle=Throttle.DNS)
    found = {
        kind: json.loads(ask(tenant, fact, Ask(path="alderford-clinic.example", method=kind), **given)[0].body) for kind in ("MX", "TXT", "MTA-STS")
    }
    assert found["MX"]["records"][0]["host"].endswith(".mail.protection.outlook.com")
    assert any(text.startswith("v=spf1") for text in found["TXT"]["records"])
    assert found["MTA-STS"]["status"] in {"ok", "absent"}
