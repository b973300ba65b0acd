"""The access log's entries, made from requests: who fetched what, when, through which link. Never the secret, the query or a plain address."""

import logging
import threading
import time

import azure.functions as func

from reporting.records import Actor
from reporting.sharing import Access
from runs.context import context
from scanners.errors import StorageError

log = logging.getLogger(__name__)
REFUSALS = 120  # logged refusals a minute and process; what is more is answered 429 and counted in the function app's log only


def note(
    request: func.HttpRequest,
    what: str,
    status: int,
    *,
    run: str | None = None,
    link: str | None = None,
    by: Actor | None = None,
    reason: str | None = None,
) -> None:
    """Append an entry to the access log. Raises StorageError: what cannot be logged is not served."""
    held = context()
    now = held.clock()
    address = address_of(request)
    entry = Access(
        at=now,
        what=what,
        run=run,
        link=link,
        by=by,
        status=status,
        reason=reason,
        address_hash=held.storage.access.hashed(address, now) if address else None,
        user_agent=_printable(request.headers.get("User-Agent", "")) or None,
    )
    held.storage.access.add(entry)


def note_if_possible(request: func.HttpRequest, what: str, status: int, *, run: str | None, link: str | None, reason: str) -> None:
    """The same for a refusal or a fault, which is answered whether or not it can be logged: nothing is given away."""
    try:
        note(request, what, status, run=run, link=link, reason=reason)
    except StorageError as fault:
        log.warning("a refusal could not be written to the access log: %s", type(fault).__name__)


def address_of(request: func.HttpRequest) -> str:
    """The caller's address: the last one in X-Forwarded-For, which the platform's front end wrote; those before it are the caller's own words."""
    last: str = request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip()
    if last.startswith("["):
        return last[1:].partition("]")[0]
    return last.partition(":")[0] if last.count(":") == 1 else last


def _printable(text: str) -> str:
    return "".join(char for char in text[:200] if char.isprintable())


class Budget:
    """How many refusals are still logged in this minute, so that a stranger cannot fill the log."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._minute, self._used = 0, 0

    def take(self) -> bool:
        """Whether one more may be logged."""
        minute = int(time.monotonic() // 60)
        with self._lock:
            if minute != self._minute:
                if self._used > self._most:
                    log.warning("%s refusals in a minute were not written to the access log", self._used - self._most)
                self._minute, self._used = minute, 0
            self._used += 1
            return self._used <= self._most


refusals = Budget(REFUSALS)
