"""Route templates of HTTP triggers: parsing, matching and order, as ASP.NET routing does it for the Functions host.

Supported: literal segments (case-insensitive), `{name}`, `{name?}`, `{name:int|long|guid|alpha|bool}` and a last `{*rest}`.
A literal beats a constrained parameter, which beats a plain one, which beats a catch-all.
Source: learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger#customize-the-http-endpoint
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import unquote

from .errors import IndexingError

_PARAMETER = re.compile(r"^\{(?P<star>\*?)(?P<name>[A-Za-z_][A-Za-z0-9_]*)(:(?P<kind>[a-z]+))?(?P<optional>\?)?\}$")
_KINDS = {
    "int": re.compile(r"-?\d{1,10}"),
    "long": re.compile(r"-?\d{1,19}"),
    "guid": re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE),
    "alpha": re.compile(r"[a-z]+", re.IGNORECASE),
    "bool": re.compile(r"true|false", re.IGNORECASE),
}
T = TypeVar("T")


@dataclass(frozen=True)
class Segment:
    """One part between slashes. `literal` is lower case; for a parameter it is None."""

    literal: str | None
    name: str = ""
    kind: str | None = None
    optional: bool = False
    rest: bool = False

    @property
    def weight(self) -> int:
        """Smaller is tried first."""
        if self.literal is not None:
            return 0
        return 3 if self.rest else (1 if self.kind else 2)


@dataclass(frozen=True)
class Route(Generic[T]):
    """A template, the methods it takes (empty: all) and what it leads to."""

    template: str
    segments: tuple[Segment, ...]
    methods: frozenset[str]
    target: T

    def match(self, path: list[str]) -> dict[str, str] | None:
        """Route parameters when the raw path segments fit, else None."""
        values: dict[str, str] = {}
        for position, segment in enumerate(self.segments):
            if segment.rest:
                values[segment.name] = "/".join(decode(part) for part in path[position:])
                return values
            if position >= len(path):
                if segment.optional:
                    continue
                return None
            text = decode(path[position])
            if segment.literal is not None:
                if text.lower() != segment.literal:
                    return None
            elif not text or (segment.kind and not _KINDS[segment.kind].fullmatch(text)):
                return None
            else:
                values[segment.name] = text
        return values if len(path) <= len(self.segments) else None


def route(template: str, methods: Iterable[str], target: T) -> Route[T]:
    """Parse one template. Raises IndexingError for a form this host does not know."""
    segments = tuple(_segment(part, template) for part in template.strip("/").split("/") if part)
    for early in segments[:-1]:
        if early.rest or early.optional:
            raise IndexingError(f"route {template!r}: only the last part may be optional or take the rest")
    return Route(template, segments, frozenset(m.upper() for m in methods), target)


def find(routes: Iterable[Route[T]], method: str, path: str) -> tuple[Route[T], dict[str, str]] | None:
    """The best route for a raw (still percent-encoded) path without query, with its parameters.

    None both for an unknown path and for a known path with another method: the real host answers 404 to both
    (github.com/Azure/azure-functions-host/issues/10098), and so does this one.
    """
    parts = [part for part in path.strip("/").split("/") if part]
    fitting = [
        (tuple(s.weight for s in candidate.segments), candidate, values)
        for candidate in routes
        if (not candidate.methods or method.upper() in candidate.methods) and (values := candidate.match(parts)) is not None
    ]
    if not fitting:
        return None
    _, best, values = min(fitting, key=lambda item: item[0])
    return best, values


def decode(part: str) -> str:
    """Percent-decode one segment but for an encoded slash, which stays encoded as Kestrel leaves it."""
    return re.sub("%2f", "%2F", "%2F".join(unquote(piece) for piece in re.split("%2f", part, flags=re.IGNORECASE)))


def _segment(part: str, template: str) -> Segment:
    if "{" not in part and "}" not in part:
        return Segment(part.lower())
    found = _PARAMETER.match(part)
    if found is None or (found["kind"] and found["kind"] not in _KINDS):
        raise IndexingError(f"route {template!r}: this stand-in does not know the part {part!r}")
    return Segment(None, found["name"], found["kind"], bool(found["optional"]), bool(found["star"]))
