"""Each fault on demand, seen from a client."""

import httpx
import pytest

from local.tenant import Fault, SimulatedTenant

LIST = "/v1.0/users?$select=id,accountEnabled,userType&$top=5"


def test_statuses_come_as_often_as_told(tenant: SimulatedTenant, http: httpx.Client) -> None:
    tenant.faults.add(Fault("/users", "status", times=2, status=503, headers={"Retry-After": "7"}))
    answers = [http.get(LIST) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["retry-after"] == "7"


def test_a_fault_can_wait_and_can_stay(tenant: SimulatedTenant, http: httpx.Client) -> None:
    tenant.faults.add(Fault("/users", "status", times=None, after=1, status=500, body={"error": {"code": "generalException", "message": "x"}}))
    answers = [http.get(LIST) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 500, 500]
    assert answers[2].json()["error"]["code"] == "generalException"
    tenant.faults.clear()
    assert http.get(LIST).status_code == 200


def test_a_connection_is_reset(tenant: SimulatedTenant, http: httpx.Client) -> None:
    tenant.faults.add(Fault("/users", "reset"))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        http.get(LIST)
    assert http.get(LIST).status_code == 200


@pytest.mark.parametrize("kind", ["stall", "slow"])
def test_an_answer_takes_too_long(tenant: SimulatedTenant, http: httpx.Client, kind: str) -> None:
    tenant.faults.add(Fault("/users", kind, seconds=6))
    with pytest.raises(httpx.ReadTimeout):
        http.get(LIST, timeout=0.4)


def test_a_body_is_cut_short(tenant: SimulatedTenant, http: httpx.Client) -> None:
    tenant.faults.add(Fault("/users", "truncated"))
    with pytest.raises(httpx.RemoteProtocolError):
        http.get(LIST)


def test_a_page_for_people_or_broken_json_comes_in_place_of_data(tenant: SimulatedTenant, http: httpx.Client) -> None:
    tenant.faults.add(Fault("/users", "html"), Fault("/groups", "invalid_json"), Fault("/domains", "not_an_object"), Fault("/devices", "empty"))
    page = http.get(LIST)
    assert (page.status_code, page.headers["content-type"].split(";")[0]) == (200, "text/html")
    with pytest.raises(ValueError, match="Expecting"):
        http.get("/v1.0/groups").json()
    assert http.get("/v1.0/domains").json() == [1, 2, 3]
    assert http.get("/v1.0/devices").json()["value"] == []


def test_links_can_lead_in_a_circle_or_away(tenant: SimulatedTenant, http: httpx.Client) -> None:
    tenant.faults.add(Fault("/users", "next_loop"), Fault("/groups", "next_other_host"))
    assert httpx.URL(http.get(LIST).json()["@odata.nextLink"]) == httpx.URL(f"{tenant.base_url}{LIST}")
    assert "attacker.example" in http.get("/v1.0/groups").json()["@odata.nextLink"]


def test_a_page_can_come_twice_and_a_token_can_expire(tenant: SimulatedTenant, http: httpx.Client) -> None:
    tenant.faults.add(Fault("/users", "duplicate_page", times=2), Fault("skiptoken", "expired_token"))
    first = http.get(LIST).json()
    assert http.get(first["@odata.nextLink"]).json()["value"] == first["value"]
    expired = http.get(first["@odata.nextLink"])
    assert (expired.status_code, expired.json()["error"]["code"]) == (400, "Directory_ExpiredPageToken")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("missing", "absent"), ("null", None), ("wrong_type", {"unexpected": True}), ("unknown_enum", "valueOfNextYear"), ("set", "Robot")],
)
def test_a_value_can_be_anything(tenant: SimulatedTenant, http: httpx.Client, kind: str, expected: object) -> None:
    tenant.faults.add(Fault("/users", kind, where="value[1].userType", value="Robot"))
    rows = http.get(LIST).json()["value"]
    assert rows[1].get("userType", "absent") == expected
    assert rows[0]["userType"] == "Member"


def test_faults_reach_inside_a_batch(tenant: SimulatedTenant, http: httpx.Client) -> None:
    tenant.faults.add(Fault("/v1.0/domains", "status", status=429, headers={"Retry-After": "3"}))
    requests = [{"id": name, "method": "GET", "url": f"/{name}"} for name in ("domains", "organization")]
    found = {row["id"]: row for row in http.post("/v1.0/$batch", json={"requests": requests}).json()["responses"]}
    assert (found["domains"]["status"], found["domains"]["headers"]["Retry-After"]) == (429, "3")
    assert found["organization"]["status"] == 200


def test_a_misspelt_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="not a fault"):
        Fault("/users", "explode")
