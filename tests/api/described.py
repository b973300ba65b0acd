"""Answers compared with the description of the interface: every answer that a test gets is."""

import json
import re
from functools import lru_cache
from typing import Any

from jsonschema import Draft4Validator, FormatChecker

EMPTY_BY_PLATFORM = {401}  # the platform's own answer has no body and no content type of ours


class Description:
    """An OpenAPI 2.0 document, asked for what an operation may answer."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.seen: set[tuple[str, int]] = set()
        self._templates = [
            (re.compile("/api" + re.sub(r"\\\{[a-z]+\\\}", "[^/]+", re.escape(template)), re.IGNORECASE), template, operations)
            for template, operations in document["paths"].items()
        ]
        self._templates.sort(key=lambda item: item[1].count("{"))

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """The operation that a request is of."""
        plain = path.partition("?")[0]
        for pattern, _, operations in self._templates:
            if pattern.fullmatch(plain) and method.lower() in operations:
                return dict(operations[method.lower()])
        return None

    def check(self, method: str, path: str, status: int, media: str, body: bytes) -> None:
        """Fails when the answer is not one that the description gives."""
        found = self.operation(method, path)
        if found is None:
            assert status == 404, f"{method} {path} is not described and answered {status}"
            return
        name = found["operationId"]
        self.seen.add((name, status))
        assert str(status) in found["responses"], f"{name} answered {status}, which is not described: {body[:300]!r}"
        schema = found["responses"][str(status)].get("schema")
        plain = media.partition(";")[0]
        if method == "HEAD" or (status in EMPTY_BY_PLATFORM and not body):
            return
        if plain == "application/problem+json":
            self._valid({"$ref": "#/definitions/Problem"}, json.loads(body), name)
            assert json.loads(body)["status"] == status
            return
        if not body:
            assert schema is None, f"{name} answered {status} without a body"
            return
        assert plain in found["produces"], f"{name} answered {plain}"
        if schema is not None and plain == "application/json" and schema.get("format") != "binary":
            self._valid(schema, json.loads(body), name)

    def _valid(self, schema: dict[str, Any], value: Any, name: str) -> None:
        whole = {**closed(schema), "definitions": closed(self.document["definitions"])}
        faults = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in _validator(json.dumps(whole)).iter_errors(value)]
        assert not faults, f"{name}: {faults[:5]}"


@lru_cache(maxsize=256)
def _validator(schema: str) -> Draft4Validator:
    return Draft4Validator(json.loads(schema), format_checker=FormatChecker())


def closed(schema: Any) -> Any:
    """As JSON Schema: `x-nullable` allows null, and an object that does not say that it is open has no other properties."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if isinstance(made.get("properties"), dict) and made.get("type") == "object" and "additionalProperties" not in made:
        made["additionalProperties"] = False
    if made.pop("x-nullable", None) is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
        if "enum" in made:
            made["enum"] = [*made["enum"], None]
    return made
