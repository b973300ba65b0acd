"""`$filter`: a reader and judge for the forms Microsoft Graph takes.

and, or, not, eq, ne, gt, ge, lt, le, in, startswith, endswith, contains, isof, `x/any(t:...)`, `x/$count`. Strings compare without case, as the
directory does. A null compares equal only to null.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any

from local.tenant.answers import Refusal, bad_request

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<date>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?(?![\w-]))"
    r"|(?P<guid>[0-9a-fA-F]{8}-[0-9a-fA-F-]{27})|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[\w@.$]+(?:/[\w.$]+)*)|(?P<sign>[(),:]))"
)
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a is not None and b is not None and a > b,
    "ge": lambda a, b: a is not None and b is not None and a >= b,
    "lt": lambda a, b: a is not None and b is not None and a < b,
    "le": lambda a, b: a is not None and b is not None and a <= b,
}
FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": lambda text, part: part in text,
}
Test = Callable[[Mapping[str, Any]], bool]


@dataclasses.dataclass
class Filter:
    """A read filter: `test` judges one entity; `paths` and `words` say what it looks at and which operators it uses."""

    test: Test
    paths: set[str]
    words: set[str]
    equals: dict[str, Any]


def parse(text: str) -> Filter:
    """Reads a filter; raises Graph's 400 when it cannot be read."""
    reader = _Reader(text)
    test = reader.either()
    if reader.peek() is not None:
        raise _invalid(f"Syntax error at position {reader.at} in '{text}'.")
    return Filter(test, reader.paths, reader.words, reader.equals)


def _invalid(message: str) -> Refusal:
    return bad_request(f"Invalid filter clause: {message}")


def _value(entity: Any, path: str) -> Any:
    for part in path.split("/"):
        if part == "$count":
            return len(entity or [])
        entity = entity.get(part) if isinstance(entity, Mapping) else None
    return entity


def norm(value: Any) -> Any:
    """Makes two values of one meaning equal: strings lose their case, date texts become times."""
    if isinstance(value, str):
        if re.match(r"\d{4}-\d\d-\d\d(T|$)", value):
            moment = dt.datetime.fromisoformat(value)
            return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        return value.lower()
    return value


class _Reader:
    """Recursive descent over the tokens of one filter."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.tokens: list[tuple[str, str]] = []
        self.paths: set[str] = set()
        self.words: set[str] = set()
        self.equals: dict[str, Any] = {}
        self.variables: set[str] = set()
        position = 0
        while text[position:].strip():
            match = TOKEN.match(text, position)
            if not match or not match.lastgroup:
                raise _invalid(f"Syntax error at position {position} in '{text}'.")
            self.tokens.append((match.lastgroup, match.group(match.lastgroup)))
            position = match.end()

    def peek(self) -> str | None:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else None

    def take(self, wanted: str | None = None) -> tuple[str, str]:
        if self.at >= len(self.tokens) or (wanted is not None and self.tokens[self.at][1] != wanted):
            raise _invalid(f"Syntax error at position {len(self.text)} in '{self.text}'.")
        self.at += 1
        return self.tokens[self.at - 1]

    def either(self) -> Test:
        parts = [self.both()]
        while (self.peek() or "").lower() == "or":
            self.words.add("or")
            self.take()
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else lambda entity: any(part(entity) for part in parts)

    def both(self) -> Test:
        parts = [self.one()]
        while (self.peek() or "").lower() == "and":
            self.take()
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else lambda entity: all(part(entity) for part in parts)

    def one(self) -> Test:
        kind, word = self.take()
        if word == "(":
            inner = self.either()
            self.take(")")
            return inner
        if word.lower() == "not":
            self.words.add("not")
            inner = self.one()
            return lambda entity: not inner(entity)
        if kind != "word":
            raise _invalid(f"Syntax error: unexpected '{word}' in '{self.text}'.")
        if self.peek() == "(":
            return self.call(word)
        return self.compare(word)

    def path(self, word: str) -> str:
        head = word.split("/")[0]
        if head not in self.variables:
            self.paths.add(head)
        return word

    def compare(self, word: str) -> Test:
        path = self.path(word)
        operator = self.take()[1].lower()
        self.words.add(operator)
        if operator == "in":
            self.take("(")
            options = [norm(self.literal())]
            while self.peek() == ",":
                self.take()
                options.append(norm(self.literal()))
            self.take(")")
            return lambda entity: norm(_value(entity, path)) in options
        if operator not in COMPARE:
            raise _invalid(f"Syntax error: '{operator}' is not an operator in '{self.text}'.")
        judge, literal = COMPARE[operator], self.literal()
        if operator == "eq":
            self.equals[path] = literal
        wanted = norm(literal)
        return lambda entity: _safe(judge, norm(_value(entity, path)), wanted)

    def literal(self) -> Any:
        kind, word = self.take()
        if kind == "text":
            return word[1:-1].replace("''", "'")
        if kind == "number":
            return float(word) if "." in word else int(word)
        if kind == "word" and word.lower() in {"true", "false", "null"}:
            return {"true": True, "false": False, "null": None}[word.lower()]
        if kind == "word" and word.startswith("microsoft.graph."):
            return self.literal()
        if kind in {"date", "guid"}:
            return word
        raise _invalid(f"Could not find a literal at '{word}' in '{self.text}'.")

    def call(self, word: str) -> Test:
        name = word.lower()
        self.take("(")
        if word.endswith("/any"):
            return self.some(word.removesuffix("/any"))
        self.words.add(name)
        if name == "isof":
            wanted = "#" + str(self.literal())
            self.take(")")
            return lambda entity: entity.get("@odata.type") == wanted
        if name not in FUNCTIONS:
            raise _invalid(f"An unknown function with name '{word}' was found.")
        path = self.path(self.take()[1])
        self.take(",")
        part = str(self.literal()).lower()
        self.take(")")
        function = FUNCTIONS[name]
        return lambda entity: function(str(_value(entity, path) or "").lower(), part)

    def some(self, path: str) -> Test:
        self.path(path)
        variable = self.take()[1]
        self.take(":")
        self.variables.add(variable)
        inner = self.either()
        self.variables.discard(variable)
        self.take(")")
        return lambda entity: any(inner({variable: row}) for row in _value(entity, path) or [])


def _safe(judge: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    try:
        return judge(left, right)
    except TypeError:
        return False
