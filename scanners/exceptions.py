"""Exceptions: a decision, approved by a second person and ending by itself, that turns a fail into `accepted`. Never an unknown, never an error.

Source: 45 CFR 164.306(d)(3): what is addressable may be met in another way when the decision is written down. What is required may not; there
only the risk can be accepted, for 90 days at most, while it is being fixed. The two are told apart wherever they are shown.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from scanners import hipaa
from scanners.errors import Undecided
from scanners.facts.statements_governance import ADDRESSABLE_DECISION, AddressableDecision
from scanners.model import Control, Outcome, Verdict
from scanners.reading import Json, Row, Timestamp, absent_is_null, read_as
from scanners.statements import Day, Missing, as_written, choose

LONGEST = timedelta(days=365)
LONGEST_FOR_REQUIRED = timedelta(days=90)  # also for standards, which are as binding as required specifications

Accept = Callable[[Control, Verdict], dict[str, Any] | None]


class Person(Row, spelling=as_written):
    """Who decided, as the sign-in said it."""

    kind: Literal["entra", "key", "cli"]
    object_id: str | None = absent_is_null()


class HandedIn(Row, spelling=as_written):
    """Who handed a statement in, as the sign-in said it."""

    id: str
    submitted_by_kind: Literal["entra", "key", "cli"]
    submitted_by_object_id: str | None = absent_is_null()


class Decision(Row, spelling=as_written):
    """One decision. `objects` are the ids it is limited to; none means the whole control."""

    id: str
    control: str
    kind: Literal["documented_alternative", "risk_acceptance"]
    owner: Person
    approver: Person | None
    reason: str
    compensating_measure: str
    objects: tuple[str, ...]
    created_at: Timestamp
    approved_at: Timestamp | None
    expires_at: Day
    status: Literal["pending", "approved", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Holding:
    """A decision that holds for a control, the last day it does, and the objects it is limited to in lower case."""

    decision: Decision
    ends: date
    objects: frozenset[str]


def accepter(decisions: Iterable[Json], at: datetime, statements: Iterable[Json] = ()) -> Accept:
    """What `scanners.judging.judge` asks about each fail: the exception to show, or None where the fail stands.

    `decisions` and `statements` are the records in force, as JSON; of the statements only approved decisions on addressable specifications count.
    """
    known, statements = tuple(_readable(decisions)), tuple(statements)
    stated = choose(ADDRESSABLE_DECISION, statements, at)
    spoken: tuple[AddressableDecision, ...] = () if isinstance(stated, Missing) else stated
    owners = _owners(statements)

    def accept(control: Control, verdict: Verdict) -> dict[str, Any] | None:
        if verdict.outcome is not Outcome.FAIL:
            return None
        mine = [*(d for d in known if d.control == control.id), *(_as_decision(s, owners) for s in spoken if _is_about(s, control))]
        holding = [Holding(d, last_day(d, control), frozenset(map(str.lower, d.objects))) for d in mine if standing(d, control, at) is None]
        return _shown(_covering(holding, verdict), at)

    return accept


def _readable(records: Iterable[Json]) -> Iterable[Decision]:
    """A record of another form decides nothing: the fail stands."""
    for record in records:
        try:
            decision = read_as(Decision, record)
        except Undecided:
            continue
        if not decision.faults and not decision.owner.faults and not (decision.approver is not None and decision.approver.faults):
            yield decision


def standing(decision: Decision, control: Control, at: datetime) -> str | None:
    """Why the decision does not hold for the control at this time; None when it does."""
    owner, approver = decision.owner.object_id, decision.approver
    approved_at = decision.approved_at
    checks = (
        (decision.control != control.id, "it is about another control"),
        (decision.status == "withdrawn", "it was withdrawn"),
        (decision.status == "pending" or approver is None or approved_at is None, "nobody has approved it yet"),
        (approver is not None and (approver.kind != "entra" or not approver.object_id), "it was not approved by a signed-in person"),
        (not owner or decision.owner.kind != "entra", "its owner is not a signed-in person"),
        (approver is not None and (approver.object_id or "").lower() == (owner or "").lower(), "its owner approved it, which takes somebody else"),
        (not decision.reason.strip(), "it gives no reason"),
        (not decision.compensating_measure.strip(), "it names no compensating measure"),
        (approved_at is not None and (approved_at > at or decision.created_at > approved_at), "its dates are out of order"),
        (decision.kind == "documented_alternative" and not addressable(control), "only an addressable specification can be met in another way"),
    )
    broken = next((words for wrong, words in checks if wrong), None)
    if broken is None and last_day(decision, control) < at.astimezone(UTC).date():
        return f"it ended on {last_day(decision, control)}"
    return broken


def addressable(control: Control) -> bool:
    """The control answers an addressable specification, which may be met in another way when the decision is written down."""
    return control.designation == "addressable"


def longest(control: Control) -> timedelta:
    """How long a decision about the control may hold."""
    return LONGEST if addressable(control) else LONGEST_FOR_REQUIRED


def last_day(decision: Decision, control: Control) -> date:
    """The last day on which the decision can hold; a later date in the record is cut back to what the control allows."""
    since = decision.approved_at or decision.created_at
    return min(decision.expires_at, (since.astimezone(UTC) + longest(control)).date())


def _covering(holding: list[Holding], verdict: Verdict) -> list[Holding]:
    """The decisions that together cover all that failed: one for the whole control, or some whose objects include every object that did."""
    whole = [each for each in holding if not each.objects]
    if whole:
        return [max(whole, key=lambda each: each.ends)]
    failing = {name.lower() for name in verdict.affected}
    if not failing or verdict.observed.get("unclear"):  # objects that could not be judged are in nobody's scope
        return []
    named = [each for each in holding if each.objects & failing]
    covered = frozenset[str]().union(*(each.objects for each in named))
    return named if failing <= covered else []


def _shown(covering: list[Holding], at: datetime) -> dict[str, Any] | None:
    if not covering:
        return None
    first = min(covering, key=lambda each: each.ends)  # when this one ends, the fail is back
    decision = first.decision
    return {
        "id": decision.id,
        "with": sorted(each.decision.id for each in covering if each is not first),
        "kind": "risk_acceptance" if any(each.decision.kind == "risk_acceptance" for each in covering) else "documented_alternative",
        "reason": decision.reason,
        "compensating_measure": decision.compensating_measure,
        "owner_object_id": decision.owner.object_id,
        "approver_object_id": decision.approver.object_id if decision.approver else None,
        "objects": len(first.objects),  # 0: the whole control
        "expires_at": first.ends.isoformat(),
        "days_left": (first.ends - at.astimezone(UTC).date()).days,
    }


def apart(exceptions: Mapping[str, Mapping[str, Any] | None]) -> dict[str, tuple[str, ...]]:
    """Control ids by kind of exception, so that documented alternatives and accepted risks are never shown as one number."""
    kinds = ("documented_alternative", "risk_acceptance")
    return {kind: tuple(sorted(control for control, each in exceptions.items() if each and each["kind"] == kind)) for kind in kinds}


def _is_about(statement: AddressableDecision, control: Control) -> bool:
    said = statement.details
    provision = hipaa.by_citation().get(said.citation)
    specific = provision is not None and provision.kind == "addressable" and said.citation in control.cites
    return said.control_id == control.id and specific and not said.reasonable_and_appropriate


def _owners(statements: Iterable[Json]) -> Mapping[str, Person]:
    """Statement id -> who handed it in, where that is one signed-in person. Who a body names as the one who vouches is nobody's sign-in."""
    found: dict[str, Person] = {}
    several: set[str] = set()
    for record in statements:
        try:
            handed = read_as(HandedIn, record)
        except Undecided:
            continue
        if "id" not in handed.faults:
            several |= {handed.id} & set(found)
            found[handed.id] = _nobody() if handed.faults else Person(kind=handed.submitted_by_kind, object_id=handed.submitted_by_object_id)
    return {key: person for key, person in found.items() if key not in several and person.kind == "entra"}


def _nobody() -> Person:
    return Person(kind="key", object_id=None)


def _as_decision(statement: AddressableDecision, owners: Mapping[str, Person]) -> Decision:
    """A statement counts as a decision when who decided handed it in, signed in, and a second such person has approved it."""
    said, second = statement.details, statement.second_approval
    began = datetime(statement.effective_from.year, statement.effective_from.month, statement.effective_from.day, tzinfo=UTC)
    owner = owners.get(statement.id, _nobody())
    return Decision(
        id=statement.id,
        control=said.control_id,
        kind="documented_alternative",
        owner=owner if (owner.object_id or "").lower() == statement.attester.entra_object_id.lower() else _nobody(),
        approver=Person(kind="entra", object_id=second.by_object_id) if second else None,
        reason=said.reason,
        compensating_measure=said.equivalent_measure.strip() or "none is reasonable; the reason says why",
        objects=(),
        created_at=min(began, second.at) if second and second.at else began,
        approved_at=second.at if second else None,
        expires_at=statement.expires_at,
        status="approved" if second and second.result == "approved" else "pending",
    )
