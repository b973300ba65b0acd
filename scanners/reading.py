"""Typed, frozen, compact copies of JSON objects, with faults kept where they are.

A `Row` reads the properties it names and nothing else. A property that is missing, of another type or outside its
closed list is not replaced by anything: the row remembers the fault, and only a rule that touches that property is
told so (`Unrecognised`). So one new enum member in one policy does not blind fifty controls, and none passes on it.
"""

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, GetCoreSchemaHandler, Strict, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, core_schema

from scanners.errors import Unrecognised
from scanners.quoting import quoted, token


class NotAnObject(ValueError):  # noqa: N818 - a fault of the answer; pydantic needs a ValueError
    """Something else stands where an object should; the text names kinds and no value."""


Json = Any  # what json.loads returns; narrowed by reading it


def camel(name: str) -> str:
    """`allow_invites_from` -> `allowInvitesFrom`, the spelling of Microsoft Graph."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def pascal(name: str) -> str:
    """`audit_disabled` -> `AuditDisabled`, the spelling of the Exchange, Purview and Teams administration."""
    return "".join(part.capitalize() for part in name.split("_"))


class _Spelled:
    """How a property is written in the answer, where the rule of spelling does not say it."""

    def __init__(self, name: str | None, absent_is_null: bool, rest: bool = False) -> None:
        self.name, self.absent_is_null, self.rest = name, absent_is_null, rest


def named(name: str) -> Any:
    """The property is spelled `name` in the answer."""
    return _Spelled(name, absent_is_null=False)


def absent_is_null(name: str | None = None) -> Any:
    """The service leaves the property out where it has no value; Microsoft documents that absence means null."""
    return _Spelled(name, absent_is_null=True)


def other_properties() -> Any:
    """Collects every property that the row does not name, so that a rule can see that something new has appeared."""
    return _Spelled(None, absent_is_null=True, rest=True)


def _timestamp(value: Any) -> Any:
    """Graph writes ISO 8601; the Exchange administration also writes `/Date(1777883331000)/` (milliseconds, UTC)."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise ValueError("expected a point in time")  # noqa: TRY004 - pydantic turns ValueError into a fault of the property
    if value.startswith("/Date(") and value.endswith(")/"):
        try:
            return datetime.fromtimestamp(int(value[6:-2]) / 1000, UTC)
        except (OverflowError, OSError) as fault:
            raise ValueError("a point in time that no calendar has") from fault
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Timestamp = Annotated[datetime, BeforeValidator(_timestamp)]


def _arrays_as_tuples(hint: Any) -> Any:
    """Strict reading would refuse a JSON array for a tuple; only that one conversion is allowed."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        items = _arrays_as_tuples(arguments[0])
        return Annotated[tuple[items, ...], Strict(False)]  # type: ignore[valid-type]  # built at run time
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(_arrays_as_tuples(a) for a in arguments)]  # noqa: UP007 - built at run time
    return hint


@lru_cache(maxsize=4096)
def reader(hint: Any) -> Callable[[Any], Any]:
    """A function that reads a JSON value as `hint`, strictly, or raises pydantic's ValidationError."""
    config = None if isinstance(hint, type) and issubclass(hint, Row) else ConfigDict(strict=True, arbitrary_types_allowed=True)
    return TypeAdapter(_arrays_as_tuples(hint), config=config).validator.validate_python


class _Property(typing.NamedTuple):
    attribute: str
    name: str
    absent_is_null: bool
    read: Callable[[Any], Any]


class _RowType(type):
    """Turns annotations into slots before the class exists, so that a row costs its values and nothing more."""

    def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any], **options: Any) -> Any:
        attributes = tuple(a for a in space.get("__annotations__", {}) if not a.startswith("__"))
        spelled = {a: space.pop(a) for a in attributes if isinstance(space.get(a), _Spelled)}
        space["__slots__"] = attributes if bases else ("_faults",)
        space["_spelled"] = {**(getattr(bases[0], "_spelled", {}) if bases else {}), **spelled}
        return super().__new__(cls, name, bases, space, **options)


