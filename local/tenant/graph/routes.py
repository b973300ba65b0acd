"""From a path to an endpoint row: collections, their items, casts and `$count`. Segments compare without case, as the service does."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Mapping
from typing import Any

import yaml

from local.tenant.answers import bad_request
from local.tenant.schema import DATA

KEYED = re.compile(r"^([A-Za-z]\w*)\((?:(\w+)=)?'?([^']*)'?\)$")


@dataclasses.dataclass(frozen=True)
class Route:
    """Where a path leads: the endpoint's row, the ids in the path, the item's key, a cast, and whether only the count is asked for."""

    row: Mapping[str, Any]
    ids: Mapping[str, str]
    key: str | None = None
    cast: str | None = None
    count: bool = False


@functools.cache
def endpoints() -> tuple[dict[str, Any], ...]:
    """Rows of endpoints.yaml."""
    return tuple(yaml.safe_load((DATA / "endpoints.yaml").read_text("utf-8")))


@functools.cache
def _tree() -> dict[str, Any]:
    """Segments (lower case, `{}` for an id) to the rows that end there."""
    tree: dict[str, Any] = {}
    for row in endpoints():
        node = tree
        for segment in row["path"].strip("/").split("/"):
            node = node.setdefault("{}" if segment.startswith("{") else segment.lower(), {})
        node["row"] = row
    return tree


def segments(path: str) -> list[str]:
    """Path segments; `things('id')` and `things(appId='x')` become two, `function()` loses its brackets."""
    found: list[str] = []
    for segment in path.strip("/").split("/"):
        keyed = KEYED.match(segment)
        if not keyed:
            found.append(segment)
        elif keyed[3] == "":
            found.append(keyed[1])
        else:
            found += [keyed[1], f"{keyed[2]}={keyed[3]}" if keyed[2] and keyed[2] != "id" else keyed[3]]
    return found


def resolve(path: str, version: str) -> Route:
    """The route of a path below /v1.0 or /beta; raises Graph's 400 naming the segment it does not know."""
    parts, node, row, ids = segments(path), _tree(), None, []
    used = 0
    for at, part in enumerate(parts):
        following = node.get(part.lower()) or node.get("{}")
        if following is None:
            break
        if part.lower() not in node:
            ids.append(part)
        node, used = following, at + 1
        row = node.get("row") if _exists(node.get("row"), version) else None
    rest = parts[used:]
    if row is None and "row" not in node and used and not rest and "{}" in _parent(parts):
        row, rest, ids = _parent(parts)["row"], [parts[-1]], ids[:-1]
    if row is None or len(rest) > 2:
        raise bad_request(f"Resource not found for the segment '{(rest or parts[-1:])[0]}'.")
    return _tail(row, dict(zip(_names(row), ids, strict=False)), rest)


def _parent(parts: list[str]) -> dict[str, Any]:
    node: dict[str, Any] = _tree()
    for part in parts[:-1]:
        node = node.get(part.lower()) or node.get("{}") or {}
    return node if "row" in node else {}


def _exists(row: Mapping[str, Any] | None, version: str) -> bool:
    return row is not None and (row.get("beta") != "only" or version == "beta")


def _names(row: Mapping[str, Any]) -> list[str]:
    return [segment.strip("{}") for segment in row["path"].strip("/").split("/") if segment.startswith("{")]


def _tail(row: Mapping[str, Any], ids: Mapping[str, str], rest: list[str]) -> Route:
    cast = re.sub(r"^(microsoft\.)?graph\.", "", rest.pop(0)) if rest and rest[0].startswith(("microsoft.graph.", "graph.")) else None
    count = bool(rest) and rest[0].lower() == "$count"
    if count:
        rest.pop(0)
    if rest and (row.get("one") or row.get("item") is False or cast or count or len(rest) > 1):
        raise bad_request(f"Resource not found for the segment '{rest[-1]}'.")
    return Route(row, ids, rest[0] if rest else None, cast, count)
