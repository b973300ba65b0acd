"""The one transport under all doors: connections, whole answers within limits, repetition within the time that is left.

`Whole` sits inside httpx, so the Graph SDK's requests pass through it as well as ours; it reads an answer completely, bounded in size,
and notices when it was cut short. `Line` sits around it: it waits for its class's turn, bounds the time, and asks again where that helps.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

import httpx

from scanners.doors.pacing import Gate, Gates, Limit
from scanners.doors.waiting import Chance, Time, pause, retry_after
from scanners.errors import Unreachable, Unrecognised
from scanners.model import Throttle

log = logging.getLogger(__name__)

MOST_BYTES = 32 * 1024 * 1024
AGAIN = frozenset({408, 429, 500, 502, 503, 504})
REFUSED_UNSEEN = frozenset({429, 503})  # the request was turned away, so that even one that creates something may be repeated
CONNECT_SECONDS = 15.0
USER_AGENT = "hipaa-m365-scanner"  # so that the customer finds our requests in their own logs

Once = Callable[[], Awaitable[httpx.Response]]


class Oversize(Unrecognised):
    """An answer was larger than any answer that this product asks for."""


class CutShort(httpx.ReadError):
    """The connection ended before the answer did."""


class Tally:
    """What was sent: `requests` on the wire, `again` of them repetitions."""

    def __init__(self) -> None:
        self.requests = 0
        self.again = 0


class Whole(httpx.AsyncBaseTransport):
    """Reads every answer to its end before handing it on: decoded, at most `most_bytes`, and complete.

    Raises Oversize, CutShort, and what httpx raises.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, tally: Tally, most_bytes: int = MOST_BYTES) -> None:
        self._inner, self._tally, self._most = inner, tally, most_bytes

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, once."""
        self._tally.requests += 1
        response = await self._inner.handle_async_request(request)
        response.request = request
        try:
            body = await self._read(response)
        finally:
            await response.aclose()
        kept = [(k, v) for k, v in response.headers.multi_items() if k.lower() not in {"content-encoding", "content-length", "transfer-encoding"}]
        return httpx.Response(response.status_code, headers=kept, content=body, request=request, extensions=response.extensions)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()

    async def _read(self, response: httpx.Response) -> bytes:
        announced = response.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self._most:
            raise Oversize(f"an answer of {announced} bytes was announced; at most {self._most} are read")
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._most:
                raise Oversize(f"an answer was longer than {self._most} bytes")
        if announced.isdigit() and response.num_bytes_downloaded < int(announced) and response.request.method != "HEAD":
            raise CutShort(f"{response.num_bytes_downloaded} of {announced} bytes came")
        return bytes(body)


def client(inner: httpx.AsyncBaseTransport, tally: Tally) -> httpx.AsyncClient:
    """An httpx client over `inner` that follows no redirect and takes nothing from the environment."""
    # httpx logs every URL at INFO; URLs here hold object ids and page tokens of the tenant, which logs must not.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    timeout = httpx.Timeout(None, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)  # the whole answer is bounded by Line
    headers = {"user-agent": USER_AGENT}
    return httpx.AsyncClient(transport=Whole(inner, tally), timeout=timeout, headers=headers, follow_redirects=False, trust_env=False)


def network(ca_file: str | None = None, proxy: str | None = None) -> httpx.AsyncHTTPTransport:
    """The real network. `ca_file` names an authority for a simulated tenant; real ones use the platform's trust."""
    trust = ssl.create_default_context(cafile=ca_file) if ca_file else ssl.create_default_context()
    limits = httpx.Limits(max_connections=20, max_keepalive_connections=10, keepalive_expiry=60)
    return httpx.AsyncHTTPTransport(verify=trust, limits=limits, proxy=proxy)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @classmethod
    def of(cls, response: httpx.Response) -> "Answered":
        """A copy without httpx."""
        return cls(response.status_code, {k.lower(): v for k, v in response.headers.items()}, response.content)

    @property
    def request_id(self) -> str | None:
        """The id by which the vendor finds this request."""
        return self.headers.get("request-id") or self.headers.get("x-ms-request-id") or self.headers.get("x-ms-correlation-id")


def never(_: Answered) -> bool:
    """No answer is doubted."""
    return False


