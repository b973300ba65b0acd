"""The events that other programs are told: five kinds, in the Event Grid schema, small, with ids, counts and paths and nothing else of the tenant.

An event has the same id each time it is sent, so that whoever gets it twice can drop it.
Schema: https://learn.microsoft.com/azure/event-grid/event-schema
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from reporting.changes import changes
from reporting.records import Run
from scanners.model import Kind
from scanners.result import Result, rfc3339

Event = dict[str, Any]
OVERDUE_AFTER = timedelta(hours=26)  # a day and two hours: yesterday's run is expected to be replaced by then
AGAIN = timedelta(hours=24)  # after which a run that is still overdue is told again
NOTICE_DAYS = (0, 7, 30)  # before the end of a statement, the most pressing first
_SHOWN = ("new_fail", "new_unknown", "fixed", "readable_again")


def _event(kind: str, key: str, subject: str, at: datetime, data: Mapping[str, Any]) -> Event:
    """One event; `key` tells it apart from others of its kind."""
    return {
        "id": f"{kind}-{key}",
        "eventType": f"Hipaa.M365.{kind}",
        "subject": subject,
        "eventTime": rfc3339(at),
        "dataVersion": "1",
        "data": dict(data),
    }


def scan_completed(tenant: str, run: Run, summary: Mapping[str, Any]) -> Event:
    """A run was signed. `summary` is its attestation.json; the controls that changed are named by their ids."""
    changes, base = summary["changes"], f"/api/v1/runs/{run.id}"
    since = changes["since_run"]
    data = {
        "tenant": tenant,
        "run": run.id,
        "since_run": since,
        "complete": summary["complete"],
        "counts": summary["counts"],
        "worse": bool(changes["new_fail"] or changes["new_unknown"]),
        **{name: list(changes[name]) for name in _SHOWN},
        "results": f"{base}/results",
        "changes": f"/api/v1/changes?since={since}&to={run.id}" if since else None,
        "report": f"{base}/report",
    }
    return _event("ScanCompleted", run.id, f"/runs/{run.id}", ended_at(run), data)


def scan_failed(tenant: str, run: Run) -> Event:
    """A run ended without an attestation. Why may quote the tenant, so the event says only where to read it."""
    return _event("ScanFailed", run.id, f"/runs/{run.id}", ended_at(run), {"tenant": tenant, "run": run.id, "details": f"/api/v1/runs/{run.id}"})


def control_changes(tenant: str, run: Run, since: str, before: Sequence[Result], after: Sequence[Result]) -> list[Event]:
    """One event for each control whose outcome is another than in the run `since`. Controls that one of the runs did not know are left out.

    `worse` is what ScanCompleted lists as new_fail or new_unknown, `better` what it lists as fixed or readable_again, `other` the rest.
    """
    listed = changes(since, before, after)
    named = dict.fromkeys((*listed.new_fail, *listed.new_unknown), "worse") | dict.fromkeys((*listed.fixed, *listed.readable_again), "better")
    earlier = {result.control: result.outcome.value for result in before if result.kind is not Kind.READINESS}
    later = {result.control: result.outcome.value for result in after if result.kind is not Kind.READINESS}
    return [
        _event(
            "ControlStatusChanged",
            f"{run.id}-{control}",
            f"/controls/{control}",
            ended_at(run),
            {
                "tenant": tenant,
                "run": run.id,
                "since_run": since,
                "control": control,
                "before": earlier[control],
                "after": later[control],
                "change": named.get(control, "other"),
                "history": f"/api/v1/controls/{control}/history",
            },
        )
        for control in sorted(earlier.keys() & later.keys())
        if earlier[control] != later[control]
    ]


def statement_expiring(tenant: str, statement: str, kind: str, counts: tuple[date, date], now: datetime) -> Event | None:
    """The most pressing notice that is due for a statement that counts from the first to the last day of `counts`; None while none is.

    A notice that is longer than the statement's whole life is left out: it would be told on the day that the statement is made.
    """
    first, last_day = counts
    left = (last_day - now.date()).days
    notice = next((days for days in NOTICE_DAYS if left <= days < (last_day - first).days), None)
    if notice is None:
        return None
    data = {
        "tenant": tenant,
        "statement": statement,
        "type": kind,
        "expires_on": last_day.isoformat(),
        "days": notice,
        "details": f"/api/v1/statements/{statement}",
    }
    return _event("StatementExpiring", f"{statement}-{last_day.isoformat()}-{notice}", f"/statements/{statement}", now, data)


def scan_overdue(tenant: str, last: Run | None, watched_since: datetime, now: datetime) -> Event | None:
    """No run was completed for 26 hours, or none ever since this deployment is watched; else None. Told again for each further day."""
    since = ended_at(last) if last else watched_since
    late = now - since - OVERDUE_AFTER
    if late <= timedelta(0):
        return None
    times = late // AGAIN
    data = {
        "tenant": tenant,
        "last_run": last.id if last else None,
        "last_completed_at": rfc3339(ended_at(last)) if last else None,
        "hours": (now - since) // timedelta(hours=1),
        "details": "/api/v1/runs",
    }
    key = f"{last.id if last else tenant}-{since:%Y%m%dT%H%M%SZ}-{times}"
    return _event("ScanOverdue", key, "/attestations/latest", since + OVERDUE_AFTER + times * AGAIN, data)


def ended_at(run: Run) -> datetime:
    """When the run ended, or began where it does not say."""
    return run.completed_at or run.started_at


def of_run(tenant: str, run: Run, summary: Mapping[str, Any], results: Sequence[Result], before: Sequence[Result]) -> list[Event]:
    """The events of a signed run. ScanCompleted comes last: where it was told, all were."""
    since = summary["changes"]["since_run"]
    changed = control_changes(tenant, run, since, before, results) if since else []
    return [*changed, scan_completed(tenant, run, summary)]
