"""Making records of what people state: a new statement, its next version, its withdrawal, a second person's word.

Pure: who, when and which id are handed in. A record is refused as a whole, with every fault named by its field, or it is made. Nothing is ever
changed: each function returns a record to be put.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from reporting.records import Actor, Attester, Document, Statement
from scanners.errors import EvidenceRefused, RecordRefused
from scanners.minimum_necessary import refuse_what_must_not_be_stored
from scanners.model import Fact
from scanners.reading import Row, attributes, property_names, property_of
from scanners.statements import form_of, latest_end, type_of

AHEAD = timedelta(days=366)  # a statement that takes effect later than this is a slip of the pen
GUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


class Draft(BaseModel):
    """What a person hands in, as JSON or YAML. Who handed it in, and when, is never part of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    type: str
    statement: str = Field(min_length=20, max_length=4000)
    attester: Attester
    effective_from: date
    expires_at: date | None = None  # the longest that the type allows, where it is not said
    contains_phi: Literal[False]  # must be said
    control_ids: tuple[str, ...] = ()  # the controls that read this type, where none are named
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
        raise RecordRefused({".".join(map(str, e["loc"])) or "statement": e["msg"] for e in fault.errors(include_input=False)}) from fault


def stated(draft: Draft, told: Told, identity: str, *, version: int = 1) -> Stated:
    """A statement, or with `version` the next one of the same. Raises RecordRefused."""
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
        attester=draft.attester,
        submitted_by_kind=told.by.kind,
        submitted_by_object_id=told.by.object_id,
        submitted_at=told.at,
        effective_from=draft.effective_from,
        expires_at=min(asked, longest),
        document=told.document,
        contains_phi=draft.contains_phi,
        supersedes=draft.supersedes,
        details=draft.details,
    )
    cut = [f"statements of this type hold for {kind.validity_days} days, so it ends on {longest} and not on {asked}"] if asked > longest else []
    bare = ["it does not count until its document is attached"] if kind.document_required and told.document is None else []
    ended = [f"it ended on {record.expires_at}, so it does not count any more"] if record.expires_at < today else []
    return Stated(record, (*cut, *bare, *ended))


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
    for field, name in (("attester.entra_object_id", draft.attester.entra_object_id), *_ids(draft.details, "details")):
        if not _is_guid(name):
            problems[field] = "is not an object id (a GUID)"
    problems |= dict.fromkeys(_unfilled({"attester": draft.attester.model_dump(), "details": draft.details}, ""), "is not filled in")
    return {**_detail_problems(draft, told.fact), **_privacy_problems(draft, told.fact), **problems}


def _unfilled(value: Any, where: str) -> Iterable[str]:
    """Fields that still hold the dots of an empty form; for the attester, nothing at all counts as empty too."""
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from _unfilled(inside, f"{where}.{key}" if where else str(key))
    elif isinstance(value, list):
        for each in value:
            yield from _unfilled(each, where)
    elif isinstance(value, str) and (value.strip() == "..." or (where.startswith("attester.") and not value.strip())):
        yield where


def _detail_problems(draft: Draft, fact: Fact) -> dict[str, str]:
    row = property_of(form_of(fact), "details")
    problems = {f"details.{each}": "is not part of this type" for each in sorted(_unlisted(row, draft.details, ""))}
    return {**problems, **dict(_faulty(row.read(draft.details), "details"))}


def _faulty(value: Any, where: str) -> Iterable[tuple[str, str]]:
    for index, each in enumerate(value if isinstance(value, tuple) else ()):
        yield from _faulty(each, f"{where}[{index}]")
    if isinstance(value, Row):
        for attribute, fault in value.faults.items():
            yield f"{where}.{attribute}", "is missing" if "is missing" in fault else "does not have a value that is allowed here"
        for attribute in set(attributes(type(value))) - set(value.faults):
            yield from _faulty(getattr(value, attribute), f"{where}.{attribute}")


def _unlisted(row: type[Row], value: Any, where: str) -> Iterable[str]:
    if isinstance(value, list):
        for each in value:
            yield from _unlisted(row, each, where)
    if isinstance(value, dict):
        for key, inside in value.items():
            if key not in property_names(row):
                yield f"{where}{str(key)[:60]}"
            elif (inner := _row_in(property_of(row, key))) is not None:
                yield from _unlisted(inner, inside, f"{where}{key}.")


def _row_in(hint: Any) -> type[Row] | None:
    if isinstance(hint, type) and issubclass(hint, Row):
        return hint
    return next((found for a in getattr(hint, "__args__", ()) if (found := _row_in(a)) is not None), None)


def _privacy_problems(draft: Draft, fact: Fact) -> dict[str, str]:
    """The words of a statement must not name patients, accounts or mailboxes: what looks like it is refused, as it is in evidence."""
    try:
        refuse_what_must_not_be_stored(replace(fact, reading=dict), {"statement": draft.statement, "details": draft.details})
    except EvidenceRefused as refusal:
        return {"statement": f"{str(refusal).partition(': the answer ')[2]}; leave it out"}
    return {}


def _ids(value: Any, where: str) -> Iterable[tuple[str, str | None]]:
    """Every property that must hold object, application or tenant ids."""
    for key, inside in value.items() if isinstance(value, dict) else ():
        many = inside if isinstance(inside, list) else [inside]
        if key.endswith(("object_id", "object_ids")) or key in {"app_ids", "tenant_id", "tenant_ids"}:
            yield from ((f"{where}.{key}", each) for each in many if each is not None)
        for each in many:
            yield from _ids(each, f"{where}.{key}")


def _is_guid(text: Any) -> bool:
    return isinstance(text, str) and re.fullmatch(GUID, text) is not None and set(text) != {"0", "-"}


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


def approved(current: Statement, by: Actor, at: datetime, result: Literal["approved", "rejected"]) -> Statement:
    """The version that carries a second person's word.

    Raises RecordRefused unless that is a signed-in person other than who handed the statement in or vouches for it.
    """
    if by.kind != "entra" or by.object_id is None:
        raise RecordRefused({"second_approval": "needs a signed-in person"})
    if by.object_id.lower() in {(current.submitted_by_object_id or "").lower(), current.attester.entra_object_id.lower()}:
        raise RecordRefused({"second_approval": "must come from somebody else than the person who handed it in or vouches for it"})
    if current.status != "active":
        raise RecordRefused({"status": f"the statement is {current.status}"})
    said = {"by_object_id": by.object_id, "at": at.astimezone(UTC).isoformat().replace("+00:00", "Z"), "result": result}
    return current.model_copy(update={"version": current.version + 1, "second_approval": said})


def _next(current: Statement, by: Actor, at: datetime, **changes: Any) -> Statement:
    who: Mapping[str, Any] = {"submitted_by_kind": by.kind, "submitted_by_object_id": by.object_id, "submitted_at": at}
    return current.model_copy(update={**who, "version": current.version + 1, **changes})
