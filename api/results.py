"""Results of a run, their evidence, their history, and what changed between two runs."""

import hashlib
import json
from http import HTTPStatus
from typing import Any

import azure.functions as func

from api.answers import SAFE, Problem, answer
from api.asking import RUN_ID, WORD, chosen, continuation, count, onward, paged, refused, run_of
from api.kept import found_run, latest_run, results_of, signed_run, summary_of
from reporting.changes import changes
from runs.context import context
from scanners import catalogue, hipaa
from scanners.model import Outcome, Severity
from scanners.result import Result, rfc3339

MOST = 500
HISTORY, HISTORY_MOST = 100, 400


def of_run(request: func.HttpRequest, text: str) -> func.HttpResponse:
    """The results of a signed run by control id, filtered and paged."""
    size, place = count(request, MOST, MOST), continuation(request, f"results of {text}", WORD)
    wanted = filters(request)
    run = signed_run(text)
    found = [result for result in results_of(context().storage, run) if _fits(result, wanted)]
    page, further = paged(found, lambda result: result.control, place, size)
    return answer(
        {"run": run, "total": len(found), "results": [result.to_json() for result in page], "continuation": onward(f"results of {run}", further)}
    )


def filters(request: func.HttpRequest) -> dict[str, frozenset[str] | None]:
    """The filters of a list of results. Raises Problem (400) with what is allowed."""
    topics = {control.topic for control in catalogue.load().controls.values()}
    return {
        "outcome": chosen(request, "outcome", [outcome.value for outcome in Outcome]),
        "severity": chosen(request, "severity", [severity.value for severity in Severity]),
        "topic": chosen(request, "topic", topics),
        "citation": chosen(request, "citation", hipaa.by_citation()),
    }


def _fits(result: Result, wanted: dict[str, frozenset[str] | None]) -> bool:
    has = {"outcome": {result.outcome.value}, "severity": {result.severity.value}, "topic": {result.topic}, "citation": set(result.citations)}
    return all(allowed is None or has[name] & allowed for name, allowed in wanted.items())


def history(request: func.HttpRequest, control: str) -> func.HttpResponse:
    """What a control came to in the signed runs, newest first, paged."""
    size, place = count(request, HISTORY_MOST, HISTORY), continuation(request, f"history of {control}", RUN_ID)
    known_control(control)
    rows = context().storage.results.history_page(control, size + 1, place)
    found = [
        {
            "run": row["Run"],
            "completed_at": rfc3339(row["CompletedAt"]),
            "outcome": row["Outcome"],
            "reason": row.get("Reason"),
            "because": row["Because"],
            "affected": row["Affected"],
            "rule_sha256": row["RuleSha256"],
        }
        for row in rows[:size]
    ]
    further = str(rows[size - 1]["Run"]) if len(rows) > size else None
    return answer({"control": control, "history": found, "continuation": onward(f"history of {control}", further)})


def known_control(control: str) -> None:
    """Raises Problem (404) for a control that this version does not have."""
    if not WORD.fullmatch(control) or control not in catalogue.load().controls:
        raise Problem(HTTPStatus.NOT_FOUND, "There is no such control; GET /api/v1/controls lists them.")


def changed(request: func.HttpRequest) -> func.HttpResponse:
    """What changed from the signed run `since` to the latest one, or to the signed run `to`. Without `since`, what the run itself says changed."""
    since, until = request.params.get("since"), request.params.get("to")
    for name, text in (("since", since), ("to", until)):
        if text and not RUN_ID.fullmatch(text):
            raise refused(name, "must be the id of a run, such as 20261124T030000Z-3f9c.")
    after = signed_run(until) if until else latest_run()
    if not since:
        return answer({"run": after, **summary_of(after)["changes"]})
    before = signed_run(since)
    if before > after:
        raise refused("since", f"is a later run than {after}.")
    storage = context().storage
    return answer({"run": after, **changes(before, results_of(storage, before), results_of(storage, after)).to_json()})


def evidence(text: str, fact: str) -> func.HttpResponse:
    """The chain of custody of a fact in a run, with a link for each stored page. Evidence of a failed run stays, so it is served too."""
    run, custody = _custody(text, fact)
    base = f"/api/v1/runs/{run}/evidence/{fact}"
    links = [{"number": number, "url": f"{base}/{number}", "sha256": page["stored_sha256"]} for number, page in enumerate(custody["pages"], 1)]
    return answer({"run": run, "fact": fact, "custody": custody, "pages": links})


def evidence_page(text: str, fact: str, number: str) -> func.HttpResponse:
    """The stored bytes of a page of evidence, exactly as they were hashed."""
    run, custody = _custody(text, fact)
    pages = custody["pages"]
    if not (number.isascii() and number.isdigit() and len(number) < 7 and 1 <= int(number) <= len(pages)):
        raise Problem(HTTPStatus.NOT_FOUND, f"The fact {fact} has {len(pages)} pages in run {run}, counted from 1.")
    body = context().storage.evidence(run).page(pages[int(number) - 1]["blob"])
    headers = {**SAFE, "ETag": f'"{hashlib.sha256(body).hexdigest()}"', "Content-Security-Policy": "sandbox; default-src 'none'"}
    headers["Content-Disposition"] = f'attachment; filename="{fact}-{int(number):05d}.json"'
    return func.HttpResponse(body, headers=headers, mimetype="application/json")


def _custody(text: str, fact: str) -> tuple[str, dict[str, Any]]:
    run = found_run(run_of(text)).id
    body = context().storage.evidence(run).custody_bytes(fact) if WORD.fullmatch(fact) else None
    if body is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"Run {run} has no evidence of that name.")
    return run, dict(json.loads(body))
