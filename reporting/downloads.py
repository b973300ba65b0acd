"""When what is given of a package counts as a download, and what belongs to one that has counted. Pure.

Counting the last byte alone would let anybody have the rest of the file without end, and a zip opens without its last byte. So parts count as soon
as what was given could be of use: more than half of the file, or anything of its last 64 KiB, where the list of its members is; or as many bytes
as the file has, however often they are the same. A whole file counts each time.

What was given need not have arrived: a connection may break at the first byte, and only who asks knows. So whatever part of the file is asked for
again belongs to the download that has counted, for a day and up to three times the file's size in all. Nobody gets more than that for one count.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import AwareDatetime

from reporting.records import Record

END = 64 * 1024  # bytes at the end of a file whose giving away counts
SPANS = 64  # separate stretches that are remembered of one download
AGAIN = 3  # times the size of the file that one counted download may fetch in all
OPEN = timedelta(hours=24)  # how long parts belong to a download after it has counted


class Progress(Record):
    """How far a download has come: stretches given until it counted (first and last byte), bytes given in all, whether it counted and when."""

    spans: tuple[tuple[int, int], ...] = ()
    given: int = 0
    counted: bool = False
    since: AwareDatetime | None = None

    @property
    def covered(self) -> int:
        """Bytes of the file that were given at least once."""
        return sum(last - first + 1 for first, last in self.spans)


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes `first` to `last` of a file of `size` bytes that are about to be given; `whole`: the file was asked for without a range."""

    first: int
    last: int
    size: int
    at: datetime
    whole: bool = False

    @property
    def length(self) -> int:
        """Bytes of the part."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Step:
    """What giving a part means: the download as it then stands, whether it counts now, and whether it belongs to one that had counted before."""

    progress: Progress
    counts: bool
    paid: bool


def after(before: Progress, part: Part) -> Step:
    """The download after the part is given: the same one, or a new one where the one before is used up or the whole file is asked for anew."""
    if before.counted and not part.whole and _holds(before, part):
        return Step(before.model_copy(update={"given": before.given + part.length}), counts=False, paid=True)
    if before.counted:
        before = Progress()
    now = Progress(spans=merged((*before.spans, (part.first, part.last))), given=before.given + part.length)
    if part.whole or part.last >= part.size - END or 2 * now.covered > part.size or now.given > part.size:
        return Step(Progress(given=now.given, counted=True, since=part.at), counts=True, paid=False)
    return Step(now, counts=False, paid=False)


def _holds(counted: Progress, part: Part) -> bool:
    """Whether a download that has counted has room and time for the part."""
    return counted.since is not None and part.at - counted.since <= OPEN and counted.given + part.length <= AGAIN * part.size


def merged(spans: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """The same bytes in as few stretches as can be; beyond a bound, those that lie closest are taken for one, which counts rather early than late."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    while len(found) > SPANS:
        place = min(range(1, len(found)), key=lambda at: found[at][0] - found[at - 1][1])
        found[place - 1 : place + 1] = [(found[place - 1][0], found[place][1])]
    return tuple(found)
