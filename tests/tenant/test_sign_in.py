"""The real azure-identity signs in, and is refused in the words of Microsoft Entra."""

import datetime as dt
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientAssertionCredential, ClientSecretCredential, ManagedIdentityCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from local.tenant import SimulatedTenant
from tests.tenant.rig import GRAPH, client, trust

SCOPE = f"{GRAPH}/.default"


def options(tenant: SimulatedTenant) -> dict[str, Any]:
    return {"authority": tenant.base_url, "disable_instance_discovery": True, "connection_verify": str(tenant.ca_file), "retry_total": 0}


def who(tenant: SimulatedTenant) -> tuple[str, str]:
    return tenant.world.tenant["id"], tenant.world.scanner["client_id"]


def claims(tenant: SimulatedTenant, token: str) -> dict[str, Any]:
    return tenant.ends.sign_in.signer.read(token)


def test_a_client_secret_gives_a_token_for_the_resource_asked_for(tenant: SimulatedTenant) -> None:
    with ClientSecretCredential(*who(tenant), tenant.world.scanner["secret"], **options(tenant)) as credential:
        graph, exchange = (credential.get_token(scope).token for scope in (SCOPE, "https://outlook.office365.com/.default"))
    said = claims(tenant, graph)
    assert (said["aud"], said["tid"], said["oid"]) == (GRAPH, tenant.world.tenant["id"], tenant.world.scanner["object_id"])
    assert "User.Read.All" in said["roles"]
    assert claims(tenant, exchange)["roles"] == ["Exchange.ManageAsApp"]
    assert client(tenant, token=graph).get("/v1.0/users?$top=1").status_code == 200
    assert client(tenant, token=exchange).get("/v1.0/users?$top=1").json()["error"]["code"] == "InvalidAuthenticationToken"


def test_a_wrong_secret_is_refused_by_name(tenant: SimulatedTenant) -> None:
    with (
        ClientSecretCredential(*who(tenant), "wrong", **options(tenant)) as credential,
        pytest.raises(ClientAuthenticationError, match="AADSTS7000215"),
    ):
        credential.get_token(SCOPE)


@pytest.mark.parametrize(
    ("tenant_id", "client_id", "code"), [("own", "0" * 8, "AADSTS700016"), ("11111111-0000-4000-8000-000000000000", "own", "AADSTS90002")]
)
def test_strangers_are_refused(tenant: SimulatedTenant, tenant_id: str, client_id: str, code: str) -> None:
    own_tenant, own_client = who(tenant)
    form = {"client_id": own_client if client_id == "own" else client_id, "client_secret": "x", "grant_type": "client_credentials", "scope": SCOPE}
    url = f"{tenant.base_url}/{own_tenant if tenant_id == 'own' else tenant_id}/oauth2/v2.0/token"
    answer = httpx.post(url, data=form, verify=trust(tenant))
    assert answer.status_code == 400
    assert code in answer.json()["error_description"]


def test_a_resource_the_tenant_does_not_know_is_refused(tenant: SimulatedTenant) -> None:
    own = ClientSecretCredential(*who(tenant), tenant.world.scanner["secret"], **options(tenant))
    with own, pytest.raises(ClientAuthenticationError, match="AADSTS500011"):
        own.get_token("https://vault.azure.net/.default")


def made_certificate(folder: Path) -> tuple[Path, bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "scanner")])
    today = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    certificate = builder.not_valid_before(today).not_valid_after(today + dt.timedelta(days=1)).sign(key, hashes.SHA256())
    public = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "scanner.pem").write_bytes(private + public)
    return folder / "scanner.pem", public


def test_a_certificate_counts_once_it_is_registered(tenant: SimulatedTenant, tmp_path: Path) -> None:
    file, public = made_certificate(tmp_path)
    with CertificateCredential(*who(tenant), str(file), **options(tenant)) as credential:
        with pytest.raises(ClientAuthenticationError, match="AADSTS700027"):
            credential.get_token(SCOPE)
        tenant.ends.sign_in.trust(public)
        assert claims(tenant, credential.get_token(SCOPE).token)["aud"] == GRAPH


def test_a_managed_identity_signs_in_the_way_app_service_offers(tenant: SimulatedTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in tenant.identity_environment().items():
        monkeypatch.setenv(name, value)
    with ManagedIdentityCredential() as credential:
        assert claims(tenant, credential.get_token(SCOPE).token)["aud"] == GRAPH
    monkeypatch.setenv("IDENTITY_HEADER", "stolen")
    with ManagedIdentityCredential() as credential, pytest.raises(ClientAuthenticationError):
        credential.get_token(SCOPE)


def test_a_managed_identity_signs_in_by_instance_metadata_and_can_vouch_for_the_application(
    tenant: SimulatedTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IDENTITY_ENDPOINT", raising=False)
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", tenant.imds_host)
    with ManagedIdentityCredential() as identity:
        assert claims(tenant, identity.get_token(SCOPE).token)["aud"] == GRAPH

        def vouch() -> str:
            return str(identity.get_token("api://AzureADTokenExchange/.default").token)

        with ClientAssertionCredential(*who(tenant), vouch, **options(tenant)) as credential:
            assert claims(tenant, credential.get_token(SCOPE).token)["aud"] == GRAPH


@pytest.mark.parametrize(
    ("header", "message"),
    [("", "empty"), ("Bearer nonsense", "not well formed"), ("Bearer a.b.c", "not well formed")],
)
def test_without_a_good_token_nothing_is_answered(tenant: SimulatedTenant, header: str, message: str) -> None:
    answer = httpx.get(f"{tenant.base_url}/v1.0/users", headers={"Authorization": header}, verify=trust(tenant))
    assert answer.status_code == 401
    assert message in answer.json()["error"]["message"]


def test_an_expired_or_altered_token_is_refused(tenant: SimulatedTenant) -> None:
    old = tenant.ends.sign_in.issue(GRAPH, "x", lifetime=-1)[0]
    assert "expired" in client(tenant, token=old).get("/v1.0/users").json()["error"]["message"]
    good = tenant.ends.sign_in.issue(GRAPH, "x")[0]
    head, body, mark = good.split(".")
    altered = f"{head}.{body}.{'A' * len(mark)}"
    assert "Signature" in client(tenant, token=altered).get("/v1.0/users").json()["error"]["message"]
