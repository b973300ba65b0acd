"""What the engine is handed: doors to the tenant and a place to keep evidence. Shapes only; who fills them lives elsewhere."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from scanners.model import Ask, Fact

Interface = Literal["supported", "observed", "statement", "records"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of an outside system, whole: the bytes are the evidence."""

    status: int
    body: bytes
    path: str  # as asked: path and query, without host; for a cmdlet its name and parameters
    method: str
    next_link: str | None
    request_id: str | None
    server_date: str | None
    api_version: str
    interface: Interface


class DoorPort(Protocol):
    """The way to one outside system."""

    def pages(self, fact: Fact, ask: Ask, resume: str | None = None) -> AsyncIterator[Answer]:
        """The answers to `ask`, page by page; `resume` continues from a nextLink that was stored before.

        Raises a leaf of Undecided when no answer, or no recognisable one, can be had. A status in `ask.tolerates` is an answer.
        Never yields a page whose body is not JSON (statuses in `tolerates` excepted), a page twice, or a page of another host.
        """
        ...


@dataclass(frozen=True, slots=True)
class StoredPage:
    """What custody says of one stored page."""

    number: int
    ask: int  # which of the fact's requests, counted from 0
    about: str
    path: str
    method: str
    status: int
    blob: str
    received_sha256: str
    stored_sha256: str
    size: int
    rows: int | None
    next_link: str | None
    request_id: str | None
    server_date: str | None
    api_version: str
    interface: Interface
    version: str | None = None  # blob version, where the account keeps versions

    def to_json(self) -> dict[str, Any]:
        """As custody.json holds it."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "StoredPage":
        """The inverse of to_json; unknown keys are refused by the constructor."""
        return cls(**value)


class Pages(Protocol):
    """Stored pages, to be read."""

    def page(self, blob: str) -> bytes:
        """The stored bytes of a page."""
        ...


class EvidencePort(Protocol):
    """Where the pages of one run are kept. Everything is put once; a second put of the same name keeps the first."""

    def put_page(self, fact: str, attempt: int, number: int, body: bytes) -> tuple[str, str | None]:
        """Store bytes create-only; the blob's path and version. When the page exists already, the stored one counts."""
        ...

    def put_progress(self, fact: str, attempt: int, page: StoredPage) -> None:
        """Remember what was asked for a stored page, so that a second attempt continues after it."""
        ...

    def progress(self, fact: str) -> tuple[int, tuple[StoredPage, ...]]:
        """The newest attempt of `fact` in this run and its stored pages in order; (1, ()) when there is none."""
        ...

    def commit(self, fact: str, custody: Mapping[str, Any]) -> Mapping[str, Any]:
        """Put custody.json create-only; the one that counts (an earlier one, when this comes second)."""
        ...

    def custody(self, fact: str) -> Mapping[str, Any] | None:
        """The committed custody record, or None."""
        ...

    def page(self, blob: str) -> bytes:
        """The stored bytes of a page."""
        ...


class Clock(Protocol):
    """The time of day, handed in so that nothing below reads a clock."""

    def __call__(self) -> datetime:
        """Now, aware, UTC."""
        ...
