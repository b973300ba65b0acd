"""How fast each of Microsoft's throttle classes may be asked, as data, and the gate that keeps to it.

Limits are per tenant, some for all applications together, so a scanner that runs into them slows the customer's other tools too.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType

from scanners.doors.waiting import Patience, Time
from scanners.errors import Unreachable
from scanners.model import Throttle

_GRAPH_LIMITS = "https://learn.microsoft.com/graph/throttling-limits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One throttle class: `requests` in any `window` seconds, `at_once` of them open, `answer` seconds for one answer."""

    requests: int | None = None
    window: float = 1.0
    at_once: int = 4
    answer: float = 100.0
    patience: Patience = field(default_factory=Patience)
    source: str = ""


LIMITS: Mapping[Throttle, Limit] = MappingProxyType(
    {
        # Resource units per 10 s: 3,500 for the smallest tenants, at most 5 units for a page here; half of that is left to others.
        Throttle.DIRECTORY: Limit(requests=350, window=10, at_once=6, source=f"{_GRAPH_LIMITS}#identity-and-access-service-limits"),
        # 1 request a second for all applications of the tenant together, and 429 comes without Retry-After.
        Throttle.CONDITIONAL_ACCESS: Limit(
            requests=1,
            window=1.1,
            at_once=1,
            patience=Patience(attempts=5),
            source=f"{_GRAPH_LIMITS}#identity-protection-and-conditional-access-service-limits",
        ),
        Throttle.REPORTS: Limit(
            requests=5,
            window=10,
            at_once=2,
            patience=Patience(first=2.0),
            source=f"{_GRAPH_LIMITS}#identity-and-access-reports-service-limits",
        ),
        Throttle.INTUNE: Limit(requests=1000, window=20, at_once=4, source=f"{_GRAPH_LIMITS}#intune-service-limits"),
        Throttle.SECURITY: Limit(requests=100, window=60, at_once=3, source=f"{_GRAPH_LIMITS}#security-detections-and-incidents-service-limits"),
        Throttle.TEAMWORK: Limit(requests=15, window=1, at_once=4, source=f"{_GRAPH_LIMITS}#microsoft-teams-service-limits"),
        Throttle.SHAREPOINT: Limit(at_once=2, source="https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled"),
        # The administration interfaces publish no figures; these are what Microsoft's own module keeps to. Cmdlets are slow.
        Throttle.EXCHANGE: Limit(at_once=3, answer=180, patience=Patience(first=3.0), source="ExchangeOnlineManagement module"),
        Throttle.PURVIEW: Limit(at_once=3, answer=240, patience=Patience(first=3.0), source="ExchangeOnlineManagement module"),
        Throttle.TEAMS_ADMIN: Limit(at_once=1, source="MicrosoftTeams module; no figure is published"),
        Throttle.DNS: Limit(at_once=16, answer=5, patience=Patience(attempts=3, first=0.5), source="own choice, to be a polite client"),
        Throttle.NONE: Limit(source="no limit is known"),
    }
)


class Slots:
    """`count` places, handed on in order of arrival. Usable from several event loops, as sync and async activities share a process."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._lock = threading.Lock()
        self._waiting: deque[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = deque()

    async def take(self) -> None:
        """Wait for a place."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._free > 0:
                self._free -= 1
                return
            place: asyncio.Future[None] = loop.create_future()
            self._waiting.append((loop, place))
        try:
            await place
        except asyncio.CancelledError:
            with self._lock:
                still_waiting = (loop, place) in self._waiting
                if still_waiting:
                    self._waiting.remove((loop, place))
            if not still_waiting:  # the place was handed over in the same instant: pass it on
                self.give_back()
            raise

    def give_back(self) -> None:
        """Free a place, or hand it to the next in line."""
        with self._lock:
            while self._waiting:
                loop, place = self._waiting.popleft()
                if loop.is_closed():
                    continue
                loop.call_soon_threadsafe(_hand_over, place)
                return
            self._free += 1


def _hand_over(place: "asyncio.Future[None]") -> None:
    if not place.done():
        place.set_result(None)


class Gate:
    """Lets requests of one class through at its pace. `pace` shortens windows and pauses, for a simulated tenant only."""

    def __init__(self, limit: Limit, time: Time, pace: float = 1.0) -> None:
        self.limit, self._time, self._pace = limit, time, pace
        self._slots = Slots(limit.at_once)
        self._lock = threading.Lock()
        self._starts: deque[float] = deque(maxlen=limit.requests or 1)
        self._shut_until = 0.0

    @asynccontextmanager
    async def turn(self, until: float, cost: int = 1) -> AsyncIterator[None]:
        """One request's turn; a batch costs as many as it holds. Raises Unreachable when it would come after `until` (monotonic seconds)."""
        await self._slots.take()
        try:
            wait = self._reserve(until, cost)
            try:
                if wait > 0:
                    await self._time.sleep(wait)
                yield
            finally:
                self._ended()
        finally:
            self._slots.give_back()

    def _ended(self) -> None:
        """In a class of one request at a time the distance counts from the answer: only then is it certain that the service saw the request."""
        if self.limit.at_once == self.limit.requests == 1:
            with self._lock:
                if self._starts:
                    self._starts[-1] = max(self._starts[-1], self._time.monotonic())

    def shut(self, seconds: float) -> None:
        """The service asked for a pause: nobody of this class goes on before it is over. Seconds as they pass here, pace included."""
        with self._lock:
            self._shut_until = max(self._shut_until, self._time.monotonic() + seconds)

    def scaled(self, seconds: float) -> float:
        """A wait of this class under the pace."""
        return seconds * self._pace

    def _reserve(self, until: float, cost: int) -> float:
        with self._lock:
            now = self._time.monotonic()
            start, starts = max(now, self._shut_until), self._starts.copy()
            for _ in range(cost):
                if self.limit.requests is not None and len(starts) == self.limit.requests:
                    start = max(start, starts[0] + self.scaled(self.limit.window))
                starts.append(start)
            if start > until:
                raise Unreachable("the service allows requests so slowly that this one's turn would come after the time given to it")
            self._starts = starts
            return start - now


class Gates:
    """One gate per class."""

    def __init__(self, time: Time, pace: float = 1.0) -> None:
        self.pace = pace
        self._gates = {throttle: Gate(limit, time, pace) for throttle, limit in LIMITS.items()}

    def __getitem__(self, throttle: Throttle) -> Gate:
        return self._gates[throttle]


_shared: dict[tuple[str, float], Gates] = {}
_sharing = threading.Lock()


def shared_gates(tenant_id: str, time: Time, pace: float) -> Gates:
    """The gates of a tenant in this process. Limits are the tenant's, so whoever opens doors to it here must queue at the same gates."""
    with _sharing:
        return _shared.setdefault((tenant_id, pace), Gates(time, pace))
