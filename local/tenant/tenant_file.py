"""Tenant files: finding, extending and resolving them.

A file is YAML. `extends: other` takes another tenant and patches it: mappings are merged, other values replace, null removes a key. Lists are
replaced, or patched by a mapping of `$add` (rows), `$remove` (names) and `$set` (name: patch).

Strings can refer to things by name: `~user/HANDLE`, `~group/HANDLE`, `~app/NAME` (application object), `~appid/NAME`, `~sp/NAME` (service
principal), `~role/NAME`, `~location/NAME`, `~policy/NAME`, `~label/NAME`, `~tenant/id|domain|initial`, `~ago/90d`, `~in/30d`, `~day/ago/90d`,
`~ms/ago/90d` (the /Date(ms)/ form). Inside a longer string a reference stands in braces: `{~group/reviewers}`.
"""

from __future__ import annotations

import copy
import datetime as dt
import functools
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from local.tenant.ids import guid
from local.tenant.schema import DATA

FOLDER = Path(__file__).parents[1] / "tenants"
NAMING = ("displayName", "Name", "Identity", "id", "handle")
REFERENCE = re.compile(r"^~([a-z_]+)/(.+)$")
INSIDE = re.compile(r"\{(~[a-z_]+/[^{}]+)\}")
LENGTH = {"d": "days", "h": "hours", "m": "minutes"}


def names() -> list[str]:
    """Names of the sample tenants."""
    return sorted(file.stem for file in FOLDER.glob("*.yaml"))


def load(tenant: str | Path | Mapping[str, Any]) -> dict[str, Any]:
    """A tenant by sample name, file or mapping, with everything it extends merged in; references are not resolved yet."""
    spec = _read(tenant)
    if "extends" in spec:
        base = load(spec.pop("extends"))
        spec = merge(base, spec)
    return spec


def _read(tenant: str | Path | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(tenant, Mapping):
        return copy.deepcopy(dict(tenant))
    file = Path(tenant) if str(tenant).endswith((".yaml", ".yml")) else FOLDER / f"{tenant}.yaml"
    if not file.is_file():
        raise FileNotFoundError(f"there is no tenant {str(tenant)!r}; samples are {', '.join(names())}")
    spec = yaml.safe_load(file.read_text("utf-8"))
    if not isinstance(spec, dict):
        raise TypeError(f"{file.name} is not a mapping")
    return spec


def merge(base: Any, patch: Any) -> Any:
    """`base` with `patch` laid over it, as the module's text says; neither is changed."""
    if isinstance(base, list) and isinstance(patch, Mapping) and {"$add", "$remove", "$set"} & set(patch):
        return _patch_list(base, patch)
    if not isinstance(base, Mapping) or not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    merged = {key: copy.deepcopy(value) for key, value in base.items()}
    for key, value in patch.items():
        if value is None and isinstance(base.get(key), Mapping | list):
            merged.pop(key)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def _name(row: Any) -> Any:
    return next((row[key] for key in NAMING if key in row), None) if isinstance(row, Mapping) else row


def _patch_list(base: list[Any], patch: Mapping[str, Any]) -> list[Any]:
    removed, changes = patch.get("$remove", ()), patch.get("$set", {})
    missing = [name for name in [*removed, *changes] if name not in [_name(row) for row in base]]
    if missing:
        raise ValueError(f"the list has no row named {missing[0]!r}")
    kept = [
        merge(row, changes[_name(row)]) if isinstance(row, Mapping) and _name(row) in changes else row for row in base if _name(row) not in removed
    ]
    return [*copy.deepcopy(kept), *copy.deepcopy(patch.get("$add", []))]


@functools.cache
def defaults(name: str) -> dict[str, Any]:
    """What the service answers in a fresh tenant, by workload (graph, exchange, purview, teams, sharepoint)."""
    found: dict[str, Any] = yaml.safe_load((DATA / "defaults" / f"{name}.yaml").read_text("utf-8"))
    return found


@functools.cache
def roles() -> dict[str, str]:
    """Built-in directory roles: name to template id."""
    found: dict[str, str] = yaml.safe_load((DATA / "roles.yaml").read_text("utf-8"))
    return found


class References:
    """Resolves the `~kind/name` strings of one tenant; ids are decided by names alone."""

    def __init__(self, tenant: Mapping[str, Any], now: dt.datetime, user_id: Callable[[str], str]) -> None:
        self.tenant, self.now, self.user_id = tenant, now, user_id

    def resolve(self, value: Any) -> Any:
        """`value` with every reference in it replaced."""
        if isinstance(value, Mapping):
            return {self.resolve(key) if isinstance(key, str) else key: self.resolve(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.resolve(inner) for inner in value]
        if not isinstance(value, str):
            return value
        whole = REFERENCE.match(value)
        return self.one(whole[1], whole[2]) if whole else INSIDE.sub(lambda found: str(self.resolve(found[1])), value)

    def one(self, kind: str, name: str) -> Any:
        """One reference; raises ValueError for what cannot be resolved."""
        if kind == "user":
            return self.user_id(name)
        if kind == "role":
            return roles()[name] if name in roles() else guid(self.tenant["id"], "role", name)
        if kind == "tenant":
            return self.tenant[name]
        if kind in {"ago", "in"}:
            return self.moment(kind, name).strftime("%Y-%m-%dT%H:%M:%SZ")
        if kind == "day":
            return self.moment(*name.split("/")).strftime("%Y-%m-%d")
        if kind == "ms":
            return f"/Date({int(self.moment(*name.split('/')).timestamp() * 1000)})/"
        if kind in {"group", "app", "appid", "sp", "location", "policy", "label", "guid", "strength"}:
            return guid(self.tenant["id"], kind, name)
        raise ValueError(f"~{kind}/{name} refers to nothing")

    def moment(self, kind: str, length: str) -> dt.datetime:
        """A time before or after the tenant's now: `90d`, `4h`, `10m`."""
        span = dt.timedelta(**{LENGTH[length[-1]]: float(length[:-1])})
        return self.now - span if kind == "ago" else self.now + span
