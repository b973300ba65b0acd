"""OSCAL plan of action and milestones: one item per finding of the tenant's history, open or closed, with the days that it was open."""

from typing import Any

from reporting.changes import Life
from reporting.formats import text
from reporting.formats.oscal import Ids, line, metadata, present, prop, remediations, said
from reporting.report import Report
from scanners.result import Result, rfc3339


def poam(report: Report) -> dict[str, Any]:
    """The document. It holds at least one item, since OSCAL refuses none; where nothing was ever found, that item says so."""
    ids = Ids(report.summary["tenant"]["id"])
    found = {result.control: result for result in report.results}
    lives = {control: life for control, life in sorted(report.lives.items()) if life.opened_at}
    items = [_item(report, control, life, found.get(control), ids) for control, life in lives.items()]
    nothing = {"uuid": ids("poam-item", "none"), "title": "Nothing is open", "description": "No condition was ever found not to be met."}
    made = present(
        uuid=ids("poam", report.run.id),
        metadata=metadata(report, "Findings of the HIPAA evaluation of a Microsoft 365 tenant", ids),
        system_id={"identifier-type": "https://ietf.org/rfc/rfc4122", "id": report.summary["tenant"]["id"]},
        risks=[_risk(report, control, life, found.get(control), ids) for control, life in lives.items()],
        poam_items=items or [nothing],
    )
    return {"plan-of-action-and-milestones": made}


def _item(report: Report, control: str, life: Life, result: Result | None, ids: Ids) -> dict[str, Any]:
    return present(
        uuid=ids("poam-item", control),
        title=_title(control, result),
        description=_said(result),
        props=[prop("control", control), *_life(report, life)],
        related_risks=[{"risk-uuid": ids("risk", control)}],
    )


def _risk(report: Report, control: str, life: Life, result: Result | None, ids: Ids) -> dict[str, Any]:
    why = report.catalogue.controls[control].why if control in report.catalogue.controls else ""
    return present(
        uuid=ids("risk", control),
        title=_title(control, result),
        description=_said(result),
        statement=why or _title(control, result),
        props=[prop("severity", result.severity.value)] if result else [],
        status=_status(life),
        remediations=remediations(result, ids) if life.is_open and result else [],
    )


def _status(life: Life) -> str:
    if life.is_open:
        return "open"
    return "deviation-approved" if life.outcome == "accepted" else "closed"


def _life(report: Report, life: Life) -> list[dict[str, str]]:
    moments = {"first-seen": life.first_seen, "opened-at": life.opened_at, "fixed-at": life.fixed_at}
    times = [prop(name, rfc3339(moment)) for name, moment in moments.items() if moment]
    return [*times, prop("days-open", life.days_open(report.at)), prop("times-reopened", life.reopened), prop("outcome", life.outcome)]


def _title(control: str, result: Result | None) -> str:
    return line(result.title) if result else line(text.words(control))


def _said(result: Result | None) -> str:
    return said(result.because) if result else "This condition is no longer evaluated."
