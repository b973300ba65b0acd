"""The access log: one row for each access and each refusal, by month, newest first. Rows are inserted and never changed.

Addresses are hashed with a salt that is made anew each day and replaces the one before, so that after midnight (UTC) nobody can tell addresses from
the log any more, while accesses of one day can be told apart or together.
"""

import hashlib
import secrets
import uuid
from datetime import UTC, datetime

from reporting.records import Actor
from reporting.sharing import Access
from reporting.storage.tables import ETAG, Tables
from scanners.errors import StorageError

TABLE = "AccessLog"
SALT = "salt"
TRIES = 8
SHOWN = 200  # characters of a user agent


class AccessLog:
    """The AccessLog table."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._salt: tuple[str, str] = ("", "")

    def add(self, entry: Access) -> None:
        """Append an entry."""
        moment = entry.at.astimezone(UTC)
        row = {
            "PartitionKey": moment.strftime("%Y%m"),
            "RowKey": f"{9_999_999_999_999 - int(moment.timestamp() * 1000):013d}_{uuid.uuid4().hex}",
            "At": entry.at,
            "What": entry.what,
            "Run": entry.run,
            "Link": entry.link,
            "ByKind": entry.by.kind if entry.by else None,
            "ByObjectId": entry.by.object_id if entry.by else None,
            "Status": entry.status,
            "Reason": entry.reason,
            "AddressHash": entry.address_hash,
            "UserAgent": entry.user_agent[:SHOWN] if entry.user_agent else None,
        }
        self._tables.insert(TABLE, row)

    def page(self, month: str, size: int, after: str | None) -> tuple[tuple[Access, ...], str | None]:
        """Entries of a month (`YYYYMM`), newest first, from the place `after` on; and the place where the page ended, None at the end."""
        place = after or "0"
        rows = self._tables.first(TABLE, "PartitionKey eq @month and RowKey gt @after", size + 1, month=month, after=place)
        found = [(str(row["RowKey"]), row) for row in rows]
        entries = tuple(
            Access(
                at=row["At"],
                what=row["What"],
                run=row.get("Run"),
                link=row.get("Link"),
                by=Actor(kind=row["ByKind"], object_id=row.get("ByObjectId")) if row.get("ByKind") else None,
                status=row["Status"],
                reason=row.get("Reason"),
                address_hash=row.get("AddressHash"),
                user_agent=row.get("UserAgent"),
            )
            for _, row in found[:size]
        )
        return entries, found[size - 1][0] if len(found) > size else None

    def hashed(self, address: str, at: datetime) -> str:
        """The address with the day's salt: 16 hexadecimal characters."""
        return hashlib.sha256(f"{self._salt_of(at.astimezone(UTC).strftime('%Y%m%d'))}|{address}".encode()).hexdigest()[:16]

    def _salt_of(self, day: str) -> str:
        if self._salt[0] != day:
            self._salt = (day, self._stored_salt(day))
        return self._salt[1]

    def _stored_salt(self, day: str) -> str:
        """The salt that all instances share today; yesterday's is overwritten."""
        for _ in range(TRIES):
            row = self._tables.get(TABLE, SALT, SALT)
            if row is not None and str(row["Day"]) >= day:
                return str(row["Salt"])
            new = {"PartitionKey": SALT, "RowKey": SALT, "Day": day, "Salt": secrets.token_hex(16)}
            if self._tables.insert(TABLE, new) if row is None else self._tables.replace(TABLE, {**new, ETAG: row[ETAG]}):
                return str(new["Salt"])
        raise StorageError("the day's salt is changed by several writers at once; the next try comes later")
