"""CSV by RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180), with a byte order mark for spreadsheets, and no cell that a spreadsheet would run."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from reporting.coverage import BAD
from reporting.report import EvidenceFile, Report
from scanners.result import Result, rfc3339

# Spreadsheets run cells that begin with these, and skip leading spaces and control characters to find them.
_RUNS = re.compile(r"^[\s\x00-\x1f\x7f\u00a0\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
CELL = 32_000  # a spreadsheet's cell takes 32,767 characters


def cell(value: object) -> str:
    """One value as text that stays text: control and direction marks shown as their numbers, a leading formula sign put behind an apostrophe."""
    text = "" if value is None else str(value)
    formula = bool(_RUNS.match(text))
    text = _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    if len(text) > CELL:
        text = f"{text[:CELL]} ... ({len(text)} characters)"
    return f"'{text}" if formula or _RUNS.match(text) else text


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file: CRLF, quoted where needed, UTF-8 with byte order mark."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


RESULTS = (
    "control", "topic", "title", "citations", "designation", "severity", "kind", "outcome", "reason", "because", "remedy",
    "affected", "first_seen", "since", "exception", "statement", "judged_at", "run",
)  # fmt: skip


def results(report: Report) -> bytes:
    """results.csv: a row per control."""
    return table(RESULTS, (_result(result) for result in report.results))


def _result(result: Result) -> Sequence[object]:
    return (
        result.control,
        result.topic,
        result.title,
        "; ".join(result.citations),
        result.designation,
        result.severity.value,
        result.kind.value,
        result.outcome.value,
        result.reason,
        result.because,
        result.remedy,
        len(result.affected) + result.truncated,
        rfc3339(result.first_seen) if result.first_seen else None,
        rfc3339(result.since) if result.since else None,
        (result.exception or {}).get("id"),
        (result.statement or {}).get("id"),
        rfc3339(result.judged_at),
        result.run,
    )


FINDINGS = (
    "control",
    "title",
    "citations",
    "severity",
    "outcome",
    "object",
    "because",
    "remedy",
    "first_seen",
    "open_since",
    "days_open",
    "times_reopened",
)


def findings(report: Report) -> bytes:
    """findings.csv: what is amiss, a row per object that decided it, or one row where the whole tenant is concerned."""
    return table(FINDINGS, (row for result in report.results if result.outcome in BAD for row in _findings(report, result)))


def _findings(report: Report, result: Result) -> Iterable[Sequence[object]]:
    life = report.lives[result.control]
    for each in result.affected or (None,):
        yield (
            result.control,
            result.title,
            "; ".join(result.citations),
            result.severity.value,
            result.outcome.value,
            each,
            result.because,
            result.remedy,
            rfc3339(life.first_seen) if life.first_seen else None,
            rfc3339(life.opened_at) if life.opened_at else None,
            life.days_open(report.at),
            life.reopened,
        )
    if result.truncated:
        more = f"{result.truncated} more in details/{result.control}.json"
        yield (result.control, result.title, "; ".join(result.citations), result.severity.value, result.outcome.value, more, *[None] * 6)


INDEX = ("member", "fact", "about", "request", "status", "interface", "collected_at", "size", "stored_sha256", "received_sha256", "request_id")


def index(files: Iterable[EvidenceFile]) -> bytes:
    """evidence/INDEX.csv: a row per stored page."""
    return table(
        INDEX,
        (
            (f.name, f.fact, f.about, f.request, f.status, f.interface, f.collected_at, f.size, f.sha256, f.received_sha256, f.request_id)
            for f in files
        ),
    )
