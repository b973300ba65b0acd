"""Report and package of a signed run: a short-lived address of the store, or the bytes themselves.

The platform buffers whole answers, so what is passed through is limited: 25 MB whole, 16 MB an answer with Range; what is larger comes in parts.
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

import azure.functions as func

from api.answers import SAFE, Problem
from api.asking import refused
from api.callers import caller
from api.kept import body_of, signed_run
from api.visits import note
from reporting.storage.blobs import BlobInfo
from runs.context import context

WHOLE = 25 * 1024 * 1024  # bytes of one answer without Range
PART = 16 * 1024 * 1024  # bytes of one answer with Range
_RANGE = re.compile(r"bytes=(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))", re.ASCII)
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
ZIP = "application/zip"
Way = Literal["address", "whole", "part"]  # an address of the store, the file as one answer, a range of it
Gives = Callable[[Way, int, int, int], None]


@dataclass(frozen=True, slots=True)
class Part:
    """What can be fetched: `all`, or `core`, which is all but the evidence and always fits into one answer."""

    blob: str
    ending: str


PARTS = {"all": Part("package.zip", ""), "core": Part("core.zip", "-core")}


def report(request: func.HttpRequest, run: str | None) -> func.HttpResponse:
    """The report as a page; nothing in it may load anything from elsewhere."""
    by, signed = caller(request), signed_run(run)
    found = report_of(signed)
    note(request, "report", 200, run=signed, by=by)
    return found


def report_of(run: str) -> func.HttpResponse:
    """The report of a signed run."""
    body = body_of(context().storage, run, "report.html")
    return func.HttpResponse(body, headers={**SAFE, "Content-Security-Policy": PAGE_POLICY}, mimetype="text/html", charset="utf-8")


def package(request: func.HttpRequest, run: str | None) -> func.HttpResponse:
    """The package of a run, or of the latest one."""
    by, signed, part = caller(request), signed_run(run), asked_part(request)
    found = deliver(request, signed, part)
    note(request, f"package part={part}", found.status_code, run=signed, by=by)
    return found


def asked_part(request: func.HttpRequest) -> str:
    """`part`: all or core."""
    text = request.params.get("part") or "all"
    if text not in PARTS:
        raise refused("part", "has a value that is not known.", allowed=sorted(PARTS))
    return text


def deliver(request: func.HttpRequest, run: str, part: str, gives: Gives = lambda _way, _first, _last, _size: None) -> func.HttpResponse:
    """302 to the store where it can be reached from outside, else the bytes. HEAD says size and digests and gives nothing away.

    `gives` is called with the way, first and last byte and size before anything is given, and may raise. Raises Problem: 413 with how to resume, 416.
    """
    held, wanted = context(), PARTS[part]
    info = held.storage.attestations.info(run, wanted.blob)
    if info is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"The package of run {run} is not there.")
    name = f"hipaa-{run}{wanted.ending}.zip"
    headers = {
        **SAFE,
        "Content-Disposition": f'attachment; filename="{name}"',
        "Accept-Ranges": "bytes",
        "ETag": info.etag,
        **_digests(info),
    }
    if request.method == "HEAD":
        return func.HttpResponse(headers={**headers, "Content-Length": str(info.size)}, mimetype=ZIP)
    if held.settings.bundle_delivery == "sas":
        address = held.storage.blobs.shared(held.storage.attestations.path(run, wanted.blob), held.clock(), name, ZIP)
        if address is not None:
            gives("address", 0, info.size - 1, info.size)
            return func.HttpResponse(status_code=int(HTTPStatus.FOUND), headers={**SAFE, "Location": address, **_digests(info)})
    return _passed_through(request, run, wanted, info, headers, gives)


def _passed_through(request: func.HttpRequest, run: str, part: Part, info: BlobInfo, headers: dict[str, str], gives: Gives) -> func.HttpResponse:
    given = request.headers.get("If-Range")
    span = None if given and given.strip() != info.etag else _span(request.headers.get("Range"), info.size)
    if span is None and info.size > WHOLE:
        detail = (
            f"The package has {info.size} bytes; ask for it in parts of at most {PART} bytes, with the header Range: bytes=0-{PART - 1} and so on, "
            "or for all but the evidence with part=core."
        )
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, {"Accept-Ranges": "bytes"}, size=info.size, largest_part=PART)
    first, last = span or (0, info.size - 1)
    body = b"".join(context().storage.attestations.stream(run, part.blob, first, last - first + 1))
    gives("part" if span else "whole", first, last, info.size)
    if span is None:
        return func.HttpResponse(body, headers=headers, mimetype=ZIP)
    headers["Content-Range"] = f"bytes {first}-{last}/{info.size}"
    return func.HttpResponse(body, status_code=int(HTTPStatus.PARTIAL_CONTENT), headers=headers, mimetype=ZIP)


def _span(wanted: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte; None where the header asks for several ranges or is none that we know, which RFC 9110 lets us leave aside."""
    match = _RANGE.fullmatch(wanted.strip()) if wanted else None
    if match is None:
        return None
    first = size - min(int(match[3]), size) if match[3] else int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if first >= size or last < first:
        raise Problem(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, f"The package has {size} bytes; give a range in it.", {"Content-Range": f"bytes */{size}"}
        )
    return first, min(last, size - 1, first + PART - 1)


def _digests(info: BlobInfo) -> dict[str, str]:
    """SHA-256 of the whole file, in the spelling of RFC 3230 and in that of RFC 9530."""
    stored = info.metadata.get("sha256")
    if not stored:
        return {}
    coded = base64.b64encode(bytes.fromhex(stored)).decode()
    return {"Digest": f"sha-256={coded}", "Repr-Digest": f"sha-256=:{coded}:"}
