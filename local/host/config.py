"""The settings of host.json that this host honours. Everything else in it is for Azure.

Source: learn.microsoft.com/azure/azure-functions/functions-host-json
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import SettingError

_ACTIVITIES = 10  # the extension's default is ten per core


@dataclass(frozen=True)
class Config:
    """`prefix` is the first path part of all routes, may be empty; `activities` how many run at once.

    `version` is given to orchestrations that are started without one; "" when host.json has no `defaultVersion`.
    """

    prefix: str = "api"
    hub: str = "TestHubName"
    activities: int = _ACTIVITIES
    version: str = ""


def load(root: Path) -> Config:
    """Read `host.json` of an app's root; defaults when there is none. Raises SettingError when it is not usable."""
    path = root / "host.json"
    if not path.exists():
        return Config()
    try:
        extensions = json.loads(path.read_text("utf-8")).get("extensions", {})
        http, durable = extensions.get("http", {}), extensions.get("durableTask", {})
        return Config(
            prefix=str(http.get("routePrefix", "api")).strip("/"),
            hub=str(durable.get("hubName", "TestHubName")),
            activities=_positive(durable.get("maxConcurrentActivityFunctions", _ACTIVITIES)),
            version=str(durable.get("defaultVersion", "")),
        )
    except (ValueError, AttributeError) as fault:
        raise SettingError(f"{path} cannot be used: {fault}") from fault


def _positive(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"maxConcurrentActivityFunctions is {value!r}; a whole number from 1 is needed")
    return value
