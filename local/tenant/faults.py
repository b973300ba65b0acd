"""Faults on demand: what goes wrong between a service and its caller, by path and count, settable while the server runs."""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Iterable
from typing import Any

from local.tenant.answers import Answer

BEFORE = {"status", "reset", "stall", "html", "expired_token", "no_retry_after"}
WRITING = {"slow", "truncated"}
ABOUT_PAGES = {"next_loop", "next_other_host", "duplicate_page", "empty", "not_an_object", "invalid_json"}
ABOUT_VALUES = {"missing", "wrong_type", "unknown_enum", "null", "set"}
HTML = "<!DOCTYPE html><html><head><title>Service Unavailable</title></head><body><h2>Our services aren't available right now</h2></body></html>"


@dataclasses.dataclass
class Fault:
    """One fault. `match` is a regular expression on the path with its query (`/v1.0/users?$top=5`).

    `kind`: status (with `status`, `body`, `headers`), reset, stall, slow (`seconds` between pieces), truncated, html, invalid_json, empty,
    not_an_object, next_loop, next_other_host, duplicate_page, expired_token, and on the value at `where` (`value[].state`, `value[0].id`):
    missing, wrong_type, unknown_enum, null, set (to `value`). `times` None is always; `after` lets that many requests through first.
    """

    match: str
    kind: str
    times: int | None = 1
    after: int = 0
    method: str | None = None
    status: int = 500
    body: Any = None
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    where: str = "value[]"
    value: Any = None
    seconds: float = 30.0
    hits: int = 0

    def __post_init__(self) -> None:
        if self.kind not in BEFORE | WRITING | ABOUT_PAGES | ABOUT_VALUES:
            raise ValueError(f"{self.kind!r} is not a fault; one of {sorted(BEFORE | WRITING | ABOUT_PAGES | ABOUT_VALUES)}")

    def takes(self, method: str, target: str) -> bool:
        """Whether this request is hit; counts."""
        if (self.method and self.method != method) or not re.search(self.match, target):
            return False
        self.hits += 1
        return self.hits > self.after and (self.times is None or self.hits <= self.after + self.times)


class Faults:
    """The faults of one server; a list to add to and clear."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.active = list(faults)
        self._pages: dict[str, Any] = {}

    def add(self, *faults: Fault) -> None:
        """Adds faults; they act from the next request on."""
        self.active.extend(faults)

    def clear(self) -> None:
        """Removes all faults."""
        self.active.clear()

    def pick(self, method: str, target: str) -> Fault | None:
        """The first fault that hits this request, or None."""
        return next((fault for fault in list(self.active) if fault.takes(method, target)), None)

    def before(self, fault: Fault | None) -> Answer | None:
        """The answer of a fault that keeps the request from its end; reset and stall are the server's to act on."""
        if fault is None or fault.kind not in {"status", "html", "expired_token"}:
            return None
        if fault.kind == "html":
            return Answer(fault.status if fault.status != 500 else 200, HTML, fault.headers, "text/html; charset=utf-8")
        if fault.kind == "expired_token":
            text = "The specified page token value has expired and can no longer be included in your request."
            return Answer(400, {"error": {"code": "Directory_ExpiredPageToken", "message": text}})
        default = {"error": {"code": "UnknownError", "message": "", "innerError": {}}}
        return Answer(fault.status, default if fault.body is None else fault.body, fault.headers)

    def after(self, fault: Fault | None, answer: Answer, url: str) -> Answer:
        """The answer of the end, changed by a fault about pages or values."""
        if fault is None or answer.status >= 400:
            return answer
        if fault.kind == "invalid_json":
            return dataclasses.replace(answer, payload=answer.body()[:-2] + b",,")
        if fault.kind == "not_an_object":
            return dataclasses.replace(answer, payload=[1, 2, 3])
        payload = copy.deepcopy(answer.payload)
        if fault.kind in ABOUT_PAGES and isinstance(payload, dict):
            payload = self._page(fault, payload, url)
        elif fault.kind in ABOUT_VALUES:
            change(payload, fault.where, fault)
        return dataclasses.replace(answer, payload=payload)

    def _page(self, fault: Fault, payload: dict[str, Any], url: str) -> dict[str, Any]:
        if fault.kind == "empty":
            return {key: value for key, value in payload.items() if key != "@odata.nextLink"} | {"value": []}
        if fault.kind == "next_loop":
            return payload | {"@odata.nextLink": url}
        if fault.kind == "next_other_host":
            return payload | {"@odata.nextLink": "https://graph.attacker.example/v1.0/users?$skiptoken=1"}
        first = self._pages.setdefault(fault.match, payload.get("value"))
        return payload | {"value": first}


def change(node: Any, where: str, fault: Fault) -> None:
    """Applies a fault to every place that `where` names, in place."""
    head, _, rest = where.partition(".")
    name, _, index = head.partition("[")
    if index and name and isinstance(node, dict) and isinstance(node.get(name), list):
        rows, number = node[name], index.removesuffix("]")
        chosen = range(len(rows)) if not number else [int(number)]
        for at in chosen:
            if at >= len(rows):
                continue
            if rest:
                change(rows[at], rest, fault)
            else:
                rows[at] = _changed(rows[at], fault)
    elif isinstance(node, dict) and rest:
        change(node.get(name), rest, fault)
    elif isinstance(node, dict):
        if fault.kind == "missing":
            node.pop(name, None)
        elif name in node or fault.kind == "set":
            node[name] = _changed(node.get(name), fault)


def _changed(value: Any, fault: Fault) -> Any:
    if fault.kind == "null":
        return None
    if fault.kind == "set":
        return copy.deepcopy(fault.value)
    if fault.kind == "unknown_enum":
        new = "valueOfNextYear"
        return [*value, new] if isinstance(value, list) else new
    return {"unexpected": True} if not isinstance(value, dict) else "unexpected"
