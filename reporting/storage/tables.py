"""Rows of Azure tables: inserted once, replaced only against the ETag that was read. The SDK is imported inside functions."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from reporting.storage import limits
from reporting.storage.faults import faults

if TYPE_CHECKING:
    from azure.data.tables import TableServiceClient

Row = dict[str, Any]
ETAG = "etag"
TRIES = 3  # of an insert whose answer does not come


class Tables:
    """The table service of the evidence account. Rows read carry their ETag under the key `etag`."""

    def __init__(self, service: "TableServiceClient") -> None:
        self._service = service

    def ensure(self, names: tuple[str, ...]) -> None:
        """Create the tables that are missing."""
        for name in names:
            with faults(f"creating table {name}"):
                self._service.create_table_if_not_exists(name)

    def insert(self, table: str, row: Mapping[str, Any]) -> bool:
        """Insert; False when the row exists already, which then stays as it is, also when it is this one out of a try whose answer was lost."""
        from azure.core.exceptions import ResourceExistsError, ServiceResponseError

        with faults(f"inserting into {table}"):
            for left in reversed(range(TRIES)):
                try:
                    self._service.get_table_client(table).create_entity(limits.entity(row))
                except ResourceExistsError:
                    return False
                except ServiceResponseError:  # no answer came: the SDK repeats that for reads only, and this can be repeated too
                    if not left:
                        raise
                else:
                    return True
        return False

    def insert_all(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert the rows of one partition that are not there yet, in transactions of at most 100."""
        from azure.core.exceptions import ResourceExistsError
        from azure.data.tables import TableTransactionError

        for batch in limits.batches([limits.entity(row) for row in rows]):
            with faults(f"inserting into {table}"):
                try:
                    self._service.get_table_client(table).submit_transaction([("create", row) for row in batch])
                    continue
                except (TableTransactionError, ResourceExistsError) as fault:
                    if fault.status_code != 409:
                        raise
            for row in batch:  # somebody was faster with one of them; a transaction is all or nothing
                self.insert(table, row)

    def put(self, table: str, row: Mapping[str, Any]) -> None:
        """Insert or replace, for rows that only repeat what a blob says."""
        from azure.data.tables import UpdateMode

        with faults(f"writing to {table}"):
            self._service.get_table_client(table).upsert_entity(limits.entity(row), mode=UpdateMode.REPLACE)

    def get(self, table: str, partition: str, key: str) -> Row | None:
        """One row, or None."""
        from azure.core.exceptions import ResourceNotFoundError

        with faults(f"reading {table}"):
            try:
                return _plain(self._service.get_table_client(table).get_entity(limits.key(partition), limits.key(key)))
            except ResourceNotFoundError:
                return None

    def replace(self, table: str, row: Mapping[str, Any]) -> bool:
        """Replace the row whose `etag` it carries; False when somebody changed it in between."""
        from azure.core import MatchConditions
        from azure.core.exceptions import ResourceModifiedError
        from azure.data.tables import UpdateMode

        tag = row[ETAG]
        changed = limits.entity({name: value for name, value in row.items() if name != ETAG})
        with faults(f"changing a row of {table}"):
            try:
                client = self._service.get_table_client(table)
                client.update_entity(changed, mode=UpdateMode.REPLACE, etag=tag, match_condition=MatchConditions.IfNotModified)
            except ResourceModifiedError:
                return False
        return True

    def delete(self, table: str, partition: str, key: str) -> None:
        """Remove a row that has done its work; one that is gone already is as good."""
        with faults(f"removing from {table}"):
            self._service.get_table_client(table).delete_entity(limits.key(partition), limits.key(key))

    def rows(self, table: str, where: str, **parameters: Any) -> Iterator[Row]:
        """Rows that match, by PartitionKey and RowKey ascending. `where` names its values as @parameters, so none is ever spliced in."""
        with faults(f"reading {table}"):
            for found in self._service.get_table_client(table).query_entities(where, parameters=parameters):
                yield _plain(found)

    def first(self, table: str, where: str, size: int, **parameters: Any) -> list[Row]:
        """The first `size` rows that match, by PartitionKey and RowKey ascending, however the service cuts its pages."""
        with faults(f"reading {table}"):
            found = self._service.get_table_client(table).query_entities(where, parameters=parameters, results_per_page=min(size, 1000))
            return [_plain(row) for row in islice(found, size)]

    def page(self, table: str, where: str, size: int, after: Any = None, **parameters: Any) -> tuple[list[Row], Any]:
        """At most `size` rows and where to go on (None at the end), as the service spells it."""
        with faults(f"reading {table}"):
            pager = self._service.get_table_client(table).query_entities(where, parameters=parameters, results_per_page=size)
            pages = pager.by_page(continuation_token=after)
            found = [_plain(row) for row in next(pages, [])]
            return found, getattr(pages, "continuation_token", None)


def _plain(found: Any) -> Row:
    row = {name: getattr(value, "value", value) if type(value).__name__ == "EntityProperty" else value for name, value in found.items()}
    row[ETAG] = found.metadata["etag"]
    return row
