"""The report's page: what stands on it and in which order. Readable with three hundred controls: what needs action first, the rest folded."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from reporting.formats import points, text
from reporting.formats.items import LABELS, REASONS, Item, day, items
from reporting.report import Report
from scanners.hipaa import citations
from scanners.law import law
from scanners.model import Kind, Outcome

SOON = timedelta(days=30)
STATES = {
    "met": "Met",
    "partly": "Partly met",
    "not_met": "Not met",
    "not_known": "Not known",
    "not_applicable": "Does not apply",
    "not_covered": "Not covered",
}
NO_DUTY = frozenset({"general", "context"})  # provisions that say how to comply, or define a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """A citation with the controls that answer it."""

    citation: str
    title: str
    paraphrase: str
    kind: str
    state: str
    label: str
    items: tuple[Item, ...]
    left_out: int  # conditions that are switched off, or were left out of this run
    planned: int  # conditions of the specification that a later version will bring
    reason: str | None  # why no condition can answer it


@dataclass(frozen=True, slots=True, kw_only=True)
class Safeguard:
    """A part of the regulation."""

    name: str
    anchor: str
    tally: Mapping[str, int]
    verdict: str
    provisions: tuple[Provision, ...]
    not_covered: tuple[Provision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something that only a person can do."""

    what: str
    how: str
    until: str
    anchor: str


def page(report: Report) -> dict[str, Any]:
    """Everything that the template shows."""
    everything = items(report)
    counting = [each for each in everything if not _proposed(report, each)]
    by_id = {each.id: each for each in everything}
    parts = _safeguards(report, by_id)
    return {
        "report": report,
        "summary": report.summary,
        "headline": _headline(report.summary["counts"], counting),
        "tiles": [(outcome.value, LABELS[outcome], report.summary["counts"][outcome.value]) for outcome in Outcome],
        "evaluated": f"{report.at:%d %B %Y, %H:%M} UTC".lstrip("0"),
        "safeguards": [part for part in parts if any(part.tally.values())],
        "states": STATES,
        "articles": points.groups(report.summary, by_id),
        "coverage": _coverage(report.summary),
        "action": [each for each in counting if each.outcome == "fail"],
        "tasks": _tasks(report, counting),
        "due": [each for each in counting if each.outcome == "attestation_due"],
        "blind": _blind(counting),
        "accepted": [each for each in counting if each.outcome == "accepted"],
        "rest": _rest(counting),
        "proposed": [each for each in everything if _proposed(report, each)],
        "changed": _changed(report, by_id),
        "settings": [(by_id[s.control], text.words(s.name), text.value(s.before), text.value(s.after)) for s in report.changes.settings[:200]],
        "statements": [_statement(report, each) for each in report.statements],
        "decisions": report.decisions,
        "facts": _facts(report),
        "loosened": [each for each in everything if any(looser for _, _, looser in each.parameters)],
        "law": law(),
        "day": day,
        "today": report.at.date(),
    }


def _proposed(report: Report, each: Item) -> bool:
    return any(result.control == each.id and result.kind is Kind.READINESS for result in report.results)


def _headline(counts: Mapping[str, int], counting: Sequence[Item]) -> tuple[str, str]:
    """One sentence that is true, and its tone."""
    failed, due, blind = counts["fail"], counts["attestation_due"], counts["unknown"] + counts["error"]
    total = counts["total"]
    if not total:
        return "Nothing was evaluated.", "bad"
    critical = sum(each.outcome == "fail" and each.severity == "critical" for each in counting)
    said = []
    if failed:
        said.append(f"{failed} not met" + (f" ({critical} critical)" if critical else ""))
    if due:
        said.append(f"{due} waiting for a statement")
    if blind:
        said.append(f"{blind} that could not be looked at")
    if not said:
        one = "The only condition is met, accepted or does not apply."
        return one if total == 1 else f"All {total} conditions are met, accepted or do not apply.", "good"
    return f"Of {total} condition{'' if total == 1 else 's'}: {', '.join(said)}.", "bad" if failed else "open"


def _safeguards(report: Report, by_id: Mapping[str, Item]) -> list[Safeguard]:
    said = {row.citation: row.paraphrase for row in citations()}
    sections: dict[str, list[Provision]] = {}
    for row in report.summary["by_citation"]:
        made = Provision(
            citation=row["citation"],
            title=row["title"],
            paraphrase=said[row["citation"]],
            kind=row["designation"],
            state=row["state"],
            label=STATES[row["state"]],
            items=tuple(by_id[control] for control in row["controls"]),
            left_out=len(row["not_in_this_run"]),
            planned=len(row["planned"]),
            reason=row["reason"],
        )
        sections.setdefault(row["section"], []).append(made)
    return [_safeguard(name, provisions) for name, provisions in sections.items()]


