"""Invokes timer and HTTP functions with their bindings: the durable client in, output bindings out."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from . import bindings
from . import history as h
from .index import Function, Index
from .outputs import Outputs
from .schedule import Schedule, parse, resolve
from .store import Store
from .worker import Worker

_log = logging.getLogger(__name__)


class Invoker:
    """Everything that is invoked from outside an orchestration."""

    def __init__(self, index: Index, worker: Worker, outputs: Outputs, store: Store, client: str) -> None:
        """`client` is the JSON of the durable client binding."""
        self._index, self._worker, self._outputs, self._store, self._client = index, worker, outputs, store, client

    async def http(
        self, function: Function, method: str, url: str, headers: Mapping[str, str], query: Mapping[str, str], params: Mapping[str, str], body: bytes
    ) -> bindings.HttpAnswer:
        """Answer one request. Raises FunctionError or DeliveryError."""
        request = bindings.http_request(method, url, headers, query, params, body)
        return bindings.http_answer(function, await self._invoke(function, request))

    async def timer(self, name: str, *, past_due: bool) -> None:
        """Fire a timer function. Raises UnknownFunctionError, SettingError, FunctionError or DeliveryError."""
        function = self._index.get(name, "timerTrigger")
        schedule, now = schedule_of(function), h.utc()
        request = bindings.timer_request(past_due, self._store.last_fired(name), schedule.after(now), now)
        with self._store.transaction():
            self._store.note_fired(name, now)
        await self._invoke(function, request)

    def last_fired(self, name: str) -> datetime | None:
        """When a timer function was last fired, else None."""
        return self._store.last_fired(name)

    async def _invoke(self, function: Function, trigger: Any) -> Any:
        arguments = {binding.name: self._client for binding in function.bindings if binding.type == "durableClient"}
        value, outs = await self._worker.invoke(function, {**arguments, function.trigger.name: trigger})
        await self._outputs.deliver(function, outs, value)
        return value


def schedule_of(function: Function) -> Schedule:
    """A timer function's schedule with its setting resolved. Raises SettingError naming the function."""
    return parse(resolve(str(function.trigger.settings["schedule"]), os.environ))
