"""Skip tokens: opaque, signed, bound to the query they came from, and expiring when told to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from urllib.parse import quote

from local.tenant.answers import Refusal


class Pager:
    """Makes and reads skip tokens of one server. `expire()` makes every token handed out so far unusable."""

    def __init__(self, lifetime: float) -> None:
        self._key = hashlib.sha256(str(time.time_ns()).encode()).digest()
        self._lifetime = lifetime
        self._not_before = 0.0

    def expire(self) -> None:
        """Every token made before now is answered as expired."""
        self._not_before = time.monotonic()

    def token(self, scope: str, offset: int) -> str:
        """A token for the page that starts at `offset` of the query `scope`."""
        body = json.dumps([hashlib.sha256(scope.encode()).hexdigest()[:16], offset, time.monotonic()]).encode()
        mark = hmac.new(self._key, body, "sha256").digest()[:9]
        return base64.urlsafe_b64encode(mark + body).decode().rstrip("=")

    def offset(self, scope: str, token: str) -> int:
        """Where the page starts; raises what the directory answers for a token that is foreign, altered or expired."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            mark, body = raw[:9], raw[9:]
            wanted, offset, made = json.loads(body)
        except ValueError:
            mark, body, wanted, offset, made = b"", b"", "", 0, 0.0
        if not hmac.compare_digest(mark, hmac.new(self._key, body, "sha256").digest()[:9]):
            raise Refusal(400, "Request_BadRequest", "The specified page token value is invalid and cannot be included in your request.")
        if wanted != hashlib.sha256(scope.encode()).hexdigest()[:16]:
            raise Refusal(400, "Request_BadRequest", "The page token does not belong to the other query parameters of the request.")
        if made <= self._not_before or time.monotonic() - made > self._lifetime:
            text = "The specified page token value has expired and can no longer be included in your request."
            raise Refusal(400, "Directory_ExpiredPageToken", text)
        return int(offset)


def next_link(address: str, query_text: str, token: str) -> str:
    """The absolute nextLink: the query's own options and the token, encoded as Graph does."""
    options = f"{query_text}&" if query_text else ""
    return f"{address}?{quote(options, safe='$=&,()/:')}$skiptoken={token}"
