"""When parts of a package count as a download, and what one that has counted goes on to give."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.downloads import AGAIN, END, OPEN, SPANS, Part, Progress, after, merged

MB = 1024 * 1024
SIZE = 1_000_000
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
Asked = tuple[int, int] | None  # a range, or the whole file


class Link:
    """A link with a limit and one file, as the store keeps book of them."""

    def __init__(self, size: int = SIZE, limit: int | None = None) -> None:
        self.size, self.limit, self.counted, self.given, self.now, self.progress = size, limit, 0, 0, NOW, Progress()

    def gives(self, asked: Asked) -> bool:
        """Whether what is asked for is given."""
        first, last = asked or (0, self.size - 1)
        step = after(self.progress, Part(first, last, self.size, self.now, whole=asked is None))
        if not step.paid and self.limit is not None and self.counted >= self.limit:
            return False
        self.progress = Progress.model_validate_json(step.progress.model_dump_json())
        self.counted, self.given = self.counted + step.counts, self.given + last - first + 1
        return True


def counted(*parts: Asked, size: int = SIZE) -> int:
    """How often a series of parts counts."""
    link = Link(size)
    given = [link.gives(part) for part in parts]
    assert all(given)
    return link.counted


def in_parts(length: int, size: int = SIZE) -> list[tuple[int, int]]:
    return [(first, min(first + length, size) - 1) for first in range(0, size, length)]


def test_a_file_fetched_in_parts_counts_once_in_any_order() -> None:
    for length in (70_000, 300_000, 999_999, SIZE):
        parts = in_parts(length)
        assert counted(*parts) == 1
        assert counted(*reversed(parts)) == 1
        assert counted(*parts, *parts, *parts) == 1
        assert counted(*parts, *parts, *parts, *parts) == 2, "more than broken connections explain"


def test_a_whole_file_counts_each_time() -> None:
    assert counted(None, None, None) == 3
    assert counted((0, 9), None) == 1
    assert counted((0, SIZE - 1), None) == 2
    assert counted(None, (0, SIZE - 1)) == 1, "resumed from its first byte"


def test_all_but_the_last_byte_counts() -> None:
    assert counted((0, SIZE - 2)) == 1
    assert counted((0, SIZE - END - 1)) == 1, "a zip is mended without its list of members"
    assert counted(*in_parts(100_000)[:-1]) == 1
    assert counted((SIZE - 1, SIZE - 1)) == 1


def test_a_look_at_the_beginning_does_not_count_until_it_is_as_much_as_the_file() -> None:
    assert counted((0, 99)) == 0
    assert counted((0, SIZE // 2 - 1)) == 0
    assert counted(*[(0, 99)] * (SIZE // 100)) == 0, "the same bytes again are not more of the file"
    assert counted(*[(0, 99)] * (SIZE // 100 + 1)) == 1, "and are not free for ever"


@pytest.mark.parametrize(
    ("size", "asked"),
    [
        (20 * MB, [None, (7 * MB, 20 * MB - 1)]),
        (20 * MB, [None, (7 * MB, 20 * MB - 1), (11 * MB, 20 * MB - 1), (19 * MB, 20 * MB - 1)]),
        (10 * MB, [(0, 10 * MB - 1), (5 * MB, 10 * MB - 1)]),
        (10 * MB, [(0, 10 * MB - 1), (0, 10 * MB - 1), (100, 10 * MB - 1)]),
        (40 * MB, [*in_parts(16 * MB, 40 * MB), (32 * MB, 40 * MB - 1)]),
        (40 * MB, [part for part in in_parts(16 * MB, 40 * MB) for _ in range(3)]),
        (40 * MB, [*in_parts(16 * MB, 40 * MB)] * 3),
        (40 * MB, [*reversed(in_parts(16 * MB, 40 * MB))] * 3),
    ],
    ids=["whole, resumed", "whole, resumed thrice", "0-, resumed", "0-, from 0", "last part", "each part thrice", "all thrice", "from the end"],
)
def test_a_broken_connection_locks_nobody_out(size: int, asked: list[Asked]) -> None:
    link = Link(size, limit=1)
    assert [link.gives(part) for part in asked] == [True] * len(asked)
    assert link.counted == 1


def test_a_whole_file_is_not_given_again_where_the_limit_is_used_up() -> None:
    link = Link(limit=1)
    assert link.gives(None)
    assert not link.gives(None)
    assert link.gives((SIZE // 3, SIZE - 1)), "that refusal takes nothing from the one that broke"


def test_parts_of_a_counted_download_go_on_for_a_day() -> None:
    for asked in (None, (0, SIZE - 1)):
        link = Link(limit=1)
        assert link.gives(asked)
        for later, gives in ((OPEN, True), (OPEN + timedelta(seconds=1), False)):
            link.now = NOW + later
            assert link.gives((0, 9)) is gives
    link = Link(limit=2)
    assert link.gives(None)
    link.now += timedelta(days=2)
    assert all(link.gives(part) for part in in_parts(100_000))
    assert link.counted == 2, "a day later it is another download"


def test_a_download_that_is_never_finished_is_not_free_for_ever() -> None:
    link = Link(limit=4)
    assert sum(link.gives((0, SIZE - 2)) for _ in range(40)) == 4 * AGAIN


ASKED = st.one_of(
    st.none(),
    st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE)).map(lambda part: (part[0], min(part[0] + part[1], SIZE - 1))),
)


@given(st.lists(st.tuples(ASKED, st.integers(0, 30)), max_size=60), st.integers(1, 4))
def test_nobody_gets_more_than_three_times_the_file_for_a_count(asked: list[tuple[Asked, int]], limit: int) -> None:
    """Whatever is asked for, and whenever: beside what was counted there is at most a file's size of looks, and nothing when the limit is used up."""
    link = Link(limit=limit)
    for part, hours in asked:
        link.now += timedelta(hours=hours)
        link.gives(part)
        assert link.given <= AGAIN * SIZE * link.counted + (SIZE if link.counted < limit else 0)
    assert link.counted <= limit


@given(st.lists(ASKED, max_size=60))
def test_what_has_not_counted_is_of_no_use(asked: list[Asked]) -> None:
    """At most half of the file, and nothing of its end."""
    link, seen = Link(), bytearray(SIZE)
    for part in asked:
        link.gives(part)
        if link.counted:
            return
        first, last = part or (0, SIZE - 1)
        seen[first : last + 1] = b"\1" * (last - first + 1)
        assert sum(seen) <= SIZE / 2
        assert not any(seen[-END:])


def test_a_row_that_does_not_say_when_it_counted_gives_nothing_away() -> None:
    assert not after(Progress(given=5, counted=True), Part(0, 9, SIZE, NOW)).paid


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5)), max_size=300))
def test_stretches_are_few_and_none_is_lost(asked: list[tuple[int, int]]) -> None:
    spans = tuple((first, first + length) for first, length in asked)
    found = merged(spans)
    assert len(found) <= SPANS
    assert all(any(first <= begin and end <= last for first, last in found) for begin, end in spans)
    assert all(before[1] + 1 < then[0] for before, then in pairwise(found))
