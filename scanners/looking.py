"""(3) Looking at a fact: ask, refuse what must not be stored, store page by page, commit custody last.

A second execution of the same look continues after the last stored page, or returns what the first one committed. Never raises for
an expected fault: the snapshot says why nothing could be read. Checking and storing run in threads, so that other lanes' answers keep coming.
"""

import asyncio
import hashlib
import inspect
import json
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from scanners.asking import in_order
from scanners.errors import EvidenceRefused, NotLicensed, NotSupported, Reason, StorageError, Undecided, Unreachable, Unrecognised, undecided
from scanners.minimum_necessary import code_alone, keep_listed, once, refuse_what_must_not_be_stored
from scanners.model import Ask, Door, Fact, NothingToGovern, Page, Readings, Snapshot
from scanners.plans import has_plan
from scanners.ports import Answer, Clock, DoorPort, EvidencePort, Pages, StoredPage
from scanners.reading import Json
from scanners.result import rfc3339

MOST_BYTES = 512 * 1024 * 1024  # stored of one fact in one run: its reading takes about as much memory, and an instance has 2 GB
TOO_MUCH = "Nothing in the tenant is at fault; a deployment for a directory of this size needs larger instances and a higher limit."
MOST_ATTEMPTS = 3  # with nextLinks that expire in between; each attempt starts from the first page


@dataclass(frozen=True, slots=True)
class Run:
    """What custody says about the run: who looked, with which version."""

    id: str
    tenant: str
    principal: str
    scanner: str


async def look(fact: Fact, run: Run, doors: Mapping[Door, DoorPort], evidence: EvidencePort, readings: Readings, clock: Clock) -> Snapshot:
    """Read one fact into evidence. `readings` holds what the facts in `after` gave; one that is missing there was unreadable.

    `asks` finds the time at which the fact is looked at as `readings["at"]`, for requests that reach back so many hours.
    """
    if (committed := await asyncio.to_thread(evidence.custody, fact.id)) is not None:
        return snapshot_of(committed)
    started = clock()
    try:
        _refuse_without_predecessors(fact, readings)
        if _plan_absent(fact, readings):
            found = _Found(doubt=_no_plan(fact), empty_for_plan=fact.without_plan != "skip")
        else:
            found = await _collect(fact, doors, evidence, {**readings, "at": started})
    except EvidenceRefused as refusal:
        found = _Found(doubt=Unrecognised(str(refusal)), refused=True)
    except Undecided as doubt:
        found = _Found(doubt=doubt)
    return await asyncio.to_thread(_commit, fact, run, evidence, (started, clock()), found)


def record(fact: Fact, run: Run, evidence: EvidencePort, value: Json | Undecided, clock: Clock) -> Snapshot:
    """Keep a fact of the product's own records as evidence of this run, or why it cannot be known; when it is kept already, the first one counts."""
    if (committed := evidence.custody(fact.id)) is not None:
        return snapshot_of(committed)
    now = clock()
    if isinstance(value, Undecided):
        return _commit(fact, run, evidence, (now, now), _Found(doubt=value))
    body = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    answer = Answer(HTTPStatus.OK, body, f"records/{fact.id}", "GET", None, None, None, "1", "records")
    page = _store(fact, evidence, answer, 1, 0, 0, "")
    return _commit(fact, run, evidence, (now, now), _Found((page,)))


def _refuse_without_predecessors(fact: Fact, readings: Readings) -> None:
    for earlier in fact.after:
        held = readings.get(earlier)
        if isinstance(held, Undecided):
            raise undecided(held.reason, f"{earlier}, which this is asked after, could not be read: {held.because}", held.remedy)
        if isinstance(held, NothingToGovern):
            raise NotLicensed(f"{earlier}, which this is asked after, has nothing to say: {held.because}")


