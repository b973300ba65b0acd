"""An app for the host's tests, built with the decorators that the product uses. Each test imports it afresh (conftest.py)."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import os
import sys
import typing
from pathlib import Path

import azure.durable_functions as df
import azure.functions as func

# What activities did in this process, in order: (name, input).
CALLS: list[tuple[str, typing.Any]] = []


app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
bp = df.Blueprint()


@bp.route(route="open", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
def open_(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("hello")


@bp.route(route="keyed/{name}", methods=["GET", "POST"], auth_level=func.AuthLevel.FUNCTION)
async def keyed(req: func.HttpRequest) -> func.HttpResponse:
    seen = {
        "method": req.method,
        "url": req.url,
        "name": req.route_params["name"],
        "params": dict(req.params),
        "header": req.headers.get("X-Probe"),
        "body": req.get_body().decode("latin-1"),
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json")


@bp.route(route="keyed/fixed", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
def fixed(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("fixed")


@bp.route(route="admin", methods=["POST"], auth_level=func.AuthLevel.ADMIN)
def admin(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(status_code=204)


@bp.route(route="cookies", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def cookies(req: func.HttpRequest) -> func.HttpResponse:
    answer = func.HttpResponse(bytes(range(256)), status_code=303, mimetype="application/octet-stream", headers={"Location": "/x", "X-Own": "1"})
    answer.headers.add("Set-Cookie", "one=1; HttpOnly; Secure; SameSite=Strict; Path=/x")
    answer.headers.add("Set-Cookie", "two=2; Path=/y")
    return answer


@bp.route(route="broken", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def broken(req: func.HttpRequest) -> func.HttpResponse:
    raise ValueError("a secret value")


@bp.route(route="files/{*rest}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def files(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.route_params["rest"])


@bp.route(route="announce", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output(arg_name="events", queue_name="scan-events", connection="EVIDENCE_STORAGE")
def announce(req: func.HttpRequest, events: func.Out[str]) -> func.HttpResponse:
    events.set(req.get_body().decode())
    return func.HttpResponse(status_code=202)


@bp.activity_trigger(input_name="item")
def double(item: dict) -> dict:
    CALLS.append(("double", item))
    return {"value": item["value"] * 2}


@bp.activity_trigger(input_name="item")
async def slow(item: float) -> str:
    CALLS.append(("slow", item))
    await asyncio.sleep(item)
    return f"slept {item}"


@bp.activity_trigger(input_name="item")
def fail(item: object) -> str:
    CALLS.append(("fail", item))
    raise LookupError("nothing there")


@bp.activity_trigger(input_name="item")
def flaky(item: int) -> str:
    CALLS.append(("flaky", item))
    if sum(1 for name, _ in CALLS if name == "flaky") < item:
        raise RuntimeError("not yet")
    return "at last"


@bp.activity_trigger(input_name="item")
def unserialisable(item: object) -> object:
    return {1, 2}


@bp.activity_trigger(input_name="item")
def leave(item: object) -> None:
    sys.exit(3)


@bp.activity_trigger(input_name="item")
async def leave_async(item: object) -> None:
    sys.exit(3)


@bp.activity_trigger(input_name="item")
async def give_up(item: object) -> None:
    raise asyncio.CancelledError


@bp.activity_trigger(input_name="item")
def large(item: int) -> str:
    return "x" * item


@bp.activity_trigger(input_name="item")
@bp.queue_output(arg_name="events", queue_name="scan-events", connection="EVIDENCE_STORAGE")
def tell(item: dict, events: func.Out[str]) -> str:
    events.set(json.dumps(item))
    return "told"


@bp.activity_trigger(input_name="item")
@bp.event_grid_output(arg_name="events", connection="EVENT_GRID_TOPIC")
def publish(item: dict, events: func.Out[func.EventGridOutputEvent]) -> str:
    when = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    events.set(func.EventGridOutputEvent(id="1", data=item, subject="s", event_type="t", event_time=when, data_version="1"))
    return "published"


@bp.activity_trigger(input_name="item")
def log_step(item: dict) -> dict:
    """Leaves a trace that outlives the process."""
    with Path(os.environ["TOY_LOG"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(item) + "\n")
    return {"done": item["step"]}


@bp.orchestration_trigger(context_name="context")
def fan_out(context: df.DurableOrchestrationContext):
    many = context.get_input()
    context.set_custom_status({"phase": "fanning"})
    results = yield context.task_all([context.call_activity("double", {"value": n}) for n in range(many)])
    context.set_custom_status({"phase": "done"})
    return sum(item["value"] for item in results)


@bp.orchestration_trigger(context_name="context")
def empty_fan_out(context: df.DurableOrchestrationContext):
    nothing = yield context.task_all([])
    after = yield context.call_activity("double", {"value": 4})
    return [nothing, after]


@bp.orchestration_trigger(context_name="context")
def race(context: df.DurableOrchestrationContext):
    spec = context.get_input()
    deadline = context.create_timer(context.current_utc_datetime + dt.timedelta(seconds=spec["deadline"]))
    work = context.call_activity("slow", spec["work"])
    winner = yield context.task_any([work, deadline])
    if winner == work:
        if spec["cancel"]:
            deadline.cancel()
        return work.result
    return "deadline"


@bp.orchestration_trigger(context_name="context")
def approval(context: df.DurableOrchestrationContext):
    text = yield context.wait_for_external_event("approved")
    return {"got": text, "version": context.version}


@bp.orchestration_trigger(context_name="context")
def retrying(context: df.DurableOrchestrationContext):
    options = df.RetryOptions(20, context.get_input()["attempts"])
    return (yield context.call_activity_with_retry("flaky", options, context.get_input()["needed"]))


@bp.orchestration_trigger(context_name="context")
def call(context: df.DurableOrchestrationContext):
    """Calls the activity named in the input and tells how it ended."""
    spec = context.get_input()
    try:
        return (yield context.call_activity(spec["name"], spec["input"]))
    except Exception as fault:
        return {"failed": str(fault)}


@bp.orchestration_trigger(context_name="context")
def raises(context: df.DurableOrchestrationContext):
    yield context.call_activity("double", {"value": 1})
    raise ValueError("by design")


@bp.orchestration_trigger(context_name="context")
def counting(context: df.DurableOrchestrationContext):
    left = context.get_input()
    yield context.call_activity("double", {"value": left})
    if left > 0:
        context.continue_as_new(left - 1)
        return None
    return "zero"


@bp.orchestration_trigger(context_name="context")
def parent(context: df.DurableOrchestrationContext):
    good = yield context.call_sub_orchestrator("fan_out", 3)
    try:
        yield context.call_sub_orchestrator("raises", None, "a-child")
    except Exception as fault:
        return [good, str(fault)]


@bp.orchestration_trigger(context_name="context")
def fickle(context: df.DurableOrchestrationContext):
    """Not deterministic: asks for another activity each time it is replayed."""
    CALLS.append(("fickle", None))
    name = "double" if sum(1 for called, _ in CALLS if called == "fickle") == 1 else "slow"
    yield context.call_activity(name, {"value": 1} if name == "double" else 0)


@bp.orchestration_trigger(context_name="context")
def half_failed(context: df.DurableOrchestrationContext):
    """A fan-out whose first child fails while its sibling still runs; then one more activity."""
    with contextlib.suppress(Exception):
        yield context.task_all([context.call_activity("fail", None), context.call_activity("slow", 0.3)])
    return (yield context.call_activity("double", {"value": 21}))


@bp.orchestration_trigger(context_name="context")
def entangled(context: df.DurableOrchestrationContext):
    """A fan-out that fails while a sibling is in retry: from there on, SDK and host number things differently."""
    with contextlib.suppress(Exception):
        retried = context.call_activity_with_retry("flaky", df.RetryOptions(20, 3), 2)
        yield context.task_all([context.call_activity("fail", None), retried])
    return (yield context.call_activity("double", {"value": 21}))


@bp.orchestration_trigger(context_name="context")
def staged(context: df.DurableOrchestrationContext):
    """The shape of a scan: a plan, two waves, a timer in between, a close."""
    plan = yield context.call_activity("log_step", {"step": "plan"})
    first = yield context.task_all([context.call_activity("log_step", {"step": f"fact-{n}"}) for n in range(2)])
    yield context.create_timer(context.current_utc_datetime + dt.timedelta(milliseconds=10))
    token = context.new_uuid()
    second = yield context.task_all([context.call_activity("log_step", {"step": f"control-{n}"}) for n in range(2)])
    last = yield context.call_activity("log_step", {"step": "close", "token": token})
    return [item["done"] for item in [plan, *first, *second, last]]


@bp.timer_trigger(arg_name="timer", schedule="%TOY_SCHEDULE%", use_monitor=True)
@bp.durable_client_input(client_name="client")
async def nightly(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    CALLS.append(("nightly", (timer.past_due, timer.schedule_status["Next"])))
    await client.start_new("fan_out", "nightly", 2)


@bp.route(route="drive", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@bp.durable_client_input(client_name="client")
async def drive(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Calls one method of the durable client and answers what came back, or what it raised."""
    asked = req.get_json()
    known = {"created_time_from", "created_time_to"}
    options: dict[str, typing.Any] = {
        name: dt.datetime.fromisoformat(value) if name in known else value for name, value in asked.get("options", {}).items()
    }
    if "runtime_status" in options:
        options["runtime_status"] = [df.OrchestrationRuntimeStatus(name) for name in options["runtime_status"]]
    try:
        got = await getattr(client, asked["method"])(*asked.get("arguments", []), **options)
    except Exception as fault:
        return func.HttpResponse(json.dumps({"raised": str(fault)}), mimetype="application/json")
    return func.HttpResponse(json.dumps({"got": _plain(got)}), mimetype="application/json")


def _plain(value: typing.Any) -> typing.Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if hasattr(value, "runtime_status"):
        return value.to_json() if value else None
    return {"deleted": value.instances_deleted} if hasattr(value, "instances_deleted") else value


app.register_functions(bp)
