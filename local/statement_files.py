"""Statements kept as YAML or JSON files in a folder, for those who keep them in a repository.

The folder is the truth: what is not in it any more is withdrawn.
One file is one statement: the fields of `reporting.stating.Draft`, and `document`, the path of the file behind it, relative to the folder.
A file that changes becomes the next version of its statement; nothing is overwritten.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import yaml

from reporting.documents import inspected, media_type_of
from reporting.records import Actor, Document, Statement
from reporting.stating import Told, draft_of, revised, stated, withdrawn
from scanners.catalogue import load
from scanners.errors import RecordRefused
from scanners.model import Fact

ENDINGS = (".yaml", ".yml", ".json")
NAMESPACE = uuid.UUID("6d2f6f0e-7f0c-5b0a-9d0b-3f0f2c1d8e55")  # names of files -> ids; an id of version 5 therefore comes from a file
BY = Actor(kind="cli")


class StatementStore(Protocol):
    """Where versions are put (`reporting.storage.declared.Statements`)."""

    def put(self, record: Statement) -> None:
        """Store a version create-only."""
        ...

    def current(self, kind: str | None = None) -> tuple[Statement, ...]:
        """The newest version of every statement."""
        ...

    def put_document(self, statement: str, digest: str, media: str, body: bytes) -> str:
        """Keep the file behind a statement."""
        ...


@dataclass(frozen=True, slots=True)
class Made:
    """A record to put, the file behind it, and what its author should know."""

    record: Statement
    body: bytes | None
    notes: tuple[str, ...]


def types() -> dict[str, Fact]:
    """Statement type -> its fact."""
    return {fact.statement.type: fact for fact in load().facts.values() if fact.statement is not None}


def readers(fact: Fact) -> tuple[str, ...]:
    """The controls that read statements of the fact."""
    return tuple(sorted(control.id for control in load().controls.values() if fact.id in control.needs))


def parsed(path: Path) -> dict[str, Any]:
    """What a file says. Raises RecordRefused when it is no mapping in YAML or JSON."""
    try:
        text = path.read_text(encoding="utf-8")
        said = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError, UnicodeDecodeError) as fault:
        raise RecordRefused({path.name: "is neither YAML nor JSON"}) from fault
    if not isinstance(said, dict):
        raise RecordRefused({path.name: "is not one statement: a mapping of fields"})
    return said


def made(said: Mapping[str, Any], folder: Path, at: datetime, identity: str, before: Statement | None = None) -> Made:
    """The record of what a file says: the next version of `before` where that has the identity, else a new statement that follows it.

    Raises RecordRefused naming each field that is wrong.
    """
    fields = {name: value for name, value in said.items() if name != "document"}
    draft = draft_of(fields)
    fact = types().get(draft.type)
    if fact is None:
        raise RecordRefused({"type": f"is not a type of statement; the types are {', '.join(sorted(types()))}"})
    document, body = _document(said.get("document"), folder, identity)
    told = Told(fact=fact, controls=readers(fact), by=BY, at=at, document=document)
    found = revised(draft, told, before) if before is not None and before.id == identity else stated(draft, told, identity, before=before)
    return Made(found.record, body, found.notes)


def _document(name: Any, folder: Path, identity: str) -> tuple[Document | None, bytes | None]:
    if name is None:
        return None, None
    path = (folder / str(name)).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise RecordRefused({"document": "lies outside of the folder"})
    if not path.is_file():
        raise RecordRefused({"document": "is not there"})
    body = path.read_bytes()
    return inspected(body, media_type_of(path.name), identity), body


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one statement: added, changed, unchanged or withdrawn."""

    what: str
    record: Statement
    notes: tuple[str, ...] = ()


def sync(folder: Path, store: StatementStore, at: datetime) -> tuple[Change, ...]:
    """Make the store say what the folder says. Nothing is put when any file is refused (RecordRefused, fields prefixed with the file's name)."""
    known = {record.id: record for record in store.current()}
    if not _statement_files(folder) and any(_from_file(key) and r.status == "active" for key, r in known.items()):
        raise RecordRefused({folder.name: "holds no statement at all, and would take back every one that came from files; is it the right folder?"})
    plan = tuple(_planned(folder, known, at))
    for change, body in plan:
        if change.what in ("added", "changed"):
            keep(Made(change.record, body, ()), store)
    gone = [r for key, r in sorted(known.items()) if _from_file(key) and r.status == "active" and key not in {c.record.id for c, _ in plan}]
    taken_back = tuple(Change("withdrawn", withdrawn(record, BY, at)) for record in gone)
    for change in taken_back:
        store.put(change.record)
    return (*(change for change, _ in plan), *taken_back)


def keep(new: Made, store: StatementStore) -> None:
    """Put the document first, then the record: a record never points at a file that is not there."""
    document = new.record.document
    if document is not None and new.body is not None:
        store.put_document(new.record.id, document.sha256, document.media_type, new.body)
    store.put(new.record)


def _planned(folder: Path, known: Mapping[str, Statement], at: datetime) -> Iterator[tuple[Change, bytes | None]]:
    problems: dict[str, str] = {}
    found: list[tuple[Change, bytes | None]] = []
    for path in _statement_files(folder):
        name = path.relative_to(folder).as_posix()
        identity, before = _identity(name, known)
        try:
            said = parsed(path)
            new = made(said, folder, at, identity, before)
        except RecordRefused as refusal:
            problems.update({f"{name}: {field}": problem for field, problem in refusal.problems.items()})
            continue
        found.append((_change(before, new, "control_ids" in said), new.body))
    if problems:
        raise RecordRefused(problems)
    return iter(found)


def _identity(name: str, known: Mapping[str, Statement]) -> tuple[str, Statement | None]:
    """The id of a file's statement, and what it follows. What was taken back stays so: a file that comes back is a statement of its own."""
    ended, number = None, 1
    while True:
        identity = str(uuid.uuid5(NAMESPACE, name if number == 1 else f"{name}\0{number}"))
        found = known.get(identity)
        if found is None:
            return identity, ended
        if found.status == "active":
            return identity, found
        ended, number = found, number + 1


def _statement_files(folder: Path) -> list[Path]:
    """Every file that is a statement, in order."""
    return sorted(p for p in folder.rglob("*") if p.suffix in ENDINGS and not p.name.startswith("."))


def _change(before: Statement | None, new: Made, controls_named: bool) -> Change:
    """What a file means for its statement. Controls that the file does not name follow the catalogue, and are no change of the statement."""
    if before is None:
        return Change("added", new.record, new.notes)
    same = _content(before, controls_named) == _content(new.record, controls_named)
    if before.id != new.record.id:  # where another statement took its place, the file has had its day until it says something else
        return Change("unchanged", before) if same and before.status == "superseded" else Change("added", new.record, new.notes)
    return Change("unchanged", before, new.notes) if same else Change("changed", new.record, new.notes)


def _content(record: Statement, controls_named: bool) -> dict[str, Any]:
    apart = {"id", "version", "submitted_at", "submitted_by_kind", "submitted_by_object_id", "status", "second_approval"}
    apart |= set() if controls_named else {"control_ids"}
    whole = {name: value for name, value in record.to_json().items() if name not in apart}
    return {**whole, "document": record.document.sha256 if record.document else None}


def _from_file(identity: str) -> bool:
    try:
        return uuid.UUID(identity).version == 5
    except ValueError:
        return False
