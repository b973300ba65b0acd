"""The words of the privilege rules: who holds what, through what, and what a review or a length of time means."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from scanners import catalogue
from scanners.administrators import administrators
from scanners.errors import NotLicensed, Reason, Unrecognised, undecided
from scanners.examples import Unreadable, merged, verdict
from scanners.model import Example, Outcome
from scanners.people import MOST_EMERGENCY_ACCOUNTS, emergency_accounts, exempt_accounts, idle_time, people
from scanners.permissions import AAD_PREMIUM_P2
from scanners.plans import require_plan
from scanners.reading import read_as
from scanners.reviews import is_of_all_guests, is_recurring
from scanners.roles import GLOBAL_ADMINISTRATOR, active_holdings, all_holdings, hidden, privileged, template_ids
from scanners.timespans import clock_time, iso_duration

KNOWN = catalogue.load().facts
CONTROLS = catalogue.load().controls
AT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
A, B, C = (f"aaaaaaaa-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
TEAM = "cccccccc-0000-4000-8000-000000000001"
SYNC = "d29b2b05-8046-44ba-8758-1e26182fcf32"


def rows(fact: str, *said: dict[str, Any]) -> Any:
    """A reading of these rows, each as the sample's but for what is said."""
    return read_as(KNOWN[fact].reading, merged(KNOWN[fact].sample, list(said)))


def held(*said: dict[str, Any]) -> Any:
    return rows("role_assignments", *said)


def teams(*said: dict[str, Any]) -> Any:
    base = KNOWN["referenced_group_members"].sample[0]
    return read_as(KNOWN["referenced_group_members"].reading, {"groups": [{**base, **each} for each in said]})


def may_join(*said: dict[str, Any]) -> Any:
    base = KNOWN["pim_group_assignments"].sample["eligible"][0]
    return read_as(KNOWN["pim_group_assignments"].reading, {"eligible": [{**base, **each} for each in said], "assigned": []})


def directory(*said: dict[str, Any]) -> Any:
    base = KNOWN["users"].sample["value"][0]
    return read_as(KNOWN["users"].reading, {"signInActivityRead": True, "value": [merged(base, each) for each in said]})


GROUP = {"principalId": TEAM.upper(), "principal": {"@odata.type": "#microsoft.graph.group", "id": TEAM}}
DEFINITIONS = rows("role_definitions", {})


def test_a_group_stands_for_its_members_whatever_the_case_of_its_id() -> None:
    """Ids compare without case."""
    holdings = active_holdings(held(GROUP), DEFINITIONS, teams({"id": TEAM, "memberIds": [A, B]}))
    assert holdings.people == {A, B}
    assert {h.through for h in holdings.known} == {TEAM.upper()}
    assert not holdings.doubts


def test_a_group_whose_members_nobody_read_is_a_doubt_of_every_role() -> None:
    """It may hold anybody, so no role may pass on it."""
    holdings = active_holdings(held(GROUP, {"principalId": A}), DEFINITIONS, teams())
    assert holdings.people == {A}
    with pytest.raises(Unrecognised):
        holdings.of({"another"}).refuse_doubts()


def test_a_deleted_group_has_no_members() -> None:
    """404 is a reading."""
    assert not active_holdings(held(GROUP), DEFINITIONS, teams({"id": TEAM, "exists": False})).people


def test_the_right_to_join_a_group_is_the_right_to_its_roles() -> None:
    """As owner or member, for active and eligible roles of the group alike; groups without roles give nothing."""
    eligible = rows("pim_eligible_assignments", {**GROUP, "roleDefinitionId": SYNC})
    joining = may_join({"groupId": TEAM, "principalId": B, "accessId": "owner"}, {"groupId": "other", "principalId": C})
    holdings = all_holdings(held(GROUP), eligible, joining, DEFINITIONS, teams({"id": TEAM, "memberIds": [A]}))
    assert {(h.role, h.principal, h.eligible) for h in holdings.known} == {
        (GLOBAL_ADMINISTRATOR, A, False),
        (SYNC, A, True),
        (GLOBAL_ADMINISTRATOR, B, True),
        (SYNC, B, True),
    }


def test_a_role_can_be_told_by_the_template_it_was_made_from() -> None:
    """A definition id of its own maps to the template; a privileged id stays itself, whatever its definition says."""
    own = rows("role_definitions", {"id": "own", "templateId": GLOBAL_ADMINISTRATOR}, {"templateId": "something else"})
    assert template_ids(own).known == {"own": GLOBAL_ADMINISTRATOR, GLOBAL_ADMINISTRATOR: GLOBAL_ADMINISTRATOR}
    assert active_holdings(held({"roleDefinitionId": "OWN"}), own, teams()).of(privileged()).people == {A}


