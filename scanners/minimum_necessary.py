"""The minimum necessary, enforced on bytes before they are stored (45 CFR 164.502(b)).

Three refusals: a property that the fact does not list, an e-mail address outside the declared properties, a social security number; the last two
as a person would read them, in the names of properties too.
A refused page is never written; the fact's controls become `error`, because a page like that means that the fact is declared wrongly.
"""

import json
import re
import types
import typing
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from scanners.errors import EvidenceRefused
from scanners.model import Fact
from scanners.reading import Json, Row, property_names, property_of

# Any script, and what guests' sign-in names are made of (`anna_elsewhere.example#EXT#@clinic.example`); the last label begins with a letter.
_EMAIL = re.compile(r"[^\s@<>()\[\],;:|]{1,64}@(?:(?:[\w-]{1,63}\.){1,10}[^\W\d_][\w-]{1,62}|\[[0-9A-Fa-f.:]{3,45}\])")
_SSN = re.compile(r"(?<![\dA-Za-z-])(?!000|666|9\d\d)\d{3}[- ](?!00)\d{2}[- ](?!0000)\d{4}(?![\dA-Za-z-])")
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-")
_DOTS = dict.fromkeys(map(ord, "\u3002\uff0e\uff61"), ".")  # of domain names in other scripts (RFC 3490)
_DIGIT = re.compile(r"\d")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.@#$-]{1,80}")
_ANNOTATION = re.compile(r"@(?:odata|microsoft)\.")  # links and context, which name the tenant and the query only
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,79}")
_ENVELOPE = frozenset({"value", "isTruncated"})  # of a list answer, beside @odata.* annotations


def _spelled(text: str) -> str:
    """Wide and styled letters as plain ones, one kind of dash and dot, no percent-encoding."""
    if "%" in text:
        text = unquote(text)
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_DASHES | _DOTS)


def _visible(text: str) -> str:
    """The text without what cannot be seen, one kind of blank."""
    if text.isascii():
        return text
    return "".join(" " if unicodedata.category(c) == "Zs" else c for c in text if unicodedata.category(c) not in ("Cf", "Mn"))


def without_addresses(text: str) -> str:
    """The text with each e-mail address and social security number replaced, for names that administrators choose freely.

    Where one is written so that only a person recognises it, all of the text gives way.
    """
    shown = _SSN.sub("(number)", _EMAIL.sub("(address)", text))
    return "(left out)" if has_address(shown) or has_social_security_number(shown) else shown


def has_address(text: str) -> bool:
    """Whether a person would read an e-mail address in the text."""
    told = _spelled(text)
    return "@" in told and _EMAIL.search(_visible(told)) is not None


def has_social_security_number(text: str) -> bool:
    """Whether a person would read a social security number in the text."""
    told = _spelled(text)
    return _DIGIT.search(told) is not None and _SSN.search(_visible(told)) is not None


def row_type(hint: Any) -> type[Row] | None:
    """The Row inside a type, such as `User` in `tuple[User, ...] | None`."""
    if isinstance(hint, type) and issubclass(hint, Row):
        return hint
    if typing.get_origin(hint) in (tuple, typing.Union, types.UnionType, typing.Annotated):
        return next((found for a in typing.get_args(hint) if (found := row_type(a)) is not None), None)
    return None


def stored_row(fact: Fact) -> type[Row] | None:
    """The Row that lists what may be stored of one item of the fact."""
    return row_type(fact.stored if fact.stored is not None else fact.reading)


@lru_cache(maxsize=4096)
def _inside(row: type[Row]) -> Mapping[str, type[Row] | None]:
    """Each property that the row lists, with the Row inside it. Looked up once: pages hold millions of properties."""
    return {name: row_type(property_of(row, name)) for name in property_names(row)}


@lru_cache(maxsize=4096)
def _open_ended(row: type[Row]) -> bool:
    return any(spelled.rest for spelled in row._spelled.values())  # type: ignore[attr-defined]  # noqa: SLF001 - set by the metaclass


def _items(page: Json) -> list[Json]:
    if isinstance(page, dict) and isinstance(page.get("value"), list):
        return list(page["value"])
    return list(page) if isinstance(page, list) else [page]


