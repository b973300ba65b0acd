"""Exchange and Purview administration: `POST /adminapi/beta/{tenant}/InvokeCommand`, as Microsoft's own PowerShell module calls it.

Not a published contract; the shapes are those that public tools read. Answers carry what must never be stored (names, addresses), type
annotations beside values, and next pages that are asked for by the same body again.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from local.tenant.admin.rows import CmdletRows
from local.tenant.answers import Answer, Refusal
from local.tenant.graph.service import Call, claims
from local.tenant.jwt import Signer
from local.tenant.odata.paging import Pager
from local.tenant.rows import Row
from local.tenant.throttle import Throttle
from local.tenant.world import World

REGION = "nam04b"
AUDIENCES = {
    "exchange": {"https://outlook.office365.com", "00000002-0000-0ff1-ce00-000000000000"},
    "purview": {"https://ps.compliance.protection.outlook.com"},
}
READERS = {
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451", "62e90394-69f5-4237-9190-012177145e10", "5d6b6bb7-de71-4623-b4af-96380a352509",
    "194ae4cb-b126-40b2-bd5b-6091b380977d", "17315797-102d-40b4-93e0-432062caca18",
}  # fmt: skip
FORWARDING = re.compile(r"Forwarding\w*\s+-ne\s+\$null")
MOST = 1000


class Cmdlets:
    """The administration end of one workload (`exchange` or `purview`)."""

    def __init__(self, world: World, workload: str, throttle: Throttle, signer: Signer, pager: Pager) -> None:
        self.world, self.workload, self.throttle, self.signer, self.pager = world, workload, throttle, signer, pager
        self.source = CmdletRows(world, workload)

    def answer(self, call: Call, prefix: str) -> Answer:
        """One request below `prefix`; raises Refusal for what is refused before the cmdlet runs."""
        path = call.path.removeprefix(prefix)
        if self.workload == "purview":
            region = path.split("/")[1]
            if region != REGION:
                return self._elsewhere(call, prefix, path)
            path = path.removeprefix(f"/{REGION}")
        self._check(call, path)
        self.throttle.take("EXO")
        return self._invoke(call)

    def _elsewhere(self, call: Call, prefix: str, path: str) -> Answer:
        """The global Purview host only says where the tenant's region is."""
        return Answer(302, "", {"Location": f"{call.base}{prefix}/{REGION}{path}", "request-id": str(uuid.uuid4())}, "text/html")

    def _check(self, call: Call, path: str) -> None:
        found = re.fullmatch(r"/adminapi/(?:beta|v1\.0)/([^/]+)/InvokeCommand", path, re.IGNORECASE)
        if not found or call.method != "POST":
            raise Refusal(404, "NotFound", "The requested resource was not found.")
        token = claims(call, self.signer, AUDIENCES[self.workload])
        if "Exchange.ManageAsApp" not in token["roles"]:
            raise Refusal(401, "Unauthorized", "The token has no role that this interface accepts.")
        if not set(token["wids"]) & READERS:
            raise Refusal(403, "Forbidden", "The role assigned to application isn't supported in this scenario.")
        if found[1].lower() not in {self.world.tenant["id"], self.world.tenant["initial"], self.world.tenant["domain"]}:
            raise Refusal(403, "Forbidden", "The tenant in the address is not the tenant of the token.")

    def _invoke(self, call: Call) -> Answer:
        try:
            given = json.loads(call.body)["CmdletInput"]
            name, parameters = str(given["CmdletName"]), dict(given.get("Parameters") or {})
        except (ValueError, KeyError, TypeError):
            return failure("BadRequest", "Microsoft.Exchange.Admin.InvalidRequest", "The request body is not a cmdlet.")
        short = name.removeprefix("Get-")
        if not name.startswith("Get-") or not self.source.exists(short):
            text = f"The term '{name}' is not recognized as the name of a cmdlet, function, script file, or operable program."
            return failure("BadRequest", "Microsoft.Exchange.Management.PSDirectInvoke.CommandNotFoundException", text)
        known = {"ResultSize", "ErrorAction", *self.source.specs[short].get("parameters", ())}
        strange = next((one for one in parameters if one not in known and not one.startswith("@")), None)
        if strange is not None:
            text = f"A parameter cannot be found that matches parameter name '{strange}'."
            return failure("BadRequest", "System.Management.Automation.ParameterBindingException", text)
        return self._page(call, short, name, parameters)

    def _page(self, call: Call, short: str, name: str, parameters: Mapping[str, Any]) -> Answer:
        rows = select(short, self.source.rows(short), parameters)
        spec = self.source.specs[short]
        size = min(MOST, self._wanted(call))
        scope = f"{self.workload} {name} {json.dumps(parameters, sort_keys=True)}"
        token = re.search(r"\$skiptoken=([^&]+)", call.query)
        start = self.pager.offset(scope, token[1]) if token else 0
        value: list[Any] = [self._dressed(self._without_detail(row, spec, parameters), name) for row in rows[start : start + size]]
        payload: dict[str, Any] = {"@odata.context": f"{call.base}{call.path.rsplit('/', 1)[0]}/$metadata#Collection(Exchange.PSCmdlet)"}
        payload["@adminapi.warnings@odata.type"], payload["@adminapi.warnings"] = "#Collection(String)", []
        if start + size < len(rows):
            payload["@odata.nextLink"] = f"{call.base}{call.path}?$skiptoken={self.pager.token(scope, start + size)}"
        if not rows and spec.get("nothing"):
            value = [None]
        return Answer(200, payload | {"value": value}, {"request-id": str(uuid.uuid4())}, "application/json; odata.metadata=minimal")

    def _wanted(self, call: Call) -> int:
        found = re.search(r"odata\.maxpagesize=(\d+)", call.headers.get("prefer", ""))
        return max(1, int(found[1])) if found else MOST

    def _without_detail(self, row: Row, spec: Mapping[str, Any], parameters: Mapping[str, Any]) -> Row:
        return row if "detail" not in spec or parameters.get("DistributionDetail") is True else row | spec["detail"]

    def _dressed(self, row: Row, name: str) -> Row:
        """The row with what the interface adds: directory paths, and type annotations beside collections and ids."""
        tenant = self.world.tenant
        identity = str(row.get("Name", row.get("Identity", name)))
        noise = {
            "Identity": identity, "Id": identity, "DistinguishedName": f"CN={identity},OU={tenant['initial']},DC=NAMPR04A001,DC=PROD",
            "OrganizationId": f"NAMPR04A001.PROD.OUTLOOK.COM/{tenant['initial']}",
            "OriginatingServer": "BY1PR04A001DC01.NAMPR04A001.PROD.OUTLOOK.COM",
            "ObjectState": "Unchanged", "ExchangeVersion": "0.20 (15.0.0.0)", "WhenChangedUTC": self.world.references.one("ms", "ago/30d"),
        }  # fmt: skip
        full = {**noise, **row}
        dressed: Row = {}
        for key, value in full.items():
            if isinstance(value, list):
                dressed[f"{key}@odata.type"], dressed[f"{key}@data.type"] = "#Collection(String)", "System.Collections.Generic.List`1"
            elif key.endswith("Guid"):
                dressed[f"{key}@odata.type"], dressed[f"{key}@data.type"] = "#Guid", "System.Guid"
            dressed[key] = value
        return dressed


