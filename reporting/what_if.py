"""What would change if a setting were another: stored evidence with a patch, judged again. A simulation: never stored, never signed.

A patch is a list of changes: `{fact, set}` for an object, `{fact, where, set}` and `{fact, where, remove: true}` for rows, `{fact, add}`
for a new row. Dots in the names of `set` lead into objects. `where` names properties that a row must have with these values.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from reporting.records import canonical, sha256
from reporting.rejudge import Stored, again
from scanners.errors import ScannerError
from scanners.examples import merged
from scanners.holding import Kept
from scanners.reading import Json


class PatchError(ScannerError):
    """The patch does not fit the evidence; the message says where."""


class Change(BaseModel):
    """One change of one fact."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fact: str
    where: dict[str, Any] | None = None
    set: dict[str, Any] | None = None
    add: dict[str, Any] | None = None
    remove: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> "Change":
        if sum(part is not None for part in (self.set, self.add, self.remove)) != 1:
            raise ValueError("a change has exactly one of set, add and remove")
        if self.remove and self.where is None:
            raise ValueError("remove needs where")
        return self


@dataclass(frozen=True, slots=True)
class Moved:
    """A control that would come out otherwise."""

    control: str
    before: str
    after: str
    because: str


class PatchedEvidence:
    """Evidence with changes; custody carries the digests of the changed pages, so that reading it works as ever."""

    def __init__(self, kept: Kept, changes: tuple[Change, ...]) -> None:
        self._kept = kept
        self._custody: dict[str, bytes] = {}
        self._pages: dict[str, bytes] = {}
        for fact in sorted({change.fact for change in changes}):
            self._patch(fact, [change for change in changes if change.fact == fact])

    def custody_bytes(self, fact: str) -> bytes | None:
        """The custody record, changed where its pages are."""
        return self._custody.get(fact) or self._kept.custody_bytes(fact)

    def page(self, blob: str) -> bytes:
        """The page, changed or as stored."""
        return self._pages.get(blob) or self._kept.page(blob)

    def _patch(self, fact: str, changes: list[Change]) -> None:
        body = self._kept.custody_bytes(fact)
        custody = json.loads(body) if body else {"pages": []}
        blobs = [page["blob"] for page in custody["pages"]]
        if not blobs:
            raise PatchError(
                f"the run holds no evidence of {fact[:80]!r}, so there is nothing to change; `python -m scanners.catalogue --json` lists the facts"
            )
        pages = {blob: json.loads(self._kept.page(blob)) for blob in blobs}
        for change in changes:
            _apply(change, pages)
        self._pages |= {blob: canonical(page) for blob, page in pages.items()}
        changed = [{**page, "stored_sha256": sha256(self._pages[page["blob"]])} for page in custody["pages"]]
        self._custody[fact] = canonical({**custody, "pages": changed})


def _apply(change: Change, pages: dict[str, Json]) -> None:
    listed = [page for page in pages.values() if isinstance(page.get("value"), list)]
    if change.add is not None:
        if not listed:
            raise PatchError(f"{change.fact} is one object; use set")
        listed[-1]["value"].append(copy.deepcopy(change.add))
        return
    if change.where is None:
        if listed or len(pages) != 1:
            raise PatchError(f"{change.fact} is a list; say which rows with where")
        blob = next(iter(pages))
        pages[blob] = merged(pages[blob], change.set)
        return
    hits = 0
    for page in listed:
        rows = [(row, all(row.get(k) == v for k, v in change.where.items())) for row in page["value"]]
        hits += sum(hit for _, hit in rows)
        page["value"] = [merged(row, change.set) if hit and change.set else row for row, hit in rows if not (hit and change.remove)]
    if not hits:
        raise PatchError(f"no row of {change.fact} is as {json.dumps(change.where)[:200]} says")


def parsed(value: Any) -> tuple[Change, ...]:
    """The changes of a patch file. Raises PatchError."""
    listed = value.get("changes") if isinstance(value, Mapping) else value
    if not isinstance(listed, list) or not listed:
        raise PatchError("a patch is a list of changes: - {fact: security_defaults, set: {isEnabled: true}}")
    try:
        return tuple(Change.model_validate(each) for each in listed)
    except ValidationError as fault:
        first = fault.errors(include_input=False)[0]
        raise PatchError(f"a change is faulty at {'.'.join(map(str, first['loc'])) or 'its form'}: {first['msg']}") from None


def what_if(stored: Stored, changes: tuple[Change, ...]) -> tuple[Moved, ...]:
    """The controls that would come out otherwise, compared with the same evidence unchanged. Raises PatchError."""
    now, _ = again(stored)
    then, _ = again(replace(stored, evidence=PatchedEvidence(stored.evidence, changes)))
    return tuple(
        Moved(control, now[control].result.outcome.value, then[control].result.outcome.value, then[control].result.because)
        for control in sorted(now)
        if now[control].result.outcome is not then[control].result.outcome
    )
