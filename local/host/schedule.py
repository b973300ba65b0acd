"""NCRONTAB, the six-field schedule of timer triggers: {second} {minute} {hour} {day} {month} {day of week}, in UTC.

Source: learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .errors import SettingError

_FIELDS = (("second", 0, 59), ("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("day of week", 0, 6))
_MONTHS = {name: number for number, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}
_DAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_ITEM = re.compile(r"^(?P<low>\*|[a-z]+|\d+)(-(?P<high>[a-z]+|\d+))?(/(?P<step>\d+))?$")


@dataclass(frozen=True)
class Schedule:
    """A parsed expression; each field is the set of its allowed values."""

    text: str
    fields: tuple[frozenset[int], ...]

    def after(self, moment: datetime) -> datetime:
        """The first time strictly later than an aware `moment`, in UTC. Raises SettingError when there is none in eight years."""
        second, minute, hour, day, month, weekday = self.fields
        at = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        limit = at + timedelta(days=8 * 366)
        while at < limit:
            if at.month not in month or at.day not in day or (at.weekday() + 1) % 7 not in weekday:
                at = at.replace(hour=0, minute=0, second=0) + timedelta(days=1)
            elif at.hour not in hour:
                at = at.replace(minute=0, second=0) + timedelta(hours=1)
            elif at.minute not in minute:
                at = at.replace(second=0) + timedelta(minutes=1)
            elif at.second not in second:
                at += timedelta(seconds=1)
            else:
                return at
        raise SettingError(f"the schedule {self.text!r} never comes")


def parse(text: str) -> Schedule:
    """Parse an expression. Raises SettingError naming the field."""
    parts = text.lower().split()
    if len(parts) != len(_FIELDS):
        raise SettingError(f"the schedule {text!r} has {len(parts)} fields; six are needed, such as '0 0 3 * * *' for 03:00 UTC every day")
    return Schedule(text, tuple(_field(part, *field, text) for part, field in zip(parts, _FIELDS, strict=True)))


def resolve(text: str, environment: Mapping[str, str]) -> str:
    """Replace every %NAME% by its setting, as the host does. Raises SettingError naming the one that is missing."""

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if not environment.get(name):
            raise SettingError(f"the setting {name} is not set, but a binding uses %{name}%")
        return environment[name]

    return re.sub(r"%([^%\s]+)%", value, text)


def _field(part: str, name: str, low: int, high: int, text: str) -> frozenset[int]:
    values: set[int] = set()
    for item in part.split(","):
        found = _ITEM.match(item)
        if found is None:
            raise SettingError(f"the schedule {text!r}: {item!r} is not a {name}")
        first = low if found["low"] == "*" else _number(found["low"], name, text)
        last = high if found["low"] == "*" or (found["step"] and not found["high"]) else first
        last = _number(found["high"], name, text) if found["high"] else last
        step = int(found["step"] or 1)
        if not (low <= first <= last <= high) or step < 1:
            raise SettingError(f"the schedule {text!r}: {item!r} is not a {name} between {low} and {high}")
        values.update(range(first, last + 1, step))
    return frozenset(values)


def _number(word: str, name: str, text: str) -> int:
    names = {"month": _MONTHS, "day of week": _DAYS}.get(name, {})
    if word.isdigit():
        return 0 if name == "day of week" and word == "7" else int(word)
    if word[:3] not in names:
        raise SettingError(f"the schedule {text!r}: {word!r} is not a {name}")
    return names[word[:3]]
