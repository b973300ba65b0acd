"""(4) Judging a control: gather its readings, apply its rule, apply an exception. Pure but for the readings that are handed in."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from scanners.errors import Reason, Undecided, undecided
from scanners.looking import pages_of
from scanners.model import NOTHING, Control, Fact, NothingToGovern, Outcome, Snapshot, Verdict, attestation_due, not_applicable, unknown
from scanners.parameters import typed
from scanners.ports import Pages
from scanners.reading import Json, read_as
from scanners.result import EvidenceRef, Result
from scanners.statements import Missing, choose

SHOWN = 50  # objects in a result; the rest is in details/{control}.json
LARGEST_OBSERVED = 24 * 1024  # bytes of JSON


@dataclass(frozen=True, slots=True)
class Operator:
    """The operator's choices: control parameters by control id. Validated when settings are read."""

    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """A result, and the full list of the objects behind it."""

    result: Result
    affected: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What one run holds of one fact when a control is judged."""

    reading: Any  # the reading, an Undecided, or Missing for a statement
    evidence: EvidenceRef | None
    refused: bool = False
    more: tuple[EvidenceRef, ...] = ()  # where a reading rests on several records, such as one statement for each population

    @property
    def references(self) -> tuple[EvidenceRef, ...]:
        """All evidence behind the reading."""
        return self.more if self.evidence is None else (self.evidence, *self.more)


def readings_of(fact: Fact, snapshot: Snapshot, custody: Mapping[str, Any], evidence: Pages) -> Any:
    """The fact's reading from its stored pages, or the Undecided that says why there is none."""
    if snapshot.empty_for_plan:
        return empty_reading(fact)
    if not snapshot.read:
        return undecided(snapshot.reason or Reason.UNREACHABLE, snapshot.because, snapshot.remedy)
    try:
        return read_pages(fact, pages_of(custody, evidence))
    except Undecided as doubt:
        return doubt


def read_pages(fact: Fact, pages: Iterable[Any]) -> Any:
    """Stored pages -> reading. Raises Unrecognised when they do not have the form of the fact."""
    if fact.read is not None:
        try:
            return fact.read(pages)
        except (LookupError, TypeError, ValueError, AttributeError, StopIteration) as fault:
            raise undecided(Reason.UNRECOGNISED, f"{fact.id}: the answer does not have the expected form") from fault
    if isinstance(fact.reading, type):
        return read_as(fact.reading, _only(fact, [page.body for page in pages]))
    rows: list[Any] = []
    for page in pages:
        values = page.body.get("value") if isinstance(page.body, dict) else page.body  # Teams answers with the list alone
        if not isinstance(values, list):
            raise undecided(Reason.UNRECOGNISED, f"{fact.id}: the answer is not a list of objects")
        rows.extend(read_as(fact.reading, values))
    return tuple(rows)


def _only(fact: Fact, bodies: list[Json]) -> Json:
    if len(bodies) != 1:
        raise undecided(Reason.UNRECOGNISED, f"{fact.id}: expected one object, found {len(bodies)}")
    body = bodies[0]
    if isinstance(body, dict) and isinstance(body.get("value"), list):  # a singleton that comes as a list of one
        if len(body["value"]) != 1:
            raise undecided(Reason.UNRECOGNISED, f"{fact.id}: expected one object, found {len(body['value'])}")
        return body["value"][0]
    return body


def empty_reading(fact: Fact) -> Any:
    """What a fact reads as where the tenant has no plan that could hold anything."""
    if fact.without_plan == "not_applicable":
        return NothingToGovern(f"the tenant has no {' or '.join(plan.title for plan in fact.plans)}, so there is nothing here to protect")
    return read_as(fact.reading, fact.shape([]) if fact.shape else [])


def judge(
    control: Control, held: Mapping[str, Held], at: datetime, run: str, operator: Operator, accept: Callable[[Control, Verdict], Any] | None = None
) -> Judged:
    """Apply the control to what the run holds. `accept` may turn a fail into an accepted exception and nothing else."""
    parameters = effective_parameters(control, operator)
    refused = [fact for fact in control.needs if held[fact].refused and control.needs[fact]]
    exception = None
    reason: Reason | Literal["missing", "fault", "evidence_refused"] | None
    if refused:
        verdict = Verdict(Outcome.ERROR, f"the evidence of {', '.join(sorted(refused))} was refused because it held more than may be stored")
        reason = "evidence_refused"
    else:
        verdict = verdict_of(control, {fact: held[fact].reading for fact in control.needs}, at, parameters)
        reason = verdict.reason
        exception = accept(control, verdict) if accept and verdict.outcome is Outcome.FAIL else None
    result = Result(
        control=control.id,
        topic=control.topic,
        title=control.title,
        citations=control.cites,
        severity=control.severity,
        designation=control.designation,
        kind=control.kind,
        outcome=Outcome.ACCEPTED if exception else verdict.outcome,
        reason=reason,
        because=verdict.because,
        observed=_bounded(verdict.observed),
        affected=verdict.affected[:SHOWN],
        truncated=max(0, len(verdict.affected) - SHOWN),
        remedy=verdict.remedy or (control.fix if verdict.outcome is not Outcome.PASS else ""),
        evidence=tuple(reference for fact in control.needs for reference in held[fact].references),
        parameters=dict(parameters),
        looser_than_default=looser(control, parameters),
        exception=exception,
        statement=_statement(control, held),
        run=run,
        judged_at=at,
        rule_sha256=control.rule_sha256,
    )
    return Judged(result, verdict.affected)


