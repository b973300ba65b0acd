"""YAML that a person typed, read with care, and values written as YAML for a person."""

import json
from datetime import date
from typing import Any

import yaml

from scanners.errors import RecordRefused

LONGEST = 64 * 1024  # characters


class _Plain(yaml.SafeLoader):
    """YAML without references: a few lines of them can stand for more text than fits into memory."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("references are not taken")
        return super().compose_node(parent, index)


def loaded(text: str) -> Any:
    """The value, as JSON knows it, days written out. Raises RecordRefused."""
    if len(text) > LONGEST:
        raise RecordRefused({"details": "are too long"})
    try:
        value = yaml.load(text, Loader=_Plain)  # noqa: S506 - a SafeLoader
        if isinstance(value, dict) and not all(isinstance(key, str) for key in value):
            raise RecordRefused({"details": "must be a list of names with values, as in the example"})
        return json.loads(json.dumps(value, allow_nan=False, default=_day))
    except (yaml.YAMLError, TypeError, ValueError, RecursionError):
        raise RecordRefused({"details": "are neither YAML nor JSON"}) from None


def details(text: str) -> dict[str, Any]:
    """The details of a statement. Raises RecordRefused."""
    value = loaded(text)
    if not isinstance(value, dict):
        raise RecordRefused({"details": "must be a list of names with values, as in the example"})
    return value


def dumped(value: Any) -> str:
    """A value as a person may write it."""
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True))


def _day(value: Any) -> str:
    """Of what YAML knows beyond JSON, days are taken; sets and bytes are not."""
    if type(value) is date:
        return value.isoformat()
    raise TypeError(type(value).__name__)
