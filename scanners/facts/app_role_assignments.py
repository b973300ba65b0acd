"""The application permissions that applications hold on the services where ePHI may be: Graph, Exchange, SharePoint, the audit feed, rights management.

Source: https://learn.microsoft.com/graph/api/serviceprincipal-list-approleassignedto . One paged read per service instead of one per application. Graph
gives ids; the name of a permission comes from the service's own list of roles, and an id that is not in it has no name (null). What the identity that
runs the scans holds is read as well, so that a permission on any other service is seen.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scanners.errors import Unrecognised
from scanners.model import Ask, Fact, Page, Readings
from scanners.permissions import APPLICATION_READ_ALL, EXCHANGE_ONLINE, GRAPH, SHAREPOINT_ONLINE
from scanners.reading import Json, Row, Timestamp, absent_is_null, read_rows

RESOURCES: Mapping[str, str] = {
    GRAPH: "Microsoft Graph",
    EXCHANGE_ONLINE: "Exchange Online",
    SHAREPOINT_ONLINE: "SharePoint Online",
    "c5393580-f805-4401-95e8-94b7a6ef2fc2": "Office 365 Management APIs",
    "00000012-0000-0000-c000-000000000000": "Azure Rights Management",
}
DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"  # assigned without any permission
NO_PERMISSION = ""


class AppRoleAssignment(Row):
    """One permission that one principal holds on one service. resource_app_id and permission are null where they could not be resolved."""

    id: str
    principal_id: str
    principal_type: str
    resource_id: str
    resource_app_id: str | None
    app_role_id: str
    permission: str | None
    created_date_time: Timestamp | None = absent_is_null()


class AppRole(Row):
    """A permission that a service offers."""

    id: str
    value: str | None


class _Stored(Row):
    """What is kept of an assignment, and of a service with its list of permissions."""

    id: str
    principal_id: str
    principal_type: str
    resource_id: str
    app_role_id: str
    created_date_time: Timestamp | None
    app_id: str
    app_roles: tuple[AppRole, ...]


def asks(readings: Readings) -> Iterator[Ask]:
    """For each service its permissions, then who holds them; then what the scanner itself holds."""
    services = {sp.id for sp in readings["service_principals"] if sp.app_id.lower() in RESOURCES}
    if not any(sp.app_id.lower() == GRAPH for sp in readings["service_principals"]):
        raise Unrecognised("Microsoft Graph is not among the tenant's service principals, so the list of them is incomplete")
    for service in sorted(services):
        yield _service(service)
        yield _holders(service)
    identity = readings.get("scanner_identity")
    if identity is not None and identity.object_id is not None:
        yield _held_by(identity.object_id)


def _service(service: str) -> Ask:
    return Ask(build=lambda graph: graph.service_principals.by_service_principal_id(service), query={"$select": "id,appId,appRoles"}, about=service)


def _holders(service: str) -> Ask:
    return Ask(
        build=lambda graph: graph.service_principals.by_service_principal_id(service).app_role_assigned_to, query={"$top": "999"}, about=service
    )


def _held_by(principal: str) -> Ask:
    return Ask(
        build=lambda graph: graph.service_principals.by_service_principal_id(principal).app_role_assignments, query={"$top": "999"}, about=principal
    )


def reduce(page: Json) -> Json:
    """Keep no row of a person: who is assigned to a service says nothing about what applications may do."""
    if "value" not in page:
        return page
    return {**page, "value": [row for row in page["value"] if row["principalType"] != "User"]}


def read(pages: Iterable[Page]) -> tuple[AppRoleAssignment, ...]:
    """Assignments with the names of service and permission filled in, each once."""
    services: dict[str, tuple[str, dict[str, str]]] = {}
    rows: dict[str, dict[str, Any]] = {}
    for page in pages:
        if "value" in page.body:
            rows.update({row["id"]: row for row in page.body["value"]})
        else:
            services[page.body["id"]] = page.body["appId"], {role["id"]: role["value"] for role in page.body["appRoles"]}
    return read_rows(AppRoleAssignment, (_resolved(row, services) for row in rows.values()))


def _resolved(row: dict[str, Any], services: Mapping[str, tuple[str, dict[str, str]]]) -> Json:
    app_id, roles = services.get(row["resourceId"], (None, {}))
    name = NO_PERMISSION if row["appRoleId"] == DEFAULT_ACCESS else roles.get(row["appRoleId"])
    return {**row, "resourceAppId": app_id, "permission": name}


fact = Fact(
    reading=tuple[AppRoleAssignment, ...],
    asks=asks,
    after=("service_principals", "scanner_identity"),
    permissions=(APPLICATION_READ_ALL,),
    stored=tuple[_Stored, ...],
    keep="listed",
    reduce=reduce,
    read=read,
    sample=[
        {
            "id": "7b7b7b7b-0000-4000-8000-000000000001",
            "principalId": "5a5a5a5a-0000-4000-8000-000000000001",
            "principalType": "ServicePrincipal",
            "resourceId": "00000000-0000-4000-8000-0000000000aa",
            "resourceAppId": GRAPH,
            "appRoleId": "810c84a8-4a9e-49e6-bf7d-12d183f40d01",
            "permission": "Mail.Read",
            "createdDateTime": "2026-02-01T00:00:00Z",
        }
    ],
)
