"""Directory roles of a tenant. In the file: `roles.assigned` and `pim.eligible|active` map a role's name to principals.

A principal is a user's handle, `group/HANDLE`, `sp/NAME`, or a mapping {who, until, from, scope}; `pim.settings` patches the rules per role
name, `*` for every role; `roles.custom` adds role definitions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import yaml

from local.tenant import tenant_file
from local.tenant.ids import guid
from local.tenant.rows import Row
from local.tenant.schema import DATA

if TYPE_CHECKING:
    from local.tenant.world import World

KINDS = {"user": "user", "group": "group", "sp": "servicePrincipal"}


class Roles:
    """Rows of /roleManagement/directory and of the role settings."""

    def __init__(self, world: World) -> None:
        self.world, self.spec, self.pim = world, world.section("roles"), world.section("pim")

    def principal(self, name: str) -> Row:
        """@odata.type and id (with what a select may ask for) of a principal by its name in the file."""
        kind, _, rest = name.partition("/") if name.startswith(("group/", "sp/")) else ("user", "/", name)
        if kind == "group":
            row: Row | None = next((row for row in self.world.groups.rows if row["id"] == self.world.groups.id_of(rest)), None)
        elif kind == "sp":
            row = next((row for row in self.world.apps.principals if row["_name"] == rest), None)
        else:
            row = self.world.people.by_id(self.world.people.user_id(rest))
        if row is None:
            raise ValueError(f"a role is held by {name!r}, who is not in the tenant")
        return {"@odata.type": f"#microsoft.graph.{KINDS[kind]}", **{key: value for key, value in row.items() if not key.startswith("_")}}

    def definitions(self) -> list[Row]:
        """Built-in and custom role definitions."""
        custom = {name: guid(self.world.tenant["id"], "role", name) for name in self.spec.get("custom", {})}
        return [
            {
                "id": role, "templateId": role, "displayName": name, "description": f"Role {name}", "isBuiltIn": name not in custom,
                "isEnabled": True,
                "resourceScopes": ["/"],
                "rolePermissions": [{"allowedResourceActions": ["microsoft.directory/users/standard/read"], "condition": None}], "version": "1",
            }
            for name, role in {**tenant_file.roles(), **custom}.items()
        ]  # fmt: skip

    def _holders(self, spec: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        for role, holders in spec.items():
            for holder in holders or []:
                yield self.world.references.one("role", role), ({"who": holder} if isinstance(holder, str) else dict(holder))

    def _instance(self, role: str, holder: Mapping[str, Any], kind: str) -> Row:
        principal = self.principal(holder["who"])
        key = guid(self.world.tenant["id"], kind, role, holder["who"], holder.get("scope", "/"))
        return {
            "id": key, "principalId": principal["id"], "roleDefinitionId": role, "directoryScopeId": holder.get("scope", "/"), "appScopeId": None,
            "principal": principal,
            "memberType": "Direct", "startDateTime": holder.get("from", "2025-01-06T08:00:00Z"), "endDateTime": holder.get("until"),
        }  # fmt: skip

    def assignments(self) -> list[Row]:
        """Rows of roleAssignments: standing ones and those activated now."""
        rows = []
        for spec in (self.spec.get("assigned", {}), self.pim.get("active", {}) if self.world.plans & {"AAD_PREMIUM_P2"} else {}):
            for role, holder in self._holders(spec):
                row = {
                    key: value
                    for key, value in self._instance(role, holder, "assignment").items()
                    if key not in {"memberType", "startDateTime", "endDateTime"}
                }
                rows.append({**row, "principalOrganizationId": holder.get("organization", self.world.tenant["id"]), "condition": None})
        return rows

    def active(self) -> list[Row]:
        """Rows of roleAssignmentScheduleInstances."""
        found = []
        for kind, spec in (("Assigned", self.spec.get("assigned", {})), ("Activated", self.pim.get("active", {}))):
            for role, holder in self._holders(spec):
                row = self._instance(role, holder, "active")
                found.append({**row, "assignmentType": kind, "roleAssignmentOriginId": row["id"], "roleAssignmentScheduleId": row["id"]})
        return found

    def eligible(self) -> list[Row]:
        """Rows of roleEligibilityScheduleInstances."""
        return [
            {**(row := self._instance(role, holder, "eligible")), "roleEligibilityScheduleId": row["id"]}
            for role, holder in self._holders(self.pim.get("eligible", {}))
        ]

    def directory_roles(self) -> list[Row]:
        """Activated directory roles with their direct members."""
        names = {role: name for name, role in tenant_file.roles().items()}
        held: dict[str, list[Row]] = {}
        for row in self.assignments():
            held.setdefault(row["roleDefinitionId"], []).append(row["principal"])
        return [
            {
                "id": guid(self.world.tenant["id"], "directoryRole", role),
                "roleTemplateId": role,
                "displayName": names.get(role, role),
                "description": "",
                "members": members,
            }
            for role, members in held.items()
        ]

    def policy_assignments(self) -> list[Row]:
        """Role settings: one policy with seventeen rules for each role."""
        base: dict[str, Any] = yaml.safe_load((DATA / "defaults" / "pim.yaml").read_text("utf-8"))
        settings, rows = self.pim.get("settings", {}), []
        for definition in self.definitions():
            role, tenant = definition["id"], self.world.tenant["id"]
            rules = tenant_file.merge(tenant_file.merge(base, settings.get("*", {})), settings.get(definition["displayName"], {}))
            policy_id = f"DirectoryRole_{tenant}_{guid(tenant, 'pim', role)}"
            policy = {
                "id": policy_id, "displayName": "DirectoryRole", "description": "DirectoryRole", "isOrganizationDefault": False, "scopeId": "/",
                "scopeType": "DirectoryRole",
                "lastModifiedDateTime": "2025-02-01T08:00:00Z", "lastModifiedBy": {"displayName": None, "id": None},
                "rules": [{**rule, "id": name} for name, rule in rules.items()],
            }  # fmt: skip
            rows.append(
                {
                    "id": f"{policy_id}_{role}",
                    "policyId": policy_id,
                    "roleDefinitionId": role,
                    "scopeId": "/",
                    "scopeType": "DirectoryRole",
                    "policy": policy,
                }
            )
        return rows
