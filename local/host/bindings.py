"""Values in and out of functions, through the library's own converters.

`azure.functions` registers one converter per binding type; the worker turns the host's typed data into arguments with
them, and results back. Using the same ones here means that a function sees the same objects as in Azure, and that a
result which Azure refuses is refused here.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http.cookies import SimpleCookie
from typing import Any

from .errors import FunctionError
from .index import Binding, Function


@dataclass(frozen=True)
class HttpAnswer:
    """What an HTTP function answered. `headers` may repeat Set-Cookie."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def http_request(method: str, url: str, headers: Mapping[str, str], query: Mapping[str, str], params: Mapping[str, str], body: bytes) -> Any:
    """An azure.functions.HttpRequest."""
    text = {"headers": headers, "query": query, "params": params}
    value: dict[str, Any] = {part: {name: _datum(item, "string") for name, item in items.items()} for part, items in text.items()}
    value |= {"method": _datum(method, "string"), "url": _datum(url, "string"), "body": _datum(body, "bytes")}
    return _converter("httpTrigger").decode(_datum(value, "http"), trigger_metadata={})


def timer_request(past_due: bool, last: datetime | None, next_: datetime, now: datetime) -> Any:
    """An azure.functions.TimerRequest from the payload that the timer extension sends (times are aware, UTC)."""
    status = {"Last": (last or datetime.min.replace(tzinfo=now.tzinfo)).isoformat(), "Next": next_.isoformat(), "LastUpdated": now.isoformat()}
    payload = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due}
    return _converter("timerTrigger").decode(_datum(json.dumps(payload), "json"), trigger_metadata={})


def activity_input(function: Function, text: str | None) -> Any:
    """An activity's argument from the JSON text it was scheduled with. Raises FunctionError when it cannot be decoded."""
    try:
        return _converter("activityTrigger").decode(_datum("null" if text is None else text, "json"), trigger_metadata={})
    except ValueError as fault:  # an object whose class is not loaded; the converter's text would quote the value
        raise FunctionError(function.name, "ValueError", "activity trigger input cannot be decoded") from fault


def activity_output(function: Function, value: Any) -> str:
    """JSON text of an activity's result. Raises FunctionError (as the activity would) when it is not serialisable."""
    try:
        return str(_converter("activityTrigger").encode(value, expected_type=None).value)
    except ValueError as fault:  # covers values that refer to themselves; the text would quote the value
        raise FunctionError(function.name, "ValueError", "activity trigger output must be json serializable") from fault


def orchestration_context(body: str) -> Any:
    """An azure.functions.OrchestrationContext."""
    return _converter("orchestrationTrigger").decode(_datum(body, "json"), trigger_metadata={})


def http_answer(function: Function, value: Any) -> HttpAnswer:
    """The answer in a function's return value. Raises FunctionError for a value that is not a response or a string."""
    try:
        datum = _converter("http").encode(value, expected_type=None)
    except NotImplementedError as fault:
        raise FunctionError(function.name, "TypeError", f"an HTTP function returned {type(value).__name__}") from fault
    if datum.type == "string":
        return HttpAnswer(200, (("Content-Type", "text/plain; charset=utf-8"),), datum.value.encode("utf-8"))
    parts = datum.value
    headers = [(name, item.value) for name, item in parts["headers"].items()]
    cookies: list[SimpleCookie] = parts["cookies"] or []
    headers += [("Set-Cookie", morsel.OutputString()) for cookie in cookies for morsel in cookie.values()]
    return HttpAnswer(int(parts["status_code"].value), tuple(headers), parts["body"].value)


def messages(function: Function, binding: Binding, value: Any) -> list[bytes]:
    """The messages or events in a value of a queue or Event Grid output, each as bytes.

    A parameter annotated `Out[str]` or `Out[bytes]` is passed on as it is; anything else goes through the converter,
    and a JSON array becomes one message per item, as the host does it.
    """
    if _declared(function, binding) in (str, bytes):
        if not isinstance(value, str | bytes):
            raise FunctionError(function.name, "TypeError", f"output {binding.name!r} takes text, not {type(value).__name__}")
        return [value.encode() if isinstance(value, str) else value]
    try:
        datum = _converter(binding.type).encode(value, expected_type=None)
    except NotImplementedError as fault:
        raise FunctionError(function.name, "TypeError", f"output {binding.name!r} cannot take {type(value).__name__}") from fault
    if datum.type != "json":
        return [datum.value.encode() if isinstance(datum.value, str) else datum.value]
    parsed = json.loads(datum.value)
    return [_one(item) for item in (parsed if isinstance(parsed, list) else [parsed])]


def _one(item: Any) -> bytes:
    if isinstance(item, dict) and set(item) == {"id", "body"}:  # a QueueMessage: the host sends its body
        item = item["body"]
    return (item if isinstance(item, str) else json.dumps(item)).encode()


def _declared(function: Function, binding: Binding) -> Any:
    arguments = typing.get_args(function.annotations.get(binding.name))
    return arguments[0] if arguments else None


def _converter(name: str) -> Any:
    import azure.functions

    registry: Any = azure.functions.get_binding_registry  # the library leaves this one function without types
    return registry().get(name)


def _datum(value: Any, kind: str) -> Any:
    from azure.functions.meta import Datum

    return Datum(value, kind)
