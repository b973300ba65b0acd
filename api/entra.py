"""Sign-in of people: an Entra token is believed after its signature, issuer, audience, tenant, times and role were checked; nothing else is.

The unsigned X-MS-CLIENT-PRINCIPAL header is never looked at. Keys come from the tenant's OpenID metadata and are cached; a key id that is not known
makes them be fetched again, once in five minutes at most, so that nobody can make this app call the sign-in service as often as they like.
Source: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference#validate-tokens
"""

import json
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from api.answers import Problem
from scanners.doors.hosts import cloud
from settings import Settings, settings

READER, ADMINISTRATOR, APPROVER = "Scanner.Reader", "Scanner.Administrator", "Scanner.Approver"
ROLES = frozenset({READER, ADMINISTRATOR, APPROVER})
KEPT = 24 * 3600.0  # seconds that the keys are used without asking again
AGAIN = 300.0  # seconds between two fetches because of an unknown key id
LARGEST = 1024 * 1024  # bytes of an answer of the sign-in service
LEEWAY = 60  # seconds that clocks may differ


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signed in: object id in the tenant, and roles of this application."""

    object_id: str
    roles: frozenset[str]

    def require(self, *roles: str) -> None:
        """Raises Problem (403) unless one of the roles was assigned."""
        if not self.roles & set(roles):
            raise Problem(HTTPStatus.FORBIDDEN, f"This needs one of the roles {', '.join(roles)} of this application; an administrator assigns it.")


def bearer(header: str | None) -> str | None:
    """The token in an Authorization header; None without one."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def person_of(token: str, late: float = 0) -> Person:
    """Who a token speaks for; `late`: seconds by which its time may be over.

    Raises Problem: 401 for a token that is not believed, 403 without a role, 503 when keys cannot be had.
    """
    import jwt

    chosen = settings()
    if not chosen.entra_client_id:
        raise Problem(HTTPStatus.FORBIDDEN, "Sign-in is not set up here: the setting ENTRA_CLIENT_ID is empty.")
    keys = _keys(authority(chosen), chosen.tenant_id, str(chosen.tenant_ca_file) if chosen.tenant_ca_file else None)
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        key = keys.key(str(kid))
        claims = jwt.decode(
            token,
            key=key,
            algorithms=["RS256"],
            audience=[chosen.entra_client_id, f"api://{chosen.entra_client_id}"],
            issuer=keys.issuer,
            leeway=LEEWAY + late,
            options={"require": ["exp", "nbf", "iat", "aud", "iss", "oid", "tid", "sub"], "strict_aud": False},
        )
    except jwt.PyJWTError:
        raise _not_believed() from None
    return _person(claims, chosen.tenant_id)


def _person(claims: Mapping[str, Any], tenant: str) -> Person:
    """An application's own token names no person, so it is refused: idtyp is `app`, or subject and object are one."""
    oid, sub = claims["oid"], claims["sub"]
    if str(claims["tid"]).lower() != tenant or not isinstance(oid, str) or not oid:
        raise _not_believed()
    if claims.get("idtyp") == "app" or sub == oid:
        raise Problem(HTTPStatus.FORBIDDEN, "This token is an application's; a person must sign in.")
    given = claims.get("roles", [])
    roles = frozenset(str(role) for role in given) & ROLES if isinstance(given, list) else frozenset()
    if not roles:
        raise Problem(HTTPStatus.FORBIDDEN, f"You have no role here. An administrator assigns one of {', '.join(sorted(ROLES))}.")
    return Person(oid.lower(), roles)


def _not_believed() -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, "The sign-in is not valid here or has ended; sign in again.", {"WWW-Authenticate": "Bearer"})


def authority(chosen: Settings) -> str:
    """The sign-in service of the cloud, or the simulated tenant's on this machine."""
    return (chosen.login_base_url or cloud(chosen.cloud).authority).rstrip("/")


class Keys:
    """The signing keys of one tenant, by key id."""

    def __init__(self, authority: str, tenant: str, ca_file: str | None) -> None:
        self._base, self._tenant = authority, tenant
        context = ssl.create_default_context(cafile=ca_file)
        self._open = build_opener(HTTPSHandler(context=context), _NoRedirect()).open
        self._lock = threading.Lock()
        self._found: dict[str, Any] = {}
        self._fetched = float("-inf")
        self.issuer = ""

    def key(self, kid: str) -> Any:
        """The public key. Raises jwt.PyJWTError for a key id that the tenant does not have, Problem (503) when it cannot be asked."""
        import jwt

        with self._lock:
            age = time.monotonic() - self._fetched
            if age > KEPT or (kid not in self._found and age > AGAIN):
                self._fetch()
        if kid not in self._found:
            raise jwt.InvalidTokenError("unknown key")
        return self._found[kid].key

    def _fetch(self) -> None:
        import jwt

        try:
            metadata = self._get(f"{self._base}/{self._tenant}/v2.0/.well-known/openid-configuration")
            issuer, place = str(metadata["issuer"]), str(metadata["jwks_uri"])
            found = jwt.PyJWKSet.from_dict(self._get(place))
        except (URLError, OSError, ValueError, KeyError, TypeError, jwt.PyJWTError):
            if self._found:  # what was fetched before still holds; asked again at the next turn
                self._fetched = time.monotonic() - KEPT + AGAIN
                return
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "The sign-in service's keys cannot be read; try again.", {"Retry-After": "30"}) from None
        self._found = {str(key.key_id): key for key in found.keys if key.key_id}
        self.issuer, self._fetched = issuer, time.monotonic()

    def _get(self, url: str) -> dict[str, Any]:
        if urlsplit(url)[:2] != urlsplit(self._base)[:2]:
            raise ValueError("the keys are said to be on another host")
        with self._open(Request(url, headers={"Accept": "application/json"}), timeout=10) as answer:  # noqa: S310 - https, host of the setting CLOUD
            value = json.loads(answer.read(LARGEST))
        if not isinstance(value, dict):
            raise TypeError("not an object")
        return value


class _NoRedirect(HTTPRedirectHandler):
    """The sign-in service answers where it is asked; an answer from elsewhere is not taken."""

    def redirect_request(self, *_: Any) -> None:
        return None


@lru_cache(maxsize=4)
def _keys(authority: str, tenant: str, ca_file: str | None) -> Keys:
    return Keys(authority, tenant, ca_file)
