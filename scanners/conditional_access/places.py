"""Where a sign-in may come from, cut into the fewest parts that no policy tells apart.

A place is one combination of: the named address ranges that an address lies in (computed from the ranges themselves), the named lists its country
is on (by address and by phone position), and, where AllTrusted is mentioned, whether the address is among the trusted addresses of the older
multifactor page, which no interface shows. A named location that cannot be read is taken as a place of its own: inside it or outside.
"""

import ipaddress
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from scanners.errors import Undecided, Unrecognised
from scanners.facts.conditional_access_policies import Locations
from scanners.facts.named_locations import COUNTRY, IP, IpRange, NamedLocation
from scanners.quoting import token
from scanners.three_valued import Maybe

ALL, ALL_TRUSTED = "All", "AllTrusted"
MOST_PLACES = 20_000  # more parts than any tenant needs; beyond it policies that name locations are not judged
MOST_UNREAD = 6

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Mask = int  # a set of parts, one bit each
Bounds = tuple[Mask, Mask]  # what surely holds, what may hold


@dataclass(frozen=True, slots=True)
class Place:
    """One part. `older` are the trusted addresses that nobody can read; they are taken to exist."""

    inside: frozenset[str]  # ids of the named locations, lower case
    trusted: bool
    older: bool


@dataclass(frozen=True, slots=True)
class Places:
    """All parts, and how named locations are made of them."""

    parts: tuple[Place, ...]
    locations: Mapping[str, NamedLocation]  # by lower-case id
    trust_unclear: bool  # whether some range is trusted could not be read

    @property
    def everywhere(self) -> Mask:
        """All parts."""
        return (1 << len(self.parts)) - 1

    @property
    def untrusted(self) -> Bounds:
        """The parts that are surely not trusted, and those that may not be."""
        sure = self._where(lambda part: not part.trusted and not part.older)
        return (0 if self.trust_unclear else sure), (self.everywhere if self.trust_unclear else sure)

    def of(self, condition: Locations | None) -> Bounds:
        """The parts that a policy's condition holds in."""
        if condition is None:
            return self.everywhere, self.everywhere
        included, excluded = self._union(condition.include_locations), self._union(condition.exclude_locations)
        return included[0] & ~excluded[1], included[1] & ~excluded[0]

    def _union(self, tokens: Iterable[str]) -> Bounds:
        return reduce(lambda a, b: (a[0] | b[0], a[1] | b[1]), (self._token(token) for token in tokens), (0, 0))

    def _token(self, token: str) -> Bounds:
        if token == ALL:
            return self.everywhere, self.everywhere
        if token == ALL_TRUSTED:
            trusted = self._where(lambda part: part.trusted or part.older)
            return trusted, self.everywhere if self.trust_unclear else trusted
        inside = self._where(lambda part: token.lower() in part.inside)
        return (inside, inside) if inside else (0, self.everywhere)  # a location that was not cut out cannot be told

    def _where(self, test: Callable[[Place], bool]) -> Mask:
        return sum(1 << index for index, part in enumerate(self.parts) if test(part))

    def say(self, mask: Mask) -> str:
        """In words, a place inside `mask`; empty when it is everywhere."""
        if mask == self.everywhere:
            return ""
        untrusted = self.untrusted[0]
        if mask == untrusted:
            return "from an untrusted location"
        if mask == self.everywhere & ~untrusted:
            return "from a trusted location"
        part = next(p for index, p in enumerate(self.parts) if mask >> index & 1)
        if not part.inside:
            return "from a trusted location" if part.trusted or part.older else "from outside every named location"
        return f"from inside {' and '.join(sorted(repr(self._name(each)) for each in part.inside))}"

    def _name(self, key: str) -> str:
        try:
            return self.locations[key].display_name if key in self.locations else token(key)
        except Undecided:
            return token(key)


def cut(conditions: Iterable[Locations], locations: Sequence[NamedLocation] | None) -> Places:
    """The parts that these conditions tell apart. `locations` None: they could not be read. Raises Unrecognised when there are too many parts."""
    tokens = {token for each in conditions for token in _tokens(each)}
    mentioned = {token.lower() for token in tokens - {ALL, ALL_TRUSTED}}
    known = {location.id.lower(): location for location in locations or ()}
    ranges, trust_unclear = _ranges(known, mentioned)
    countries = [_countries(known, mentioned, method) for method in ("clientIpAddress", "authenticatorAppGps")]
    read = {each for vector, _ in ranges for each in vector} | {each for group in countries for vector in group for each in vector}
    unread = sorted(mentioned - read)[:MOST_UNREAD]
    flags = [frozenset(chosen) for size in range(len(unread) + 1) for chosen in itertools.combinations(unread, size)]
    older = (False, True) if ALL_TRUSTED in tokens else (False,)
    if len(ranges) * len(countries[0]) * len(countries[1]) * len(flags) * len(older) > MOST_PLACES:
        raise Unrecognised("the policies name more combinations of locations than can be told apart")
    parts = tuple(
        Place(vector | by_address | by_phone | others, trust, old)
        for (vector, trust), by_address, by_phone, others, old in itertools.product(ranges, countries[0], countries[1], flags, older)
    )
    return Places(parts, known, trust_unclear or locations is None)


