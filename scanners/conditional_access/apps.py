"""Which applications a policy reaches (definition: reach_apps). The universe is symbolic: nobody lists all applications of a tenant.

It consists of every application that some policy names, the unnamed members of each named group of applications, and every other application.
Whether a named application belongs to a group is known for a few; for the others both is considered, and only an answer that is the same either way
is an answer.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scanners.facts.conditional_access_policies import PolicyApplications
from scanners.quoting import token

ALL, NONE = "all", "none"
OFFICE, PORTALS = "office365", "microsoftadminportals"
GROUPS = {OFFICE: "Office 365", PORTALS: "the Microsoft admin portals"}
EXCHANGE, SHAREPOINT, TEAMS = (
    "00000002-0000-0ff1-ce00-000000000000",
    "00000003-0000-0ff1-ce00-000000000000",
    "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe",
)
AZURE_MANAGEMENT, INTUNE_ENROLMENT = "797f4846-ba00-4fd7-ba43-dac1f8f63013", "d4ebce55-015a-49b5-a083-c84d1797ae8c"
# https://learn.microsoft.com/entra/identity/conditional-access/reference-office-365-application-contents
MEMBERSHIP = {
    EXCHANGE: frozenset({OFFICE}),
    SHAREPOINT: frozenset({OFFICE}),
    TEAMS: frozenset({OFFICE}),
    AZURE_MANAGEMENT: frozenset[str](),
    INTUNE_ENROLMENT: frozenset[str](),
}
NAMES = {
    **GROUPS,
    EXCHANGE: "Exchange Online",
    SHAREPOINT: "SharePoint Online",
    TEAMS: "Microsoft Teams",
    AZURE_MANAGEMENT: "Azure management",
    INTUNE_ENROLMENT: "Microsoft Intune enrolment",
}
REGISTER_SECURITY_INFO, REGISTER_DEVICE = "urn:user:registersecurityinfo", "urn:user:registerdevice"
ACTIONS = {REGISTER_SECURITY_INFO: "registering security information", REGISTER_DEVICE: "registering or joining a device"}


@dataclass(frozen=True, slots=True)
class App:
    """What a sign-in is for: one application, the rest of a group, every other application (name empty), or a user action."""

    name: str
    groups: frozenset[str] = frozenset()

    def __str__(self) -> str:
        if self.name in ACTIONS:
            return ACTIONS[self.name]
        return "signing in to " + (NAMES.get(self.name, f"application {token(self.name)}") if self.name else "an application that no policy names")


@dataclass(frozen=True, slots=True)
class Target:
    """What a policy acts on. One for user actions or authentication contexts, or with an application filter to include, reaches no application."""

    included: frozenset[str]
    excluded: frozenset[str]
    actions: frozenset[str]
    reaches_apps: bool
    unclear: bool  # a filter whose attributes are not read takes some applications out

    def reaches(self, app: App) -> bool:
        """The app is included and not excluded. Exclusion wins."""
        if app.name in ACTIONS:
            return app.name in self.actions
        names = {app.name, *app.groups}
        return self.reaches_apps and bool(names & self.included or ALL in self.included) and not (names & self.excluded or ALL in self.excluded)

    def excludes(self, app: App) -> bool:
        """The app would be included but for an exclusion."""
        return bool({app.name, *app.groups} & self.excluded)


def target(condition: PolicyApplications) -> Target:
    """The policy's condition, names in lower case."""
    actions, contexts = condition.include_user_actions, condition.include_authentication_context_class_references
    chosen = condition.application_filter
    mode = chosen.mode if chosen is not None else None
    return Target(
        included=frozenset(name.lower() for name in condition.include_applications) - {NONE},
        excluded=frozenset(name.lower() for name in condition.exclude_applications) - {NONE},
        actions=frozenset(action.lower() for action in actions),
        reaches_apps=not actions and not contexts and mode != "include",
        unclear=mode == "exclude",
    )


Choice = tuple[App, ...]  # one application as it may be: one entry when its groups are known, else one for each possibility


def universe(targets: Iterable[Target]) -> tuple[Choice, ...]:
    """Every application that these policies tell apart. Exchange Online comes first, as the example that everybody knows."""
    named = {name for each in targets if each.reaches_apps for name in each.included | each.excluded} - {ALL}
    groups = sorted(named & set(GROUPS))
    rest: list[Choice] = [(App(""),), *((App(group, frozenset({group})),) for group in groups)]
    return (_choice(EXCHANGE, groups), *rest, *(_choice(name, groups) for name in sorted(named - {*GROUPS, EXCHANGE})))


def _choice(name: str, groups: Sequence[str]) -> Choice:
    if name in MEMBERSHIP:
        return (App(name, MEMBERSHIP[name] & frozenset(groups)),)
    sizes = range(len(groups) + 1)
    return tuple(App(name, frozenset(chosen)) for size in sizes for chosen in itertools.combinations(groups, size))


def members(group: str, choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """The group's unnamed members and those named ones that are known to belong to it."""
    known = {name for name, groups in MEMBERSHIP.items() if group in groups}
    listed = tuple(choice for choice in choices if choice[0].name in known)
    return ((App(group, frozenset({group})),), *listed)
