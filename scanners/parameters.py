"""The operator's choices, checked: a parameter that does not exist or is out of its bounds is refused, never ignored."""

from collections.abc import Iterable, Mapping
from typing import Any

from scanners.errors import SettingsError
from scanners.model import Control, Parameter


def check(
    controls: Mapping[str, Control], parameters: Mapping[str, Mapping[str, Any]], disabled: Mapping[str, str], only: Iterable[str] = ()
) -> None:
    """Raise SettingsError with one line per problem: PARAMETERS, DISABLED_CONTROLS and ONLY_CONTROLS against the catalogue."""
    faults = [f"PARAMETERS: there is no control {name[:80]}" for name in parameters if name not in controls]
    for name, chosen in parameters.items():
        if name in controls:
            faults += [f"PARAMETERS: {name}.{fault}" for fault in _faults(controls[name], chosen)]
    faults += [f"DISABLED_CONTROLS: there is no control {name[:80]}" for name in disabled if name not in controls]
    faults += [f"DISABLED_CONTROLS: {name[:80]} is switched off without a reason" for name, reason in disabled.items() if not reason.strip()]
    faults += [f"ONLY_CONTROLS: there is no control {name[:80]}" for name in only if name not in controls]
    if faults:
        raise SettingsError("\n".join(faults))


def _faults(control: Control, chosen: Mapping[str, Any]) -> Iterable[str]:
    for name, value in chosen.items():
        if name not in control.parameters:
            known = ", ".join(sorted(control.parameters)) or "it has none"
            yield f"{name[:80]} is no parameter of this control ({known})"
        elif (fault := _fault(control.parameters[name], control.defaults[name], value)) is not None:
            yield f"{name} {fault}"


def _fault(parameter: Parameter, default: Any, value: Any) -> str | None:
    wanted = "a list" if isinstance(default, (tuple, list, frozenset)) else _kind(default)
    found = "a list" if isinstance(value, list) else _kind(value)
    if found != wanted and not (wanted == "a number" and found == "a whole number"):
        return f"must be {wanted}, such as {default!r}"
    items = value if isinstance(value, list) else [value]
    if parameter.among is not None and any(item not in parameter.among for item in items):
        return f"must be among {', '.join(map(str, parameter.among))}"
    if wanted in ("a number", "a whole number"):
        low, high = parameter.low, parameter.high
        if (low is not None and value < low) or (high is not None and value > high):
            return f"must be between {low:g} and {high:g}"
    return None


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int):
        return "a whole number"
    return "a number" if isinstance(value, float) else "a text"


def typed(control: Control, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The operator's values in the types of the defaults: a JSON list for a tuple becomes one."""
    return {name: type(control.defaults[name])(value) if isinstance(value, list) else value for name, value in chosen.items()}
