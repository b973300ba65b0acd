"""The words that coverage is made of, each by itself."""

import copy
from typing import Any

import pytest

from scanners.conditional_access import apps, devices, places
from scanners.conditional_access.coverage import Inquiry, Question, ask
from scanners.conditional_access.demands import any_of, block, by_id, multifactor, phishing_resistant
from scanners.conditional_access.gaps import first_gap
from scanners.conditional_access.judged import uncovered, witness
from scanners.conditional_access.narrowing import BROWSER
from scanners.conditional_access.rules import rules_of
from scanners.conditional_access.sessions import never_persistent, renewed_within
from scanners.errors import Unrecognised
from scanners.examples import merged
from scanners.facts import authentication_strengths, named_locations, referenced_group_members, role_assignments
from scanners.facts.conditional_access_policies import MULTIFACTOR_FOR_ALL, SESSION_LIMITS, Devices, Locations, Policy
from scanners.facts.users import SAMPLE, User
from scanners.reading import read_as

STRENGTHS = by_id(read_as(authentication_strengths.fact.reading, authentication_strengths.BUILT_IN))
RESISTANT = ("windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor")


def policy(**said: Any) -> Policy:
    return Policy.read(merged(MULTIFACTOR_FOR_ALL, {path.replace("__", "."): value for path, value in said.items()}))


def user(identifier: str = "u1", **said: Any) -> User:
    return User.read({**SAMPLE["value"][0], "id": identifier, **said})


def inquiry(question: Question, *policies: Policy, groups: Any = (), held: Any = (), locations: Any = None) -> Inquiry:
    fact = referenced_group_members.fact
    assignments = [merged(role_assignments.fact.sample[0], each) for each in held]
    read_groups = read_as(fact.reading, {"groups": [{**fact.sample[0], **each} for each in groups]})
    found = None if locations is None else read_as(named_locations.fact.reading, locations)
    return ask(rules_of(tuple(policies), read_groups, read_as(role_assignments.fact.reading, assignments), (), found), question)[0]


MFA = Question(demand=multifactor(STRENGTHS), lacks="needs no second factor")


@pytest.mark.parametrize(
    ("grant", "expected"),
    [
        ({"builtInControls": ["mfa"]}, True),
        ({"builtInControls": ["mfa"], "operator": None}, True),
        ({"builtInControls": ["mfa", "compliantDevice"], "operator": None}, None),
        ({"builtInControls": ["compliantDevice", "newControl"], "operator": "AND"}, None),
        ({"builtInControls": ["mfa", "newControl"], "operator": "AND"}, True),
        ({"builtInControls": ["compliantDevice", "newControl"], "operator": "OR"}, False),
        ({"builtInControls": [], "authenticationStrength": {"id": "00000000-0000-0000-0000-000000000003"}}, True),
        ({"builtInControls": [], "authenticationStrength": {"id": "x", "requirementsSatisfied": "none"}}, False),
        ({"builtInControls": [], "termsOfUse": ["t"]}, False),
    ],
)
def test_what_demands_a_second_factor(grant: dict[str, Any], expected: bool | None) -> None:
    assert multifactor(STRENGTHS)(policy(grantControls=grant)) is expected


def test_a_grant_of_a_new_kind_is_neither_strong_nor_weak() -> None:
    new = policy(grantControls={"builtInControls": ["mfa"], "newKindOfControl": [{"id": 1}]})
    with pytest.raises(Unrecognised):
        multifactor(STRENGTHS)(new)
    assert block(policy(grantControls={"builtInControls": ["block"]})) is True


def test_one_and_another_policy_for_two_demands_on_a_session() -> None:
    """A limit in one policy and the browser in another are both; neither alone is."""
    session = {**SESSION_LIMITS["sessionControls"]}
    limit = policy(**{**SESSION_LIMITS, "id": "p1", "sessionControls": {**session, "persistentBrowser": None}})
    browser = policy(**{**SESSION_LIMITS, "id": "p2", "sessionControls": {**session, "signInFrequency": None}})
    asked = (Question(demand=renewed_within(12), lacks=""), Question(demand=never_persistent(), clients=(BROWSER,), lacks=""))
    assert [inquiry(each, limit, browser).answer(user()).covered for each in asked] == [True, True]
    assert [inquiry(each, limit).answer(user()).covered for each in asked] == [True, False]
    assert [inquiry(each, browser).answer(user()).covered for each in asked] == [False, True]


