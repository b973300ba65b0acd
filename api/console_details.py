"""The details of a statement as fields of a form: which fields a type has. They come from its Row, so a new type has its form without a line here."""

import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from api.console_yaml import dumped
from reporting.filling import holds_ids
from scanners.model import Fact
from scanners.reading import Row, needed_names, property_of, spelled
from scanners.statements import example_of, form_of

Kind = Literal["text", "long", "id", "number", "day", "yes_no", "one_of", "lines", "ids", "days", "some_of", "group", "rows", "yaml"]
ROWS, EMPTY, MORE = 200, 2, 5  # rows of a list at most; empty ones that are offered; how many more a press of the button offers
LISTS: Mapping[str, Kind] = {"text": "lines", "long": "lines", "id": "ids", "day": "days", "one_of": "some_of"}
LISTED = frozenset({"lines", "ids", "days"})  # kinds that are written one a line
LONG = re.compile(r"(^|_)(reason|measure|method|safeguard|basis|scope)$")  # names of texts that are sentences
WRITTEN = {
    "c": "C",
    "baa": "BAA",
    "csp": "CSP",
    "dlp": "DLP",
    "ephi": "ePHI",
    "hhs": "HHS",
    "microsoft": "Microsoft",
    "onedrive": "OneDrive",
    "phi": "PHI",
    "sha256": "SHA-256",
    "sharepoint": "SharePoint",
    "sku": "SKU",
}
NOTES = {
    "baa_until": "Leave it empty where the agreement is open ended.",
    "equivalent_measure": "Leave it empty only where none is reasonable, and say so in the reason.",
}
MAY_BE_EMPTY = frozenset({"equivalent_measure"})  # an empty text is an answer here: none is reasonable
HINTS: Mapping[Kind, str] = {
    "id": "A GUID, as Entra shows it: 8-4-4-4-12 digits and letters a to f.",
    "ids": "GUIDs as Entra shows them, one a line. Empty means none.",
    "days": "Days written as 2026-11-24, one a line. Empty means none.",
    "lines": "One a line. Empty means none.",
    "some_of": "Nothing ticked means none.",
    "yaml": "In YAML, as in the example.",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One property: its name as the record spells it, how it is asked for, and whether it may be left empty.

    `null`: what is left empty is written as null, because the property must be there; else it is left out.
    """

    name: str
    kind: Kind
    label: str
    hint: str
    optional: bool = False
    null: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    inside: tuple["Field", ...] = ()
    example: str = ""


def fields_of(fact: Fact) -> tuple[Field, ...]:
    """The fields of a type's details, in the order of its Row."""
    return fields_in(property_of(form_of(fact), "details"), example_of(fact))


def fields_in(row: type[Row], example: Mapping[str, Any], depth: int = 0) -> tuple[Field, ...]:
    """The fields of a Row; `depth` 0 may hold objects and lists of them, what lies deeper is asked for as YAML."""
    needed = needed_names(row)
    return tuple(_field(name, property_of(row, name), example.get(name), name in needed, depth) for name in spelled(row).values())


def _field(name: str, hint: Any, example: Any, needed: bool, depth: int) -> Field:
    bare, nullable = _without_null(hint)
    plain, described = _unwrapped(bare)
    kind, choices, inside = _asked(name, plain, example, depth)
    words = [described or _about(plain, kind), NOTES.get(name, ""), HINTS.get(kind, "")]
    if kind in ("text", "long") and isinstance(example, str):
        words.append(f"For example: {example}")
    return Field(
        name=name,
        kind=kind,
        label=sentence(name),
        hint=" ".join(filter(None, words)),
        optional=nullable or not needed or name in MAY_BE_EMPTY,
        null=nullable and needed,
        choices=choices,
        inside=inside,
        example=dumped(example) if kind == "yaml" else "",
    )


def about(row: type[Row]) -> str:
    """What the Row says of itself."""
    return " ".join(str(vars(row).get("__doc__") or "").split())


def _about(hint: Any, kind: Kind) -> str:
    return about(hint if kind == "group" else _unwrapped(typing.get_args(hint)[0])[0]) if kind in ("group", "rows") else ""


def _asked(name: str, hint: Any, example: Any, depth: int) -> tuple[Kind, tuple[tuple[str, str], ...], tuple[Field, ...]]:
    """How a property of this type is asked for, its choices, and the fields inside of it."""
    if typing.get_origin(hint) is Literal and all(isinstance(each, str) for each in typing.get_args(hint)):
        return "one_of", tuple((each, choice(each)) for each in typing.get_args(hint)), ()
    if isinstance(hint, type) and issubclass(hint, Row) and depth == 0:
        return "group", (), fields_in(hint, example or {}, 1)
    if typing.get_origin(hint) is tuple:
        inner = _unwrapped(typing.get_args(hint)[0])[0]
        first = next(iter(example or ()), None)
        if isinstance(inner, type) and issubclass(inner, Row) and depth == 0:
            return "rows", (), fields_in(inner, first or {}, 1)
        kind, choices, _ = _asked(name, inner, first, 2)
        return LISTS.get(kind, "yaml"), choices, ()
    return _plain_kind(name, hint), (), ()


def _plain_kind(name: str, hint: Any) -> Kind:
    if hint is str:
        return "id" if holds_ids(name) else "long" if LONG.search(name) else "text"
    kinds: Mapping[Any, Kind] = {bool: "yes_no", int: "number", date: "day"}
    return kinds.get(hint, "yaml")


def _without_null(hint: Any) -> tuple[Any, bool]:
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint, False
    others = [each for each in typing.get_args(hint) if each is not type(None)]
    return (others[0] if len(others) == 1 else hint), len(others) < len(typing.get_args(hint))


def _unwrapped(hint: Any) -> tuple[Any, str]:
    """The type without its notes, and what they say in words."""
    if typing.get_origin(hint) is not typing.Annotated:
        return hint, ""
    bare, *notes = typing.get_args(hint)
    return bare, next((str(each.description) for each in notes if getattr(each, "description", None)), "")


def sentence(name: str) -> str:
    """A property's name as a label: `handles_phi` -> `Handles PHI`, `SettingName` -> `Setting name`."""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name).lower().split()
    text = " ".join(WRITTEN.get(part, part) for part in parts)
    return text if text.startswith("ePHI") else text[:1].upper() + text[1:]


def choice(value: str) -> str:
    """A value of a closed list as words, where it is no name of its own such as `SOC 2 Type 2`."""
    return value if value != value.lower() or " " in value else sentence(value)
