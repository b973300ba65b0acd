"""Whose applications are, what they hold, and which of them are business associates on record.

Definitions: foreign, health_data_permissions, takeover_permissions, register_row. Ids compare in lower case.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from scanners.attesting import YEAR, day_of, within
from scanners.errors import Undecided, Unrecognised
from scanners.facts.app_role_assignments import AppRoleAssignment
from scanners.facts.oauth2_permission_grants import PermissionGrant
from scanners.facts.scanner_identity import ScannerIdentity
from scanners.facts.service_principals import ServicePrincipal
from scanners.facts.statements_agreements import BusinessAssociate, BusinessAssociateRegister
from scanners.facts.statements_agreements import facts as agreements
from scanners.health_data import opens_health_data
from scanners.permissions import GRAPH
from scanners.three_valued import Maybe, Sorted, some, sort

MICROSOFT_TENANTS = frozenset({"f8cdef31-a31e-4b4a-93e4-5f571e91255a", "72f988bf-86f1-41af-91ab-2d7cd011db47"})
OWNERLESS_TYPES = frozenset({"ManagedIdentity", "Legacy"})  # made in this tenant, without an owner organisation

REGISTER = next(fact for fact in agreements if fact.reading is BusinessAssociateRegister)

Owner = Literal["first party", "foreign", "own"]
R = TypeVar("R", AppRoleAssignment, PermissionGrant)


def owner_of(application: ServicePrincipal, tenant: str) -> Owner | None:
    """Microsoft's, another organisation's, or this tenant's; None where nobody can tell. The kind of principal does not matter."""
    organisation = application.app_owner_organization_id
    if organisation is None:
        return "own" if application.service_principal_type in OWNERLESS_TYPES else None
    if is_first_party(application):
        return "first party"
    return "own" if organisation.lower() == tenant.lower() else "foreign"


def is_first_party(application: ServicePrincipal) -> bool:
    """One of Microsoft's own."""
    organisation = application.app_owner_organization_id
    return organisation is not None and organisation.lower() in MICROSOFT_TENANTS


def switched_on(application: ServicePrincipal) -> bool:
    """Not disabled; null counts as on, because nothing keeps it from signing in."""
    return application.account_enabled is not False


@dataclass(frozen=True, slots=True)
class Holding:
    """One permission that an application holds; `permission` is None where its name could not be resolved."""

    permission: str | None
    resource: str | None  # the service's application id
    delegated: bool


@dataclass(frozen=True, slots=True)
class Access:
    """What all applications hold, by the object id of the application."""

    roles: Mapping[str, tuple[AppRoleAssignment, ...]]
    grants: Mapping[str, tuple[PermissionGrant, ...]]
    services: Mapping[str, str]  # object id of a service -> its application id

    def application_permissions(self, application: ServicePrincipal) -> tuple[Holding, ...]:
        """What the application may do as itself, without any person."""
        rows = self.roles.get(application.id.lower(), ())
        return tuple(Holding(row.permission, row.resource_app_id and row.resource_app_id.lower(), False) for row in rows)

    def delegated_permissions(self, application: ServicePrincipal) -> tuple[Holding, ...]:
        """What the application may do in the name of people."""
        rows = self.grants.get(application.id.lower(), ())
        return tuple(Holding(word, self.services.get(row.resource_id.lower()), True) for row in rows for word in row.scope.split())

    def holdings(self, application: ServicePrincipal) -> tuple[Holding, ...]:
        """All that the application may do."""
        return self.application_permissions(application) + self.delegated_permissions(application)

    def people(self, application: ServicePrincipal) -> int | Literal["everybody"] | None:
        """How many people allowed the application to act for them: the largest number on one service, or everybody; None where that is unclear."""
        per_service: dict[str, int] = {}
        try:
            for row in self.grants.get(application.id.lower(), ()):
                if row.consent_type == "AllPrincipals":
                    return "everybody"
                per_service[row.resource_id] = per_service.get(row.resource_id, 0) + row.grants
        except Undecided:
            return None
        return max(per_service.values(), default=0)


def access_of(
    service_principals: Iterable[ServicePrincipal], app_role_assignments: Iterable[AppRoleAssignment], grants: Iterable[PermissionGrant] = ()
) -> Access:
    """The permissions of all applications, joined. Raises Unrecognised when a row does not say whose it is."""
    roles = _by_owner((row.principal_id, row) for row in app_role_assignments)
    return Access(roles, _by_owner((row.client_id, row) for row in grants), dict(_services(service_principals)))


def _services(service_principals: Iterable[ServicePrincipal]) -> Iterator[tuple[str, str]]:
    for sp in service_principals:
        try:
            yield sp.id.lower(), sp.app_id.lower()
        except Undecided:
            continue  # grants on it are on a service that is not known


def _by_owner(rows: Iterable[tuple[str, R]]) -> Mapping[str, tuple[R, ...]]:
    found: dict[str, list[R]] = {}
    for owner, row in rows:
        found.setdefault(owner.lower(), []).append(row)
    return {owner: tuple(theirs) for owner, theirs in found.items()}


def reaches_health_data(holdings: Iterable[Holding]) -> Maybe:
    """Whether any of the permissions can open content that may be ePHI; unknown where a name could not be resolved and no other one decides."""
    return some(None if held.permission is None else opens_health_data(held.permission, held.resource) for held in holdings)