def keep_listed(fact: Fact, page: Json) -> Json:
    """The page with only those properties that the fact lists; the envelope of a list is kept."""
    row = stored_row(fact)
    if row is None:
        return page
    if isinstance(page, list):
        return [_listed(row, item, fact.also) for item in page]
    if isinstance(page, dict) and isinstance(page.get("value"), list):
        kept = {k: v for k, v in page.items() if k in _ENVELOPE or k.startswith("@")}
        return {**kept, "value": [_listed(row, item, fact.also) for item in page["value"]]}
    return _listed(row, page, fact.also)


def _listed(row: type[Row], value: Json, also: tuple[str, ...] = ()) -> Json:
    if isinstance(value, list):
        return [_listed(row, item) for item in value]
    if not isinstance(value, dict) or _open_ended(row):
        return value
    inside = _inside(row)
    return {
        k: _listed(inner, v) if (inner := inside.get(k)) is not None else v
        for k, v in value.items()
        if k in inside or k in also or k.endswith("@odata.type")
    }


def once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """A property that comes twice is read in two ways, so that something could be stored unseen."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a property comes twice")
    return found


def code_alone(refusal: bytes) -> bytes:
    """What is stored of a refusal that a fact takes for an answer: its error code. Its text, which no rule reads, may name people."""
    try:
        code = json.loads(refusal)["error"]["code"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return b"{}"
    return json.dumps({"error": {"code": code}}).encode() if isinstance(code, str) and _CODE.fullmatch(code) else b"{}"


def refuse_what_must_not_be_stored(fact: Fact, page: Json) -> None:
    """Raise EvidenceRefused, naming the property and never the value, when the page may not be stored."""
    row = stored_row(fact)
    if isinstance(page, dict) and isinstance(page.get("value"), list):
        for name in sorted(key for key in page if key not in _ENVELOPE and not key.startswith("@")):
            raise EvidenceRefused(f"{fact.id}: the answer holds {_shown(name)} beside its list, which this fact does not list")
    if row is not None:
        for item in _items(page):
            for path in _unlisted(row, item, fact.also, ""):
                raise EvidenceRefused(f"{fact.id}: the answer holds {path}, which this fact does not list")
    for name, text in _texts(page):
        if name not in fact.emails and has_address(text):
            raise EvidenceRefused(f"{fact.id}: the answer holds an e-mail address in {_shown(name)}")
        if has_social_security_number(text):
            raise EvidenceRefused(f"{fact.id}: the answer holds what looks like a social security number in {_shown(name)}")


def _unlisted(row: type[Row], value: Json, also: tuple[str, ...], where: str) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _unlisted(row, item, (), where)
    if not isinstance(value, dict) or _open_ended(row):
        return
    inside = _inside(row)
    for key, found in value.items():
        if key in inside:
            if (inner := inside[key]) is not None and isinstance(found, dict | list):
                yield from _unlisted(inner, found, (), f"{where}{key}.")
        elif key not in also and "@odata." not in key:
            yield where + _shown(key)


def _shown(name: str) -> str:
    """The name of a property, when it is one: the tenant may have put anything there, and this text is stored."""
    return name if _is_name(name) else "a property that is not named as properties are"


@lru_cache(maxsize=4096)
def _is_name(text: str) -> bool:
    return _PLAIN_NAME.fullmatch(text) is not None and not has_address(text) and not has_social_security_number(text)


def _texts(page: Json) -> set[tuple[str, str]]:
    """The texts of the page, each once, with the property that it is in; the names of properties included."""
    found: set[tuple[str, str]] = set()
    names: set[str] = set()
    todo: list[tuple[str, Json]] = [("", page)]
    while todo:
        name, value = todo.pop()
        if isinstance(value, str):
            found.add((name, value))
        elif isinstance(value, list):
            todo.extend([(name, each) for each in value])
        elif isinstance(value, dict):
            names.update(value)
            found.update([(key, each) for key, each in value.items() if isinstance(each, str) and not key.startswith("@odata.")])
            todo.extend([(key, each) for key, each in value.items() if isinstance(each, dict | list) and not key.startswith("@odata.")])
    found.update((name, name) for name in names if not _is_name(name) and _ANNOTATION.search(name) is None)
    return found
