"""Reading requests: query parameters, bodies, ids and continuations. What is not as it must be is refused with what would be."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable
from datetime import date
from http import HTTPStatus
from typing import Any, TypeVar

import azure.functions as func

from api.answers import Problem

BODY = 256 * 1024  # bytes of a JSON body
RUN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4}")
WORD = re.compile(r"[a-z][a-z0-9_]{0,119}")
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NO_RUN = "There is no such run; ids look like 20261124T030000Z-3f9c."
T = TypeVar("T")


def refused(name: str, what: str, **members: Any) -> Problem:
    """400 for a parameter."""
    return Problem(HTTPStatus.BAD_REQUEST, f"{name} {what}", parameter=name, **members)


def chosen(request: func.HttpRequest, name: str, allowed: Iterable[str]) -> frozenset[str] | None:
    """A filter: one value or several with commas between; None when it is not given. Raises Problem (400) naming what is allowed."""
    text = request.params.get(name)
    if not text:
        return None
    every = sorted(set(allowed))
    given = frozenset(part.strip() for part in text.split(","))
    if given - set(every):
        raise refused(name, "has a value that is not known.", allowed=every)
    return given


def count(request: func.HttpRequest, most: int, usual: int) -> int:
    """`limit`: how many items a page has at most."""
    text = request.params.get("limit")
    if not text:
        return usual
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= most:
        raise refused("limit", f"must be a whole number from 1 to {most}.")
    return int(text)


def day(request: func.HttpRequest, name: str) -> date:
    """A day, `YYYY-MM-DD`; it must be given."""
    text = request.params.get(name) or ""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise refused(name, "must be given, as a day such as 2026-11-24.")


def run_of(text: str) -> str:
    """A run id from a path. Raises Problem (404)."""
    if not RUN_ID.fullmatch(text) or not text.isascii():
        raise Problem(HTTPStatus.NOT_FOUND, NO_RUN)
    return text


def guid_of(text: str, what: str) -> str:
    """An id from a path. Raises Problem (404)."""
    if not GUID.fullmatch(text):
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no such {what}.")
    return text.lower()


def continuation(request: func.HttpRequest, kind: str, shape: re.Pattern[str]) -> str | None:
    """Where the page before ended. A continuation of another list, or one that was made up, is 400."""
    text = request.params.get("continuation")
    if not text:
        return None
    try:
        found, _, place = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)).decode("ascii").partition(":")
    except (ValueError, binascii.Error):
        found, place = "", ""
    if found != kind or not shape.fullmatch(place):
        raise refused("continuation", "is not one that this list gave out; start again without it.")
    return place


def onward(kind: str, place: str | None) -> str | None:
    """The continuation that stands for a place in a list; opaque to callers. It names the last item, so new items do not move it."""
    return None if place is None else base64.urlsafe_b64encode(f"{kind}:{place}".encode()).decode().rstrip("=")


def paged(items: list[T], key: Callable[[T], str], after: str | None, size: int) -> tuple[list[T], str | None]:
    """A page of a list that is ordered by `key`, and the place where it ended (None at the end)."""
    rest = [item for item in items if after is None or key(item) > after]
    page = rest[:size]
    return page, key(page[-1]) if len(rest) > size else None


def json_object(request: func.HttpRequest, most: int = BODY) -> dict[str, Any]:
    """The body as a JSON object. Raises Problem: 415 for another content type, 413 when too large, 400 when it is no JSON object."""
    media = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json.")
    body = request.get_body()
    if len(body) > most:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body has {len(body)} bytes; at most {most} are taken.")
    try:
        value = json.loads(body.decode("utf-8"))
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")  # refuses NaN, infinity and half of a character (a lone surrogate)
    except (ValueError, RecursionError):
        raise Problem(HTTPStatus.BAD_REQUEST, "The body is not JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise Problem(HTTPStatus.BAD_REQUEST, "The body must be a JSON object.")
    return value


def wants_page(request: func.HttpRequest) -> bool:
    """Whether a person's browser asks: it says that it takes HTML."""
    return "text/html" in request.headers.get("Accept", "")
