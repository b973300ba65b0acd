"""What the facts of the access and privilege rules keep of an answer, and what they make of it."""

import json
from typing import Any

import pytest

from scanners import catalogue, looking
from scanners.errors import NotPermitted, Undecided, Unrecognised
from scanners.facts import (
    pim_group_assignments,
    privileged_user_methods,
    sign_in_summary,
    user_leave_dates,
    users,
)
from scanners.judging import read_pages
from scanners.model import Page
from scanners.statements import faults

KNOWN = catalogue.load().facts
A, B = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
PERSON = {"userDisplayName": "Jo Marsh", "userPrincipalName": "jo@riverbend.example", "ipAddress": "203.0.113.4", "location": {"city": "Ashford"}}


def stored(fact: str, body: Any) -> Any:
    """The page as it would be kept, after the refusals that guard the evidence."""
    kept, _ = looking.stored_form(KNOWN[fact], json.dumps(body).encode())
    return json.loads(kept)


def sign_in(user: str, client: str = "IMAP4") -> dict[str, Any]:
    return {**PERSON, "id": f"{user}-{client}", "userId": user, "appId": "app", "clientAppUsed": client}


def test_sign_ins_are_added_up_and_nothing_of_a_person_is_kept() -> None:
    """Three rows of two people become two counts."""
    page = stored("sign_in_summary", {"@odata.nextLink": "https://x/next", "value": [sign_in(A), sign_in(A), sign_in(B)]})
    assert page["value"] == [
        {"userId": A, "appId": "app", "client": "IMAP4", "count": 2},
        {"userId": B, "appId": "app", "client": "IMAP4", "count": 1},
    ]
    assert "Marsh" not in json.dumps(page)


def test_sign_ins_of_several_pages_and_requests_are_told_apart() -> None:
    """Only the last page that was read may say that something was left unread; a beta interface that is not there is null, not zero."""
    more = {"@odata.nextLink": "x", "value": [{"userId": A, "appId": "a", "client": "POP3", "count": 2}]}
    last: dict[str, Any] = {"value": []}
    pages = [
        Page(sign_in_summary.LEGACY, "/v1.0/auditLogs/signIns", 200, more),
        Page(sign_in_summary.LEGACY, "/v1.0/auditLogs/signIns", 200, last),
        Page(sign_in_summary.SINGLE_FACTOR, "/beta/auditLogs/signIns", 404, None),
        Page(sign_in_summary.HEARTBEAT, "/v1.0/auditLogs/signIns", 200, more),
    ]
    summary = sign_in_summary.read(pages)
    assert (summary.heartbeat, summary.single_factor, summary.legacy.truncated) == (True, None, False)
    assert sum(row.count for row in summary.legacy.rows) == 2
    assert sign_in_summary.read([pages[0], *pages[2:]]).legacy.truncated


def test_leave_dates_of_disabled_accounts_are_only_counted() -> None:
    """Who left in order is nobody's business."""
    date = "2026-11-01T00:00:00Z"
    rows = [
        {"id": A, "accountEnabled": False, "employeeLeaveDateTime": date},
        {"id": B, "accountEnabled": True, "employeeLeaveDateTime": date},
        {"id": "c", "accountEnabled": True, "employeeLeaveDateTime": None},
    ]
    page = stored("user_leave_dates", {"value": rows})
    assert page == {
        "accounts": 3,
        "withProperty": 3,
        "withDate": 2,
        "enabled": [{"id": B, "accountEnabled": True, "employeeLeaveDateTime": date}],
    }
    read = user_leave_dates.read([Page("", "/v1.0/users", 200, page), Page("", "/v1.0/users", 200, page)])
    assert (read.accounts, read.with_date, [leaver.id for leaver in read.enabled]) == (6, 4, [B, B])


def test_leave_dates_without_the_permission_are_not_empty_dates() -> None:
    """The service leaves the property out of every row instead of refusing."""
    page = stored("user_leave_dates", {"value": [{"id": A, "accountEnabled": True}]})
    with pytest.raises(NotPermitted, match="no leave dates") as refused:
        user_leave_dates.read([Page("", "/v1.0/users", 200, page)])
    assert "User-LifeCycleInfo.Read.All" in refused.value.remedy


def test_addresses_of_people_who_are_told_become_a_number() -> None:
    """And a list that is missing stays a fault."""
    rules = [
        {"id": "Notification_Admin_EndUser_Assignment", "isDefaultRecipientsEnabled": True, "notificationRecipients": ["soc@riverbend.example"]},
        {"id": "Notification_Admin_Admin_Assignment", "isDefaultRecipientsEnabled": True},
    ]
    page = stored("pim_role_settings", {"value": [{"roleDefinitionId": "r", "policyId": "p", "policy": {"displayName": "x", "rules": rules}}]})
    kept = page["value"][0]["policy"]["rules"]
    assert kept[0] == {"id": rules[0]["id"], "isDefaultRecipientsEnabled": True, "notificationRecipientCount": 1}
    assert "notificationRecipientCount" not in kept[1]


