"""The pages of the console: today's state, what needs a person, statements, exceptions, auditor links, the access log. Works without scripts."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import azure.functions as func

from api import console_fields, console_forms
from api.answers import SAFE, Problem, explained
from api.attestations import served_summary
from api.bundles import report_of
from api.console_details import ROWS
from api.console_ended import AGAIN, sign_in_first
from api.console_guard import HOME, Visitor, form_token, require_own_form, signed_in, signed_out, split, visitor
from api.exceptions import shown as shown_exception
from api.kept import latest_run, results_of
from api.pages import page as rendered
from api.runs import page as run_page
from api.sharing import LINK_PLACE, MONTH, PAGE, PLACE, page_of_links
from api.statements import described, now, types
from api.visits import note
from reporting.sharing import SESSION_IN_ALL
from runs.context import context
from scanners import catalogue
from scanners.errors import RecordRefused, ScannerError

SOON, HOUR = timedelta(days=30), timedelta(hours=1)
DONE = {
    "statement": "The statement was recorded. It counts from the next run on.",
    "statement-withdrawn": "The statement was taken back. What was said stays on record.",
    "exception": "The exception was recorded. It has no effect until somebody else approves it.",
    "exception-approved": "The exception is approved. It has effect from the next run on.",
    "exception-withdrawn": "The exception was taken back.",
    "link-revoked": "The link was revoked. It opens nothing any more.",
}


def home(request: func.HttpRequest) -> func.HttpResponse:
    """Today's state and what needs a person."""
    return _guarded(request, lambda who: _show(request, who, "console_home.html", "home", **_today()))


def page(request: func.HttpRequest, name: str) -> func.HttpResponse:
    """A page by name."""
    return _guarded(request, lambda who: _page(request, who, name))


def submit(request: func.HttpRequest, name: str) -> func.HttpResponse:
    """A form: checked to come from here, then done; what is refused is shown in the form again."""

    def do(who: Visitor) -> func.HttpResponse:
        if name != "sign-out" and name not in FORMS:
            raise Problem(HTTPStatus.NOT_FOUND, "There is no such form.")
        if name != "sign-out":
            who.require_writes()
        form = console_forms.sent(request, name)
        require_own_form(request, form.fields.get("form_token", ""))
        if name == "sign-out":
            return signed_out(request)
        if form.fields.get(AGAIN):
            return _form(request, who, name, dict(form.fields), {})
        return _filled(request, who, name, form)

    return _guarded(request, do, name)


def act(request: func.HttpRequest, name: str, identity: str, verb: str) -> func.HttpResponse:
    """A button in a list."""

    def do(who: Visitor) -> func.HttpResponse:
        require_own_form(request, console_forms.read(request).fields.get("form_token", ""))
        try:
            done = console_forms.act(who, name, identity, verb)
        except RecordRefused as refusal:
            raise Problem(HTTPStatus.CONFLICT, "This could not be done: " + "; ".join(refusal.problems.values()) + ".") from None
        return back(f"{HOME}/{name}?done={done}")

    return _guarded(request, do)


def back(place: str) -> func.HttpResponse:
    """303 to a page of the console."""
    return func.HttpResponse(status_code=int(HTTPStatus.SEE_OTHER), headers={**SAFE, "Location": place})


def sign_in_page(request: func.HttpRequest) -> func.HttpResponse:
    """The page behind a sign-in link. The link is used by its button, so that a mail scanner that only opens it does not use it up."""
    given = request.params.get("key") or ""
    return rendered("console_sign_in.html", key=given if split(given) else "", problem="")


def sign_in(request: func.HttpRequest) -> func.HttpResponse:
    """The button of that page."""
    try:
        return signed_in(request, console_forms.read(request).fields.get("key", ""))
    except Problem as refusal:
        return rendered("console_sign_in.html", refusal.status, key="", problem=refusal.detail)


def _guarded(request: func.HttpRequest, do: Callable[[Visitor], func.HttpResponse], form: str | None = None) -> func.HttpResponse:
    """Faults that have a name are pages here; `form` is what was sent, to be given back where nobody is signed in any more."""
    try:
        return do(visitor(request))
    except ScannerError as fault:
        refusal = explained(fault)
        if refusal.status is HTTPStatus.UNAUTHORIZED:
            return sign_in_first(request, form)
        return rendered("refused.html", refusal.status, refusal.headers, title=refusal.status.phrase, detail=refusal.detail, back=HOME)


def _show(request: func.HttpRequest, who: Visitor, template: str, here: str, status: HTTPStatus = HTTPStatus.OK, **values: Any) -> func.HttpResponse:
    token, headers = form_token(request)
    done = DONE.get(request.params.get("done") or "", "")
    # With `no-referrer` a browser would send `Origin: null` with the forms of this page, which is what a stranger's frame sends too.
    headers |= {"Referrer-Policy": "same-origin"}
    left = _left(who)
    return rendered(template, status, headers, who=who, here=here, form_token=token, done=done, left=left, **values)


def _left(who: Visitor) -> str:
    """What a person must know of when the session ends: the time, and in its last half hour that there is no more of it."""
    if who.ends_at is None or who.ends_for_good is None:
        return ""
    if who.ends_at >= who.ends_for_good:
        most = SESSION_IN_ALL // HOUR
        return f"The session ends at {who.ends_for_good:%H:%M} UTC for good: it lasts {most} hours at most. Make a new one-time link to go on."
    return f"The session ends at {who.ends_at:%H:%M} UTC unless you open a page or send a form before then."


