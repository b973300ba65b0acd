"""(1) Starting a run: mint its id, and start the orchestration, which is the lock. And forgetting old orchestration history.

The orchestration has a constant instance id, and the platform runs one of that id at a time: it refuses a second start, or takes it in and drops it
without a word. Whoever is refused or dropped has written nothing, so several starts at the same moment make one run and no traces of others.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from reporting.records import RUN_ID_FORMAT, Run, Trigger, moment_of
from reporting.storage import Storage
from runs.context import Context, context
from runs.orchestration import INSTANCE
from scanners import catalogue
from scanners.errors import StorageError

log = logging.getLogger(__name__)
ENDED = frozenset({"Completed", "Failed", "Terminated", "Canceled"})
HISTORY_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Started:
    """The run that was started, or the one that stands in the way (`refused`). `request`: digest of the key of the request that started it."""

    run: str
    refused: bool
    request: str | None = None


async def start_daily(client: Any) -> Started:
    """The timer's run: once a day, however often the timer fires."""
    held = context()
    day = held.clock().strftime("%Y%m%d")
    return await start(client, trigger="timer", slot=day)


async def start(client: Any, *, trigger: Trigger, slot: str | None = None, request: str | None = None) -> Started:
    """Start a run, unless one is under way or the slot is taken. Raises SettingsError or StorageError.

    `request` is the digest of an idempotency key; it is remembered with the run.
    """
    held = context()
    await asyncio.to_thread(held.storage.ensure)
    if (running := await under_way(client)) is not None:
        log.info("a run is under way, none was started")
        return running
    if slot is not None and (taken := await asyncio.to_thread(held.storage.runs.slot, slot)) is not None:
        return Started(taken, refused=True)
    now = held.clock()
    run = f"{now.strftime(RUN_ID_FORMAT)}-{secrets.token_hex(2)}"
    order = {
        "run": run,
        "trigger": trigger,
        "slot": slot,
        "request": request,
        "started_at": now.isoformat(),
        "budget_seconds": int(held.settings.run_budget.total_seconds()),
    }
    try:
        await client.start_new("scan", instance_id=INSTANCE, client_input=order)
    except Exception as race:  # noqa: BLE001 - the SDK raises a bare Exception when the platform refuses a running instance
        return await _stood_aside(client, race)
    # The platform may take in two starts at once and drop one of them without a word, so what it runs is what counts.
    seen = await under_way(client)
    if seen is not None and seen.run != run:
        log.info("another start was faster, none was started")
        return seen
    await asyncio.to_thread(record, held, order)
    return Started(run, refused=False, request=request)


async def _stood_aside(client: Any, race: Exception) -> Started:
    running = await under_way(client)
    if running is None:
        raise StorageError(f"the platform did not start a run ({type(race).__name__}); try again") from race
    log.info("another start was faster, none was started")
    return running


async def under_way(client: Any) -> Started | None:
    """The run that is under way, or None."""
    status = await client.get_status(INSTANCE, show_input=True)
    if not status or status.runtime_status is None or status.runtime_status.value in ENDED:
        return None
    order = json.loads(status.input_) if isinstance(status.input_, str) else status.input_
    return Started(str(order["run"]), refused=True, request=order.get("request"))


def record(held: Context, order: Mapping[str, Any]) -> None:
    """Write down that the run began, whose day it is and who asked for it. Done by whoever started it and by its first step, whoever is first."""
    runs = held.storage.runs
    runs.insert(
        Run(
            id=order["run"],
            tenant_id=held.settings.tenant_id,
            status="running",
            trigger=order["trigger"],
            slot=order["slot"],
            started_at=datetime.fromisoformat(order["started_at"]),
            scanner_version=catalogue.VERSION,
            catalogue_sha256=catalogue.load().sha256,
        )
    )
    if order["slot"] is not None:
        runs.take_slot(order["slot"], order["run"])
    if order.get("request"):
        runs.remember_request(order["request"], order["run"])
    held.storage.outbox.since(held.clock())


def abandoned(storage: Storage, before: datetime) -> list[str]:
    """Runs that began before `before`, the beginning of the run that has the lock, and are still recorded as running: the platform lost them.

    Only earlier ones: a step that is executed late must not take a later run for a lost one.
    """
    return [each.id for each in storage.runs.list(limit=50, status="running") if moment_of(each.id) < before]


async def purge(client: Any) -> None:
    """Forget the orchestration history of runs that ended more than a month ago."""
    from azure.durable_functions import OrchestrationRuntimeStatus

    until = datetime.now(UTC) - HISTORY_KEPT
    ended = [OrchestrationRuntimeStatus(name) for name in ("Completed", "Failed", "Terminated")]
    await client.purge_instance_history_by(created_time_from=datetime(2020, 1, 1, tzinfo=UTC), created_time_to=until, runtime_status=ended)
