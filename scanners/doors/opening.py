"""Puts the doors together: one network, one identity, one set of gates."""

import random
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx

from scanners.doors import DoorSettings, Source, remedies, tokens
from scanners.doors.dns import DnsDoor
from scanners.doors.exchange import ExchangeDoor
from scanners.doors.graph import GraphDoor
from scanners.doors.home import Home
from scanners.doors.hosts import Cloud, End, cloud
from scanners.doors.identity import Authority
from scanners.doors.pacing import Gates, shared_gates
from scanners.doors.purview import PurviewDoor
from scanners.doors.sharepoint import SharePointDoor, admin_url
from scanners.doors.teams import TeamsDoor
from scanners.doors.tokens import Principal, TokenPort, Tokens
from scanners.doors.transport import Line, Tally, client, network
from scanners.doors.waiting import Chance, RealTime, Time
from scanners.doors.way import Way
from scanners.errors import NotSupported, Undecided
from scanners.model import Ask, Door, Fact
from scanners.ports import Answer, DoorPort

if TYPE_CHECKING:
    from scanners.doors.audit_query import AuditQueries
    from scanners.doors.snapshots import Snapshots
    from scanners.doors.workload import Snapshot

SIMULATED_SHAREPOINT = "https://simulated-admin.sharepoint.com"  # the audience that a simulated tenant's tokens are asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """Parts that replace the real ones. Without `gates` those of the process for this tenant are used."""

    network: httpx.AsyncBaseTransport | None = None
    tokens: TokenPort | None = None
    time: Time = field(default_factory=RealTime)
    chance: Chance = random.random
    gates: Gates | None = None


@dataclass(frozen=True, slots=True)
class ShutDoor:
    """A door that leads nowhere, and says why."""

    because: str

    def on(self, _: Line) -> "ShutDoor":
        """The same door: it has no line."""
        return self

    async def pages(self, fact: Fact, ask: Ask, resume: str | None = None) -> AsyncIterator[Answer]:  # noqa: ARG002 - the contract's shape
        """Raises NotSupported."""
        for answer in self._nothing(fact):
            yield answer

    def _nothing(self, fact: Fact) -> tuple[Answer, ...]:
        raise NotSupported(self.because, remedies.by_hand(fact))


class Doors(Mapping[Door, DoorPort]):
    """One door per outside system. `within` gives the same doors with less time; closing any of them closes the network of all."""

    def __init__(self, line: Line, tokens: TokenPort, doors: Mapping[Door, Any], cloud: Cloud, settings: DoorSettings) -> None:
        self._line, self._tokens, self._doors, self._cloud, self._settings = line, tokens, doors, cloud, settings

    def within(self, seconds: float) -> "Doors":
        """These doors, with all waiting over in `seconds` from now."""
        line = replace(self._line, until=self._line.time.monotonic() + seconds)
        return Doors(line, self._tokens, {k: d.on(line) for k, d in self._doors.items()}, self._cloud, self._settings)

    def with_snapshot(self, snapshot: "Snapshot") -> "Doors":
        """These doors, where Exchange, Purview and Teams look into a snapshot first, as WORKLOAD_SOURCE says."""
        from scanners.doors.workload import WorkloadDoor

        source = self._settings.workload_source
        changed = {door: WorkloadDoor(self._doors[door], source, snapshot) for door in (Door.EXCHANGE, Door.PURVIEW, Door.TEAMS)}
        return Doors(self._line, self._tokens, {**self._doors, **changed}, self._cloud, self._settings)

    def with_counts(self, fact: Fact, counted: "Answer | Undecided") -> "Doors":
        """These doors, where the asynchronous audit search of `fact` is answered by its counters, or by why there are none."""
        from scanners.doors.audit_query import CountedDoor

        changed = {Door.GRAPH: CountedDoor(self._doors[Door.GRAPH], fact.id, counted)}
        return Doors(self._line, self._tokens, {**self._doors, **changed}, self._cloud, self._settings)

    @property
    def source(self) -> Source:
        """Where workload settings are read: WORKLOAD_SOURCE."""
        return self._settings.workload_source

    def snapshots(self) -> "Snapshots":
        """The jobs that take tenant configuration snapshots. Raises NotSupported where Graph is not open."""
        from scanners.doors.snapshots import Snapshots

        return Snapshots(self._graph(), self._cloud.snapshots)

    def audit_queries(self, fact: Fact) -> "AuditQueries":
        """The audit log queries of `fact`. Raises NotSupported where Graph is not open."""
        from scanners.doors.audit_query import AuditQueries

        return AuditQueries(self._graph(), fact, self._cloud.audit_search)

    def _graph(self) -> GraphDoor:
        door = self[Door.GRAPH]
        if not isinstance(door, GraphDoor):
            raise NotSupported("Microsoft Graph is not open", remedies.REPORT)
        return door

    def __getitem__(self, door: Door) -> DoorPort:
        """The door. Where nobody has set a time, its budget begins now."""
        found = self._doors[door]
        if self._line.until == float("inf"):
            found = found.on(replace(self._line, until=self._line.time.monotonic() + self._settings.budget))
        port: DoorPort = found
        return port

    def __iter__(self) -> Iterator[Door]:
        return iter(self._doors)

    def __len__(self) -> int:
        return len(self._doors)

    @property
    def tally(self) -> Tally:
        """Requests sent so far."""
        return self._line.tally

    async def principal(self) -> Principal:
        """Who the scanner is, from its own token. Ask this first: it signs in, and says why where that fails.

        Raises NotPermitted, also when the sign-in led to another tenant than the one that was to be read, or Unreachable.
        """
        return tokens.principal_of(await self._tokens.bearer(self._cloud.ends[Door.GRAPH].scope))

    async def aclose(self) -> None:
        """Close connections and forget tokens."""
        await self._line.http.aclose()
        closing = getattr(self._tokens, "aclose", None)
        if closing is not None:
            await closing()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()


