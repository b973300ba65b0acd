"""Wiring only: the timer, the durable orchestration with its activities, and the blueprints of api/. No decisions are made here.

Heavy imports stay inside functions: indexing must be quick, and one faulty import must not take down every function.
Bound parameters are annotated with plain `dict` and `str`: the worker refuses anything more exact (docs/DESIGN.md, "Faults of the platform").
"""

import logging

import azure.durable_functions as df
import azure.functions as func

from api.attestation_routes import routes as attestation_routes
from api.auditor_routes import routes as auditor_routes
from api.console_routes import routes as console_routes
from api.exception_routes import routes as exception_routes
from api.health_routes import routes as health_routes
from api.readiness_routes import routes as readiness_routes
from api.result_routes import routes as result_routes
from api.run_routes import routes as run_routes
from api.sharing_routes import routes as sharing_routes
from api.statement_routes import routes as statement_routes
from runs.shell import shielded, shielded_sync

# These write the address of every request to the log, and addresses of Graph and of the store hold ids of the tenant. Set here because the
# platform files them under our functions, where host.json cannot tell them apart.
for noisy in ("azure.core", "azure.identity", "azure.storage", "httpx", "msal", "urllib3"):
    logging.getLogger(noisy).setLevel(logging.WARNING)

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.timer_trigger(arg_name="timer", schedule="%SCAN_SCHEDULE%", run_on_startup=False, use_monitor=True)
@app.durable_client_input(client_name="client")
async def daily_scan(timer: func.TimerRequest, client: str) -> None:
    """(1) Start the day's run, unless the day has one or a run is under way."""
    from runs.starting import start_daily

    await start_daily(client)


@app.timer_trigger(arg_name="timer", schedule="0 30 4 * * 0", run_on_startup=False, use_monitor=True)
@app.durable_client_input(client_name="client")
async def purge_history(timer: func.TimerRequest, client: str) -> None:
    """Once a week: forget the orchestration history of finished runs; the evidence and results stay."""
    from runs.starting import purge

    await purge(client)


@app.timer_trigger(arg_name="timer", schedule="0 15 * * * *", run_on_startup=False, use_monitor=True)
def watch(timer: func.TimerRequest) -> None:
    """(6) Once an hour: tell of overdue scans, statements about to end, and what could not be told before."""
    from runs.context import context
    from runs.watching import watch as look

    look(context())


@app.orchestration_trigger(context_name="context")
def scan(context: df.DurableOrchestrationContext):
    """(1)-(7) One run."""
    from runs.orchestration import course

    return (yield from course(context))


@app.activity_trigger(input_name="order")
async def plan_run(order: dict) -> dict:
    """(2) What the run expects, written before anything is looked at."""
    return await shielded("plan_run", order)


@app.activity_trigger(input_name="order")
async def read_lane(order: dict) -> dict:
    """(3) The facts of one lane, one after the other."""
    return await shielded("read_lane", order)


@app.activity_trigger(input_name="order")
async def follow_jobs(order: dict) -> dict:
    """(3) How far the snapshots and searches are that the run has asked for."""
    return await shielded("follow_jobs", order)


@app.activity_trigger(input_name="order")
async def clear_jobs(order: dict) -> dict:
    """(3) Their places freed."""
    return await shielded("clear_jobs", order)


@app.activity_trigger(input_name="order")
def scan_control(order: dict) -> dict:
    """(4) One control, judged from the run's evidence."""
    return shielded_sync("scan_control", order)


@app.activity_trigger(input_name="order")
def close_run(order: dict) -> dict:
    """(5) Package, manifest, signature, chain, pointer."""
    return shielded_sync("close_run", order)


@app.activity_trigger(input_name="order")
def fail_run(order: dict) -> dict:
    """(7) Why a run ended without an attestation."""
    return shielded_sync("fail_run", order)


@app.activity_trigger(input_name="outcome")
def announce(outcome: dict) -> dict:
    """(6) Tell Logic Apps and Event Grid how the run ended: ids, counts and paths."""
    return shielded_sync("announce", outcome)


app.register_functions(health_routes)
app.register_functions(readiness_routes)
app.register_functions(run_routes)
app.register_functions(attestation_routes)
app.register_functions(result_routes)
app.register_functions(statement_routes)
app.register_functions(exception_routes)
app.register_functions(sharing_routes)
app.register_functions(auditor_routes)
app.register_functions(console_routes)
