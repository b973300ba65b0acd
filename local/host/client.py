"""What a durable client may ask of the task hub. Called on the host's loop; each change is one transaction.

Behaviour and wording follow DurableClient.cs and HttpApiHandler.cs of azure-functions-durable-extension.
"""

from __future__ import annotations

import json
import unicodedata
import uuid
from collections.abc import Sequence
from typing import Any

from . import history as h
from .engine import Engine
from .errors import BadRequestError, InstanceExistsError, UnknownFunctionError, UnknownInstanceError
from .index import Index
from .store import FINISHED, Instance

_ID_LIMIT = 256


class Client:
    """The management operations of one task hub."""

    def __init__(self, engine: Engine, index: Index, version: str) -> None:
        """`version` is what host.json gives to an orchestration that is started without one."""
        self._version = version
        self._engine, self._store, self._index = engine, engine.store, index

    def start(self, name: str, id_: str | None, text: str | None, version: str | None = None) -> str:
        """Start an orchestration; `text` is its input as JSON text. Returns its id.

        A finished instance of the same id is replaced. Raises InstanceExistsError for an unfinished one, BadRequestError for an
        unknown orchestrator or an id that the platform refuses.
        """
        try:
            self._index.get(name, "orchestrationTrigger")
        except UnknownFunctionError as fault:
            raise BadRequestError(f"The function '{name}' doesn't exist, is disabled, or is not an orchestrator function.") from fault
        id_ = id_ or uuid.uuid4().hex
        _check_id(id_)
        there = self._store.instance(id_)
        if there is not None and not there.finished:
            raise InstanceExistsError(f"An Orchestration instance with the status {there.status} already exists.")
        at = h.stamp(h.utc())
        with self._store.transaction():
            self._store.insert(Instance(id_, uuid.uuid4().hex, name, version or self._version, text, "Pending", None, None, at, at))
        self._engine.wake(id_)
        return id_

    def get(self, id_: str) -> Instance:
        """Raises UnknownInstanceError."""
        found = self._store.instance(id_)
        if found is None:
            raise UnknownInstanceError(f"No instance with ID {id_} found.")
        return found

    def find(self, since: str, until: str, statuses: Sequence[str], prefix: str) -> list[Instance]:
        """Instances by creation time (inclusive), status and prefix; oldest first."""
        return self._store.instances(since=since, until=until, statuses=statuses, prefix=prefix)

    def history(self, id_: str) -> list[h.Event]:
        """All recorded events of an instance."""
        return self._store.history(id_)

    def raise_event(self, id_: str, name: str, text: str) -> bool:
        """Send an external event; `text` is JSON. False when the instance is over. Raises UnknownInstanceError."""
        return self._send(id_, h.event(h.EVENT_RAISED, h.utc(), Name=name, Input=text))

    def terminate(self, id_: str, reason: str) -> bool:
        """End an instance. Activities that are under way or queued still run; their results are dropped. As `raise_event`."""
        return self._send(id_, h.event(h.EXECUTION_TERMINATED, h.utc(), Input=json.dumps(reason)))

    def suspend(self, id_: str) -> bool:
        """Let an instance take no messages until it is resumed. As `raise_event`."""
        return self._switch(id_, "Suspended")

    def resume(self, id_: str) -> bool:
        """Undo `suspend`. As `raise_event`."""
        return self._switch(id_, "Running")

    def purge(self, ids: Sequence[str]) -> int:
        """Forget finished instances and their history. Returns how many there were; unfinished ones stay."""
        gone = 0
        with self._store.transaction():
            for id_ in ids:
                found = self._store.instance(id_)
                if found is not None and found.finished:
                    self._store.remove(id_)
                    gone += 1
        return gone

    def _send(self, id_: str, event: h.Event) -> bool:
        if self.get(id_).finished:
            return False
        with self._store.transaction():
            self._store.send(id_, event)
        self._engine.wake(id_)
        return True

    def _switch(self, id_: str, status: str) -> bool:
        found = self.get(id_)
        if found.finished:
            return False
        with self._store.transaction():
            # A start that no episode has seen yet is delivered after `resume` like any other message.
            self._store.update(id_, h.utc(), status=status)
        self._engine.wake(id_)
        return True


def status(instance: Instance, *, with_input: bool, history: list[h.Event] | None = None) -> dict[str, Any]:
    """The JSON form of an instance, as the management API answers it."""
    answer: dict[str, Any] = {
        "name": instance.name,
        "instanceId": instance.id,
        "runtimeStatus": instance.status,
        "input": _loads(instance.input) if with_input else None,
        "customStatus": _loads(instance.custom),
        "output": _loads(instance.output),
        "createdTime": instance.created,
        "lastUpdatedTime": instance.updated,
    }
    if history is not None:
        answer["historyEvents"] = history
    return answer


def runtime_statuses(text: str) -> list[str]:
    """The `runtimeStatus` query: names with commas between. Raises BadRequestError for an unknown one."""
    known = (*FINISHED, "Running", "Pending", "Suspended", "ContinuedAsNew")
    asked = [part.strip() for part in text.split(",") if part.strip()]
    for name in asked:
        if name not in known:
            raise BadRequestError(f"unknown runtime status {name!r}")
    return asked


def _loads(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _check_id(id_: str) -> None:
    if id_.startswith("@"):
        raise BadRequestError("Orchestration instance ids must not start with @.")
    if any(char in "/\\#?" or unicodedata.category(char) == "Cc" for char in id_):
        raise BadRequestError("Orchestration instance ids must not contain /, \\, #, ?, or control characters.")
    if len(id_) > _ID_LIMIT:
        raise BadRequestError(f"Instance ID lengths must not exceed {_ID_LIMIT} characters.")
