"""The query options of one request, read and checked the way Microsoft Graph checks them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from urllib.parse import parse_qsl

from local.tenant.answers import bad_request
from local.tenant.odata import filter as odata_filter

KNOWN = {"$select", "$expand", "$filter", "$top", "$count", "$skiptoken", "$orderby", "$search", "$skip", "$format"}


@dataclasses.dataclass(frozen=True)
class Expand:
    """One navigation property to expand, with what to select and expand inside it."""

    name: str
    select: tuple[str, ...] | None = None
    inner: tuple[Expand, ...] = ()


@dataclasses.dataclass(frozen=True)
class Query:
    """Query options; `text` is the query string without the skip token, which a nextLink repeats."""

    select: tuple[str, ...] | None = None
    expand: tuple[Expand, ...] = ()
    filter: odata_filter.Filter | None = None
    filter_text: str | None = None
    top: int | None = None
    count: bool = False
    skiptoken: str | None = None
    orderby: str | None = None
    text: str = ""


def parse(query_string: str) -> Query:
    """Reads a raw query string; raises Graph's 400 for options it does not know or cannot read."""
    pairs = parse_qsl(query_string, keep_blank_values=True)
    options = dict(pairs)
    for name in options:
        if name.startswith("$") and name not in KNOWN:
            raise bad_request(f"The query parameter '{name}' is not supported.")
    filter_text = options.get("$filter")
    return Query(
        select=_names(options.get("$select")),
        expand=_expands(options["$expand"]) if options.get("$expand") else (),
        filter=odata_filter.parse(filter_text) if filter_text else None,
        filter_text=filter_text,
        top=_top(options.get("$top")),
        count=options.get("$count", "").lower() == "true",
        skiptoken=options.get("$skiptoken"),
        orderby=options.get("$orderby"),
        text="&".join(f"{name}={value}" for name, value in pairs if name != "$skiptoken"),
    )


def _names(text: str | None) -> tuple[str, ...] | None:
    if not text or text.strip() == "*":
        return None
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _top(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdigit() or int(text) < 1:
        raise bad_request(f"Invalid page size specified: '{text}'. Must be between 1 and 999 inclusive.", "Request_BadRequest")
    return int(text)


def _expands(text: str) -> tuple[Expand, ...]:
    found = []
    for part in _split(text, ","):
        name, _, rest = part.partition("(")
        options = dict(piece.strip().split("=", 1) for piece in _split(rest.removesuffix(")"), ";") if "=" in piece)
        inner = _expands(options["$expand"]) if "$expand" in options else ()
        found.append(Expand(name.strip(), _names(options.get("$select")), inner))
    return tuple(found)


def _split(text: str, mark: str) -> Iterable[str]:
    depth, start = 0, 0
    for at, char in enumerate(text):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == mark and depth == 0:
            yield text[start:at]
            start = at + 1
    if text[start:].strip():
        yield text[start:]
