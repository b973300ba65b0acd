"""What the tests of the simulated tenant share: a small tenant as data, and a client that is signed in to a running one."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import Any

import httpx

from local.tenant import SimulatedTenant
from local.tenant.tenant_file import merge

GRAPH = "https://graph.microsoft.com"
SMALL: dict[str, Any] = {
    "tenant": {"initial": "small.onmicrosoft.com", "domain": "small.example", "displayName": "Small"},
    "skus": {"SPE_E5": 30},
    "people": {
        "count": 25,
        "guests": 4,
        "seed": 5,
        "sku": {"SPE_E5": 1.0},
        "defects": {"unregistered": 3, "idle_members": 2},
        "named": {"dana": {"methods": "key"}, "imani": {"idle": None}, "desk": {"kind": "shared", "sku": "none"}},
    },
    "groups": {
        "all": {"displayName": "All", "members": "everyone"},
        "outer": {"members": ["dana"], "nested": ["inner"]},
        "inner": {"members": ["imani", "#5"], "nested": ["outer"]},
        "ward": {"type": "team", "owners": ["dana", "imani"], "members": {"from": 20, "take": 9}},
    },
    "apps": {"Charts": {"publisher": "outside", "app_permissions": {"Microsoft Graph": ["Mail.Read"]}, "owners": ["dana"]}},
    "roles": {"assigned": {"Global Administrator": ["dana"], "Global Reader": ["sp/HIPAA scanner"]}},
    "graph": {
        "conditionalAccess": {
            "policies": {
                "Linux": {
                    "state": "enabled",
                    "conditions": {"users": {"includeUsers": ["All"]}, "platforms": {"includePlatforms": ["linux", "windows"]}},
                    "grantControls": {"operator": "OR", "builtInControls": ["riskRemediation"]},
                }
            }
        }
    },
}


def changed(**patch: Any) -> dict[str, Any]:
    """The small tenant with sections laid over it."""
    found: dict[str, Any] = merge(SMALL, patch)
    return found


OPEN: list[httpx.Client] = []


def trust(tenant: SimulatedTenant) -> ssl.SSLContext:
    """TLS settings that trust the tenant's own authority and nothing else."""
    return ssl.create_default_context(cafile=str(tenant.ca_file))


def client(tenant: SimulatedTenant, resource: str = GRAPH, token: str | None = None) -> httpx.Client:
    """An HTTPS client of the tenant, with a token for `resource`; closed after the test."""
    bearer = token if token is not None else tenant.ends.sign_in.issue(resource, "https://sts.windows.net/x/")[0]
    headers = {"Authorization": f"Bearer {bearer}"}
    OPEN.append(httpx.Client(verify=trust(tenant), base_url=tenant.base_url, headers=headers, timeout=10, trust_env=False))
    return OPEN[-1]


def only(tenant: SimulatedTenant, roles: Sequence[str], resource: str = GRAPH) -> httpx.Client:
    """A client whose token carries exactly these application roles."""
    signer = tenant.ends.sign_in.signer
    claims = signer.read(tenant.ends.sign_in.issue(resource, "https://sts.windows.net/x/")[0])
    return client(tenant, token=signer.sign({**claims, "roles": list(roles)}))


def values(answer: httpx.Response) -> list[dict[str, Any]]:
    """The rows of a good answer."""
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["value"]
    return rows


def walk(http: httpx.Client, path: str, **headers: str) -> list[dict[str, Any]]:
    """All rows of a list, page by page."""
    found: list[dict[str, Any]] = []
    url: str | None = path
    while url is not None:
        answer = http.get(url, headers=headers)
        found += values(answer)
        url = answer.json().get("@odata.nextLink")
    return found
