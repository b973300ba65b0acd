"""Who owns the applications that could take over the tenant or read its health data: an owner can add a secret and act as the application.

Source: https://learn.microsoft.com/graph/api/serviceprincipal-list-owners . Asked for each application with such a permission, with one that could not be
resolved, or with a privileged directory role; for the tenant's own registrations their owners are asked too, because these can add secrets as well.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scanners.application_roles import roles_held
from scanners.applications import access_of, can_take_over, reaches_health_data
from scanners.facts.service_principals import ServicePrincipal
from scanners.model import Ask, Fact, Page, Readings
from scanners.permissions import APPLICATION_READ_ALL
from scanners.reading import Row, read_rows
from scanners.roles import privileged


class ServicePrincipalOwners(Row):
    """The owners of one application and of its registration; not readable when it went away meanwhile."""

    service_principal_id: str
    readable: bool
    owner_ids: tuple[str, ...]


class _Stored(Row):
    id: str


def asks(readings: Readings) -> Iterator[Ask]:
    """The owners of each application in scope, and of its registration when it is in this tenant."""
    registrations = _registrations(readings)
    for application in sorted(powerful(readings), key=lambda sp: sp.id):
        yield _owners(application.id)
        if (registration := registrations.get(application.app_id.lower())) is not None:
            yield _registration_owners(registration, application.id)


def _registrations(readings: Readings) -> Mapping[str, str]:
    return {application.app_id.lower(): application.id for application in readings["applications"]}


def powerful(readings: Readings) -> Iterator[ServicePrincipal]:
    """Applications that could take over the tenant, read health data as themselves, or hold a privileged role; in doubt they are among them."""
    access = access_of(readings["service_principals"], readings["app_role_assignments"])
    roles = roles_held(readings["role_assignments"], readings["role_definitions"], readings["role_group_applications"])
    administrators = roles.tenant_wide(privileged())
    for application in readings["service_principals"]:
        held = access.application_permissions(application)
        risky = can_take_over(held) is not False or reaches_health_data(held) is not False
        if risky or application.id.lower() in administrators:
            yield application


def _owners(principal: str) -> Ask:
    return Ask(
        build=lambda graph: graph.service_principals.by_service_principal_id(principal).owners,
        query={"$select": "id"},
        about=principal,
        tolerates=frozenset({404}),
    )


def _registration_owners(registration: str, principal: str) -> Ask:
    return Ask(
        build=lambda graph: graph.applications.by_application_id(registration).owners,
        query={"$select": "id"},
        about=principal,
        tolerates=frozenset({404}),
    )


def read(pages: Iterable[Page]) -> tuple[ServicePrincipalOwners, ...]:
    """The pages of each application put together."""
    found: dict[str, dict[str, Any]] = {}
    for page in pages:
        row = found.setdefault(page.about, {"servicePrincipalId": page.about, "readable": True, "ownerIds": []})
        if page.status == 404:
            row["readable"] = False
        else:
            row["ownerIds"] = sorted({*row["ownerIds"], *(owner["id"] for owner in page.body["value"])})
    return read_rows(ServicePrincipalOwners, found.values())


fact = Fact(
    reading=tuple[ServicePrincipalOwners, ...],
    asks=asks,
    after=("service_principals", "applications", "app_role_assignments", "role_assignments", "role_definitions", "role_group_applications"),
    permissions=(APPLICATION_READ_ALL,),
    stored=tuple[_Stored, ...],
    keep="listed",
    read=read,
    sample=[{"servicePrincipalId": "5a5a5a5a-0000-4000-8000-000000000001", "readable": True, "ownerIds": []}],
)
