"""Teams administration: the configuration service that Microsoft's Teams module reads. Every named instance comes in one list."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from local.tenant.answers import Answer, Refusal
from local.tenant.graph.service import Call, claims
from local.tenant.jwt import Signer
from local.tenant.rows import Row
from local.tenant.world import World

AUDIENCES = {"48ac35b8-9aa8-4d74-927d-1f4a14a0b239"}
READERS = {
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451", "62e90394-69f5-4237-9190-012177145e10", "69091246-20e8-4a56-aa4d-066075b2a7a8",
    "1076ac91-f3d9-41a7-a339-dcdf5f480acc",
}  # fmt: skip
CONFIGURATIONS, DISCOVERY = "/skype.policy/configurations/", "/teams.tenant/tenants"


def instances(world: World, kind: str) -> list[Row]:
    """All instances of a configuration type: Global, the tenant's own, Microsoft's presets."""
    spec = world.workload("teams")[kind]
    own = (world.spec.get("teams") or {}).get(kind, {}).get("rows", {})
    rows = [_row(name, {**spec["base"], **row}, "Tenant" if name in own else "Host") for name, row in spec["rows"].items() if row is not None]
    return [*rows, *(_row(f"Tag:{name}", {**spec["base"], **row}, "Host") for name, row in spec.get("presets", {}).items())]


def _row(identity: str, values: Mapping[str, Any], authority: str) -> Row:
    scope = "Global" if identity == "Global" else "Tag"
    return {
        "Identity": identity if identity == "Global" or identity.startswith("Tag:") else f"Tag:{identity}",
        "Description": "set up with the practice manager",
        "ConfigMetadata": {"Authority": authority, "SchemaVersion": ""}, "Key": {"ScopeClass": scope, "SchemaId": {"XName": {"name": "Policy"}}},
        **values,
    }  # fmt: skip


class Teams:
    """The Teams administration of one tenant."""

    def __init__(self, world: World, signer: Signer) -> None:
        self.world, self.signer = world, signer

    def answer(self, call: Call, prefix: str) -> Answer:
        """One request below `prefix`; raises Refusal."""
        path = call.path.removeprefix(prefix)
        token = claims(call, self.signer, AUDIENCES)
        if not set(token["wids"]) & READERS:
            raise Refusal(403, "Forbidden", "Access Denied. The application has no role that may read Teams settings.")
        if call.method != "GET":
            raise Refusal(405, "MethodNotAllowed", "Only reading is simulated.")
        if path.lower() == DISCOVERY:
            return self._tenant(call)
        if not path.lower().startswith(CONFIGURATIONS):
            raise Refusal(404, "NotFound", "Not found")
        kind, _, rest = path[len(CONFIGURATIONS) :].partition("/")
        return self._configuration(call, kind, rest)

    def _configuration(self, call: Call, kind: str, rest: str) -> Answer:
        spec = self.world.workload("teams").get(kind)
        if spec is None or kind.startswith("$"):
            raise Refusal(404, "NotFound", f"Configuration type {kind} was not found.")
        if spec.get("legacy"):
            self._check_legacy(call)
        rows = instances(self.world, kind)
        headers = {"x-ms-correlation-id": call.headers.get("x-ms-correlation-id", str(uuid.uuid4()))}
        if not rest:
            return Answer(200, rows, headers)
        name = rest.removeprefix("configuration/")
        row = next((row for row in rows if row["Identity"].removeprefix("Tag:").lower() == name.lower()), None)
        if row is None:
            raise Refusal(404, "NotFound", f"{name} was not found.")
        return Answer(200, row, headers)

    def _check_legacy(self, call: Call) -> None:
        """Types that the older service behind still serves must be told which tenant and where."""
        query = dict(parse_qsl(call.query))
        if (
            query.get("adminDomain", "").lower() != self.world.tenant["initial"]
            or "x-ms-target-uri" not in call.headers
            or "x-ms-tenant-id" not in call.headers
        ):
            raise Refusal(400, "BadRequest", "The request must name adminDomain, x-ms-target-uri and x-ms-tenant-id.")

    def _tenant(self, call: Call) -> Answer:
        host = call.base.partition("//")[2]
        ends = {"ConfigApiEndpoint": host, "AdminServiceEndpoint": "admin0a.online.lync.com", "ConfigApiPodEndpoint": host}
        domains = [
            {"name": row["id"], "isDefault": row["isDefault"], "isInitial": row["isInitial"], "status": "Enabled"} for row in self.world.domains()
        ]
        discovery = {"Endpoints": ends, "Headers": {"X-MS-Forest": "0a"}}
        tenant = {
            "tenantId": self.world.tenant["id"],
            "displayName": self.world.tenant["displayName"],
            "verifiedDomains": domains,
            "serviceDiscovery": discovery,
            "countryAbbreviation": "US",
        }
        return Answer(200, tenant)
