"""The activities of a run. Each may be executed twice or late with the same effect: what it writes is put once.

Inputs and outputs are small dicts; nothing is raised for an expected fault (runs.shell turns the rest into an envelope).
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from reporting.closing import close, fail
from reporting.records import RunPlan, Tenant, moment_of
from reporting.rejudge import statement_reference
from runs import jobs, own_records, starting, telling
from runs.cache import Readings
from runs.context import Context, OfRun
from runs.job_doors import doors_with
from scanners import catalogue
from scanners.doors.tokens import Principal
from scanners.engine import Operator, judge, look, record
from scanners.errors import ScannerError, Undecided
from scanners.exceptions import accepter
from scanners.holding import Holding
from scanners.model import Door, Fact
from scanners.parameters import check
from scanners.planning import PLAN_FACT, control_waves, followers, needed_facts, snapshot_types, waves

log = logging.getLogger(__name__)
_readings = Readings()
WORKLOADS = frozenset({Door.EXCHANGE, Door.PURVIEW, Door.TEAMS})


async def plan_run(context: Context, order: Mapping[str, Any]) -> dict[str, Any]:
    """(2) Write what the run expects, with what people have said and decided and what our own records hold, before anything is looked at."""
    await asyncio.to_thread(_begun, context, order)
    plan = await asyncio.to_thread(_planned, context, order)
    principal = await context.principal()
    _, started = await asyncio.gather(asyncio.to_thread(_record_own_facts, context, plan, principal), jobs.start(context, plan))
    return {**_course(plan, started, context.settings.workload_source), "jobs": started.to_json(), "patience": jobs.patience(context)}


def _begun(context: Context, order: Mapping[str, Any]) -> None:
    """The run is on record, and those that the platform lost before it come to an end."""
    starting.record(context, order)
    end_lost(context, moment_of(order["run"]))


def end_lost(context: Context, before: datetime) -> None:
    """End the runs that began before `before` and are lost: one that was signed is closed to its end, any other failed."""
    for run in starting.abandoned(context.storage, before):
        if not _closed_if_signed(context, run):
            fail(context.storage, run, "the run ended without closing", context.clock)


def _closed_if_signed(context: Context, run: str) -> bool:
    """Close a run that has a link in the chain. False where it has none, or cannot be closed now."""
    if context.storage.attestations.place_of(run) is None:
        return False
    try:
        close_run(context, {"run": run})
    except ScannerError as fault:
        log.warning("a signed run could not be closed: %s", type(fault).__name__)
        return False
    return True


def _course(plan: RunPlan, started: jobs.Jobs, source: str) -> dict[str, Any]:
    """Facts and controls in order: what can be read at once, and `late` what waits for jobs, with all that needs it."""
    known = catalogue.load()
    late = followers({name for name in plan.facts if _waits(known.facts[name], started, source)}, plan.facts, known.facts)
    at_once = frozenset(plan.facts) - late
    chosen = [known.controls[control] for control in plan.controls]
    return {
        "waves": _lists(waves(at_once, known.facts)),
        "controls": _lists(control_waves(c for c in chosen if not late & set(c.needs))),
        "late_waves": _lists(waves(late, known.facts, read=at_once)),
        "late_controls": _lists(control_waves(c for c in chosen if late & set(c.needs))),
    }


def _waits(fact: Fact, started: jobs.Jobs, source: str) -> bool:
    """Whether a fact is read out of a job. Where snapshots are the only source, everything that they could hold goes that way, and says so."""
    if fact.id == started.searched_by or started.types & snapshot_types(fact):
        return True
    return source == "snapshot" and fact.door in WORKLOADS


def _lists(order: Any) -> list[Any]:
    return [[list(each) if isinstance(each, tuple) else each for each in wave] for wave in order]


def _planned(context: Context, order: Mapping[str, Any]) -> RunPlan:
    settings = context.settings
    check(catalogue.load().controls, settings.parameters, settings.disabled_controls, settings.only_controls)
    controls = catalogue.chosen(settings.only_controls, settings.disabled_controls)
    plan = context.storage.runs.put_plan(
        RunPlan(
            run=order["run"],
            tenant=Tenant(id=settings.tenant_id, name=settings.tenant_name or settings.tenant_id),
            started_at=datetime.fromisoformat(order["started_at"]),
            controls=tuple(control.id for control in controls),
            facts=tuple(sorted(needed_facts(controls, catalogue.load().facts))),
            disabled=settings.disabled_controls,
            parameters=settings.parameters,
            inputs={
                "workload_source": settings.workload_source,
                "cloud": settings.cloud,
                "pace": settings.pace,
                "only": list(settings.only_controls),
            },
        )
    )
    context.storage.declare(plan.run)
    return plan


def _record_own_facts(context: Context, plan: RunPlan, principal: Principal | None) -> None:
    """Records facts are kept as evidence, so that what is judged from them can be judged again."""
    facts, evidence = catalogue.load().facts, context.storage.evidence(plan.run)
    values: dict[str, Callable[[], Any]] = {
        "run_history": lambda: own_records.run_history(context.storage, plan.run, plan.started_at),
        "open_findings": lambda: own_records.open_findings(context.storage),
        "scanner_identity": lambda: own_records.scanner_identity(principal, context.settings.tenant_id, person=context.person),
    }
    for name in plan.facts:
        if facts[name].door is Door.RECORDS:
            record(facts[name], context.run(plan.run, principal), evidence, _told(values[name]), context.clock)


def _told(value: Callable[[], Any]) -> Any:
    """What our records hold, or why it is not to be believed; the controls that need it are then unknown, and the others are judged."""
    try:
        return value()
    except Undecided as doubt:
        log.warning("our own records are not believed: %s", type(doubt).__name__)
        return doubt


async def read_lane(context: Context, order: Mapping[str, Any]) -> dict[str, Any]:
    """(3) Look at the facts of one lane, one after the other."""
    facts, evidence = catalogue.load().facts, context.storage.evidence(order["run"], collecting=True)
    run = context.run(order["run"], await context.principal())
    doors = await context.doors()
    if "jobs" in order:
        doors = await doors_with(doors, jobs.Jobs.from_json(order["jobs"]))
    holding = held_by(context.of_run(order["run"]))
    seen: dict[str, Any] = {}
    for name in order["facts"]:
        fact = facts[name]
        earlier = await asyncio.to_thread(_earlier, holding, fact)
        snapshot = await look(fact, run, doors, evidence, earlier, context.clock)
        log.info("looked at %s: %s", name, "read" if snapshot.read else snapshot.reason)
        seen[name] = {"read": snapshot.read or snapshot.empty_for_plan, "pages": len(snapshot.pages), "because": snapshot.because[:300]}
    return {"facts": seen}


def _earlier(holding: Holding, fact: Fact) -> dict[str, Any]:
    """What the facts gave that this one is asked after."""
    return {other: holding.reading(other) for other in sorted({*fact.after, PLAN_FACT} - {fact.id})}


async def follow_jobs(context: Context, order: Mapping[str, Any]) -> dict[str, Any]:
    """(3) How far the jobs are; what they have counted so far goes with them."""
    return {"jobs": (await jobs.follow(context, order["run"], jobs.Jobs.from_json(order["jobs"]))).to_json()}


async def clear_jobs(context: Context, order: Mapping[str, Any]) -> dict[str, Any]:
    """(3) Delete what the run had prepared for it, once its facts are read."""
    plan = await asyncio.to_thread(context.storage.runs.plan, order["run"])
    await jobs.clear(context, plan, jobs.Jobs.from_json(order["jobs"]))
    return {}


def scan_control(context: Context, order: Mapping[str, Any]) -> dict[str, Any]:
    """(4) Judge one control and insert its result; a late second execution loses against the first."""
    known = context.of_run(order["run"])
    plan, declared, holding = known.plan, known.declared, held_by(known)
    control = catalogue.load().controls[order["control"]]
    accept = accepter(declared["decisions"], plan.started_at, declared["statements"])
    held = {name: holding.of(name) for name in control.needs}
    judged = judge(control, held, plan.started_at, plan.run, Operator(plan.parameters), accept)
    if len(judged.affected) > len(judged.result.affected):
        context.storage.runs.put_details(plan.run, control.id, {"control": control.id, "affected": list(judged.affected)})
    context.storage.results.insert(judged.result)
    return {"control": control.id, "outcome": judged.result.outcome.value}


def held_by(known: OfRun) -> Holding:
    """What the run holds; readings are kept in this process, so that forty controls build them once."""
    said, plan = known.declared["statements"], known.plan
    reference, keep = partial(statement_reference, said), partial(_readings.get, plan.run)
    return Holding(catalogue.load().facts, known.evidence, said, plan.started_at, reference, keep)


def close_run(context: Context, order: Mapping[str, Any]) -> dict[str, Any]:
    """(5) Missing rows become errors; package, manifest, signature, chain, pointer."""
    summary = close(context.storage, order["run"], context.catalogue_info(), context.signer(), context.clock)
    return {"run": order["run"], "status": "completed", "counts": summary["counts"]}


def fail_run(context: Context, order: Mapping[str, Any]) -> dict[str, Any]:
    """(7) Record why a run ended without an attestation; what was collected stays, and the previous attestation stays the latest.

    A run that has a link in the chain was signed before its time was up: it is closed to its end instead.
    """
    if _closed_if_signed(context, order["run"]):
        return {"run": order["run"], "status": "completed"}
    run = context.storage.runs.update(order["run"], status="failed", completed_at=context.clock(), failure=str(order["reason"])[:2000])
    log.error("run ended failed: %s", run.id)  # an alert looks for this text (infra/bicep/modules/alerts.bicep)
    return {"run": run.id, "status": run.status, "failure": run.failure}


def announce(context: Context, outcome: Mapping[str, Any]) -> dict[str, Any]:
    """(6) Tell other programs how the run ended. What fails here is told by the hourly watch."""
    run = context.storage.runs.find(str(outcome.get("run", "")))
    return {"told": telling.tell(context, telling.of_run(context, run) if run else [])}
