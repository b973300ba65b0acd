"""One fact, two ways: a setting out of a tenant configuration snapshot where there is one, otherwise from the administration interface.

Property names are the same in both, so the page that a fact reads looks the same: `{"value": [...]}` for cmdlets; a list, or one object,
for Teams. A snapshot leaves out what has no value; nothing is filled in.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scanners.doors import Source, remedies
from scanners.doors.paging import parsed
from scanners.doors.snapshots import Job, refusal, resources_of
from scanners.doors.transport import Line
from scanners.errors import NotPermitted, NotSupported, Undecided, undecided
from scanners.minimum_necessary import stored_row
from scanners.model import Ask, Door, Fact
from scanners.ports import Answer
from scanners.reading import needed_names


@dataclass(frozen=True, slots=True)
class Taken:
    """A finished job and its download; `answer` is None when the job failed."""

    job: Job
    answer: Answer | None


class Snapshot:
    """The downloads of one run, by type. `refused` says why there are no jobs for types that none covers, where they could not be made."""

    def __init__(self, taken: tuple[Taken, ...] = (), refused: Undecided | None = None) -> None:
        self.refused = refused
        self._of: dict[str, Taken] = {kind: one for one in taken for kind in one.job.types}
        self._rows: dict[str, list[Mapping[str, Any]]] = {}
        for one in taken:
            for row in resources_of(parsed(one.answer.body)) if one.answer is not None else ():
                self._rows.setdefault(str(row.get("resourceType", "")).lower(), []).append(row["properties"])

    def page(self, fact: Fact, ask: Ask) -> Answer | None:
        """The page of a type, None when no job covers it. Raises the leaf when the job could not extract it.

        A type without objects has no rows and no error: that is an empty list, not a gap.
        """
        kind = ask.snapshot.lower()
        one = self._of.get(kind)
        if not kind or one is None:
            return None
        if one.answer is None or kind in one.job.errors:
            raise refusal(one.job.errors.get(kind, "failed" if one.job.state == "failed" else "not finished in time"))
        rows = [{k: v for k, v in row.items() if "@odata" not in k} for row in self._rows.get(kind, ())]
        body = json.dumps(_shaped(fact, ask, rows), separators=(",", ":"), sort_keys=True).encode()
        return replace(one.answer, body=body, path=f"{one.answer.path}#{kind}", next_link=None)


def holds_all(fact: Fact, page: Answer) -> bool:
    """Whether every row of a snapshot's page has every property that the fact reads, but those that the service leaves out for null."""
    row = stored_row(fact)
    body = parsed(page.body)
    rows = body["value"] if isinstance(body, dict) and isinstance(body.get("value"), list) else body if isinstance(body, list) else [body]
    return row is None or all(isinstance(each, dict) and needed_names(row) <= set(each) for each in rows)


def _shaped(fact: Fact, ask: Ask, rows: list[dict[str, Any]]) -> Any:
    if fact.door is not Door.TEAMS:
        return {"value": rows}
    if "/configuration/" in ask.path:
        if len(rows) != 1:
            raise NotSupported("the snapshot does not hold exactly one object of this kind", remedies.REPORT)
        return rows[0]
    return rows


@dataclass(frozen=True, slots=True)
class WorkloadDoor:
    """A door to an administration interface, with the snapshot before it as `source` says."""

    behind: Any  # the door of the administration interface, or one that is shut
    source: Source
    snapshot: Snapshot

    def on(self, line: Line) -> "WorkloadDoor":
        """The same door on another line."""
        return replace(self, behind=self.behind.on(line))

    async def pages(self, fact: Fact, ask: Ask, resume: str | None = None) -> AsyncIterator[Answer]:
        """The pages of a setting. Contract: DoorPort.

        `auto` prefers a snapshot that holds every property that the fact reads. One that leaves some out is second to the administration
        interface, and better than nothing where that is shut.
        """
        page = self._from_snapshot(fact, ask) if resume is None else None
        if page is not None and (self.source == "snapshot" or holds_all(fact, page)):
            yield page
            return
        begun = False
        try:
            async for found in self.behind.pages(fact, ask, resume):
                begun = True
                yield found
        except Undecided as shut:
            if page is None or begun:
                raise self._shut_twice(ask, shut) from shut
            yield page

    def _shut_twice(self, ask: Ask, shut: Undecided) -> Undecided:
        refused = self.snapshot.refused
        if not ask.snapshot or not isinstance(shut, NotPermitted) or not isinstance(refused, NotPermitted):
            return shut
        return NotPermitted(f"{shut.because}; and {refused.because}", f"{shut.remedy} Or, the supported way: {refused.remedy}")

    def _from_snapshot(self, fact: Fact, ask: Ask) -> Answer | None:
        if self.source == "admin_rest":
            return None
        try:
            page = self.snapshot.page(fact, ask)
        except Undecided:
            if self.source == "snapshot":
                raise
            return None  # the administration interface may know
        if page is None and self.source == "snapshot":
            if ask.snapshot and self.snapshot.refused is not None:
                raise undecided(self.snapshot.refused.reason, self.snapshot.refused.because, self.snapshot.refused.remedy)
            raise NotSupported(
                "tenant configuration snapshots do not hold this setting",
                "Set WORKLOAD_SOURCE to auto and grant what the administration interface needs: " + remedies.grant(fact),
            )
        return page