def _page(request: func.HttpRequest, who: Visitor, name: str) -> func.HttpResponse:
    if name == "report":
        run = latest_run()
        note(request, "report", 200, run=run, by=who.actor)
        return report_of(run)
    if name in FORMS:
        return _form(request, who, name, {**dict(request.params)}, {})
    lists: dict[str, Callable[[func.HttpRequest], dict[str, Any]]] = {
        "statements": _statements,
        "exceptions": _exceptions,
        "links": _links,
        "access": _access,
    }
    if name not in lists:
        raise Problem(HTTPStatus.NOT_FOUND, "There is no such page.")
    return _show(request, who, f"console_{name}.html", name, **lists[name](request))


def _today() -> dict[str, Any]:
    held = context()
    latest = held.storage.runs.latest()
    summary = served_summary(latest) if latest else None
    worst = {"critical": 0, "high": 1, "medium": 2, "low": 3}
    failing = [r for r in results_of(held.storage, latest) if r.outcome.value == "fail"] if latest else []
    today = now().date()
    ending = [each for each in held.storage.statements.current() if each.status == "active" and today <= each.expires_at <= today + SOON]
    return {
        "summary": summary,
        "failing": sorted(failing, key=lambda r: (worst[r.severity.value], r.control)),
        "due": [kind for kind in described() if kind["due"]],
        "ending": sorted(ending, key=lambda each: each.expires_at),
        "pending": [each for each in held.storage.exceptions.current() if each.status == "pending"],
        "runs": run_page(7, None)[0],
    }


def _statements(_: func.HttpRequest) -> dict[str, Any]:
    kinds = described()
    current = sorted(context().storage.statements.current(), key=lambda each: (each.status != "active", each.type, each.expires_at))
    return {"kinds": kinds, "titles": {kind["type"]: kind["title"] for kind in kinds}, "statements": current, "today": now().date()}


def _exceptions(_: func.HttpRequest) -> dict[str, Any]:
    current = sorted(context().storage.exceptions.current(), key=lambda each: (each.status != "pending", each.control, each.id))
    controls = catalogue.load().controls
    return {"exceptions": [shown_exception(each) for each in current], "titles": {name: control.title for name, control in controls.items()}}


def _links(request: func.HttpRequest) -> dict[str, Any]:
    place = request.params.get("after") or None
    if place and not LINK_PLACE.fullmatch(place):
        raise Problem(HTTPStatus.BAD_REQUEST, "This list has no such place; begin again with the newest.")
    shown, further = page_of_links(PAGE, place)
    return {"links": [link.shown(now()) for link in shown], "after": place, "further": further}


def _access(request: func.HttpRequest) -> dict[str, Any]:
    month = request.params.get("month") or now().strftime("%Y%m")
    place = request.params.get("after") or None
    if not MONTH.fullmatch(month) or (place and not PLACE.fullmatch(place)):
        raise Problem(HTTPStatus.BAD_REQUEST, "The month must be given as in 202611.")
    entries, further = context().storage.access.page(month, 100, place)
    return {"entries": entries, "month": month, "further": further, "names": {link.id: link.name for link in context().storage.links.all()}}


# --- forms

FORMS = ("statement", "exception", "link")


def _form(
    request: func.HttpRequest, who: Visitor, name: str, values: dict[str, str], problems: dict[str, str], status: HTTPStatus = HTTPStatus.OK
) -> func.HttpResponse:
    more: dict[str, Any] = {}
    if name == "statement":
        kinds = described()
        more = {"kinds": kinds, "kind": next((kind for kind in kinds if kind["type"] == values.get("type")), None)}
        if values.get("type") and more["kind"] is None:
            raise Problem(HTTPStatus.NOT_FOUND, f"There is no such type of statement; the types are {', '.join(sorted(types()))}.")
        if more["kind"]:
            shown = console_fields.shown(types()[values["type"]], values, problems, now().date(), values.get(AGAIN, ""))
            values, problems, more = shown.values, shown.problems, {**more, "details": shown, "again": AGAIN, "most": ROWS}
    if name == "exception":
        more = {"controls": sorted(catalogue.load().controls.values(), key=lambda c: (c.topic, c.title))}
    if name == "link":
        more = {"runs": run_page(30, None, frozenset({"completed"}))[0]}
    return _show(request, who, f"console_{name}.html", f"{name}s", status, values=values, problems=problems, **more)


def _filled(request: func.HttpRequest, who: Visitor, name: str, form: console_forms.Form) -> func.HttpResponse:
    values = dict(form.fields)
    try:
        if name == "statement":
            console_forms.statement(who, form)
        elif name == "exception":
            console_forms.exception(who, values)
        else:
            link, url = console_forms.link(request, who, values)
            return _show(request, who, "console_link_made.html", "links", HTTPStatus.CREATED, link=link, url=url)
    except RecordRefused as refusal:
        return _form(request, who, name, values, refusal.problems, HTTPStatus.UNPROCESSABLE_ENTITY)
    return back(f"{HOME}/{name}s?done={name}")
