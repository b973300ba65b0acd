"""The app under the local host with one signed run, asked over real HTTP; and people who sign in at the simulated tenant."""

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.api.described import Description
from tests.e2e.rig import Rig, rig

CLIENT_ID = "0f6f8a52-6a0a-4c6e-9a53-6f2d9f6d7c11"
OWNER = "11111111-aaaa-4bbb-8ccc-000000000001"
OTHER = "11111111-aaaa-4bbb-8ccc-000000000002"
ADMINISTRATOR, APPROVER, READER = "Scanner.Administrator", "Scanner.Approver", "Scanner.Reader"


@dataclass(frozen=True)
class Reply:
    """What came back. Redirects are not followed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True)
class Api:
    """The app, with one signed run."""

    held: Rig
    run: str
    description: Description

    def ask(
        self, method: str, path: str, *, key: str | None = "function", body: Any = None, headers: Mapping[str, str] | None = None, timeout: float = 60
    ) -> Reply:
        """One request below /api. `body` is bytes, or a value that is sent as JSON."""
        sent = dict(headers or {})
        keys = {"function": self.held.host.keys.default, "admin": self.held.host.keys.master}
        if key:
            sent["x-functions-key"] = keys.get(key, key)
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(str(urlsplit(self.held.host.url).hostname), urlsplit(self.held.host.url).port, timeout=timeout)
        try:
            connection.request(method, path if path.startswith("/api/") else f"/api{path}", body=body, headers=sent)
            answer = connection.getresponse()
            reply = Reply(answer.status, _Headers(answer.getheaders()), answer.read())
        finally:
            connection.close()
        below = path if path.startswith("/api/") else f"/api{path}"
        self.description.check(method, below, reply.status, reply.headers.get("content-type", ""), reply.body)
        return reply

    def get(self, path: str, **more: Any) -> Reply:
        return self.ask("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Reply:
        return self.ask("POST", path, body=b"" if body is None else body, **more)

    def form(self, path: str, fields: Mapping[str, str], **more: Any) -> Reply:
        headers = {"Content-Type": "application/x-www-form-urlencoded", **more.pop("headers", {})}
        return self.ask("POST", path, body=urlencode(fields).encode(), headers=headers, **more)

    def forget(self) -> None:
        """Close the app's connections to the tenant, so that the next call signs in anew."""
        self.held.host._call(self.held.host._worker.on_loop(_close()))

    def token(self, oid: str = OWNER, *roles: str, **changed: Any) -> str:
        """An ID token as the tenant issues it to a person; `changed` replaces or (None) removes claims."""
        tenant, now = self.held.tenant, int(time.time())
        tenant_id = tenant.world.tenant["id"]
        claims = {
            "aud": CLIENT_ID,
            "iss": f"{tenant.base_url}/{tenant_id}/v2.0",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "oid": oid,
            "sub": f"pairwise-{oid}",
            "tid": tenant_id,
            "ver": "2.0",
            "roles": list(roles or (ADMINISTRATOR,)),
            **changed,
        }
        return tenant.ends.sign_in.signer.sign({name: value for name, value in claims.items() if value is not None})

    def bearer(self, oid: str = OWNER, *roles: str, **changed: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(oid, *roles, **changed)}"}


async def _close() -> None:
    from runs.context import context

    await context().aclose()


class _Headers(dict[str, str]):
    """Headers by name in any case; Set-Cookie appears once in all of our answers."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__({name.lower(): value for name, value in pairs})

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())


@contextmanager
def api(path: Path) -> Iterator[Api]:
    """Everything started, and one run signed."""
    with rig(path, environment={"ENTRA_CLIENT_ID": CLIENT_ID}) as held:
        ended = held.scan()
        assert ended.completed, ended.failure
        _, _, document = held.call("/openapi.json", key=None)
        yield Api(held, ended.run, Description(json.loads(document)))
