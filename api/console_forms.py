"""What the console's forms and buttons do: the same functions as the API's routes, fed from fields."""

import re
import uuid
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.message import Message
from http import HTTPStatus
from typing import Any

import azure.functions as func

from api import console_yaml, exceptions, sharing, statements
from api.answers import Problem
from api.console_answers import answers
from api.console_details import fields_of
from api.console_fields import most_inputs, placed
from api.console_guard import Visitor
from reporting.documents import LARGEST, media_type_of
from reporting.sharing import AuditorLink, wish_of
from reporting.stating import Told, draft_of, stated
from scanners.errors import RecordRefused
from scanners.model import Fact
from scanners.result import rfc3339

FIELDS = 256 * 1024  # bytes of a form without its file
BUTTON = 8 * 1024  # bytes of a form that is only a button
LIMITS = {"statement": LARGEST + FIELDS, "exception": FIELDS, "link": FIELDS}
PIECES = 60  # fields of a form


@dataclass(frozen=True, slots=True)
class Form:
    """What a form sent: fields, and files by field as name and bytes."""

    fields: Mapping[str, str]
    files: Mapping[str, tuple[str, bytes]]


def sent(request: func.HttpRequest, name: str) -> Form:
    """A form of the console by its name, within that form's limits. A statement has as many fields as its type asks for. Raises Problem as `read`."""
    fact = statements.types().get(request.params.get("type") or "") if name == "statement" else None
    return read(request, LIMITS.get(name, BUTTON), PIECES + (most_inputs(fields_of(fact)) if fact else 0))


def read(request: func.HttpRequest, most: int = BUTTON, pieces: int = PIECES) -> Form:
    """The form, its fields trimmed, of at most `most` bytes in at most `pieces` fields.

    Its size is checked before it is taken apart, which costs much more than to send it.

    Raises Problem: 400, 413 when too large, 415 when it is no form.
    """
    media, _, options = request.headers.get("Content-Type", "").partition(";")
    media, body = media.strip().lower(), request.get_body()
    if media not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the form as a browser does.")
    if len(body) > (most if media == "multipart/form-data" else min(most, FIELDS)):
        kept = f"; a file may have {LARGEST // 1024 // 1024} MB" if most > LARGEST else ""
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The form is too large{kept}.")
    if _pieces(body, media, options) > pieces:
        raise Problem(HTTPStatus.BAD_REQUEST, "The form has more fields than any of ours.")
    try:
        found, files = request.form, {}
        for name, each in request.files.items(multi=True):
            with closing(each):
                files[name] = (each.filename or "", each.read())
    except (ValueError, UnicodeError):
        raise Problem(HTTPStatus.BAD_REQUEST, "The form could not be read.") from None
    fields = {name: str(value).replace("\r\n", "\n").strip().encode("utf-8", "replace").decode() for name, value in found.items()}
    return Form(fields, files)


def _pieces(body: bytes, media: str, options: str) -> int:
    """How many fields a form has at most. Raises Problem: 400 for one in parts that does not say what divides them."""
    if media != "multipart/form-data":
        return body.count(b"&") + 1
    told = Message()
    told["Content-Type"] = f"{media};{options}"
    if not (boundary := told.get_boundary("")):
        raise Problem(HTTPStatus.BAD_REQUEST, "The form could not be read.")
    return body.count(b"--" + boundary.encode("utf-8", "replace"))


