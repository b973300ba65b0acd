"""Answers of the HTTP interface: JSON, pages, problem+json (RFC 9457), and the one place where faults become answers."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import azure.functions as func

from scanners.errors import EvidenceRefused, RecordRefused, ScannerError, SettingsError, SigningError, StorageError, VersionTaken, trail

log = logging.getLogger(__name__)
PROBLEM = "application/problem+json"
SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class Problem(ScannerError):  # noqa: N818 - RFC 9457 calls it a problem
    """An answer that says what is wrong with the request, or with what it asks for."""

    def __init__(self, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.members = status, detail, dict(headers or {}), members


def answer(value: Any, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    """JSON."""
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return func.HttpResponse(body, status_code=int(status), headers={**SAFE, **(headers or {})}, mimetype="application/json")


def problem(error: Problem, instance: str) -> func.HttpResponse:
    """`application/problem+json`."""
    body = {
        "type": "about:blank",
        "title": error.status.phrase,
        "status": int(error.status),
        "detail": error.detail,
        "instance": instance,
        **error.members,
    }
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return func.HttpResponse(text, status_code=int(error.status), headers={**SAFE, **error.headers}, mimetype=PROBLEM)


async def guarded(request: func.HttpRequest, do: Callable[[], Awaitable[func.HttpResponse]]) -> func.HttpResponse:
    """Run what a route does; every fault becomes problem+json, never a stack trace. The outermost shell of HTTP."""
    try:
        return await do()
    except Exception as fault:  # noqa: BLE001 - the outermost shell: the answer says nothing of it, the log keeps where it came from
        return problem(explained(fault), instance_of(request))


async def served(request: func.HttpRequest, do: Callable[[], func.HttpResponse]) -> func.HttpResponse:
    """The same for what blocks: it runs on a thread, so that other requests go on."""
    return await guarded(request, lambda: asyncio.to_thread(do))


def instance_of(request: func.HttpRequest) -> str:
    """The path that was asked for, without query: secrets may be in there."""
    return "/api/" + str(request.url).partition("?")[0].partition("/api/")[2]


def explained(fault: Exception) -> Problem:
    """The problem that tells a caller about a fault. Texts of unexpected faults may hold tenant data, so none of them is passed on."""
    if isinstance(fault, Problem):
        return fault
    if isinstance(fault, RecordRefused):
        detail = "Nothing was written: some fields are not as they must be."
        errors = [{"field": field, "problem": what} for field, what in fault.problems.items()]
        return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=errors)
    if isinstance(fault, VersionTaken):
        return Problem(HTTPStatus.CONFLICT, "Somebody else wrote the next version at the same time; read it and decide again. Nothing was written.")
    if isinstance(fault, SettingsError):
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "The settings of this deployment are faulty; GET /api/health names them.")
    if isinstance(fault, StorageError):
        log.warning("the store could not serve a request: %s", type(fault).__name__)
        detail = "The evidence store cannot be reached or refuses the request; try again, and look at the function app's log if it stays so."
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": "30"})
    if isinstance(fault, SigningError):
        log.warning("the signing key could not be used for a request")
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "The signing key cannot be reached or refuses; try again.", {"Retry-After": "30"})
    if isinstance(fault, EvidenceRefused):
        return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Nothing was written: it holds something that must not be stored here.")
    log.error("a request could not be served: %s", trail(fault))
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "This could not be answered; the function app's log says why.")
