"""How the facts about conditional access are asked for and put together."""

from typing import Any

from scanners import catalogue
from scanners.facts import conditional_access_policies, per_user_mfa, referenced_group_members
from scanners.looking import stored_form
from scanners.model import Page
from scanners.reading import read_as

KNOWN = catalogue.load()
G, H = "cccccccc-0000-4000-8000-000000000001", "cccccccc-0000-4000-8000-000000000002"
MULTIFACTOR = conditional_access_policies.MULTIFACTOR_FOR_ALL


def read(fact: str, value: Any) -> Any:
    known = KNOWN.facts[fact]
    return read_as(known.reading, known.shape(value) if known.shape else value)


def policies(*said: dict[str, Any]) -> Any:
    rows = []
    for each in said:
        users = {**MULTIFACTOR["conditions"]["users"], **each.get("users", {})}
        rows.append({**MULTIFACTOR, **each.get("policy", {}), "conditions": {**MULTIFACTOR["conditions"], "users": users}})
    return read("conditional_access_policies", rows)


def test_groups_are_asked_for_wherever_they_are_named() -> None:
    readings = {
        "conditional_access_policies": policies({"users": {"excludeGroups": [G]}}, {"users": {"includeGroups": [H, "not a group id"]}}),
        "role_assignments": read("role_assignments", []),
        "pim_active_assignments": (),
        "pim_eligible_assignments": (),
    }
    asks = list(referenced_group_members.fact.asks(readings))
    assert [(ask.about, sorted(ask.query)) for ask in asks] == [
        (group, query) for group in (G, H) for query in (["$select"], ["$select", "$top"], ["$select", "$top"])
    ]
    assert all(ask.tolerates == {403, 404} for ask in asks)


def pages(group: str, members: list[str], **about: Any) -> list[Page]:
    path = f"/v1.0/groups/{group}"
    return [
        Page(group, f"{path}?$select=id", 200, {"id": group, "isAssignableToRole": None, **about}),
        Page(group, f"{path}/transitiveMembers/graph.user?$select=id", 200, {"value": [{"id": each} for each in members]}),
        Page(group, f"{path}/owners?$select=id", 200, {"value": [{"id": "o1"}]}),
    ]


def test_a_group_is_put_together_from_its_pages() -> None:
    gone = [Page(H, f"/v1.0/groups/{H}{rest}", 404, None) for rest in ("", "/transitiveMembers/graph.user", "/owners")]
    first, second = referenced_group_members.read([*pages(G, ["a", "b"], isAssignableToRole=True), *gone]).groups
    assert (first.exists, first.readable, first.member_ids, first.owner_ids, first.is_assignable_to_role) == (True, True, ("a", "b"), ("o1",), True)
    assert (second.exists, second.readable) == (False, True)


def test_a_hidden_membership_is_not_an_empty_one() -> None:
    """Without the permission the service answers with an empty list; with it, with the members."""
    hidden, seen = (referenced_group_members.read(pages(G, members, visibility="HiddenMembership")).groups[0] for members in ([], ["a"]))
    assert not hidden.readable
    assert seen.readable
    refused = referenced_group_members.read([Page(G, f"/v1.0/groups/{G}/transitiveMembers/graph.user", 403, None)]).groups[0]
    assert not refused.readable


def per_user(**changed: Any) -> list[Any]:
    readings = {
        "security_defaults": read("security_defaults", {"isEnabled": False}),
        "subscribed_skus": read("subscribed_skus", KNOWN.facts["subscribed_skus"].sample),
        "authentication_strengths": (),
        "conditional_access_policies": (),
        "users": read("users", [{**KNOWN.facts["users"].sample["value"][0], "id": f"u{n}", "accountEnabled": n != 7} for n in range(45)]),
        **changed,
    }
    return list(per_user_mfa.asks(readings))


def test_single_accounts_are_asked_only_where_it_can_matter() -> None:
    """Twenty to a request, the disabled one left out; nothing where security defaults or a policy already demand multifactor."""
    asks = per_user()
    assert [len(ask.body["requests"]) for ask in asks] == [20, 20, 4]
    assert asks[0].body["requests"][0] == {"id": "u0", "method": "GET", "url": "/users/u0/authentication/requirements"}
    assert "u7" not in {request["id"] for ask in asks for request in ask.body["requests"]}
    assert not per_user(security_defaults=read("security_defaults", {"isEnabled": True}))
    assert not per_user(conditional_access_policies=policies({}))
    assert per_user(conditional_access_policies=policies({"policy": {"state": "enabledForReportingButNotEnforced"}}))
    assert per_user(conditional_access_policies=policies({}), subscribed_skus=())  # without the plan no policy acts


def test_a_batch_is_reduced_to_states_and_put_together() -> None:
    batch = {
        "responses": [
            {"id": "u1", "status": 200, "headers": {"x": "y"}, "body": {"@odata.context": "c", "perUserMfaState": "enforced"}},
            {"id": "u2", "status": 404, "body": {"error": {"code": "gone"}}},
            {"id": "u3", "status": 429, "body": {"error": {"code": "slow"}}},
        ]
    }
    reduced = per_user_mfa.reduce(batch)
    assert reduced["value"][0] == {"id": "u1", "status": 200, "perUserMfaState": "enforced"}
    again = {"value": [{"id": "u4", "status": 200, "perUserMfaState": "disabled"}]}
    first = {"value": [*reduced["value"], {"id": "u4", "status": 429, "perUserMfaState": None}]}
    reading = per_user_mfa.read([Page("", "/beta/$batch", 200, first), Page("", "/beta/$batch", 200, again)])
    safe = per_user_mfa.enforcement(reading)
    user = KNOWN.facts["users"].sample["value"][0]
    known = [read("users", [{**user, "id": each}]).value[0] for each in ("u1", "u2", "u3", "u4")]
    assert [safe(each) for each in known] == [True, False, None, False]
    assert not per_user_mfa.read([]).collected


def test_an_address_in_the_name_of_a_policy_is_not_stored() -> None:
    """Administrators name policies as they like; the rest of the name stays."""
    import json

    page = {"value": [{**MULTIFACTOR, "displayName": "MFA but not for a.quill@alderford-clinic.example"}]}
    stored, rows = stored_form(KNOWN.facts["conditional_access_policies"], json.dumps(page).encode())
    assert rows == 1
    assert json.loads(stored)["value"][0]["displayName"] == "MFA but not for (address)"