def select(cmdlet: str, rows: Sequence[Row], parameters: Mapping[str, Any]) -> Sequence[Row]:
    """What a cmdlet's parameters leave of its rows."""
    if FORWARDING.search(str(parameters.get("Filter", ""))):
        return [row for row in rows if row.get("ForwardingSmtpAddress") or row.get("ForwardingAddress")]
    if cmdlet == "TenantAllowBlockListItems":
        wanted = parameters.get("ListType", "Sender")
        return [row for row in rows if row["ListType"] == wanted and (not parameters.get("Allow") or row["Action"] == "Allow")]
    if "RoleAssigneeType" in parameters:
        return [row for row in rows if row["RoleAssigneeType"] == parameters["RoleAssigneeType"]]
    if cmdlet == "OutboundConnector" and not parameters.get("IncludeTestModeConnectors"):
        return [row for row in rows if not row["TestMode"]]
    if "Identity" in parameters:
        wanted = str(parameters["Identity"]).lower()
        names = ("Name", "Identity", "Guid", "ExternalDirectoryObjectId", "PrimarySmtpAddress", "DisplayName")
        return [row for row in rows if wanted in {str(row.get(name, "")).lower() for name in names}]
    return rows


def failure(code: str, kind: str, text: str, status: int = 400) -> Answer:
    """An error of the cmdlet itself, in the form of this interface."""
    detail = f"Ex6F9304|{kind}|{text}"
    inner = {"message": "Error executing cmdlet", "type": kind, "stacktrace": "", "internalexception": {"message": detail, "type": kind}}
    error = {
        "code": code,
        "message": "Error executing cmdlet",
        "details": [{"code": "Context", "target": "", "message": detail}],
        "innererror": inner,
    }
    return Answer(status, {"error": error}, {"X-ExceptionType": kind, "request-id": str(uuid.uuid4())})
