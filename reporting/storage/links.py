"""Auditor links and console sessions: one row each, changed only against the ETag that was read, so that a limit or a one-time link holds."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from reporting.records import Actor, Record, canonical
from reporting.sharing import AuditorLink, Session
from reporting.storage.tables import ETAG, Row, Tables
from scanners.errors import StorageError

TABLE = "AuditorLinks"
LINK, SESSION = "link", "session"
TRIES = 8
R = TypeVar("R", bound=Record)


class Links:
    """The AuditorLinks table."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def put(self, link: AuditorLink) -> None:
        """Store a new link. Raises StorageError when the id is taken."""
        if not self._tables.insert(TABLE, _row(LINK, link.id, link)):
            raise StorageError("the id of the link is taken")

    def find(self, link: str) -> AuditorLink | None:
        """The link, or None."""
        row = self._tables.get(TABLE, LINK, link)
        return None if row is None else _read(AuditorLink, row)

    def all(self) -> tuple[AuditorLink, ...]:
        """All links, newest first."""
        found = [_read(AuditorLink, row) for row in self._tables.rows(TABLE, "PartitionKey eq @part", part=LINK)]
        return tuple(sorted(found, key=lambda link: (link.created_at, link.id), reverse=True))

    def revoke(self, link: str, by: Actor, at: datetime) -> AuditorLink | None:
        """Revoke; the link as it then is, or None when there is none. A second time changes nothing."""
        return self._change(
            AuditorLink,
            LINK,
            link,
            lambda before: before if before.revoked_at else before.model_copy(update={"revoked_at": at, "revoked_by": by}),
        )

    def count_download(self, link: str) -> bool:
        """Count one download of a package; False, and nothing is counted, when the limit is reached."""
        counted = False

        def one_more(before: AuditorLink) -> AuditorLink:
            nonlocal counted
            counted = before.download_limit is None or before.downloads < before.download_limit
            return before.model_copy(update={"downloads": before.downloads + 1}) if counted else before

        return self._change(AuditorLink, LINK, link, one_more) is not None and counted

    def put_session(self, session: Session) -> None:
        """Store a new sign-in link. Raises StorageError when the id is taken."""
        if not self._tables.insert(TABLE, _row(SESSION, session.id, session)):
            raise StorageError("the id of the session is taken")

    def session(self, session: str) -> Session | None:
        """The session or sign-in link, or None."""
        row = self._tables.get(TABLE, SESSION, session)
        return None if row is None else _read(Session, row)

    def change_session(self, session: str, change: Callable[[Session], Session]) -> Session | None:
        """Change a session against what is stored; `change` may return its argument to leave it. None when there is none."""
        return self._change(Session, SESSION, session, change)

    def _change(self, kind: type[R], partition: str, key: str, change: Callable[[R], R]) -> R | None:
        for _ in range(TRIES):
            row = self._tables.get(TABLE, partition, key)
            if row is None:
                return None
            before = _read(kind, row)
            after = change(before)
            if after == before or self._tables.replace(TABLE, {**_row(partition, key, after), ETAG: row[ETAG]}):
                return after
        raise StorageError("the row is changed by several writers at once; the next try comes later")


def _row(partition: str, key: str, record: Record) -> Row:
    """The record as JSON, and beside it the columns that readers of tables ask for."""
    columns: dict[str, Any] = {"ExpiresAt": getattr(record, "expires_at", None), "RevokedAt": getattr(record, "revoked_at", None)}
    return {"PartitionKey": partition, "RowKey": key, **columns, "Json": canonical(record.to_json()).decode()}


def _read(kind: type[R], row: Row) -> R:
    return kind.model_validate_json(row["Json"])
