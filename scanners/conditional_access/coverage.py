"""Who is left uncovered: for a question, the sign-ins of each user that no policy in force covers (definition: multifactor_coverage).

A question is a demand and the region of sign-ins in which it must hold. A user is covered when the policies that reach the user and make the demand
cover, together, every application in every part of the region; it is unknown when that depends on something that could not be read. Policies may
complete each other in any condition, not only in users and applications.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import and_

from scanners.conditional_access import apps, narrowing
from scanners.conditional_access.apps import App, Choice
from scanners.conditional_access.demands import Demand
from scanners.conditional_access.gaps import Box, first_gap, holds, meets
from scanners.conditional_access.narrowing import BROWSER, MODERN_APPS
from scanners.conditional_access.reach import Marks
from scanners.conditional_access.rules import Rules, members
from scanners.errors import Undecided, Unrecognised
from scanners.facts.users import User
from scanners.quoting import token
from scanners.three_valued import Maybe


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A demand, and the sign-ins for which it must be made. What is not said is everything.

    `lacks` completes the sentence "user x signing in to y ...".
    """

    demand: Demand
    lacks: str
    clients: tuple[str, ...] = (BROWSER, MODERN_APPS)  # the clients that can answer a prompt; others are judged by their own control
    platforms: tuple[str, ...] = ()
    outside_trusted_places: bool = False
    on_unmanaged_devices: bool = False
    sign_in_risk: str = ""
    user_risk: str = ""
    flow: str = ""
    action: str = ""  # a user action instead of applications
    group: str = ""  # the members of a named group of applications instead of all
    accepted_apps: tuple[str, ...] = ()  # applications that need no cover


@dataclass(frozen=True, slots=True)
class Gap:
    """Sign-ins that no policy covers: what for, and in which region."""

    app: App
    region: Box
    within: Box


@dataclass(frozen=True, slots=True)
class Answer:
    """What holds for all users of one class."""

    covered: Maybe
    gap: Gap | None = None
    doubt: Undecided | None = None


