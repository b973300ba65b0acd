"""What the chain of attestations says of past runs. Links and signed members are put once, so this is what history is read from.

Reads are bounded by the time asked for and done several at once: a year of nightly runs is 365 small blobs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from reporting.attestation import opened, previous_of
from reporting.records import sha256
from reporting.storage import Storage
from scanners.errors import StorageError

AT_ONCE = 8  # below the ten connections that the storage SDK keeps open
BATCH = 64
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A run as its own link states it. Times are RFC 3339 texts, as signed."""

    run: str
    sequence: int
    started_at: str
    completed_at: str
    envelope_sha256: str
    previous_sha256: str | None  # of the signed run before it; a change of keys in between is passed over where its digests fit
    subjects: Mapping[str, str]  # member -> SHA-256
    failed: Mapping[str, str]  # runs that this link names as failed, with their start


@dataclass(frozen=True, slots=True)
class _Opened:
    sequence: int
    sha256: str
    statement: Mapping[str, Any]

    @property
    def before(self) -> str | None:
        """The digest of the link before, as signed."""
        found = self.statement["predicate"]["chain"]["previous_sha256"]
        return None if found is None else str(found)

    @property
    def begun(self) -> datetime | None:
        """When its run started; None for a change of keys."""
        predicate = self.statement["predicate"]
        return None if "introduces" in predicate else datetime.fromisoformat(predicate["run"]["started_at"])


def signed_runs(storage: Storage, *, least: int, since: datetime) -> tuple[Signed, ...]:
    """The signed runs that started after `since`, and in any case the newest `least`, newest first.

    Raises StorageError when a link is missing, SigningError when one is no envelope of ours.
    """
    links, found, runs = storage.attestations.links(), list[_Opened](), 0
    for end in range(len(links), 0, -BATCH):
        numbers = [link.sequence for link in reversed(links[max(0, end - BATCH) : end])]
        found += at_once(lambda number: _opened(number, storage.attestations.link(number)), numbers)
        runs = sum(each.begun is not None for each in found)
        oldest = min((each.begun for each in found if each.begun is not None), default=None)
        if runs > least and oldest is not None and oldest <= since:  # one more than asked for: the oldest is compared with the one before
            break
    chosen = list(_signed(found))
    return tuple(each for place, each in enumerate(chosen) if place < least or datetime.fromisoformat(each.started_at) > since)


def _opened(sequence: int, envelope: bytes) -> _Opened:
    statement = opened(envelope)
    if statement["predicate"]["chain"]["sequence"] != sequence:
        raise StorageError(f"link {sequence} of the chain of attestations says that it is another one; somebody put it there")
    return _Opened(sequence, sha256(envelope), statement)


def _signed(newest_first: list[_Opened]) -> Iterator[Signed]:
    for place, link in enumerate(newest_first):
        if link.begun is None:
            continue
        run = link.statement["predicate"]["run"]
        yield Signed(
            run=str(run["id"]),
            sequence=link.sequence,
            started_at=str(run["started_at"]),
            completed_at=str(run["completed_at"]),
            envelope_sha256=link.sha256,
            previous_sha256=_before(link, newest_first[place + 1 :]),
            subjects={each["name"]: each["digest"]["sha256"] for each in link.statement["subject"]},
            failed={each["run"]: each["started_at"] for each in link.statement["predicate"].get("failed_runs", ())},
        )


def _before(link: _Opened, earlier: Iterable[_Opened]) -> str | None:
    """The digest by which a run's link names the run before. Where a digest does not fit, it is given as signed, and does not fit there either."""
    named = link.before
    for each in earlier:
        if named != each.sha256 or each.begun is not None:
            return named
        named = each.before
    return named


def latest(storage: Storage) -> tuple[str, int] | None:
    """The newest signed run and its place, or None before the first. Raises StorageError and SigningError."""
    links = storage.attestations.links()
    if not links:
        return None
    last = previous_of(storage.attestations.link(links[-1].sequence))
    return (last.run, last.run_sequence) if last.run else None


def member(storage: Storage, run: str, stored: str, digest: str | None) -> bytes | None:
    """What is stored under a name, or None when it is not there. Raises StorageError when it is not what was signed."""
    body = storage.attestations.find(run, stored)
    if body is not None and sha256(body) != digest:
        raise StorageError(f"{stored} kept of run {run} is not what was signed; nothing is judged from it")
    return body


def at_once(ask: Callable[[T], R], of: Iterable[T]) -> list[R]:
    """The answers in the order of what was asked, several asked at once."""
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return list(pool.map(ask, of))
