"""When a policy acts: its conditions as a box over the eight dimensions of a sign-in (definition: unconditional).

A dimension is a finite set of parts that policies tell apart; a condition is the set of parts in which it holds. A policy is unconditional for a
question when its box holds the whole region that the question is about.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from scanners.conditional_access import devices, places
from scanners.conditional_access.gaps import Box
from scanners.errors import Undecided, Unrecognised
from scanners.facts.conditional_access_policies import Conditions
from scanners.facts.named_locations import NamedLocation

CLIENT, PLATFORM, PLACE, DEVICE, SIGN_IN_RISK, USER_RISK, INSIDER_RISK, FLOW = range(8)

BROWSER, MODERN_APPS, OLDER_CLIENTS = "browser", "mobileAppsAndDesktopClients", "other"
ACTIVE_SYNC, EAS_SUPPORTED = "exchangeActiveSync", "easSupported"  # the second is the part of the first on phones that obey policies
CLIENTS = (BROWSER, MODERN_APPS, ACTIVE_SYNC, EAS_SUPPORTED, OLDER_CLIENTS)
PLATFORMS = ("windows", "macOS", "iOS", "android", "linux", "windowsPhone", "")
RISKS = ("none", "low", "medium", "high")
INSIDER_RISKS = ("none", "minor", "moderate", "elevated")
FLOWS = ("", "deviceCodeFlow", "authenticationTransfer")

_PARTS: Mapping[int, tuple[str, ...]] = {
    CLIENT: CLIENTS, PLATFORM: PLATFORMS, SIGN_IN_RISK: RISKS, USER_RISK: RISKS, INSIDER_RISK: INSIDER_RISKS, FLOW: FLOWS,
}  # fmt: skip
# What is ordinary about a sign-in, no risk and no handing over, is not said.
_WORDS: Mapping[int, Mapping[str, str]] = {
    CLIENT: {
        BROWSER: "in a browser", MODERN_APPS: "with a mobile or desktop application", ACTIVE_SYNC: "with an Exchange ActiveSync client",
        EAS_SUPPORTED: "with an Exchange ActiveSync client", OLDER_CLIENTS: "with a legacy client",
    },
    PLATFORM: {"": "on a platform that no policy can name", **{each: f"on {each}" for each in PLATFORMS if each}},
    SIGN_IN_RISK: {each: f"at sign-in risk {each}" for each in RISKS[1:]},
    USER_RISK: {each: f"at user risk {each}" for each in RISKS[1:]},
    INSIDER_RISK: {each: f"at insider risk {each}" for each in INSIDER_RISKS[1:]},
    FLOW: {"deviceCodeFlow": "by device code", "authenticationTransfer": "by authentication transfer"},
}  # fmt: skip

Bounds = tuple[int, int]


def full(dimension: int) -> int:
    """All parts of a dimension other than place and device, which depend on the tenant."""
    return (1 << len(_PARTS[dimension])) - 1


def parts(dimension: int, *names: str) -> int:
    """These parts as a set."""
    return sum(1 << _PARTS[dimension].index(name) for name in names)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A policy's conditions: the box in which it surely acts, the box in which it may, and why the two differ."""

    sure: Box
    possible: Box
    doubts: tuple[Undecided, ...]
    odd_device_filter: bool  # nobody can tell whether the filter takes unmanaged devices


