"""Pages for people: server-rendered, no scripts, nothing loaded from elsewhere. Every text goes through `plain`, whatever a template forgot."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import azure.functions as func
from markupsafe import Markup, escape

from api.answers import SAFE
from reporting.formats.text import plain, words

if TYPE_CHECKING:
    from jinja2 import Environment

TYPED = 300_000  # characters of a field of a form; more does not come through its limit


def page(template: str, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None, **values: Any) -> func.HttpResponse:
    """A rendered page. Forms lead to this app only; frames, scripts, images and other styles are refused by the policy."""
    style, digest = _style()
    body = _environment().get_template(template).render(**values, style=Markup(style)).encode("utf-8", "backslashreplace")  # noqa: S704 - our own file
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    safe = {**SAFE, "Content-Security-Policy": policy, "X-Frame-Options": "DENY", "X-Robots-Tag": "noindex, nofollow, noarchive"}
    return func.HttpResponse(body, status_code=int(status), headers={**safe, **(headers or {})}, mimetype="text/html", charset="utf-8")


def moment(value: datetime | str) -> str:
    """A time as a person reads it: `24 November 2026, 03:12 UTC`."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{at.day} {at.strftime('%B %Y, %H:%M')} UTC"


def date_of(value: Any) -> str:
    """A day as a person reads it."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{at.day} {at.strftime('%B %Y')}"


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(loader=PackageLoader("api"), autoescape=True, undefined=StrictUndefined, finalize=_shown, trim_blocks=True, lstrip_blocks=True)
    made.filters.update(moment=moment, day=date_of, words=words, typed=_typed)
    return made


@cache
def _style() -> tuple[str, str]:
    from importlib.resources import files

    text = files("api").joinpath("templates", "style.css").read_text("utf-8")
    return text, base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _typed(value: str) -> Markup:
    """What a person typed, given back whole: in a form it must not be cut."""
    return escape(plain(value, TYPED))


def _shown(value: Any) -> Any:
    return plain(value, 8000) if type(value) is str else value
