"""Graph as it behaves: what comes without being selected, what is refused, how lists go on."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from local.tenant import SimulatedTenant
from tests.tenant.rig import client, trust, values, walk

PERSONAL = {"displayName", "givenName", "surname", "mail", "mobilePhone", "businessPhones", "jobTitle", "userPrincipalName"}


def error(answer: httpx.Response) -> tuple[int, str, str]:
    said = answer.json()["error"]
    assert {"date", "request-id", "client-request-id"} <= set(said["innerError"])
    return answer.status_code, said["code"], said["message"]


def test_a_user_shows_only_its_default_properties_unless_others_are_selected(http: httpx.Client) -> None:
    plain = values(http.get("/v1.0/users?$top=1"))[0]
    assert set(plain) >= PERSONAL | {"id"}
    assert "accountEnabled" not in plain
    chosen = values(http.get("/v1.0/users?$select=id,accountEnabled,passwordPolicies&$top=1"))[0]
    assert set(chosen) == {"id", "accountEnabled", "passwordPolicies"}


def test_sign_in_activity_is_absent_for_those_who_never_came_and_its_pages_are_smaller(tenant: SimulatedTenant, http: httpx.Client) -> None:
    rows = {row["id"]: row for row in walk(http, "/v1.0/users?$select=id,signInActivity")}
    assert "signInActivity" not in rows[tenant.world.people.user_id("imani")]
    assert rows[tenant.world.people.user_id("dana")]["signInActivity"]["lastSuccessfulSignInDateTime"]


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("/v1.0/users?$select=acountEnabled", "BadRequest", "Could not find a property named 'acountEnabled' on type 'microsoft.graph.user'"),
        ("/v1.0/users?$filter=colour eq 'red'", "BadRequest", "Could not find a property named 'colour'"),
        ("/v1.0/users?$filter=userType eq", "BadRequest", "Invalid filter clause"),
        ("/v1.0/users?$expand=manager", "BadRequest", "Parsing OData Select and Expand failed"),
        ("/v1.0/users?$top=1000", "Request_BadRequest", "between 1 and 999"),
        ("/v1.0/users?$colour=red", "BadRequest", "'$colour' is not supported"),
        ("/v1.0/unheardOf", "BadRequest", "Resource not found for the segment 'unheardOf'"),
        ("/v1.0/identity/conditionalAccess/polices", "BadRequest", "Resource not found for the segment 'polices'"),
        ("/v1.0/users/x/authentication/requirements", "BadRequest", "Resource not found for the segment"),
        ("/v1.0/users?$filter=userType ne 'Guest'", "Request_UnsupportedQuery", "Unsupported or invalid query filter clause"),
        ("/v1.0/users/$count", "Request_BadRequest", "$count is not currently supported"),
        ("/v1.0/policies/roleManagementPolicyAssignments", "MissingProvider", "filter"),
        ("/v1.0/informationProtection/bitlocker/recoveryKeys", "badRequest", "ocp-client-name"),
    ],
)
def test_a_wrong_question_is_refused_as_graph_refuses_it(http: httpx.Client, path: str, code: str, words: str) -> None:
    status, said, message = error(http.get(path))
    assert (status, said) == (400, code)
    assert words in message


def test_what_is_not_there_is_404(http: httpx.Client) -> None:
    status, code, message = error(http.get("/v1.0/groups/99999999-0000-4000-8000-000000000000/owners"))
    assert (status, code) == (404, "Request_ResourceNotFound")
    assert "99999999" in message
    assert http.get("/v1.0/users/99999999-0000-4000-8000-000000000000").status_code == 404


def test_a_list_goes_on_until_every_row_came_once(tenant: SimulatedTenant, http: httpx.Client) -> None:
    rows = walk(http, "/v1.0/users?$select=id,userType&$top=7")
    assert len(rows) == len({row["id"] for row in rows}) == len(tenant.world.people) == 29
    assert sum(row["userType"] == "Guest" for row in rows) == 4
    link = http.get("/v1.0/users?$select=id,userType&$top=7").json()["@odata.nextLink"]
    assert link.startswith(f"{tenant.base_url}/v1.0/users?$select=id,userType&$top=7&$skiptoken=")


def test_a_skip_token_belongs_to_its_query_and_ends(tenant: SimulatedTenant, http: httpx.Client) -> None:
    link = http.get("/v1.0/users?$select=id&$top=7").json()["@odata.nextLink"]
    assert error(http.get(link.replace("$top=7", "$top=8")))[0] == 400
    assert error(http.get(link[:-4] + "AAAA"))[0] == 400
    assert http.get(link).status_code == 200
    tenant.ends.pager.expire()
    assert error(http.get(link))[:2] == (400, "Directory_ExpiredPageToken")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("userType eq 'guest'", 4),
        ("userType eq 'Guest' and accountEnabled eq true", 4),
        ("userType eq 'Guest' or userPrincipalName eq 'dana@small.example'", 5),
        ("(userType eq 'Guest' or userType eq 'Member') and startswith(userPrincipalName,'dana')", 1),
        ("userPrincipalName in ('dana@small.example','imani@small.example')", 2),
        ("createdDateTime ge 2100-01-01T00:00:00Z", 0),
        ("createdDateTime le 2100-01-01", 29),
        ("onPremisesSyncEnabled eq null", 29),
        ("assignedLicenses/any(x:x/skuId eq 06ebc4ee-1bb5-47dd-8120-11324bc54e06)", 24),
        ("not (userType eq 'Guest')", 25),
        ("endswith(mail,'@small.example')", 25),
        ("assignedLicenses/$count eq 0 and userType ne 'Guest'", 1),
    ],
)
def test_filters_choose_what_they_say(http: httpx.Client, text: str, count: int) -> None:
    assert len(walk(http, f"/v1.0/users?$select=id&$top=999&$filter={text}", ConsistencyLevel="eventual")) == count


def test_counts_need_eventual_consistency(http: httpx.Client) -> None:
    eventual = {"ConsistencyLevel": "eventual"}
    assert "@odata.count" not in http.get("/v1.0/users?$count=true&$top=1").json()
    assert http.get("/v1.0/users?$count=true&$top=1", headers=eventual).json()["@odata.count"] == 29
    answer = http.get("/v1.0/users/$count?$filter=userType eq 'Guest'", headers=eventual)
    assert (answer.headers["content-type"], json.loads(answer.content)) == ("text/plain", 4)


def group(tenant: SimulatedTenant, name: str) -> str:
    return tenant.world.groups.id_of(name)


def test_nested_members_are_found_once_even_in_a_circle(tenant: SimulatedTenant, http: httpx.Client) -> None:
    people = tenant.world.people
    wanted = {people.user_id("dana"), people.user_id("imani"), people.id_of(5)}
    for cast in ("microsoft.graph.user", "graph.user"):
        assert {row["id"] for row in walk(http, f"/v1.0/groups/{group(tenant, 'outer')}/transitiveMembers/{cast}?$select=id&$top=2")} == wanted
    direct = values(http.get(f"/v1.0/groups/{group(tenant, 'outer')}/members?$select=id"))
    assert {row["@odata.type"] for row in direct} == {"#microsoft.graph.user", "#microsoft.graph.group"}
    guests = http.get(
        f"/v1.0/groups/{group(tenant, 'ward')}/members/microsoft.graph.user/$count?$filter=userType eq 'Guest'",
        headers={"ConsistencyLevel": "eventual"},
    )
    assert json.loads(guests.content) >= 1


def test_navigation_comes_only_expanded(tenant: SimulatedTenant, http: httpx.Client) -> None:
    plain = values(http.get("/v1.0/roleManagement/directory/roleAssignments"))
    assert "principal" not in plain[0]
    rows = values(http.get("/v1.0/roleManagement/directory/roleAssignments?$expand=principal($select=id)"))
    assert {row["principal"]["@odata.type"].rsplit(".", 1)[-1] for row in rows} == {"user", "servicePrincipal"}
    assert set(rows[0]["principal"]) == {"@odata.type", "id"}
    owners = {row["id"]: row["owners"] for row in values(http.get("/v1.0/groups?$select=id&$expand=owners($select=id)"))}
    assert [owner["id"] for owner in owners[group(tenant, "ward")]] == [tenant.world.people.user_id(name) for name in ("dana", "imani")]
    rules = values(
        http.get(
            "/v1.0/policies/roleManagementPolicyAssignments?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole'&$expand=policy($expand=rules)"
        )
    )
    assert {rule["id"] for rule in rules[0]["policy"]["rules"]} >= {"Approval_EndUser_Assignment", "Expiration_EndUser_Assignment"}
    assert len(rules[0]["policy"]["rules"]) == 17


def test_objects_are_found_by_application_id_too(tenant: SimulatedTenant, http: httpx.Client) -> None:
    found = http.get("/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')?$select=id,displayName").json()
    assert found["displayName"] == "Microsoft Graph"
    granted = values(http.get(f"/v1.0/servicePrincipals/{found['id']}/appRoleAssignedTo?$top=999"))
    assert {(row["principalDisplayName"], row["appRoleId"]) for row in granted} >= {("Charts", "810c84a8-4a9e-49e6-bf7d-12d183f40d01")}
    charts = tenant.world.apps.app_id("Charts")
    assert values(http.get(f"/v1.0/servicePrincipals(appId='{charts}')/owners?$select=id")) == [
        {"@odata.type": "#microsoft.graph.user", "id": tenant.world.people.user_id("dana")}
    ]


def test_new_enum_members_are_shown_to_those_who_ask_for_them(http: httpx.Client) -> None:
    old = values(http.get("/v1.0/identity/conditionalAccess/policies"))[0]
    assert old["grantControls"]["builtInControls"] == ["unknownFutureValue"]
    assert old["conditions"]["platforms"]["includePlatforms"] == ["unknownFutureValue", "windows"]
    answer = http.get("/v1.0/identity/conditionalAccess/policies", headers={"Prefer": "include-unknown-enum-members"})
    new = values(answer)[0]
    assert answer.headers["preference-applied"] == "include-unknown-enum-members"
    assert new["grantControls"]["builtInControls"] == ["riskRemediation"]
    assert new["conditions"]["platforms"]["includePlatforms"] == ["linux", "windows"]
    assert new["conditions"]["insiderRiskLevels"] is None
    assert new["conditions"]["users"]["excludeGroups"] == []
    assert new["grantControls"]["authenticationStrength"] is None


def test_beta_has_what_v1_has_not(tenant: SimulatedTenant, http: httpx.Client) -> None:
    dana = tenant.world.people.user_id("dana")
    assert http.get(f"/beta/users/{dana}/authentication/requirements").json()["perUserMfaState"] == "disabled"
    assert isinstance(http.get("/beta/policies/authorizationPolicy").json()["value"], list)
    assert http.get("/v1.0/policies/authorizationPolicy").json()["allowInvitesFrom"] == "everyone"
    assert http.get("/v1.0/auditLogs/signIns?$select=authenticationRequirement").status_code == 400
    assert http.get("/beta/auditLogs/signIns?$select=authenticationRequirement&$top=1").status_code == 200


def test_a_batch_answers_each_request_for_itself(tenant: SimulatedTenant, http: httpx.Client) -> None:
    people = tenant.world.people
    requests: list[dict[str, Any]] = [{"id": str(at), "method": "GET", "url": f"/users/{people.id_of(at)}?$select=id"} for at in range(18)]
    requests.append({"id": "gone", "method": "GET", "url": "/users/99999999-0000-4000-8000-000000000000"})
    requests.append({"id": "count", "method": "GET", "url": "/users/$count", "headers": {"ConsistencyLevel": "eventual"}})
    answer = http.post("/v1.0/$batch", json={"requests": requests})
    found = {row["id"]: row for row in answer.json()["responses"]}
    assert [row["id"] for row in answer.json()["responses"]] != [row["id"] for row in requests]
    assert {at: found[at]["body"]["id"] for at in map(str, range(18))} == {str(at): people.id_of(at) for at in range(18)}
    assert (found["gone"]["status"], found["count"]["body"]) == (404, 29)
    assert http.post("/v1.0/$batch", json={"requests": [*requests, {"id": "x", "method": "GET", "url": "/users"}]}).status_code == 400
    assert http.post("/v1.0/$batch", json={"requests": [requests[0], requests[0]]}).status_code == 400
    assert sum(seen.in_batch for seen in tenant.requests) == 20


def test_the_graph_sdk_reads_a_list(tenant: SimulatedTenant) -> None:
    """The SDK's own adapter, with a token that is already there."""
    from kiota_abstractions.authentication import AnonymousAuthenticationProvider
    from kiota_http.httpx_request_adapter import HttpxRequestAdapter
    from msgraph import GraphServiceClient
    from msgraph.generated.users.users_request_builder import UsersRequestBuilder

    async def story() -> int:
        token = client(tenant).headers["Authorization"]
        async with httpx.AsyncClient(verify=trust(tenant), headers={"Authorization": token}) as http:
            adapter = HttpxRequestAdapter(AnonymousAuthenticationProvider(), http_client=http)
            adapter.base_url = f"{tenant.base_url}/v1.0"
            graph = GraphServiceClient(request_adapter=adapter)
            query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(select=["id", "userType"], top=10)
            page = await graph.users.get(UsersRequestBuilder.UsersRequestBuilderGetRequestConfiguration(query_parameters=query))
            rows = 0
            while page is not None:
                rows += len(page.value or [])
                page = await graph.users.with_url(page.odata_next_link).get() if page.odata_next_link else None
            return rows

    assert asyncio.run(story()) == 29
