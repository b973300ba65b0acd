"""Applications and service principals of a tenant, and every permission they were granted.

In the file an application is named and says: publisher (own, outside, microsoft), app_permissions and delegated grants by resource, secrets,
certificates, owners, verified, assignment_required, last_sign_in, enabled, owner_tenant, tags, sso, created, role.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from typing import Any

import yaml

from local.tenant.graph.permissions import data
from local.tenant.ids import guid
from local.tenant.people import People
from local.tenant.rows import Row
from local.tenant.schema import DATA
from local.tenant.tokens import GRAPH

MICROSOFT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
KNOWN = {
    "publisher", "app_permissions", "delegated", "secrets", "certificates", "owners", "verified", "assignment_required", "last_sign_in", "enabled",
    "owner_tenant", "tags", "sso", "created", "appId", "type", "audience", "sp_secrets", "classified", "disabled_by_microsoft",
}  # fmt: skip


@functools.cache
def resources() -> dict[str, dict[str, Any]]:
    """Microsoft's resource applications: appId, roles and scopes (name to id)."""
    found: dict[str, dict[str, Any]] = yaml.safe_load((DATA / "resources.yaml").read_text("utf-8"))
    found[GRAPH]["roles"] = dict(data()["roles"])
    return found


class Apps:
    """Rows of /applications, /servicePrincipals and their grants."""

    def __init__(self, spec: Mapping[str, Any], tenant: Mapping[str, Any], people: People, scanner: Mapping[str, Any], now: dt.datetime) -> None:
        self.tenant, self.people, self.scanner, self.now = tenant, people, scanner, now
        self.specs: dict[str, dict[str, Any]] = {name: dict(entry or {}) for name, entry in spec.items() if entry is not None}
        for name, entry in self.specs.items():
            unknown = set(entry) - KNOWN
            if unknown:
                raise ValueError(f"application {name!r} has unknown words: {', '.join(sorted(unknown))}")
        granted = {resource: list(names) for resource, names in scanner["granted"].items() if resource in resources() and names}
        self.specs.setdefault("HIPAA scanner", {"publisher": "own", "type": "ManagedIdentity", "app_permissions": granted})
        self.applications = [
            self._application(name, entry)
            for name, entry in self.specs.items()
            if entry.get("publisher", "own") == "own" and entry.get("type") != "ManagedIdentity"
        ]
        self.principals = [
            *(self._resource(name, entry) for name, entry in resources().items()),
            *(self._principal(name, entry) for name, entry in self.specs.items()),
        ]
        self.assignments = [row for name, entry in self.specs.items() for row in self._assigned(name, entry)]
        self.grants = [row for name, entry in self.specs.items() for row in self._delegated(name, entry)]

    def app_id(self, name: str) -> str:
        """The application (client) id of a named application."""
        if name in resources():
            return str(resources()[name]["appId"])
        if name == "HIPAA scanner":
            return str(self.scanner["client_id"])
        return str(self.specs[name].get("appId") or guid(self.tenant["id"], "appid", name))

    def principal_id(self, name: str) -> str:
        """The object id of the service principal of a named application."""
        return str(self.scanner["object_id"]) if name == "HIPAA scanner" else guid(self.tenant["id"], "sp", name)

    def _owner(self, name: str, entry: Mapping[str, Any]) -> str | None:
        if entry.get("type") == "ManagedIdentity":
            return None
        publisher = entry.get("publisher", "own")
        own = {"own": self.tenant["id"], "microsoft": MICROSOFT}
        return str(entry.get("owner_tenant") or own.get(publisher) or guid("publisher", name))

    def _credentials(self, rows: list[Mapping[str, Any]], name: str, kind: str) -> list[Row]:
        made = []
        for at, row in enumerate(rows):
            entry: Row = {
                "keyId": guid(name, kind, at),
                "displayName": f"{kind} {at + 1}",
                "startDateTime": row["from"],
                "endDateTime": row["until"],
                "customKeyIdentifier": None,
            }
            extra = {"hint": "Q~x", "secretText": None} if kind == "secret" else {"type": "AsymmetricX509Cert", "usage": "Verify", "key": None}
            made.append(entry | extra)
        return made

    def _application(self, name: str, entry: Mapping[str, Any]) -> Row:
        return {
            "id": guid(self.tenant["id"], "app", name), "appId": self.app_id(name), "displayName": name,
            "createdDateTime": entry.get("created", "2024-05-01T08:00:00Z"),
            "signInAudience": entry.get("audience", "AzureADMyOrg"),
            "passwordCredentials": self._credentials(entry.get("secrets", []), name, "secret"),
            "keyCredentials": self._credentials(entry.get("certificates", []), name, "certificate"), "publisherDomain": self.tenant["domain"],
            "_name": name,
            "verifiedPublisher": {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None}, "notes": None, "tags": [],
            "identifierUris": [],
        }  # fmt: skip

    def _principal(self, name: str, entry: Mapping[str, Any]) -> Row:
        verified = {"displayName": name, "verifiedPublisherId": guid("publisher", name)[:8], "addedDateTime": "2024-01-01T00:00:00Z"}
        managed = entry.get("type") == "ManagedIdentity"
        own_or_any = "AzureADMyOrg" if entry.get("publisher", "own") == "own" else "AzureADMultipleOrgs"
        return {
            "id": self.principal_id(name), "appId": self.app_id(name), "displayName": name, "appDisplayName": name,
            "appOwnerOrganizationId": self._owner(name, entry),
            "accountEnabled": bool(entry.get("enabled", True)), "servicePrincipalType": entry.get("type", "Application"),
            "signInAudience": None if managed else entry.get("audience", own_or_any),
            "verifiedPublisher": verified if entry.get("verified") else {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None},
            "tags": entry.get("tags", [] if managed else ["WindowsAzureActiveDirectoryIntegratedApp"]),
            "appRoleAssignmentRequired": bool(entry.get("assignment_required", False)),
            "disabledByMicrosoftStatus": entry.get("disabled_by_microsoft"),
            "passwordCredentials": self._credentials(entry.get("sp_secrets", []), name, "secret"),
            "keyCredentials": [], "preferredSingleSignOnMode": entry.get("sso"), "_name": name,
            "appRoles": [], "oauth2PermissionScopes": [], "replyUrls": [f"https://{name.lower().replace(' ', '-')}.example/signin"], "notes": None,
        }  # fmt: skip

    def _resource(self, name: str, entry: Mapping[str, Any]) -> Row:
        roles = [
            {"allowedMemberTypes": ["Application"], "description": f"Allows the app {value} without a signed-in user.", "displayName": value,
             "id": role, "isEnabled": True, "origin": "Application", "value": value}
            for value, role in entry["roles"].items()
        ]  # fmt: skip
        scopes = [
            {"adminConsentDescription": value, "adminConsentDisplayName": value, "id": scope, "isEnabled": True, "type": "User",
             "userConsentDescription": None, "userConsentDisplayName": None, "value": value}
            for value, scope in entry["scopes"].items()
        ]  # fmt: skip
        return self._principal_base(name, entry) | {"appRoles": roles, "oauth2PermissionScopes": scopes}

    def _principal_base(self, name: str, entry: Mapping[str, Any]) -> Row:
        return self._principal(name, {"publisher": "microsoft", "verified": False, "tags": []}) if name in self.specs else {
            "id": self.principal_id(name), "appId": entry["appId"], "displayName": name, "appDisplayName": name, "appOwnerOrganizationId": MICROSOFT,
            "accountEnabled": True, "servicePrincipalType": "Application", "signInAudience": "AzureADMultipleOrgs", "tags": [],
            "appRoleAssignmentRequired": False,
            "verifiedPublisher": {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None}, "disabledByMicrosoftStatus": None,
            "passwordCredentials": [], "keyCredentials": [], "preferredSingleSignOnMode": None, "_name": name,
        }  # fmt: skip

    def _assigned(self, name: str, entry: Mapping[str, Any]) -> list[Row]:
        rows = []
        for resource, permissions in entry.get("app_permissions", {}).items():
            roles = resources()[resource]["roles"]
            for permission in permissions:
                if permission not in roles:
                    raise ValueError(f"application {name!r}: {resource} has no application permission {permission!r}")
                rows.append({
                    "id": guid(name, resource, permission).replace("-", "")[:22], "appRoleId": roles[permission],
                    "createdDateTime": entry.get("created", "2024-05-01T08:00:00Z"),
                    "deletedDateTime": None, "principalDisplayName": name, "principalId": self.principal_id(name),
                    "principalType": "ServicePrincipal",
                    "resourceDisplayName": resource, "resourceId": self.principal_id(resource),
                })  # fmt: skip
        return rows

    def _delegated(self, name: str, entry: Mapping[str, Any]) -> list[Row]:
        rows = []
        for at, grant in enumerate(entry.get("delegated", [])):
            base = {"clientId": self.principal_id(name), "resourceId": self.principal_id(grant.get("resource", GRAPH)), "scope": f" {grant['scope']}"}
            consent = grant.get("consent", "all")
            if consent == "all":
                rows.append({**base, "id": guid(name, at).replace("-", ""), "consentType": "AllPrincipals", "principalId": None})
                continue
            numbers = range(int(consent)) if isinstance(consent, int) else consent
            for person in numbers:
                object_id = self.people.id_of(person) if isinstance(person, int) else self.people.user_id(person)
                rows.append({**base, "id": guid(name, at, person).replace("-", ""), "consentType": "Principal", "principalId": object_id})
        return rows

    def owners(self, name: str) -> list[Row]:
        """Owner rows of an application and its service principal."""
        return [row for handle in self.specs.get(name, {}).get("owners", []) if (row := self.people.by_id(self.people.user_id(handle))) is not None]

    def sign_ins(self) -> list[Row]:
        """Rows of /reports/servicePrincipalSignInActivities: applications that ever signed in."""
        return [
            {
                "id": guid(name, "activity"),
                "appId": self.app_id(name),
                "lastSignInActivity": {"lastSignInDateTime": entry["last_sign_in"], "lastSignInRequestId": guid(name, "request")},
            }
            for name, entry in self.specs.items()
            if entry.get("last_sign_in")
        ]