def opened(settings: DoorSettings, handed: Handed | None, prompt: Callable[[str], None] | None) -> Doors:
    """See scanners.doors.open_doors."""
    handed = handed or Handed()
    home = cloud(settings.cloud)
    tally = Tally()
    http = client(handed.network or network(settings.ca_file, settings.proxy), tally)
    gates = handed.gates or _gates(settings, handed.time)
    line = Line(http, gates, handed.time, handed.chance, float("inf"), tally, settings.answer_seconds)
    keys = handed.tokens or _tokens(settings, home, handed.time, prompt)
    doors: dict[Door, Any] = {
        door: ShutDoor(f"{remedies.SYSTEMS[door]} is not offered in this cloud, or its address is not known")
        for door in Door
        if door not in {Door.STATEMENT, Door.RECORDS}
    }
    doors |= _open(settings, home, line, keys)
    return Doors(line, keys, doors, home, settings)


def _open(settings: DoorSettings, cloud: Cloud, line: Line, keys: TokenPort) -> dict[Door, Any]:
    ends = {door: end for door in Door if (end := _end(settings, cloud, door)) is not None}
    ways = {door: Way(line, keys, end.base, end.scope) for door, end in ends.items()}
    graph = GraphDoor(ways[Door.GRAPH]) if Door.GRAPH in ways else None
    home = Home(graph)
    found: dict[Door, Any] = {Door.DNS: DnsDoor(line, settings.dns_servers, settings.dns_base_url, settings.simulated)}
    if graph is not None:
        found[Door.GRAPH] = graph
    if Door.EXCHANGE in ways:
        found[Door.EXCHANGE] = ExchangeDoor(ways[Door.EXCHANGE], settings.tenant_id)
    if Door.PURVIEW in ways:
        found[Door.PURVIEW] = PurviewDoor(ways[Door.PURVIEW], ends[Door.PURVIEW], settings.tenant_id, home)
    if Door.TEAMS in ways:
        found[Door.TEAMS] = TeamsDoor(ways[Door.TEAMS], ends[Door.TEAMS], settings.tenant_id, home)
    if not settings.simulated or settings.sharepoint_base_url:
        base = settings.sharepoint_base_url.rstrip("/")
        if not base and settings.sharepoint_admin_url:
            base = admin_url(settings.sharepoint_admin_url, cloud.sharepoint_domain)
        scope = f"{SIMULATED_SHAREPOINT if settings.sharepoint_base_url else base}/.default"
        found[Door.SHAREPOINT] = SharePointDoor(Way(line, keys, base, scope), home, cloud.sharepoint_domain, settings.sharepoint)
    return found


def _tokens(settings: DoorSettings, home: Cloud, time: Time, prompt: Callable[[str], None] | None) -> Tokens:
    return Tokens(settings.sign_in, _authority(settings, home), lambda: time.now().timestamp(), prompt, settings.tenant_id)


def _gates(settings: DoorSettings, time: Time) -> Gates:
    if isinstance(time, RealTime):
        return shared_gates(settings.tenant_id, time, settings.pace)
    return Gates(time, settings.pace)  # another clock, another world


def _authority(settings: DoorSettings, home: Cloud) -> Authority:
    if settings.login_base_url:
        return Authority(settings.login_base_url, loopback=True, ca_file=settings.ca_file)
    return Authority(home.authority)


def _end(settings: DoorSettings, home: Cloud, door: Door) -> End | None:
    end = home.ends.get(door)
    if end is None or not settings.simulated:
        return end
    base = settings.base_url(door).rstrip("/")
    return replace(end, base=base) if base else None
