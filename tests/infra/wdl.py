"""Expressions of the Workflow Definition Language: a parser and an evaluator of the functions that our workflow uses. For tests only.

Stricter than the service wherever its documentation leaves room: both branches of `if` are evaluated, `concat` takes no null, a property of
something that is no object is an error. What passes here does not rest on leniency.
https://learn.microsoft.com/azure/logic-apps/workflow-definition-language-functions-reference
"""

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

# Function -> fewest and most arguments, from the reference; None: any number. Names are compared without case, as the service does.
ARITY: dict[str, tuple[int, int | None]] = {
    "actions": (1, 2), "base64": (1, 1), "base64tostring": (1, 1), "body": (1, 1), "coalesce": (1, None), "concat": (2, None),
    "contains": (2, 2), "createarray": (1, None), "empty": (1, 1), "encodeuricomponent": (1, 1), "equals": (2, 2), "first": (1, 1),
    "greater": (2, 2), "if": (3, 3), "item": (0, 0), "join": (2, 2), "json": (1, 1), "length": (1, 1), "not": (1, 1), "outputs": (1, 1),
    "parameters": (1, 1), "replace": (3, 3), "skip": (2, 2), "string": (1, 1), "sub": (2, 2), "take": (2, 2), "trim": (1, 1),
    "triggerbody": (0, 0), "union": (2, None), "workflow": (0, 0), "startswith": (2, 2),
}  # fmt: skip
TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<mark>\?\[|[\[\](),.?]))")


class ExpressionError(Exception):
    """An expression that the service would refuse, when it is saved or when it is evaluated."""


@dataclass(frozen=True)
class Literal:
    value: Any


@dataclass(frozen=True)
class Call:
    name: str
    args: tuple["Node", ...]


@dataclass(frozen=True)
class Property:
    of: "Node"
    key: "Node"
    optional: bool


Node = Literal | Call | Property
WORDS = {"true": True, "false": False, "null": None}


class _Parser:
    def __init__(self, text: str, start: int) -> None:
        self.text, self.at = text, start

    def peek(self) -> re.Match[str] | None:
        return TOKEN.match(self.text, self.at)

    def take(self, mark: str | None = None) -> re.Match[str]:
        found = self.peek()
        if found is None or (mark is not None and found["mark"] != mark):
            raise ExpressionError(f"{mark or 'a value'} is missing at {self.at}: {self.text}")
        self.at = found.end()
        return found

    def sees(self, mark: str) -> bool:
        return (found := self.peek()) is not None and found["mark"] == mark

    def node(self) -> Node:
        result = self.primary()
        while True:
            if self.sees("[") or self.sees("?["):
                optional = self.take()["mark"] == "?["
                result = Property(result, self.node(), optional)
                self.take("]")
            elif self.sees("."):
                self.take()
                result = Property(result, Literal(self.take()["name"]), optional=False)
            else:
                return result

    def primary(self) -> Node:
        found = self.take()
        if found["text"] is not None:
            return Literal(found["text"][1:-1].replace("''", "'"))
        if found["number"] is not None:
            return Literal(json.loads(found["number"]))
        if found["name"] is None:
            raise ExpressionError(f"a value is missing at {found.start()}: {self.text}")
        if not self.sees("("):
            if found["name"] not in WORDS:
                raise ExpressionError(f"{found['name']} is neither a function nor a value: {self.text}")
            return Literal(WORDS[found["name"]])
        return Call(found["name"], self.arguments())

    def arguments(self) -> tuple[Node, ...]:
        self.take("(")
        args: list[Node] = []
        while not self.sees(")"):
            if args:
                self.take(",")
            args.append(self.node())
        self.take(")")
        return tuple(args)


def parse(text: str) -> Node | tuple[str | Node, ...]:
    """A string of the definition: a Node for `@expression`, else its parts: text and the Nodes of `@{...}`."""
    if text.startswith("@") and not text.startswith(("@@", "@{")):
        parser = _Parser(text, 1)
        node = parser.node()
        if text[parser.at :].strip():
            raise ExpressionError(f"{text[parser.at :]!r} is left over: {text}")
        return node
    parts: list[str | Node] = []
    at = 0
    while (begin := text.find("@{", at)) >= 0:
        parser = _Parser(text, begin + 2)
        parts += [text[at:begin], parser.node()]
        if not (end := re.compile(r"\s*\}").match(text, parser.at)):
            raise ExpressionError(f"}} is missing at {parser.at}: {text}")
        at = end.end()
    parts.append(text[at:].replace("@@", "@"))
    return tuple(part for part in parts if part != "")


