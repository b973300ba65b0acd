"""What only a person can say: choosing the statement that counts, and saying exactly what to provide when none does.

A statement counts when it has the form of its type, is active, in effect, not expired, not rejected by a second person, made by the role that
its type asks for, and carries a document where one is asked for. Of several that count, the newest is taken.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from scanners.errors import Undecided
from scanners.model import Door, Fact, StatementType, Verdict, attestation_due
from scanners.quoting import token
from scanners.reading import Json, Row, Timestamp, absent_is_null, attributes, read_as


def _day(value: Any) -> Any:
    return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else value


Day = Annotated[date, BeforeValidator(_day)]
SAMPLED = date(2026, 11, 1)  # when the statements of examples take effect
Count = Annotated[int, Field(ge=0)]  # a number of things: -1 late notices is a slip of the pen, not a fact


def as_written(name: str) -> str:
    """Statements are ours, so their properties are spelled as attributes are."""
    return name


class Attester(Row, spelling=as_written):
    """Who vouches for the statement."""

    role: str
    entra_object_id: str


class Document(Row, spelling=as_written):
    """The document that proves the statement; kept by digest, never parsed."""

    sha256: str


class SecondApproval(Row, spelling=as_written):
    """What a second person said of the statement, where one was asked. Who it was is taken from the sign-in, never from a body."""

    by_object_id: str | None = absent_is_null()
    at: Timestamp | None = absent_is_null()
    result: Literal["approved", "rejected"]


class Details(Row, spelling=as_written):
    """What a statement of one type says. Each type lists its own; anything else in the record is refused when it is added."""


class Statement(Row, spelling=as_written):
    """The part that all statements share; each type adds its `details`."""

    id: str
    type: str
    status: Literal["active", "superseded", "withdrawn"]
    effective_from: Day
    expires_at: Day
    attester: Attester
    document: Document | None = absent_is_null()
    second_approval: SecondApproval | None = absent_is_null()


@dataclass(frozen=True, slots=True)
class Missing:
    """No statement counts: why, and what a person must provide."""

    because: str
    provide: str


def statement_fact(
    type_: str,
    reading: type[Statement],
    *,
    title: str,
    attester_role: str,
    validity_days: int,
    document_required: bool,
    register_id: str,
    cites: tuple[str, ...],
    details: Mapping[str, Any],
    about: str,
    unshown: Mapping[str, Any] | tuple[()] | None = None,
    several_by: str = "",
) -> Fact:
    """The fact `statement_{type}`; `details` is the sample that examples build on, `unshown` the details where an example does not mention it.

    `several_by` names the detail by which records hold side by side; the reading is then a tuple, and `unshown=()` means that none is on file.
    """
    kind = StatementType(
        type=type_,
        title=title,
        attester_role=attester_role,
        validity_days=validity_days,
        document_required=document_required,
        register_id=register_id,
        cites=cites,
        several_by=several_by,
    )
    sample = _sample(kind, details)
    quiet: Json = None if unshown is None else [] if unshown == () else {**sample, "details": dict(unshown)}
    return Fact(
        id=f"statement_{type_}",
        about=about,
        reading=tuple[reading, ...] if several_by else reading,  # type: ignore[valid-type]  # built at run time
        door=Door.STATEMENT,
        statement=kind,
        sample=[sample] if several_by else sample,
        unshown=quiet,
    )


def _sample(kind: StatementType, details: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "type": kind.type,
        "status": "active",
        "effective_from": SAMPLED.isoformat(),
        "expires_at": (SAMPLED + timedelta(days=kind.validity_days)).isoformat(),
        "attester": {"role": kind.attester_role, "entra_object_id": "b1f0c5a2-2d53-4f1c-9b5e-1a0f6d3c7e21"},
        "document": {"sha256": "b" * 64} if kind.document_required else None,
        "details": dict(details),
    }


def type_of(fact: Fact) -> StatementType:
    """What the fact says of its statements. Raises ValueError when it is no statement at all."""
    if fact.statement is None:
        raise ValueError(f"{fact.id} is not a statement")
    return fact.statement


def example_of(fact: Fact) -> dict[str, Any]:
    """The details of the type's example."""
    sample = fact.sample[0] if isinstance(fact.sample, list) else fact.sample
    return dict(sample["details"])


def form_of(fact: Fact) -> type[Statement]:
    """The Row that one record of the fact is read as."""
    form: type[Statement] = fact.reading.__args__[0] if type_of(fact).several_by else fact.reading
    return form


