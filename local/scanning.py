"""One run on this machine: the app under the local host, started and followed to its end."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from local.host import Host, Index, Progress, index
from local.host.__main__ import load_app
from local.host.errors import UnknownInstanceError
from runs.orchestration import INSTANCE

TELLING_SECONDS = 60.0  # after its end a run still tells others of it; who stops the app sooner leaves that to the hourly watch
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended."""

    run: str
    completed: bool
    failure: str | None


@lru_cache(maxsize=1)
def _indexed() -> Index:
    return index(load_app(ROOT))  # an app can be indexed once in a process


def serve(folder: Path, port: int) -> Host:
    """The real function_app under the local host."""
    host = Host(_indexed(), folder, port, root=ROOT)
    host.at_stop(_close_doors)
    return host


async def _close_doors() -> None:
    from runs.context import context

    if context.cache_info().currsize:
        await context().aclose()


def scan(host: Host, tell: Callable[[Progress], None]) -> Ended:
    """Start a run over HTTP as a caller would, or take up the one under way, and follow it to its end."""
    leave = host.subscribe(tell)
    try:
        started = _call(host, "POST", "/v1/runs")
        run = started.get("run", "")
        if not run:
            return Ended("", completed=False, failure=str(started.get("detail", "the app did not start a run")))
        while True:
            seen = _call(host, "GET", f"/v1/runs/{run}/status")
            if seen.get("status") != "running":
                break
            time.sleep(0.2)
        with suppress(TimeoutError, UnknownInstanceError):
            host.wait(INSTANCE, TELLING_SECONDS)
        completed = seen.get("status") == "completed"
        return Ended(run, completed=completed, failure=None if completed else str(seen.get("detail", "")))
    finally:
        leave()


def _call(host: Host, method: str, path: str) -> dict[str, Any]:
    data = b"" if method == "POST" else None
    request = Request(f"{host.url}/api{path}", data=data, method=method, headers={"x-functions-key": host.keys.default})  # noqa: S310 - loopback
    try:
        with urlopen(request, timeout=60) as response:  # noqa: S310 - loopback
            return dict(json.load(response))
    except HTTPError as refusal:
        body = refusal.read()
        return dict(json.loads(body)) if body else {"status": "failed", "detail": f"the app answered {refusal.code}; its log says why"}
