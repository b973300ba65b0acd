"""Whether the form of a statement was filled in: all that its type says and nothing else, and no dots of an empty form."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from reporting.wording import GUID, OUTSIDE, can_be
from scanners.model import Fact
from scanners.reading import Row, attributes, property_names, property_of
from scanners.statements import form_of


def detail_problems(details: dict[str, Any], fact: Fact) -> dict[str, str]:
    """Field -> what is wrong with it, compared with what statements of the fact's type say."""
    row = property_of(form_of(fact), "details")
    problems = {f"details.{each}": "is not part of this type" for each in sorted(_unlisted(row, details, ""))}
    return {**problems, **dict(_faulty(row.read(details), "details"))}


def _faulty(value: Any, where: str) -> Iterable[tuple[str, str]]:
    for index, each in enumerate(value if isinstance(value, tuple) else ()):
        yield from _faulty(each, f"{where}[{index}]")
    if isinstance(value, date) and not can_be(value):
        yield where, OUTSIDE
    if isinstance(value, Row):
        for attribute, fault in value.faults.items():
            yield f"{where}.{attribute}", "is missing" if "is missing" in fault else "does not have a value that is allowed here"
        for attribute in set(attributes(type(value))) - set(value.faults):
            yield from _faulty(getattr(value, attribute), f"{where}.{attribute}")


def _unlisted(row: type[Row], value: Any, where: str) -> Iterable[str]:
    if isinstance(value, list):
        for each in value:
            yield from _unlisted(row, each, where)
    if isinstance(value, dict):
        for key, inside in value.items():
            if key not in property_names(row):
                yield f"{where}{str(key)[:60]}"
            elif (inner := _row_in(property_of(row, key))) is not None:
                yield from _unlisted(inner, inside, f"{where}{key}.")


def _row_in(hint: Any) -> type[Row] | None:
    if isinstance(hint, type) and issubclass(hint, Row):
        return hint
    return next((found for a in getattr(hint, "__args__", ()) if (found := _row_in(a)) is not None), None)


def unfilled(value: Any, where: str) -> Iterable[str]:
    """Fields that still hold the dots of an empty form; for the attester, nothing at all counts as empty too."""
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from unfilled(inside, f"{where}.{key}" if where else str(key))
    elif isinstance(value, list):
        for each in value:
            yield from unfilled(each, where)
    elif isinstance(value, str) and (value.strip() == "..." or (where.startswith("attester.") and not value.strip())):
        yield where


def ids(value: Any, where: str) -> Iterable[tuple[str, str | None]]:
    """Every property that must hold object, application or tenant ids."""
    for key, inside in value.items() if isinstance(value, dict) else ():
        many = inside if isinstance(inside, list) else [inside]
        if holds_ids(key):
            yield from ((f"{where}.{key}", each) for each in many if each is not None)
        for each in many:
            yield from ids(each, f"{where}.{key}")


def holds_ids(name: str) -> bool:
    """Whether a property of this name must hold the ids of objects, applications or tenants."""
    return name.endswith(("object_id", "object_ids")) or name in {"app_ids", "tenant_id", "tenant_ids"}


def is_guid(text: Any) -> bool:
    """The id of an object, an application or a tenant; the one of zeros is nobody's."""
    return isinstance(text, str) and re.fullmatch(GUID, text) is not None and set(text) != {"0", "-"}
