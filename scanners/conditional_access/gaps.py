"""Finding what a set of boxes leaves open, exactly.

A region and a box are products of sets, one set (bit mask) for each dimension. A region that no box touches is a gap; one that lies inside a box
has none; otherwise it is split along the box and each remainder is searched. This visits each part at most once and needs no enumeration of the
cells.
"""

from collections.abc import Sequence

from scanners.errors import Unrecognised

Box = tuple[int, ...]
MOST_STEPS = 200_000  # far above what policies of people need; a tenant beyond it is not judged instead of judged for hours


def meets(box: Box, region: Box) -> bool:
    """They have a cell in common."""
    return all(a & b for a, b in zip(box, region, strict=True))


def holds(box: Box, region: Box) -> bool:
    """The region lies inside the box."""
    return all(not b & ~a for a, b in zip(box, region, strict=True))


def first_gap(region: Box, boxes: Sequence[Box]) -> Box | None:
    """A part of `region` that is in none of `boxes`, or None. Raises Unrecognised when the search would take too long."""
    if not all(region):
        return None
    return _search(region, list(dict.fromkeys(boxes)), [MOST_STEPS])


def _search(region: Box, boxes: list[Box], left: list[int]) -> Box | None:
    left[0] -= 1
    if left[0] < 0:
        raise Unrecognised("the policies divide sign-ins into more cases than can be searched")
    touching = [box for box in boxes if meets(box, region)]
    if not touching:
        return region
    widest = min(touching, key=lambda box: sum(bool(b & ~a) for a, b in zip(box, region, strict=True)))
    if holds(widest, region):
        return None
    touching.remove(widest)
    for dimension, kept in enumerate(widest):
        outside = region[dimension] & ~kept
        if outside:
            found = _search((*region[:dimension], outside, *region[dimension + 1 :]), touching, left)
            if found is not None:
                return found
            region = (*region[:dimension], region[dimension] & kept, *region[dimension + 1 :])
    return None
