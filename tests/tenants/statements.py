"""Statements that a well-run clinic has on file, beside those that its own tenant file holds."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

from scanners import catalogue
from scanners.model import Fact
from scanners.statements import SAMPLED

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# What the samples leave to the organisation: here a clinic that is neither a clearinghouse nor a health plan.
SAID: Mapping[str, Mapping[str, Any]] = {"plan_scope": {"is_clearinghouse_part": False, "is_group_health_plan": False}}


def statement_facts() -> list[Fact]:
    """The facts that people state."""
    return [fact for fact in catalogue.load().facts.values() if fact.statement is not None]


def good(fact: Fact, tenant_id: str, today: dt.date) -> list[dict[str, Any]]:
    """The sample statements of a fact, moved so that they took effect three weeks ago and hold for this tenant."""
    assert fact.statement is not None
    samples = fact.sample if isinstance(fact.sample, list) else [fact.sample]
    made = []
    for sample in samples:
        details = {**sample["details"], **SAID.get(fact.statement.type, {})}
        if "tenant_id" in details:
            details["tenant_id"] = tenant_id
        made.append(_moved({**sample, "details": details}, today - dt.timedelta(days=21) - SAMPLED))
    return made


def _moved(value: Any, by: dt.timedelta) -> Any:
    if isinstance(value, Mapping):
        return {key: _moved(inside, by) for key, inside in value.items()}
    if isinstance(value, list):
        return [_moved(inside, by) for inside in value]
    if isinstance(value, str) and DAY.fullmatch(value):
        return (dt.date.fromisoformat(value) + by).isoformat()
    return value


def file_of(own: Iterable[Mapping[str, Any]], tenant_id: str, today: dt.date) -> list[Mapping[str, Any]]:
    """All statements: the tenant's own, and for every other type a good one."""
    records = list(own)
    stated = {record["type"] for record in records}
    for fact in statement_facts():
        if fact.statement is not None and fact.statement.type not in stated:
            records.extend(good(fact, tenant_id, today))
    return records
