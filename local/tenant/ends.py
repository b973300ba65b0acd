"""Which end answers a path: sign-in, managed identity, Graph, or one of the administration ends."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from urllib.parse import parse_qsl

from local.tenant.admin.cmdlets import Cmdlets
from local.tenant.admin.sharepoint import SharePoint
from local.tenant.admin.teams import Teams
from local.tenant.answers import Answer, Refusal
from local.tenant.dns import Responder
from local.tenant.faults import Fault, Faults
from local.tenant.graph import batch
from local.tenant.graph.audit_queries import AuditQueries
from local.tenant.graph.service import Call, Graph
from local.tenant.graph.snapshots import Snapshots
from local.tenant.odata.paging import Pager
from local.tenant.throttle import Throttle
from local.tenant.tokens import SignIn
from local.tenant.world import World

PAGE_LIFETIME = 3600.0  # seconds a skip token lives


class Ends:
    """All ends of one tenant over one world. `note` is told of every request and the status it got."""

    def __init__(self, world: World, faults: Faults, pace: float, expires_in: int, note: Callable[[Call, int], None]) -> None:
        self.world, self.faults, self.note = world, faults, note
        self.sign_in = SignIn(world.tenant["id"], world.scanner, expires_in)
        self.throttle = Throttle(len(world.people), pace)
        self.pager = Pager(PAGE_LIFETIME)
        signer = self.sign_in.signer
        self.graph = Graph(world, self.throttle, signer, self.pager)
        self.audit_queries = AuditQueries(world, self.throttle, signer, self.pager, pace)
        self.snapshots = Snapshots(world, self.throttle, signer, pace)
        self.dns = Responder(world)
        self.admin: dict[str, Cmdlets | Teams | SharePoint] = {
            "exchange": Cmdlets(world, "exchange", self.throttle, signer, self.pager),
            "purview": Cmdlets(world, "purview", self.throttle, signer, self.pager),
            "teams-admin": Teams(world, signer),
            "sharepoint": SharePoint(world, signer),
        }

    def answer(self, call: Call, fault: Fault | None) -> Answer:
        """The answer to one request, with a fault's part in it."""
        found = self.faults.before(fault) or self.faults.after(fault, self._plain(call), f"{call.base}{call.target}")
        self.note(call, found.status)
        return found

    def _inner(self, call: Call) -> Answer:
        """A member of a batch: faults hit it by its own path."""
        return self.answer(call, self.faults.pick(call.method, call.target))

    def _plain(self, call: Call) -> Answer:
        try:
            return self._dispatch(call)
        except Refusal as refused:
            return refused.graph(str(uuid.uuid4()), call.headers.get("client-request-id"))

    def _dispatch(self, call: Call) -> Answer:
        head = call.path.split("/")[1]
        if head in {"v1.0", "beta"}:
            return self._graph(call)
        if call.base.startswith("http://"):
            return self._identity(call)
        if head in self.admin:
            return self.admin[head].answer(call, f"/{head}")
        if head == "dns":
            return self._policy(call)
        return self._login(call)

    def _policy(self, call: Call) -> Answer:
        """The MTA-STS file of a domain, which in the world lies at a host of its own."""
        domain = call.path.split("/")[2] if call.path.endswith("/.well-known/mta-sts.txt") else ""
        text = self.dns.policies.get(domain)
        return Answer(404, "Not found", {}, "text/plain") if text is None else Answer(200, text, {}, "text/plain")

    def _graph(self, call: Call) -> Answer:
        if call.method == "POST" and call.path.lower().endswith("/$batch"):
            return batch.answer(call, self._inner)
        below = "/" + call.path.split("/", 2)[2]
        for end in (self.audit_queries, self.snapshots):
            if end.takes(below):
                return end.answer(call)
        if call.method != "GET":
            raise Refusal(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
        return self.graph.answer(call)

    def _identity(self, call: Call) -> Answer:
        query = dict(parse_qsl(call.query))
        headers = {"X-IDENTITY-HEADER": call.headers.get("x-identity-header", ""), "Metadata": call.headers.get("metadata", "")}
        if call.path == "/msi/token":
            return self.sign_in.managed_identity(query, headers, "app_service")
        if call.path == "/metadata/identity/oauth2/token":
            return self.sign_in.managed_identity(query, headers, "imds")
        return Answer(404, {"statusCode": 404, "message": "Not Found"})

    def _login(self, call: Call) -> Answer:
        tenant, _, rest = call.path.strip("/").partition("/")
        if call.method == "POST" and rest == "oauth2/v2.0/token":
            return self.sign_in.token(tenant, call.body, call.base)
        if rest in {"v2.0/.well-known/openid-configuration", ".well-known/openid-configuration"}:
            return self.sign_in.metadata(call.base)
        if tenant == "common" and rest == "discovery/instance":
            return self.sign_in.instance(call.base)
        if rest == "discovery/v2.0/keys":
            return Answer(200, {"keys": [self.sign_in.signer.jwk]})
        return Answer(404, {"error": {"code": "NotFound", "message": "Not Found"}})
