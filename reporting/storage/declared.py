"""Statements and exceptions: every version is a blob that is put once; the table is its index."""

from collections.abc import Iterator
from typing import IO

from reporting.records import Decision, Statement, canonical
from reporting.storage.blobs import Blobs
from reporting.storage.tables import Row, Tables
from scanners.errors import VersionTaken

STATEMENTS = "Statements"
EXCEPTIONS = "Exceptions"


class Statements:
    """What people stated. The newest version of an id counts."""

    def __init__(self, tables: Tables, blobs: Blobs) -> None:
        self._tables = tables
        self._blobs = blobs

    def put(self, record: Statement) -> None:
        """Store a version create-only. Raises VersionTaken when this version exists with another content."""
        _put_blob(self._blobs, _statement_path(record.id, record.version), canonical(record.to_json()))
        flat = {
            "Status": record.status,
            "AttesterRole": record.attester.role,
            "EffectiveFrom": record.effective_from.isoformat(),
            "ExpiresAt": record.expires_at.isoformat(),
            "SubmittedAt": record.submitted_at,
            "DocumentSha256": record.document.sha256 if record.document else None,
        }
        self._tables.put(STATEMENTS, _index(record.type, record.id, record.version, flat))

    def versions(self, statement: str) -> tuple[Statement, ...]:
        """All versions of one statement, oldest first; empty when there is none."""
        bodies = [self._blobs.get(blob.path) for blob in self._blobs.listed(f"statements/{statement}/v")]
        return tuple(Statement.read(body) for body in bodies)

    def current(self, kind: str | None = None) -> tuple[Statement, ...]:
        """The newest version of every statement, or of those of one type."""
        newest = _newest(self._tables, STATEMENTS, kind)
        return tuple(Statement.read(self._blobs.get(_statement_path(each, version))) for each, version in newest)

    def put_document(self, statement: str, digest: str, media: str, body: bytes | IO[bytes]) -> str:
        """Keep the file behind a statement under its digest; the blob's path."""
        path = f"statements/{statement}/documents/{digest}"
        self._blobs.put(path, body, media)
        return path

    def document(self, statement: str, digest: str) -> Iterator[bytes]:
        """The file in blocks."""
        return self._blobs.stream(f"statements/{statement}/documents/{digest}")


class Decisions:
    """Exceptions that people decided on. The newest version of an id counts."""

    def __init__(self, tables: Tables, blobs: Blobs) -> None:
        self._tables = tables
        self._blobs = blobs

    def put(self, record: Decision) -> None:
        """Store a version create-only. Raises VersionTaken when this version exists with another content."""
        _put_blob(self._blobs, _decision_path(record.id, record.version), canonical(record.to_json()))
        flat = {"Status": record.status, "Control": record.control, "ExpiresAt": record.expires_at.isoformat(), "CreatedAt": record.created_at}
        self._tables.put(EXCEPTIONS, _index(record.kind, record.id, record.version, flat))

    def versions(self, decision: str) -> tuple[Decision, ...]:
        """All versions of one exception, oldest first; empty when there is none."""
        bodies = [self._blobs.get(blob.path) for blob in self._blobs.listed(f"statements/exceptions/{decision}/v")]
        return tuple(Decision.read(body) for body in bodies)

    def current(self) -> tuple[Decision, ...]:
        """The newest version of every exception."""
        newest = _newest(self._tables, EXCEPTIONS, None)
        return tuple(Decision.read(self._blobs.get(_decision_path(each, version))) for each, version in newest)


def _statement_path(statement: str, version: int) -> str:
    return f"statements/{statement}/v{version:06d}.json"


def _decision_path(decision: str, version: int) -> str:
    return f"statements/exceptions/{decision}/v{version:06d}.json"


def _put_blob(blobs: Blobs, path: str, body: bytes) -> None:
    if not blobs.put(path, body).created and blobs.get(path) != body:
        raise VersionTaken("this version exists already with another content; write the next version")


def _index(kind: str, record: str, version: int, flat: dict[str, object]) -> Row:
    return {"PartitionKey": kind, "RowKey": f"{record}_{version:06d}", "Id": record, "Version": version, **flat}


def _newest(tables: Tables, table: str, kind: str | None) -> list[tuple[str, int]]:
    rows = tables.rows(table, "PartitionKey eq @kind", kind=kind) if kind else tables.rows(table, "Version ge @first", first=1)
    newest: dict[str, int] = {}
    for row in rows:
        newest[row["Id"]] = max(newest.get(row["Id"], 0), int(row["Version"]))
    return sorted(newest.items())
