"""The evidence of one run: pages, their progress and the custody record that commits them.

`evidence/{run}/{fact}/00001.json` is a page as received; `00001.meta.json` what was asked for it, so that a second execution goes on after it;
`custody.json`, put last, is the commit. A further attempt lies under `attempt-2/`. A page that comes twice with other bytes (a service may word the
same page differently) is kept beside the first under its digest, so that the path of a page always holds the bytes that were hashed.
"""

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from reporting.records import canonical, moment_of, sha256
from reporting.storage.blobs import BlobInfo, Blobs
from scanners.errors import StorageError
from scanners.ports import StoredPage

_META = re.compile(r"(?:attempt-(?P<attempt>[0-9]+)/)?(?P<number>[0-9]{5,})\.meta\.json")
READERS = 8
AHEAD_BYTES = 48 * 1024 * 1024


def member(blob: str) -> str:
    """The path inside the package of a blob of evidence: the same without the run."""
    area, _, rest = blob.split("/", 2)
    return f"{area}/{rest}"


class RunEvidence:
    """EvidencePort over blobs. `collecting` is for who is about to look: one listing of a fact then answers whether anything of it is there."""

    def __init__(self, blobs: Blobs, run: str, *, collecting: bool = False) -> None:
        moment_of(run)
        self._blobs = blobs
        self._run = run
        self._listings: dict[str, tuple[str, ...]] | None = {} if collecting else None

    def _folder(self, fact: str, attempt: int = 1) -> str:
        base = f"evidence/{self._run}/{fact}"
        return base if attempt == 1 else f"{base}/attempt-{attempt}"

    def put_page(self, fact: str, attempt: int, number: int, body: bytes) -> tuple[str, str | None]:
        """Store a page create-only; its path, which holds exactly these bytes, and the blob's version."""
        path = f"{self._folder(fact, attempt)}/{number:05d}.json"
        put = self._blobs.put(path, body)
        if not put.created and self._blobs.get(path) != body:
            path = f"{self._folder(fact, attempt)}/{number:05d}-{sha256(body)[:16]}.json"
            put = self._blobs.put(path, body)
        return path, put.version

    def put_progress(self, fact: str, attempt: int, page: StoredPage) -> None:
        """Remember what was asked for a stored page. The first to say so counts."""
        self._blobs.put(f"{self._folder(fact, attempt)}/{page.number:05d}.meta.json", canonical(page.to_json()))

    def progress(self, fact: str) -> tuple[int, tuple[StoredPage, ...]]:
        """The newest attempt and its pages in order, as far as they are without a gap."""
        found: dict[int, dict[int, str]] = {}
        prefix = f"{self._folder(fact)}/"
        for path in self._listed(fact):
            if match := _META.fullmatch(path[len(prefix) :]):
                found.setdefault(int(match["attempt"] or 1), {})[int(match["number"])] = path
        if not found:
            return 1, ()
        newest = max(found)
        paths = []
        for place, number in enumerate(sorted(found[newest]), start=min(found[newest])):
            if number != place:
                break
            paths.append(found[newest][number])
        pages = tuple(StoredPage.from_json(json.loads(body)) for body in ahead(self._blobs, [(path, 4096) for path in paths]))
        return newest, pages

    def _listed(self, fact: str) -> tuple[str, ...]:
        """The blobs of a fact; while collecting, as they were when they were first listed: what others put since is met when we put the same."""
        if self._listings is None or fact not in self._listings:
            listed = tuple(blob.path for blob in self._blobs.listed(f"{self._folder(fact)}/"))
            if self._listings is None:
                return listed
            self._listings[fact] = listed
        return self._listings[fact]

    def commit(self, fact: str, custody: Mapping[str, Any]) -> Mapping[str, Any]:
        """Put custody.json create-only; the one that counts."""
        path = f"{self._folder(fact)}/custody.json"
        if self._blobs.put(path, canonical(custody)).created:
            return custody
        return self._own(fact, self._blobs.get(path))

    def custody(self, fact: str) -> Mapping[str, Any] | None:
        """The committed record, or None."""
        path = f"{self._folder(fact)}/custody.json"
        if self._listings is not None and path not in self._listed(fact):
            return None
        body = self._blobs.find(path)
        return None if body is None else self._own(fact, body)

    def custody_bytes(self, fact: str) -> bytes | None:
        """The committed record as stored, for the package. Raises StorageError when it is of another run or fact."""
        body = self._blobs.find(f"{self._folder(fact)}/custody.json")
        if body is not None:
            self._own(fact, body)
        return body

    def _own(self, fact: str, body: bytes) -> Mapping[str, Any]:
        """The record, when it speaks of this run and fact and of pages that lie here: no run is judged from another run's evidence."""
        custody, folder = _mapping(body), f"{self._folder(fact)}/"
        if (custody.get("run"), custody.get("fact")) != (self._run, fact) or not all(page["blob"].startswith(folder) for page in custody["pages"]):
            raise StorageError(f"the custody record of {fact} is of another run or fact; somebody put it there")
        return custody

    def page(self, blob: str) -> bytes:
        """The stored bytes of a page. Only pages of this run's evidence can be asked for."""
        if not blob.startswith(f"evidence/{self._run}/"):
            raise StorageError("this path is not evidence of this run")
        return self._blobs.get(blob)

    def pages(self, wanted: Iterable[tuple[str, int]]) -> Iterator[bytes]:
        """Bytes of many pages, given as path and size, in order, read ahead by a few."""
        return ahead(self._blobs, wanted)

    def facts(self) -> tuple[str, ...]:
        """Facts with a committed custody record in this run."""
        prefix = f"evidence/{self._run}/"
        named = (_fact_of(blob, prefix) for blob in self._blobs.listed(prefix))
        return tuple(sorted({name for name in named if name}))


def _fact_of(blob: BlobInfo, prefix: str) -> str:
    fact, _, rest = blob.path[len(prefix) :].partition("/")
    return fact if rest == "custody.json" else ""


def ahead(blobs: Blobs, wanted: Iterable[tuple[str, int]]) -> Iterator[bytes]:
    """Read in order with a few requests under way; what is read ahead is bounded in bytes, so that memory does not grow with the run."""
    waiting: deque[tuple[Future[bytes], int]] = deque()
    held = 0
    with ThreadPoolExecutor(READERS, thread_name_prefix="evidence") as pool:
        try:
            for path, size in wanted:
                while waiting and (len(waiting) >= 2 * READERS or held + size > AHEAD_BYTES):
                    future, weight = waiting.popleft()
                    held -= weight
                    yield future.result()
                waiting.append((pool.submit(blobs.get, path), size))
                held += size
            while waiting:
                yield waiting.popleft()[0].result()
        finally:
            for future, _ in waiting:
                future.cancel()


def _mapping(body: bytes) -> Mapping[str, Any]:
    value = json.loads(body)
    if not isinstance(value, dict):
        raise StorageError("a custody record is not an object; somebody replaced it")
    return value
