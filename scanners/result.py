"""The result of one control in one run, as it is stored, served and packaged (docs: interfaces, "Result")."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_serializer, model_validator

from scanners.errors import Reason
from scanners.model import Designation, Kind, Outcome, Severity

_HALF = re.compile("[\ud800-\udfff]")


def rfc3339(moment: datetime) -> str:
    """UTC with `Z`, whole seconds unless there are fractions."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def whole(given: Any) -> Any:
    """The value with halves of surrogate pairs, which JSON can spell and no encoding can hold, replaced by U+FFFD in every text."""
    if isinstance(given, str):
        return given if given.isascii() else _HALF.sub("\ufffd", given)
    if isinstance(given, Mapping):
        return {whole(name): whole(value) for name, value in given.items()}
    return type(given)(whole(each) for each in given) if type(given) in (list, tuple) else given


class EvidenceRef(BaseModel):
    """The evidence that a result was judged from; `path` is the member's path inside the package."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fact: str
    path: str
    sha256: str
    collected_at: datetime
    interface: Literal["supported", "observed", "statement", "records"]

    @field_serializer("collected_at")
    def _time(self, moment: datetime) -> str:
        return rfc3339(moment)


class Result(BaseModel):
    """Control, outcome, why, what was observed and from which evidence. `reason` is set for unknown and error only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    control: str
    topic: str
    title: str
    citations: tuple[str, ...]
    severity: Severity
    designation: Designation
    kind: Kind
    outcome: Outcome
    reason: Reason | Literal["missing", "fault", "evidence_refused"] | None
    because: str
    observed: dict[str, Any]
    affected: tuple[str, ...]  # the first 50 ids
    truncated: int  # how many more there are; the full list is details/{control}.json
    remedy: str
    evidence: tuple[EvidenceRef, ...]
    parameters: dict[str, Any]  # effective values; `looser_than_default` names those that weaken the rule
    looser_than_default: tuple[str, ...]
    first_seen: datetime | None = None
    since: datetime | None = None
    exception: dict[str, Any] | None = None
    statement: dict[str, Any] | None = None
    run: str
    judged_at: datetime
    rule_sha256: str

    @model_validator(mode="before")
    @classmethod
    def _characters(cls, given: Any) -> Any:
        return whole(given)

    @field_serializer("first_seen", "since", "judged_at")
    def _time(self, moment: datetime | None) -> str | None:
        return rfc3339(moment) if moment else None

    def to_json(self) -> dict[str, Any]:
        """JSON-ready, the form of the API and the package."""
        return self.model_dump(mode="json")
