"""The order in which facts are read: waves for what depends on what, lanes for what Microsoft throttles together."""

from collections.abc import Iterable, Mapping

from scanners.errors import CatalogueError
from scanners.model import Control, Door, Fact, Throttle

PLAN_FACT = "subscribed_skus"  # read first: it says what the tenant can have at all

Lane = tuple[str, ...]
Wave = tuple[Lane, ...]

_SHARED_LANES = frozenset(
    {Throttle.CONDITIONAL_ACCESS, Throttle.REPORTS, Throttle.SECURITY, Throttle.TEAMS_ADMIN, Throttle.EXCHANGE, Throttle.PURVIEW, Throttle.INTUNE}
)
_NOT_ASKED = frozenset({Door.STATEMENT, Door.RECORDS})  # read from our own storage when a control is judged


def needed_facts(controls: Iterable[Control], facts: Mapping[str, Fact]) -> frozenset[str]:
    """The facts that these controls read, with the facts that those are asked after."""
    wanted: set[str] = {PLAN_FACT} & set(facts)
    todo = [fact for control in controls for fact in control.needs]
    while todo:
        fact = todo.pop()
        if fact in wanted:
            continue
        wanted.add(fact)
        todo.extend(facts[fact].after)
    return frozenset(wanted)


def snapshot_types(fact: Fact) -> frozenset[str]:
    """The tenant configuration snapshot types that a fact can be read from, in lower case as the service writes them."""
    asks = () if callable(fact.asks) else fact.asks
    return frozenset(ask.snapshot.lower() for ask in asks if ask.snapshot)


def audit_slices(fact: Fact) -> Mapping[str, tuple[str, ...]]:
    """What a fact counts in the audit log search; empty for nearly all facts."""
    asks = () if callable(fact.asks) else fact.asks
    return {name: operations for ask in asks for name, operations in ask.operations.items()}


def followers(waiting: Iterable[str], wanted: Iterable[str], facts: Mapping[str, Fact]) -> frozenset[str]:
    """`waiting`, and all wanted facts that are asked after one of them, near or far."""
    found, before = frozenset(waiting) & frozenset(wanted), frozenset[str]()
    while found != before:
        before, found = found, found | {f for f in wanted if found & set(facts[f].after)}
    return found


def waves(wanted: Iterable[str], facts: Mapping[str, Fact], read: Iterable[str] = ()) -> tuple[Wave, ...]:
    """Waves of lanes for what is not in `read` yet. The plan fact alone comes first; a cycle of `after` is refused."""
    done: set[str] = {f for f in facts if facts[f].door in _NOT_ASKED} | set(read)
    left = {f for f in wanted if facts[f].door not in _NOT_ASKED} - done
    order: list[Wave] = []
    if PLAN_FACT in left:
        order.append(((PLAN_FACT,),))
        left.discard(PLAN_FACT)
        done.add(PLAN_FACT)
    while left:
        ready = sorted(f for f in left if set(facts[f].after) <= done)
        if not ready:
            raise CatalogueError(f"facts wait for each other in a circle: {', '.join(sorted(left))}")
        order.append(lanes(ready, facts))
        done.update(ready)
        left.difference_update(ready)
    return tuple(order)


def lanes(ready: Iterable[str], facts: Mapping[str, Fact]) -> Wave:
    """One lane for each throttle class that is read serially, one lane for each other fact; what may be long comes first, to end with the rest."""
    shared: dict[Throttle, list[str]] = {}
    alone: list[Lane] = []
    for fact in sorted(ready, key=lambda f: (not _may_be_long(facts[f]), f)):
        if facts[fact].throttle in _SHARED_LANES:
            shared.setdefault(facts[fact].throttle, []).append(fact)
        else:
            alone.append((fact,))
    return (*(tuple(lane) for _, lane in sorted(shared.items())), *alone)


def _may_be_long(fact: Fact) -> bool:
    """A list in pages, or requests that depend on other facts."""
    return callable(fact.asks) or any("$top" in ask.query for ask in fact.asks)


def control_waves(controls: Iterable[Control], width: int = 20) -> tuple[tuple[str, ...], ...]:
    """Controls in waves of at most `width`, those that read the same facts next to each other, so that a reading is built once."""
    ordered = sorted(controls, key=lambda c: (sorted(c.needs), c.id))
    ids = [c.id for c in ordered]
    return tuple(tuple(ids[i : i + width]) for i in range(0, len(ids), width))
