"""Which devices a policy acts on, as far as its device filter can be understood (definition: unmanaged_device_filter).

A device is told by two attributes: whether it is compliant, and how it is joined. A rule that is built only from these, all joined by -or or all by
-and, is computed. Any other rule is a place of its own, inside or outside, and nobody knows whether an unmanaged device is inside.
"""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from scanners.errors import Undecided
from scanners.facts.conditional_access_policies import Devices, Filter

MOST_UNREAD = 6
STATES = tuple(itertools.product((False, True), ("", "serverad", "azuread")))  # compliant, trust type; an unmanaged device comes first

_COMPARISON = re.compile(r"device\.(?:(iscompliant) -(eq|ne) \"?true\"?|(trusttype) -(eq|ne) \"(serverad|azuread)\")")


def computed(rule: str) -> int | None:
    """The states that satisfy the rule, one bit each; None when the rule is not built only from the two attributes."""
    text = " ".join(rule.lower().replace("'", '"').split())
    joint = " -and " if " -and " in text else " -or "
    masks = [_comparison(part) for part in text.split(joint)]
    known = [mask for mask in masks if mask is not None]
    if len(known) < len(masks):
        return None
    result = known[0]
    for mask in known[1:]:
        result = result & mask if joint == " -and " else result | mask
    return result


def _comparison(text: str) -> int | None:
    found = _COMPARISON.fullmatch(text.strip())
    if found is None:
        return None
    wanted = found.group(5)
    satisfied = [compliant if found.group(1) else trust == wanted for compliant, trust in STATES]
    negated = "ne" in (found.group(2), found.group(4))
    return sum(1 << index for index, true in enumerate(satisfied) if true is not negated)


@dataclass(frozen=True, slots=True)
class DeviceParts:
    """States times the rules that could not be computed: part = state + number of states x the rules it satisfies."""

    unread: tuple[str, ...]

    @property
    def every(self) -> int:
        """All parts."""
        return (1 << (len(STATES) << len(self.unread))) - 1

    @property
    def unmanaged(self) -> int:
        """Neither compliant nor joined, whatever else."""
        return self._where(1, None)

    def _where(self, states: int, rule: int | None) -> int:
        blocks = (block for block in range(1 << len(self.unread)) if rule is None or block >> rule & 1)
        return sum(states << (block * len(STATES)) for block in blocks)

    def of(self, condition: Devices | None) -> tuple[int, int]:
        """The parts that the condition surely holds for, and those that it may hold for."""
        chosen = condition.device_filter if condition is not None else None
        if chosen is None:
            return self.every, self.every
        mode, states = chosen.mode, computed(chosen.rule)
        if states is not None:
            mask = self._where(states, None)
        elif _key(chosen) in self.unread:
            mask = self._where((1 << len(STATES)) - 1, self.unread.index(_key(chosen)))
        else:
            return 0, self.every
        mask = mask if mode == "include" else self.every & ~mask
        return mask, mask

    def say(self, mask: int) -> str:
        """In words, a device inside `mask`; empty when it may be any."""
        if mask == self.every:
            return ""
        return "on an unmanaged device" if mask & ~self.unmanaged == 0 else "on devices that a filter chooses"


def _key(chosen: Filter) -> str:
    return " ".join(chosen.rule.lower().split())


def is_unread(condition: Devices | None) -> bool:
    """The policy has a filter that cannot be computed."""
    return condition is not None and condition.device_filter is not None and computed(condition.device_filter.rule) is None


def cut(conditions: Iterable[Devices]) -> DeviceParts:
    """The parts that these conditions tell apart."""
    unread: set[str] = set()
    for each in conditions:
        try:
            if each.device_filter is not None and is_unread(each):
                unread.add(_key(each.device_filter))
        except Undecided:
            continue  # the condition's own policy is not judged by it
    return DeviceParts(tuple(sorted(unread)[:MOST_UNREAD]))
