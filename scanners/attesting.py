"""The words of rules over statements: how old a date may be, and a verdict from what a statement must say."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from scanners.declare import is_due
from scanners.examples import ABSENT
from scanners.model import Example, Verdict, failed, passed
from scanners.statements import Statement

YEAR = 365  # days


def day_of(at: datetime) -> date:
    """The day of a point in time, in UTC, as statements count days."""
    return at.astimezone(UTC).date()


def within(day: date | None, at: datetime, days: int) -> bool:
    """The day is at most `days` days before `at`, and not after it: what lies in the future has not happened."""
    return day is not None and day_of(at) - timedelta(days=days) <= day <= day_of(at)


def conclude(statement: Statement, at: datetime, good: str, must: Mapping[str, bool], affected: Iterable[str] = (), **observed: Any) -> Verdict:
    """Pass when everything in `must` holds (the words for what is wrong otherwise -> whether it holds); else fail with the words of what does not."""
    unmet = [wrong for wrong, holds in must.items() if not holds]
    seen = {**about(statement, at), **observed}
    if unmet:
        return failed(f"the statement of type {statement.type} is on file, but {'; '.join(unmet)}", affected, **seen, not_met=unmet)
    return passed(good, **seen)


def about(statement: Statement, at: datetime) -> dict[str, Any]:
    """What a result shows of the statement that it rests on. The attester is shown by object id, never by name."""
    return {
        "statement_type": statement.type,
        "effective_from": statement.effective_from.isoformat(),
        "expires_at": statement.expires_at.isoformat(),
        "days_left": (statement.expires_at - day_of(at)).days,
        "document_sha256": statement.document.sha256 if statement.document else None,
        "attester_object_id": statement.attester.entra_object_id,
    }


def unattested(fact: str, *, document: bool, missing: str, **given: Any) -> tuple[Example, ...]:
    """The examples that every control over a statement owes: when it does not count, the control is due, and neither met nor failed.

    `missing` is a detail that the rule reads; `given` is what else the examples show.
    """

    def due(label: str, said: Any) -> Example:
        return is_due(label, **{**given, fact: said})

    return (
        due("nobody has said it", None),
        due("expired yesterday is due, not failed", {"expires_at": "2026-11-23"}),
        due("not in effect yet", {"effective_from": "2026-11-25"}),
        due("withdrawn", {"status": "withdrawn"}),
        due("rejected by a second person", {"second_approval": {"result": "rejected"}}),
        due("made by the wrong role", {"attester": {"role": "somebody_else"}}),
        due("a detail that the record does not answer is not taken as good", {"details": {missing: ABSENT}}),
        *([due("the document is missing", {"document": None})] if document else []),
    )
