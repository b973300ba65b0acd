"""The HTTP face of the host: the app's routes with their keys, the admin call that fires a timer, and the durable ends.

Served by aiohttp on loopback only. Wrong method and unknown path are both 404, a missing or wrong key is 401, a body over
100 MB is 413 and an exception in a function is 500 without detail: what the platform answers. The access log is off,
because query strings carry keys.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Iterable
from urllib.parse import urlsplit

from aiohttp import web
from multidict import CIMultiDict

from .errors import FunctionError, HostError, IndexingError, UnknownFunctionError, origin
from .index import Function
from .invoker import Invoker
from .keys import Keys
from .routes import Route, decode, find, route
from .rpc import Answer, Rpc

_log = logging.getLogger(__name__)

BODY_LIMIT = 100 * 1024 * 1024  # bytes; maxRequestLength of the host
RPC, WEBHOOKS, ADMIN = "durabletask", "runtime/webhooks/durabletask", "admin/functions"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_HOP_BY_HOP = {"content-length", "transfer-encoding", "connection", "keep-alive"}


class Web:
    """Answers every request of one host."""

    def __init__(self, functions: Iterable[Function], prefix: str, keys: Keys, invoker: Invoker, rpc: Rpc, secret: str) -> None:
        """`functions` are those with an HTTP trigger; `secret` guards the end that only the durable client uses."""
        self._routes = table(functions, prefix)
        self._keys, self._invoker, self._rpc, self._secret = keys, invoker, rpc, secret

    def application(self) -> web.Application:
        """The server's application."""
        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_route("*", r"/{path:[\s\S]*}", self._answer)  # a line break in a path is a path too
        app.on_response_prepare.append(_name_server)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        # A page in a browser can reach loopback under a name of its own (DNS rebinding); the Host header gives it away.
        if _host_of(request) not in _LOOPBACK:
            return web.Response(status=400)
        path = request.rel_url.raw_path.lstrip("/")
        for base, handle in ((RPC, self._rpc_call), (WEBHOOKS, self._webhook), (ADMIN, self._admin)):
            if path.startswith(base + "/"):
                return await handle(request, path.removeprefix(base + "/"))
        found = find(self._routes, request.method, path)
        if found is None:
            return web.Response(status=404)
        return await self._function(request, *found)

    async def _function(self, request: web.Request, matched: Route[Function], params: dict[str, str]) -> web.StreamResponse:
        function = matched.target
        if not self._keys.allows(str(function.trigger.settings.get("authLevel", "FUNCTION")).upper(), _key(request)):
            return web.Response(status=401)
        if (request.content_length or 0) > BODY_LIMIT:
            return web.Response(status=413)  # before the body is read; one without a length is stopped by `read`
        body = await request.read()
        headers = {name: ",".join(request.headers.getall(name)) for name in request.headers}
        query = {name: ",".join(request.query.getall(name)) for name in request.query}
        try:
            answer = await self._invoker.http(function, request.method, str(request.url), headers, query, params, body)
        except HostError as fault:
            _log_fault(function.name, fault)
            return web.Response(status=500)
        kept = CIMultiDict((name, value) for name, value in answer.headers if request.method == "HEAD" or name.lower() not in _HOP_BY_HOP)
        return web.Response(status=answer.status, headers=kept, body=answer.body)

    async def _rpc_call(self, request: web.Request, path: str) -> web.StreamResponse:
        secret, _, rest = path.partition("/")
        if not hmac.compare_digest(secret.encode(), self._secret.encode()):
            return web.Response(status=404)
        return await self._durable(request, rest)

    async def _webhook(self, request: web.Request, path: str) -> web.StreamResponse:
        if not self._keys.allows("SYSTEM", _key(request)):
            return web.Response(status=401)
        return await self._durable(request, path)

    async def _durable(self, request: web.Request, path: str) -> web.StreamResponse:
        parts = [decode(part) for part in path.rstrip("/").split("/")]
        return _json(self._rpc.answer(request.method, parts, request.query, await request.read()))

    async def _admin(self, request: web.Request, path: str) -> web.StreamResponse:
        """POST admin/functions/{name} with the master key fires a timer, as the platform's own admin call does."""
        if not self._keys.allows("ADMIN", _key(request)):
            return web.Response(status=401)
        if request.method != "POST" or "/" in path:
            return web.Response(status=404)
        try:
            await self._invoker.timer(decode(path), past_due=False)
        except UnknownFunctionError:
            return web.Response(status=404)
        except HostError as fault:
            _log_fault(decode(path), fault)
            return web.Response(status=500)
        return web.Response(status=202)


def table(functions: Iterable[Function], prefix: str) -> list[Route[Function]]:
    """The routes of HTTP functions under the prefix. Raises IndexingError for two functions on one route and method."""
    made: list[Route[Function]] = []
    taken: dict[tuple[str, str], str] = {}
    for function in functions:
        settings = function.trigger.settings
        template = f"{prefix}/{settings.get('route') or function.name}".strip("/")
        item = route(template, [str(m) for m in settings.get("methods", [])], function)
        for method in item.methods or {"any method"}:
            other = taken.setdefault((template.lower(), method), function.name)
            if other != function.name:
                raise IndexingError(f"functions {other!r} and {function.name!r} share the route {method} {template}")
        made.append(item)
    return made


def _log_fault(name: str, fault: HostError) -> None:
    if isinstance(fault, FunctionError):
        _log.error("function %s failed with %s at %s", name, fault.kind, origin(fault))
        _log.debug("function %s: %s", name, fault.detail)
    else:
        _log.error("function %s: %s", name, fault)


def _key(request: web.Request) -> str | None:
    return request.headers.get("x-functions-key") or request.query.get("code")


def _json(answer: Answer) -> web.Response:
    if answer.body is None:
        return web.Response(status=answer.status)
    return web.Response(status=answer.status, body=json.dumps(answer.body).encode(), content_type="application/json")


async def _name_server(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "local-functions-host"


def _host_of(request: web.Request) -> str:
    try:
        return urlsplit(f"//{request.host}").hostname or ""
    except ValueError:  # such as an open bracket, which begins an address that does not end
        return ""
