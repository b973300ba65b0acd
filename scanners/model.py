"""The words of the scanner: fact, control, verdict, result. Frozen values, no I/O, no clock."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from scanners.errors import Reason
from scanners.permissions import Permission, Plan
from scanners.reading import Json


class _Nothing(Mapping[str, Any]):
    """The empty mapping, frozen, and hashable so that it can be a default."""

    def __getitem__(self, key: str) -> Any:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "{}"


NOTHING: Mapping[str, Any] = _Nothing()


class Outcome(StrEnum):
    """What a run says about a control. Only `pass` is a pass."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    ACCEPTED = "accepted"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"
    ATTESTATION_DUE = "attestation_due"
    ERROR = "error"


class Severity(StrEnum):
    """How much ePHI stands open when the control fails, and how easily."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Kind(StrEnum):
    """What a control looks at: a setting, what people did, what only a person can say, or the product's own records."""

    CONFIGURATION = "configuration"
    ACTIVITY = "activity"
    ATTESTATION = "attestation"
    READINESS = "readiness"  # a provision that is proposed, not in force; outside of every count


Designation = Literal["standard", "required", "addressable"]


class Door(StrEnum):
    """The outside system that a fact is asked of."""

    GRAPH = "graph"
    EXCHANGE = "exchange"
    PURVIEW = "purview"
    TEAMS = "teams"
    SHAREPOINT = "sharepoint"
    DNS = "dns"
    STATEMENT = "statement"
    RECORDS = "records"


class Throttle(StrEnum):
    """Microsoft's throttle classes; facts of one class share a lane and its pace. Figures: scanners.doors.pacing."""

    DIRECTORY = "directory"
    CONDITIONAL_ACCESS = "conditional_access"
    REPORTS = "reports"
    INTUNE = "intune"
    SECURITY = "security"
    TEAMWORK = "teamwork"
    SHAREPOINT = "sharepoint"
    EXCHANGE = "exchange"
    PURVIEW = "purview"
    TEAMS_ADMIN = "teams_admin"
    DNS = "dns"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request of a fact, as data; only the door of that name knows how to send it.

    graph: `build` names the path through the SDK's request builders, or `path` where only beta has it.
    exchange, purview: `cmdlet` and `parameters`. teams: `path` under the configuration host. sharepoint: `path`.
    dns: `path` is the name and `method` the record type.
    `snapshot` and `operations` belong to jobs that a run starts early and reads late (runs.jobs).
    """

    build: Callable[[Any], Any] | None = None
    path: str = ""
    query: Mapping[str, str] = NOTHING  # "$select", "$filter", "$top", "$expand", "$count"
    headers: Mapping[str, str] = NOTHING
    method: str = "GET"
    body: Mapping[str, Any] | None = None
    cmdlet: str = ""
    parameters: Mapping[str, Any] = NOTHING
    snapshot: str = ""  # the tenant configuration snapshot type with the same properties, when there is one
    operations: Mapping[str, tuple[str, ...]] = NOTHING  # slices of the audit log search, which is asked asynchronously: name -> operations counted
    about: str = ""  # the object asked about (an id), where a fact asks once per object
    tolerates: frozenset[int] = frozenset()  # statuses that are an answer here, such as 404 for a deleted group
    plans: tuple[Plan, ...] = ()  # what this request needs beyond the fact itself
    instead: "Ask | None" = None  # asked when the tenant has no licence for this one
    tries: int = 0  # how often it is asked at most, where an earlier fact has had no answer already; 0 is as often as its class allows
    most_pages: int = 0  # stop after so many pages, where a fact needs only the newest rows; 0 reads all


@dataclass(frozen=True, slots=True)
class Page:
    """One stored answer, as a fact's `read` receives it."""

    about: str
    path: str
    status: int
    body: Json


Readings = Mapping[str, Any]  # fact id -> what was read


