"""What makes a workflow definition one that the service takes: its schema, its limits, its expressions, the order of its actions. For tests only.

The schema is written down here for the kinds of actions that we use, after
https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json and
https://learn.microsoft.com/azure/logic-apps/logic-apps-workflow-actions-triggers
Limits: https://learn.microsoft.com/azure/logic-apps/logic-apps-limits-and-config
"""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema

from tests.infra import wdl
from tests.infra.workflow import Actions, everywhere, groups

KINDS = ("String", "SecureString", "Int", "Float", "Bool", "Array", "Object", "SecureObject")
TEXT = {"type": "string", "minLength": 1}
HOST = {
    "type": "object",
    "required": ["connection"],
    "properties": {"connection": {"type": "object", "required": ["name"], "properties": {"name": TEXT}}},
}
INPUTS: dict[str, Any] = {
    "ApiConnection": {"required": ["host", "method", "path"], "optional": ["body", "queries", "headers", "retryPolicy"], "types": {"host": HOST}},
    "Http": {"required": ["method", "uri"], "optional": ["headers", "queries", "body", "authentication", "retryPolicy"], "types": {}},
    "ParseJson": {"required": ["content", "schema"], "optional": [], "types": {"schema": {"type": "object"}}},
    "Query": {"required": ["from", "where"], "optional": [], "types": {"where": TEXT}},
    "Select": {"required": ["from", "select"], "optional": [], "types": {}},
    "Terminate": {"required": ["runStatus"], "optional": ["runError"], "types": {"runStatus": {"enum": ["Failed", "Cancelled", "Succeeded"]}}},
}
CONTAINERS = {
    "Scope": (["actions"], []),
    "If": (["expression", "actions"], ["else"]),
    "Switch": (["expression", "cases"], ["default"]),
}
BRANCH = {"type": "object", "required": ["actions"], "properties": {"actions": {"$ref": "#/definitions/actions"}}, "additionalProperties": False}
OPERATORS = ("equals", "greater", "greaterOrEquals", "less", "lessOrEquals", "contains", "startsWith", "endsWith")


def _inputs(rule: dict[str, Any]) -> dict[str, Any]:
    known = {name: rule["types"].get(name, {}) for name in (*rule["required"], *rule["optional"])}
    return {"type": "object", "required": rule["required"], "properties": known, "additionalProperties": False}


def _action(kind: str) -> dict[str, Any]:
    required, optional = CONTAINERS.get(kind, (["inputs"], []))
    properties: dict[str, Any] = {name: {} for name in (*required, *optional)}
    properties |= {"type": {"enum": [kind]}, "description": {"type": "string", "maxLength": 256}, "runAfter": {"$ref": "#/definitions/runAfter"}}
    if kind in INPUTS:
        properties["inputs"] = _inputs(INPUTS[kind])
    properties |= {"actions": {"$ref": "#/definitions/actions"}} if "actions" in required else {}
    properties |= {name: BRANCH for name in ("else", "default") if name in optional}
    if kind == "If":
        properties["expression"] = {"$ref": "#/definitions/condition"}
    if kind == "Switch":
        case = {**BRANCH, "required": ["case", "actions"], "properties": {**BRANCH["properties"], "case": {"type": ["string", "integer"]}}}  # type: ignore[dict-item]
        properties["cases"] = {"type": "object", "maxProperties": 25, "additionalProperties": case}
    return {"type": "object", "required": ["type", "runAfter", *required], "properties": properties, "additionalProperties": False}


