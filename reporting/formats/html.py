"""report.html: one file, no scripts, nothing loaded from elsewhere. What it shows is decided in page.py, how in templates/."""

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from reporting.formats.page import page
from reporting.formats.text import plain
from reporting.formats.trend import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, trend
from reporting.report import Report

if TYPE_CHECKING:
    from jinja2 import Environment


def render(report: Report) -> bytes:
    """The report as UTF-8."""
    template = _environment().get_template("report.html")
    style = _style()
    return template.render(
        **page(report),
        trend=trend(report.trend),
        box={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT, "top": TOP, "bottom": HEIGHT - BOTTOM},
        style=Markup(style),  # noqa: S704 - our own file
        style_digest=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    ).encode("utf-8", "backslashreplace")


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("reporting"), autoescape=True, undefined=StrictUndefined, finalize=_shown, trim_blocks=True, lstrip_blocks=True
    )


@cache
def _style() -> str:
    from importlib.resources import files

    return files("reporting").joinpath("templates", "report.css").read_text("utf-8")


def _shown(value: Any) -> Any:
    """Every text that reaches the page goes through here, whatever the template forgot. Markup of our own stays as it is."""
    return plain(value) if type(value) is str else value