def test_a_method_of_a_new_name_does_no_harm_where_another_policy_covers() -> None:
    """And makes the answer unknown, not a fail, where none does."""
    asked = Question(demand=phishing_resistant(STRENGTHS, RESISTANT), lacks="")

    def with_strength(identifier: str, combinations: list[str]) -> Policy:
        strength = {"id": identifier, "requirementsSatisfied": "mfa", "allowedCombinations": combinations}
        return policy(id=identifier, grantControls={"builtInControls": [], "authenticationStrength": strength})

    new, known = with_strength("s1", ["fido2", "newMethod"]), with_strength("s2", list(RESISTANT))
    assert inquiry(asked, new).answer(user()).covered is None
    assert inquiry(asked, new, known).answer(user()).covered is True
    assert inquiry(asked, with_strength("s3", ["fido2,password"])).answer(user()).covered is False


ROWS = [
    {"@odata.type": named_locations.IP, "id": "clinic", "displayName": "Clinic", "isTrusted": True, "ipRanges": [{"cidrAddress": "203.0.113.0/24"}]},
    {"@odata.type": named_locations.IP, "id": "ward", "displayName": "Ward", "isTrusted": False, "ipRanges": [{"cidrAddress": "203.0.113.64/26"}]},
    {"@odata.type": named_locations.IP, "id": "far", "displayName": "Far", "isTrusted": False, "ipRanges": [{"cidrAddress": "2001:db8::/32"}]},
]  # fmt: skip


def at(include: list[str], exclude: list[str] | None = None) -> Locations:
    return Locations.read({"includeLocations": include, "excludeLocations": exclude or []})


def test_a_range_inside_a_trusted_range_is_no_place_of_its_own() -> None:
    """The ward lies inside the clinic, so nobody is in the ward and not in the clinic."""
    found = places.cut([at(["clinic"], ["ward"]), at(["far"])], read_as(named_locations.fact.reading, ROWS))
    inside = {frozenset(part.inside) for part in found.parts}
    assert inside == {frozenset(), frozenset({"clinic"}), frozenset({"clinic", "ward"}), frozenset({"far"})}
    assert found.of(at(["ward"], ["clinic"])) == (0, 0)
    assert found.untrusted[0] == found.of(at(["All"], ["clinic"]))[0]


def test_a_location_that_could_not_be_read_is_inside_or_outside() -> None:
    found = places.cut([at(["All"], ["unread"])], None)
    sure, possible = found.of(at(["All"], ["unread"]))
    assert 0 < sure == possible < found.everywhere
    assert sure | found.of(at(["unread"]))[0] == found.everywhere


