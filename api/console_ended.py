"""A form that was sent after the session had ended is given back, so that nobody loses what they typed.

What was typed stands in the answer to the person who typed it and nowhere else. It is read only for somebody who was signed in not long ago, and only
from a form of this console: a stranger can neither make this app take long forms apart nor put words into a form of somebody else.
"""

import re
from http import HTTPStatus

import azure.functions as func

from api import console_forms
from api.answers import Problem
from api.console_guard import ended_lately, require_own_form
from api.pages import page

FIELDS = {
    "statement": ("type", "statement", "attester.name", "attester.title", "attester.entra_object_id", "effective_from", "expires_at", "details"),
    "exception": ("control", "kind", "reason", "compensating_measure", "objects", "expires_at"),
    "link": ("name", "organisation", "scope", "run", "first", "last", "expires_on", "download_limit"),
}
DETAIL = re.compile(r"details(\.[A-Za-z0-9_ -]{1,80}){1,3}(?<!\.rows)")  # fields of a statement's details, and not how many rows are shown
AGAIN = "again"  # the field by which the kept form asks to be shown once more, instead of being done


def sign_in_first(request: func.HttpRequest, form: str | None = None) -> func.HttpResponse:
    """The page for somebody who is not signed in, with what they typed where that can be given back."""
    lately = ended_lately(request)
    if lately and form in FIELDS:
        try:
            sent = console_forms.sent(request, form)
            require_own_form(request, sent.fields.get("form_token", ""))
        except Problem:
            return _plainly(request, lately)
        also = sorted(filter(DETAIL.fullmatch, sent.fields), key=_in_order) if form == "statement" else []
        typed = {name: sent.fields[name] for name in (*FIELDS[form], *also) if sent.fields.get(name)}
        headers = {"Referrer-Policy": "same-origin"}  # as on every page of the console with a form
        values = {
            "form": form,
            "typed": typed,
            "form_token": sent.fields["form_token"],
            "again": AGAIN,
            "file": any(name for name, _ in sent.files.values()),
        }
        return page("console_ended.html", HTTPStatus.UNAUTHORIZED, headers, **values)
    return _plainly(request, lately)


def _in_order(name: str) -> list[tuple[int, str]]:
    """Rows by their number, as they stand in the form."""
    return [(int(part), "") if part.isascii() and part.isdigit() and len(part) < 6 else (0, part) for part in name.split(".")]


def _plainly(request: func.HttpRequest, lately: bool) -> func.HttpResponse:
    problem = "Your session has ended." + (" Nothing was written." if request.method == "POST" else "") if lately else ""
    return page("console_sign_in.html", HTTPStatus.UNAUTHORIZED, key="", problem=problem)
