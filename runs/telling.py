"""(6) Telling other programs: every event is written down first, then taken to the queue and, where there is one, to the Event Grid topic.

What a channel could not take waits in the store and is tried again by the hourly watch, for seven days. So an event reaches every channel
at least once; its id is the same every time.
"""

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from reporting.formats import ndjson
from reporting.records import Run, canonical
from reporting.storage.outbox import KEPT, Waiting
from runs import event_grid, events
from runs.context import Context
from scanners.errors import ScannerError, TopicError

log = logging.getLogger(__name__)
QUEUE, TOPIC = "queue", "event_grid"
AT_ONCE = 100  # events read from the store in one go
ROUNDS = 20  # of so many, so that one call ends


Send = Callable[[Sequence[Mapping[str, Any]]], None]


def tell(context: Context, told: Iterable[Mapping[str, Any]]) -> int:
    """Take in the events that are new and deliver all that wait; how many were new. Raises StorageError; what cannot be delivered waits."""
    fresh = note(context, told)
    deliver(context)
    return fresh


def note(context: Context, told: Iterable[Mapping[str, Any]]) -> int:
    """Take in the events that are new; how many were. They wait for the next delivery. Raises StorageError."""
    return context.storage.outbox.put(told, list(_channels(context)))


def deliver(context: Context) -> None:
    """Take what waits to its channels. A channel at fault does not keep the others waiting."""
    for name, (size, send) in _channels(context).items():
        try:
            _deliver(context, name, size, send)
        except ScannerError as fault:
            log.warning("events could not be delivered to %s: %s", name, fault)


def _channels(context: Context) -> dict[str, tuple[int, Send]]:
    """Channel -> how many events it takes at once, and how. Without a topic the queue is the only one."""
    channels: dict[str, tuple[int, Send]] = {QUEUE: (1, lambda batch: _to_queue(context, batch))}
    if context.topic is not None:
        channels[TOPIC] = (event_grid.MOST, context.topic.send)
    return channels


def _to_queue(context: Context, batch: Sequence[Mapping[str, Any]]) -> None:
    for event in batch:
        context.queue.send(canonical(dict(event)).decode())


def _deliver(context: Context, channel: str, size: int, send: Send) -> None:
    outbox = context.storage.outbox
    for _ in range(ROUNDS):
        found = outbox.waiting(channel, AT_ONCE)
        late = [each for each in found if _given_up(each, context.clock())]
        if late:
            log.error("%s event(s) could not be delivered to %s for %s days and are given up", len(late), channel, KEPT.days)
            outbox.taken(channel, late)
        going = [each for each in found if each not in late]
        for batch in (going[start : start + size] for start in range(0, len(going), size)):
            _send(channel, batch, send)
            outbox.taken(channel, batch)
        if len(found) < AT_ONCE:
            return


def _send(channel: str, batch: Sequence[Waiting], send: Send) -> None:
    """Send a batch. One that is refused is sent event by event, and what is refused alone is given up: it would keep all others waiting."""
    try:
        send([each.body for each in batch])
    except TopicError as fault:
        if not fault.refused:
            raise
        if len(batch) == 1:
            log.error("event %s was refused by %s and is given up", batch[0].body["id"], channel)  # noqa: TRY400 - where it came from is known
            return
        for each in batch:
            _send(channel, [each], send)


def _given_up(waiting: Waiting, now: datetime) -> bool:
    return now - datetime.fromisoformat(str(waiting.body["eventTime"])) > KEPT


def of_run(context: Context, run: Run) -> list[events.Event]:
    """What is to be told of a run that ended; nothing of one that is under way. Raises StorageError."""
    tenant = context.settings.tenant_id
    if run.status == "failed":
        return [events.scan_failed(tenant, run)]
    if run.status != "completed":
        return []
    kept = context.storage.attestations
    summary = json.loads(kept.get(run.id, "attestation.json"))
    since = summary["changes"]["since_run"]
    results = tuple(ndjson.read(kept.get(run.id, "results.ndjson")))
    before = tuple(ndjson.read(kept.get(since, "results.ndjson"))) if since else ()
    return events.of_run(tenant, run, summary, results, before)


def run_told(context: Context, run: str) -> bool:
    """Whether the end of a run was told: the event of its end is put last."""
    return any(context.storage.outbox.told(f"{kind}-{run}") for kind in ("ScanCompleted", "ScanFailed"))
