"""Permissions, licences and throttling: every path has its price."""

import time
from collections.abc import Iterator

import httpx
import pytest

from local.tenant import SimulatedTenant
from local.tenant.answers import Refusal
from local.tenant.graph.permissions import accepted, data
from local.tenant.graph.routes import endpoints
from local.tenant.throttle import LIMITS, Throttle, directory_limit
from tests.tenant.rig import changed, only, values

ALL_ROLES = sorted(data()["roles"])
PATHS = [row for row in endpoints() if "{" not in row["path"]]


def asked(row: dict[str, str]) -> str:
    version = "beta" if row.get("beta") == "only" else "v1.0"
    filters = {"filter": "?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole'", "filter_any": "?$filter=groupId eq 'x'"}
    return f"/{version}{row['path']}{next((text for word, text in filters.items() if word in row), '')}"


@pytest.mark.parametrize("row", PATHS, ids=lambda row: row["path"])
def test_a_path_opens_to_its_permissions_alone(tenant: SimulatedTenant, row: dict[str, str]) -> None:
    headers = {"ocp-client-name": "test", "ocp-client-version": "1"}
    wanted = accepted(row)
    others = [role for role in ALL_ROLES if role not in wanted]
    refused = only(tenant, others).get(asked(row), headers=headers)
    assert refused.status_code == 403, refused.text
    assert refused.json()["error"]["code"] in {
        "Authorization_RequestDenied", "Forbidden", "AccessDenied", "accessDenied", "Authentication_MSGraphPermissionMissing",
    }  # fmt: skip
    if wanted:
        needed = [wanted[0], *row.get("both", ())]
        assert only(tenant, needed).get(asked(row), headers=headers).status_code == 200


def test_a_property_with_its_own_permission_stops_the_request_or_stays_away(tenant: SimulatedTenant) -> None:
    reader = only(tenant, ["User.Read.All"])
    assert reader.get("/v1.0/users?$select=id,signInActivity").status_code == 403
    rows = values(reader.get("/v1.0/users?$select=id,employeeLeaveDateTime"))
    assert all("employeeLeaveDateTime" not in row for row in rows)
    trusted = only(tenant, ["User.Read.All", "User-LifeCycleInfo.Read.All"])
    assert all("employeeLeaveDateTime" in row for row in values(trusted.get("/v1.0/users?$select=id,employeeLeaveDateTime")))


@pytest.fixture(scope="module")
def poor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedTenant]:
    """A tenant that has Exchange and nothing else."""
    spec = changed(
        people={"sku": {"SPE_E5": 0.0, "EXCHANGESTANDARD": 1.0}},
        skus={"SPE_E5": None, "EXCHANGESTANDARD": 30, "SPE_F1": {"seats": 5, "status": "Suspended"}},
    )
    with SimulatedTenant(spec, tmp_path_factory.mktemp("poor")) as found:
        found.ends.throttle.enabled = False
        yield found


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1.0/users?$select=id,signInActivity", 403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant"),
        ("/v1.0/reports/authenticationMethods/userRegistrationDetails", 403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant"),
        ("/v1.0/auditLogs/signIns", 403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant"),
        ("/v1.0/roleManagement/directory/roleEligibilityScheduleInstances", 400, "AadPremiumLicenseRequired"),
        ("/v1.0/identityGovernance/accessReviews/definitions", 403, "NoLicense"),
        ("/v1.0/identityProtection/riskyUsers", 403, "Forbidden"),
        ("/v1.0/deviceManagement/managedDevices", 400, "BadRequest"),
        ("/v1.0/security/attackSimulation/simulations", 403, "Forbidden"),
    ],
)
def test_without_the_plan_the_service_says_so_in_its_own_way(poor: SimulatedTenant, path: str, status: int, code: str) -> None:
    answer = only(poor, ALL_ROLES).get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_without_the_plan_some_lists_are_just_empty(poor: SimulatedTenant) -> None:
    reader = only(poor, ALL_ROLES)
    assert values(reader.get("/v1.0/identity/conditionalAccess/policies")) == []
    assert values(reader.get("/v1.0/security/dataSecurityAndGovernance/sensitivityLabels")) == []
    assert len(values(reader.get("/v1.0/users?$select=id,accountEnabled"))) == 29


def test_classes_refuse_what_is_too_fast_and_recover() -> None:
    now = 0.0
    throttle = Throttle(400, pace=0.05, clock=lambda: now)
    for _ in range(6):
        throttle.take("RPT")
    with pytest.raises(Refusal) as refused:
        throttle.take("RPT")
    assert (refused.value.status, int(refused.value.headers["Retry-After"])) == (429, 2)
    now += int(refused.value.headers["Retry-After"]) * 0.05
    throttle.take("RPT")
    throttle.take("CA")
    with pytest.raises(Refusal) as refused:
        throttle.take("CA")
    assert "Retry-After" not in refused.value.headers
    now += 1.1 * 0.05
    throttle.take("CA")


def test_the_directory_counts_units_by_the_size_of_the_tenant() -> None:
    assert [directory_limit(users).units for users in (30, 400, 6000)] == [3500, 5000, 8000]
    assert LIMITS["CA"].header is False


def test_a_client_that_keeps_the_published_rate_is_never_refused(tenant: SimulatedTenant, http: httpx.Client) -> None:
    tenant.ends.throttle.enabled = True
    time.sleep(0.05)
    seen = []
    for _ in range(8):
        seen.append(http.get("/v1.0/identity/conditionalAccess/namedLocations").status_code)
        time.sleep(1.1 * 0.01)
    assert seen == [200] * 8
    burst = [http.get("/v1.0/auditLogs/directoryAudits?$top=1") for _ in range(40)]
    refused = [answer for answer in burst if answer.status_code == 429]
    assert refused
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
