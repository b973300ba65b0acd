"""The operations that machines use for runs, results and attestations."""

from api.openapi_schemas import OUTCOMES, SEVERITIES
from api.openapi_words import HTML, JSON, PROBLEM, TOKEN, ZIP, Schema, header, operation, path, query, ref, text

RUN, CONTROL = path("run", "Id of the run, such as 20261124T030000Z-3f9c"), path("control", "Id of the control")
FACT, NUMBER = path("fact", "Id of the fact"), path("number", "Number of the page, counted from 1")
ON = query("continuation", "Where the page before ended, as that page said")
PART = query("part", "core leaves out the evidence and always fits into one answer", enum=["all", "core"], default="all")
RANGE = header("Range", "One range of bytes, such as bytes=0-1023", **{"x-ms-visibility": "advanced"})
FILE: Schema = {"type": "string", "format": "binary"}
PAGE = (HTML, PROBLEM)


def limit(most: int, usual: int) -> Schema:
    """How many items a page has."""
    return query("limit", f"Items on a page: {usual} unless said, {most} at most", type="integer", minimum=1, maximum=most, default=usual)


def filters() -> tuple[Schema, ...]:
    """Filters of lists of results."""
    return (
        query("outcome", f"Only these outcomes, with commas between: {', '.join(OUTCOMES)}"),
        query("severity", f"Only these severities, with commas between: {', '.join(SEVERITIES)}"),
        query("topic", "Only these topics, with commas between"),
        query("citation", "Only controls that cite one of these, with commas between"),
    )


def paths() -> dict[str, dict[str, Schema]]:
    """Path -> method -> operation."""
    return {**_service(), **_attestations(), **_runs(), **_results()}


def _service() -> dict[str, dict[str, Schema]]:
    health = operation("Health", "Whether this deployment can work", {200: ref("Health")}, tag="service", level="anonymous", produces=(JSON,))
    health["responses"]["503"] = {"description": "Settings are faulty; their names, without values.", "schema": ref("Health")}
    itself = operation("OpenApi", "This description", {200: {"type": "object"}}, tag="service", level="anonymous", visible="internal", always=True)
    about = "Per permission, role and plan: granted or missing, what stays unknown without it, and the command that grants it."
    return {
        "/health": {"get": health},
        "/openapi.json": {"get": itself},
        "/v1/readiness": {"get": operation("Readiness", "What is granted and what is missing", {200: ref("Readiness")}, about=about, tag="service")},
        "/v1/keys": {"get": operation("ListKeys", "The public keys", {200: ref("Keys")}, tag="attestations")},
    }


def _package(name: str, summary: str, *parameters: Schema) -> dict[str, Schema]:
    answers: dict[int, Schema | None] = {200: FILE, 206: FILE, 302: None}
    unsigned = (409,) if parameters else ()  # the latest run is always a signed one
    refuses = (400, 404, 413, 416, *unsigned)
    about = "Answered with 302 to a short-lived address, or with the bytes: whole up to 25 MB, by Range up to 16 MB an answer."
    get = operation(
        name, summary, answers, *parameters, PART, RANGE, TOKEN, about=about, tag="attestations", produces=(ZIP, PROBLEM), refuses=refuses
    )
    head = operation(
        f"{name}Head", f"{summary}: size and digests", {200: None}, *parameters, PART, TOKEN,
        tag="attestations", produces=(ZIP, PROBLEM), refuses=(400, 404, *unsigned), visible="internal",
    )  # fmt: skip
    return {"get": get, "head": head}


def _report(name: str, summary: str, *parameters: Schema) -> dict[str, Schema]:
    refuses = (404, 409) if parameters else (404,)
    return {"get": operation(name, summary, {200: text("One page of HTML")}, *parameters, TOKEN, tag="attestations", produces=PAGE, refuses=refuses)}


