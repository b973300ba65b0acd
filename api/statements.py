"""Statements over HTTP: what only a person can say. Records are made by reporting.stating; here they are fetched, put and shown.

Nothing is overwritten: a change, a document, a second word and a withdrawal are each the next version.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import azure.functions as func

from api.answers import SAFE, Problem, answer
from api.asking import GUID, chosen, continuation, count, guid_of, json_object, onward, paged, refused
from api.callers import approver, caller
from api.visits import note
from reporting.documents import BY_ENDING, LARGEST, inspected
from reporting.records import Actor, Document, Statement
from reporting.stating import Told, approved, draft_of, in_force, revised, stated, superseded, withdrawn
from runs.context import context
from scanners import catalogue
from scanners.errors import RecordRefused, VersionTaken
from scanners.model import Fact
from scanners.statements import Missing, choose, example_of, type_of

PAGE, MOST = 100, 200
STATUSES = ("active", "superseded", "withdrawn")
ENDINGS = {media: ending for ending, media in reversed(BY_ENDING.items())}
RECORD = ("type", "statement", "attester", "effective_from", "expires_at", "contains_phi", "control_ids", "supersedes", "details")


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a request."""

    body: bytes
    media: str


def now() -> datetime:
    """The time of day, to the second: records do not need more."""
    return context().clock().replace(microsecond=0)


def types() -> dict[str, Fact]:
    """Statement type -> its fact."""
    return {fact.statement.type: fact for fact in catalogue.load().facts.values() if fact.statement is not None}


def record(said: Mapping[str, Any], by: Actor, file: File | None = None, *, of: Statement | None = None) -> tuple[Statement, tuple[str, ...]]:
    """Make and put a statement, or with `of` its next version; with what its author should know. Raises RecordRefused, VersionTaken."""
    fields = dict(said)
    keep = fields.pop("keep_document", False)
    if not isinstance(keep, bool):
        raise RecordRefused({"keep_document": "must be true or false"})
    if of is not None:
        in_force(of)
    draft, at = draft_of(fields), now()
    fact = types().get(draft.type)
    if fact is None:
        raise RecordRefused({"type": f"is not a type of statement; the types are {', '.join(sorted(types()))}"})
    identity = of.id if of else str(uuid.uuid4())
    document = _kept_file(identity, file) if file else of.document if of and keep else None
    readers = tuple(sorted(control.id for control in catalogue.load().controls.values() if fact.id in control.needs)) or (fact.id,)
    told = Told(fact=fact, controls=readers, by=by, at=at, document=document)
    old = _replaced(draft.supersedes, draft.type, identity)
    made = revised(draft, told, of) if of else stated(draft, told, identity, before=old)
    store = context().storage.statements
    if file and document:
        store.put_document(identity, document.sha256, document.media_type, file.body)
    store.put(made.record)
    return made.record, (*made.notes, *_put_superseded(old, by, at))


def _put_superseded(old: Statement | None, by: Actor, at: datetime) -> tuple[str, ...]:
    """Say of the older statement that its place is taken; the new one is put already and counts as the newest in any case."""
    if old is None:
        return ()
    try:
        context().storage.statements.put(superseded(old, by, at))
    except VersionTaken:
        return ("the older statement was changed at the same time and stays as it is; look at it",)
    return ()


def _kept_file(identity: str, file: File) -> Document:
    if len(file.body) > LARGEST:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The file has {len(file.body)} bytes; at most {LARGEST} are taken.")
    return inspected(file.body, file.media, identity)


def _replaced(older: str | None, kind: str, newer: str) -> Statement | None:
    if older is None:
        return None
    versions = context().storage.statements.versions(older.lower())
    if not versions or versions[-1].id == newer or versions[-1].type != kind or versions[-1].status != "active":
        raise RecordRefused({"supersedes": "must be the id of another statement of the same type that is active"})
    return versions[-1]


def attached(current: Statement, file: File, by: Actor) -> tuple[Statement, tuple[str, ...]]:
    """The next version, with the file behind it. A second person's word counted for the version before, so it is asked for again."""
    in_force(current)
    whole = current.to_json()
    return record({name: whole[name] for name in RECORD if name != "supersedes"}, by, file, of=current)


def versions_of(text: str) -> tuple[Statement, ...]:
    """All versions, oldest first. Raises Problem (404)."""
    found = context().storage.statements.versions(guid_of(text, "statement"))
    if not found:
        raise Problem(HTTPStatus.NOT_FOUND, "There is no such statement.")
    return found


def taken_back(text: str, by: Actor) -> Statement:
    """Put the version that takes the statement back."""
    gone = withdrawn(versions_of(text)[-1], by, now())
    context().storage.statements.put(gone)
    return gone


# --- routes


def kinds() -> func.HttpResponse:
    """Every type of statement: who must say it, for how long it holds, an example, and whether one is due."""
    return answer({"types": described()})