def nodes(value: Any) -> Iterator[Node]:
    """Every expression in a part of the definition, with all that is inside it."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from nodes(each)
    elif isinstance(value, str):
        parsed = parse(value)
        for top in parsed if isinstance(parsed, tuple) else (parsed,):
            if not isinstance(top, str):
                yield from _inside(top)


def _inside(node: Node) -> Iterator[Node]:
    yield node
    for each in node.args if isinstance(node, Call) else (node.of, node.key) if isinstance(node, Property) else ():
        yield from _inside(each)


@dataclass
class Scope:
    """What an expression can see. `actions`: name -> {status, outputs}."""

    parameters: dict[str, Any]
    trigger: Any
    actions: dict[str, dict[str, Any]]
    run: str = "08584300000000000000000000000CU00"
    item: Any = None


def evaluated(value: Any, scope: Scope) -> Any:
    """A part of the definition with its expressions replaced by their values."""
    if isinstance(value, dict):
        return {key: evaluated(each, scope) for key, each in value.items()}
    if isinstance(value, list):
        return [evaluated(each, scope) for each in value]
    if not isinstance(value, str):
        return value
    parsed = parse(value)
    if not isinstance(parsed, tuple):
        return _value(parsed, scope)
    return "".join(part if isinstance(part, str) else _text(_value(part, scope)) for part in parsed)


def _value(node: Node, scope: Scope) -> Any:
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Property):
        return _property(_value(node.of, scope), _value(node.key, scope), node.optional)
    name, args = node.name.lower(), [_value(each, scope) for each in node.args]
    if name in _SEES:
        return _SEES[name](scope, *args)
    if name not in _PURE:
        raise ExpressionError(f"{node.name} is not evaluated here")
    return _PURE[name](*args)


def _property(of: Any, key: Any, optional: bool) -> Any:
    if of is None and optional:
        return None
    if not isinstance(of, dict) or (key not in of and not optional):
        raise ExpressionError(f"{key!r} cannot be selected from {type(of).__name__}")
    return of.get(key)


def _text(value: Any) -> str:
    if value is None:
        raise ExpressionError("null in a text")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _is(value: Any, kind: type | tuple[type, ...], why: str) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ExpressionError(f"{why} got {type(value).__name__}")
    return value


def _union(*lists: Any) -> list[Any]:
    found: list[Any] = []
    for each in (each for one in lists for each in _is(one, list, "union")):
        if each not in found:
            found.append(each)
    return found


def _json(text: Any) -> Any:
    try:
        return json.loads(_is(text, str, "json"))
    except ValueError as fault:
        raise ExpressionError("json got a text that is none") from fault


def _base64(text: Any) -> str:
    try:
        return base64.b64decode(_is(text, str, "base64ToString"), validate=True).decode()
    except ValueError as fault:
        raise ExpressionError("base64ToString got a text that is none") from fault


def _action(scope: Scope, name: Any) -> dict[str, Any]:
    if name not in scope.actions:
        raise ExpressionError(f"action {name} has not run")
    return scope.actions[name]


_SEES: dict[str, Callable[..., Any]] = {
    "parameters": lambda scope, name: scope.parameters[name],
    "triggerbody": lambda scope: scope.trigger,
    "item": lambda scope: scope.item,
    "workflow": lambda scope: {"run": {"name": scope.run}},
    "actions": _action,
    "outputs": lambda scope, name: _action(scope, name).get("outputs"),
    "body": lambda scope, name: _property(_action(scope, name).get("outputs"), "body", optional=False),
}
_PURE: dict[str, Callable[..., Any]] = {
    "base64tostring": _base64,
    "coalesce": lambda *values: next((each for each in values if each is not None), None),
    "concat": lambda *parts: "".join(_is(each, str, "concat") for each in parts),
    "contains": lambda group, each: each in _is(group, (list, str, dict), "contains"),
    "createarray": lambda *values: list(values),
    "empty": lambda value: len(_is(value, (list, str, dict), "empty")) == 0,
    "encodeuricomponent": lambda text: quote(_is(text, str, "encodeUriComponent"), safe="-_.!~*'()"),
    "equals": lambda one, other: type(one) is type(other) and one == other,
    "first": lambda group: _is(group, (list, str), "first")[0],
    "greater": lambda one, other: _is(one, int, "greater") > _is(other, int, "greater"),
    "if": lambda condition, yes, no: yes if _is(condition, bool, "if") else no,
    "join": lambda group, mark: mark.join(_is(each, str, "join") for each in _is(group, list, "join")),
    "json": _json,
    "length": lambda value: len(_is(value, (list, str), "length")),
    "not": lambda value: not _is(value, bool, "not"),
    "replace": lambda text, old, new: _is(text, str, "replace").replace(old, new),
    "skip": lambda group, count: _is(group, list, "skip")[count:],
    "startswith": lambda text, begin: _is(text, str, "startsWith").startswith(begin),
    "string": _text,
    "sub": lambda one, other: _is(one, int, "sub") - _is(other, int, "sub"),
    "take": lambda group, count: _is(group, list, "take")[:count],
    "trim": lambda text: _is(text, str, "trim").strip(),
    "union": _union,
}
