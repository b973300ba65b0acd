"""The HTTP end behind a durable client binding (`rpcBaseUrl`), and the same operations for the management webhooks.

Paths and answers: reference is HttpApiHandler.cs of azure-functions-durable-extension and DurableOrchestrationClient.py
of the SDK. Bodies of `start` and `raiseEvent` are JSON strings that hold JSON text, because the SDK encodes twice. The
platform unwraps the input but not an event (github.com/Azure/azure-functions-durable-python/issues/295), so an orchestrator
receives event data as text here too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import history as h
from .client import Client, runtime_statuses, status
from .errors import BadRequestError, DurableError, UnknownInstanceError


@dataclass(frozen=True)
class Answer:
    """Status and JSON body (None: empty)."""

    status: int
    body: Any = None


class Rpc:
    """Answers requests below one base path."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def answer(self, method: str, parts: list[str], query: Mapping[str, str], body: bytes) -> Answer:
        """Answer a request whose decoded path parts follow the base."""
        try:
            return self._route(method, parts, query, body)
        except UnknownInstanceError:
            return Answer(404)
        except BadRequestError as fault:
            return Answer(400, _error("One or more of the arguments submitted is incorrect", fault))
        except DurableError as fault:
            return Answer(500, _error("Something went wrong while processing your request", fault))

    def _route(self, method: str, parts: list[str], query: Mapping[str, str], body: bytes) -> Answer:
        if method == "POST" and parts[:1] == ["orchestrators"] and len(parts) in (2, 3):
            id_ = self._client.start(parts[1], parts[2] if len(parts) == 3 else None, _start_input(body), query.get("version"))
            return Answer(202, {"id": id_})
        if parts[:1] != ["instances"]:
            return Answer(404)
        rest = [part for part in parts[1:] if part]
        if not rest:
            return self._many(method, query)
        if len(rest) == 1 and method == "GET":
            return self._one(rest[0], query)
        if len(rest) == 1 and method == "DELETE":
            self._client.get(rest[0])
            return Answer(200, {"instancesDeleted": self._client.purge([rest[0]])})
        if method == "POST":
            return self._change(rest, query, body)
        return Answer(404)

    def _one(self, id_: str, query: Mapping[str, str]) -> Answer:
        found = self._client.get(id_)
        history = self._client.history(id_) if _flag(query, "showHistory") else None
        with_input = "showInput" not in query or _flag(query, "showInput")
        # A failed instance is a 200: the request was answered. Only the webhooks' own flag turns it into 500.
        failed = found.status == "Failed" and _flag(query, "returnInternalServerErrorOnFailure")
        code = 500 if failed else (200 if found.finished else 202)
        return Answer(code, status(found, with_input=with_input, history=history))

    def _many(self, method: str, query: Mapping[str, str]) -> Answer:
        since, until = _time(query, "createdTimeFrom", ""), _time(query, "createdTimeTo", "~")
        found = self._client.find(since, until, runtime_statuses(query.get("runtimeStatus", "")), query.get("instanceIdPrefix", ""))
        if method == "GET":
            return Answer(200, [status(item, with_input=_flag(query, "showInput")) for item in found])
        if method == "DELETE":
            if "createdTimeFrom" not in query:
                raise BadRequestError("Please provide value for 'createdTimeFrom' parameter.")
            gone = self._client.purge([item.id for item in found])
            return Answer(200, {"instancesDeleted": gone}) if gone else Answer(404)
        return Answer(404)

    def _change(self, rest: list[str], query: Mapping[str, str], body: bytes) -> Answer:
        id_, verb = rest[0], rest[1]
        simple: dict[str, Callable[[], bool]] = {
            "terminate": lambda: self._client.terminate(id_, query.get("reason", "")),
            "suspend": lambda: self._client.suspend(id_),
            "resume": lambda: self._client.resume(id_),
        }
        if len(rest) == 2 and verb in simple:
            return Answer(202 if simple[verb]() else 410)
        if len(rest) == 3 and verb == "raiseEvent":
            return Answer(202 if self._client.raise_event(id_, rest[2], json.dumps(_json(body))) else 410)
        return Answer(404)


def binding(base: str, webhooks: str, key: str, hub: str) -> str:
    """The JSON of a durable client binding. `base` ends with a slash; `webhooks` is the management base with `key` as its code."""
    instance, code = "INSTANCEID", f"code={key}"
    urls = {
        "statusQueryGetUri": f"{webhooks}/instances/{instance}?{code}",
        "sendEventPostUri": f"{webhooks}/instances/{instance}/raiseEvent/{{eventName}}?{code}",
        "terminatePostUri": f"{webhooks}/instances/{instance}/terminate?reason={{text}}&{code}",
        "purgeHistoryDeleteUri": f"{webhooks}/instances/{instance}?{code}",
        "suspendPostUri": f"{webhooks}/instances/{instance}/suspend?reason={{text}}&{code}",
        "resumePostUri": f"{webhooks}/instances/{instance}/resume?reason={{text}}&{code}",
    }
    return json.dumps({"taskHubName": hub, "creationUrls": {}, "managementUrls": {"id": instance, **urls}, "rpcBaseUrl": base})


def _start_input(body: bytes) -> str | None:
    """The orchestrator's input as JSON text. Anything but a string (a webhook caller's object) is taken as it is."""
    if not body.strip():
        return None
    value = _json(body)
    return value if isinstance(value, str) else (None if value is None else json.dumps(value))


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as fault:
        raise BadRequestError("Invalid JSON content") from fault


def _flag(query: Mapping[str, str], name: str) -> bool:
    return query.get(name, "").lower() == "true"


def _time(query: Mapping[str, str], name: str, default: str) -> str:
    text = query.get(name)
    if not text:
        return default
    try:
        # The SDK formats with strftime and a trailing Z whatever the zone; the platform reads it as UTC.
        return h.stamp(datetime.fromisoformat(text.replace("Z", "+00:00").replace(" ", "+")))
    except ValueError as fault:
        raise BadRequestError(f"{name} is not a time") from fault


def _error(message: str, fault: DurableError) -> dict[str, str]:
    return {"Message": message, "ExceptionMessage": str(fault), "ExceptionType": type(fault).__name__}
