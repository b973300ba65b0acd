"""Which runs an auditor's link opens. What exists but was not shared is answered like what does not exist."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from http import HTTPStatus

from api.answers import Problem
from api.asking import run_of
from reporting.records import Run
from reporting.sharing import KEPT_OPEN, AuditorLink
from runs.context import context


def in_scope(link: AuditorLink, text: str | None) -> Run:
    """The run of that id, or the newest in scope. Raises Problem (404)."""
    if text is None:
        run = newest_of(link)
        if run is None:
            raise Problem(HTTPStatus.NOT_FOUND, "Nothing that this link opens has been signed yet.")
        return run
    storage, identity = context().storage, run_of(text)
    run = storage.runs.find(identity)
    if run is not None and (link.scope.covers(run, storage.runs.latest()) or (link.scope.kind == "latest" and identity in _kept_open(link))):
        return run
    if link.scope.kind == "latest":
        raise Problem(HTTPStatus.NOT_FOUND, "This link opens no such run: it opens the latest one. Open its page again to see which that is now.")
    raise Problem(HTTPStatus.NOT_FOUND, "This link opens no such run.")


def newest_of(link: AuditorLink) -> Run | None:
    """The newest run in scope; None before the first."""
    return next(runs_of(link), None)


def runs_of(link: AuditorLink, after: str | None = None) -> Iterator[Run]:
    """The signed runs in scope, newest first; `after`: only those that come after this run in that order."""
    for run in _all(link):
        if after is None or run.id < after:
            yield run


def _all(link: AuditorLink) -> Iterator[Run]:
    storage, scope = context().storage, link.scope
    latest = storage.runs.latest()
    if scope.kind == "period":
        for run in storage.runs.each():
            # a run may be completed on the day after it began, so one day more is looked at
            if scope.first and run.started_at.astimezone(UTC).date() + timedelta(days=1) < scope.first:
                return
            if scope.covers(run, latest):
                yield run
        return
    for name in sorted(scope.runs, reverse=True) if scope.kind == "runs" else [latest] if latest else []:
        found = storage.runs.find(name)
        if found is not None and scope.covers(found, latest):
            yield found


def _kept_open(link: AuditorLink) -> frozenset[str]:
    """The runs that this link to the latest one opened until a newer one took their place, less than a day ago.

    Whoever has the page open, or a download under way, comes to its end although the night's run was signed in between.
    """
    storage, now = context().storage, context().clock()
    since, latest, found = max(now - KEPT_OPEN, link.created_at), storage.runs.latest(), []
    replaced = None  # when the run that comes next took the place of the one that is looked at
    for run in storage.runs.each():
        if run.status != "completed" or run.completed_at is None or (replaced is None and run.id != latest):
            continue
        if replaced is not None:
            if replaced <= since:
                break
            found.append(run.id)
        replaced = run.completed_at
    return frozenset(found)
