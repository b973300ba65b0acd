"""Results: one row per run and control, inserted and never replaced, so that whoever comes late loses. History per control after signing.

A row can be changed by whoever may write to the table, so each judgement is first put as a blob, create-only, where the account keeps what was put.
The row repeats it; when the run is closed the two are compared.
"""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from reporting.records import canonical, moment_of
from reporting.storage import limits
from reporting.storage.blobs import Blobs
from reporting.storage.evidence import ahead
from reporting.storage.runs import newest_first
from reporting.storage.tables import Row, Tables
from scanners.errors import StorageError
from scanners.result import Result

TABLE = "Results"
SHOWN = 2000  # characters of free text in a flat column; the whole text is in the JSON
WRITERS = 8


class Results:
    """The Results table of one tenant."""

    def __init__(self, tables: Tables, blobs: Blobs) -> None:
        self._tables = tables
        self._blobs = blobs

    def insert(self, result: Result) -> bool:
        """Insert; False when this control already has a result in this run, which then stands."""
        return self._tables.insert(TABLE, self._row(self._first(result)))

    def insert_all(self, results: Iterable[Result]) -> None:
        """Insert the results of one run that are not there yet."""
        with ThreadPoolExecutor(WRITERS, thread_name_prefix="results") as pool:
            self._tables.insert_all(TABLE, [self._row(first) for first in pool.map(self._first, results)])

    def _first(self, result: Result) -> Result:
        """The judgement that counts: this one, or the one that an earlier execution put."""
        path, body = _judged(result.run, result.control), canonical(result.to_json())
        return result if self._blobs.put(path, body).created else _read(self._blobs.get(path))

    def judged(self, run: str) -> tuple[Result, ...]:
        """All results of a run as they were judged, by control id. Raises StorageError when a row of the table says something else."""
        rows = {result.control: result for result in self.of(run)}
        kept = [(blob.path, blob.size) for blob in self._blobs.listed(f"runs/{run}/judged/")]
        found = {result.control: result for result in map(_read, ahead(self._blobs, kept))}
        if odd := sorted(control for control in rows.keys() | found.keys() if rows.get(control) != found.get(control)):
            raise StorageError(f"the table says something else than was judged, such as of {odd[0]}; somebody changed it, and the run is not signed")
        return tuple(found[control] for control in sorted(found))

    def of(self, run: str) -> tuple[Result, ...]:
        """All results of a run so far, by control id."""
        moment_of(run)
        return tuple(self._result(row) for row in self._tables.rows(TABLE, "PartitionKey eq @part", part=f"run_{run}"))

    def find(self, run: str, control: str) -> Result | None:
        """One result, or None."""
        moment_of(run)
        row = self._tables.get(TABLE, f"run_{run}", control)
        return None if row is None else self._result(row)

    def put_history(self, results: Iterable[Result], completed_at: datetime) -> None:
        """Write the rows of a signed run into the history of each control; those that are there stay."""
        rows = [{**_flat(result), "PartitionKey": f"ctl_{result.control}", "RowKey": newest_first(result.run)} for result in results]
        with ThreadPoolExecutor(WRITERS, thread_name_prefix="history") as pool:
            for _ in pool.map(lambda row: self._tables.insert(TABLE, {**row, "CompletedAt": completed_at}), rows):
                pass

    def history(self, control: str, limit: int = 400) -> tuple[Row, ...]:
        """What a control came to in the signed runs, newest first: flat rows, without the run's JSON."""
        found: list[Row] = []
        for row in self._tables.rows(TABLE, "PartitionKey eq @part", part=limits.key(f"ctl_{control}")):
            found.append(row)
            if len(found) >= limit:
                break
        return tuple(found)

    def history_page(self, control: str, size: int, before: str | None = None) -> tuple[Row, ...]:
        """At most `size` rows of a control's history, newest first, from the signed runs before the run `before`."""
        after = newest_first(before) if before else "0"
        part = limits.key(f"ctl_{control}")
        return tuple(self._tables.first(TABLE, "PartitionKey eq @part and RowKey gt @after", size, part=part, after=after))

    def controls(self, run: str) -> Iterator[str]:
        """The ids of the controls that have a result."""
        for row in self._tables.rows(TABLE, "PartitionKey eq @part", part=f"run_{run}"):
            yield str(row["RowKey"])

    def _row(self, result: Result) -> Row:
        row = {"PartitionKey": f"run_{result.run}", "RowKey": result.control, **_flat(result)}
        text = canonical(result.to_json()).decode()
        return {**row, "Json": text} if limits.units(text) <= limits.STRING_CHARS else {**row, "JsonBlob": _judged(result.run, result.control)}

    def _result(self, row: Row) -> Result:
        found = _read(row["Json"] if "Json" in row else self._blobs.get(row["JsonBlob"]))
        if (row["Outcome"], row["RowKey"], row["PartitionKey"]) != (found.outcome.value, found.control, f"run_{found.run}"):
            raise StorageError("a row of the results says one thing in its columns and another in its record; somebody changed it")
        return found


def _judged(run: str, control: str) -> str:
    return f"runs/{run}/judged/{control}.json"


def _read(body: str | bytes) -> Result:
    return Result.model_validate(json.loads(body))


def _flat(result: Result) -> dict[str, Any]:
    """Typed columns for readers that know tables only, such as the Azure Tables connector of Logic Apps."""
    return {
        "Run": result.run,
        "Control": result.control,
        "Topic": result.topic,
        "Title": result.title[:SHOWN],
        "Outcome": result.outcome.value,
        "Reason": str(result.reason) if result.reason else None,
        "Severity": result.severity.value,
        "Designation": result.designation,
        "Kind": result.kind.value,
        "Citations": "; ".join(result.citations)[:SHOWN],
        "Because": result.because[:SHOWN],
        "Remedy": result.remedy[:SHOWN],
        "Affected": len(result.affected) + result.truncated,
        "FirstSeen": result.first_seen,
        "Since": result.since,
        "JudgedAt": result.judged_at,
        "RuleSha256": result.rule_sha256,
    }