def statement(who: Visitor, form: Form) -> None:
    """Record a statement with the file that came along. Raises RecordRefused."""
    values = form.fields
    confirmed = {} if values.get("no_phi") == "yes" else {"no_phi": "must be confirmed: nothing here may hold health information of a person"}
    said: dict[str, Any] = {
        "type": values.get("type", ""),
        "statement": values.get("statement", ""),
        "attester": {
            "name": values.get("attester.name", ""),
            "title": values.get("attester.title", ""),
            "role": values.get("attester.role", ""),
            "entra_object_id": values.get("attester.entra_object_id", ""),
        },
        "effective_from": values.get("effective_from", ""),
        "contains_phi": False,
    }
    if values.get("expires_at"):
        said["expires_at"] = values["expires_at"]
    name, body = form.files.get("document", ("", b""))
    file = statements.File(body, media_type_of(name)) if name else None
    fact = statements.types().get(said["type"])
    if confirmed and ("details" in values or fact is None):
        raise RecordRefused(confirmed)
    if "details" in values or fact is None:
        statements.record({**said, "details": console_yaml.details(values.get("details", ""))}, who.actor, file)
        return
    found = answers(fields_of(fact), values)
    said["details"] = found.details
    if wrong := found.problems | confirmed:
        raise RecordRefused(_also(said, fact, who) | wrong)
    try:
        statements.record(said, who.actor, file)
    except RecordRefused as refusal:
        raise RecordRefused(placed(refusal.problems, found)) from None


def _also(said: Mapping[str, Any], fact: Fact, who: Visitor) -> dict[str, str]:
    """What else is wrong with a statement whose details are at fault already, so that a person reads of everything at once."""
    try:
        stated(draft_of(said), Told(fact=fact, controls=(), by=who.actor, at=statements.now()), str(uuid.uuid4()))
    except RecordRefused as refusal:
        return {name: problem for name, problem in refusal.problems.items() if not name.startswith("details")}
    return {}


def exception(who: Visitor, values: Mapping[str, str]) -> None:
    """Record an exception. Raises RecordRefused."""
    said = {name: values.get(name, "") for name in ("control", "kind", "reason", "compensating_measure", "expires_at")}
    objects = [line.strip() for line in values.get("objects", "").splitlines() if line.strip()]
    exceptions.propose({**said, "objects": objects}, who.actor)


def link(request: func.HttpRequest, who: Visitor, values: Mapping[str, str]) -> tuple[AuditorLink, str]:
    """Make an auditor link. Raises RecordRefused."""
    kind = values.get("scope", "latest")
    scope: dict[str, Any] = {"kind": kind}
    if kind == "runs":
        scope["runs"] = [values.get("run", "")]
    if kind == "period":
        scope |= {name: values[name] for name in ("first", "last") if values.get(name)}
    said: dict[str, Any] = {"name": values.get("name", ""), "organisation": values.get("organisation", ""), "scope": scope}
    if text := values.get("expires_on"):
        said["expires_at"] = _end_of(text)
    if text := values.get("download_limit"):
        said["download_limit"] = int(text) if re.fullmatch(r"[0-9]{1,6}", text, re.ASCII) else text
    try:
        return sharing.share(wish_of(said), who.actor, sharing.origin(request))
    except RecordRefused as refusal:
        raise RecordRefused({LINK_FIELDS.get(name, name): problem for name, problem in refusal.problems.items()}) from None


# what a field of a link is called in its form
LINK_FIELDS = {
    "scope.kind": "scope",
    "scope.runs": "run",
    "scope.first": "first",
    "scope.last": "last",
    "expires_at": "expires_on",
}


def _end_of(text: str) -> str:
    """The end of a day, in UTC. Raises RecordRefused."""
    try:
        return rfc3339(datetime.combine(date.fromisoformat(text), time(23, 59, 59), tzinfo=UTC))
    except ValueError:
        raise RecordRefused({"expires_on": "is not a day that exists"}) from None


def act(who: Visitor, name: str, identity: str, verb: str) -> str:
    """Do what a button says; the word for what was done. Raises Problem (404, 403) and RecordRefused."""
    if (name, verb) == ("exceptions", "approve"):
        who.require_approves()
        exceptions.approve_as(identity, who.actor)
        return "exception-approved"
    who.require_writes()
    if (name, verb) == ("exceptions", "withdraw"):
        exceptions.take_back(identity, who.actor)
        return "exception-withdrawn"
    if (name, verb) == ("statements", "withdraw"):
        statements.taken_back(identity, who.actor)
        return "statement-withdrawn"
    if (name, verb) == ("links", "revoke"):
        sharing.end_link(identity, who.actor)
        return "link-revoked"
    raise Problem(HTTPStatus.NOT_FOUND, "There is no such button.")
