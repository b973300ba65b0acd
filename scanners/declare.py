"""How facts and controls are declared. A declaration is data; the catalogue checks it, the engine uses it."""

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from scanners.errors import CatalogueError, Undecided
from scanners.model import (
    NOTHING,
    Ask,
    Control,
    Designation,
    Example,
    Fact,
    Kind,
    Outcome,
    Page,
    Parameter,
    Readings,
    Severity,
    Throttle,
    Verdict,
)
from scanners.permissions import Permission, Plan
from scanners.reading import Json


def passes(label: str = "", /, *, parameters: Mapping[str, Any] = NOTHING, **given: Any) -> Example:
    """A tenant that meets the control. Keys are fact ids (the fact's JSON) or properties set on the control's first fact."""
    return Example(Outcome.PASS, label, given, parameters)


def fails(label: str = "", /, *, parameters: Mapping[str, Any] = NOTHING, **given: Any) -> Example:
    """A tenant that does not meet the control."""
    return Example(Outcome.FAIL, label, given, parameters)


def stays_unknown(label: str = "", /, *, parameters: Mapping[str, Any] = NOTHING, **given: Any) -> Example:
    """A tenant that nobody could judge honestly."""
    return Example(Outcome.UNKNOWN, label, given, parameters)


def does_not_apply(label: str = "", /, *, parameters: Mapping[str, Any] = NOTHING, **given: Any) -> Example:
    """A tenant where there is nothing that the control governs."""
    return Example(Outcome.NOT_APPLICABLE, label, given, parameters)


def is_due(label: str = "", /, *, parameters: Mapping[str, Any] = NOTHING, **given: Any) -> Example:
    """A tenant whose statement is missing, expired or not by the right person."""
    return Example(Outcome.ATTESTATION_DUE, label, given, parameters)


def control(
    *,
    title: str,
    cites: tuple[str, ...],
    severity: Literal["critical", "high", "medium", "low"],
    designation: Designation,
    fix: str,
    examples: tuple[Example, ...],
    kind: Literal["configuration", "activity", "attestation", "readiness"] = "configuration",
    parameters: Mapping[str, Parameter] = NOTHING,
    plan: str = "",
    crosswalk: Mapping[str, Any] = NOTHING,
    seeds: tuple[str, ...] = (),
    proposed_rule: str | None = None,
) -> Callable[[Callable[..., Verdict]], Control]:
    """Declare the function below as a control.

    Positional parameters are the facts it needs (`x: Reading` required, `x: Reading | None` optional, `x: Reading | Undecided` optional, with why it
    could not be read), `at: datetime` is the time of the run, keyword-only parameters are the operator's choices with their defaults.
    The docstring's first paragraph says why, the rest is the rule in words.
    """

    def declare(rule: Callable[..., Verdict]) -> Control:
        signature = inspect.signature(rule)
        hints = typing.get_type_hints(rule)
        facts, weighs, defaults = {}, set(), {}
        for name, parameter in signature.parameters.items():
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
                defaults[name] = parameter.default
            elif name != "at":
                facts[name] = not _may_be(hints[name], type(None), Undecided)
                weighs |= {name} if _may_be(hints[name], Undecided) else set()
        if set(defaults) != set(parameters):
            raise CatalogueError(f"{rule.__name__}: keyword-only parameters {sorted(defaults)} and declared {sorted(parameters)} differ")
        why, _, rule_text = inspect.cleandoc(rule.__doc__ or "").partition("\n\n")
        return Control(
            id=rule.__name__,
            topic=rule.__module__.rsplit(".", 2)[-2],
            title=title,
            cites=cites,
            severity=Severity(severity),
            designation=designation,
            fix=fix,
            rule=rule,
            examples=examples,
            kind=Kind(kind),
            needs=facts,
            weighs=frozenset(weighs),
            parameters=parameters,
            defaults=defaults,
            wants_time="at" in signature.parameters,
            plan=plan,
            crosswalk=crosswalk,
            seeds=seeds,
            proposed_rule=proposed_rule,
            why=" ".join(why.split()),
            rule_text=" ".join(rule_text.split()),
        )

    return declare


def _may_be(hint: Any, *kinds: type) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType) and any(kind in typing.get_args(hint) for kind in kinds)


def may_be_none(rule: Callable[..., Verdict], fact: str) -> bool:
    """Whether the rule says what it does where there is no statement, or nothing to govern."""
    return _may_be(typing.get_type_hints(rule)[fact], type(None))


def reading_type(rule: Callable[..., Verdict], fact: str) -> Any:
    """The annotation of a fact in a rule's signature, without `| None` and `| Undecided`."""
    hint = typing.get_type_hints(rule)[fact]
    if not _may_be(hint, type(None), Undecided):
        return hint
    kept = tuple(a for a in typing.get_args(hint) if a not in (type(None), Undecided))
    return kept[0] if len(kept) == 1 else typing.Union[kept]  # noqa: UP007 - built at run time


def graph_fact(
    reading: Any,
    build: Callable[[Any], Any] | str,
    *,
    permissions: tuple[Permission, ...],
    sample: Json,
    unshown: Json = None,
    select: tuple[str, ...] = (),
    query: Mapping[str, str] = NOTHING,
    headers: Mapping[str, str] = NOTHING,
    throttle: Throttle = Throttle.DIRECTORY,
    plans: tuple[Plan, ...] = (),
    without_plan: Literal["skip", "empty", "not_applicable"] = "skip",
    reduce: Callable[[Json], Json] | None = None,
    also: tuple[str, ...] = (),
    stored: Any = None,
    read: Callable[[Iterable[Page]], Any] | None = None,
    after: tuple[str, ...] = (),
    optional: bool = False,
) -> Fact:
    """A fact that is one Graph request. `build` names the path by the SDK's request builders; a text is a raw path, allowed for beta only."""
    chosen = {**({"$select": ",".join(select)} if select else {}), **query}
    ask = Ask(path=build, query=chosen, headers=headers) if isinstance(build, str) else Ask(build=build, query=chosen, headers=headers)
    return Fact(
        reading=reading,
        asks=(ask,),
        after=after,
        permissions=permissions,
        plans=plans,
        without_plan=without_plan,
        throttle=throttle,
        reduce=reduce,
        also=also,
        keep="selected" if select else "listed",
        stored=stored,
        read=read,
        optional=optional,
        sample=sample,
        unshown=unshown,
    )


def once_per(ids: Callable[[Readings], Iterable[str]], *asks: Callable[[str], Ask]) -> Callable[[Readings], Iterable[Ask]]:
    """Requests that a fact repeats for each id, which it takes from earlier facts; ids are asked in a stable order, each once."""

    def per_id(readings: Readings) -> Iterable[Ask]:
        for each in sorted(set(ids(readings))):
            for ask in asks:
                yield ask(each)

    return per_id
