"""The engine says covered, uncovered or unknown exactly where trying every sign-in says so."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanners.conditional_access.coverage import Question, ask
from scanners.conditional_access.demands import block, multifactor
from scanners.conditional_access.narrowing import OLDER_CLIENTS
from scanners.conditional_access.rules import rules_of
from scanners.facts import conditional_access_policies, named_locations, referenced_group_members, role_assignments, users
from scanners.reading import read_as

from . import brute_force
from .brute_force import Ask, World

A, B, GUEST, PARTNER = ("user-a", "user-b", "user-g", "user-p")
PEOPLE = [
    {"id": A, "userType": "Member", "creationType": None, "externalUserState": None},
    {"id": B, "userType": "Member", "creationType": None, "externalUserState": None},
    {"id": GUEST, "userType": "Guest", "creationType": "Invitation", "externalUserState": "Accepted"},
    {"id": PARTNER, "userType": "Member", "creationType": "Invitation", "externalUserState": "Accepted"},
]
STAFF, HIDDEN, DELETED = "group-staff", "group-hidden", "group-deleted"
GROUPS = {
    STAFF: {"exists": True, "readable": True, "memberIds": [A, GUEST]},
    HIDDEN: {"exists": True, "readable": False, "memberIds": []},
    DELETED: {"exists": False, "readable": True, "memberIds": []},
}
GLOBAL, HELPDESK = "62e90394-69f5-4237-9190-012177145e10", "729827e3-9c14-49f7-bb1b-9608f156bbb8"
HELD = [
    {"id": "r1", "principalId": B, "roleDefinitionId": GLOBAL, "directoryScopeId": "/"},
    {"id": "r2", "principalId": A, "roleDefinitionId": HELPDESK, "directoryScopeId": "/administrativeUnits/au1"},
]
PLACES = (
    {"@odata.type": "#microsoft.graph.ipNamedLocation", "id": "clinic", "displayName": "Clinic", "isTrusted": True, "ipRanges": [{"cidrAddress": "203.0.113.0/28"}]},
    {"@odata.type": "#microsoft.graph.ipNamedLocation", "id": "desk", "displayName": "Desk", "isTrusted": False, "ipRanges": [{"cidrAddress": "203.0.113.8/29"}]},
    {"@odata.type": "#microsoft.graph.ipNamedLocation", "id": "lab", "displayName": "Lab", "isTrusted": True, "ipRanges": [{"cidrAddress": "198.51.100.128/25"}]},
    {
        "@odata.type": "#microsoft.graph.countryNamedLocation", "id": "home", "displayName": "Home", "countriesAndRegions": ["US", "CA"],
        "includeUnknownCountriesAndRegions": False, "countryLookupMethod": "clientIpAddress",
    },
)  # fmt: skip
WORLD = World(GROUPS, {GLOBAL: frozenset({B})}, PLACES)
LOCATIONS = ["All", "AllTrusted", "clinic", "desk", "lab", "home"]
RULES = ["device.isCompliant -eq True", 'device.isCompliant -eq True -or device.trustType -eq "ServerAD"', 'device.isCompliant -ne True -and device.trustType -ne "ServerAD"', 'device.model -eq "X"']  # fmt: skip


def few(*values: str, most: int = 2) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), max_size=most, unique=True)


def sides(name: str, values: list[str]) -> st.SearchStrategy[dict[str, list[str]]]:
    return st.fixed_dictionaries({f"include{name}": few(*values), f"exclude{name}": few(*values, most=1)})


EXTERNAL = st.none() | st.fixed_dictionaries(
    {
        "guestOrExternalUserTypes": st.sampled_from(
            ["b2bCollaborationGuest", "internalGuest,b2bCollaborationMember", "otherExternalUser", "newKind"]
        ),
        "externalTenants": st.none() | st.sampled_from([{"membershipKind": "all"}, {"membershipKind": "enumerated"}]),
    }
)
USERS = st.fixed_dictionaries(
    {
        "includeUsers": st.sampled_from([["All"]] * 4 + [["None"], [A], [A, B], ["GuestsOrExternalUsers"], []]),
        "excludeUsers": st.sampled_from([[]] * 4 + [[A], [B], ["GuestsOrExternalUsers"]]),
        "includeGroups": st.sampled_from([[]] * 4 + [[STAFF], [HIDDEN], [DELETED]]),
        "excludeGroups": st.sampled_from([[]] * 4 + [[STAFF], [HIDDEN], [DELETED]]),
        "includeRoles": st.sampled_from([[]] * 4 + [[GLOBAL], [HELPDESK]]),
        "excludeRoles": st.sampled_from([[]] * 4 + [[GLOBAL]]),
        "includeGuestsOrExternalUsers": st.just(None) | EXTERNAL,
        "excludeGuestsOrExternalUsers": st.just(None) | EXTERNAL,
    }
)
APPLICATIONS = st.fixed_dictionaries(
    {
        "includeApplications": st.sampled_from(
            [["All"]] * 5 + [["Office365"], ["app-x"], ["Office365", "app-x"], ["None"], ["MicrosoftAdminPortals"]]
        ),
        "excludeApplications": st.sampled_from([[]] * 5 + [["app-x"], ["app-y"], ["Office365"], ["Office365", "app-y"]]),
        "includeUserActions": st.sampled_from([[]] * 8 + [["urn:user:registerdevice"]]),
        "includeAuthenticationContextClassReferences": st.just([]),
        "applicationFilter": st.sampled_from([None] * 8 + [{"mode": "exclude", "rule": "x"}, {"mode": "include", "rule": "x"}]),
    }
)
NARROWING: dict[str, st.SearchStrategy[Any]] = {
    "clientAppTypes": few("all", "browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other", "newClient", most=3).filter(bool),
    "platforms": st.none() | sides("Platforms", ["all", "windows", "iOS", "android", "newPlatform"]),
    "locations": st.none() | sides("Locations", LOCATIONS),
    "devices": st.none()
    | st.fixed_dictionaries(
        {"deviceFilter": st.fixed_dictionaries({"mode": st.sampled_from(["include", "exclude"]), "rule": st.sampled_from(RULES)})}
    ),
    "signInRiskLevels": few("none", "low", "medium", "high", "newLevel", most=4),
    "userRiskLevels": few("none", "high", "low", "medium", most=4),
    "insiderRiskLevels": st.sampled_from([None, "elevated", "minor", "minor,moderate,elevated"]),
    "authenticationFlows": st.sampled_from(
        [None, {"transferMethods": "none"}, {"transferMethods": "deviceCodeFlow"}, {"transferMethods": "deviceCodeFlow,authenticationTransfer"}]
    ),
    "newCondition": st.sampled_from([None, [], {"x": 1}]),
}
GRANTS = st.none() | st.fixed_dictionaries(
    {
        "operator": st.sampled_from(["AND", "OR", "OR", None]),
        "builtInControls": st.sampled_from(
            [["mfa"]] * 4 + [["block"], ["block"], ["mfa", "compliantDevice"], ["compliantDevice"], ["mfa", "newControl"], []]
        ),
        "customAuthenticationFactors": st.just([]),
        "termsOfUse": st.sampled_from([[], [], [], ["t1"]]),
        "authenticationStrength": st.sampled_from([None] * 5 + [{"id": "s", "requirementsSatisfied": each} for each in ("mfa", "none", "new")]),
    }
)
STATES = ["enabled"] * 8 + ["disabled", "enabledForReportingButNotEnforced", "newState"]


def usually(wide: Any, other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 2).flatmap(lambda n: st.just(wide) if n else other)


@st.composite
def tenants(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A few policies that are narrowed in at most three dimensions, so that trying everything stays quick."""
    chosen = draw(st.lists(st.sampled_from(sorted(NARROWING)), max_size=3, unique=True))
    policies = []
    for number in range(draw(st.integers(1, 5))):
        policy = copy.deepcopy(conditional_access_policies.MULTIFACTOR_FOR_ALL)
        policy |= {"id": f"p{number}", "displayName": f"Policy {number}", "state": draw(st.sampled_from(STATES)), "grantControls": draw(GRANTS)}
        wide = policy["conditions"]
        policy["conditions"] = {
            **wide,
            "users": draw(usually(wide["users"], USERS)),
            "applications": draw(usually(wide["applications"], APPLICATIONS)),
        }
        policy["conditions"] |= {name: draw(NARROWING[name]) for name in chosen if draw(st.booleans())}
        if draw(st.integers(0, 15)) == 0:
            policy["conditions"]["users"] = {k: v for k, v in policy["conditions"]["users"].items() if k != "excludeUsers"}
        policies.append(policy)
    return policies


