"""The records that outlive a run. Each carries its schema version; a record of a newer version is refused, never half read."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, field_serializer, field_validator

from scanners.errors import StorageError
from scanners.model import Control
from scanners.result import rfc3339

RUN_ID_FORMAT = "%Y%m%dT%H%M%SZ"
Status = Literal["running", "completed", "failed"]
Trigger = Literal["timer", "manual", "command"]
State = Literal["active", "upcoming", "pending", "expired", "rejected", "superseded", "withdrawn"]


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: one value, one spelling. The form in which records are stored and hashed.

    Half a surrogate pair, which a tenant's name may hold and UTF-8 cannot, is written as JSON's own escape.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace")


def sha256(body: bytes) -> str:
    """Lower-case hexadecimal SHA-256."""
    return hashlib.sha256(body).hexdigest()


def moment_of(run: str) -> datetime:
    """The time inside a run id (`20261124T030000Z-3f9c`). Raises StorageError when it is none."""
    try:
        return datetime.strptime(run[:16], RUN_ID_FORMAT).replace(tzinfo=UTC)
    except ValueError as fault:
        raise StorageError(f"{run[:40]!r} is not the id of a run; ids look like 20261124T030000Z-3f9c") from fault


class Record(BaseModel):
    """Base of all records: frozen, closed, versioned."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1

    @field_serializer("*", when_used="json")
    def _moments(self, value: Any) -> Any:
        return rfc3339(value) if isinstance(value, datetime) else value

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; times are RFC 3339 with Z."""
        return self.model_dump(mode="json")

    @classmethod
    def read(cls, body: bytes) -> Self:
        """A stored record. Python's JSON is used, which reads every escape that it writes; pydantic's refuses half a surrogate pair."""
        return cls.model_validate(json.loads(body))


class Tenant(BaseModel):
    """The Microsoft 365 tenant that is evaluated. `name` is what its administrators call it, for the report's first page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str


class Run(Record):
    """One evaluation: begins `running`, ends `completed` (signed) or `failed` (with the reason, in words without tenant data)."""

    id: str
    tenant_id: str
    status: Status
    trigger: Trigger
    slot: str | None = None  # YYYYMMDD, for the timer's run of a day
    started_at: AwareDatetime
    completed_at: AwareDatetime | None = None
    failure: str | None = None
    scanner_version: str
    catalogue_sha256: str
    sequence: int | None = None  # place in the chain of attestations
    envelope_sha256: str | None = None

    @field_validator("id")
    @classmethod
    def _id(cls, value: str) -> str:
        moment_of(value)
        return value


class RunPlan(Record):
    """What a run set out to do, written before anything is looked at: the expected list against which gaps are found."""

    run: str
    tenant: Tenant
    started_at: AwareDatetime
    controls: tuple[str, ...]
    facts: tuple[str, ...]
    disabled: dict[str, str] = {}  # control id -> the operator's reason; shown in the report
    parameters: dict[str, Any] = {}
    inputs: dict[str, Any] = {}  # whatever else the run was started with: workload source, cloud, PACE


class Actor(BaseModel):
    """Who wrote something, taken from the caller and never from a body."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["entra", "key", "cli"]
    object_id: str | None = None


class Document(BaseModel):
    """A file behind a statement, kept by digest and never parsed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    blob_path: str
    sha256: str
    bytes: int
    media_type: str
    version: str = "1"


class Attester(BaseModel):
    """The person who says it, and in which role."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    role: str
    entra_object_id: str


NEEDS_SECOND_WORD = frozenset({"addressable_decision"})  # types whose effect is that of an exception


class Statement(Record):
    """What only a person can say. A change is a new version; nothing is overwritten. Expiry is computed from `expires_at`, never stored."""

    id: str
    version: int = 1
    type: str
    control_ids: tuple[str, ...]
    statement: str
    attester: Attester
    submitted_by_kind: Literal["entra", "key", "cli"]
    submitted_by_object_id: str | None
    submitted_at: AwareDatetime
    effective_from: date
    expires_at: date
    document: Document | None = None
    contains_phi: Literal[False]  # the submitter confirms; a missing confirmation is refused
    supersedes: str | None = None
    status: Literal["active", "superseded", "withdrawn"] = "active"
    second_approval: dict[str, Any] | None = None
    details: dict[str, Any]

    @property
    def rejected(self) -> bool:
        """A second person said no, to this version or to one before it, and nobody has said yes since."""
        return self.second_approval is not None and self.second_approval.get("result") != "approved"

    def state(self, today: date) -> State:
        """How it stands on a day, in one word; everywhere the same."""
        if self.status != "active":
            return self.status
        if self.rejected:
            return "rejected"
        if self.expires_at < today:
            return "expired"
        if self.type in NEEDS_SECOND_WORD and self.second_approval is None:
            return "pending"
        return "upcoming" if self.effective_from > today else "active"


class Decision(Record):
    """An exception: a signed, expiring decision not to meet an addressable control, or to accept a risk for a while (164.306(d)(3)).

    `owner` and `created_at` are of the version: who proposed it, and when.
    """

    id: str
    version: int = 1
    control: str
    kind: Literal["documented_alternative", "risk_acceptance"]
    owner: Actor
    approver: Actor | None = None
    reason: str
    compensating_measure: str
    objects: tuple[str, ...] = ()  # ids the decision is limited to; none means the whole control
    created_at: AwareDatetime
    approved_at: AwareDatetime | None = None
    expires_at: date
    status: Literal["pending", "approved", "withdrawn"] = "pending"
    withdrawn_by: Actor | None = None
    withdrawn_at: AwareDatetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueInfo:
    """The catalogue as closing a run needs it; `controls` also describes controls whose result is missing."""

    scanner: str
    version: str
    sha256: str
    controls: Mapping[str, Control]
