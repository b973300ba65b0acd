"""The local host as an object: start it, fire a timer, wait for an orchestration, stop it."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from . import config, rpc
from . import history as h
from .client import Client, status
from .engine import Engine
from .errors import HostError
from .index import Function, Index, index
from .invoker import Invoker, schedule_of
from .keys import Keys, load
from .outputs import Outputs
from .progress import Board, Progress
from .schedule import resolve
from .store import Store
from .worker import Worker

_log = logging.getLogger(__name__)


class Host:
    """Runs one Functions app on this machine, on a thread of its own. Methods may be called from any other thread.

    A host on the same `data` folder as an earlier one, killed or stopped, goes on with what that one left.
    """

    def __init__(
        self, app: Any, data: Path, port: int = 0, *, root: Path | None = None, environment: Mapping[str, str] | None = None, schedule: bool = False
    ) -> None:
        """Index the app; nothing runs yet.

        `app` is a DFApp or FunctionApp (or an Index of one, as an app can be indexed once only). `data` holds keys and
        history. `port` 0 takes a free one. `root` is the folder of host.json (the current one by default). `environment`
        is set while the host runs. `schedule` fires timers at their times. Raises IndexingError.
        """
        self.index: Index = app if isinstance(app, Index) else index(app)
        self._data, self._port, self._root = data, port, root or Path.cwd()
        self._environment, self._schedule = dict(environment or {}), schedule
        self._before: dict[str, str | None] = {}
        self._board = Board()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._keys: Keys | None = None
        self._socket: socket.socket | None = None
        self._closing: list[Callable[[], Coroutine[Any, Any, None]]] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """`http://127.0.0.1:<port>`, without a slash at the end."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def keys(self) -> Keys:
        """The keys of the data folder. Raises HostError before the first start."""
        if self._keys is None:
            raise HostError("the host has not been started yet, so it has no keys")
        return self._keys

    def subscribe(self, callback: Callable[[Progress], None]) -> Callable[[], None]:
        """Be told of every step (on the host's thread). The returned call ends it."""
        return self._board.subscribe(callback)

    def start(self) -> None:
        """Serve. Returns when requests are answered. Raises SettingError, IndexingError, DataInUseError or HostError."""
        if self._loop is not None:
            raise HostError("the host is running already")
        self._before = {name: os.environ.get(name) for name in self._environment}
        os.environ.update(self._environment)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="host", daemon=True)
        self._thread.start()
        try:
            self._call(self._open())
        except BaseException:
            self._end_loop()
            raise

    def stop(self) -> None:
        """Stop serving. What runs is abandoned and taken up by the next start on the same data."""
        if self._loop is None:
            return
        try:
            self._call(self._close())
        finally:
            self._end_loop()

    def at_stop(self, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Await `close()` on the functions' event loop when the host stops: for connections that functions keep open between calls."""
        self._closing.append(close)

    def fire_timer(self, name: str, *, past_due: bool = False, timeout: float | None = None) -> None:
        """Fire a timer function and wait until it returned (`timeout` in seconds).

        Raises UnknownFunctionError, SettingError, FunctionError, DeliveryError or TimeoutError.
        """
        self._call(self._invoker.timer(name, past_due=past_due), timeout)

    def start_new(self, name: str, instance: str | None = None, text: str | None = None) -> str:
        """Start an orchestration; `text` is its input as JSON text. Returns its id. Raises InstanceExistsError or BadRequestError."""
        return str(self._call(_later(lambda: self._client.start(name, instance, text))))

    def status(self, instance: str) -> dict[str, Any]:
        """An orchestration as the management API shows it (`runtimeStatus`, `output`, ...). Raises UnknownInstanceError."""
        return dict(self._call(_later(lambda: status(self._client.get(instance), with_input=True))))

    def wait(self, instance: str, timeout: float | None = None) -> dict[str, Any]:
        """Wait until an orchestration is finished (`timeout` in seconds) and return its status.

        Raises UnknownInstanceError, TimeoutError, or HostError when the host is stopped meanwhile.
        """

        async def finished() -> dict[str, Any]:
            self._client.get(instance)
            return status(await asyncio.wait_for(self._engine.finished(instance), timeout), with_input=True)

        return dict(self._call(finished()))

    # -- on the host's loop --------------------------------------------------------------------------------------

    async def _open(self) -> None:
        from aiohttp import web

        from .web import RPC, WEBHOOKS, Web

        self._check()
        settings = config.load(self._root)
        self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._worker = Worker(self._root)
        self._store = Store(self._data / "taskhub.sqlite")
        try:
            self._keys = load(self._data)
            outputs, secret = Outputs(), secrets.token_urlsafe(32)
            self._engine = Engine(self._store, self.index, self._worker, outputs, self._board, settings.activities)
            self._client = Client(self._engine, self.index, settings.version)
            self._socket = _listen(self._port)
            self._port = self._socket.getsockname()[1]
            client = rpc.binding(f"{self.url}/{RPC}/{secret}/", f"{self.url}/{WEBHOOKS}", self._keys.system, settings.hub)
            self._invoker = Invoker(self.index, self._worker, outputs, self._store, client)
            face = Web(self.index.by_trigger("httpTrigger"), settings.prefix, self._keys, self._invoker, rpc.Rpc(self._client), secret)
            self._runner = web.AppRunner(face.application(), access_log=None, shutdown_timeout=1.0)
            await self._runner.setup()
            await web.SockSite(self._runner, self._socket).start()
        except BaseException:
            if self._socket is not None:
                self._socket.close()
            await self._worker.close()
            self._store.close()
            raise
        self._engine.start()
        timers = self.index.by_trigger("timerTrigger") if self._schedule else ()
        self._timers = [asyncio.create_task(self._keep_time(function)) for function in timers]

    def _check(self) -> None:
        """Settings that bindings name are read now, so that a missing one stops the start and not the night."""
        for function in self.index.by_trigger("timerTrigger"):
            schedule_of(function)
        for function in self.index.functions.values():
            for binding in function.bindings:
                if binding.type == "queue":
                    resolve(str(binding.settings["queueName"]), os.environ)

    async def _close(self) -> None:
        for task in self._timers:
            task.cancel()
        await asyncio.gather(*self._timers, return_exceptions=True)
        await self._runner.cleanup()
        await self._engine.stop()
        for close in self._closing:
            await self._worker.on_loop(close())
        await self._worker.close()
        self._store.close()

    async def _keep_time(self, function: Function) -> None:
        """Fire one timer at its times; a slot missed while the host was down is fired once, as past due."""
        schedule = schedule_of(function)
        last = self._store.last_fired(function.name)
        past_due = bool(function.trigger.settings.get("useMonitor", True)) and last is not None and schedule.after(last) < h.utc()
        while True:
            if not past_due:
                due = schedule.after(h.utc())
                while (left := (due - h.utc()).total_seconds()) > 0:
                    await asyncio.sleep(min(left, 60.0))  # in small parts: a laptop that slept must not be late by its sleep
            try:
                await self._invoker.timer(function.name, past_due=past_due)
            except HostError as fault:
                _log.error("timer %s: %s", function.name, fault)  # without the trace, which would show values
            past_due = False

    def _call(self, coroutine: Coroutine[Any, Any, Any], timeout: float | None = None) -> Any:
        if self._loop is None:
            coroutine.close()
            raise HostError("the host is not running")
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(timeout)
        except BaseException:
            future.cancel()
            raise

    def _end_loop(self) -> None:
        loop, self._loop = self._loop, None
        assert loop is not None
        assert self._thread is not None
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join()
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _listen(number: int) -> socket.socket:
    """A listening socket on loopback, bound before anything is told its number. Raises HostError when the port is taken."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":  # a killed host's port can be taken again at once; on Windows the flag would let others share it
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(("127.0.0.1", number))
    except OSError as fault:
        made.close()
        raise HostError(f"port {number} cannot be used ({fault.strerror}); choose another one with --port") from fault
    return made


async def _later(call: Callable[[], Any]) -> Any:
    return call()