@dataclass(frozen=True)
class Line:
    """One way out, bounded in time. `until` is the end of the caller's time (monotonic seconds); all waits end before it."""

    http: httpx.AsyncClient
    gates: Gates
    time: Time
    chance: Chance
    until: float
    tally: Tally = field(default_factory=Tally)
    answer_seconds: float | None = None  # instead of the class's own limit for one answer

    def within(self, seconds: float) -> "Line":
        """The same line with at most `seconds` from now."""
        return replace(self, until=min(self.until, self.time.monotonic() + seconds))

    async def send(
        self, throttle: Throttle, once: Once, *, repeatable: bool = True, doubtful: Callable[[Answered], bool] = never, cost: int = 1
    ) -> Answered:
        """The answer to `once`, asked again after faults that pass. Statuses are not judged: the last answer is returned, whatever it says.

        `repeatable` is False for a request that creates something; `doubtful` marks answers that are worth a second question;
        `cost` is how many requests of its class it counts for.
        Raises Unreachable when no answer came in time, Oversize when it is too large.
        """
        return await _Exchange(self, throttle, once, repeatable, doubtful, cost).run()


@dataclass
class _Exchange:
    """One question, its repetitions and its answer."""

    line: Line
    throttle: Throttle
    once: Once
    repeatable: bool
    doubtful: Callable[[Answered], bool]
    cost: int
    failures: int = 0
    doubted: bool = False

    @property
    def gate(self) -> Gate:
        return self.line.gates[self.throttle]

    @property
    def limit(self) -> Limit:
        return self.gate.limit

    async def run(self) -> Answered:
        while True:
            answer, fault = await self._attempt()
            if fault is None and answer is not None and not self._ask_again(answer):
                return answer
            self.failures += 1
            if self.failures >= self.limit.patience.attempts or not self._may_repeat(answer, fault):
                if answer is not None:
                    return answer
                raise _unreachable(fault) from fault
            await self._wait(answer)
            self.line.tally.again += 1

    async def _attempt(self) -> tuple[Answered | None, Exception | None]:
        async with self.gate.turn(self.line.until, self.cost):
            seconds = self.line.answer_seconds or self.limit.answer
            left = self.line.until - self.line.time.monotonic()
            if left <= 0:
                raise Unreachable("the time for this part of the run was over before the service answered")
            try:
                async with asyncio.timeout(min(seconds, left)):
                    return Answered.of(await self.once()), None
            except (httpx.TransportError, httpx.DecodingError, TimeoutError) as fault:
                return None, fault

    def _ask_again(self, answer: Answered) -> bool:
        if answer.status in AGAIN:
            return True
        if not self.doubted and self.doubtful(answer):
            self.doubted = True
            return True
        return False

    def _may_repeat(self, answer: Answered | None, fault: Exception | None) -> bool:
        if _untrusted(fault):
            return False
        if self.repeatable:
            return True
        if answer is not None:
            return answer.status in REFUSED_UNSEEN or self.doubtful(answer)
        return isinstance(fault, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)

    async def _wait(self, answer: Answered | None) -> None:
        asked = retry_after(answer.headers, self.line.time.now()) if answer is not None else None
        throttled = answer is not None and answer.status == 429
        seconds = self.gate.scaled(pause(self.limit.patience, self.failures, asked=asked, throttled=throttled, chance=self.line.chance))
        if self.line.time.monotonic() + seconds > self.line.until:
            status = f"{answer.status} " if answer is not None else ""
            raise Unreachable(f"the service asked for a pause ({status}busy) that is longer than the time left for this part of the run")
        if throttled or asked is not None:
            self.gate.shut(seconds)
        await self.line.time.sleep(seconds)


def _untrusted(fault: BaseException | None) -> bool:
    while fault is not None and not isinstance(fault, ssl.SSLCertVerificationError):
        fault = fault.__cause__ or fault.__context__
    return fault is not None


def _unreachable(fault: Exception | None) -> Unreachable:
    if _untrusted(fault):
        return Unreachable(
            "the certificate of the service is not trusted here",
            "Something between the scanner and the service opens its connections, or the list of trusted authorities is old. "
            "Let the scanner reach the service directly.",
        )
    return Unreachable(f"no complete answer came from the service ({_plain(fault)})")


def _plain(fault: Exception | None) -> str:
    if isinstance(fault, TimeoutError | httpx.TimeoutException):
        return "it took too long"
    if isinstance(fault, CutShort | httpx.RemoteProtocolError | httpx.DecodingError):
        return "it was cut short"
    if isinstance(fault, httpx.ConnectError):
        return "no connection"
    return "the connection broke"