@dataclass(frozen=True, slots=True)
class Space:
    """The dimensions of this tenant's sign-ins."""

    places: places.Places
    devices: devices.DeviceParts

    @property
    def everything(self) -> Box:
        """The region of all sign-ins."""
        return tuple(self.places.everywhere if d == PLACE else self.devices.every if d == DEVICE else full(d) for d in range(len(_PARTS) + 2))

    def narrowing(self, conditions: Conditions) -> Narrowing:
        """The conditions as boxes. One that cannot be read leaves its dimension open both ways."""
        readers: tuple[Callable[[], Bounds], ...] = (
            lambda: _clients(conditions.client_app_types),
            lambda: _platforms(conditions),
            lambda: self.places.of(conditions.locations),
            lambda: self.devices.of(conditions.devices),
            lambda: _levels(SIGN_IN_RISK, conditions.sign_in_risk_levels),
            lambda: _levels(USER_RISK, conditions.user_risk_levels),
            lambda: _joined(INSIDER_RISK, conditions.insider_risk_levels),
            lambda: _flows(conditions),
        )
        sure, possible, doubts = [], [], []
        for read, every in zip(readers, self.everything, strict=True):
            try:
                surely, maybe = read()
            except Undecided as doubt:
                doubts.append(doubt)
                surely, maybe = 0, every
            sure.append(surely)
            possible.append(maybe)
        return Narrowing(tuple(sure), tuple(possible), tuple(doubts), _odd_filter(conditions))

    def say(self, region: Box, within: Box) -> str:
        """In words, a sign-in inside `region`, as far as it is narrower than `within`."""
        words = []
        for dimension, (mask, every) in enumerate(zip(region, within, strict=True)):
            if mask == every:
                continue
            if dimension in (PLACE, DEVICE):
                words.append(self.places.say(mask) if dimension == PLACE else self.devices.say(mask))
            else:
                first = next(name for index, name in enumerate(_PARTS[dimension]) if mask >> index & 1)
                words.append(_WORDS[dimension].get(first, ""))
        return " ".join(word for word in words if word)


def space(conditions: Iterable[Conditions], locations: Sequence[NamedLocation] | None) -> Space:
    """The dimensions that these policies' conditions span."""
    every = tuple(conditions)
    place = _readable(lambda each: each.locations, every)
    device = _readable(lambda each: each.devices, every)
    return Space(places.cut(place, locations), devices.cut(device))


T = TypeVar("T")


def _readable(read: Callable[[Conditions], T | None], conditions: Iterable[Conditions]) -> list[T]:
    """The conditions of one kind; what cannot be read divides nothing, and its own policy's narrowing says so."""
    found = []
    for each in conditions:
        try:
            one = read(each)
        except Undecided:
            continue
        if one is not None:
            found.append(one)
    return found


def _union(dimension: int, names: Iterable[str], words: Mapping[str, int]) -> Bounds:
    """The parts that the names stand for; a name that this version does not know may stand for any."""
    sure = possible = 0
    for name in names:
        known = words.get(name)
        sure |= known or 0
        possible |= full(dimension) if known is None else known
    return sure, possible


def _own(dimension: int) -> dict[str, int]:
    return {name: parts(dimension, name) for name in _PARTS[dimension] if name}


def _clients(types: tuple[str, ...]) -> Bounds:
    if not types:
        raise Unrecognised("Conditions.clientAppTypes is empty, so it is not known for which clients the policy acts")
    words = {**_own(CLIENT), "all": full(CLIENT), ACTIVE_SYNC: parts(CLIENT, ACTIVE_SYNC, EAS_SUPPORTED)}
    return _union(CLIENT, types, words)


def _platforms(conditions: Conditions) -> Bounds:
    chosen = conditions.platforms
    if chosen is None:
        return full(PLATFORM), full(PLATFORM)
    words = {**_own(PLATFORM), "all": full(PLATFORM)}
    included = _union(PLATFORM, chosen.include_platforms, words)
    excluded = _union(PLATFORM, chosen.exclude_platforms, words)
    return included[0] & ~excluded[1], included[1] & ~excluded[0]


def _levels(dimension: int, levels: tuple[str, ...]) -> Bounds:
    return _union(dimension, levels, _own(dimension)) if levels else (full(dimension), full(dimension))


def _joined(dimension: int, text: str | None) -> Bounds:
    names = tuple(part.strip() for part in (text or "").split(",") if part.strip())
    return _levels(dimension, names)


def _flows(conditions: Conditions) -> Bounds:
    chosen = conditions.authentication_flows
    text = chosen.transfer_methods if chosen is not None else None
    names = [part.strip() for part in (text or "none").split(",") if part.strip() not in ("", "none")]
    return _union(FLOW, names, _own(FLOW)) if names else (full(FLOW), full(FLOW))


def _odd_filter(conditions: Conditions) -> bool:
    try:
        return devices.is_unread(conditions.devices)
    except Undecided:
        return False
