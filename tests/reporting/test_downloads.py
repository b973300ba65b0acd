"""When parts of a package count as a download."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from reporting.downloads import AGAIN, END, SPANS, Progress, after, merged

SIZE = 1_000_000


def counted(*parts: tuple[int, int], size: int = SIZE) -> int:
    """How often a series of parts counts."""
    progress, found = Progress(), 0
    for first, last in parts:
        step = after(progress, first, last, size)
        progress, found = step.progress, found + step.counts
    return found


def in_parts(length: int, size: int = SIZE) -> list[tuple[int, int]]:
    return [(first, min(first + length, size) - 1) for first in range(0, size, length)]


def test_a_file_fetched_in_parts_counts_once_in_any_order() -> None:
    for length in (70_000, 300_000, 999_999, SIZE):
        parts = in_parts(length)
        assert counted(*parts) == 1
        assert counted(*reversed(parts)) == 1
        assert counted(*parts, *parts, *parts) == 3


def test_all_but_the_last_byte_counts() -> None:
    assert counted((0, SIZE - 2)) == 1
    assert counted((0, SIZE - END - 1)) == 1, "a zip is mended without its list of members"
    assert counted(*in_parts(100_000)[:-1]) == 1
    assert counted((SIZE - 1, SIZE - 1)) == 1


def test_a_look_at_the_beginning_does_not_count() -> None:
    assert counted((0, 99)) == 0
    assert counted((0, SIZE // 2 - 1)) == 0
    assert counted(*[(0, 99)] * 50_000) == 0, "the same bytes again are not more of the file"


def test_what_a_broken_connection_makes_fetch_again_belongs_to_the_same_download() -> None:
    parts = in_parts(100_000)
    assert counted(*parts[:7], *parts[3:7], *parts[6:]) == 1


def test_a_download_that_is_never_finished_is_not_free_for_ever() -> None:
    """All but a byte, again and again: each counted download has twice the size of the file at most."""
    times = 40
    assert counted(*[(0, SIZE - 2)] * times) >= times / AGAIN


@given(st.lists(st.tuples(st.integers(0, SIZE - 1), st.integers(0, 200_000)), max_size=60))
def test_nobody_gets_more_than_was_counted(asked: list[tuple[int, int]]) -> None:
    """Whatever is asked for: what does not count is at most half of the file, and nothing of its end."""
    parts = [(first, min(first + length, SIZE - 1)) for first, length in asked]
    progress, found = Progress(), 0
    seen = bytearray(SIZE)
    for first, last in parts:
        step = after(progress, first, last, SIZE)
        progress, found = step.progress, found + step.counts
        seen[first : last + 1] = b"\1" * (last - first + 1)
    if not found:
        assert sum(seen) <= SIZE / 2
        assert not any(seen[-END:])


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5)), max_size=300))
def test_stretches_are_few_and_none_is_lost(asked: list[tuple[int, int]]) -> None:
    spans = tuple((first, first + length) for first, length in asked)
    found = merged(spans)
    assert len(found) <= SPANS
    assert all(any(first <= begin and end <= last for first, last in found) for begin, end in spans)
    assert all(before[1] + 1 < then[0] for before, then in pairwise(found))