def described() -> list[dict[str, Any]]:
    """The types, by name, each with what is due."""
    records, at = [each.to_json() for each in context().storage.statements.current()], now()
    return [_described(name, fact, choose(fact, records, at)) for name, fact in sorted(types().items())]


def _described(name: str, fact: Fact, found: Any) -> dict[str, Any]:
    kind = type_of(fact)
    return {
        "type": name,
        "title": kind.title,
        "about": fact.about,
        "attester_role": kind.attester_role,
        "validity_days": kind.validity_days,
        "document_required": kind.document_required,
        "several_by": kind.several_by or None,
        "citations": list(kind.cites),
        "example_details": example_of(fact),
        "due": isinstance(found, Missing),
        "because": found.because if isinstance(found, Missing) else None,
        "provide": found.provide if isinstance(found, Missing) else None,
    }


def listed(request: func.HttpRequest) -> func.HttpResponse:
    """The newest version of every statement, by id."""
    kind, status = chosen(request, "type", types()), chosen(request, "status", STATUSES)
    size, place = count(request, MOST, PAGE), continuation(request, "statements", GUID)
    current = sorted(context().storage.statements.current(), key=lambda each: each.id)
    found = [each for each in current if (kind is None or each.type in kind) and (status is None or each.status in status)]
    page, further = paged(found, lambda each: each.id, place, size)
    return answer({"total": len(found), "statements": [shown(each) for each in page], "continuation": onward("statements", further)})


def one(text: str) -> func.HttpResponse:
    """A statement: its newest version, and all versions."""
    versions = versions_of(text)
    return answer({**shown(versions[-1]), "versions": [each.to_json() for each in versions]})


def create(request: func.HttpRequest) -> func.HttpResponse:
    """A new statement."""
    made, notes = record(json_object(request), caller(request))
    return _written(made, notes)


def revise(request: func.HttpRequest, text: str) -> func.HttpResponse:
    """The next version of a statement."""
    made, notes = record(json_object(request), caller(request), of=versions_of(text)[-1])
    return _written(made, notes)


def attach(request: func.HttpRequest, text: str) -> func.HttpResponse:
    """The file behind a statement, as the body; the media type is checked against the bytes."""
    media = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media not in ENDINGS:
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "A file of this type is not taken.", allowed=sorted(ENDINGS))
    made, notes = attached(versions_of(text)[-1], File(request.get_body(), media), caller(request))
    return _written(made, notes)


def withdraw(request: func.HttpRequest, text: str) -> func.HttpResponse:
    """Take a statement back; what was said stays on record."""
    return answer(shown(taken_back(text, caller(request))))


def approve(request: func.HttpRequest, text: str) -> func.HttpResponse:
    """A second person's word on a statement: `{"result": "approved" | "rejected"}`."""
    by, said = approver(request), json_object(request)
    if set(said) != {"result"} or said["result"] not in ("approved", "rejected"):
        raise RecordRefused({"result": "must be approved or rejected, and nothing else is part of it"})
    made = approved(versions_of(text), by, now(), said["result"])
    context().storage.statements.put(made)
    return answer(shown(made))


def document(request: func.HttpRequest, text: str) -> func.HttpResponse:
    """The file behind the newest version, or behind `version`; always as an attachment, never shown in place."""
    versions = versions_of(text)
    wanted = request.params.get("version") or str(versions[-1].version)
    if not re.fullmatch(r"[0-9]{1,6}", wanted):
        raise refused("version", "must be a whole number.")
    found = next((each for each in versions if each.version == int(wanted)), None)
    if found is None or found.document is None:
        raise Problem(HTTPStatus.NOT_FOUND, "There is no document behind that version of the statement.")
    body = b"".join(context().storage.statements.document(found.id, found.document.sha256))
    note(request, f"document {found.id}", 200, by=caller(request))
    media = found.document.media_type
    headers = {
        **SAFE,
        "Content-Disposition": f'attachment; filename="{found.type}-{found.document.sha256[:12]}{ENDINGS.get(media, ".bin")}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "ETag": f'"{found.document.sha256}"',
    }
    return func.HttpResponse(body, headers=headers, mimetype=media)


def shown(made: Statement) -> dict[str, Any]:
    """A statement as it is served: the record, how it stands today, and links."""
    base = f"/api/v1/statements/{made.id}"
    links = {"self": base, **({"document": f"{base}/document"} if made.document else {})}
    today = now().date()
    return {**made.to_json(), "state": made.state(today), "expired": made.expires_at < today, "links": links}


def _written(made: Statement, notes: tuple[str, ...]) -> func.HttpResponse:
    return answer({**shown(made), "notes": list(notes)}, HTTPStatus.CREATED, {"Location": f"/api/v1/statements/{made.id}"})
