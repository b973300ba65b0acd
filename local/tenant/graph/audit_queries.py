"""The audit log query of Graph (`/security/auditLog/queries`): made, polled, read in pages of records.

Records carry what they really carry (names, addresses, file names, subjects), so that a reader that keeps more than counters is caught.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from local.tenant.answers import GRAPH_JSON, Answer, Refusal, bad_request, graph_headers
from local.tenant.graph.jobs import Job, Jobs
from local.tenant.graph.permissions import DENIED
from local.tenant.graph.service import AUDIENCES, Call, claims
from local.tenant.ids import guid
from local.tenant.jwt import Signer
from local.tenant.odata import paging, query, render
from local.tenant.people import stamp
from local.tenant.rows import Lazy, Row
from local.tenant.throttle import Throttle
from local.tenant.world import World

PATH = "/security/auditlog/queries"
PERMISSION = "AuditLogsQuery.Read.All"
LISTED = 50  # queries in a page of the list
ACTIVITY = {
    "MailItemsAccessed": 240, "Send": 90, "SoftDelete": 12, "MoveToDeletedItems": 30, "FileAccessed": 300, "FilePreviewed": 60, "FileDownloaded": 40,
    "FileModified": 70, "FileUploaded": 20, "SharingSet": 4, "SecureLinkCreated": 3, "MessageSent": 200, "TeamsSessionStarted": 60, "ChatCreated": 8,
    "Add member to role.": 1,
}  # fmt: skip
SERVICES = {
    "File": "SharePoint",
    "Sharing": "SharePoint",
    "Secure": "SharePoint",
    "Anonymous": "SharePoint",
    "Message": "MicrosoftTeams",
    "Teams": "MicrosoftTeams",
    "Chat": "MicrosoftTeams",
    "Add": "AzureActiveDirectory",
}


class AuditQueries:
    """Audit log queries of one tenant."""

    def __init__(self, world: World, throttle: Throttle, signer: Signer, pager: paging.Pager, pace: float) -> None:
        self.world, self.throttle, self.signer, self.pager = world, throttle, signer, pager
        self.jobs = Jobs(pace, waits=20, runs=70)

    def takes(self, path: str) -> bool:
        """Whether a path below the version belongs here."""
        return path.lower().startswith(PATH)

    def answer(self, call: Call) -> Answer:
        """POST of a query, GET of all, GET of one, GET of its records; raises Refusal."""
        _, version, path = call.path.split("/", 2)
        rest = path[len(PATH) - 1 :].strip("/").split("/")
        roles = claims(call, self.signer, AUDIENCES)["roles"]
        self.throttle.take("UAL" if call.method == "POST" else "SEC")
        if PERMISSION not in roles:
            raise Refusal(403, "Authorization_RequestDenied", DENIED)
        if call.method == "POST" and rest == [""]:
            return self._make(call, version)
        if call.method == "GET" and rest == [""]:
            return self._list(call, version)
        if call.method != "GET" or rest == [""] or rest[0] not in self.jobs.held:
            raise Refusal(404, "ItemNotFound", "The audit log query was not found.")
        job = self.jobs.held[rest[0]]
        return self._records(call, job, version) if rest[1:] == ["records"] else self._show(call, job, version, 200)

    def _make(self, call: Call, version: str) -> Answer:
        try:
            asked = json.loads(call.body)
            since, until = (dt.datetime.fromisoformat(asked[name]) for name in ("filterStartDateTime", "filterEndDateTime"))
        except (ValueError, KeyError, TypeError) as error:
            raise bad_request("filterStartDateTime and filterEndDateTime must be given.") from error
        if since >= until:
            raise bad_request("filterStartDateTime must lie before filterEndDateTime.")
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self._show(call, self.jobs.add(Job(str(uuid.uuid4()), self.jobs.clock(), asked, now)), version, 201)

    def _list(self, call: Call, version: str) -> Answer:
        """The newest first, in pages."""
        options = query.parse(call.query)
        jobs, scope = list(reversed(self.jobs.held.values())), f"{call.path}?{options.text}"
        start = self.pager.offset(scope, options.skiptoken) if options.skiptoken else 0
        size = options.top or LISTED
        shown = (self._shown(job) for job in jobs[start : start + size])
        payload: dict[str, Any] = {"@odata.context": f"{call.base}/{version}/$metadata#security/auditLog/queries", "value": list(shown)}
        if start + size < len(jobs):
            payload["@odata.nextLink"] = paging.next_link(f"{call.base}{call.path}", options.text, self.pager.token(scope, start + size))
        return Answer(200, payload, graph_headers(call.headers.get("client-request-id")), GRAPH_JSON)

    def _show(self, call: Call, job: Job, version: str, status: int) -> Answer:
        payload = {"@odata.context": f"{call.base}/{version}/$metadata#security/auditLog/queries/$entity", **self._shown(job)}
        return Answer(status, payload, graph_headers(call.headers.get("client-request-id")), GRAPH_JSON)

    def _shown(self, job: Job) -> Row:
        asked = job.asked
        state = self.jobs.state(job, "succeeded")
        lists = {
            name: asked.get(name, [])
            for name in (
                "recordTypeFilters",
                "operationFilters",
                "serviceFilters",
                "userPrincipalNameFilters",
                "ipAddressFilters",
                "objectIdFilters",
                "administrativeUnitIdFilters",
            )
        }
        return {
            "id": job.id,
            "displayName": asked.get("displayName"),
            "filterStartDateTime": asked["filterStartDateTime"], "filterEndDateTime": asked["filterEndDateTime"],
            "keywordFilter": asked.get("keywordFilter"),
            **lists, "status": state, "approximateReturnedRecordCount": len(self._rows(job)) if state == "succeeded" else None,
            "isRecordCountLimitExceeded": False,
        }  # fmt: skip

    def _plan(self, job: Job) -> list[str]:
        """The operation of each record: the tenant's activity, filtered as asked; nothing when the log is off."""
        if not self.world.workload("exchange")["AdminAuditLogConfig"]["one"]["UnifiedAuditLogIngestionEnabled"]:
            return []
        wanted = set(job.asked.get("operationFilters") or ())
        activity = {**ACTIVITY, **self.world.section("logs").get("audit", {})}
        return [operation for operation, count in activity.items() if not wanted or operation in wanted for _ in range(int(count))]

    def _rows(self, job: Job) -> Sequence[Row]:
        plan = self._plan(job)
        since, until = (dt.datetime.fromisoformat(job.asked[name]) for name in ("filterStartDateTime", "filterEndDateTime"))
        return Lazy(range(len(plan)), lambda at: self._record(job, at, plan[at], until - (until - since) * ((at + 1) / (len(plan) + 1))))

    def _record(self, job: Job, at: int, operation: str, when: dt.datetime) -> Row:
        user = self.world.people[at % max(1, len(self.world.people) - self.world.people.guests)]
        service = next((name for start, name in SERVICES.items() if operation.startswith(start)), "Exchange")
        file = f"Lab results {user['surname']} MRN 44{at:05d} SSN 078-05-1120.pdf"
        data = {
            "Id": guid(job.id, at),
            "Operation": operation,
            "UserId": user["userPrincipalName"],
            "SourceFileName": file,
            "Subject": f"Re: biopsy of {user['displayName']}",
        }
        return {
            "id": guid(job.id, at), "createdDateTime": stamp(when),
            "auditLogRecordType": "SharePointFileOperation" if service == "SharePoint" else "ExchangeItem",
            "operation": operation, "organizationId": self.world.tenant["id"], "userType": "Regular", "userId": user["userPrincipalName"],
            "service": service,
            "objectId": f"https://{self.world.tenant['host']}.sharepoint.com/sites/ward/{file}", "userPrincipalName": user["userPrincipalName"],
            "clientIp": "203.0.113.9", "administrativeUnits": [""],
            "auditData": {"@odata.type": "#microsoft.graph.security.defaultAuditData", **data},
        }  # fmt: skip

    def _records(self, call: Call, job: Job, version: str) -> Answer:
        options = query.parse(call.query)
        render.check_select(options.select, "security.auditLogRecord", version)
        rows = self._rows(job) if self.jobs.state(job, "succeeded") == "succeeded" else []
        size, scope = min(options.top or 150, 1000), f"{call.path}?{options.text}"
        start = self.pager.offset(scope, options.skiptoken) if options.skiptoken else 0
        rules: Mapping[str, Any] = {"type": "security.auditLogRecord"}
        value = [render.entity(row, options.select, (), rules, version) for row in rows[start : start + size]]
        payload: dict[str, Any] = {"@odata.context": f"{call.base}/{version}/$metadata#security/auditLog/queries('{job.id}')/records"}
        if start + size < len(rows):
            payload["@odata.nextLink"] = paging.next_link(f"{call.base}{call.path}", options.text, self.pager.token(scope, start + size))
        return Answer(200, payload | {"value": value}, graph_headers(call.headers.get("client-request-id")), GRAPH_JSON)
