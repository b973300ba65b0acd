"""One tenant, ready to be asked: the file's sections resolved, people and subscriptions made, everything else built on first use."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local.tenant import tenant_file
from local.tenant.apps import Apps
from local.tenant.devices import Devices
from local.tenant.groups import Groups
from local.tenant.ids import guid
from local.tenant.licensing import Licences
from local.tenant.logs import Logs
from local.tenant.people import People
from local.tenant.roles import Roles
from local.tenant.rows import Row
from local.tenant.tokens import EXCHANGE, EXCHANGE_FEDERATION, GRAPH, PURVIEW, SHAREPOINT, TEAMS

SECTIONS = {
    "meta", "tenant", "skus", "people", "groups", "apps", "roles", "pim", "graph", "devices", "logs", "scanner", "exchange", "purview", "teams",
    "sharepoint", "dns", "snapshot", "domains", "statements",
}  # fmt: skip
SECRET = "simulated-tenant-secret"  # noqa: S105 - the password of a tenant that does not exist


class World:
    """The data of one tenant. Raises ValueError for a section that nothing reads: a misspelt word must not be a silent default."""

    def __init__(self, tenant: str | Path | Mapping[str, Any], now: dt.datetime | None = None) -> None:
        spec = tenant_file.load(tenant)
        unknown = set(spec) - SECTIONS
        if unknown:
            raise ValueError(f"the tenant file has unknown sections: {', '.join(sorted(unknown))}")
        self.spec, self.now = spec, now or dt.datetime.now(dt.UTC).replace(microsecond=0)
        self.meta: dict[str, Any] = spec.get("meta", {})
        self.tenant = {
            "id": guid("tenant", spec["tenant"]["initial"]),
            "displayName": "Sample",
            "host": spec["tenant"]["initial"].split(".")[0],
            **spec["tenant"],
        }
        self.tenant["name"] = self.tenant["displayName"]
        self.licences = Licences(spec.get("skus", {}), self.tenant["id"], self.now)
        self.people = People(spec.get("people", {}), self.tenant, self.licences, self.now)
        self.references = tenant_file.References(self.tenant, self.now, self.people.user_id)
        self.people = People(self.references.resolve(spec.get("people", {})), self.tenant, self.licences, self.now)
        self.plans = frozenset(self.licences.plans())

    def section(self, name: str) -> Any:
        """A section of the file with its references resolved."""
        return self.references.resolve(self.spec.get(name) or {})

    @functools.cached_property
    def graph(self) -> dict[str, Any]:
        """The `graph` section over the service's defaults."""
        found: dict[str, Any] = self.references.resolve(tenant_file.merge(tenant_file.defaults("graph"), self.spec.get("graph") or {}))
        return found

    def workload(self, name: str) -> dict[str, Any]:
        """The settings of exchange, purview, teams or sharepoint over the service's defaults."""
        found: dict[str, Any] = self.references.resolve(tenant_file.merge(tenant_file.defaults(name), self.spec.get(name) or {}))
        return found

    @functools.cached_property
    def groups(self) -> Groups:
        """Groups and teams."""
        return Groups(self.section("groups"), self.tenant, self.people, self.now)

    @functools.cached_property
    def apps(self) -> Apps:
        """Applications, service principals and what they were granted."""
        return Apps(self.section("apps"), self.tenant, self.people, self.scanner, self.now)

    @functools.cached_property
    def roles(self) -> Roles:
        """Directory roles: standing, activated and eligible, and the role settings."""
        return Roles(self)

    @functools.cached_property
    def devices(self) -> Devices:
        """Managed and registered devices."""
        return Devices(self.section("devices"), self.people, self.chance_seed, self.now)

    @functools.cached_property
    def logs(self) -> Logs:
        """Sign-ins, scores and audit records."""
        return Logs(self)

    @property
    def chance_seed(self) -> int:
        """The seed of everything made by number."""
        return int(self.people.spec["seed"])

    @functools.cached_property
    def scanner(self) -> dict[str, Any]:
        """The identity that scans: client_id, object_id, secret, granted permissions by resource, directory roles (template ids)."""
        spec = self.references.resolve(tenant_file.merge(tenant_file.defaults("scanner"), self.spec.get("scanner") or {}))
        granted = {GRAPH: [], EXCHANGE: [], SHAREPOINT: [], TEAMS: [], EXCHANGE_FEDERATION: [], **spec["granted"]}
        granted[PURVIEW] = granted[EXCHANGE]
        return {
            "client_id": guid(self.tenant["id"], "appid", "HIPAA scanner"), "object_id": guid(self.tenant["id"], "sp", "HIPAA scanner"),
            "secret": SECRET, **{key: value for key, value in spec.items() if key not in {"granted", "directory_roles"}}, "granted": granted,
            "directory_roles": [tenant_file.roles()[name] for name in spec.get("directory_roles", [])],
            "domains": [self.tenant["domain"], self.tenant["initial"]],
        }  # fmt: skip

    def statements(self) -> list[Row]:
        """What people of this tenant have stated, as records the product's store could hold: the file's `statements`, a type to one or several."""
        given = self.section("statements")
        day, until = (self.now - dt.timedelta(days=30)).date().isoformat(), (self.now + dt.timedelta(days=60)).date().isoformat()
        rows = []
        for kind, entries in given.items():
            for at, entry in enumerate(entries if isinstance(entries, list) else [entries]):
                base = {
                    "schema_version": 1, "id": guid(self.tenant["id"], "statement", kind, at), "version": 1, "type": kind,
                    "control_ids": ["sample_tenant"],
                    "statement": f"Stated for the sample tenant: {kind.replace('_', ' ')}.", "submitted_by_kind": "cli",
                    "submitted_by_object_id": None,
                    "submitted_at": f"{day}T08:00:00Z", "effective_from": day, "expires_at": until, "document": None, "contains_phi": False,
                    "supersedes": None,
                    "status": "active", "second_approval": None, "attester": {"role": entry["role"], "entra_object_id": self.people.id_of(0)},
                }  # fmt: skip
                rows.append({**base, **{key: value for key, value in entry.items() if key != "role"}})
        return rows

    def domains(self) -> list[Row]:
        """Verified domains; the file's `domains` gives exceptions by name."""
        names = {self.tenant["domain"]: {"isDefault": True}, self.tenant["initial"]: {"isInitial": True}}
        rows = []
        for name, entry in tenant_file.merge(names, self.section("domains")).items():
            base = {
                "id": name, "authenticationType": "Managed", "availabilityStatus": None, "isAdminManaged": True, "isDefault": False,
                "isInitial": False,
                "isRoot": True, "isVerified": True, "passwordNotificationWindowInDays": 14, "passwordValidityPeriodInDays": 2147483647,
                "supportedServices": ["Email", "OfficeCommunicationsOnline"], "model": None, "state": None,
            }  # fmt: skip
            rows.append({**base, **entry})
        return rows

    def collection(self, dotted: str) -> Sequence[Row]:
        """Rows at a dotted key of the graph section; a mapping of named rows becomes a list, each with an id and a display name."""
        node: Any = self.graph
        for part in dotted.split("."):
            node = node[part]
        if isinstance(node, Mapping):
            kind = {"policies": "policy", "namedLocations": "location", "sensitivityLabels": "label"}.get(dotted.rsplit(".", maxsplit=1)[-1], dotted)
            return [{"id": guid(self.tenant["id"], kind, name), "displayName": name, **(row or {})} for name, row in node.items() if row is not None]
        rows: Sequence[Row] = node
        return rows

    def single(self, dotted: str) -> Row:
        """The object at a dotted key of the graph section."""
        node: Any = self.graph
        for part in dotted.split("."):
            node = node[part]
        return dict(node)
