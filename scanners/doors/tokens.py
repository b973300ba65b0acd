"""Access tokens: one credential, one token per resource, never logged, never sent anywhere but to its own host (the doors see to that)."""

import asyncio
import base64
import binascii
import inspect
import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from scanners.doors.identity import Authority, SignIn, credential
from scanners.errors import NotPermitted, Undecided, Unreachable

EARLY = 300  # seconds before its end that a token is renewed
SIGN_IN_SECONDS = 45.0
DEVICE_CODE_SECONDS = 900.0  # a person has to open a browser

_AADSTS = re.compile(r"AADSTS(\d{4,7})")
_PASSING = {"90033", "90038", "50196", "50199", "90024", "90055"}  # the sign-in service's own hiccups
_ADVICE = {
    "7000215": "The client secret is wrong. Use the secret's value, not its id, or make a new one.",
    "7000222": "The client secret has expired. Make a new one, or better use a managed identity or certificate.",
    "700016": "The application is not in this tenant. Check the client id and the tenant id.",
    "700027": "The certificate is not registered with the application. Upload its public part, or use the one that is.",
    "90002": "There is no such tenant. Check the tenant id.",
    "500011": "The service's own application is not in this tenant: it has no licence for the service, or an administrator must add it.",
    "65001": "An administrator has not consented to the permissions that the scanner's application asks for.",
    "53003": "A Conditional Access policy blocks this sign-in. Exclude the scanner's identity, or allow the place that it signs in from.",
    "50105": "The scanner's identity is not assigned to the application that it asks for.",
    "7000112": "The application is disabled in this tenant. Enable it in Entra admin center > Enterprise applications.",
}
_LAPTOP = {
    "azure-cli": "Run `az login --tenant ID` (and `az account show` to check who is signed in), then scan again.",
    "managed-identity": "Give the function app its managed identity, and set AZURE_CLIENT_ID when it is a user-assigned one.",
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a token speaks for, by ids. Read from the token itself; the service has checked it, we need not."""

    tenant_id: str
    object_id: str
    app_id: str
    roles: tuple[str, ...]


class TokenPort(Protocol):
    """What a door needs of tokens."""

    async def bearer(self, scope: str, claims: str | None = None) -> str:
        """A token for `scope`. Raises NotPermitted or Unreachable."""
        ...

    async def renew(self, scope: str) -> None:
        """Forget the token of `scope`, so that the next one is new."""
        ...


@dataclass(slots=True)
class _Held:
    token: str
    expires_on: float


class Tokens:
    """The tokens of one identity. `clock` gives POSIX seconds.

    With `tenant_id` a token that speaks for another tenant is refused, whatever it was asked for: evidence of one tenant must never
    come out of another, as it would with a managed identity or a laptop's sign-in that belongs elsewhere.
    """

    def __init__(
        self,
        sign_in: SignIn,
        authority: Authority,
        clock: Callable[[], float],
        prompt: Callable[[str], None] | None = None,
        tenant_id: str = "",
    ) -> None:
        # The library reports failures at INFO and WARNING with the service's text, which may name the tenant's objects.
        logging.getLogger("azure.identity").setLevel(logging.ERROR)
        logging.getLogger("azure.core").setLevel(logging.ERROR)
        logging.getLogger("msal").setLevel(logging.ERROR)
        self._sign_in, self._authority, self._clock, self._prompt = sign_in, authority, clock, prompt
        self._tenant_id = tenant_id.lower()
        self._credential: Any = None
        self._retired: list[Any] = []
        self._held: dict[str, _Held] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def bearer(self, scope: str, claims: str | None = None) -> str:
        """A token for `scope`, from memory while it lasts; `claims` is a challenge of the service that only a new token can meet.

        Raises NotPermitted when the sign-in is refused, Unreachable when nobody answers.
        """
        async with self._locks.setdefault(scope, asyncio.Lock()):
            held = self._held.get(scope)
            if held is None or claims or held.expires_on - EARLY <= self._clock():
                held = self._held[scope] = await self._ask(scope, claims)
            return held.token

    async def renew(self, scope: str) -> None:
        """Forget the token and the credential with its cache: the next token is asked for anew."""
        self._held.pop(scope, None)
        if self._credential is not None:
            self._retired.append(self._credential)  # others may be in the middle of a question to it
            self._credential = None

    async def principal(self, scope: str) -> Principal:
        """Who the scanner is, as the token for `scope` says it."""
        return principal_of(await self.bearer(scope))

    async def aclose(self) -> None:
        """Forget everything."""
        self._held.clear()
        leaving = [*self._retired, *([self._credential] if self._credential is not None else [])]
        self._retired, self._credential = [], None
        for old in leaving:
            done = old.close()
            if inspect.isawaitable(done):
                await done

    async def _ask(self, scope: str, claims: str | None) -> _Held:
        from azure.core.exceptions import AzureError

        if self._credential is None:
            self._credential = credential(self._sign_in, self._authority, self._prompt)
        seconds = DEVICE_CODE_SECONDS if self._sign_in.kind == "device-code" else SIGN_IN_SECONDS
        try:
            async with asyncio.timeout(seconds):
                token = await self._get(scope, {"claims": claims} if claims else {})
        except TimeoutError as fault:
            raise Unreachable("the sign-in service did not answer in time") from fault
        except (AzureError, ValueError, OSError) as fault:
            raise self._refusal(fault) from None  # the library's text is not carried on: it repeats what it was sent
        self._check_tenant(token.token)
        return _Held(token.token, float(token.expires_on))

    def _check_tenant(self, token: str) -> None:
        """Tokens are opaque by contract, so one that cannot be read passes; the service it is for has the last word on it."""
        try:
            found = principal_of(token).tenant_id.lower()
        except NotPermitted:
            return
        if self._tenant_id and "." not in self._tenant_id and found != self._tenant_id:
            raise NotPermitted(
                "the scanner signed in to another tenant than the one it was told to read",
                "Check TENANT_ID, and the tenant of the identity; on a laptop `az login --tenant ID` chooses it.",
            )

    async def _get(self, scope: str, options: dict[str, Any]) -> Any:
        if inspect.iscoroutinefunction(self._credential.get_token):
            return await self._credential.get_token(scope, **options)
        return await asyncio.to_thread(self._credential.get_token, scope, **options)

    def _refusal(self, fault: Exception) -> Undecided:
        from azure.core.exceptions import ServiceRequestError, ServiceResponseError
        from azure.identity import CredentialUnavailableError

        found = _AADSTS.search(str(fault))
        if found is not None:
            code = found.group(1)
            if code in _PASSING:
                return Unreachable(f"the sign-in service could not answer now (AADSTS{code})")
            advice = _ADVICE.get(code, f"Look the code up at https://login.microsoftonline.com/error?code={code} and check the scanner's identity.")
            return NotPermitted(f"the sign-in of the scanner was refused (AADSTS{code})", advice)
        if isinstance(fault, ServiceRequestError | ServiceResponseError | OSError):
            return Unreachable("the sign-in service could not be reached")
        advice = _LAPTOP.get(self._sign_in.kind, "Check the credential that the scanner signs in with.")
        kind = "found no identity" if isinstance(fault, CredentialUnavailableError) else "was refused"
        return NotPermitted(f"the sign-in of the scanner by {self._sign_in.kind} {kind}", advice)


def principal_of(token: str) -> Principal:
    """The ids in a token's claims. Raises NotPermitted when it is not a token with claims."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return Principal(str(claims["tid"]), str(claims["oid"]), str(claims.get("appid", "")), tuple(claims.get("roles", ())))
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error) as fault:
        raise NotPermitted("the sign-in service gave a token that names no identity") from fault