def test_too_many_places_are_refused_not_searched() -> None:
    """Forty ranges that overlap in every combination the sweep can see, times lists of countries."""
    wide = [{**ROWS[0], "id": f"r{n}", "ipRanges": [{"cidrAddress": f"10.{n}.{m}.0/24"} for m in range(3)]} for n in range(200)]
    country = {"@odata.type": named_locations.COUNTRY, "displayName": "c", "includeUnknownCountriesAndRegions": False}
    codes = [f"{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(200)]
    lists = [{**country, "id": code, "countriesAndRegions": [code], "countryLookupMethod": "clientIpAddress"} for code in codes]
    named = [each["id"] for each in wide + lists]
    with pytest.raises(Unrecognised):
        places.cut([at(named)], read_as(named_locations.fact.reading, wide + lists))


def filtered(mode: str, rule: str) -> Devices:
    return Devices.read({"deviceFilter": {"mode": mode, "rule": rule}})


@pytest.mark.parametrize(
    ("mode", "rule", "takes_unmanaged"),
    [
        ("exclude", "device.isCompliant -eq True", True),
        ("exclude", 'device.isCompliant  -eq True -or  device.trustType -eq "AzureAD"', True),
        ("include", "device.isCompliant -eq True", False),
        ("include", 'device.isCompliant -ne True -and device.trustType -ne "ServerAD" -and device.trustType -ne "AzureAD"', True),
        ("exclude", "device.isCompliant -ne True", False),
    ],
)
def test_a_filter_over_compliance_and_joining_is_computed(mode: str, rule: str, takes_unmanaged: bool) -> None:
    found = devices.cut([])
    sure, possible = found.of(filtered(mode, rule))
    assert sure == possible
    assert (sure & found.unmanaged == found.unmanaged) is takes_unmanaged


def test_any_other_filter_is_inside_or_outside() -> None:
    odd = filtered("include", 'device.model -eq "X"')
    found = devices.cut([odd])
    assert devices.computed('device.isCompliant -eq True -and device.model -eq "X"') is None
    assert found.of(odd)[0] | found.of(filtered("exclude", 'device.model -eq "X"'))[0] == found.every
    assert devices.is_unread(odd)


def test_the_search_finds_the_one_open_cell() -> None:
    """Four dimensions of four parts, everything covered but one cell."""
    region = (15, 15, 15, 15)
    hole = (2, 8, 1, 4)
    boxes = [tuple(15 & ~hole[d] if d == dimension else 15 for d in range(4)) for dimension in range(4)]
    assert first_gap(region, boxes) == hole
    assert first_gap(region, [*boxes, hole]) is None
    assert first_gap(region, []) == region


def test_a_known_application_of_a_group_is_covered_by_the_group() -> None:
    """Exchange Online is known to belong to Office 365; Azure management is known not to."""
    office = policy(id="p2", conditions__applications__includeApplications=["Office365"])
    for app, expected in ((apps.EXCHANGE, True), (apps.AZURE_MANAGEMENT, False)):
        rest = policy(conditions__applications__excludeApplications=["Office365", app])
        assert inquiry(MFA, rest, office).answer(user()).covered is expected


def test_a_group_of_applications_alone() -> None:
    asked = Question(demand=any_of("compliantDevice"), lacks="", group=apps.OFFICE)
    healthy = {"grantControls__builtInControls": ["compliantDevice"]}
    assert inquiry(asked, policy(conditions__applications__includeApplications=["Office365"], **healthy)).answer(user()).covered is True
    assert inquiry(asked, policy(conditions__applications__excludeApplications=["line-of-business"], **healthy)).answer(user()).covered is True
    assert inquiry(asked, policy(conditions__applications__excludeApplications=[apps.TEAMS], **healthy)).answer(user()).covered is False
    assert inquiry(asked, policy(conditions__applications__includeApplications=[apps.EXCHANGE], **healthy)).answer(user()).covered is False


def test_the_witness_names_who_what_where_and_why() -> None:
    """As an administrator would say it."""
    group = "cccccccc-0000-4000-8000-000000000009"
    outside = {"includeLocations": ["AllTrusted"], "excludeLocations": []}
    all_ = policy(displayName="MFA all", conditions__users__excludeGroups=[group])
    trusted = policy(id="p2", displayName="MFA at home", conditions__locations=outside)
    asked = inquiry(MFA, all_, trusted, groups=[{"id": group, "memberIds": ["7f3a0000-1"]}], locations=ROWS)
    assert witness(user("7f3a0000-1"), (asked,)) == (
        "user 7f3a0000… signing in to Exchange Online from an untrusted location needs no second factor, "
        f"because policy 'MFA all' excludes group {group}"
    )


def test_the_largest_class_of_uncovered_users_comes_first() -> None:
    group = "cccccccc-0000-4000-8000-000000000009"
    all_ = policy(conditions__users__excludeGroups=[group], conditions__users__excludeUsers=["b"])
    asked = inquiry(MFA, all_, groups=[{"id": group, "memberIds": ["a1", "a2", "a3"]}])
    found = uncovered([user("b"), user("a1"), user("a2"), user("a3")], (asked,))
    assert [each["users"] for each in found] == [3, 1]
    assert "excludes user b" in found[1]["witness"]


def test_a_policy_that_cannot_be_read_at_all_may_cover_everything() -> None:
    broken = copy.deepcopy(MULTIFACTOR_FOR_ALL)
    del broken["conditions"]
    answer = inquiry(MFA, Policy.read(broken)).answer(user())
    assert answer.covered is None
    assert answer.doubt is not None
    assert inquiry(MFA, Policy.read(broken), policy(id="p2")).answer(user()).covered is True


def test_ids_compare_in_lower_case() -> None:
    upper = policy(conditions__users__excludeUsers=["AAAA-1"])
    assert inquiry(MFA, upper).answer(user("aaaa-1")).covered is False
    assert inquiry(MFA, policy(conditions__users__includeUsers=["aaaa-1"])).answer(user("AAAA-1")).covered is True
