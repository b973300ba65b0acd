"""(1) Starting a run: mint its id, claim the day's slot, refuse a second start while one runs. And forgetting old orchestration history."""

import asyncio
import json
import logging
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from reporting.records import RUN_ID_FORMAT, Run, Trigger
from runs.context import Context, context
from runs.orchestration import INSTANCE
from scanners import catalogue
from scanners.errors import ScannerError

log = logging.getLogger(__name__)
ENDED = frozenset({"Completed", "Failed", "Terminated", "Canceled"})
REFUSED = "another run was under way"  # the end of a run that was minted and then not let in
HISTORY_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Started:
    """The run that was started, or the one that stands in the way (`refused`)."""

    run: str
    refused: bool


async def start_daily(client: Any) -> Started:
    """The timer's run: once a day, however often the timer fires."""
    held = context()
    day = held.clock().strftime("%Y%m%d")
    return await start(client, trigger="timer", slot=day)


async def start(client: Any, *, trigger: Trigger, slot: str | None = None) -> Started:
    """Start a run, unless one is under way or the slot is taken. Raises SettingsError or StorageError."""
    held = context()
    await asyncio.to_thread(held.storage.ensure)
    if (running := await under_way(client)) is not None:
        log.info("a run is under way, none was started")
        return Started(running, refused=True)
    await asyncio.to_thread(_end_abandoned, held)
    now = held.clock()
    run = f"{now.strftime(RUN_ID_FORMAT)}-{secrets.token_hex(2)}"
    if slot is not None and (taken := await asyncio.to_thread(held.storage.runs.take_slot, slot, run)) != run:
        return Started(taken, refused=True)
    await asyncio.to_thread(_record, held, run, trigger, slot, now)
    order = {
        "run": run,
        "trigger": trigger,
        "slot": slot,
        "started_at": now.isoformat(),
        "budget_seconds": int(held.settings.run_budget.total_seconds()),
    }
    try:
        await client.start_new("scan", instance_id=INSTANCE, client_input=order)
    except Exception as race:  # noqa: BLE001 - the SDK raises a bare Exception when the platform refuses a running instance
        log.info("the platform refused to start a second run: %s", type(race).__name__)
        await asyncio.to_thread(held.storage.runs.update, run, status="failed", completed_at=held.clock(), failure=REFUSED)
        return Started(await under_way(client) or run, refused=True)
    return Started(run, refused=False)


async def under_way(client: Any) -> str | None:
    """The id of the run that is under way, or None."""
    status = await client.get_status(INSTANCE, show_input=True)
    if not status or status.runtime_status is None or status.runtime_status.value in ENDED:
        return None
    order = json.loads(status.input_) if isinstance(status.input_, str) else status.input_
    return str(order["run"])


def _record(held: Context, run: str, trigger: Trigger, slot: str | None, now: datetime) -> None:
    held.storage.runs.insert(
        Run(
            id=run,
            tenant_id=held.settings.tenant_id,
            status="running",
            trigger=trigger,
            slot=slot,
            started_at=now,
            scanner_version=catalogue.VERSION,
            catalogue_sha256=catalogue.load().sha256,
        )
    )


def _end_abandoned(held: Context) -> None:
    """Nothing is under way, so a run that is still recorded as running was abandoned by the platform: it ends, and not nowhere.

    One that has a link in the chain was signed before, and only has to be closed to its end; any other ends failed.
    """
    abandoned = held.storage.runs.list(limit=50, status="running")
    signed = {link.run for link in held.storage.attestations.links()} if abandoned else set()
    for run in abandoned:
        if run.id not in signed or not _closed(held, run.id):
            held.storage.runs.update(run.id, status="failed", completed_at=held.clock(), failure="the run ended without closing")


def _closed(held: Context, run: str) -> bool:
    from runs.steps import close_run

    try:
        close_run(held, {"run": run})
    except ScannerError as fault:
        log.warning("a signed run could not be closed: %s", type(fault).__name__)
        return False
    return True


async def purge(client: Any) -> None:
    """Forget the orchestration history of runs that ended more than a month ago."""
    from azure.durable_functions import OrchestrationRuntimeStatus

    until = datetime.now(UTC) - HISTORY_KEPT
    ended = [OrchestrationRuntimeStatus(name) for name in ("Completed", "Failed", "Terminated")]
    await client.purge_instance_history_by(created_time_from=datetime(2020, 1, 1, tzinfo=UTC), created_time_to=until, runtime_status=ended)
