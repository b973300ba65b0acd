"""What an end of the simulated tenant answers, and how it refuses.

`Answer` is one HTTP response before it is written; `Refusal` is raised by any end and becomes one. Error bodies have the form of the end that
answers: Microsoft Graph's and Azure AD's differ.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Mapping
from typing import Any

GRAPH_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


@dataclasses.dataclass(frozen=True)
class Answer:
    """One response: `payload` is JSON unless it is text or bytes."""

    status: int
    payload: Any
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"

    def body(self) -> bytes:
        """The bytes that go out."""
        if isinstance(self.payload, bytes):
            return self.payload
        if isinstance(self.payload, str):
            return self.payload.encode()
        return b"" if self.payload is None else json.dumps(self.payload, ensure_ascii=False, separators=(",", ":")).encode()


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault of the program
    """Raised where the real service would answer an error; `code` and `message` are the service's own words."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message, self.headers = status, code, message, dict(headers or {})

    def graph(self, request_id: str, client_request_id: str | None) -> Answer:
        """The refusal in Microsoft Graph's form, with innerError."""
        inner = {
            "date": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": client_request_id or request_id,
        }
        error = {"code": self.code, "message": self.message, "innerError": inner}
        return Answer(self.status, {"error": error}, self.headers, "application/json")


def graph_headers(client_request_id: str | None) -> dict[str, str]:
    """Headers that every answer of Microsoft Graph carries."""
    request_id = str(uuid.uuid4())
    region = {"DataCenter": "West US", "Slice": "E", "Ring": "4", "ScaleUnit": "004", "RoleInstance": "BY3PEPF00000000"}
    return {
        "request-id": request_id,
        "client-request-id": client_request_id or request_id,
        "OData-Version": "4.0",
        "Cache-Control": "no-cache",
        "Strict-Transport-Security": "max-age=31536000",
        "x-ms-ags-diagnostic": json.dumps({"ServerInfo": region}),
    }


def bad_request(message: str, code: str = "BadRequest") -> Refusal:
    """400 with Graph's usual code."""
    return Refusal(400, code, message)