def _plan_absent(fact: Fact, readings: Readings) -> bool:
    """Only what the subscriptions prove counts; where they could not be read the fact is asked for."""
    skus = readings.get("subscribed_skus")
    return bool(fact.plans) and isinstance(skus, tuple) and has_plan(skus, *fact.plans) is False


def _no_plan(fact: Fact) -> Undecided:
    titles = " or ".join(plan.title for plan in fact.plans)
    return NotLicensed(f"the tenant has no {titles}, so this was not asked for", f"Add {titles} to the tenant, then run the scan again.")


async def _collect(fact: Fact, doors: Mapping[Door, DoorPort], evidence: EvidencePort, readings: Readings) -> "_Found":
    door = doors.get(fact.door)
    if door is None:
        raise NotSupported(f"this deployment has no way to the {fact.door.value} administration")
    asks = _asks(fact, readings)
    attempt, stored = await asyncio.to_thread(evidence.progress, fact.id)
    if [page.number for page in stored] != list(range(len(stored))):  # a page in front is gone, and what it held would not be missed
        attempt, stored = attempt + 1, ()
    while True:
        try:
            return _Found(await _attempt(fact, asks, door, evidence, readings, attempt, stored), attempt)
        except Unreachable:
            # A stored nextLink may have expired between two executions: start over, never mix two attempts.
            if not stored or attempt >= MOST_ATTEMPTS:
                raise
            attempt, stored = attempt + 1, ()


def _asks(fact: Fact, readings: Readings) -> tuple[Ask, ...]:
    try:
        return tuple(fact.asks(readings) if callable(fact.asks) else fact.asks)
    except (LookupError, TypeError, ValueError, AttributeError) as fault:
        raise Unrecognised(f"{fact.id}: what it is asked after does not have the expected form") from fault


async def _attempt(
    fact: Fact, asks: tuple[Ask, ...], door: DoorPort, evidence: EvidencePort, readings: Readings, attempt: int, stored: tuple[StoredPage, ...]
) -> tuple[StoredPage, ...]:
    pages, size = list(stored), sum(page.size for page in stored)
    first, resume = _where_to_continue(asks, pages)
    async with aclosing(in_order(fact, asks[first:], door, readings, resume)) as answers:
        async for number, answer in answers:
            index = first + number
            page = await asyncio.to_thread(_store, fact, evidence, answer, attempt, len(pages), index, asks[index].about)
            pages.append(page)
            if (size := size + page.size) > MOST_BYTES:
                raise Unrecognised(f"{fact.id} has more than {MOST_BYTES // 1024**2} MB, more than is judged in one piece", TOO_MUCH)
            if answer.next_link is not None or index + 1 < len(asks):  # after the very last page custody follows at once
                await asyncio.to_thread(evidence.put_progress, fact.id, attempt, page)
    return tuple(pages)


def _where_to_continue(asks: tuple[Ask, ...], pages: list[StoredPage]) -> tuple[int, str | None]:
    if not pages:
        return 0, None
    last = pages[-1]
    most = asks[last.ask].most_pages if last.ask < len(asks) else 0
    enough = 0 < most <= sum(page.ask == last.ask for page in pages)  # the link is then a trace of what was left unread
    return (last.ask, last.next_link) if last.next_link and not enough else (last.ask + 1, None)


def _store(fact: Fact, evidence: EvidencePort, answer: Answer, attempt: int, number: int, ask: int, about: str) -> StoredPage:
    received = hashlib.sha256(answer.body).hexdigest()
    good = HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
    body, rows = stored_form(fact, answer.body) if good else (code_alone(answer.body), None)
    blob, version = evidence.put_page(fact.id, attempt, number, body)
    return StoredPage(
        number=number,
        ask=ask,
        about=about,
        path=answer.path,
        method=answer.method,
        status=answer.status,
        blob=blob,
        received_sha256=received,
        stored_sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
        rows=rows,
        next_link=answer.next_link,
        request_id=answer.request_id,
        server_date=answer.server_date,
        api_version=answer.api_version,
        interface=answer.interface,
        version=version,
    )


