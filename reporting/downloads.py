"""When a package that is given away in parts counts as one download. Pure.

Counting the last byte alone would let anybody have the rest of the file without end, and a zip opens without its last byte. So a download counts as
soon as what was given of the file could be of use: more than half of it, or anything of its last 64 KiB, where the list of its members is. The rest
of that file then belongs to the same download, also where a broken connection makes some of it be fetched again.
"""

from dataclasses import dataclass

from reporting.records import Record

END = 64 * 1024  # bytes at the end of a file whose giving away counts
SPANS = 64  # separate stretches that are remembered of one download
AGAIN = 2  # times the size of the file that one counted download may fetch in all


class Progress(Record):
    """How far a download in parts has come: the stretches given (first and last byte), bytes given in all, and whether it has counted."""

    spans: tuple[tuple[int, int], ...] = ()
    given: int = 0
    counted: bool = False

    @property
    def covered(self) -> int:
        """Bytes of the file that were given at least once."""
        return sum(last - first + 1 for first, last in self.spans)


@dataclass(frozen=True, slots=True)
class Step:
    """What giving a part means: the download as it then stands, whether it counts now, and whether it had counted before."""

    progress: Progress
    counts: bool
    paid: bool


def after(before: Progress, first: int, last: int, size: int) -> Step:
    """The download after the bytes `first` to `last` of `size` are given. A whole one leaves nothing behind."""
    length = last - first + 1
    if before.counted and before.given + length > AGAIN * size:
        before = Progress()  # more than broken connections explain: this is another download
    now = Progress(spans=merged((*before.spans, (first, last))), given=before.given + length)
    counts = not before.counted and (last >= size - END or 2 * now.covered > size)
    whole = now.covered >= size
    return Step(Progress() if whole else now.model_copy(update={"counted": before.counted or counts}), counts, before.counted)


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
