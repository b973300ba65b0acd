"""One control as the report shows it: everything already words, nothing left to decide for the template."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from reporting.changes import Life
from reporting.formats import text
from reporting.report import Report
from scanners.model import Outcome
from scanners.result import Result

LABELS = {
    Outcome.PASS: "Met",
    Outcome.FAIL: "Not met",
    Outcome.ACCEPTED: "Accepted",
    Outcome.NOT_APPLICABLE: "Does not apply",
    Outcome.UNKNOWN: "Could not look",
    Outcome.ATTESTATION_DUE: "Statement due",
    Outcome.ERROR: "Scanner fault",
}
REASONS = {
    "not_permitted": ("Permission is missing", "The scanner's identity has not been granted what these conditions need."),
    "not_licensed": ("Plan is missing", "The tenant has no plan that contains these features, so their state cannot be read."),
    "not_supported": ("Not offered here", "This cloud, or this deployment of the scanner, has no way to the setting."),
    "unreachable": ("No answer in time", "The service did not answer, or only in part. The next run asks again."),
    "unrecognised": ("Answer not understood", "An answer came that this version does not know how to read; it is never guessed at."),
    "missing": ("Not judged", "The run ended before these conditions were judged."),
    "fault": ("Fault of the scanner", "A rule of the scanner failed. Report it to its maintainers."),
    "evidence_refused": ("Evidence refused", "An answer held more than may be stored, so nothing of it was kept."),
}
INTERFACES = {
    "supported": "documented interface",
    "observed": "interface of the vendor's own tools, not documented",
    "statement": "statement of a person",
    "records": "the scanner's own records",
}
RANK = {"critical": 0, "high": 1, "medium": 2, "low": 3}
OBSERVED = 12  # properties shown of one control
BUDGET = 1500  # characters of observed values of one control
OBJECTS = 20
FILES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A control, ready to be shown."""

    id: str
    title: str
    topic: str
    why: str
    outcome: str
    label: str
    severity: str
    designation: str
    citations: tuple[str, ...]
    because: str
    remedy: str
    reason: str
    witnesses: tuple[str, ...]
    observed: tuple[tuple[str, str], ...]
    objects: tuple[str, ...]
    more_objects: int
    evidence: tuple[tuple[str, str, str], ...]  # path, SHA-256, how it was obtained
    more_evidence: int
    parameters: tuple[tuple[str, str, bool], ...]  # name, value, looser than the default
    exception: tuple[tuple[str, str], ...]
    statement: tuple[tuple[str, str], ...]
    since: str
    first_seen: str
    days_open: int
    reopened: int


def day(moment: datetime | None) -> str:
    """A day as people write it, UTC."""
    return f"{moment:%d %B %Y}".lstrip("0") if moment else ""


def items(report: Report) -> tuple[Item, ...]:
    """All controls, the most severe first."""
    made = (item(report, result) for result in report.results)
    return tuple(sorted(made, key=lambda each: (RANK[each.severity], each.title, each.id)))


def item(report: Report, result: Result) -> Item:
    """One control."""
    life = report.lives.get(result.control)
    known = report.catalogue.controls.get(result.control)
    shown = result.affected[:OBJECTS]
    return Item(
        id=result.control,
        title=result.title,
        topic=text.words(result.topic),
        why=known.why if known else "",
        outcome=result.outcome.value,
        label=LABELS[result.outcome],
        severity=result.severity.value,
        designation=result.designation,
        citations=result.citations,
        because=result.because[:1].upper() + result.because[1:],
        remedy=result.remedy,
        reason=str(result.reason or ""),
        witnesses=tuple(text.plain(each, 500) for each in text.sentences(result.observed))[:10],
        observed=tuple(_observed(result)),
        objects=tuple(text.plain(each, 120) for each in shown),
        more_objects=len(result.affected) - len(shown) + result.truncated,
        evidence=tuple((each.path, each.sha256, INTERFACES[each.interface]) for each in result.evidence[:FILES]),
        more_evidence=max(0, len(result.evidence) - FILES),
        parameters=tuple(
            (text.words(name), text.value(given), name in result.looser_than_default) for name, given in sorted(result.parameters.items())
        ),
        exception=_pairs(result.exception),
        statement=_pairs(result.statement),
        since=day(result.since),
        first_seen=day(result.first_seen),
        days_open=_days(life, report.at),
        reopened=life.reopened if life else 0,
    )


def _days(life: Life | None, at: datetime) -> int:
    return life.days_open(at) if life and life.is_open else 0


def _pairs(given: dict[str, object] | None) -> tuple[tuple[str, str], ...]:
    return tuple((text.words(name), text.value(each)) for name, each in (given or {}).items())


def _observed(result: Result) -> Iterable[tuple[str, str]]:
    left = BUDGET
    for place, (name, given) in enumerate(result.observed.items()):
        if text.is_said(name, given):
            continue
        if place >= OBSERVED or left <= 0:
            yield "more", "in results.ndjson"
            return
        shown = text.value(given, min(400, left))
        left -= len(shown)
        yield text.plain(text.words(name), 80), shown