def test_of_a_group_neither_name_nor_rule_is_kept() -> None:
    """Names and rules may tell of patients, cases and departments."""
    sample = {
        **KNOWN["groups"].sample[0],
        "membershipRule": '(user.department -eq "Oncology")',
        "assignedLabels": [{"labelId": "l", "displayName": "Secret"}],
    }
    del sample["hasMembershipRule"]
    page = stored("groups", {"value": [sample]})
    assert page["value"][0]["hasMembershipRule"] is True
    assert page["value"][0]["assignedLabels"] == [{"labelId": "l"}]
    assert "Oncology" not in json.dumps(page)
    read = read_pages(KNOWN["groups"], [Page("", "/v1.0/groups", 200, page)])
    assert not list(faults(read))


def test_owners_are_kept_by_id() -> None:
    """Whatever the service adds to an expanded owner is dropped."""
    owner = {"@odata.type": "#microsoft.graph.user", "id": A, "displayName": "Jo Marsh", "mail": "jo@riverbend.example"}
    page = stored("group_owners", {"value": [{"id": "g", "owners": [owner], "owners@odata.nextLink": "https://x"}]})
    assert page["value"] == [{"id": "g", "owners": [{"@odata.type": "#microsoft.graph.user", "id": A}]}]


def test_methods_are_kept_by_kind() -> None:
    """A telephone number never reaches the store; a refusal is a row, an account that is gone is none."""
    phone = {"@odata.type": "#microsoft.graph.phoneAuthenticationMethod", "id": "m", "phoneNumber": "+1 555 0100", "createdDateTime": None}
    page = stored("privileged_user_methods", {"value": [phone]})
    assert page["value"] == [{"@odata.type": phone["@odata.type"], "createdDateTime": None}]
    rows = privileged_user_methods.read([Page(A, "p", 200, page), Page(B, "p", 403, None), Page("c", "p", 404, None)])
    assert [(row.id, row.readable, [m.type for m in row.methods]) for row in rows] == [(A, True, [phone["@odata.type"]]), (B, False, [])]


def test_only_accounts_of_the_register_are_asked_about() -> None:
    """Without a register nobody's methods are looked at."""
    register = KNOWN["statement_emergency_accounts"]
    statement = register.reading.read(register.sample)
    assert callable(privileged_user_methods.fact.asks)
    asked = [ask.about for ask in privileged_user_methods.fact.asks({"statement_emergency_accounts": statement})]
    assert asked == ["aaaaaaaa-0000-4000-8000-0000000000e1", "aaaaaaaa-0000-4000-8000-0000000000e2"]
    assert not list(privileged_user_methods.fact.asks({"statement_emergency_accounts": None}))


def test_only_groups_that_hold_roles_are_asked_about() -> None:
    """Each group once for who may join and once for who belongs, however many roles it holds."""
    group = {"@odata.type": "#microsoft.graph.group", "id": "g1"}
    fact = KNOWN["role_assignments"]
    rows = [
        {**fact.sample[0], "principalId": who, "principal": kind}
        for who, kind in (("g1", group), ("g1", group), (A, fact.sample[0]["principal"]), ("gone", None))
    ]
    readings = {
        "role_assignments": tuple(fact.reading.__args__[0].read(row) for row in rows),
        "pim_active_assignments": (),
        "pim_eligible_assignments": (),
    }
    assert callable(pim_group_assignments.fact.asks)
    assert [(ask.about, ask.query["$filter"]) for ask in pim_group_assignments.fact.asks(readings)] == [("g1", "groupId eq 'g1'")] * 2


def _users(*activity: Any, path: str = "/v1.0/users?$select=id,signInActivity") -> Any:
    sample = {k: v for k, v in users.SAMPLE["value"][0].items() if k != "signInActivity"}
    rows = [sample if each is ... else {**sample, "signInActivity": each} for each in activity]
    return users.read([Page("", path, 200, {"value": rows})])


def test_never_signed_in_is_believed_where_others_did() -> None:
    """The service leaves activity out of accounts that were never used; where it is out of all, nothing is known."""
    seen = _users({"lastSuccessfulSignInDateTime": "2026-11-23T00:00:00Z"}, ..., {"lastSignInDateTime": "2026-11-23T00:00:00Z"})
    assert seen.value[1].sign_in_activity is None
    assert seen.value[2].sign_in_activity.last_successful_sign_in_date_time is None
    with pytest.raises(Unrecognised):
        _ = _users(..., ...).value[0].sign_in_activity


def test_activity_that_was_not_asked_for_is_not_disuse() -> None:
    """Without the plan the request does without it, and says so."""
    seen = _users(..., path="/v1.0/users?$select=id")
    assert not seen.sign_in_activity_read
    with pytest.raises(Undecided):
        _ = seen.value[0].sign_in_activity
