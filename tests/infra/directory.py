"""A directory that grants: Microsoft Graph as granting sees it, behind an httpx transport. It keeps state, pages, and refuses what Graph refuses."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx

GRAPH, EXCHANGE = "00000003-0000-0000-c000-000000000000", "00000002-0000-0ff1-ce00-000000000000"
SERVICES = {GRAPH: "sp-graph", EXCHANGE: "sp-exchange"}
SCANNER = "11111111-2222-4333-8444-555555555555"
BASE = "https://graph.microsoft.com"
MISSING = {"error": {"code": "Request_ResourceNotFound", "message": "Resource does not exist."}}


@dataclass
class FakeDirectory:
    """Service principals and their rights."""

    roles: dict[str, dict[str, str]]  # service app id -> role id -> name
    kind: str = "ManagedIdentity"
    page: int = 3
    permissions: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)  # principal -> assignment id -> (service principal, role id)
    directory_roles: dict[str, dict[str, str]] = field(default_factory=dict)  # principal -> assignment id -> role template
    principals: dict[str, dict[str, Any]] = field(default_factory=dict)
    writes: list[tuple[str, str]] = field(default_factory=list)
    refuse_writes: bool = False

    def __post_init__(self) -> None:
        self.principals[SCANNER] = self._principal(SCANNER, "an-app-id", "id-hipaa-scanner", self.kind)
        for app_id, object_id in SERVICES.items():
            self.principals[object_id] = self._principal(object_id, app_id, f"service {object_id}", "Application")

    def _principal(self, object_id: str, app_id: str, name: str, kind: str) -> dict[str, Any]:
        roles = [{"id": role, "value": value} for role, value in self.roles.get(app_id, {}).items()]
        return {"id": object_id, "appId": app_id, "displayName": name, "servicePrincipalType": kind, "appRoles": roles}

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=BASE, transport=httpx.MockTransport(self.answer))

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v1.0")
        query = {key: values[0] for key, values in parse_qs(request.url.query.decode()).items()}
        if request.method != "GET":
            self.writes.append((request.method, path))
            if self.refuse_writes:
                return self._refused(403, "Insufficient privileges to complete the operation.")
        body = json.loads(request.content) if request.content else {}
        parts = path.strip("/").split("/")
        if parts[0] == "servicePrincipals":
            return self._service_principals(request.method, parts[1:], query, body)
        if path.startswith("/roleManagement/directory/roleAssignments"):
            return self._role_assignments(request.method, parts[3:], query, body)
        return self._refused(400, f"Resource not found for the segment '{parts[0]}'.")

    def _service_principals(self, method: str, parts: list[str], query: dict[str, str], body: dict[str, Any]) -> httpx.Response:
        if not parts and method == "POST":
            object_id = f"sp-{body['appId'][:8]}"
            self.principals[object_id] = self._principal(object_id, body["appId"], f"Microsoft {body['appId'][:8]}", "Application")
            return httpx.Response(201, json=self.principals[object_id])
        if not parts:
            app_id = query["$filter"].removeprefix("appId eq '").removesuffix("'")
            return self._listed([p for p in self.principals.values() if p["appId"] == app_id], {})
        if parts[0] not in self.principals:
            return httpx.Response(404, json=MISSING)
        if len(parts) == 1:
            return httpx.Response(200, json=self.principals[parts[0]])
        held = self.permissions.setdefault(parts[0], {})
        if method == "POST":
            return self._add_permission(parts[0], body)
        if method == "DELETE":
            return httpx.Response(204) if held.pop(parts[2], None) else httpx.Response(404, json=MISSING)
        rows = [{"id": at, "resourceId": service, "appRoleId": role, "principalId": parts[0]} for at, (service, role) in held.items()]
        return self._listed(rows, query)

    def _add_permission(self, principal: str, body: dict[str, Any]) -> httpx.Response:
        held, service = self.permissions[principal], self.principals[body["resourceId"]]
        if body["principalId"] != principal or body["appRoleId"] not in {role["id"] for role in service["appRoles"]}:
            return self._refused(400, "Permission being assigned was not found on application")
        if (service["id"], body["appRoleId"]) in held.values():
            return self._refused(400, "Permission being assigned already exists on the object")
        held[f"a{len(self.writes)}"] = (service["id"], body["appRoleId"])
        return httpx.Response(201, json={"id": f"a{len(self.writes)}"})

    def _role_assignments(self, method: str, parts: list[str], query: dict[str, str], body: dict[str, Any]) -> httpx.Response:
        if method == "POST":
            assert body["directoryScopeId"] == "/"
            held = self.directory_roles.setdefault(body["principalId"], {})
            if body["roleDefinitionId"] in held.values():
                return self._refused(400, "A conflicting object with one or more of the specified property values is present; it already exists.")
            held[f"r{len(self.writes)}"] = body["roleDefinitionId"]
            return httpx.Response(201, json={"id": f"r{len(self.writes)}"})
        if method == "DELETE":
            gone = [held.pop(parts[0]) for held in self.directory_roles.values() if parts[0] in held]
            return httpx.Response(204) if gone else httpx.Response(404, json=MISSING)
        principal = query["$filter"].removeprefix("principalId eq '").removesuffix("'")
        held = self.directory_roles.get(principal, {})
        rows = [
            {"id": at, "roleDefinitionId": role, "roleDefinition": {"templateId": role, "displayName": f"role {role[:4]}"}}
            for at, role in held.items()
        ]
        return self._listed(rows, query)

    def _listed(self, rows: list[dict[str, Any]], query: dict[str, str]) -> httpx.Response:
        start = int(query.get("$skiptoken", "0"))
        more = {"@odata.nextLink": f"{BASE}/v1.0{self._path(rows, start)}"} if len(rows) > start + self.page and rows[0].get("principalId") else {}
        shown = rows[start : start + self.page] if more or start else rows
        return httpx.Response(200, json={"value": shown, **more})

    def _path(self, rows: list[dict[str, Any]], start: int) -> str:
        return f"/servicePrincipals/{rows[0]['principalId']}/appRoleAssignments?$skiptoken={start + self.page}"

    def _refused(self, status: int, message: str) -> httpx.Response:
        return httpx.Response(status, json={"error": {"code": "Refused", "message": message}})