def _tokens(condition: Locations) -> tuple[str, ...]:
    try:
        return (*condition.include_locations, *condition.exclude_locations)
    except Undecided:
        return ()  # the condition's own policy is not judged by it


def trusted(location: NamedLocation) -> Maybe:
    """An address range that the tenant calls trusted. Raises Unrecognised when a range does not say."""
    if location.odata_type != IP:
        return False
    if location.is_trusted is None:
        raise Unrecognised("NamedLocation.isTrusted is missing from the answer")
    return location.is_trusted


def network(each: IpRange) -> Network:
    """The range as a network. Raises Unrecognised when it is not in CIDR notation."""
    try:
        return ipaddress.ip_network(each.cidr_address.strip(), strict=False)
    except ValueError as fault:
        raise Unrecognised("a range of a named location is not a network address in CIDR notation") from fault


def ip_ranges(location: NamedLocation) -> tuple[IpRange, ...]:
    """The ranges of an address location. Raises Unrecognised when it has no list of them."""
    if location.ip_ranges is None:
        raise Unrecognised("NamedLocation.ipRanges is missing from the answer")
    return location.ip_ranges


Vector = tuple[frozenset[str], bool]


def _ranges(known: dict[str, NamedLocation], mentioned: set[str]) -> tuple[list[Vector], bool]:
    """The combinations of address ranges that an address can lie in, with whether one of them is trusted."""
    unclear = False
    edges: list[Edge] = []
    for key, location in known.items():
        try:
            if location.odata_type != IP:
                continue
            trust = bool(trusted(location))
            if trust or key in mentioned:
                edges.extend(_edges(key if key in mentioned else "", trust, map(network, ip_ranges(location))))
        except Undecided:
            unclear = True
    found: set[Vector] = {(frozenset(), False)}
    for version in (4, 6):
        found.update(_sweep(sorted(edge for edge in edges if edge[0] == version)))
    return sorted(found, key=lambda vector: (len(vector[0]), sorted(vector[0]), vector[1])), unclear


Edge = tuple[int, int, int, str, bool]  # version, address, +1 or -1, location, trusted


def _edges(key: str, trust: bool, ranges: Iterable[Network]) -> Iterator[Edge]:
    for each in ranges:
        yield each.version, int(each.network_address), 1, key, trust
        yield each.version, int(each.broadcast_address) + 1, -1, key, trust


def _sweep(edges: list[Edge]) -> Iterator[Vector]:
    """Walk over the addresses from low to high and see which ranges overlap."""
    open_ranges: dict[tuple[str, bool], int] = {}
    for _, group in itertools.groupby(edges, key=lambda edge: edge[1]):
        for _, _, step, key, trust in group:
            open_ranges[key, trust] = open_ranges.get((key, trust), 0) + step
        now = [pair for pair, count in open_ranges.items() if count]
        yield frozenset(key for key, _ in now if key), any(trust for _, trust in now)


def _countries(known: dict[str, NamedLocation], mentioned: set[str], method: str) -> list[frozenset[str]]:
    """The combinations of country lists that a country can be on; the countries that no list has come first."""
    lists: dict[str, frozenset[str]] = {}
    for key in sorted(mentioned & set(known)):
        location = known[key]
        try:
            codes, unknown = location.countries_and_regions, location.include_unknown_countries_and_regions
            if location.odata_type == COUNTRY and location.country_lookup_method == method and codes is not None and unknown is not None:
                lists[key] = frozenset(code.upper() for code in codes) | (frozenset("?") if unknown else frozenset())
        except Undecided:
            continue  # stays a place of its own
    every_code = frozenset(itertools.chain.from_iterable(lists.values()))
    found = {frozenset(key for key, listed in lists.items() if code in listed) for code in every_code}
    return sorted(found | {frozenset()}, key=lambda vector: (len(vector), sorted(vector)))