def test_a_custom_role_is_privileged_where_the_operator_says_so() -> None:
    """By its id, in any case."""
    assert "11111111-0000-4000-8000-00000000000a" in privileged(["11111111-0000-4000-8000-00000000000A"])


def test_a_principal_that_is_gone_is_nobody_and_one_that_is_listed_is_somebody() -> None:
    """The directory's list decides where the assignment does not say what the principal is."""
    holdings = active_holdings(held({"principalId": A, "principal": None}, {"principalId": B, "principal": None}), DEFINITIONS, teams())
    assert [person.id for person in administrators(holdings, directory({"id": A}))] == [A]


def test_an_assignment_without_its_principal_is_a_doubt() -> None:
    """The answer was not expanded, so nobody knows whether a group holds the role."""
    row = dict(KNOWN["role_assignments"].sample[0])
    del row["principal"]
    holdings = active_holdings(read_as(KNOWN["role_assignments"].reading, [row]), DEFINITIONS, teams())
    assert holdings.doubts


def test_who_is_exempt() -> None:
    """The register's accounts, as long as it is short, and the accounts of directory synchronisation; nobody else."""
    register = KNOWN["statement_emergency_accounts"]
    account = register.sample["details"]["accounts"][0]

    def of(count: int) -> Any:
        accounts = [{**account, "object_id": f"E{n}"} for n in range(count)]
        return register.reading.read({**register.sample, "details": {**register.sample["details"], "accounts": accounts}})

    assert emergency_accounts(of(2)) == {"e0", "e1"}
    assert emergency_accounts(of(MOST_EMERGENCY_ACCOUNTS + 1)) == frozenset()
    assert emergency_accounts(None) == frozenset()
    holdings = active_holdings(held({"principalId": C, "roleDefinitionId": SYNC}), DEFINITIONS, teams())
    assert exempt_accounts(["E0"], holdings) == {"e0", C}


def test_people_are_told_apart_from_rooms_and_guests() -> None:
    """A room that holds a role, or any other licence, is judged as a person."""
    licence = {"assignedLicenses": [{"skuId": "6af4b3d6-14bb-4a2a-960c-6c902aad34f3", "disabledPlans": []}]}
    users = directory({"id": A, **licence}, {"id": B, **licence}, {"id": C, "userType": None}, {"id": "g", "userType": "Guest"})
    found = people(users, active_holdings(held({"principalId": B}), DEFINITIONS, teams()))
    assert [[user.id for user in pile] for pile in (found.members, found.guests, found.rooms)] == [[B, C], ["g"], [A]]


def test_idle_time_counts_from_the_later_of_use_and_creation() -> None:
    """A restored account may show a use that is older than itself, and Graph writes year 1 for none."""
    created = "2026-11-20T06:00:00Z"
    for when in ("2026-01-01T00:00:00Z", "0001-01-01T00:00:00Z", None):
        user = directory({"createdDateTime": created, "signInActivity": {"lastSuccessfulSignInDateTime": when}}).value[0]
        assert idle_time(user, AT) == timedelta(days=4)


def test_a_plan_is_missing_only_when_that_was_read() -> None:
    """A subscription that cannot be recognised may hold it."""
    with pytest.raises(NotLicensed):
        require_plan((), AAD_PREMIUM_P2)
    strange = rows("subscribed_skus", {"capabilityStatus": "Paused"})
    with pytest.raises(Unrecognised):
        require_plan(strange, AAD_PREMIUM_P2)
    require_plan((*strange, *rows("subscribed_skus", {})), AAD_PREMIUM_P2)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("00:15:00", timedelta(minutes=15)),
        ("1.00:00:00", timedelta(days=1)),
        ("8:00:00", timedelta(hours=8)),
        ("00:00:00.5000000", timedelta(milliseconds=500)),
    ],
)
def test_lengths_of_time_as_settings_write_them(text: str, length: timedelta) -> None:
    """A dot before the hours counts days, one after the seconds counts fractions."""
    assert clock_time(text) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT8H", timedelta(hours=8)),
        ("P1D", timedelta(days=1)),
        ("PT30M", timedelta(minutes=30)),
        ("P1DT12H", timedelta(hours=36)),
        ("P6M", timedelta(days=180)),
        ("P1Y", timedelta(days=365)),
        ("P2W", timedelta(14)),
    ],
)
def test_lengths_of_time_as_roles_write_them(text: str, length: timedelta) -> None:
    """M before T is months, after it minutes."""
    assert iso_duration(text) == length


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "8H", "soon", "PT8", "-PT8H"])
def test_what_is_no_duration_is_not_short(text: str) -> None:
    """No default."""
    with pytest.raises(Unrecognised):
        iso_duration(text)


