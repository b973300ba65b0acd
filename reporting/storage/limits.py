"""Limits of Azure storage that the emulator lets pass, enforced here so that nothing fails for the first time in Azure.

Sources: https://learn.microsoft.com/azure/storage/tables/scalability-targets ,
https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model ,
https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from scanners.errors import StorageError

ENTITY_BYTES = 1024 * 1024
PROPERTIES = 252  # 255 with PartitionKey, RowKey and Timestamp
STRING_CHARS = 32 * 1024  # UTF-16 code units: 64 KiB
KEY_CHARS = 512  # 1 KiB of UTF-16
OPERATIONS = 100
TRANSACTION_BYTES = 4 * 1024 * 1024 - 128 * 1024  # the service counts the envelope of each operation too
_FORBIDDEN = re.compile(r"[/\\#?\x00-\x1f\x7f-\x9f]")
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=-]{0,199}")


def units(text: str) -> int:
    """UTF-16 code units, in which the table service counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def key(text: str) -> str:
    """`text` when it may be a PartitionKey or RowKey; refused otherwise, since a changed key could meet another one."""
    if not text or units(text) > KEY_CHARS or _FORBIDDEN.search(text):
        raise StorageError("a table key is empty, longer than 512 characters or has one of / \\ # ? or a control character; refused")
    return text


def path(text: str) -> tuple[str, str]:
    """A blob's path as container and name. Segments are plain names, so that no path can leave its run."""
    parts = text.split("/")
    if len(parts) < 2 or len(text) > 1000 or not all(_SEGMENT.fullmatch(part) for part in parts):
        raise StorageError(f"{text[:80]!r} is not a path this store uses: names of letters, digits, dot, dash, underscore, joined by slashes")
    return parts[0], "/".join(parts[1:])


def entity(values: Mapping[str, Any]) -> dict[str, Any]:
    """The row as it may be sent: checked keys, no nulls, whole numbers beyond 32 bits marked as such. Raises StorageError beyond a limit."""
    row = {name: value for name, value in values.items() if value is not None}
    key(row["PartitionKey"])
    key(row["RowKey"])
    if len(row) - 2 > PROPERTIES:
        raise StorageError(f"a row has {len(row) - 2} properties; {PROPERTIES} are the most that a table takes")
    for name, value in row.items():
        if isinstance(value, str) and units(value) > STRING_CHARS:
            raise StorageError(f"column {name} has {units(value)} characters; {STRING_CHARS} are the most that a table takes")
    if size(row) > ENTITY_BYTES:
        raise StorageError(f"a row has {size(row)} bytes; {ENTITY_BYTES} are the most that a table takes")
    return {name: _typed(value) for name, value in row.items()}


def size(row: Mapping[str, Any]) -> int:
    """Bytes of a row, as the table service reckons them."""
    total = 4
    for name, value in row.items():
        total += 8 + 2 * units(name) + (4 + 2 * units(value) if isinstance(value, str) else len(value) + 4 if isinstance(value, bytes) else 8)
    return total


def _typed(value: Any) -> Any:
    from azure.data.tables import EdmType, EntityProperty

    if isinstance(value, int) and not isinstance(value, bool) and not -(2**31) <= value < 2**31:
        return EntityProperty(value, EdmType.INT64)
    if isinstance(value, datetime) and value.tzinfo is None:
        raise StorageError("a time without zone is not stored")
    return value


def batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Rows of one partition in transactions that the service takes: 100 operations, 4 MiB."""
    batch: list[dict[str, Any]] = []
    weight = 0
    for row in rows:
        if batch and row["PartitionKey"] != batch[0]["PartitionKey"]:
            raise StorageError("a transaction is about one partition")
        if len(batch) == OPERATIONS or (batch and weight + size(row) > TRANSACTION_BYTES):
            yield batch
            batch, weight = [], 0
        batch.append(row)
        weight += size(row)
    if batch:
        yield batch
