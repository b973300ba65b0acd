"""Making records of exceptions: proposed by an owner, approved by somebody else, withdrawn. Pure: who, when and which id are handed in.

What a decision may and may not do is told in scanners.exceptions; here it is refused before it is stored, field by field.
"""

from datetime import UTC, date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reporting.records import Actor, Decision
from scanners.errors import EvidenceRefused, RecordRefused
from scanners.exceptions import addressable, longest
from scanners.minimum_necessary import refuse_what_must_not_be_stored
from scanners.model import Control, Fact


class Proposal(BaseModel):
    """What an owner hands in. Who that is, and when, is never part of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    control: str
    kind: Literal["documented_alternative", "risk_acceptance"]
    reason: str = Field(min_length=20, max_length=4000)
    compensating_measure: str = Field(min_length=10, max_length=4000)
    objects: tuple[str, ...] = Field(default=(), max_length=1000)
    expires_at: date


def proposal_of(value: Any) -> Proposal:
    """Read what was handed in. Raises RecordRefused, naming each field that is wrong and never what it holds."""
    try:
        return Proposal.model_validate(value)
    except ValidationError as fault:
        raise RecordRefused({".".join(map(str, e["loc"])) or "exception": e["msg"] for e in fault.errors(include_input=False)}) from fault


def proposed(proposal: Proposal, control: Control, by: Actor, at: datetime, identity: str) -> Decision:
    """A decision without effect until somebody else approves it. Raises RecordRefused."""
    today, latest = at.astimezone(UTC).date(), (at.astimezone(UTC) + longest(control)).date()
    problems = {}
    if by.object_id is None:
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
    problems = {}
    for field in ("reason", "compensating_measure"):
        try:
            refuse_what_must_not_be_stored(Fact(reading=dict), {field: getattr(proposal, field)})
        except EvidenceRefused as refusal:
            problems[field] = f"{str(refusal).partition('the answer ')[2]}; leave it out"
    return problems


def approved(current: Decision, by: Actor, at: datetime) -> Decision:
    """The version that has effect. Raises RecordRefused unless a signed-in person other than the owner approves it, and in time."""
    problems = {}
    if by.kind != "entra" or by.object_id is None:
        problems["approver"] = "must be a signed-in person"
    elif by.object_id.lower() == (current.owner.object_id or "").lower():
        problems["approver"] = "must be somebody else than the owner"
    if current.status != "pending":
        problems["status"] = f"the exception is {current.status} already"
    if current.expires_at < at.astimezone(UTC).date():
        problems["expires_at"] = "has passed"
    if problems:
        raise RecordRefused(problems)
    return current.model_copy(update={"version": current.version + 1, "approver": by, "approved_at": at, "status": "approved"})


def withdrawn(current: Decision) -> Decision:
    """The version that takes it back; the fail returns with the next run. Raises RecordRefused when it is withdrawn already."""
    if current.status == "withdrawn":
        raise RecordRefused({"status": "the exception is withdrawn already"})
    return current.model_copy(update={"version": current.version + 1, "status": "withdrawn"})
