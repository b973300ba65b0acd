"""What changed between two runs, and the life of a finding: pure functions of results."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from scanners.model import Kind, Outcome
from scanners.result import Result, rfc3339

AMISS = frozenset({Outcome.FAIL, Outcome.ATTESTATION_DUE})
SETTLED = frozenset({Outcome.PASS, Outcome.ACCEPTED, Outcome.NOT_APPLICABLE})
UNSEEN = frozenset({Outcome.UNKNOWN, Outcome.ERROR})
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Setting:
    """A property that a rule observed, before and after; whole values as the results hold them."""

    control: str
    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Since an earlier run. Controls that came, went or whose rule or parameters changed are the scanner's doing and told apart from the tenant's."""

    since_run: str | None
    new_fail: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    new_unknown: tuple[str, ...] = ()
    readable_again: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    rule_changed: tuple[str, ...] = ()
    parameters_changed: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; `catalogue` holds what the scanner itself changed."""
        whole = asdict(self)
        catalogue = {name: list(whole.pop(name)) for name in ("added", "removed", "rule_changed", "parameters_changed")}
        lists = {name: list(value) if isinstance(value, tuple) else value for name, value in whole.items()}
        return {**lists, "catalogue": catalogue}


def changes(since_run: str | None, before: Sequence[Result], after: Sequence[Result]) -> Changes:
    """From `before` to `after`. Without an earlier run nothing is new: everything is first seen."""
    if since_run is None:
        return Changes(since_run=None)
    earlier = {result.control: result for result in before if result.kind is not Kind.READINESS}
    later = {result.control: result for result in after if result.kind is not Kind.READINESS}
    both = [(earlier[control], later[control]) for control in sorted(earlier.keys() & later.keys())]

    def which(was: Iterable[Outcome], now: Iterable[Outcome]) -> tuple[str, ...]:
        return tuple(new.control for old, new in both if old.outcome in was and new.outcome in now)

    return Changes(
        since_run=since_run,
        new_fail=which(SETTLED | UNSEEN, AMISS),
        fixed=which(AMISS, SETTLED),
        new_unknown=which(SETTLED | AMISS, UNSEEN),
        readable_again=which(UNSEEN, SETTLED),
        settings=tuple(change for old, new in both for change in _settings(old, new)),
        added=tuple(sorted(later.keys() - earlier.keys())),
        removed=tuple(sorted(earlier.keys() - later.keys())),
        rule_changed=tuple(new.control for old, new in both if old.rule_sha256 != new.rule_sha256),
        parameters_changed=tuple(new.control for old, new in both if old.parameters != new.parameters),
    )


def _settings(old: Result, new: Result) -> Iterable[Setting]:
    """Observed properties that differ, where both runs could look."""
    if UNSEEN & {old.outcome, new.outcome}:
        return
    for name in sorted(old.observed.keys() | new.observed.keys()):
        before, after = old.observed.get(name), new.observed.get(name)
        if before != after:
            yield Setting(new.control, name, before, after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A control over its signed runs. A finding is open from a `fail` or `attestation_due` until a run sees the good state; not seeing is no fix."""

    outcome: str
    since: datetime  # the first of the unbroken runs with the present outcome
    first_seen: datetime | None = None  # the first run that found it amiss
    opened_at: datetime | None = None  # the run in which the present or last finding began
    fixed_at: datetime | None = None  # set while it is not open
    reopened: int = 0

    @property
    def is_open(self) -> bool:
        """Amiss, or last seen amiss."""
        return self.opened_at is not None and self.fixed_at is None

    def days_open(self, at: datetime) -> int:
        """Whole days that the present or last finding has been open."""
        if self.opened_at is None:
            return 0
        return int(((self.fixed_at or at) - self.opened_at).total_seconds() // DAY)

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        return {name: rfc3339(value) if isinstance(value, datetime) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Life":
        """The inverse of to_json."""
        times = {name: datetime.fromisoformat(value[name]) if value[name] else None for name in ("since", "first_seen", "opened_at", "fixed_at")}
        return cls(**{**value, **times})


def live(before: Life | None, outcome: Outcome, at: datetime) -> Life:
    """The life after one more run, completed at `at`, with `outcome`."""
    since = before.since if before and before.outcome == outcome.value else at
    if before is None:
        amiss = at if outcome in AMISS else None
        return Life(outcome=outcome.value, since=since, first_seen=amiss, opened_at=amiss)
    kept: dict[str, Any] = {"first_seen": before.first_seen, "opened_at": before.opened_at, "fixed_at": before.fixed_at, "reopened": before.reopened}
    if outcome in AMISS and not before.is_open:
        again = before.reopened + (1 if before.opened_at else 0)
        kept = {"first_seen": before.first_seen or at, "opened_at": at, "fixed_at": None, "reopened": again}
    elif outcome in SETTLED and before.is_open:
        kept["fixed_at"] = at
    return Life(outcome=outcome.value, since=since, **kept)
