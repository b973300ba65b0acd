"""Keys: where they come from, what they sign, and who is refused."""

import base64
import hashlib
import io
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from reporting.attestation import PAYLOAD_TYPE, SCAN, Subject, pae, seal, statement
from reporting.signing import DevSigner, KeyVaultSigner, der, open_signer
from scanners.errors import SettingsError, SigningError


def test_pae_is_dsse_s_own_example() -> None:
    """https://github.com/secure-systems-lab/dsse/blob/master/protocol.md"""
    assert pae("http://example.com/HelloWorld", b"hello world") == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae("é", "é".encode()) == b"DSSEv1 2 \xc3\xa9 2 \xc3\xa9"


def check(pem: bytes, signature: bytes, message: bytes) -> None:
    key = load_pem_public_key(pem)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(signature, message, ec.ECDSA(hashes.SHA256()))


def test_the_development_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first, again = DevSigner(tmp_path), DevSigner(tmp_path)
    assert first.keyid == again.keyid
    assert stat.S_IMODE((tmp_path / "dev-signing-key.pem").stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["dev-signing-key.pem"]
    check(first.public_pem, again.sign(b"message"), b"message")


def test_a_damaged_development_key_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "dev-signing-key.pem").write_text("nonsense")
    with pytest.raises(SigningError, match="remove it"):
        DevSigner(tmp_path)


def test_an_envelope_holds_its_statement_and_one_signature(tmp_path: Path) -> None:
    signer = DevSigner(tmp_path)
    payload = statement([Subject("b", "2" * 64), Subject("a", "1" * 64)], SCAN, {"n": 1})
    envelope = json.loads(seal(payload, signer))
    assert base64.b64decode(envelope["payload"]) == payload
    assert [each["name"] for each in json.loads(payload)["subject"]] == ["a", "b"]
    (signature,) = envelope["signatures"]
    check(signer.public_pem, base64.b64decode(signature["sig"]), pae(PAYLOAD_TYPE, payload))
    with pytest.raises(InvalidSignature):
        check(signer.public_pem, base64.b64decode(signature["sig"]), pae(PAYLOAD_TYPE, payload + b" "))


@pytest.mark.parametrize(
    ("key_id", "azure", "says"), [(None, False, "not set"), ("", True, "not set"), ("dev", True, "refused in Azure"), ("nonsense", False, "address")]
)
def test_a_wrong_setting_is_refused_by_name(tmp_path: Path, key_id: str | None, azure: bool, says: str) -> None:
    with pytest.raises(SettingsError, match=f"SIGNING_KEY_ID.*{says}"):
        open_signer(key_id, None, dev_folder=tmp_path, in_azure=azure)


def test_dev_needs_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        open_signer("dev", None, dev_folder=None, in_azure=False)
    assert open_signer("dev", None, dev_folder=tmp_path, in_azure=False).kind == "dev"


def test_raw_signatures_become_der() -> None:
    assert decode_dss_signature(der(b"\x00" * 31 + b"\x01" + b"\xff" * 32)) == (1, 2**256 - 1)
    with pytest.raises(SigningError, match="63 bytes"):
        der(b"x" * 63)


class Vault:
    """Key Vault's answers over the SDK's own pipeline: a key with two versions."""

    URL = "https://clinic.vault.azure.net"

    def __init__(self, refuse: int = 0) -> None:
        self.versions = {"v1": ec.generate_private_key(ec.SECP256R1()), "v2": ec.generate_private_key(ec.SECP256R1())}
        self.refuse, self.signed = refuse, []  # type: ignore[var-annotated]

    def get_token(self, *scopes: str, **more: Any) -> AccessToken:
        return AccessToken("token", 2_000_000_000)

    def answer(self, method: str, url: str, body: bytes) -> tuple[int, dict[str, Any]]:
        path = url.removeprefix(self.URL).split("?")[0].strip("/").split("/")
        if self.refuse and path[-1] == "sign":
            return self.refuse, {"error": {"code": "Forbidden", "message": "secret text of the vault"}}
        if path[-1] == "versions":
            return 200, {"value": [{"kid": f"{self.URL}/keys/attestation/{v}", "attributes": {"enabled": True}} for v in self.versions]}
        version = path[2] if len(path) > 2 and path[2] else "v2"
        if path[-1] == "sign":
            asked = json.loads(body)
            digest = base64.urlsafe_b64decode(asked["value"] + "==")
            self.signed.append(digest)
            from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

            r, s = decode_dss_signature(self.versions[version].sign(digest, ec.ECDSA(Prehashed(hashes.SHA256()))))
            return 200, {"kid": f"{self.URL}/keys/attestation/{version}", "value": _b64(r.to_bytes(32) + s.to_bytes(32))}
        point = self.versions[version].public_key().public_numbers()
        key = {"kid": f"{self.URL}/keys/attestation/{version}", "kty": "EC-HSM", "crv": "P-256", "key_ops": ["sign", "verify"]}
        return 200, {"key": {**key, "x": _b64(point.x.to_bytes(32)), "y": _b64(point.y.to_bytes(32))}, "attributes": {"enabled": True}}


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def transport(vault: Vault) -> Any:
    from azure.core.pipeline.transport import HttpTransport
    from azure.core.rest._requests_basic import RestRequestsTransportResponse
    from requests import Response
    from urllib3 import HTTPResponse

    class Transport(HttpTransport):  # type: ignore[type-arg]
        def send(self, request: Any, **more: Any) -> Any:
            challenge = request.headers.get("Authorization") is None
            status, body = (401, {}) if challenge else vault.answer(request.method, request.url, getattr(request, "content", None) or b"")
            inner = Response()
            inner.status_code = status
            inner.raw = HTTPResponse(io.BytesIO(json.dumps(body).encode()), status=status, preload_content=False)
            inner.headers["Content-Type"] = "application/json"
            if challenge:
                inner.headers["WWW-Authenticate"] = 'Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"'
            return RestRequestsTransportResponse(request=request, internal_response=inner)

        def open(self) -> None: ...
        def close(self) -> None: ...
        def __exit__(self, *more: object) -> None: ...

    return Transport()


def vault_signer(vault: Vault, key_id: str = f"{Vault.URL}/keys/attestation") -> KeyVaultSigner:
    return KeyVaultSigner(key_id, vault, transport=transport(vault), retry_total=0)


def test_key_vault_signs_the_digest_and_the_signature_verifies() -> None:
    vault = Vault()
    signer = vault_signer(vault)
    signature = signer.sign(b"message")
    assert vault.signed == [hashlib.sha256(b"message").digest()]
    check(signer.public_pem, signature, b"message")
    assert (signer.kind, signer.name) == ("key_vault", f"{Vault.URL}/keys/attestation/v2")


def test_an_older_version_can_introduce_the_newer_one() -> None:
    vault = Vault()
    newest, oldest = vault_signer(vault), vault_signer(vault, f"{Vault.URL}/keys/attestation/v1")
    found = newest.predecessor(oldest.keyid)
    assert found is not None
    check(oldest.public_pem, found.sign(b"m"), b"m")
    assert newest.predecessor("0" * 64) is None
    assert newest.predecessor(newest.keyid) is newest


def test_a_refusal_of_the_vault_says_what_it_needs_and_none_of_its_text() -> None:
    with pytest.raises(SigningError, match=r"403.*needs `sign`") as raised:
        vault_signer(Vault(refuse=403)).sign(b"m")
    assert "secret text" not in str(raised.value)
