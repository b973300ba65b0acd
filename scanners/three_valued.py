"""Rules over many objects, with yes, no and unknown. Unknown never counts as yes and never as no.

"Every" is no when any object is no, else unknown when any is unknown, else yes. An object whose deciding property could not be
recognised is unknown; the others are judged all the same.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from scanners.errors import Reason, Undecided
from scanners.model import Verdict, failed, passed, unknown

T = TypeVar("T")
Maybe = bool | None


@dataclass(frozen=True, slots=True)
class Sorted(Generic[T]):
    """The objects looked at, each in one of three piles."""

    good: tuple[T, ...]
    bad: tuple[T, ...]
    unclear: tuple[T, ...]
    doubts: tuple[Undecided, ...]  # why objects are unclear, as far as a reason was raised

    @property
    def looked_at(self) -> int:
        """How many objects were judged."""
        return len(self.good) + len(self.bad) + len(self.unclear)

    def every(
        self,
        *,
        good: str,
        bad: str,
        empty: Verdict | Undecided,
        name: Callable[[T], str] = lambda thing: str(getattr(thing, "id", thing)),
        **observed: Any,
    ) -> Verdict:
        """Pass when every object is good; `empty` is the verdict when there was nothing to look at."""
        counts = {"looked_at": self.looked_at, "good": len(self.good), "bad": len(self.bad), "unclear": len(self.unclear), **observed}
        if not self.looked_at:
            if isinstance(empty, Undecided):
                raise empty
            return empty
        if self.bad:
            return failed(f"{bad}: {len(self.bad)} of {self.looked_at}", map(name, self.bad), **counts)
        if self.unclear:
            doubt = self.doubts[0] if self.doubts else None
            because = f"{len(self.unclear)} of {self.looked_at} could not be judged" + (f": {doubt.because}" if doubt else "")
            reason = doubt.reason if doubt else Reason.UNRECOGNISED
            return unknown(reason, because, doubt.remedy if doubt else None, map(name, self.unclear), **counts)
        return passed(f"{good}: {self.looked_at} of {self.looked_at}", **counts)


def sort(things: Iterable[T], test: Callable[[T], Maybe]) -> Sorted[T]:
    """Put each thing into a pile. A test answers True, False or None, or meets a property that nobody can read."""
    good: list[T] = []
    bad: list[T] = []
    unclear: list[T] = []
    doubts: list[Undecided] = []
    for thing in things:
        try:
            answer = test(thing)
        except Undecided as doubt:
            doubts.append(doubt)
            answer = None
        (unclear if answer is None else good if answer else bad).append(thing)
    return Sorted(tuple(good), tuple(bad), tuple(unclear), tuple(doubts))


def attempt(question: Callable[[], Maybe]) -> Maybe:
    """The answer, or None where a property could not be recognised."""
    try:
        return question()
    except Undecided:
        return None


def every(answers: Iterable[Maybe]) -> Maybe:
    """No when any is no, else unknown when any is unknown, else yes."""
    answer: Maybe = True
    for each in answers:
        if each is False:
            return False
        if each is None:
            answer = None
    return answer


def some(answers: Iterable[Maybe]) -> Maybe:
    """Yes when any is yes, else unknown when any is unknown, else no."""
    answer: Maybe = False
    for each in answers:
        if each:
            return True
        if each is None:
            answer = None
    return answer