def provide(kind: StatementType) -> str:
    """What a person must do so that a statement of this type counts."""
    document = " with the document attached" if kind.document_required else ""
    each = f", one for each {kind.several_by.replace('_', ' ')}" if kind.several_by else ""
    return (
        f"Record a statement of type {kind.type} ({kind.title}){document}{each}, made by the role {kind.attester_role}, "
        f"valid for at most {kind.validity_days} days: python -m local statements add, or POST /api/v1/statements."
    )


def choose(fact: Fact, records: Iterable[Json], at: datetime) -> Any:
    """The newest statement of the fact's type that counts at `at`, read as the fact's reading; else Missing.

    Where a type holds several side by side, the newest that counts of each, in the order of what tells them apart.
    """
    kind = type_of(fact)
    mine = [r for r in records if isinstance(r, dict) and r.get("type") == kind.type]
    if not mine:
        return Missing(f"no statement of type {kind.type} is on file", provide(kind))
    counting: dict[str, Statement] = {}
    problems: list[str] = []
    for record in sorted(mine, key=_newest, reverse=True):
        found = _counts(fact, kind, record, at.date())
        if isinstance(found, str):
            problems.append(found)
        else:
            counting.setdefault(_apart(kind, found), found)
    if not counting:
        return Missing(problems[0], provide(kind))
    chosen = tuple(counting[key] for key in sorted(counting))
    return chosen if kind.several_by else chosen[0]


def _newest(record: Mapping[str, Any]) -> tuple[str, str, int]:
    version = record.get("version")
    return str(record.get("effective_from")), str(record.get("submitted_at")), version if isinstance(version, int) else 0


def _apart(kind: StatementType, statement: Any) -> str:
    return str(getattr(statement.details, kind.several_by)) if kind.several_by else ""


def _counts(fact: Fact, kind: StatementType, record: Mapping[str, Any], today: date) -> Statement | str:
    """The statement, with its end cut back to what its type allows; or why it does not count."""
    try:
        statement = read_as(form_of(fact), record)
        fault = next(faults(statement), None)
        if fault is not None:
            return f"the statement of type {kind.type} does not have its form: {fault}"
        ends = min(statement.expires_at, latest_end(kind, statement.effective_from))
        problem = _problem(kind, statement, ends, today)
        counting: Statement = read_as(form_of(fact), {**record, "expires_at": ends.isoformat()})
    except Undecided as doubt:
        return f"the statement of type {kind.type} could not be read: {doubt.because}"
    return counting if problem is None else f"the statement of type {kind.type} {problem}"


def _problem(kind: StatementType, statement: Statement, ends: date, today: date) -> str | None:
    rejected = statement.second_approval is not None and statement.second_approval.result != "approved"
    checks = (
        (statement.status != "active", f"is {statement.status}"),
        (rejected, "was rejected by a second person"),
        (statement.effective_from > today, f"takes effect on {statement.effective_from}"),
        (ends < today, f"ended on {ends}"),
        (statement.attester.role != kind.attester_role, f"was made by the role {token(statement.attester.role)}, not {kind.attester_role}"),
        (kind.document_required and statement.document is None, "has no document"),
    )
    return next((words for broken, words in checks if broken), None)


def latest_end(kind: StatementType, effective_from: date) -> date:
    """The last day on which a statement of this type can count; a later date in the record is cut back to it."""
    return date.fromordinal(min(effective_from.toordinal() + kind.validity_days, date.max.toordinal()))


def faults(row: Any) -> Iterator[str]:
    """What is wrong with the row and with the rows inside it; nothing when all was read."""
    if isinstance(row, tuple):
        for each in row:
            yield from faults(each)
    if isinstance(row, Row):
        yield from row.faults.values()
        for attribute in attributes(type(row)):
            if attribute not in row.faults:
                yield from faults(getattr(row, attribute))


def due(missing: Missing) -> Verdict:
    """The verdict where a person's statement is needed and none counts."""
    return attestation_due(missing.because, missing.provide)


def still_due(fact: Fact, because: str = "", **observed: Any) -> Verdict:
    """The verdict of a rule that knows by itself that a statement is needed, where the statement was optional and none counts."""
    kind = type_of(fact)
    none = f"no statement of type {kind.type} counts: there is none, or it ended, was withdrawn, lacks its document or was made by another role"
    return attestation_due(because or none, provide(kind), **observed)
