"""The product's own runs and what it signed: evidence that evaluation happens, and the digests by which a person can name a report.

Read from the product's records, not from the tenant: completed runs from the signed chain; runs that failed or are under way from the table of runs as
well, which is not believed against the chain. The form that the engine is handed, as JSON:
`{"runs": [{"run_id", "started_at", "finished_at" (or null), "status": completed | failed | running, "signed": bool, "envelope_sha256" (or null),
"previous_envelope_sha256" (or null), "expected_controls": int, "results": int}], "chain": [sha256], "packages": [sha256]}`.
`runs`: the newest 60, without the run that is judged. `chain`: the envelope digests of the signed runs of the last 400 days. `packages`: the digests of the
packages made in that time, and of the members that somebody could hand in as a document of their own: report.html, results.csv, findings.csv, attestation.json.
"""

from typing import Literal

from scanners.model import Door, Fact, Throttle
from scanners.reading import Row, Timestamp
from scanners.statements import as_written


class PastRun(Row, spelling=as_written):
    """One run before this one."""

    run_id: str
    started_at: Timestamp
    finished_at: Timestamp | None
    status: Literal["completed", "failed", "running"]
    signed: bool
    envelope_sha256: str | None
    previous_envelope_sha256: str | None
    expected_controls: int
    results: int


class RunHistory(Row, spelling=as_written):
    """What the product has done so far."""

    runs: tuple[PastRun, ...]
    chain: tuple[str, ...]
    packages: tuple[str, ...]


fact = Fact(
    reading=RunHistory,
    door=Door.RECORDS,
    throttle=Throttle.NONE,
    sample={
        "runs": [
            {
                "run_id": "20261123T030000Z-3f9c",
                "started_at": "2026-11-23T03:00:00Z",
                "finished_at": "2026-11-23T03:21:40Z",
                "status": "completed",
                "signed": True,
                "envelope_sha256": "9f" * 32,
                "previous_envelope_sha256": "1c" * 32,
                "expected_controls": 212,
                "results": 212,
            }
        ],
        "chain": ["9f" * 32, "1c" * 32],
        "packages": ["77" * 32],
    },
)
