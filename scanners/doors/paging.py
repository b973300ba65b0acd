"""Following the links of a long answer, without walking in circles and without leaving the service's own host."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from scanners.doors import remedies
from scanners.doors.hosts import same_origin
from scanners.errors import Unreachable, Unrecognised

MOST_PAGES = 3000  # a directory of a million and a half users at 500 a page; beyond it is a fault, not a tenant


class PageTokenExpired(Unreachable):
    """The link to the next page is too old; the list must be read again from its first page, in a new attempt."""

    advice = "Nothing needs to change in the tenant; the list is read again from its beginning."


class TooManyPages(Unrecognised):
    """The list has more pages than any tenant's."""


def next_link(body: Any) -> str | None:
    """The link to the next page as the services spell it: `@odata.nextLink` (Graph, Exchange), `@nextLink` or `nextLink` (Teams)."""
    if not isinstance(body, Mapping):
        return None
    for key in ("@odata.nextLink", "odata.nextLink", "@nextLink", "nextLink"):
        link = body.get(key)
        if isinstance(link, str) and link:
            return link
        if link is not None and link != "":
            raise Unrecognised("the link to the next page is not text", remedies.REPORT)
    return None


def parsed(body: bytes) -> Any:
    """The body as JSON. Raises Unrecognised when it is not JSON: a page that nobody can read is never stored."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise Unrecognised("the answer is not JSON", remedies.REPORT) from fault


class Walk:
    """One list's way through its pages. Remembers links and contents, so that a circle ends at its second turn."""

    def __init__(self, base: str, first: str, most_pages: int = MOST_PAGES) -> None:
        self._base, self._most = base, most_pages
        self._links = {first}
        self._contents: set[bytes] = set()
        self.pages = 0

    def arrived(self, rows: Any) -> None:
        """A page came with `rows`. Raises Unrecognised when as many with the same first and last came before, TooManyPages past the limit.

        Rows that come twice would be counted twice, and those left out in their place would not be missed. Pages without rows may
        repeat: Graph sends them where a filter left nothing of a page.
        """
        self.pages += 1
        if self.pages > self._most:
            raise TooManyPages(f"the list has more than {self._most} pages", remedies.REPORT)
        if not rows:
            return
        ends = [len(rows), rows[0], rows[-1]] if isinstance(rows, list) else rows  # of a page that comes again the ends tell
        digest = hashlib.sha256(json.dumps(ends, separators=(",", ":")).encode()).digest()
        if digest in self._contents:
            raise Unrecognised("the service sent the same page twice", remedies.REPORT)
        self._contents.add(digest)

    def follow(self, link: str) -> str:
        """`link`, checked. Raises Unrecognised when it leads to another host or to a page that was read already."""
        if not same_origin(link, self._base):
            raise Unrecognised("the link to the next page leads to another host; it was not followed", remedies.REPORT)
        if link in self._links:
            raise Unrecognised("the link to the next page leads in a circle", remedies.REPORT)
        self._links.add(link)
        return link
