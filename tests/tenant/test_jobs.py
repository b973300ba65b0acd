"""What takes its time: audit log queries and tenant configuration snapshots."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.tenant import SimulatedTenant
from tests.tenant.rig import changed, client, only, values, walk

QUERIES = "/v1.0/security/auditLog/queries"
ROOT = "/v1.0/admin/configurationManagement"
WINDOW = {"displayName": "heartbeat", "filterStartDateTime": "2026-11-22T00:00:00Z", "filterEndDateTime": "2026-11-23T20:00:00Z"}
FIELDS = "$select=id,status,errorDetails,resourceLocation,completedDateTime"
MEMBERS = {"Prefer": "include-unknown-enum-members"}


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedTenant]:
    patch: dict[str, Any] = {
        "snapshot": {"forbidden": ["teams"], "rejected": ["microsoft.exchange.journalrule"]},
        "logs": {"audit": {"FileAccessed": 450}},
    }
    with SimulatedTenant(changed(**patch), tmp_path_factory.mktemp("jobs"), pace=0.004) as found:
        found.ends.throttle.enabled = False
        yield found


def settled(http: httpx.Client, url: str, **headers: str) -> dict[str, Any]:
    seen = []
    for _ in range(200):
        found: dict[str, Any] = http.get(url, headers=headers).json()
        seen.append(found["status"])
        if seen[-1] not in {"notStarted", "running"}:
            assert "running" in seen
            return found
        time.sleep(0.01)
    raise AssertionError(f"the job did not end: {seen[-1]}")


def test_an_audit_query_runs_and_its_records_hold_what_must_not_be_kept(tenant: SimulatedTenant) -> None:
    http = client(tenant)
    made = http.post(QUERIES, json={**WINDOW, "operationFilters": ["FileAccessed", "SharingSet"]})
    assert (made.status_code, made.json()["status"]) == (201, "notStarted")
    url = f"{QUERIES}/{made.json()['id']}"
    assert values(http.get(f"{url}/records")) == []
    settled(http, url)
    counted = walk(http, f"{url}/records?$select=createdDateTime,operation,service&$top=200")
    assert len(counted) == 454
    assert {frozenset(row) for row in counted} == {frozenset({"createdDateTime", "operation", "service"})}
    assert all("2026-11-22T00:00:00Z" <= row["createdDateTime"] <= "2026-11-23T20:00:00Z" for row in counted)
    whole = values(http.get(f"{url}/records?$top=1"))[0]
    assert "SSN" in whole["auditData"]["SourceFileName"]
    assert whole["userPrincipalName"]


def test_an_audit_query_needs_its_permission_and_a_window(tenant: SimulatedTenant) -> None:
    assert only(tenant, ["AuditLog.Read.All"]).post(QUERIES, json=WINDOW).status_code == 403
    http = client(tenant)
    assert http.post(QUERIES, json={"displayName": "x"}).status_code == 400
    assert http.post(QUERIES, json={**WINDOW, "filterEndDateTime": "2026-11-21T00:00:00Z"}).status_code == 400
    assert http.get(f"{QUERIES}/unheard").status_code == 404


def test_a_log_that_is_off_has_no_records(tmp_path_factory: pytest.TempPathFactory) -> None:
    off = changed(exchange={"AdminAuditLogConfig": {"one": {"UnifiedAuditLogIngestionEnabled": False}}})
    with SimulatedTenant(off, tmp_path_factory.mktemp("off"), pace=0.0001) as found, client(found) as http:
        url = f"{QUERIES}/{http.post(QUERIES, json=WINDOW).json()['id']}"
        time.sleep(0.05)
        assert http.get(url).json()["status"] == "succeeded"
        assert values(http.get(f"{url}/records")) == []


def create(http: httpx.Client, name: str, *types: str) -> httpx.Response:
    return http.post(f"{ROOT}/configurationSnapshots/createSnapshot", json={"displayName": name, "description": "x", "resources": list(types)})


def test_a_snapshot_is_made_polled_read_and_deleted(tenant: SimulatedTenant) -> None:
    http = client(tenant)
    made = create(http, "HIPAA exo 1", "microsoft.exchange.OrganizationConfig", "microsoft.securityandcompliance.protectionalert")
    assert (made.status_code, made.json()["status"], made.json()["completedDateTime"]) == (200, "notStarted", "0001-01-01T00:00:00Z")
    url = f"{ROOT}/configurationSnapshotJobs/{made.json()['id']}"
    assert "resourceLocation" not in http.get(url).json()
    job = settled(http, f"{url}?{FIELDS}", **MEMBERS)
    assert (job["status"], job["errorDetails"]) == ("succeeded", [])
    resources = http.get(job["resourceLocation"]).json()["resources"]
    organisation = next(row for row in resources if row["resourceType"] == "microsoft.exchange.organizationconfig")
    assert organisation["properties"]["AuditDisabled"] is False
    assert organisation["properties"]["Ensure"] == "Present"
    assert not {"RejectDirectSend", "DefaultAuthenticationPolicy"} & set(organisation["properties"])
    assert len(resources) == 14
    assert http.delete(url).status_code == 204
    assert http.get(url).status_code == 404


def test_a_type_that_may_not_be_read_makes_the_job_partial(tenant: SimulatedTenant) -> None:
    http = client(tenant)
    made = create(http, "HIPAA teams 1", "microsoft.teams.meetingpolicy", "microsoft.exchange.remotedomain").json()
    url = f"{ROOT}/configurationSnapshotJobs/{made['id']}?{FIELDS}"
    assert settled(http, url, **MEMBERS)["status"] == "partiallySuccessful"
    job = http.get(url).json()
    assert job["status"] == "unknownFutureValue"
    assert job["errorDetails"][0].startswith("microsoft.teams.meetingpolicy: ")
    assert '"code":"Forbidden"' in job["errorDetails"][0]


def test_a_snapshot_keeps_the_services_limits(tenant: SimulatedTenant) -> None:
    http = client(tenant)
    for kind in ("microsoft.exchange.journalrule", "microsoft.securityandcompliance.dlpcompliancerule"):
        refused = create(http, "HIPAA rejected", kind, "microsoft.exchange.remotedomain")
        assert (refused.status_code, f"ResourceType '{kind}' is not supported" in refused.json()["error"]["message"]) == (400, True)
    assert create(http, "no_underscores", "microsoft.exchange.remotedomain").status_code == 400
    assert create(http, "HIPAA twice", "microsoft.exchange.remotedomain").status_code == 200
    assert create(http, "HIPAA twice", "microsoft.exchange.remotedomain").status_code == 409
    assert only(tenant, ["ConfigurationMonitoring.Read.All"]).post(f"{ROOT}/configurationSnapshots/createSnapshot", json={}).status_code == 403
    made = [create(http, f"HIPAA more {number:02d}", "microsoft.exchange.remotedomain").status_code for number in range(14)]
    assert made[-1] == 403
    visible = values(http.get(f"{ROOT}/configurationSnapshotJobs?$select=id,displayName,status&$top=12"))
    assert len(visible) == 12


def test_the_monthly_quota_ends_a_job_as_failed(tmp_path_factory: pytest.TempPathFactory) -> None:
    with SimulatedTenant(changed(snapshot={"used": 19_999}), tmp_path_factory.mktemp("quota"), pace=0.0001) as found, client(found) as http:
        made = create(http, "HIPAA quota", "microsoft.teams.meetingpolicy").json()
        time.sleep(0.05)
        assert http.get(f"{ROOT}/configurationSnapshotJobs/{made['id']}?{FIELDS}").json()["status"] == "failed"
