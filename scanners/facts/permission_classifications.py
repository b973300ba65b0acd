"""Which permissions the tenant calls low risk. The tenant decides: a mail permission may be among them.

Source: https://learn.microsoft.com/graph/api/serviceprincipal-list-delegatedpermissionclassifications . Asked of Microsoft Graph, Exchange Online and
SharePoint Online, where the tenant has them.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from scanners.errors import Unrecognised
from scanners.model import Ask, Fact, Page, Readings
from scanners.permissions import APPLICATION_READ_ALL, EXCHANGE_ONLINE, GRAPH, SHAREPOINT_ONLINE
from scanners.reading import Row, read_rows


class PermissionClassification(Row):
    """One delegated permission of one service, with the tenant's word for its risk."""

    resource_app_id: str
    permission_id: str
    permission_name: str
    classification: Literal["low", "medium", "high"]


class _Stored(Row):
    permission_id: str
    permission_name: str
    classification: str


def asks(readings: Readings) -> Iterator[Ask]:
    """One request per service; the answer is filed under the service's application id."""
    services = {sp.app_id.lower(): sp.id for sp in readings["service_principals"]}
    if GRAPH not in services:
        raise Unrecognised("Microsoft Graph is not among the tenant's service principals, so the list of them is incomplete")
    for app_id in (GRAPH, EXCHANGE_ONLINE, SHAREPOINT_ONLINE):
        if app_id in services:
            yield _classified(app_id, services[app_id])


def _classified(app_id: str, service: str) -> Ask:
    return Ask(build=lambda graph: graph.service_principals.by_service_principal_id(service).delegated_permission_classifications, about=app_id)


def read(pages: Iterable[Page]) -> tuple[PermissionClassification, ...]:
    """The rows of all services, each with the service that it is of."""
    return read_rows(PermissionClassification, ({**row, "resourceAppId": page.about} for page in pages for row in page.body["value"]))


fact = Fact(
    reading=tuple[PermissionClassification, ...],
    asks=asks,
    after=("service_principals",),
    permissions=(APPLICATION_READ_ALL,),
    stored=tuple[_Stored, ...],
    keep="listed",
    read=read,
    sample=[{"resourceAppId": GRAPH, "permissionId": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "permissionName": "User.Read", "classification": "low"}],
)