@pytest.mark.parametrize("text", ["", "15", "00:15", "1:2:3", "a.00:15:00", "15 minutes"])
def test_what_is_no_clock_time_is_not_short(text: str) -> None:
    """No default."""
    with pytest.raises(Unrecognised):
        clock_time(text)


def _review(**said: Any) -> Any:
    base = KNOWN["access_reviews"].sample[0]
    return KNOWN["access_reviews"].reading.__args__[0].read(merged(base, said))


@pytest.mark.parametrize(
    "query",
    [
        "/users?$filter=userType eq 'Guest'",
        "./users/?$filter=(userType+eq+'Guest')",
        "/beta/users?$count=true&$filter=(userType%20eq%20%27guest%27)",
        '/v1.0/users?$filter=userType eq "Guest"',
    ],
)
def test_a_review_of_all_guests_is_known_by_its_query(query: str) -> None:
    """However its blanks and quotes are written."""
    assert is_of_all_guests(_review(scope={"query": query}))


@pytest.mark.parametrize(
    "query",
    [
        "/users",
        "/users/aaaa/manager?$filter=userType eq 'Guest'",
        "/groups/g/members?$filter=userType eq 'Guest'",
        "/users?$filter=userType ne 'Guest'",
        None,
    ],
)
def test_a_review_of_less_is_not_one_of_all_guests(query: str | None) -> None:
    """One group, one person, or the others."""
    assert not is_of_all_guests(_review(scope={"query": query}))


def test_a_series_that_ends_today_still_recurs() -> None:
    """And not tomorrow."""
    review = _review(settings={"recurrence": {"range": {"type": "endDate", "endDate": date(2026, 11, 24).isoformat()}}})
    assert is_recurring(review, AT)
    assert not is_recurring(review, AT + timedelta(days=1))


HIDDEN_GROUPS = {
    "multifactor_is_required_for_every_user": "an excluded group whose members are hidden",
    "multifactor_is_required_for_administrators": "a group whose members are hidden",
    "global_administrators_are_few": "a group whose members are hidden may hold anybody",
    "privileged_roles_are_active_only_when_needed": "hidden members",
    "groups_that_exempt_users_are_protected": "a group that could not be read",
    "no_application_can_make_itself_administrator": "a group with a role that cannot be read",
}


@pytest.mark.parametrize(("name", "label"), HIDDEN_GROUPS.items())
def test_hidden_members_are_one_reason_in_one_wording(name: str, label: str) -> None:
    example = next(each for each in CONTROLS[name].examples if each.label == label)
    found = verdict(CONTROLS[name], example, KNOWN)
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, "not_permitted")
    assert re.search(r"the members of group \S+ are hidden from the scanner", found.because)
    assert found.remedy == hidden("x").remedy
    assert "Member.Read.Hidden" in found.remedy


REVIEWED: dict[str, Any] = {
    "guest_access_is_reviewed_on_schedule": {"users": [{"userType": "Guest"}]},
    "privileged_access_is_reviewed_on_schedule": {},
}


@pytest.mark.parametrize("name", REVIEWED)
@pytest.mark.parametrize("reason", ["not_permitted", "not_supported", "unreachable", "unrecognised"])
@pytest.mark.parametrize("hidden", ["access_reviews", "access_review_instances"])
def test_reviews_that_are_hidden_leave_it_unknown_and_either_way_out_is_named(name: str, reason: str, hidden: str) -> None:
    shown = {**REVIEWED[name], "access_reviews": [{}], hidden: Unreadable(reason)}
    found = verdict(CONTROLS[name], Example(Outcome.UNKNOWN, "", shown), KNOWN)
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, reason)
    assert found.remedy is not None
    assert undecided(Reason(reason), "").remedy in found.remedy
    assert "statement of type access_review" in found.remedy


@pytest.mark.parametrize("name", REVIEWED)
def test_without_the_plan_only_a_persons_record_is_missing(name: str) -> None:
    found = verdict(CONTROLS[name], Example(Outcome.ATTESTATION_DUE, "", {**REVIEWED[name], "access_reviews": Unreadable("not_licensed")}), KNOWN)
    assert found.outcome is Outcome.ATTESTATION_DUE
    assert "not licensed" in found.because
