"""Runs: one row each, newest first; the plan of a run as a blob; the slot of a day; the pointer to the latest signed run."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from reporting.records import Run, RunPlan, canonical, moment_of
from reporting.storage import limits
from reporting.storage.blobs import Blobs
from reporting.storage.tables import ETAG, Row, Tables
from scanners.errors import StorageError

TABLE = "Runs"
POINTER = "pointer"
REQUESTS = "requests"
TRIES = 8


def newest_first(run: str) -> str:
    """A RowKey under which later runs come first: the seconds left until the year 2286, then the id."""
    return f"{9_999_999_999 - int(moment_of(run).timestamp()):010d}_{run}"


class Runs:
    """The Runs table and the plans of one tenant."""

    def __init__(self, tables: Tables, blobs: Blobs, tenant_id: str) -> None:
        self._tables = tables
        self._blobs = blobs
        self._tenant = limits.key(tenant_id)

    # --- rows

    def insert(self, run: Run) -> bool:
        """Record that a run begins; False when this id was recorded before."""
        if run.tenant_id != self._tenant:
            raise StorageError("this store belongs to another tenant; use one store (one --data folder, one account) per tenant")
        return self._tables.insert(TABLE, self._row(run))

    def find(self, run: str) -> Run | None:
        """The run, or None."""
        row = self._tables.get(TABLE, self._tenant, newest_first(run))
        return None if row is None else _run(row)

    def get(self, run: str) -> Run:
        """The run. Raises StorageError when there is none of that id."""
        found = self.find(run)
        if found is None:
            raise StorageError(f"there is no run {run}")
        return found

    def update(self, run: str, *, only_from: tuple[str, ...] = ("running",), **changes: Any) -> Run:
        """Change a run while its status is one of `only_from`; the run as it then is (unchanged when its status is another)."""
        for _ in range(TRIES):
            row = self._tables.get(TABLE, self._tenant, newest_first(run))
            if row is None:
                raise StorageError(f"there is no run {run}")
            before = _run(row)
            if before.status not in only_from:
                return before
            after = Run.model_validate({**before.model_dump(), **changes})
            if after == before or self._tables.replace(TABLE, {**self._row(after), ETAG: row[ETAG]}):
                return after
        raise StorageError(f"run {run} is changed by several writers at once; the next try comes later")

    def list(self, limit: int = 100, status: str | None = None) -> tuple[Run, ...]:
        """The newest runs first, at most `limit`."""
        found: list[Run] = []
        for run in self.each():
            if status is None or run.status == status:
                found.append(run)
            if len(found) >= limit:
                break
        return tuple(found)

    def each(self) -> Iterator[Run]:
        """All runs, newest first, read as they are asked for."""
        for row in self._tables.rows(TABLE, "PartitionKey eq @tenant", tenant=self._tenant):
            yield _run(row)

    def page(self, size: int, after: Any = None) -> tuple[tuple[Run, ...], Any]:
        """A page of runs, newest first, and where to go on."""
        rows, further = self._tables.page(TABLE, "PartitionKey eq @tenant", size, after, tenant=self._tenant)
        return tuple(_run(row) for row in rows), further

    def older(self, size: int, than: str | None = None) -> tuple[Run, ...]:
        """At most `size` runs, newest first, from those before the run `than`. New runs do not move what follows."""
        after = newest_first(than) if than else "0"
        found = self._tables.first(TABLE, "PartitionKey eq @tenant and RowKey gt @after", size, tenant=self._tenant, after=after)
        return tuple(_run(row) for row in found)

    def started_by(self, request: str) -> str | None:
        """The run that a request with this digest started last, or None."""
        row = self._tables.get(TABLE, REQUESTS, request)
        return None if row is None else str(row["Run"])

    def remember_request(self, request: str, run: str) -> None:
        """Keep which run a request started; a later run takes the place of an earlier one, and never the other way round."""
        new = {"PartitionKey": REQUESTS, "RowKey": request, "Run": run}
        if self._tables.insert(TABLE, new):
            return
        row = self._tables.get(TABLE, REQUESTS, request)
        if row is not None and moment_of(str(row["Run"])) < moment_of(run):
            self._tables.replace(TABLE, {**new, ETAG: row[ETAG]})  # somebody else who was faster remembered a later one

    def _row(self, run: Run) -> Row:
        fields = run.model_dump()
        columns = {_column(name): value for name, value in fields.items() if name not in {"id", "tenant_id"}}
        return {"PartitionKey": self._tenant, "RowKey": newest_first(run.id), "Run": run.id, **columns}

    # --- the day's slot and the pointer

    def take_slot(self, day: str, run: str) -> str:
        """Claim a day (`YYYYMMDD`) for the timer's run; the run that has it, this one or an earlier one."""
        key = f"slot_{day}"
        if self._tables.insert(TABLE, {"PartitionKey": POINTER, "RowKey": key, "Run": run}):
            return run
        taken = self._tables.get(TABLE, POINTER, key)
        return run if taken is None else str(taken["Run"])

    def slot(self, day: str) -> str | None:
        """The run that has a day, or None."""
        row = self._tables.get(TABLE, POINTER, f"slot_{day}")
        return None if row is None else str(row["Run"])

    def latest(self) -> str | None:
        """The id of the latest signed run, or None before the first."""
        row = self._tables.get(TABLE, POINTER, "latest")
        return None if row is None else str(row["Run"])

    def advance(self, run: str, sequence: int) -> bool:
        """Move the pointer to a signed run; False when it already stands there or further on the chain."""
        new = {"PartitionKey": POINTER, "RowKey": "latest", "Run": run, "Sequence": sequence}
        for _ in range(TRIES):
            row = self._tables.get(TABLE, POINTER, "latest")
            if row is None:
                if self._tables.insert(TABLE, new):
                    return True
                continue
            if int(row["Sequence"]) >= sequence:
                return False
            if self._tables.replace(TABLE, {**new, ETAG: row[ETAG]}):
                return True
        raise StorageError("the pointer to the latest run is changed by several writers at once; the next try comes later")

    # --- plans and other records of a run that are put once

    def put_plan(self, plan: RunPlan) -> RunPlan:
        """Store what the run sets out to do; the plan that counts (an earlier one, when this comes second)."""
        path = f"runs/{plan.run}/plan.json"
        if self._blobs.put(path, canonical(plan.to_json())).created:
            return plan
        return RunPlan.read(self._blobs.get(path))

    def plan(self, run: str) -> RunPlan:
        """The plan. Raises StorageError when the run never got that far."""
        return RunPlan.read(self._blobs.get(f"runs/{run}/plan.json"))

    def find_plan(self, run: str) -> RunPlan | None:
        """The plan, or None when the run never got that far."""
        body = self._blobs.find(f"runs/{run}/plan.json")
        return None if body is None else RunPlan.read(body)

    def put_once(self, run: str, name: str, value: Mapping[str, Any]) -> dict[str, Any]:
        """A small JSON record of a run, create-only; the one that counts."""
        path = f"runs/{run}/{name}.json"
        self._blobs.put(path, canonical(value))
        return dict(json.loads(self._blobs.get(path)))

    def find_record(self, run: str, name: str) -> dict[str, Any] | None:
        """A record that `put_once` stored, or None."""
        body = self._blobs.find(f"runs/{run}/{name}.json")
        return None if body is None else dict(json.loads(body))

    def put_details(self, run: str, control: str, value: Any) -> None:
        """The full list behind a result that shows the first 50 objects only; create-only."""
        self._blobs.put(f"runs/{run}/details/{control}.json", canonical(value))

    def details(self, run: str) -> dict[str, bytes]:
        """Control id -> the stored bytes of its full list."""
        listed = [(blob.path, blob.path.rsplit("/", 1)[1].removesuffix(".json")) for blob in self._blobs.listed(f"runs/{run}/details/")]
        return {control: self._blobs.get(path) for path, control in listed}


def _column(field: str) -> str:
    return "".join(part.capitalize() for part in field.split("_"))


def _run(row: Row) -> Run:
    fields: dict[str, Any] = {name: row.get(_column(name)) for name in Run.model_fields if name not in {"id", "tenant_id"}}
    fields = {name: value for name, value in fields.items() if value is not None}
    try:
        return Run.model_validate({**fields, "id": row["Run"], "tenant_id": row["PartitionKey"]})
    except ValidationError as fault:
        raise StorageError(f"the record of run {row['Run']} in the table Runs is not one of this product; restore it") from fault
