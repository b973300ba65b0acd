"""What every door to a tenant shares: one line, one set of tokens, one host, and the rules of an answer."""

import base64
import binascii
import json
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from scanners.doors import classify, remedies
from scanners.doors.hosts import same_origin
from scanners.doors.paging import next_link, parsed
from scanners.doors.tokens import TokenPort
from scanners.doors.transport import Answered, Line, never
from scanners.errors import Unreachable, Unrecognised
from scanners.model import Ask, Fact, Throttle
from scanners.ports import Answer, Interface

_CLAIMS = re.compile(r'claims="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Message:
    """One request of ours: method, absolute URL, headers without authorization, body as bytes."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A line to one end, with the tokens that the end accepts. The token is attached here, after the host was checked, and nowhere else."""

    line: Line
    tokens: TokenPort
    base: str
    scope: str

    async def send(self, message: Message, throttle: Throttle, *, repeatable: bool = True, doubtful: Callable[[Answered], bool] = never) -> Answered:
        """The answer to `message`. Raises Unrecognised for a foreign host, else as `exchange`."""
        if not same_origin(message.url, self.base):
            raise Unrecognised("the request would have left for another host; it was not sent", remedies.REPORT)
        return await self.exchange(lambda claims: self._once(message, claims), throttle, repeatable=repeatable, doubtful=doubtful)

    async def exchange(
        self,
        once: Callable[[str | None], Awaitable[httpx.Response]],
        throttle: Throttle,
        *,
        repeatable: bool = True,
        doubtful: Callable[[Answered], bool] = never,
        cost: int = 1,
    ) -> Answered:
        """The answer to `once`, which is handed the claims that its token must meet. A 401 is met with one new token.

        Raises Unreachable, NotPermitted when no token can be had, Unrecognised when the answer is too large.
        """
        answer = await self.line.send(throttle, lambda: once(None), repeatable=repeatable, doubtful=doubtful, cost=cost)
        if answer.status != 401:
            return answer
        await self.tokens.renew(self.scope)
        challenge = claims_in(answer.headers)
        return await self.line.send(throttle, lambda: once(challenge), repeatable=repeatable, doubtful=doubtful, cost=cost)

    async def _once(self, message: Message, challenge: str | None) -> httpx.Response:
        token = await self.tokens.bearer(self.scope, challenge)
        headers = {**message.headers, "client-request-id": str(uuid.uuid4()), "Authorization": f"Bearer {token}"}
        request = self.line.http.build_request(message.method, message.url, headers=headers, content=message.content)
        return await self.line.http.send(request)


def claims_in(headers: Mapping[str, str]) -> str | None:
    """The claims that a service demands of the next token (continuous access evaluation), decoded; None when it demands none."""
    found = _CLAIMS.search(headers.get("www-authenticate", ""))
    return decoded_claims(found.group(1)) if found else None


def decoded_claims(text: str) -> str | None:
    """A claims challenge as JSON text, whether it came in base64 or plain; None when it is neither."""
    if text.lstrip().startswith("{"):
        return text
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError):
        return None


def read(answered: Answered, fact: Fact, ask: Ask) -> Any:
    """The body of a good answer as JSON, or None for a status that the ask tolerates.

    Raises the leaf that says why there is no answer.
    """
    if answered.status in ask.tolerates:
        return None
    if answered.status == 404 and ask.about and classify.error_of(answered.body).service:
        raise Unreachable("an object that was listed a moment ago is gone", remedies.LATER)
    if answered.status != 200:
        raise classify.classify(fact.door, answered.status, answered.headers, answered.body, fact)
    if classify.is_html(answered.headers, answered.body):
        raise classify.classify(fact.door, answered.status, answered.headers, answered.body, fact)
    return parsed(answered.body)


def answer(answered: Answered, *, path: str, method: str, body: Any, api_version: str, interface: Interface) -> Answer:
    """The page as the engine receives it: the bytes as they came."""
    return Answer(
        status=answered.status,
        body=answered.body,
        path=path,
        method=method,
        next_link=next_link(body),
        request_id=answered.request_id,
        server_date=answered.headers.get("date"),
        api_version=api_version,
        interface=interface,
    )


def path_of(url: str, base: str) -> str:
    """Path and query of `url` without the host, and without the path of a simulated tenant's base."""
    parts = urlsplit(url)
    prefix = urlsplit(base).path.rstrip("/")
    path = parts.path.removeprefix(prefix) if prefix else parts.path
    return f"{path}?{parts.query}" if parts.query else path


def rows_of(body: Any) -> Any:
    """The rows of a page: its `value`, or the array that the page is."""
    return body.get("value") if isinstance(body, dict) else body


def dumps(value: Mapping[str, Any]) -> bytes:
    """A request body."""
    return json.dumps(value, separators=(",", ":")).encode()