STRENGTHS: dict[str, Any] = {}
QUESTIONS = {
    "multifactor": (Ask(), Question(demand=multifactor(STRENGTHS), lacks="")),
    "legacy": (Ask(clients=("other",), block_only=True), Question(demand=block, clients=(OLDER_CLIENTS,), lacks="")),
    "untrusted": (Ask(outside_trusted=True), Question(demand=multifactor(STRENGTHS), outside_trusted_places=True, lacks="")),
    "unmanaged": (Ask(unmanaged=True), Question(demand=multifactor(STRENGTHS), on_unmanaged_devices=True, lacks="")),
    "risky": (Ask(sign_in_risk="high"), Question(demand=multifactor(STRENGTHS), sign_in_risk="high", lacks="")),
}


def readings() -> tuple[Any, ...]:
    groups = referenced_group_members.fact
    held = [
        {**copy.deepcopy(role_assignments.fact.sample[0]), **each, "principal": {"@odata.type": "#microsoft.graph.user", "id": each["principalId"]}}
        for each in HELD
    ]
    return (
        read_as(groups.reading, {"groups": [{**groups.sample[0], "id": name, **group} for name, group in GROUPS.items()]}),
        read_as(role_assignments.fact.reading, held),
        read_as(named_locations.fact.reading, list(PLACES)),
        {each["id"]: users.User.read({**users.SAMPLE["value"][0], **each}) for each in PEOPLE},
    )


READ_GROUPS, READ_HELD, READ_PLACES, READ_PEOPLE = readings()


@pytest.mark.parametrize("name", QUESTIONS)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policies=tenants())
def test_every_answer_is_that_of_trying_everything(name: str, policies: list[dict[str, Any]]) -> None:
    asked, question = QUESTIONS[name]
    rules = rules_of(read_as(conditional_access_policies.fact.reading, policies), READ_GROUPS, READ_HELD, (), READ_PLACES)
    (inquiry,) = ask(rules, question)
    for user in PEOPLE:
        expected, uncovered = brute_force.answer(policies, user, asked, WORLD)
        answer = inquiry.answer(READ_PEOPLE[user["id"]])
        assert answer.covered is expected, (user["id"], answer, uncovered)
        if answer.covered is False:
            assert answer.gap is not None
            known = {
                "00000002-0000-0ff1-ce00-000000000000": "office365" if "Office365" in uncovered else ""
            }  # Exchange Online stands for what it belongs to
            assert known.get(answer.gap.app.name, answer.gap.app.name) in {app.lower() for app in uncovered}
        assert (answer.doubt is not None) is (answer.covered is None)