@dataclass(frozen=True, slots=True)
class NothingToGovern:
    """The reading of a fact whose whole workload the tenant does not have; its controls do not apply."""

    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementType:
    """What only a person can say: who must say it, for how long it holds, and whether a document goes with it."""

    type: str
    title: str
    attester_role: str
    validity_days: int
    document_required: bool
    register_id: str
    cites: tuple[str, ...]
    several_by: str = ""  # the detail that tells records apart which hold side by side, such as the population of a review


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing we can look at: the requests, the permission and plan they need, and a typed reading of the answers.

    `asks` may depend on earlier facts, named in `after`. `read` turns the stored pages into the reading; the default reads one
    object, or the rows of all pages' `value`. What is stored is what `stored` (a Row; the reading's own rows when absent) lists, and `also`:
    with keep="selected" the request asked for nothing else and a page with more is refused; with keep="listed" the rest is dropped
    before storing. `reduce` is a pure page-to-page function for what else must not be stored. Where a page is changed, custody keeps both digests.
    """

    reading: Any
    door: Door = Door.GRAPH
    asks: tuple[Ask, ...] | Callable[[Readings], Iterable[Ask]] = ()
    after: tuple[str, ...] = ()
    permissions: tuple[Permission, ...] = ()
    plans: tuple[Plan, ...] = ()  # any of them; none means that every tenant has it
    without_plan: Literal["skip", "empty", "not_applicable"] = "skip"  # unknown; an empty list; or nothing that a control of it could govern
    throttle: Throttle = Throttle.DIRECTORY
    keep: Literal["selected", "listed"] = "selected"
    stored: Any = None
    reduce: Callable[[Json], Json] | None = None
    emails: tuple[str, ...] = ()  # properties that may hold an e-mail address of an organisation's role
    read: Callable[[Iterable[Page]], Any] | None = None
    shape: Callable[[Json], Any] | None = None  # an example's JSON as the form that `reading` expects; identity when absent
    also: tuple[str, ...] = ()
    statement: StatementType | None = None
    ahead: int = 0  # so many requests behind the one whose turn it is may be asked meanwhile; their answers wait in memory, so only for small ones
    optional: bool = False  # granted only when the operator wants the controls that need it
    sample: Json = None
    unshown: Json = None  # what examples that do not mention the fact take it to be, where that is not "nothing there"
    id: str = ""  # the module's name; set by the catalogue
    about: str = ""  # the first paragraph of the module's text; set by the catalogue


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule concludes, and why, in words that a compliance officer understands."""

    outcome: Outcome
    because: str
    observed: Mapping[str, Any] = NOTHING
    affected: tuple[str, ...] = ()  # ids of the objects that decided; the result shows the first 50
    reason: Reason | None = None
    remedy: str | None = None


def passed(because: str, affected: Iterable[str] = (), **observed: Any) -> Verdict:
    """The good state was seen."""
    return Verdict(Outcome.PASS, because, observed, tuple(affected))


def failed(because: str, affected: Iterable[str] = (), **observed: Any) -> Verdict:
    """The good state was looked for and is not there."""
    return Verdict(Outcome.FAIL, because, observed, tuple(affected))


def not_applicable(because: str, **observed: Any) -> Verdict:
    """There is nothing here that the control governs; this was seen, not assumed."""
    return Verdict(Outcome.NOT_APPLICABLE, because, observed)


def attestation_due(because: str, provide: str, **observed: Any) -> Verdict:
    """Only a person can say it, and no valid statement does; `provide` says exactly what is needed."""
    return Verdict(Outcome.ATTESTATION_DUE, because, observed, remedy=provide)


def unknown(reason: Reason, because: str, remedy: str | None = None, affected: Iterable[str] = (), **observed: Any) -> Verdict:
    """Could not look, or could not recognise what was seen."""
    return Verdict(Outcome.UNKNOWN, because, observed, tuple(affected), reason, remedy)


@dataclass(frozen=True, slots=True)
class Example:
    """A small tenant, written as the facts' JSON, and the outcome that it must get. `label` names the trap that it guards."""

    outcome: Outcome
    label: str
    given: Mapping[str, Any]
    parameters: Mapping[str, Any] = NOTHING


@dataclass(frozen=True, slots=True)
class Parameter:
    """An operator's choice within bounds. The default stands in the rule's signature."""

    why: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    among: tuple[Any, ...] | None = None  # the closed set that a value, or each item of a list, must come from
    looser: Literal["higher", "lower", "any", "true", "false"] = "any"  # which way leaves the default's protection


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One condition that protects ePHI, tied to citations of 45 CFR 164; `rule` is a pure function of facts."""

    id: str
    topic: str
    title: str
    cites: tuple[str, ...]
    severity: Severity
    designation: Designation
    fix: str
    rule: Callable[..., Verdict]
    examples: tuple[Example, ...]
    kind: Kind = Kind.CONFIGURATION
    needs: Mapping[str, bool] = field(default_factory=dict)  # fact id -> required
    weighs: frozenset[str] = frozenset()  # optional facts of which the rule is told why they could not be read
    parameters: Mapping[str, Parameter] = NOTHING
    defaults: Mapping[str, Any] = NOTHING
    wants_time: bool = False
    plan: str = ""
    crosswalk: Mapping[str, Any] = NOTHING
    seeds: tuple[str, ...] = ()
    proposed_rule: str | None = None
    why: str = ""
    rule_text: str = ""
    rule_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What one run has of one fact: its pages, or why there are none. `reading` is filled by the engine."""

    fact: str
    read: bool
    reason: Reason | None = None
    because: str = ""
    remedy: str | None = None
    refused: bool = False  # the pages held what must not be stored: our fault, so the controls become `error`
    empty_for_plan: bool = False  # the plan is proven absent and the fact says that nothing can be there then
    collected_at: datetime | None = None
    interface: Literal["supported", "observed", "statement", "records"] = "supported"
    pages: tuple[str, ...] = ()  # blob paths
    custody_sha256: str | None = None
