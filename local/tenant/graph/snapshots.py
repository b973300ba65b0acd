"""Tenant configuration snapshots (`/admin/configurationManagement`): made, polled, downloaded, deleted, within the service's limits.

The tenant file's `snapshot`: executor (Microsoft's own service principal is there and may read), forbidden (workloads it may not read),
rejected (types this tenant does not extract yet), used (objects extracted this month).
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from local.tenant import tenant_file
from local.tenant.admin import teams
from local.tenant.admin.rows import CmdletRows
from local.tenant.answers import GRAPH_JSON, Answer, Refusal, bad_request, graph_headers
from local.tenant.graph.jobs import Job, Jobs
from local.tenant.graph.permissions import DENIED
from local.tenant.graph.service import AUDIENCES, Call, claims
from local.tenant.jwt import Signer
from local.tenant.odata import query
from local.tenant.rows import Row
from local.tenant.throttle import Throttle
from local.tenant.world import World

ROOT = "/admin/configurationmanagement/"
PLACES, MONTHLY = 12, 20_000
WRITE, READ = "ConfigurationMonitoring.ReadWrite.All", "ConfigurationMonitoring.Read.All"
ASKED_FOR_ONLY = ("createdBy", "errorDetails", "resourceLocation", "resources")
NEVER = "0001-01-01T00:00:00Z"


class Snapshots:
    """Snapshot jobs of one tenant."""

    def __init__(self, world: World, throttle: Throttle, signer: Signer, pace: float) -> None:
        self.world, self.throttle, self.signer = world, throttle, signer
        self.spec = {"executor": True, "forbidden": [], "rejected": [], "used": 0, **world.section("snapshot")}
        self.jobs = Jobs(pace, waits=5, runs=55)
        self.used = int(self.spec["used"])
        self.snapshots: dict[str, dict[str, Any]] = {}

    def takes(self, path: str) -> bool:
        """Whether a path below the version belongs here."""
        return path.lower().startswith(ROOT)

    def answer(self, call: Call) -> Answer:
        """One request below /admin/configurationManagement; raises Refusal."""
        _, version, path = call.path.split("/", 2)
        roles = set(claims(call, self.signer, AUDIENCES)["roles"])
        self.throttle.take("SEC")
        needed = {WRITE} if call.method in {"POST", "DELETE"} else {READ, WRITE}
        if not needed & roles:
            raise Refusal(403, "Authorization_RequestDenied", DENIED)
        parts = re.sub(r"\('([^']+)'\)", r"/\1", path[len(ROOT) - 1 :]).strip("/").split("/")
        head, rest = parts[0].lower(), parts[1:]
        if call.method == "POST" and head == "configurationsnapshots" and [part.lower() for part in rest] == ["createsnapshot"]:
            return self._create(call, version)
        if head == "configurationsnapshotjobs" and len(rest) <= 1:
            return self._jobs(call, version, rest)
        if call.method == "GET" and head == "configurationsnapshots" and len(rest) == 1 and rest[0] in self.snapshots:
            payload = {
                "@odata.context": f"{call.base}/{version}/$metadata#admin/configurationManagement/configurationSnapshots/$entity",
                **self.snapshots[rest[0]],
            }
            return self._json(call, payload)
        raise Refusal(404, "NotFound", "The configuration snapshot was not found.")

    def _json(self, call: Call, payload: Any, status: int = 200) -> Answer:
        return Answer(status, payload, graph_headers(call.headers.get("client-request-id")), GRAPH_JSON)

    def _create(self, call: Call, version: str) -> Answer:
        if not self.spec["executor"]:
            raise Refusal(403, "Forbidden", "The Unified Tenant Configuration Management service principal is not provisioned in the tenant.")
        try:
            asked = json.loads(call.body)
            name, resources = str(asked["displayName"]), [str(one) for one in asked["resources"]]
        except (ValueError, KeyError, TypeError) as error:
            raise bad_request("displayName and resources must be given.") from error
        self._check(name, resources)
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        job = Job(
            str(uuid.uuid4()), self.jobs.clock(), {**asked, "resources": resources}, now, self._extract(asked, [one.lower() for one in resources])
        )
        return self._json(call, self._shown(call, self.jobs.add(job), version, None))

    def _check(self, name: str, resources: Sequence[str]) -> None:
        if not re.fullmatch(r"[A-Za-z0-9 ]{8,32}", name):
            raise bad_request("displayName must have 8 to 32 letters, digits and spaces.")
        if any(job.asked["displayName"] == name for job in self.jobs.held.values()):
            raise Refusal(409, "Conflict", "A snapshot job with this displayName exists.")
        if len(self.jobs.held) >= PLACES:
            raise Refusal(403, "QuotaExceeded", f"The tenant has the maximum number of {PLACES} snapshot jobs. Delete one first.")
        known = types()["types"]
        for one in resources:
            if one.lower() not in known or one.lower() in self.spec["rejected"]:
                raise bad_request(f"ResourceType '{one}' is not supported.")

    def _extract(self, asked: Mapping[str, Any], resources: Sequence[str]) -> dict[str, Any]:
        """The outcome of a job, decided when it is made: its end, errors and the snapshot's id."""
        errors, rows = [], []
        for kind in resources:
            workload = types()["types"][kind]["from"].split(".")[0]
            if workload in self.spec["forbidden"]:
                denied = '{"error":{"code":"Forbidden","message":"The caller is not authorized."}}'
                errors.append(f"{kind}: Error exporting resource. exceptionMessage(s):{denied}")
            else:
                rows += resources_of(self.world, kind)
        if self.used + len(rows) > MONTHLY:
            return {"end": "failed", "errors": ["The monthly quota of extracted resources is used up."], "snapshot": None}
        self.used += len(rows)
        identity = str(uuid.uuid4())
        self.snapshots[identity] = {
            "id": identity,
            "displayName": asked["displayName"],
            "description": asked.get("description"),
            "parameters": [],
            "resources": rows,
        }
        end = "succeeded" if not errors else "partiallySuccessful" if rows else "failed"
        return {"end": end, "errors": errors, "snapshot": identity}

    def _jobs(self, call: Call, version: str, rest: Sequence[str]) -> Answer:
        options = query.parse(call.query)
        if rest and rest[0] not in self.jobs.held:
            raise Refusal(404, "NotFound", "The snapshot job was not found.")
        if call.method == "DELETE" and rest:
            job = self.jobs.held.pop(rest[0])
            self.snapshots.pop(str(job.result["snapshot"]), None)
            return Answer(204, None, graph_headers(call.headers.get("client-request-id")))
        if call.method != "GET":
            raise Refusal(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
        if rest:
            return self._json(call, self._shown(call, self.jobs.held[rest[0]], version, options.select))
        rows = [self._shown(call, job, version, options.select) for job in reversed(self.jobs.held.values())]
        if options.filter:
            rows = [row for row in rows if options.filter.test(row)]
        value = [{key: inner for key, inner in row.items() if not key.startswith("@")} for row in rows[: options.top or PLACES]]
        return self._json(
            call, {"@odata.context": f"{call.base}/{version}/$metadata#admin/configurationManagement/configurationSnapshotJobs", "value": value}
        )

    def _shown(self, call: Call, job: Job, version: str, select: Sequence[str] | None) -> Row:
        state = self.jobs.state(job, job.result["end"])
        ended, found = state not in {"notStarted", "running"}, job.result["snapshot"]
        if state == "partiallySuccessful" and "include-unknown-enum-members" not in call.headers.get("prefer", ""):
            state = "unknownFutureValue"
        location = f"{call.base}/{version}/admin/configurationManagement/configurationSnapshots('{found}')" if ended and found else ""
        full = {
            "id": job.id, "tenantId": self.world.tenant["id"], "displayName": job.asked["displayName"],
            "description": job.asked.get("description"), "status": state,
            "createdDateTime": job.stamp, "completedDateTime": job.stamp if ended else NEVER,
            "createdBy": {"user": None, "application": {"displayName": "HIPAA scanner"}},
            "resources": list(job.asked["resources"]), "resourceLocation": location, "errorDetails": job.result["errors"] if ended else [],
        }  # fmt: skip
        kept = {
            key: value for key, value in full.items() if (key in select if select is not None else key not in ASKED_FOR_ONLY or call.method == "POST")
        }
        return {"@odata.context": f"{call.base}/{version}/$metadata#admin/configurationManagement/configurationSnapshotJobs/$entity", **kept}


@functools.cache
def types() -> dict[str, Any]:
    """Snapshot types: where their rows come from, and what the export leaves out."""
    return tenant_file.defaults("snapshots")


def resources_of(world: World, kind: str) -> list[Row]:
    """Resources of one type as the export writes them: nulls left out, lists annotated, `Ensure` added."""
    rule = types()["types"][kind]
    workload, name = rule["from"].split(".")
    rows: Sequence[Row] = (
        teams.instances(world, name)
        if workload == "teams"
        else CmdletRows(world, workload).rows(name)
        if CmdletRows(world, workload).exists(name)
        else []
    )
    left_out = {*rule.get("without", ()), "ConfigMetadata", "Key", "Guid", "Description"}
    found = []
    for row in rows:
        properties: Row = {key: value for key, value in row.items() if value is not None and key not in left_out}
        if rule.get("flag") and "State" in properties:
            properties["Enabled"] = properties.pop("State") == "Enabled"
        for key in [key for key, value in properties.items() if isinstance(value, list)]:
            properties[f"{key}@odata.type"] = "#Collection(String)"
        if name == "TenantFederationSettings":
            properties["AllowedDomains"] = domain_names(row["AllowedDomains"])
        label = str(properties.get("Identity", properties.get("Name", properties.get("Domain", "")))).removeprefix("Tag:")
        found.append({"displayName": f"{rule['name']}-{label}", "resourceType": kind, "properties": {**properties, "Ensure": "Present"}})
    return found


def domain_names(value: Any) -> list[str]:
    """An allow list of Teams as plain names, from any of the shapes the administration writes it in."""
    rows = value.get("AllowedDomain", []) if isinstance(value, Mapping) else value
    rows = [rows] if isinstance(rows, str) else rows
    return [str(row["Domain"] if isinstance(row, Mapping) else row).removeprefix("Domain=") for row in rows]
