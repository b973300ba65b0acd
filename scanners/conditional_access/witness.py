"""A gap in words that a person understands: who, doing what, from where, needs no proof, and because of which policies.

Users and groups are told by their ids: names of people and groups are never read. Policies, roles and well-known applications are told by name.
"""

from collections.abc import Iterator
from typing import Any

from scanners.conditional_access.apps import ACTIONS
from scanners.conditional_access.coverage import Gap, Inquiry
from scanners.conditional_access.gaps import meets
from scanners.conditional_access.reach import Mark, Marks, Named, mask
from scanners.conditional_access.rules import Rule
from scanners.errors import Undecided
from scanners.quoting import token
from scanners.roles import PRIVILEGED
from scanners.three_valued import attempt

MOST_REASONS = 3
_KINDS = {"user": "user", "group": "group", "external": "external users of type", "guest": "guests and external users"}


def sentence(inquiry: Inquiry, marks: Marks, gap: Gap, who: str) -> str:
    """One gap of one class of users, as a sentence; `who` starts it."""
    where = inquiry.rules.space.say(gap.region, gap.within)
    doing = f"{who} {gap.app} {where}".strip()
    return f"{doing} {inquiry.question.lacks}, because {because(inquiry, marks, gap)}"


def because(inquiry: Inquiry, marks: Marks, gap: Gap) -> str:
    """Why no policy covers the gap: the policies that come nearest, and what keeps each of them from it."""
    reasons = sorted({each for rule in inquiry.rules.all for each in _reason(inquiry, rule, marks, gap)})
    reasons = sorted(
        [*reasons, *((0, f"policy {rule.name!r} only reports") for rule in inquiry.rules.reporting if _would_cover(inquiry, rule, marks, gap))]
    )
    nearest = [text for rank, text in reasons if rank == reasons[0][0]]
    return " and ".join(nearest[:MOST_REASONS]) if nearest else "no policy in force asks for it"


def _would_cover(inquiry: Inquiry, rule: Rule, marks: Marks, gap: Gap) -> bool:
    reached = rule.reaches(marks, inquiry.rules.known) and rule.target is not None and rule.target.reaches(gap.app)
    return bool(reached and meets(rule.sure, gap.region) and attempt(lambda: inquiry.question.demand(rule.policy)))


def _reason(inquiry: Inquiry, rule: Rule, marks: Marks, gap: Gap) -> Iterator[tuple[int, str]]:
    """What keeps this rule from covering the gap, with how near it comes: lower is nearer."""
    reached = rule.reaches(marks, inquiry.rules.known)
    on_target = rule.target is not None and rule.target.reaches(gap.app)
    acts = meets(rule.possible, gap.region)
    demanded = attempt(lambda: inquiry.question.demand(rule.policy))
    if demanded is False:
        if reached and on_target and acts and (weaker := _asks_for(rule)):
            yield 1, f"policy {rule.name!r} asks only for {weaker}"
    elif reached is False:
        excluder = _named(rule.excluded, marks, inquiry.rules.known.bits)
        if excluder:
            yield 0, f"policy {rule.name!r} excludes {excluder}"
        else:
            yield 5, f"policy {rule.name!r} does not include this user"
    elif not on_target:
        yield from _off_target(rule, gap)
    elif not acts:
        yield 2, f"policy {rule.name!r} acts only {_only_when(inquiry, rule)}"


def _off_target(rule: Rule, gap: Gap) -> Iterator[tuple[int, str]]:
    if rule.target is not None and rule.target.excludes(gap.app):
        yield 1, f"policy {rule.name!r} leaves this application out"
    elif gap.app.name in ACTIONS:
        yield 4, f"policy {rule.name!r} is not for this user action"
    elif rule.target is not None and not rule.target.reaches_apps:
        yield 4, f"policy {rule.name!r} is not for applications"
    else:
        yield 4, f"policy {rule.name!r} is for other applications"


def _asks_for(rule: Rule) -> str:
    """What the policy is content with; empty when it lets every sign-in through as it is."""
    wanted = []
    try:
        grant, session = rule.policy.grant_controls, rule.policy.session_controls
        if grant is not None:
            strength = [f"authentication strength {token(grant.authentication_strength.id)}"] if grant.authentication_strength is not None else []
            parts = [*map(token, grant.built_in_controls), *strength, *("terms of use" for _ in grant.terms_of_use[:1])]
            wanted += [(" or " if grant.operator == "OR" else " and ").join(parts)] if parts else []
        frequency = session.sign_in_frequency if session is not None else None
        if frequency is not None and frequency.is_enabled:
            factor = "second factor" if frequency.authentication_type == "secondaryAuthentication" else "sign-in"
            wanted.append(f"a new {factor} " + ("every time" if frequency.value is None else f"after {frequency.value} {frequency.type}"))
    except Undecided:
        return ""
    return " and ".join(wanted)


def _named(named: Named, marks: Marks, bits: dict[Mark, int] | Any) -> str:
    """The first thing by which users with these marks are named."""
    if named.everyone:
        return "everyone"
    return next((_say(mark) for mark in sorted(named.sure) if marks[0] & mask((mark,), bits)), "")


def _say(mark: Mark) -> str:
    kind, name = mark
    if kind == "role":
        return f"the role {PRIVILEGED.get(name, token(name))}"
    return f"{_KINDS[kind]} {token(name) if name else name}".strip()


def _only_when(inquiry: Inquiry, rule: Rule) -> str:
    """The policy's own conditions, as far as they are narrower than the question."""
    space, region = inquiry.rules.space, inquiry.regions[0]
    inside = tuple(box & asked for box, asked in zip(rule.possible, region, strict=True))
    if all(inside):
        return space.say(inside, region) or "under its own conditions"
    outside = tuple(box if not both else asked for box, both, asked in zip(rule.possible, inside, region, strict=True))
    return space.say(outside, tuple(region[d] if inside[d] else -1 for d in range(len(region)))) if all(outside) else "under other conditions"


def considered(inquiry: Inquiry) -> list[dict[str, Any]]:
    """The policies that were weighed, and whether each makes the demand."""
    sure, possible, _ = inquiry.demanding
    words = {(True, True): "yes", (False, True): "unknown", (False, False): "no"}
    return [
        {
            "id": rule.policy.id,
            "name": rule.name,
            "demands": words[bool(sure >> n & 1), bool(possible >> n & 1)],
            "narrowed": _is_narrowed(inquiry, rule),
        }
        for n, rule in enumerate(inquiry.rules.all)
        if attempt(lambda rule=rule: bool(rule.policy.id))  # type: ignore[misc]  # bound at once
    ]


def _is_narrowed(inquiry: Inquiry, rule: Rule) -> bool:
    return any(asked & ~box for asked, box in zip(inquiry.regions[0], rule.sure, strict=True))