def _attestations() -> dict[str, dict[str, Schema]]:
    base = "/v1/attestations/latest"
    latest = operation(
        "LatestAttestation", "The latest signed run", {200: ref("Attestation"), 304: None}, header("If-None-Match", "The ETag that the caller has"),
        about="The summary of the latest signed run, with its age. Never of a run that failed or is unsigned.",
        tag="attestations", refuses=(404,), visible="important",
    )  # fmt: skip
    about = "Every signed run of the period, the days without one, and per control the days in each outcome; 800 days at most."
    days = ({**query("from", "First day", format="date"), "required": True}, {**query("to", "Last day", format="date"), "required": True})
    period = operation("PeriodAttestation", "What a period shows", {200: ref("Period")}, *days, about=about, tag="attestations", refuses=(400,))
    signed = operation(
        "PeriodPackage",
        "What a period shows, as a signed package",
        {200: FILE},
        *days,
        TOKEN,
        tag="attestations",
        produces=(ZIP, PROBLEM),
        refuses=(400, 413),
    )
    return {
        base: {"get": latest},
        f"{base}/package": _package("LatestPackage", "The signed package of the latest run"),
        f"{base}/report": _report("LatestReport", "The report of the latest run"),
        "/v1/attestations/period": {"get": period},
        "/v1/attestations/period/package": {"get": signed},
    }


def _runs() -> dict[str, dict[str, Schema]]:
    status = query("status", "Only these, with commas between: running, completed, failed")
    start = operation(
        "StartRun", "Start a run", {202: ref("RunStatus")}, header("Idempotency-Key", "A repeated key leads to its run for 24 hours"),
        about="202 with Location and Retry-After, for clients that follow by themselves; 409 with Location of the run that is under way.",
        tag="runs", refuses=(400, 409), visible="important",
    )  # fmt: skip
    follow = operation(
        "RunStatus", "How a run stands", {200: ref("RunStatus"), 202: ref("RunStatus")}, RUN,
        about="202 while it runs, 200 when it is completed, 500 with the reason when it failed.", tag="runs", refuses=(404, 500),
    )  # fmt: skip
    base = "/v1/runs/{run}"
    listed = operation("ListRuns", "Runs, newest first", {200: ref("RunList")}, status, limit(200, 50), ON, tag="runs", refuses=(400,))
    return {
        "/v1/runs": {"get": listed, "post": start},
        base: {"get": operation("GetRun", "One run", {200: ref("Run")}, RUN, tag="runs", refuses=(404,))},
        f"{base}/status": {"get": follow},
        f"{base}/package": _package("RunPackage", "The signed package of a run", RUN),
        f"{base}/report": _report("RunReport", "The report of a run", RUN),
    }


def _results() -> dict[str, dict[str, Schema]]:
    base = "/v1/runs/{run}"
    results = operation(
        "RunResults", "The results of a run", {200: ref("ResultList")}, RUN, *filters(), limit(500, 500), ON,
        tag="results", refuses=(400, 404, 409), visible="important",
    )  # fmt: skip
    changes = operation(
        "ListChanges", "What changed", {200: ref("Changes")},
        query("since", "The earlier run; without it, what the run itself says changed since the run before"),
        query("to", "The later run; the latest unless said"), tag="results", refuses=(400, 404, 409), visible="important",
    )  # fmt: skip
    history = operation(
        "ControlHistory", "What a control came to over time", {200: ref("History")}, CONTROL, limit(400, 100), ON, tag="results", refuses=(400, 404)
    )
    controls = operation(
        "ListControls", "The controls of this version", {200: ref("ControlList")}, *filters()[1:], tag="controls", refuses=(400,), always=True
    )
    page = {"type": "string", "format": "binary", "description": "The stored bytes, which are JSON"}
    return {
        f"{base}/results": {"get": results},
        f"{base}/evidence/{{fact}}": {
            "get": operation("RunEvidence", "Chain of custody", {200: ref("Evidence")}, RUN, FACT, tag="results", refuses=(404,))
        },
        f"{base}/evidence/{{fact}}/{{number}}": {
            "get": operation("EvidencePage", "A page of evidence", {200: page}, RUN, FACT, NUMBER, tag="results", refuses=(404,))
        },
        "/v1/changes": {"get": changes},
        "/v1/controls": {"get": controls},
        "/v1/controls/{control}": {
            "get": operation("GetControl", "One control", {200: ref("Control")}, CONTROL, tag="controls", refuses=(404,), always=True)
        },
        "/v1/controls/{control}/history": {"get": history},
    }
