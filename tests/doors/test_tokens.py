"""Tokens: one credential, one token per resource, and refusals that say what to do without repeating what was sent."""

import asyncio
import base64
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.identity import CredentialUnavailableError

from scanners.doors.identity import Authority, SignIn
from scanners.doors.tokens import Tokens, principal_of
from scanners.errors import NotPermitted, Undecided, Unreachable
from tests.doors.rig import TENANT

SECRET = "s3cret-of-the-app"
SCOPE, OTHER = "https://graph.microsoft.com/.default", "https://outlook.office365.com/.default"


@dataclass
class Credential:
    """Stands in for a credential of azure-identity."""

    lifetime: float = 3600
    fault: Exception | None = None
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    closed: bool = False

    async def get_token(self, scope: str, **options: Any) -> AccessToken:
        await asyncio.sleep(0)
        self.asked.append((scope, options))
        if self.fault is not None:
            raise self.fault
        return AccessToken(f"token-{len(self.asked)}", int(1000 + self.lifetime))

    async def close(self) -> None:
        self.closed = True


def tokens(credential: Any, monkeypatch: pytest.MonkeyPatch, now: list[float] | None = None, kind: str = "client-secret") -> Tokens:
    clock = now or [1000.0]
    monkeypatch.setattr("scanners.doors.tokens.credential", lambda *_: credential)
    sign_in = SignIn(kind=kind, tenant_id=TENANT, client_id="app", secret=SECRET)  # type: ignore[arg-type]
    return Tokens(sign_in, Authority("https://login.microsoftonline.com"), lambda: clock[0])


def test_one_token_per_resource_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    credential = Credential()
    held = tokens(credential, monkeypatch)

    async def story() -> list[str]:
        return list(await asyncio.gather(*(held.bearer(scope) for scope in [SCOPE, OTHER] * 5)))

    assert len(set(asyncio.run(story()))) == 2
    assert [scope for scope, _ in credential.asked] == [SCOPE, OTHER]


def test_a_token_is_renewed_before_its_end_on_demand_and_for_a_challenge(monkeypatch: pytest.MonkeyPatch) -> None:
    credential, now = Credential(), [1000.0]
    held = tokens(credential, monkeypatch, now)

    async def story() -> None:
        await held.bearer(SCOPE)
        now[0] += 3200
        await held.bearer(SCOPE)
        assert len(credential.asked) == 1
        now[0] += 200
        await held.bearer(SCOPE)
        assert len(credential.asked) == 2
        await held.bearer(OTHER, '{"access_token":{}}')
        assert credential.asked[-1] == (OTHER, {"claims": '{"access_token":{}}'})
        await held.renew(SCOPE)
        now[0] = 1000.0
        await held.bearer(SCOPE)
        assert len(credential.asked) == 4
        await held.aclose()

    asyncio.run(story())
    assert credential.closed


@pytest.mark.parametrize(
    ("fault", "leaf", "text"),
    [
        (ClientAuthenticationError(f"AADSTS7000215: Invalid client secret {SECRET} provided"), NotPermitted, "client secret is wrong"),
        (ClientAuthenticationError("AADSTS7000222: expired"), NotPermitted, "expired"),
        (ClientAuthenticationError("AADSTS65001: consent"), NotPermitted, "consented"),
        (ClientAuthenticationError("AADSTS500011: The resource principal named x was not found"), NotPermitted, "licence"),
        (ClientAuthenticationError("AADSTS99999999: new"), NotPermitted, "AADSTS"),
        (ClientAuthenticationError("AADSTS90033: A transient error"), Unreachable, ""),
        (ClientAuthenticationError("no code"), NotPermitted, "credential"),
        (CredentialUnavailableError(message=f"none of {SECRET}"), NotPermitted, ""),
        (ServiceRequestError("no route"), Unreachable, ""),
        (ValueError("bad certificate"), NotPermitted, ""),
        (FileNotFoundError("no such file"), Unreachable, ""),
    ],
)
def test_refusals(fault: Exception, leaf: type[Undecided], text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(leaf) as caught:
        asyncio.run(tokens(Credential(fault=fault), monkeypatch).bearer(SCOPE))
    assert text in caught.value.remedy or text in caught.value.because
    assert SECRET not in f"{caught.value!r}{caught.value.because}{caught.value.remedy}{caught.value.__cause__!r}"


def test_azure_cli_says_how_to_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotPermitted) as caught:
        asyncio.run(tokens(Credential(fault=CredentialUnavailableError(message="x")), monkeypatch, kind="azure-cli").bearer(SCOPE))
    assert "az login" in caught.value.remedy


def test_a_sign_in_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(Credential):
        async def get_token(self, scope: str, **options: Any) -> AccessToken:
            await asyncio.sleep(60)
            raise AssertionError

    monkeypatch.setattr("scanners.doors.tokens.SIGN_IN_SECONDS", 0.05)
    with pytest.raises(Unreachable):
        asyncio.run(tokens(Silent(), monkeypatch).bearer(SCOPE))


def test_a_credential_without_async_runs_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    class Sync:
        def get_token(self, scope: str, **options: Any) -> AccessToken:
            with pytest.raises(RuntimeError):
                asyncio.get_running_loop()
            return AccessToken("sync", 5000)

        def close(self) -> None: ...

    held = tokens(Sync(), monkeypatch, kind="device-code")

    async def story() -> str:
        token = await held.bearer(SCOPE)
        await held.aclose()
        return token

    assert asyncio.run(story()) == "sync"


def test_who_the_scanner_is_stands_in_its_token() -> None:
    claims = {"tid": TENANT, "oid": "o-1", "appid": "a-1", "roles": ["Policy.Read.All"]}
    token = f"x.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.y"
    assert principal_of(token).object_id == "o-1"
    assert principal_of(token).roles == ("Policy.Read.All",)
    for bad in ("", "x", "x.y.z", f"x.{base64.urlsafe_b64encode(b'[]').decode()}.y"):
        with pytest.raises(NotPermitted):
            principal_of(bad)


@pytest.mark.parametrize("kind", ["managed-identity", "workload-federation", "client-secret", "azure-cli", "device-code"])
def test_every_kind_makes_its_credential(kind: str, tmp_path: Any) -> None:
    from scanners.doors.identity import credential

    file = tmp_path / "assertion"
    file.write_text("jwt")
    sign_in = SignIn(kind=kind, tenant_id=TENANT, client_id="app", secret=SECRET, token_file=str(file))  # type: ignore[arg-type]
    made = credential(sign_in, Authority("https://login.microsoftonline.com"), print)
    assert hasattr(made, "get_token")

    async def close() -> None:
        done = made.close()
        if asyncio.iscoroutine(done):
            await done

    asyncio.run(close())
