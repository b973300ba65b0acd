"""`POST /$batch`: at most 20 requests, each answered, throttled and refused on its own, in no promised order."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from local.tenant.answers import Answer, bad_request, graph_headers
from local.tenant.graph.service import Call
from local.tenant.ids import mix

LIMIT = 20


def answer(call: Call, inner: Callable[[Call], Answer]) -> Answer:
    """Answers a batch by handing each request to `inner`; raises Graph's 400 for a malformed one."""
    version = call.path.split("/")[1]
    responses = [_answer(call, version, request, inner) for request in _requests(call.body)]
    responses.sort(key=lambda response: mix(sum(response["id"].encode())))
    return Answer(200, {"responses": responses}, graph_headers(call.headers.get("client-request-id")), "application/json")


def _requests(body: bytes) -> list[dict[str, Any]]:
    try:
        requests = json.loads(body)["requests"]
        ids = [request["id"] for request in requests]
        complete = all(isinstance(request["url"], str) and isinstance(request["method"], str) for request in requests)
    except (ValueError, KeyError, TypeError) as error:
        raise bad_request("Invalid batch payload format.") from error
    if len(requests) > LIMIT:
        raise bad_request(f"Number of requests inside batch exceed the limit: {LIMIT}.")
    if not complete or len(set(ids)) != len(ids) or not all(isinstance(one, str) for one in ids):
        raise bad_request("Request id must be present and unique inside the batch.")
    found: list[dict[str, Any]] = requests
    return found


def _answer(call: Call, version: str, request: dict[str, Any], inner: Callable[[Call], Answer]) -> dict[str, Any]:
    path, _, options = request["url"].partition("?")
    headers = {key.lower(): str(value) for key, value in (request.get("headers") or {}).items()}
    body = json.dumps(request["body"]).encode() if "body" in request else b""
    carried = {name: call.headers[name] for name in ("authorization", "prefer", "client-request-id") if name in call.headers}
    single = Call(request["method"], f"/{version}/{path.strip('/')}", options, {**carried, **headers}, body, call.base, at_batch=True)
    found = inner(single)
    kept = {name: value for name, value in found.headers.items() if name in {"Retry-After", "Cache-Control", "x-ms-resource-unit", "Location"}}
    content: Any = found.payload
    if isinstance(content, bytes):
        content = base64.b64encode(content).decode()
    elif isinstance(content, str) and found.content_type == "text/plain":
        content = int(content.removeprefix("\ufeff"))
    return {"id": request["id"], "status": found.status, "headers": {**kept, "Content-Type": found.content_type}, "body": content}
