"""From a stored row to the JSON of an entity: defaults, `$select`, `$expand`, and enum members the caller did not ask to see."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import yaml

from local.tenant.answers import bad_request
from local.tenant.odata.query import Expand
from local.tenant.schema import DATA, Shape, shape

UNKNOWN = "unknownFutureValue"
# Navigation properties that the service answers inside a complex value without being asked.
INLINE = {"conditionalAccessGrantControls": ["authenticationStrength"]}
# Of a user only these come without $select, wherever the user stands: in /users, among owners or members, expanded as a principal.
DEFAULT_FOR = {
    "user": [
        "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation", "preferredLanguage", "surname",
        "userPrincipalName", "id",
    ]
}  # fmt: skip


@functools.cache
def evolvable() -> dict[str, dict[str, list[str]]]:
    """Enum members answered only to a caller that sends `Prefer: include-unknown-enum-members`."""
    found: dict[str, dict[str, list[str]]] = yaml.safe_load((DATA / "evolvable.yaml").read_text("utf-8"))
    return found


def type_of(row: Mapping[str, Any], declared: str) -> str:
    """The row's own type when it names one, else the declared type of its collection."""
    return str(row.get("@odata.type", declared)).removeprefix("#").removeprefix("microsoft.graph.")


def empty(kind: str) -> Any:
    """What the service answers for a structural property without a value."""
    return [] if kind.startswith("list:") else None


PLANS, LONG, REMEMBERED = frozenset({"list:obj:assignedPlan", "list:obj:provisionedPlan", "list:obj:servicePlanInfo"}), 20, 64
_long_lists: dict[tuple[int, str, str], tuple[list[Any], list[Any]]] = {}


def fill(value: Any, kind: str, version: str) -> Any:
    """A complex value with every property its type has; null stays null. Long lists that many rows share (plans) are filled once."""
    if isinstance(value, list) and kind.startswith("list:"):
        held = _long_lists.get((id(value), kind, version))
        if held is not None and held[0] is value:
            return held[1]
        made = [fill(item, kind.removeprefix("list:"), version) for item in value]
        if kind in PLANS and len(value) > LONG:
            if len(_long_lists) >= REMEMBERED:
                _long_lists.clear()
            _long_lists[id(value), kind, version] = (value, made)
        return made
    if not isinstance(value, Mapping) or not kind.startswith(("obj:", "nav:")):
        return value
    name = type_of(value, kind[4:])
    known = shape(name, version) or {}
    filled = {key: fill(inner, known.get(key, "untyped"), version) for key, inner in value.items()}
    filled |= {key: empty(inner) for key, inner in known.items() if key not in value and "nav:" not in inner}
    for key in INLINE.get(name, ()):
        inline = filled.pop(key, None)
        filled |= {f"{key}@odata.context": f"https://graph.microsoft.com/{version}/$metadata#{key}/$entity", key: inline}
    return filled


def check_select(names: tuple[str, ...] | None, type_name: str, version: str) -> None:
    """Raises Graph's 400 for a property the type does not have; polymorphic collections are checked by their base and derived types."""
    known = shape(type_name, version)
    if names is None or not known:
        return
    for name in names:
        head = name.split("/")[0]
        if head != "id" and head not in known and not head.startswith(("@", "microsoft.graph.")):
            text = f"Parsing OData Select and Expand failed: Could not find a property named '{head}' on type 'microsoft.graph.{type_name}'."
            raise bad_request(text)


def entity(
    row: Mapping[str, Any], select: tuple[str, ...] | None, expand: tuple[Expand, ...], rules: Mapping[str, Any], version: str
) -> dict[str, Any]:
    """The JSON of one row. `rules` is the endpoint's row (type, default, hidden, always, absent_when_null)."""
    name = type_of(row, rules["type"])
    known = shape(name, version) or {}
    out: dict[str, Any] = {}
    if "@odata.type" in row and (name != rules["type"] or rules.get("typed")):
        out["@odata.type"] = f"#microsoft.graph.{name}"
    for key in _keys(name, select, known, rules):
        value = row.get(key)
        if value is None and key in rules.get("absent_when_null", ()):
            continue
        out[key] = fill(value, known.get(key, "untyped"), version) if value is not None else empty(known.get(key, "untyped"))
    for key in rules.get("always", ()):
        if select is None or key in select:
            out[key] = fill(row.get(key, []), known.get(key, "untyped"), version)
    for wanted in expand:
        out[wanted.name] = _expanded(row.get(wanted.name), wanted, known.get(wanted.name, "untyped"), version)
    return out


def _keys(name: str, select: tuple[str, ...] | None, known: Shape, rules: Mapping[str, Any]) -> list[str]:
    always = rules.get("always", ())
    if select is not None:
        return [key for key in dict.fromkeys(select) if "nav:" not in known.get(key, "") and key not in always and "." not in key]
    if "default" in rules or name in DEFAULT_FOR:
        return list(rules.get("default", DEFAULT_FOR.get(name, ())))
    hidden = {*rules.get("hidden", ()), *rules.get("select_only", ()), *always}
    keys = [key for key, kind in known.items() if "nav:" not in kind and key not in hidden]
    return sorted(keys, key=lambda key: key != "id")


def _expanded(value: Any, wanted: Expand, kind: str, version: str) -> Any:
    if isinstance(value, list):
        return [_expanded(item, wanted, kind.removeprefix("list:"), version) for item in value]
    if not isinstance(value, Mapping):
        return [] if kind.startswith("list:") else value
    name = type_of(value, kind[4:])
    inner = entity(
        {**value, "@odata.type": f"#microsoft.graph.{name}"},
        wanted.select,
        wanted.inner,
        {"type": kind[4:], "typed": "@odata.type" in value},
        version,
    )
    return inner if shape(name, version) else dict(value)


def hide_new_members(entity_json: dict[str, Any], type_name: str) -> None:
    """Replaces enum members the caller did not ask to see by unknownFutureValue, in place."""
    for path, members in evolvable().get(type_name, {}).items():
        _replace(entity_json, path.split("."), set(members))


def _replace(node: Any, path: list[str], members: set[str]) -> None:
    if isinstance(node, list):
        for item in node:
            _replace(item, path, members)
    elif isinstance(node, dict) and path[0] in node:
        value = node[path[0]]
        if len(path) > 1:
            _replace(value, path[1:], members)
        elif isinstance(value, list):
            node[path[0]] = [UNKNOWN if item in members else item for item in value]
        elif value in members:
            node[path[0]] = UNKNOWN
