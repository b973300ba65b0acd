"""Signed tokens (RS256), made and read with cryptography alone."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def encode(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(text: str) -> bytes:
    """The reverse; raises ValueError for what is not base64url."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class BadTokenError(ValueError):
    """The text is no token, or not one that this key signed, or its time has passed; `reason` is malformed, signature or expired."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, unchecked; raises BadTokenError when malformed."""
    pieces = token.split(".")
    if len(pieces) != 3:
        raise BadTokenError("malformed")
    try:
        header, claims = (json.loads(decode(piece)) for piece in pieces[:2])
    except ValueError as error:
        raise BadTokenError("malformed") from error
    return header, claims


def verify(token: str, key: rsa.RSAPublicKey) -> dict[str, Any]:
    """The claims of a token that `key` signed and that is valid now; PS256 (new MSAL assertions) and RS256."""
    header, claims = parts(token)
    signed, _, mark = token.rpartition(".")
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    scheme = pss if header.get("alg") == "PS256" else padding.PKCS1v15()
    try:
        key.verify(decode(mark), signed.encode(), scheme, hashes.SHA256())
    except (InvalidSignature, ValueError) as error:
        raise BadTokenError("signature") from error
    if not isinstance(claims.get("exp"), int | float) or claims["exp"] <= time.time():
        raise BadTokenError("expired")
    return claims


class Signer:
    """One RSA key of the simulated Entra; its public half is at the keys endpoint."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        numbers = self._key.public_key().public_numbers()
        modulus = numbers.n.to_bytes(256, "big")
        self.kid = encode(hashlib.sha256(modulus).digest()[:15])
        self.jwk = {"kty": "RSA", "use": "sig", "kid": self.kid, "n": encode(modulus), "e": encode(numbers.e.to_bytes(3, "big"))}

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A compact JWT with these claims."""
        head = encode(json.dumps({"typ": "JWT", "alg": "RS256", "kid": self.kid}).encode())
        body = f"{head}.{encode(json.dumps(claims).encode())}"
        return f"{body}.{encode(self._key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def read(self, token: str) -> dict[str, Any]:
        """Claims of a token this signer made; raises BadTokenError."""
        return verify(token, self._key.public_key())
