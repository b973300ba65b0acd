"""The tenant's directory, as far as granting needs it. The one place of this step that talks to Microsoft Graph."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from infra.grant_permissions.plan import Held, Right

ENTRA = "entra"
NO_ROLE = "00000000-0000-0000-0000-000000000000"  # an assignment without any permission: "may sign in to"
SECONDS = 30.0
MOST_PAGES = 200


class DirectoryError(Exception):
    """The directory refused or could not be understood; the message says what was asked, and Graph's own words."""


class Directory:
    """Service principals and what they hold. `http` has the address of Graph as its base and sends the token of the person who grants."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._seen: dict[str, Mapping[str, Any] | None] = {}

    def principal(self, object_id: str) -> Mapping[str, Any] | None:
        """A service principal by object id, or None. Raises DirectoryError."""
        return self._find(f"/v1.0/servicePrincipals/{object_id}", {"$select": "id,appId,displayName,servicePrincipalType"})

    def service(self, app_id: str) -> Mapping[str, Any] | None:
        """The service principal of an application, or None when the tenant has none."""
        if app_id not in self._seen:
            rows = list(self._rows("/v1.0/servicePrincipals", {"$filter": f"appId eq '{app_id}'", "$select": "id,appId,displayName,appRoles"}))
            self._seen[app_id] = rows[0] if rows else None
        return self._seen[app_id]

    def provision(self, app_id: str) -> Mapping[str, Any]:
        """Create the service principal of a Microsoft application in this tenant."""
        made = self._ask("POST", "/v1.0/servicePrincipals", body={"appId": app_id})
        self._seen[app_id] = made
        return made

    def held(self, object_id: str) -> tuple[Held, ...]:
        """All application permissions and directory roles of a principal, direct ones."""
        found = [self._permission(row) for row in self._rows(f"/v1.0/servicePrincipals/{object_id}/appRoleAssignments", {"$top": "200"})]
        query = {"$filter": f"principalId eq '{object_id}'", "$expand": "roleDefinition"}
        found += [self._role(row) for row in self._rows("/v1.0/roleManagement/directory/roleAssignments", query)]
        return tuple(each for each in found if each is not None)

    def grant(self, object_id: str, right: Right) -> None:
        """Give a right; one that is there already is no fault. Raises DirectoryError."""
        if right.kind == "directory role":
            path = "/v1.0/roleManagement/directory/roleAssignments"
            body = {"principalId": object_id, "roleDefinitionId": right.id, "directoryScopeId": "/"}
        else:
            service = self.service(right.resource)
            if service is None:
                raise DirectoryError(f"the tenant has no service principal of {right.resource}: it has no licence for that service")
            path = f"/v1.0/servicePrincipals/{object_id}/appRoleAssignments"
            body = {"principalId": object_id, "resourceId": service["id"], "appRoleId": right.id}
        self._ask("POST", path, body=body, exists_is_fine=True)

    def revoke(self, object_id: str, held: Held) -> None:
        """Take a right away; one that is gone already is no fault. Raises DirectoryError."""
        if held.right.kind == "directory role":
            path = f"/v1.0/roleManagement/directory/roleAssignments/{held.assignment}"
        else:
            path = f"/v1.0/servicePrincipals/{object_id}/appRoleAssignments/{held.assignment}"
        self._ask("DELETE", path, gone_is_fine=True)

    def _permission(self, row: Mapping[str, Any]) -> Held | None:
        if row["appRoleId"] == NO_ROLE:
            return None
        service = self._find(f"/v1.0/servicePrincipals/{row['resourceId']}", {"$select": "id,appId,displayName,appRoles"})
        if service is None:
            raise DirectoryError(f"the service {row['resourceId']} of a grant could not be found")
        names = {role["id"].lower(): role["value"] for role in service["appRoles"]}
        name = names.get(row["appRoleId"].lower()) or row["appRoleId"]
        return Held(Right("application permission", service["appId"], row["appRoleId"], name), row["id"])

    def _role(self, row: Mapping[str, Any]) -> Held:
        definition = row.get("roleDefinition") or {}
        template = definition.get("templateId") or row["roleDefinitionId"]
        return Held(Right("directory role", ENTRA, template, definition.get("displayName") or template), row["id"])

    def _find(self, path: str, query: Mapping[str, str]) -> Mapping[str, Any] | None:
        if path not in self._seen:
            self._seen[path] = self._ask("GET", path, query=query, gone_is_fine=True) or None
        return self._seen[path]

    def _rows(self, path: str, query: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        page = self._ask("GET", path, query=query)
        for _ in range(MOST_PAGES):
            yield from page["value"]
            link = page.get("@odata.nextLink")
            if link is None:
                return
            if httpx.URL(link).host != self._http.base_url.host:
                raise DirectoryError("the link to the next page leads to another host; it was not followed")
            page = self._ask("GET", link)
        raise DirectoryError(f"the list {path} does not end")

    def _ask(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        exists_is_fine: bool = False,
        gone_is_fine: bool = False,
    ) -> Mapping[str, Any]:
        try:
            answer = self._http.request(method, url, params=query, json=body, timeout=SECONDS)
        except httpx.HTTPError as fault:
            raise DirectoryError(f"{method} {url}: Graph could not be reached ({type(fault).__name__})") from fault
        if answer.status_code == 404 and gone_is_fine:
            return {}
        try:
            said = answer.json() if answer.content else {}
        except ValueError as fault:
            raise DirectoryError(f"{method} {url}: Graph answered {answer.status_code} with something that is not JSON") from fault
        if answer.is_success:
            return dict(said)
        words = said.get("error", {}).get("message", "")
        if exists_is_fine and answer.status_code in (400, 409) and "already exist" in words.lower():
            return {}
        raise DirectoryError(f"{method} {url}: Graph answered {answer.status_code}: {words}")