def verdict_of(control: Control, readings: Mapping[str, Any], at: datetime, parameters: Mapping[str, Any]) -> Verdict:
    """The rule's verdict; unknown where a required fact could not be read, attestation_due where a required statement is missing."""
    arguments: dict[str, Any] = {}
    for fact, required in control.needs.items():
        reading = readings[fact]
        if isinstance(reading, Undecided):
            if required:
                return _from_doubt(reading, f"{fact} could not be read: {reading.because}")
            reading = reading if fact in control.weighs else None
        elif isinstance(reading, NothingToGovern):
            if required:
                return not_applicable(reading.because)
            reading = None
        elif isinstance(reading, Missing):
            if required:
                return attestation_due(reading.because, reading.provide)
            reading = None
        arguments[fact] = reading
    if control.wants_time:
        arguments["at"] = at
    try:
        return control.rule(**arguments, **parameters)
    except Undecided as doubt:
        return _from_doubt(doubt, doubt.because)


def _from_doubt(doubt: Undecided, because: str) -> Verdict:
    return unknown(doubt.reason, because, doubt.remedy)


def effective_parameters(control: Control, operator: Operator) -> dict[str, Any]:
    """Defaults of the rule's signature, overridden by the operator."""
    return {**control.defaults, **typed(control, operator.parameters.get(control.id, NOTHING))}


def looser(control: Control, parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """The parameters whose value weakens the rule compared with its default."""
    return tuple(sorted(name for name, value in parameters.items() if _is_looser(control, name, value)))


def _is_looser(control: Control, name: str, value: Any) -> bool:
    default, way = control.defaults[name], control.parameters[name].looser
    if value == default:
        return False
    if way == "higher":
        return bool(value > default)
    if way == "lower":
        return bool(value < default)
    if way in ("true", "false"):
        return bool(value) is (way == "true")
    return True


def _bounded(observed: Mapping[str, Any]) -> dict[str, Any]:
    """At most LARGEST_OBSERVED bytes: long lists first lose their tail, and say so; then whole entries give way."""
    kept = {k: _short(v) for k, v in observed.items()}
    while kept and len(json.dumps(kept, default=str).encode()) > LARGEST_OBSERVED:
        largest = max(kept, key=lambda k: len(json.dumps(kept[k], default=str)))
        kept[largest] = "left out: too large; see details"
        if all(v == "left out: too large; see details" for v in kept.values()):
            break
    return json.loads(json.dumps(kept, default=str))  # type: ignore[no-any-return]  # a JSON-ready copy


def _short(value: Any) -> Any:
    items = list(value) if isinstance(value, (list, tuple, set, frozenset)) else None
    if items is None:
        return value
    return items if len(items) <= SHOWN else [*items[:SHOWN], f"and {len(items) - SHOWN} more"]


def _statement(control: Control, held: Mapping[str, Held]) -> dict[str, Any] | None:
    for fact in control.needs:
        reading = held[fact].reading
        if hasattr(reading, "effective_from") and hasattr(reading, "attester"):
            return {
                "id": reading.id,
                "type": reading.type,
                "effective_from": reading.effective_from.isoformat(),
                "expires_at": reading.expires_at.isoformat(),
                "attester_object_id": reading.attester.entra_object_id,
                "document_sha256": reading.document.sha256 if reading.document else None,
            }
    return None


def held_statement(fact: Fact, records: Iterable[Json], at: datetime, reference: Callable[[Any], EvidenceRef]) -> Held:
    """The statement that counts (or the several that hold side by side), with a reference to each record it was read from."""
    chosen = choose(fact, records, at)
    if isinstance(chosen, Missing):
        return Held(reading=chosen, evidence=None)
    first, *rest = map(reference, chosen if isinstance(chosen, tuple) else (chosen,))
    return Held(reading=chosen, evidence=first, more=tuple(rest))