@dataclass(frozen=True)
class Inquiry:
    """A question put to a tenant's rules. Users whom the same rules reach share their answer."""

    rules: Rules
    question: Question
    _answers: dict[tuple[int, int], Answer] = field(default_factory=dict)
    _gaps: dict[tuple[bool, int], Box | None] = field(default_factory=dict)

    def answer(self, user: User) -> Answer:
        """What holds for the user."""
        return self.of(self.rules.known.marks(user))

    def of_type(self, external: str) -> Answer:
        """What holds for any external user of this kind, whoever it is."""
        return self.of(self.rules.known.marks_of_type(external))

    def of(self, marks: Marks) -> Answer:
        """What holds for users with these marks."""
        sure, possible = self.rules.reaching(marks)
        key = sure & self._relevant, possible & self._relevant
        found = self._answers.get(key)
        if found is None:
            found = self._answers[key] = self._judge(*key)
        return found

    @cached_property
    def demanding(self) -> tuple[int, int, dict[int, Undecided]]:
        """The rules that surely make the demand, those that may, and why it is not sure."""
        sure = possible = 0
        doubts: dict[int, Undecided] = {}
        for number, rule in enumerate(self.rules.all):
            try:
                answer = self.question.demand(rule.policy)
                if answer is None:
                    doubts[number] = Unrecognised(f"policy {rule.name!r} demands something that this version does not know")
            except Undecided as doubt:
                answer, doubts[number] = None, doubt
            sure |= (answer is True) << number
            possible |= (answer is not False) << number
        return sure, possible, doubts

    @cached_property
    def regions(self) -> tuple[Box, Box]:
        """The sign-ins that the question is surely about, and those that it may be about."""
        asked, space = self.question, self.rules.space
        sure, possible = list(space.everything), list(space.everything)
        chosen = {
            narrowing.CLIENT: asked.clients,
            narrowing.PLATFORM: asked.platforms,
            narrowing.SIGN_IN_RISK: (asked.sign_in_risk,) if asked.sign_in_risk else (),
            narrowing.USER_RISK: (asked.user_risk,) if asked.user_risk else (),
            narrowing.FLOW: (asked.flow,) if asked.flow else (),
        }
        for dimension, names in chosen.items():
            if names:
                sure[dimension] = possible[dimension] = narrowing.parts(dimension, *names)
        if asked.outside_trusted_places:
            sure[narrowing.PLACE], possible[narrowing.PLACE] = space.places.untrusted
        if asked.on_unmanaged_devices:
            sure[narrowing.DEVICE] = possible[narrowing.DEVICE] = space.devices.unmanaged
        return tuple(sure), tuple(possible)

    @cached_property
    def _choices(self) -> tuple[Choice, ...]:
        asked = self.question
        if asked.action:
            return ((App(asked.action),),)
        accepted = {name.lower() for name in asked.accepted_apps}
        choices = apps.members(asked.group, self.rules.choices) if asked.group else self.rules.choices
        return tuple(choice for choice in choices if choice[0].name not in accepted)

    @cached_property
    def _relevant(self) -> int:
        """The rules that may make the demand somewhere in the region."""
        return self.demanding[1] & members(n for n, rule in enumerate(self.rules.all) if meets(self._box(n, certain=False), self.regions[1]))

    def _box(self, number: int, *, certain: bool) -> Box:
        """Where the rule surely acts, or may. An odd device filter may or may not take unmanaged devices."""
        rule = self.rules.all[number]
        box = rule.sure if certain else rule.possible
        if not self.question.on_unmanaged_devices or not rule.odd_device_filter:
            return box
        return (*box[: narrowing.DEVICE], 0 if certain else self.regions[1][narrowing.DEVICE], *box[narrowing.DEVICE + 1 :])

    @cached_property
    def _targets(self) -> tuple[tuple[tuple[tuple[App, int, int], ...], int], ...]:
        """Each application, as it may be: the relevant rules that surely reach it, those that may, and those that alone cover it whatever it is.

        Of applications that the same rules reach the first stands for all.
        """
        rows: dict[tuple[tuple[int, int], ...], tuple[tuple[App, int, int], ...]] = {}
        for choice in self._choices:
            reached = tuple(self._reaching(app) for app in choice)
            rows.setdefault(tuple(dict.fromkeys((sure, possible) for _, sure, possible in reached)), reached)
        return tuple((row, reduce(and_, (sure for _, sure, _ in row), self._wide)) for row in rows.values())

    def _reaching(self, app: App) -> tuple[App, int, int]:
        numbered = [(n, rule.target) for n, rule in enumerate(self.rules.all) if self._relevant >> n & 1]
        possible = members(n for n, target in numbered if target is None or target.reaches(app))
        return app, possible & members(n for n, target in numbered if target is not None and not target.unclear), possible

    def _judge(self, reach_sure: int, reach_possible: int) -> Answer:
        sure = reach_sure & self.demanding[0]
        if sure & self._whole:
            return Answer(covered=True)
        doubt: Undecided | None = None
        for target, plainly in self._targets:
            if sure & plainly:
                continue
            found = [self._part(app, sure & reached, reach_possible & may) for app, reached, may in target]
            answers = {answer for answer, _ in found}
            if answers == {False}:
                return Answer(covered=False, gap=found[0][1])
            if answers != {True} and doubt is None:
                doubt = _either_way(target[0][0]) if None not in answers else self._doubt(sure, reach_possible)
        return Answer(covered=True) if doubt is None else Answer(covered=None, doubt=doubt)

    @cached_property
    def _whole(self) -> int:
        """The rules that cover everything that may be asked about by themselves, where they reach and surely make the demand."""
        return reduce(and_, (plainly for _, plainly in self._targets), self._wide)

    @cached_property
    def _wide(self) -> int:
        """The rules that surely act in the whole region."""
        return members(n for n in range(len(self.rules.all)) if holds(self._box(n, certain=True), self.regions[1]))

    def _part(self, app: App, sure: int, possible: int) -> tuple[Maybe, Gap | None]:
        if self._gap(sure, certain=True) is None:
            return True, None
        region = self._gap(possible, certain=False)
        return (None, None) if region is None else (False, Gap(app, region, self.regions[0]))

    @cached_property
    def _boxes(self) -> tuple[dict[Box, int], dict[Box, int]]:
        """The different boxes, clipped to the region, with the rules that have them: where they may act, and where they surely do."""
        found: tuple[dict[Box, int], dict[Box, int]] = ({}, {})
        for certain, region in ((0, self.regions[0]), (1, self.regions[1])):
            for number in range(len(self.rules.all)):
                if self._relevant >> number & 1:
                    box = tuple(a & b for a, b in zip(self._box(number, certain=bool(certain)), region, strict=True))
                    found[certain][box] = found[certain].get(box, 0) | 1 << number
        return found

    def _gap(self, numbers: int, *, certain: bool) -> Box | None:
        """What these rules leave open. With certain=True only what they surely cover counts, and all that may be asked about must be covered."""
        having = self._boxes[certain]
        key = certain, members(n for n, rules in enumerate(having.values()) if numbers & rules)
        if key not in self._gaps:
            region = self.regions[1] if certain else self.regions[0]
            try:
                self._gaps[key] = first_gap(region, [box for box, rules in having.items() if numbers & rules and all(box)])
            except Unrecognised:
                self._gaps[key] = region if certain else None  # too many cases: nothing is surely covered, nothing surely open
        return self._gaps[key]

    def _doubt(self, sure: int, possible: int) -> Undecided:
        """Why it is not known: the first rule that would cover, if only everything about it could be read."""
        for number, rule in enumerate(self.rules.all):
            if not possible >> number & 1 or (sure >> number & 1 and rule.sure == rule.possible and not rule.odd_device_filter):
                continue
            if number in self.demanding[2]:
                return self.demanding[2][number]
            if rule.doubt is not None:
                return rule.doubt
            if rule.odd_device_filter and self.question.on_unmanaged_devices:
                return Unrecognised(f"policy {rule.name!r} has a device filter of which nobody can tell whether it takes unmanaged devices")
            if not sure >> number & 1 and self.rules.known.doubts:
                return next(iter(self.rules.known.doubts.values()))
            if rule.sure != rule.possible:
                return Unrecognised(f"policy {rule.name!r} has a condition whose value this version does not know or cannot resolve")
        if self.question.outside_trusted_places and self.rules.space.places.trust_unclear:
            return Unrecognised("whether some named location is trusted could not be read")
        return Unrecognised("which users or places the policies reach cannot be told from what was read")


def _either_way(app: App) -> Undecided:
    return Unrecognised(
        f"whether application {token(app.name)} belongs to a group of applications that the policies name is not known to this version"
    )


def ask(rules: Rules, *questions: Question) -> tuple[Inquiry, ...]:
    """Put the questions to the rules."""
    return tuple(Inquiry(rules, question) for question in questions)


def all_covered(user: User, inquiries: Sequence[Inquiry]) -> Maybe:
    """Whether every sign-in of the user is covered in each inquiry: no if in one not, else the first doubt is raised, else yes."""
    marks = inquiries[0].rules.known.marks(user)
    answers = [inquiry.of(marks) for inquiry in inquiries]
    if any(answer.covered is False for answer in answers):
        return False
    for answer in answers:
        if answer.doubt is not None:
            raise answer.doubt.with_traceback(None)  # one doubt is raised for many users
    return True
