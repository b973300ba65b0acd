"""Results as newline-delimited JSON: one Result per line, by control id."""

import json
from collections.abc import Iterable

from scanners.result import Result


def results(found: Iterable[Result]) -> bytes:
    """results.ndjson. Everything outside of ASCII is escaped, so that no line separator or direction mark of a tenant reaches a reader as such."""
    return b"".join(json.dumps(result.to_json(), sort_keys=True).encode() + b"\n" for result in found)


def read(body: bytes) -> tuple[Result, ...]:
    """The inverse of `results`."""
    return tuple(Result.model_validate(json.loads(line)) for line in body.splitlines())
