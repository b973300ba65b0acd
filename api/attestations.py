"""Attestations: the latest one, only ever of a signed, completed run, with its age; the public keys; and what a period shows."""

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import azure.functions as func

from api.answers import SAFE, Problem, answer
from api.asking import day, refused
from api.bundles import WHOLE, ZIP
from api.callers import caller
from api.kept import body_of, latest_run, summary_of
from api.visits import note
from reporting.period import period as shown_period
from runs.context import context
from runs.events import OVERDUE_AFTER
from scanners.errors import ScannerError, SettingsError, SigningError, StorageError
from scanners.result import rfc3339
from settings import next_run

STALE_AFTER_HOURS = OVERDUE_AFTER / timedelta(hours=1)


def latest(request: func.HttpRequest) -> func.HttpResponse:
    """The summary, with ETag; 304 when the caller names the same. It changes with the run, and once more when the attestation gets stale."""
    run = latest_run()
    value = served_summary(run)
    body = body_of(context().storage, run, "attestation.json")
    etag = f'W/"{hashlib.sha256(body).hexdigest()}{"-stale" if value["stale"] else ""}"'
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}
    if etag.removeprefix("W/") in known or "*" in known:  # compared weakly, as RFC 9110 has it for this header
        return func.HttpResponse(status_code=int(HTTPStatus.NOT_MODIFIED), headers={"ETag": etag, "Cache-Control": "no-store"})
    return answer(value, headers={"ETag": etag})


def served_summary(run: str) -> dict[str, Any]:
    """attestation.json with what only the moment of serving knows: age, when the next is due, and links."""
    held, summary = context(), summary_of(run)
    completed = datetime.fromisoformat(summary["completed_at"])
    age = (held.clock() - completed) / timedelta(hours=1)
    signed = {**summary["signature"], "envelope_sha256": held.storage.runs.get(run).envelope_sha256}
    base = f"/api/v1/runs/{run}"
    links = {"self": "/api/v1/attestations/latest", "report": f"{base}/report", "package": f"{base}/package", "results": f"{base}/results"}
    due = rfc3339(next_run(held.settings.scan_schedule, completed))
    return {**summary, "signature": signed, "links": links, "age_hours": round(age, 2), "stale": age > STALE_AFTER_HOURS, "next_due_at": due}


def keys() -> func.HttpResponse:
    """The public keys that signed something here, oldest first. What counts is the key that a reader brings; this is one place to get it from."""
    held = context()
    found = sorted(held.storage.attestations.keys().items(), key=lambda item: (item[1][1].modified, item[0]))
    latest_id = held.storage.runs.latest()
    current = summary_of(latest_id)["signature"]["keyid"] if latest_id else None
    return answer(
        {
            "keys": [
                {
                    "keyid": keyid,
                    "algorithm": "ecdsa-p256-sha256",
                    "public_key": pem.decode(),
                    "first_used_at": rfc3339(blob.modified),
                    "signed_latest": keyid == current,
                }
                for keyid, (pem, blob) in found
            ]
        }
    )


def period(request: func.HttpRequest) -> func.HttpResponse:
    """What the signed runs of a period show, day by day and control by control."""
    first, last = day(request, "from"), day(request, "to")
    held = context()
    return answer(_of_period(lambda: shown_period(held.storage, first, last, held.clock())))


def period_package(request: func.HttpRequest) -> func.HttpResponse:
    """The same as a signed package, with the links of the chain from which it was taken."""
    from tempfile import SpooledTemporaryFile

    from reporting.period_package import write

    first, last = day(request, "from"), day(request, "to")
    held, by = context(), caller(request)
    with SpooledTemporaryFile(max_size=WHOLE) as file:
        _of_period(lambda: write(file, held.storage, first, last, held.signer(), held.clock()))
        size = file.tell()
        if size > WHOLE:
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The package would have {size} bytes; ask for a shorter period.", size=size)
        file.seek(0)
        body = file.read()
    note(request, f"period {first} to {last}", 200, by=by)
    headers = {**SAFE, "Content-Disposition": f'attachment; filename="hipaa-{first}-to-{last}.zip"', "Digest": sha256_digest(body)}
    return func.HttpResponse(body, headers=headers, mimetype=ZIP)


def _of_period(do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """A period that cannot be shown is the caller's to change; store and signing key at fault are not."""
    try:
        return do()
    except (StorageError, SigningError, SettingsError):
        raise
    except ScannerError as fault:
        raise refused("from", f"and `to` do not make a period that can be shown: {fault}.") from None


def sha256_digest(body: bytes) -> str:
    """In the spelling of RFC 3230."""
    return "sha-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
