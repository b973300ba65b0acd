"""The HTTPS server of a simulated tenant: every end behind one address, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

from aiohttp import web

from local.tenant import certificates, dns
from local.tenant.answers import Answer
from local.tenant.ends import Ends
from local.tenant.faults import Fault, Faults
from local.tenant.graph.service import Call
from local.tenant.jwt import BadTokenError, parts
from local.tenant.world import World

LINE = 2**18  # bytes of a header or request line; tokens with many roles and long filters are larger than the library's usual limit
STALL = 600.0  # seconds a stalled answer is held at most; clients give up long before


@dataclasses.dataclass(frozen=True)
class SeenRequest:
    """One request the server saw, batch members included: for tests of what the product asks for."""

    method: str
    path: str
    query: str
    host: str
    roles: tuple[str, ...]
    status: int
    at: float
    in_batch: bool = False
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b""


class SimulatedTenant:
    """A tenant that can be started, asked and stopped.

    `tenant` is a sample's name, a YAML file or a mapping; `folder` receives the certificates. `pace` shrinks the windows of the throttle classes
    and the waiting times of asynchronous jobs (0.05: twenty times faster); `latency` is added to every answer, in seconds; `faults` act from the
    start and can be changed through `.faults`. Also a context manager.
    """

    def __init__(self, tenant: str | Path | Mapping[str, Any], folder: Path, pace: float = 1.0, latency: float = 0.0, faults: Iterable[Fault] = (), *,
                 port: int = 0, expires_in: int = 3599, now: dt.datetime | None = None) -> None:  # fmt: skip
        self.world = World(tenant, now)
        self.pace, self.latency, self.folder = pace, latency, Path(folder)
        self.faults = Faults(faults)
        self.ends = Ends(self.world, self.faults, pace, expires_in, self._note)
        self.requests: list[SeenRequest] = []
        self.ca_file = self.folder / certificates.AUTHORITY
        self._wanted_port, self._ports, self._dns_port = port, (0, 0), 0
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._started = threading.Event()
        self._failure: BaseException | None = None

    @property
    def base_url(self) -> str:
        """https://localhost:PORT, the address of Graph and of sign-in."""
        return f"https://localhost:{self._ports[0]}"

    @property
    def identity_endpoint(self) -> str:
        """The managed identity endpoint, plain HTTP as on the platform."""
        return f"http://127.0.0.1:{self._ports[1]}/msi/token"

    @property
    def imds_host(self) -> str:
        """The instance metadata service, for AZURE_POD_IDENTITY_AUTHORITY_HOST."""
        return f"http://127.0.0.1:{self._ports[1]}"

    @property
    def dns_server(self) -> str:
        """address:port of the DNS responder."""
        return f"127.0.0.1:{self._dns_port}"

    @property
    def identity_header(self) -> str:
        """The secret of the managed identity endpoint."""
        return self.ends.sign_in.identity_header

    def settings(self) -> dict[str, str]:
        """The product's settings that point it at this tenant."""
        return {
            "TENANT_ID": self.world.tenant["id"], "GRAPH_BASE_URL": self.base_url, "LOGIN_BASE_URL": self.base_url,
            "EXCHANGE_BASE_URL": f"{self.base_url}/exchange",
            "PURVIEW_BASE_URL": f"{self.base_url}/purview", "TEAMS_BASE_URL": f"{self.base_url}/teams-admin",
            "SHAREPOINT_BASE_URL": f"{self.base_url}/sharepoint",
            "DNS_BASE_URL": f"{self.base_url}/dns", "DNS_SERVERS": self.dns_server,
        }  # fmt: skip

    def identity_environment(self) -> dict[str, str]:
        """Environment in which the real azure-identity's ManagedIdentityCredential signs in here."""
        return {"IDENTITY_ENDPOINT": self.identity_endpoint, "IDENTITY_HEADER": self.identity_header}

    def start(self) -> SimulatedTenant:
        """Starts serving; returns when the port answers. Raises what kept the server from starting."""
        certificates.make(self.folder)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="simulated-tenant", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def stop(self) -> None:
        """Stops serving and ends the thread; open answers are cut."""
        if self._loop is not None and self._stop is not None and self._thread is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(timeout=10)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _note(self, call: Call, status: int) -> None:
        """Adds a request to the log."""
        try:
            roles = tuple(parts(call.headers.get("authorization", "").partition(" ")[2])[1].get("roles", ()))
        except BadTokenError:
            roles = ()
        kept = {name: value for name, value in call.headers.items() if name != "authorization"}
        host = call.base.partition("//")[2]
        self.requests.append(SeenRequest(call.method, call.path, call.query, host, roles, status, time.monotonic(), call.at_batch, kept, call.body))

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=16 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, max_field_size=LINE, max_line_size=LINE)
        try:
            await runner.setup()
            secure = web.TCPSite(runner, "127.0.0.1", self._wanted_port, ssl_context=certificates.server_context(self.folder))
            plain = web.TCPSite(runner, "127.0.0.1", 0)
            await secure.start()
            await plain.start()
            self._ports = tuple(address[1] for address in runner.addresses)
        except OSError as error:
            self._failure = error
            self._started.set()
            await runner.cleanup()
            return
        async with dns.serving(self.ends.dns) as self._dns_port:
            self._started.set()
            await self._stop.wait()
            await _cut(runner)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        raw, _, query = request.raw_path.partition("?")
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call(request.method, unquote(raw), query, headers, await request.read(), f"{request.scheme}://{request.host}")
        if self.latency:
            await asyncio.sleep(self.latency)
        fault = self.faults.pick(call.method, unquote(call.target))
        if fault is not None and fault.kind in {"reset", "stall"}:
            return await self._break(request, call, fault)
        answer = self.ends.answer(call, fault)
        return await self._write(request, answer, fault)

    async def _break(self, request: web.Request, call: Call, fault: Fault) -> web.StreamResponse:
        self._note(call, 0)
        if fault.kind == "stall":
            assert self._stop is not None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), min(fault.seconds, STALL))
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)

    async def _write(self, request: web.Request, answer: Answer, fault: Fault | None) -> web.StreamResponse:
        body = answer.body()
        headers = {**answer.headers, "Content-Type": answer.content_type}
        if fault is not None and fault.kind in {"slow", "truncated"}:
            return await self._write_badly(request, answer.status, headers, body, fault)
        response = web.Response(status=answer.status, headers=headers, body=body)
        if len(body) > 1400 and "gzip" in request.headers.get("Accept-Encoding", ""):
            response.enable_compression(web.ContentCoding.gzip)  # as the service does; "deflate" is read in two ways by clients
        return response

    async def _write_badly(self, request: web.Request, status: int, headers: Mapping[str, str], body: bytes, fault: Fault) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = len(body)
        await response.prepare(request)
        if fault.kind == "truncated":
            await response.write(body[: len(body) // 2])
            if request.transport is not None:
                request.transport.close()
            return response
        pieces = 8
        for at in range(pieces):
            await response.write(body[len(body) * at // pieces : len(body) * (at + 1) // pieces])
            await asyncio.sleep(fault.seconds / pieces)
        return response


async def _cut(runner: web.AppRunner) -> None:
    """Ends a server and every connection it holds. Aborted, because a TLS goodbye that the caller does not answer would outlive the loop."""
    for connection in runner.server.connections if runner.server is not None else ():
        if connection.transport is not None:
            connection.transport.abort()
    await runner.cleanup()
    await asyncio.sleep(0)  # transports close their sockets in the turn after they were aborted