def _safeguard(name: str, provisions: list[Provision]) -> Safeguard:
    tally = Counter(each.state for each in provisions if each.kind not in NO_DUTY or each.items)
    return Safeguard(
        name=name,
        anchor="part-" + "-".join(name.lower().replace(",", "").split()),
        tally={state: tally[state] for state in STATES},
        verdict=_verdict(tally),
        provisions=tuple(each for each in provisions if each.items),
        not_covered=tuple(each for each in provisions if not each.items),
    )


def _verdict(tally: Mapping[str, int]) -> str:
    if tally["not_met"] or tally["partly"]:
        return "Gaps"
    if tally["not_known"]:
        return "Not fully known"
    if tally["met"]:
        return "Met where covered"
    return "Not covered"


def _coverage(summary: Mapping[str, Any]) -> dict[str, int]:
    duties = [row for row in summary["by_citation"] if row["designation"] not in NO_DUTY]
    return {"provisions": len(duties), "covered": sum(row["state"] != "not_covered" for row in duties)}


def _blind(counting: Sequence[Item]) -> list[tuple[str, str, list[Item]]]:
    """What could not be looked at, by reason."""
    groups: dict[str, list[Item]] = {}
    for each in counting:
        if each.outcome in {"unknown", "error"}:
            groups.setdefault(each.reason or "fault", []).append(each)
    return [(*REASONS[reason], groups[reason]) for reason in REASONS if reason in groups]


def _rest(counting: Sequence[Item]) -> list[tuple[str, list[Item]]]:
    """What is met or does not apply, by topic."""
    groups: dict[str, list[Item]] = {}
    for each in sorted(counting, key=lambda each: (each.topic, each.title)):
        if each.outcome in {"pass", "not_applicable"}:
            groups.setdefault(each.topic, []).append(each)
    return list(groups.items())


def _changed(report: Report, by_id: Mapping[str, Item]) -> list[tuple[str, list[Item]]]:
    named = (
        ("Newly not met", report.changes.new_fail),
        ("Fixed", report.changes.fixed),
        ("No longer visible", report.changes.new_unknown),
        ("Visible again", report.changes.readable_again),
    )
    return [(name, [by_id[control] for control in controls]) for name, controls in named if controls]


def _tasks(report: Report, counting: Sequence[Item]) -> list[Task]:
    """Statements to give, decisions to approve, and what runs out soon."""
    due = (Task(what=each.title, how=each.remedy, until="", anchor=f"c-{each.id}") for each in counting if each.outcome == "attestation_due")
    return [*due, *_running_out(report), *_to_decide(report)]


def _soon(report: Report, end: date) -> bool:
    return report.at.date() <= end <= report.at.date() + SOON


def _running_out(report: Report) -> Iterator[Task]:
    for each in report.statements:
        if each.status == "active" and _soon(report, each.expires_at):
            what = f"The statement {text.words(each.type)} runs out"
            yield Task(what=what, how="Renew it.", until=f"{each.expires_at}", anchor="statements")


def _to_decide(report: Report) -> Iterator[Task]:
    for each in report.decisions:
        if each.status == "pending":
            what = f"An exception for {text.words(each.control)} waits for approval"
            yield Task(what=what, how="Approve or withdraw it.", until="", anchor="statements")
        elif each.status == "approved" and _soon(report, each.expires_at):
            what = f"The exception for {text.words(each.control)} runs out"
            yield Task(what=what, how="Fix the finding, or decide again.", until=f"{each.expires_at}", anchor="statements")


def _statement(report: Report, each: Any) -> dict[str, Any]:
    expired: date = each.expires_at
    state = each.status if each.status != "active" else "expired" if expired < report.at.date() else "active"
    return {
        "type": text.words(each.type),
        "says": each.statement,
        "by": f"{each.attester.title} ({text.words(each.attester.role)})",
        "from": each.effective_from,
        "until": each.expires_at,
        "document": each.document.sha256 if each.document else "",
        "state": state,
    }


def _facts(report: Report) -> list[dict[str, Any]]:
    """Evidence by fact: how many pages and bytes, when, on which way."""
    groups: dict[str, list[Any]] = {}
    for file in report.evidence:
        groups.setdefault(file.fact, []).append(file)
    return [
        {
            "fact": fact,
            "pages": len(files),
            "size": sum(file.size for file in files),
            "collected": files[0].collected_at,
            "interface": sorted({file.interface for file in files}),
            "member": f"evidence/{fact}/custody.json",
        }
        for fact, files in sorted(groups.items())
    ]
