"""Reads a Functions app once and refuses what the platform refuses.

The bindings are taken from `get_raw_bindings()`, the very JSON that the worker sends to the real host, so nothing here
depends on how the decorators keep them.
"""

from __future__ import annotations

import inspect
import json
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import IndexingError, UnknownFunctionError

# The host's own patterns (azure-functions-host, Utility.cs and BindingMetadata).
_FUNCTION_NAME = re.compile(r"^[a-z][a-z0-9_\-]{0,127}$", re.IGNORECASE)
_BINDING_NAME = re.compile(r"^([a-zA-Z][a-zA-Z0-9]{0,127}|\$return)$")
_SUPPORTED = {
    "httpTrigger", "timerTrigger", "orchestrationTrigger", "activityTrigger",
    "durableClient", "http", "queue", "eventGrid",
}  # fmt: skip


@dataclass(frozen=True)
class Binding:
    """One binding as the host sees it. `settings` is its JSON without name, type and direction."""

    name: str
    type: str
    out: bool
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Function:
    """One function of the app with its bindings.

    `call` takes keyword arguments only. `annotations` are resolved types, needed to choose converters as the worker does.
    """

    name: str
    call: Callable[..., Any]
    trigger: Binding
    bindings: tuple[Binding, ...]
    annotations: Mapping[str, Any]
    is_async: bool
    wants_context: bool

    @property
    def outputs(self) -> tuple[Binding, ...]:
        """Output bindings filled through an `Out` parameter."""
        return tuple(b for b in self.bindings if b.out and b.name != "$return")

    @property
    def returned(self) -> Binding | None:
        """The binding that takes the return value, if there is an explicit one."""
        return next((b for b in self.bindings if b.name == "$return"), None)


@dataclass(frozen=True)
class Index:
    """All functions of one app by name."""

    functions: Mapping[str, Function]

    def by_trigger(self, trigger: str) -> tuple[Function, ...]:
        """Functions with this trigger type, in the app's order."""
        return tuple(f for f in self.functions.values() if f.trigger.type == trigger)

    def get(self, name: str, trigger: str) -> Function:
        """The function of this name and trigger. Raises UnknownFunctionError."""
        found = self.functions.get(name)
        if found is None or found.trigger.type != trigger:
            known = ", ".join(f.name for f in self.by_trigger(trigger)) or "none"
            raise UnknownFunctionError(f"no {trigger} function {name!r}; the app has: {known}")
        return found


def index(app: Any) -> Index:
    """Index an app (DFApp or FunctionApp) through `get_functions()`, which works once per app object.

    Raises IndexingError, with the function's name, for anything that takes the whole app down in Azure.
    """
    try:
        declared = app.get_functions()
    except ValueError as fault:  # the library's word for duplicate names and for a second call on the same app
        raise IndexingError(f"the app cannot be indexed: {fault}") from fault
    functions: dict[str, Function] = {}
    for item in declared:
        function = _read(item.get_function_name(), item.get_user_function(), item.get_raw_bindings())
        if function.name.lower() in {name.lower() for name in functions}:
            raise IndexingError(f"two functions are named {function.name!r}")
        functions[function.name] = function
    return Index(functions)


def _read(name: str, call: Callable[..., Any], raw: list[str]) -> Function:
    if not _FUNCTION_NAME.match(name) or name.lower() == "host":
        raise IndexingError(f"{name!r} is not a function name the host accepts")
    bindings = tuple(_binding(name, json.loads(text)) for text in raw)
    triggers = [b for b in bindings if b.type.endswith("Trigger")]
    if len(triggers) != 1:
        raise IndexingError(f"function {name!r} has {len(triggers)} triggers, one is needed")
    return Function(
        name=name,
        call=call,
        trigger=triggers[0],
        bindings=bindings,
        annotations=_annotations(name, call),
        is_async=inspect.iscoroutinefunction(call),
        wants_context=_check_parameters(name, call, bindings),
    )


def _binding(function: str, raw: dict[str, Any]) -> Binding:
    name, kind = str(raw.pop("name")), str(raw.pop("type"))
    out = str(raw.pop("direction")).upper() == "OUT"
    if not _BINDING_NAME.match(name):
        raise IndexingError(f"function {function!r}: the host refuses the binding name {name!r} (letters and digits only)")
    if kind not in _SUPPORTED:
        raise IndexingError(f"function {function!r}: this stand-in has no {kind!r} binding; it knows {', '.join(sorted(_SUPPORTED))}")
    return Binding(name, kind, out, raw)


def _annotations(name: str, call: Callable[..., Any]) -> Mapping[str, Any]:
    try:
        return typing.get_type_hints(call)
    except (NameError, TypeError) as fault:
        raise IndexingError(f"function {name!r}: annotations cannot be resolved: {fault}") from fault


def _check_parameters(name: str, call: Callable[..., Any], bindings: tuple[Binding, ...]) -> bool:
    """Parameters and bindings must match one to one; `context` may stand alone. Returns whether it does."""
    parameters = set(inspect.signature(call).parameters)
    bound = {b.name for b in bindings if b.name != "$return"}
    wants_context = "context" in parameters and "context" not in bound
    free = parameters - bound - ({"context"} if wants_context else set())
    if free:
        raise IndexingError(f"function {name!r}: parameters without a binding: {', '.join(sorted(free))}")
    if bound - parameters:
        raise IndexingError(f"function {name!r}: bindings without a parameter: {', '.join(sorted(bound - parameters))}")
    for parameter, annotation in _annotations(name, call).items():
        plain = isinstance(annotation, type) and typing.get_origin(annotation) is None
        if parameter in bound and not plain and not _generic(annotation):
            raise IndexingError(f"function {name!r}: the worker refuses the annotation {annotation!r} of {parameter!r}")
    return wants_context


def _generic(annotation: Any) -> bool:
    """What the worker takes besides plain classes: `typing.Dict[...]`, `typing.List[...]`, `func.Out[...]`.

    `dict[str, Any]`, `X | None` and `Optional[X]` fail there ("invalid non-type annotation").
    """
    origin = typing.get_origin(annotation)
    return isinstance(origin, type) and not isinstance(annotation, types.GenericAlias | types.UnionType)