@typing.dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(named, absent_is_null, other_properties))
class Row(metaclass=_RowType):
    """A frozen reading of one JSON object. Subclasses list the properties that rules read; nothing has a default."""

    _spelling: typing.ClassVar[Callable[[str], str]] = camel

    def __init_subclass__(cls, spelling: Callable[[str], str] | None = None) -> None:
        if spelling is not None:
            cls._spelling = staticmethod(spelling)

    if not TYPE_CHECKING:

        def __init__(self, **values: Any) -> None:
            object.__setattr__(self, "_faults", None)
            for attribute, value in values.items():
                object.__setattr__(self, attribute, value)

        def __getattr__(self, attribute: str) -> Any:  # only called when the slot is empty: the property is at fault
            faults = object.__getattribute__(self, "_faults") if attribute != "_faults" else None
            if faults and attribute in faults:
                raise Unrecognised(faults[attribute])
            raise AttributeError(attribute)

    def __setattr__(self, attribute: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __repr__(self) -> str:
        shown = (f"{a}={getattr(self, a)!r}" for a in attributes(type(self)) if a not in (self.faults or {}))
        return f"{type(self).__name__}({', '.join(shown)})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    @property
    def faults(self) -> Mapping[str, str]:
        """Attribute -> what is wrong with its property; empty when all were read."""
        return object.__getattribute__(self, "_faults") or {}

    @classmethod
    def read(cls, value: Json) -> Self:
        """Read `value`; raises ValueError when it is no JSON object at all."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, dict):
            raise NotAnObject(f"{cls.__name__}: expected an object, found {type(value).__name__}")
        self = object.__new__(cls)
        faults: dict[str, str] | None = None
        for attribute, name, absence, read in _properties(cls):
            try:
                object.__setattr__(self, attribute, read(value.get(name) if absence else value[name]))
            except (KeyError, ValidationError) as fault:
                faults = faults or {}
                faults[attribute] = _describe(cls, name, value, fault)
        rest = _rest(cls)
        if rest:
            object.__setattr__(self, rest, {k: v for k, v in value.items() if k not in _names(cls) and "@odata." not in k})
        object.__setattr__(self, "_faults", faults)
        return self

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.read)


def _describe(cls: type[Row], name: str, value: Mapping[str, Any], fault: KeyError | ValidationError) -> str:
    if isinstance(fault, KeyError):
        return f"{cls.__name__}.{name} is missing from the answer"
    return f"{cls.__name__}.{name} has a value that this version does not know ({quoted(value[name])})"


@lru_cache(maxsize=1024)
def _hints(cls: type[Row]) -> dict[str, Any]:
    hints = typing.get_type_hints(cls, include_extras=True)
    return {a: h for a, h in hints.items() if not a.startswith("_")}


def attributes(cls: type[Row]) -> tuple[str, ...]:
    """The attributes that rules may use."""
    return tuple(_hints(cls))


@lru_cache(maxsize=1024)
def _properties(cls: type[Row]) -> tuple[_Property, ...]:
    listed = []
    for attribute, hint in _hints(cls).items():
        spelled = cls._spelled.get(attribute)  # type: ignore[attr-defined]  # set by the metaclass
        if spelled is not None and spelled.rest:
            continue
        name = (spelled.name if spelled else None) or cls._spelling(attribute)
        listed.append(_Property(attribute, name, bool(spelled and spelled.absent_is_null), reader(hint)))
    return tuple(listed)


@lru_cache(maxsize=1024)
def _names(cls: type[Row]) -> frozenset[str]:
    return frozenset(p.name for p in _properties(cls))


@lru_cache(maxsize=1024)
def _rest(cls: type[Row]) -> str | None:
    spelled = cls._spelled.items()  # type: ignore[attr-defined]  # set by the metaclass
    return next((a for a, s in spelled if s.rest), None)


def property_names(cls: type[Row]) -> frozenset[str]:
    """The names, as written in the answer, of the properties that the row reads."""
    return _names(cls)


def spelled(cls: type[Row]) -> dict[str, str]:
    """Attribute -> the name of its property as written in the answer, in the order of the class."""
    return {p.attribute: p.name for p in _properties(cls)}


def needed_names(cls: type[Row]) -> frozenset[str]:
    """The names of the properties whose absence is a fault, and not the service's way of writing null."""
    return frozenset(p.name for p in _properties(cls) if not p.absent_is_null)


def property_of(cls: type[Row], name: str) -> Any:
    """The type that the property `name` is read as."""
    return next(_hints(cls)[p.attribute] for p in _properties(cls) if p.name == name)


def read_as(hint: Any, value: Json) -> Any:
    """Read a whole JSON value as `hint` (a Row or a tuple of them); raises Unrecognised when it has another form."""
    try:
        return reader(hint)(value)
    except (ValidationError, ValueError) as fault:
        raise Unrecognised(f"the answer does not have the expected form: {_place(fault)}") from fault


def _place(fault: ValidationError | ValueError) -> str:
    """Where the form is another one, and which kind of fault it is. What stands there is not repeated, and error texts do repeat it."""
    if not isinstance(fault, ValidationError):
        return str(fault) if isinstance(fault, NotAnObject) else "a value cannot be read"
    first = fault.errors(include_url=False, include_input=False)[0]
    cause = first.get("ctx", {}).get("error")
    kind = str(cause) if isinstance(cause, NotAnObject) else "a value cannot be read" if cause is not None else first["type"].replace("_", " ")
    return f"{kind} at {'.'.join(token(str(step)) for step in first['loc']) or 'the top'}"[:200]


def read_rows(cls: type[Any], values: Iterable[Json]) -> tuple[Any, ...]:
    """Read each value as one row."""
    return tuple(read_as(cls, value) for value in values)
