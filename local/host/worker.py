"""The part of the Python worker: runs functions where the real worker runs them.

Async functions share one event loop per process, and sync functions a thread pool; so a blocking call inside an async
function stalls all the others here exactly as it does in Azure. The loop belongs to the process and outlives a host,
because clients that an app caches at module level (credentials, sessions) stay bound to it.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
import threading
import uuid
from collections.abc import Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from .errors import FunctionError, SettingError
from .index import Function

_local = threading.local()


class _Loop:
    """The process's function loop, on a daemon thread, made on first use."""

    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.thread: threading.Thread | None = None

    def get(self) -> asyncio.AbstractEventLoop:
        with self.guard:
            if self.loop is None:
                self.loop = asyncio.new_event_loop()
                self.thread = threading.Thread(target=self.loop.run_forever, name="functions", daemon=True)
                self.thread.start()
                atexit.register(self.close)
            return self.loop

    def close(self) -> None:
        loop, thread = self.loop, self.thread
        if loop is None or thread is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        if not thread.is_alive():
            loop.close()
        self.loop = self.thread = None


_PROCESS = _Loop()


class Out:
    """Value holder of an output binding, as the worker hands it to the function."""

    def __init__(self) -> None:
        self._value: Any = None

    def set(self, value: Any) -> None:
        """Called by the function."""
        self._value = value

    def get(self) -> Any:
        """What was set last, else None."""
        return self._value


@dataclass(frozen=True)
class Context:
    """The `context` argument of a function that asks for it: azure.functions.Context by shape."""

    function_name: str
    function_directory: str
    invocation_id: str
    thread_local_storage: Any
    trace_context: Any = field(default_factory=lambda: SimpleNamespace(Traceparent="", Tracestate="", Attributes={}))
    retry_context: Any = field(default_factory=lambda: SimpleNamespace(retry_count=0, max_retry_count=0, exception=None))


class Worker:
    """Runs functions for one host; its methods are called on the host's own loop."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the app's root, told to functions through their context."""
        self._folder = folder
        self._pool = ThreadPoolExecutor(_threads(), thread_name_prefix="function")
        self._running: set[Future[Any]] = set()
        self._closed = False

    async def invoke(self, function: Function, arguments: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Call a function with its bound arguments.

        Returns its result and what it set on its output bindings (only those that were set).
        Raises FunctionError for whatever it raised, with the original as the cause.
        """
        outs = {binding.name: Out() for binding in function.outputs}
        invocation = str(uuid.uuid4())
        given: dict[str, Any] = {**arguments, **outs}
        if function.wants_context:
            given["context"] = Context(function.name, str(self._folder), invocation, _local)
        try:
            result = await self._call(function, given, invocation)
        except asyncio.CancelledError as fault:
            task = asyncio.current_task()
            if self._closed or (task is not None and task.cancelling()):
                raise  # the host is stopping
            raise FunctionError(function.name, "CancelledError", "the function cancelled itself") from fault
        except Exception as fault:  # the outermost shell around code that is not ours
            raise FunctionError(function.name, type(fault).__name__, str(fault)) from fault
        return result, {name: out.get() for name, out in outs.items() if out.get() is not None}

    async def _call(self, function: Function, arguments: dict[str, Any], invocation: str) -> Any:
        if not function.is_async:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, partial(_run_sync, function, arguments, invocation))
        return await self.on_loop(_run_async(function, arguments))

    async def on_loop(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Await a coroutine that runs on the functions' loop."""
        future = asyncio.run_coroutine_threadsafe(coroutine, _PROCESS.get())
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return await asyncio.wrap_future(future)

    async def close(self) -> None:
        """Cancel what runs on the loop, close the durable client's connections and let the pool go.

        A sync function cannot be cancelled; it is left to finish on its thread, and its result is not recorded.
        """
        self._closed = True
        for future in tuple(self._running):
            future.cancel()
        http_utils = sys.modules.get("azure.durable_functions.models.utils.http_utils")
        if http_utils is not None:
            # The SDK keeps one session per process and has no shutdown hook (http_utils.py says so); unclosed, it would
            # warn at exit and keep sockets of a stopped host.
            await self.on_loop(http_utils._close_session())  # noqa: SLF001
        self._pool.shutdown(wait=False, cancel_futures=True)


async def _run_async(function: Function, arguments: dict[str, Any]) -> Any:
    try:
        return await function.call(**arguments)
    except SystemExit as fault:  # it would end the loop that all functions share
        raise RuntimeError("the function called sys.exit") from fault


def _run_sync(function: Function, arguments: dict[str, Any], invocation: str) -> Any:
    _local.invocation_id = invocation
    try:
        return function.call(**arguments)
    except SystemExit as fault:  # it would end the host's loop, which awaits this thread
        raise RuntimeError("the function called sys.exit") from fault
    finally:
        _local.invocation_id = None


def _threads() -> int | None:
    """Size of the pool: the worker's own setting, else the library's default (processors + 4, at most 32)."""
    text = os.environ.get("PYTHON_THREADPOOL_THREAD_COUNT")
    if not text:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise SettingError(f"the setting PYTHON_THREADPOOL_THREAD_COUNT is {text!r}; a whole number from 1 is needed, such as 8")
    return int(text)
