"""A rig for the doors: a scripted network under the real transport, a virtual clock, tokens that can be told apart."""

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from scanners.doors import DoorSettings, SignIn, open_doors
from scanners.doors.opening import Doors, Handed

TENANT = "3f1d8a52-6b7c-4f3e-9a41-2c5d7e8f9012"
SECRET_TOKEN = "eyJ0eXAiOiJKV1QifQ.very-secret-token"
Reply = Callable[[httpx.Request], httpx.Response]


class VirtualTime:
    """A clock that moves only when somebody waits."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 11, 24, 3, tzinfo=UTC) + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.waits.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)

    @property
    def waited(self) -> float:
        return sum(self.waits)


@dataclass
class FakeTokens:
    """Tokens that carry their scope and a number, so that a test sees which one went where."""

    renewed: int = 0
    claims: list[str | None] = field(default_factory=list)

    async def bearer(self, scope: str, claims: str | None = None) -> str:
        self.claims.append(claims)
        return f"{SECRET_TOKEN}-{self.renewed}"

    async def renew(self, scope: str) -> None:
        self.renewed += 1


class Pieces(httpx.AsyncByteStream):
    """A body that comes in pieces; `between` runs before each piece."""

    def __init__(self, pieces: list[bytes], between: Callable[[], Any] | None = None) -> None:
        self.pieces, self.between = pieces, between

    async def __aiter__(self) -> Any:
        for piece in self.pieces:
            if self.between is not None:
                await self.between()
            yield piece


class Network(httpx.AsyncBaseTransport):
    """Answers from a script; the last reply repeats. Keeps what it was sent."""

    def __init__(self, replies: Iterable[Reply] | Reply) -> None:
        self.replies = [replies] if callable(replies) else list(replies)
        self.requests: list[httpx.Request] = []  # those that the script answers
        self.side: list[httpx.Request] = []  # questions that a door asks before: region, place, initial domain

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        made = beside(request)
        if made is None:
            self.requests.append(request)
            made = self.replies[min(len(self.requests), len(self.replies)) - 1](request)
        else:
            self.side.append(request)
        if isinstance(made.stream, Pieces):
            return made
        return httpx.Response(made.status_code, headers=made.headers, stream=Pieces([made.content]))  # as from the wire: not read yet

    @property
    def hosts(self) -> set[str]:
        return {request.url.host for request in [*self.requests, *self.side]}


def beside(request: httpx.Request) -> httpx.Response | None:
    """What a healthy tenant answers to the questions that doors ask before the real one."""
    path = request.url.path
    if path.endswith("/EXOModuleFile"):
        return httpx.Response(302, headers={"location": "https://nam12b.admin.protection.outlook.com/AdminApi/x"})
    if path == "/Teams.Tenant/tenants":
        found = {"Endpoints": {"ConfigApiEndpoint": "https://api.interfaces.records.teams.microsoft.com"}, "Headers": {"X-MS-Forest": "1A"}}
        return httpx.Response(200, json={"serviceDiscovery": found, "verifiedDomains": [{"name": "northcreek.onmicrosoft.com"}]})
    if path == "/v1.0/organization" and request.url.query == b"$select=verifiedDomains":
        return httpx.Response(200, json={"value": [{"verifiedDomains": [{"name": "northcreek.onmicrosoft.com", "isInitial": True}]}]})
    if path == "/v1.0/sites/root":
        return httpx.Response(200, json={"webUrl": "https://northcreek.sharepoint.com"})
    return None


def says(status: int, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
    """A JSON reply."""
    return lambda _: httpx.Response(status, json=body, headers={"request-id": "11112222-0000-4000-8000-000000000000", **(headers or {})})


def raw(status: int, body: bytes, content_type: str = "application/json", headers: dict[str, str] | None = None) -> Reply:
    """A reply of bytes."""
    return lambda _: httpx.Response(status, content=body, headers={"content-type": content_type, **(headers or {})})


def raises(fault: type[Exception]) -> Reply:
    """A connection that breaks."""

    def reply(request: httpx.Request) -> httpx.Response:
        raise fault("planted")

    return reply


def graph_error(status: int, code: str, message: str = "The words of the service about clinic-owner@northcreek.example") -> Reply:
    """An error in Graph's own form."""
    inner = {"date": "2026-11-24T03:00:00", "request-id": "aaaa", "client-request-id": "bbbb"}
    return says(status, {"error": {"code": code, "message": message, "innerError": inner}})


def settings(**changes: Any) -> DoorSettings:
    """Door settings of an invented tenant."""
    sign_in = SignIn(kind="client-secret", tenant_id=TENANT, client_id="app", secret="s3cret-of-the-app")
    return DoorSettings(**{"tenant_id": TENANT, "sign_in": sign_in, **changes})


@dataclass
class Rig:
    """Doors over a scripted network."""

    network: Network
    time: VirtualTime
    tokens: FakeTokens
    doors: Doors


def rig(replies: Iterable[Reply] | Reply, chance: float = 0.5, **changes: Any) -> Rig:
    """Real doors, real transport, scripted network, virtual clock."""
    network, time, tokens = Network(replies), VirtualTime(), FakeTokens()
    handed = Handed(network=network, tokens=tokens, time=time, chance=lambda: chance)
    return Rig(network, time, tokens, open_doors(settings(**changes), handed))


def run(work: Any) -> Any:
    """Run a coroutine to its end."""
    return asyncio.run(work)


async def gather(doors: Doors, fact: Any, ask: Any, resume: str | None = None) -> list[Any]:
    """All pages of an ask."""
    return [page async for page in doors[fact.door].pages(fact, ask, resume)]


def body(page: Any) -> Any:
    return json.loads(page.body)