def health_permissions(holdings: Iterable[Holding]) -> tuple[str, ...]:
    """The names of the permissions that can open content that may be ePHI."""
    return tuple(sorted({held.permission for held in holdings if held.permission and opens_health_data(held.permission, held.resource) is not False}))


def may_read_health_data(application: ServicePrincipal, held: Iterable[Holding], tenant: str, owners: frozenset[Owner]) -> bool:
    """Whether the application is on, belongs to one of `owners`, and some permission in `held` can open content that may be ePHI.

    Raises Unrecognised where that hangs on a permission without a name, or on whose application it is.
    """
    if not switched_on(application):
        return False
    owner = owner_of(application, tenant)
    reach = reaches_health_data(held) if owner is None or owner in owners else False
    if reach is None:
        raise Unrecognised("an application holds a permission whose name could not be resolved")
    if reach and owner is None:
        raise Unrecognised("an application that can open content does not say whose it is")
    return reach


def judge_picked(
    applications: Iterable[ServicePrincipal], picked: Callable[[ServicePrincipal], Maybe], good: Callable[[ServicePrincipal], Maybe]
) -> Sorted[ServicePrincipal]:
    """Sort the applications that are picked. Where it is unclear whether one is, a bad one is unclear too, and a good one stays good."""

    def test(application: ServicePrincipal) -> Maybe:
        answer = good(application)
        return answer if answer is not False or picked(application) else None

    choice = sort(applications, picked)
    return sort((*choice.good, *choice.unclear), test)


_TAKEOVER = """
    RoleManagement.ReadWrite.Directory AppRoleAssignment.ReadWrite.All Application.ReadWrite.All Directory.ReadWrite.All
    RoleAssignmentSchedule.ReadWrite.Directory RoleEligibilitySchedule.ReadWrite.Directory PrivilegedAccess.ReadWrite.AzureADGroup
    PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup UserAuthenticationMethod.ReadWrite.All
    User-PasswordProfile.ReadWrite.All Policy.ReadWrite.PermissionGrant Policy.ReadWrite.ConditionalAccess Policy.ReadWrite.AuthenticationMethod
    RoleManagementPolicy.ReadWrite.Directory EntitlementManagement.ReadWrite.All Domain.ReadWrite.All Domain-InternalFederation.ReadWrite.All
    PublicKeyInfrastructure.ReadWrite.All RoleManagement.ReadWrite.Exchange PrivilegedAccess.ReadWrite.AzureAD UserAuthMethod-Password.ReadWrite.All
    UserAuthMethod-TAP.ReadWrite.All UserAuthMethod-Passkey.ReadWrite.All Organization.ReadWrite.All Synchronization.ReadWrite.All
"""
TAKEOVER = frozenset(name.lower() for name in _TAKEOVER.split())
OWN_APPLICATIONS_ONLY = "application.readwrite.ownedby"  # dangerous only beside another one: alone it reaches what the application made itself


def takeover_permissions(holdings: Iterable[Holding]) -> tuple[str, ...]:
    """The application permissions on Microsoft Graph by which an application makes itself or anyone administrator."""
    held = {h.permission for h in holdings if h.permission and h.resource == GRAPH and not h.delegated}
    found = {name for name in held if name.lower() in TAKEOVER}
    beside = {name for name in held if name.lower() == OWN_APPLICATIONS_ONLY} if found else set()
    return tuple(sorted(found | beside))


def can_take_over(holdings: tuple[Holding, ...]) -> Maybe:
    """Whether the permissions let an application make itself or anyone administrator; unknown where a name on Microsoft Graph is not resolved."""
    if takeover_permissions(holdings):
        return True
    unresolved = any(h.permission is None and h.resource == GRAPH and not h.delegated for h in holdings)
    return None if unresolved else False


def register_row(register: BusinessAssociateRegister, app_id: str, at: datetime) -> Literal["valid", "no longer valid", "missing"]:
    """Whether the register of business associates covers the application. Several entries may name it; one valid entry is enough."""
    named = [entry for entry in register.details.entries if app_id.lower() in lower(entry.app_ids)]
    if any(entry_is_valid(entry, at) for entry in named):
        return "valid"
    return "no longer valid" if named else "missing"


def entry_is_valid(entry: BusinessAssociate, at: datetime) -> bool:
    """Reviewed within a year, and either without ePHI or under a signed, complete agreement that has not ended."""
    if not within(entry.reviewed_on, at, YEAR):
        return False
    if not entry.handles_phi:
        return True
    signed = entry.baa_signed_on is not None and entry.baa_signed_on <= day_of(at)
    return signed and entry.clauses_complete and (entry.baa_until is None or entry.baa_until > day_of(at))


def lower(ids: Iterable[str]) -> frozenset[str]:
    """Ids in the case in which they compare."""
    return frozenset(each.lower() for each in ids)


def is_scanner(application: ServicePrincipal, identity: ScannerIdentity | None) -> bool:
    """The identity that runs the scans is judged by a control of its own."""
    return identity is not None and identity.object_id is not None and application.id.lower() == identity.object_id.lower()


def label(application: ServicePrincipal) -> str:
    """How a result names an application: its application id, which tells the same application in every tenant."""
    return application.app_id
