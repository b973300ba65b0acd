"""A catalogue in which every fact is needed: one more control per fact, which says that it was read. Facts may come before the controls that need them."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from scanners import catalogue
from scanners.model import Door, Verdict, passed


@contextmanager
def every_fact(only: frozenset[str] = frozenset()) -> Iterator[frozenset[str]]:
    """Within this, `catalogue.load` knows `sees_<fact>` for each fact that is asked of the tenant, or for those in `only`; the facts."""
    known = catalogue.load()
    model = next(iter(known.controls.values()))
    facts = frozenset(f.id for f in known.facts.values() if f.door not in (Door.STATEMENT, Door.RECORDS) and (not only or f.id in only))
    controls = {f"sees_{fact}": _sees(model, fact) for fact in facts}
    changed = dataclasses.replace(known, controls={**({} if only else known.controls), **controls})
    with mock.patch.object(catalogue, "load", return_value=changed):
        yield facts


def _sees(model: Any, fact: str) -> Any:
    def rule(**readings: Any) -> Verdict:
        return passed("it was read", kind=type(readings[fact]).__name__)

    return dataclasses.replace(
        model, id=f"sees_{fact}", title=f"Sees {fact}", rule=rule, needs={fact: True}, parameters={}, defaults={}, wants_time=False, rule_text=fact
    )
