"""Making records of exceptions: proposed by an owner, approved by somebody else, proposed again, withdrawn. Pure: who, when, which id are handed in.

What a decision may and may not do is told in scanners.exceptions; here it is refused before it is stored, field by field.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reporting.records import Actor, Decision
from reporting.wording import Id, PlainDay, problems_of, words_problem
from scanners.errors import RecordRefused
from scanners.exceptions import addressable, longest
from scanners.minimum_necessary import has_social_security_number
from scanners.model import Control


class Proposal(BaseModel):
    """What an owner hands in. Who that is, and when, is never part of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    control: str = Field(max_length=200)
    kind: Literal["documented_alternative", "risk_acceptance"]
    reason: str = Field(min_length=20, max_length=4000)
    compensating_measure: str = Field(min_length=10, max_length=4000)
    objects: tuple[Id, ...] = Field(default=(), max_length=1000)
    expires_at: PlainDay


def proposal_of(value: Any) -> Proposal:
    """Read what was handed in. Raises RecordRefused, naming each field that is wrong and never what it holds."""
    try:
        return Proposal.model_validate(value)
    except ValidationError as fault:
        raise RecordRefused(problems_of(fault, "exception")) from fault


def revised(proposal: Proposal, control: Control, current: Decision, by: Actor, at: datetime) -> Decision:
    """The next version, without effect until somebody else approves it: the approval was of the version before. Raises RecordRefused.

    Control and kind stay: a decision about something else is another decision.
    """
    if current.status == "withdrawn":
        raise RecordRefused({"status": "the exception is withdrawn; what has ended is proposed anew, as an exception of its own"})
    fixed = {"control": (proposal.control, current.control), "kind": (proposal.kind, current.kind)}
    if problems := {field: f"is not that of the exception, which is {was}" for field, (said, was) in fixed.items() if said != was}:
        raise RecordRefused(problems)
    return proposed(proposal, control, by, at, current.id, version=current.version + 1)


def proposed(proposal: Proposal, control: Control, by: Actor, at: datetime, identity: str, *, version: int = 1) -> Decision:
    """A decision without effect until somebody else approves it. Raises RecordRefused."""
    today, latest = at.astimezone(UTC).date(), (at.astimezone(UTC) + longest(control)).date()
    problems = {}
    if by.kind != "entra" or by.object_id is None:
        problems["owner"] = "must be a signed-in person: an exception without an owner has no effect"
    if proposal.kind == "documented_alternative" and not addressable(control):
        problems["kind"] = f"{control.id} is {control.designation}: it cannot be met in another way, but its risk can be accepted for a while"
    if not today < proposal.expires_at <= latest:
        problems["expires_at"] = f"must be after {today} and at most {latest}"
    if any(not each.strip() for each in proposal.objects):
        problems["objects"] = "one of the ids is empty"
    problems.update(_privacy_problems(proposal))
    if problems:
        raise RecordRefused(problems)
    return Decision(
        id=identity,
        version=version,
        control=control.id,
        kind=proposal.kind,
        owner=by,
        reason=proposal.reason,
        compensating_measure=proposal.compensating_measure,
        objects=proposal.objects,
        created_at=at,
        expires_at=proposal.expires_at,
    )


def _privacy_problems(proposal: Proposal) -> dict[str, str]:
    found = {field: words_problem({field: getattr(proposal, field)}) for field in ("reason", "compensating_measure")}
    if any(map(has_social_security_number, proposal.objects)):
        found["objects"] = "hold what looks like a social security number; leave it out"
    return {field: problem for field, problem in found.items() if problem is not None}


def approved(versions: Sequence[Decision], by: Actor, at: datetime) -> Decision:
    """The version that has effect, made of the newest of `versions`, which are all of an exception, oldest first.

    Raises RecordRefused unless a signed-in person who has owned no version of it approves it, and in time.
    """
    current, problems = versions[-1], {}
    if by.kind != "entra" or by.object_id is None:
        problems["approver"] = "must be a signed-in person"
    elif by.object_id.lower() in {(each.owner.object_id or "").lower() for each in versions}:
        problems["approver"] = "must be somebody else than the owner, of this version and of those before"
    if current.status != "pending":
        problems["status"] = f"the exception is {current.status} already"
    if current.expires_at < at.astimezone(UTC).date():
        problems["expires_at"] = "has passed"
    if problems:
        raise RecordRefused(problems)
    return current.model_copy(update={"version": current.version + 1, "approver": by, "approved_at": at, "status": "approved"})


def withdrawn(current: Decision, by: Actor, at: datetime) -> Decision:
    """The version that takes it back; the fail returns with the next run. Raises RecordRefused when it is withdrawn already."""
    if current.status == "withdrawn":
        raise RecordRefused({"status": "the exception is withdrawn already"})
    return current.model_copy(update={"version": current.version + 1, "status": "withdrawn", "withdrawn_by": by, "withdrawn_at": at})