def _definitions() -> dict[str, Any]:
    condition = {"$ref": "#/definitions/condition"}
    some = {"type": "array", "minItems": 1, "items": condition}
    shapes: dict[str, Any] = {"not": condition, "and": some, "or": some}
    shapes |= {name: {"type": "array", "minItems": 2, "maxItems": 2} for name in OPERATORS}
    statuses = {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": ["Succeeded", "Failed", "Skipped", "TimedOut"]}}
    kinds = (*INPUTS, *CONTAINERS, "Compose")
    return {
        "condition": {"type": "object", "minProperties": 1, "maxProperties": 1, "properties": shapes, "additionalProperties": False},
        "runAfter": {"type": "object", "additionalProperties": statuses},
        "actions": {
            "type": "object",
            "patternProperties": {r"^[A-Za-z0-9_()-]{1,80}$": {"oneOf": [_action(kind) for kind in kinds]}},
            "additionalProperties": False,
        },
    }


RECURRENCE = {
    "type": "object",
    "required": ["frequency", "interval"],
    "properties": {"frequency": {"enum": ["Second", "Minute", "Hour", "Day", "Week", "Month"]}, "interval": {"type": "integer", "minimum": 1}},
    "additionalProperties": False,
}
TRIGGER = {
    "type": "object",
    "required": ["type", "recurrence", "inputs"],
    "properties": {"type": {"enum": ["ApiConnection"]}, "recurrence": RECURRENCE, "splitOn": TEXT, "inputs": _inputs(INPUTS["ApiConnection"])},
    "additionalProperties": False,
}
SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["$schema", "contentVersion", "parameters", "triggers", "actions"],
    "properties": {
        "$schema": {"enum": ["https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#"]},
        "contentVersion": {"type": "string", "pattern": r"^\d+\.\d+\.\d+\.\d+$"},
        "parameters": {
            "type": "object",
            "maxProperties": 50,
            "additionalProperties": {
                "type": "object",
                "required": ["type"],
                "properties": {"type": {"enum": list(KINDS)}, "defaultValue": {}},
                "additionalProperties": False,
            },
        },
        "triggers": {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": TRIGGER},
        "actions": {"$ref": "#/definitions/actions"},
        "outputs": {"type": "object", "maxProperties": 10},
    },
    "additionalProperties": False,
    "definitions": _definitions(),
}


def faults(flow: dict[str, Any]) -> list[str]:
    """Everything that is wrong with a definition."""
    found = [f"{'/'.join(map(str, each.path))}: {each.message[:200]}" for each in jsonschema.Draft7Validator(SCHEMA).iter_errors(flow)]
    if found:
        return found
    names = [name for name, _ in everywhere(flow["actions"])]
    found += [f"{name} is there twice" for name in set(names) if names.count(name) > 1]
    found += ["more than 500 actions"] if len(names) > 500 else []
    found += ["nested more than 8 deep"] if _depth(flow["actions"]) > 8 else []
    found += _expressions(flow)
    return found or list(_order(flow["actions"], frozenset()))


def _depth(actions: Actions) -> int:
    return 1 + max((_depth(group) for action in actions.values() for group in groups(action) if group), default=0)


def _own(action: dict[str, Any]) -> dict[str, Any]:
    """An action without the actions inside it."""
    return {key: value for key, value in action.items() if key not in ("actions", "else", "default", "cases", "runAfter", "type", "description")}


def _order(actions: Actions, before: frozenset[str]) -> Iterator[str]:
    """runAfter names actions beside it, without circles; what an expression refers to has run when it is evaluated."""
    done: dict[str, frozenset[str]] = {}
    waiting = dict(actions)
    for name, action in actions.items():
        yield from (f"{name} runs after {other}, which is not beside it" for other in action["runAfter"] if other not in actions)
    while waiting:
        ready = [name for name, action in waiting.items() if not set(action["runAfter"]) & set(waiting)]
        if not ready:
            yield f"a circle: {sorted(waiting)}"
            return
        for name in ready:
            action = waiting.pop(name)
            seen = before.union(*(done.get(other, frozenset()) for other in action["runAfter"]))
            done[name] = seen | {name} | {inner for group in groups(action) for inner, _ in everywhere(group)}
            yield from (f"{name} refers to {other}, which has not run" for other in _referred(_own(action)) if other not in seen)
            for group in groups(action):
                yield from _order(group, seen)


def _referred(value: Any) -> Iterator[str]:
    for node in wdl.nodes(value):
        if isinstance(node, wdl.Call) and node.name.lower() in ("outputs", "body", "actions"):
            yield node.args[0].value if node.args and isinstance(node.args[0], wdl.Literal) else "something that is not named"


def _expressions(flow: dict[str, Any]) -> Iterator[str]:
    """Every expression parses, is no longer than 8,192 characters, calls known functions with as many arguments as they take."""
    parts = [flow["triggers"], *(_own(action) for _, action in everywhere(flow["actions"]))]
    for part in parts:
        try:
            found = list(wdl.nodes(part))
        except wdl.ExpressionError as fault:
            yield str(fault)
            continue
        for node in found:
            if isinstance(node, wdl.Call):
                yield from _call(node, flow["parameters"])
    yield from (f"an expression of {len(each)} characters" for each in re.findall(r"@[^\n]+", "\n".join(_texts(flow))) if len(each) > 8192)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def _call(node: wdl.Call, parameters: dict[str, Any]) -> Iterator[str]:
    if node.name.lower() not in wdl.ARITY:
        yield f"{node.name} is no function"
        return
    least, most = wdl.ARITY[node.name.lower()]
    if not (least <= len(node.args) and (most is None or len(node.args) <= most)):
        yield f"{node.name} takes {least} to {most} arguments and has {len(node.args)}"
    elif node.name == "parameters" and not (isinstance(node.args[0], wdl.Literal) and node.args[0].value in parameters):
        yield f"parameter {node.args[0]} is not declared"
