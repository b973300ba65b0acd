"""Making records of what people state: a new statement, its next version, its withdrawal, a second person's word.

Pure: who, when and which id are handed in. A record is refused as a whole, with every fault named by its field, or it is made. Nothing is ever
changed: each function returns a record to be put.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from reporting.filling import detail_problems, ids, is_guid, unfilled
from reporting.records import NEEDS_SECOND_WORD, Actor, Attester, Document, Statement, canonical
from reporting.wording import GUID, Denied, Id, PlainDay, name_problem, problems_of, texts, words_problem
from scanners.errors import RecordRefused
from scanners.model import Fact
from scanners.statements import latest_end, type_of

AHEAD = timedelta(days=366)  # a statement that takes effect later than this is a slip of the pen
LONGEST_TEXT, LARGEST_DETAILS = 4000, 128 * 1024  # characters; bytes


class Vouching(Attester):
    """The attester as it is handed in: a name and a title, and no more than that."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(max_length=120)
    title: str = Field(max_length=120)
    role: str = Field(max_length=64)
    entra_object_id: str = Field(max_length=64)


class Draft(BaseModel):
    """What a person hands in, as JSON or YAML. Who handed it in, and when, is never part of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    type: str = Field(max_length=64)
    statement: str = Field(min_length=20, max_length=LONGEST_TEXT)
    attester: Vouching
    effective_from: PlainDay
    expires_at: PlainDay | None = None  # the longest that the type allows, where it is not said
    contains_phi: Denied  # must be said
    control_ids: tuple[Id, ...] = Field(default=(), max_length=200)  # the controls that read this type, where none are named
    supersedes: str | None = Field(default=None, pattern=GUID)
    details: dict[str, Any]

    @field_validator("details", mode="before")
    @classmethod
    def _written_days(cls, value: Any) -> Any:
        return _plain(value)


def _plain(value: Any) -> Any:
    """YAML reads an unquoted day as a date; records hold what JSON can say."""
    if isinstance(value, dict):
        return {key: _plain(inside) for key, inside in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True, slots=True)
class Stated:
    """The record to put, and what its author should know about it."""

    record: Statement
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How a statement came: its fact, the controls that read it, who handed it in and when, and the file that came with it."""

    fact: Fact
    controls: tuple[str, ...]
    by: Actor
    at: datetime
    document: Document | None = None


def draft_of(value: Any) -> Draft:
    """Read what was handed in. Raises RecordRefused, naming each field that is wrong and never what it holds."""
    try:
        return Draft.model_validate(value)
    except ValidationError as fault:
        raise RecordRefused(problems_of(fault, "statement")) from fault


def revised(draft: Draft, told: Told, current: Statement) -> Stated:
    """The next version of a statement that is in force. What has ended stays so: it is stated anew, under an id of its own. Raises RecordRefused."""
    in_force(current)
    if draft.type != current.type:
        raise RecordRefused({"type": f"is not that of the statement, which is {current.type}"})
    return stated(draft, told, current.id, version=current.version + 1, before=current)


def in_force(current: Statement) -> None:
    """Raises RecordRefused when the statement was withdrawn or its place was taken."""
    if current.status != "active":
        raise RecordRefused({"status": f"the statement is {current.status}; what has ended is stated anew, as a statement of its own"})


def stated(draft: Draft, told: Told, identity: str, *, version: int = 1, before: Statement | None = None) -> Stated:
    """A statement. Raises RecordRefused.

    `before` is what it follows: its own last version, or the statement whose place it takes. A second person's yes counted for that one. A no
    stands until a second person has looked again: its author cannot undo it by saying the same once more.
    """
    kind, today = type_of(told.fact), told.at.astimezone(UTC).date()
    longest = latest_end(kind, draft.effective_from)
    asked = draft.expires_at or longest
    problems = {**_term_problems(draft, today, asked), **_form_problems(draft, told)}
    if problems:
        raise RecordRefused(problems)
    record = Statement(
        id=identity,
        version=version,
        type=draft.type,
        control_ids=draft.control_ids or told.controls,
        statement=draft.statement,
        attester=Attester(**draft.attester.model_dump()),
        submitted_by_kind=told.by.kind,
        submitted_by_object_id=told.by.object_id,
        submitted_at=told.at,
        effective_from=draft.effective_from,
        expires_at=min(asked, longest),
        document=told.document,
        contains_phi=False,
        supersedes=draft.supersedes,
        second_approval=before.second_approval if before is not None and before.rejected else None,
        details=draft.details,
    )
    cut = [f"statements of this type hold for {kind.validity_days} days, so it ends on {longest} and not on {asked}"] if asked > longest else []
    bare = ["it does not count until its document is attached"] if kind.document_required and told.document is None else []
    ended = [f"it ended on {record.expires_at}, so it does not count any more"] if record.expires_at < today else []
    return Stated(record, (*cut, *bare, *ended, *_second_word_notes(record)))