def stored_form(fact: Fact, received: bytes) -> tuple[bytes, int | None]:
    """The bytes to store and the number of rows in them. Bytes stay as received unless something must go."""
    try:
        page = json.loads(received, object_pairs_hook=once)
        reduced = fact.reduce(page) if fact.reduce else page
        if fact.keep == "listed":
            reduced = keep_listed(fact, reduced)
        refuse_what_must_not_be_stored(fact, reduced)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as fault:
        raise Unrecognised(f"{fact.id}: a page does not have the form that is read here") from fault
    listed = reduced.get("value") if isinstance(reduced, dict) else reduced
    rows = len(listed) if isinstance(listed, list) else None
    if reduced == page:
        return received, rows
    return json.dumps(reduced, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace"), rows  # half a surrogate pair


def reduction_sha256(fact: Fact) -> str | None:
    """Digest of the rule that changed the pages before storing, or None where bytes are as received."""
    if fact.reduce is None and fact.keep == "selected":
        return None
    rule = inspect.getsource(inspect.getmodule(fact.reduce) or keep_listed) if fact.reduce else inspect.getsource(keep_listed)
    return hashlib.sha256(rule.encode()).hexdigest()


def _commit(fact: Fact, run: Run, evidence: EvidencePort, span: tuple[datetime, datetime], found: "_Found") -> Snapshot:
    doubt = found.doubt
    custody = {
        "schema_version": 1,
        "fact": fact.id,
        "run": run.id,
        "tenant": run.tenant,
        "principal": run.principal,
        "scanner": run.scanner,
        "door": fact.door.value,
        "interface": found.pages[0].interface if found.pages else None,
        "attempt": found.attempt,
        "started_at": rfc3339(span[0]),
        "collected_at": rfc3339(span[1]),
        "read": doubt is None,
        "reason": doubt.reason.value if doubt else None,
        "because": doubt.because if doubt else "",
        "remedy": doubt.remedy if doubt else None,
        "refused": found.refused,
        "empty_for_plan": found.empty_for_plan,
        "permissions": [p.name for p in fact.permissions],
        "reduction_sha256": reduction_sha256(fact),
        "counts": {"pages": len(found.pages), "rows": sum(p.rows or 0 for p in found.pages), "bytes": sum(p.size for p in found.pages)},
        "pages": [page.to_json() for page in found.pages],
    }
    return snapshot_of(evidence.commit(fact.id, custody))


@dataclass(frozen=True, slots=True)
class _Found:
    pages: tuple[StoredPage, ...] = ()
    attempt: int = 1
    doubt: Undecided | None = None
    refused: bool = False
    empty_for_plan: bool = False


def snapshot_of(custody: Mapping[str, Any]) -> Snapshot:
    """The snapshot that a committed custody record describes."""
    return Snapshot(
        fact=custody["fact"],
        read=custody["read"],
        reason=Reason(custody["reason"]) if custody["reason"] else None,
        because=custody["because"],
        remedy=custody["remedy"],
        refused=custody["refused"],
        empty_for_plan=custody["empty_for_plan"],
        collected_at=datetime.fromisoformat(custody["collected_at"]),
        interface=custody["interface"] or "supported",
        pages=tuple(page["blob"] for page in custody["pages"]),
    )


def pages_of(custody: Mapping[str, Any], evidence: Pages) -> Iterator[Page]:
    """The stored pages of a fact, one at a time, with their digests checked."""
    for each in custody["pages"]:
        page = StoredPage.from_json(each)
        body = evidence.page(page.blob)
        if hashlib.sha256(body).hexdigest() != page.stored_sha256:
            raise StorageError(f"{page.blob} does not have the digest that custody recorded; the evidence store was changed")
        ok = HTTPStatus.OK <= page.status < HTTPStatus.MULTIPLE_CHOICES
        yield Page(page.about, page.path, page.status, json.loads(body) if ok else None)
