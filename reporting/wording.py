"""What people write, looked at before it is stored: days that can be, and words that must not be there. What stands there is never repeated."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from scanners.errors import EvidenceRefused
from scanners.minimum_necessary import has_address, has_social_security_number, refuse_what_must_not_be_stored
from scanners.model import Fact

FIRST_DAY, LAST_DAY = date(1996, 1, 1), date(2100, 12, 31)  # HIPAA was enacted in 1996; what lies outside is a slip of the pen
OUTSIDE = f"must be a day between {FIRST_DAY} and {LAST_DAY}"
GUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RECORD_NUMBER = re.compile(
    r"(?:\bMRN\b|\bmedical record (?:number|no\b)|\bpatient (?:id|number|no)\b)[\s:#.=-]{0,6}(?:is )?[A-Z]{0,4}-?\d{3,}", re.IGNORECASE
)
_LONG_NUMBER = re.compile(r"(?:\d[\s()./+-]*){6}")  # of a phone, a record, an account: a name or a title has none


def plain_day(value: Any) -> date:
    """A day as it is written, or as YAML read it. Numbers, which pydantic would take for seconds, and points in time are none. Raises ValueError."""
    if isinstance(value, str) and _DAY.fullmatch(value.strip()):
        try:
            value = date.fromisoformat(value.strip())
        except ValueError:
            raise ValueError("is not a day of the calendar") from None
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError("must be a day, written as 2026-11-24")  # noqa: TRY004 - pydantic turns ValueError into a fault of the field
    if not can_be(value):
        raise ValueError(OUTSIDE)
    return value


def can_be(day: date) -> bool:
    """The day lies where days of a record can lie."""
    return FIRST_DAY <= (day.date() if isinstance(day, datetime) else day) <= LAST_DAY


def _false(value: Any) -> bool:
    """A confirmation: 0 and "no" are none."""
    if value is not False:
        raise ValueError("must be false: nothing here may hold health information of a person")
    return False


PlainDay = Annotated[date, BeforeValidator(plain_day)]
Denied = Annotated[bool, BeforeValidator(_false)]
Id = Annotated[str, Field(max_length=200)]


# The validator's findings in our words, by kind. Where it has a text of ours, that is taken as it is.
_SAID: Mapping[str, str] = {
    "ours": "{what}",
    "value_error": "{error}",
    "missing": "must be given",
    "extra_forbidden": "is not known here",
    "string_type": "must be text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "does not have the form that it must have",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "date_from_datetime_parsing": "is not a day that exists",
    "date_parsing": "is not a day that exists",
    "datetime_parsing": "is not a time that exists",
    "datetime_from_date_parsing": "is not a time that exists",
}


def problems_of(fault: ValidationError, whole: str, *, numbered: bool = True) -> dict[str, str]:
    """Field -> what is wrong with it, never what it holds; `whole` names the thing itself. `numbered`: entries of lists are named by their place."""
    return dict(_problem(each, whole, numbered=numbered) for each in fault.errors(include_input=False, include_url=False))


def _problem(each: Mapping[str, Any], whole: str, *, numbered: bool) -> tuple[str, str]:
    context = each.get("ctx") or {}
    place = [str(part) for part in each["loc"] if numbered or not isinstance(part, int)]
    place += [context["field"]] if context.get("field") else []
    return ".".join(place) or whole, _SAID.get(each["type"], "is not as it must be").format(**context)


def words_problem(words: Mapping[str, Any]) -> str | None:
    """What must not be stored in words that a person wrote: addresses, social security and record numbers. None when they are good."""
    try:
        refuse_what_must_not_be_stored(Fact(reading=dict), words)
    except EvidenceRefused as refusal:
        return f"{str(refusal).partition('the answer ')[2]}; leave it out"
    if any(_RECORD_NUMBER.search(_plain(text)) for text in texts(words)):
        return "holds what looks like the number of a medical record; leave it out"
    return None


def name_problem(text: str) -> str | None:
    """What does not belong into the name or the title of a person; None when good."""
    if has_address(text):
        return "holds an e-mail address; leave it out"
    if has_social_security_number(text):
        return "holds what looks like a social security number; leave it out"
    return "holds a number that no name has; leave it out" if _LONG_NUMBER.search(_plain(text)) or _RECORD_NUMBER.search(_plain(text)) else None


def texts(value: Any) -> Iterable[str]:
    """Every text inside a JSON value, the names of properties left out."""
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ():
        yield from texts(each)


def _plain(text: str) -> str:
    """As a person reads it: wide letters as plain ones, one kind of dash, and nothing that cannot be seen."""
    seen = text if text.isascii() else "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) not in ("Cf", "Mn"))
    return "".join("-" if unicodedata.category(c) == "Pd" else c for c in seen)
