"""Who signs: a Key Vault key that never leaves the vault, or, on a laptop, a key in a file. ECDSA P-256 over SHA-256, signatures in DER.

Source: https://learn.microsoft.com/azure/key-vault/keys/about-keys-details (ES256 answers are r and s, 32 bytes each; openssl wants them in DER).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from scanners.errors import SettingsError, SigningError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

ALGORITHM = "ecdsa-p256-sha256"
HALF = 32
_T = TypeVar("_T")
DEV = "dev"


class Signer(Protocol):
    """A key that signs. `keyid` is the SHA-256 of the public key's DER, `name` what an operator calls it (a vault address, or `dev`)."""

    keyid: str
    public_pem: bytes
    kind: Literal["key_vault", "dev"]
    name: str

    def sign(self, message: bytes) -> bytes:
        """The signature of `message` in DER. Raises SigningError."""
        ...

    def predecessor(self, keyid: str) -> Signer | None:
        """The key `keyid` when this identity can still sign with it, so that it can introduce its successor."""
        ...


class DevSigner:
    """A key in a file, for a laptop. What it signs is marked and is not verified without --allow-dev-key."""

    kind: Literal["key_vault", "dev"] = "dev"
    name = DEV

    def __init__(self, folder: Path) -> None:
        """Reads `dev-signing-key.pem` in `folder`, or makes it, readable by its owner only."""
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        path = folder / "dev-signing-key.pem"
        if not path.exists():
            _make_key(path)
        try:
            key = load_pem_private_key(path.read_bytes(), None)
        except (OSError, ValueError) as fault:
            raise SigningError(f"the development key {path.name} cannot be read; remove it and a new one is made") from fault
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise SigningError(f"the development key {path.name} is not an EC key on P-256; remove it and a new one is made")
        self._key = key
        self.public_pem, self.keyid = public_form(key.public_key())

    def sign(self, message: bytes) -> bytes:
        """The signature of `message` in DER."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec

        return self._key.sign(message, ec.ECDSA(hashes.SHA256()))

    def predecessor(self, keyid: str) -> Signer | None:
        """None: a development key has no versions."""
        return self if keyid == self.keyid else None


def _make_key(path: Path) -> None:
    import os

    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    half_made = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(half_made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(pem)
    try:
        os.link(half_made, path)  # whoever is first makes the key; the second uses it
    except FileExistsError:
        pass
    finally:
        half_made.unlink()


class KeyVaultSigner:
    """A P-256 key in Azure Key Vault or Managed HSM, allowed to sign and verify only."""

    kind: Literal["key_vault", "dev"] = "key_vault"

    def __init__(self, key_id: str, credential: Any, **options: Any) -> None:
        """`key_id`: the key's address, with or without version (without: the newest). `options` go to the SDK's clients."""
        from azure.keyvault.keys import KeyClient, KeyVaultKeyIdentifier
        from cryptography.hazmat.primitives.asymmetric import ec

        try:
            parts = KeyVaultKeyIdentifier(key_id)
        except ValueError as fault:
            raise SettingsError(
                "SIGNING_KEY_ID is not the address of a Key Vault key, such as https://NAME.vault.azure.net/keys/attestation"
            ) from fault
        self._options, self._credential, self._parts = options, credential, parts
        self._keys = KeyClient(vault_url=parts.vault_url, credential=credential, **options)
        found = _asked("reading the signing key", lambda: self._keys.get_key(parts.name, parts.version))
        numbers: Any = found.key
        if getattr(numbers.crv, "value", numbers.crv) != "P-256":
            raise SigningError("the signing key is not an EC key on P-256; create one of type EC-HSM, curve P-256")
        point = ec.EllipticCurvePublicNumbers(int.from_bytes(numbers.x), int.from_bytes(numbers.y), ec.SECP256R1())
        self.public_pem, self.keyid = public_form(point.public_key())
        self.name = str(found.id)

    def sign(self, message: bytes) -> bytes:
        """The signature of `message` in DER; the vault sees the digest only. Raises SigningError."""
        from azure.keyvault.keys.crypto import CryptographyClient, SignatureAlgorithm

        digest = hashlib.sha256(message).digest()
        client = CryptographyClient(self.name, self._credential, **self._options)
        raw = _asked("signing", lambda: client.sign(SignatureAlgorithm.es256, digest).signature)
        return der(raw)

    def predecessor(self, keyid: str) -> Signer | None:
        """An older, enabled version of this key whose id is `keyid`, or None."""
        if keyid == self.keyid:
            return self
        versions = _asked("listing the versions of the signing key", lambda: list(self._keys.list_properties_of_key_versions(self._parts.name)))
        for version in versions:
            if version.enabled and version.id != self.name:
                older = KeyVaultSigner(version.id, self._credential, **self._options)
                if older.keyid == keyid:
                    return older
        return None


def _asked(doing: str, ask: Callable[[], _T]) -> _T:
    from azure.core.exceptions import AzureError, HttpResponseError

    try:
        return ask()
    except HttpResponseError as fault:
        raise SigningError(
            f"{doing}: Key Vault answered {fault.status_code}; the identity needs `sign` and `read` on this key, and the key must be enabled"
        ) from fault
    except AzureError as fault:
        raise SigningError(
            f"{doing}: Key Vault could not be reached ({type(fault).__name__}); check SIGNING_KEY_ID, the network and the sign-in"
        ) from fault


def der(raw: bytes) -> bytes:
    """r and s, 32 bytes each, as a DER signature. Raises SigningError for another length."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    if len(raw) != 2 * HALF:
        raise SigningError(f"the vault's signature has {len(raw)} bytes instead of {2 * HALF}")
    return encode_dss_signature(int.from_bytes(raw[:HALF]), int.from_bytes(raw[HALF:]))


def public_form(key: EllipticCurvePublicKey) -> tuple[bytes, str]:
    """A public key as PEM, and its id."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    body = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), hashlib.sha256(body).hexdigest()


def open_signer(signing_key_id: str | None, credential: Any, *, dev_folder: Path | None, in_azure: bool) -> Signer:
    """The signer that the setting SIGNING_KEY_ID names. Raises SettingsError when it is absent, or `dev` in Azure, or malformed; SigningError."""
    if not signing_key_id:
        raise SettingsError("SIGNING_KEY_ID is not set: give the address of a Key Vault key, or `dev` on a laptop; nothing is published unsigned")
    if signing_key_id != DEV:
        return KeyVaultSigner(signing_key_id, credential)
    if in_azure:
        raise SettingsError("SIGNING_KEY_ID is `dev`: a development key is refused in Azure; give the address of a Key Vault key")
    if dev_folder is None:
        raise SettingsError("SIGNING_KEY_ID is `dev`, and no folder for the development key was given; run through `python -m local`")
    return DevSigner(dev_folder)