def _second_word_notes(record: Statement) -> Iterable[str]:
    if record.rejected:
        yield "a second person rejected it before, so it does not count until a second person approves this version"
    if record.type in NEEDS_SECOND_WORD:
        yield "it turns no fail into accepted until a second person, signed in, approves it"
        yield from (f"as it is, nobody can approve it: {problem}" for problem in _unapprovable(record).values())


def _term_problems(draft: Draft, today: date, ends: date) -> dict[str, str]:
    problems = {}
    if draft.effective_from > today + AHEAD:
        problems["effective_from"] = "is more than a year ahead"
    if ends < draft.effective_from:
        problems["expires_at"] = "is before effective_from"
    return problems


def _form_problems(draft: Draft, told: Told) -> dict[str, str]:
    kind, problems = type_of(told.fact), {}
    if draft.type != kind.type:
        problems["type"] = f"is not {kind.type}"
    if draft.attester.role != kind.attester_role:
        problems["attester.role"] = f"must be {kind.attester_role} for a statement of type {kind.type}"
    if strange := sorted(set(draft.control_ids) - set(told.controls)):
        problems["control_ids"] = f"{', '.join(strange)} do not read statements of type {kind.type}; those that do: {', '.join(told.controls)}"
    for field, name in (("attester.entra_object_id", draft.attester.entra_object_id), *ids(draft.details, "details")):
        if not is_guid(name):
            problems[field] = "is not an object id (a GUID)"
    problems |= dict.fromkeys(unfilled({"attester": draft.attester.model_dump(), "details": draft.details}, ""), "is not filled in")
    return {**detail_problems(draft.details, told.fact), **_privacy_problems(draft), **problems}


def _privacy_problems(draft: Draft) -> dict[str, str]:
    """The words of a statement must not name patients, accounts or mailboxes: what looks like it is refused, as it is in evidence."""
    found = {
        "statement": words_problem({"statement": draft.statement, "details": draft.details}),
        "attester.name": name_problem(draft.attester.name),
        "attester.title": name_problem(draft.attester.title),
    }
    if any(len(each) > LONGEST_TEXT for each in texts(draft.details)):
        found["details"] = f"hold a text of more than {LONGEST_TEXT} characters; attach it as a document"
    elif len(canonical(draft.details)) > LARGEST_DETAILS:
        found["details"] = f"are too long; at most {LARGEST_DETAILS} bytes are taken"
    return {field: problem for field, problem in found.items() if problem is not None}


def withdrawn(current: Statement, by: Actor, at: datetime) -> Statement:
    """The version that takes the statement back. What was said stays on record. Raises RecordRefused when it is not in force."""
    return _ended(current, by, at, "withdrawn")


def superseded(current: Statement, by: Actor, at: datetime) -> Statement:
    """The version of an older statement that says that another one has taken its place."""
    return _ended(current, by, at, "superseded")


def _ended(current: Statement, by: Actor, at: datetime, status: Literal["withdrawn", "superseded"]) -> Statement:
    if current.status != "active":
        raise RecordRefused({"status": f"the statement is {current.status} already"})
    return _next(current, by, at, status=status)


def approved(versions: Sequence[Statement], by: Actor, at: datetime, result: Literal["approved", "rejected"]) -> Statement:
    """The version that carries a second person's word on the newest of `versions`, which are all of a statement, oldest first.

    Raises RecordRefused unless that is a signed-in person who has had no hand in any version, neither handed one in nor vouched for one. A yes
    needs a version that a signed-in person handed in: else nobody knows that there are two.
    """
    current = versions[-1]
    if by.kind != "entra" or by.object_id is None:
        raise RecordRefused({"second_approval": "needs a signed-in person"})
    hands = {(each or "").lower() for version in versions for each in (version.submitted_by_object_id, version.attester.entra_object_id)}
    if by.object_id.lower() in hands:
        raise RecordRefused({"second_approval": "must come from somebody who neither handed in nor vouches for any version of it"})
    in_force(current)
    problems = _unapprovable(current) if result == "approved" else {}
    if result == "approved" and current.expires_at < at.astimezone(UTC).date():
        problems["expires_at"] = "has passed"
    if problems:
        raise RecordRefused(problems)
    said = {"by_object_id": by.object_id, "at": at.astimezone(UTC).isoformat().replace("+00:00", "Z"), "result": result}
    return current.model_copy(update={"version": current.version + 1, "second_approval": said})


def _unapprovable(current: Statement) -> dict[str, str]:
    """Why no second person can approve the version, whoever that is."""
    if current.submitted_by_kind != "entra" or current.submitted_by_object_id is None:
        return {"submitted_by": "a signed-in person must have handed it in; send the next version, or the document, with that person's token"}
    if current.type in NEEDS_SECOND_WORD and current.attester.entra_object_id.lower() != current.submitted_by_object_id.lower():
        return {"attester.entra_object_id": "who decides must be the person who handed it in"}
    return {}


def _next(current: Statement, by: Actor, at: datetime, **changes: Any) -> Statement:
    who: Mapping[str, Any] = {"submitted_by_kind": by.kind, "submitted_by_object_id": by.object_id, "submitted_at": at}
    return current.model_copy(update={**who, "version": current.version + 1, **changes})
