"""Auditor links, their downloads in parts, and console sessions.

One row each, changed only against the ETag that was read, so that a limit or a one-time link holds.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from reporting.downloads import Part, Progress, Step, after
from reporting.records import Actor, Record, canonical
from reporting.sharing import AuditorLink, Session
from reporting.storage.tables import ETAG, Row, Tables
from scanners.errors import StorageError

TABLE = "AuditorLinks"
LINK, SESSION, PART = "link", "session", "part"
TRIES = 8
PART_TRIES = 40  # programs that fetch a file in many parts at once write to one row
WAIT = (
    0.2  # seconds in which a part that came at the same time has written down that it counted this download, so that the limit is not the end of it
)
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
        """Count one download of a package whose parts are not given here; False, and nothing is counted, when the limit is reached."""
        counted = False

        def one_more(before: AuditorLink) -> AuditorLink:
            nonlocal counted
            counted = before.download_limit is None or before.downloads < before.download_limit
            return before.model_copy(update={"downloads": before.downloads + 1}) if counted else before

        return self._change(AuditorLink, LINK, link, one_more) is not None and counted

    def count_part(self, link: str, file: str, part: Part) -> bool:
        """Keep book of a part of a file, or all of it, that is given away, and count the download that it makes count; False, and nothing is kept,
        at the limit.

        Counted first and kept then: in between nobody else can take a part for paid that is not. Who was overtaken gives the count back.
        """
        key, waited = f"{link}_{file}", False
        for _ in range(PART_TRIES):
            row = self._tables.get(TABLE, PART, key)
            if row is None:
                self._tables.insert(TABLE, _row(PART, key, Progress()))
                continue
            step = after(_read(Progress, row), part)
            if not self._may(link, step):
                if waited:
                    return False
                time.sleep(WAIT)
                waited = True
                continue
            if self._tables.replace(TABLE, {**_row(PART, key, step.progress), ETAG: row[ETAG]}):
                return True
            if step.counts:
                self._change(AuditorLink, LINK, link, lambda held: held.model_copy(update={"downloads": max(0, held.downloads - 1)}))
        raise StorageError("the row is changed by several writers at once; the next try comes later")

    def _may(self, link: str, step: Step) -> bool:
        """Whether the limit allows a part, which is then counted where it makes a download count."""
        if step.counts or step.paid:
            return step.paid or self.count_download(link)
        held = self.find(link)
        return held is not None and (held.download_limit is None or held.downloads < held.download_limit)

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
