"""NCRONTAB, the six-field schedule of timer triggers: {second} {minute} {hour} {day} {month} {day of week}, in UTC.

Source: learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from settings import next_run

from .errors import SettingError

_FIELDS = 6


@dataclass(frozen=True)
class Schedule:
    """An expression that was found to be one."""

    text: str

    def after(self, moment: datetime) -> datetime:
        """The first time strictly later than an aware `moment`, in UTC. Raises SettingError when there is none."""
        try:
            return next_run(self.text, moment)
        except ValueError as fault:
            raise SettingError(f"the schedule {self.text!r} has a field that is out of its range or not understood, or never comes") from fault


def parse(text: str) -> Schedule:
    """Take an expression. Raises SettingError when it is none."""
    if len(text.split()) != _FIELDS:
        raise SettingError(f"the schedule {text!r} has {len(text.split())} fields; six are needed, such as '0 0 3 * * *' for 03:00 UTC every day")
    made = Schedule(text)
    made.after(datetime(2026, 1, 1, tzinfo=UTC))
    return made


def resolve(text: str, environment: Mapping[str, str]) -> str:
    """Replace every %NAME% by its setting, as the host does. Raises SettingError naming the one that is missing."""

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if not environment.get(name):
            raise SettingError(f"the setting {name} is not set, but a binding uses %{name}%")
        return environment[name]

    return re.sub(r"%([^%\s]+)%", value, text)
