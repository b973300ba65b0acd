"""Words about service providers: organisations whose own users administer this tenant."""

from datetime import datetime

from scanners.applications import REGISTER, entry_is_valid
from scanners.facts.organization import Organization
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.statements_agreements import BusinessAssociateRegister

__all__ = ["REGISTER", "foreign_tenant", "is_registered"]

NO_TENANT = "00000000-0000-0000-0000-000000000000"


def foreign_tenant(assignment: RoleAssignment, organization: Organization) -> str | None:
    """The tenant that the holder of the role belongs to, where it is another one than the scanned."""
    tenant = (assignment.principal_organization_id or NO_TENANT).lower()
    return None if tenant in {NO_TENANT, organization.id.lower()} else tenant


def is_registered(register: BusinessAssociateRegister | None, tenant: str, at: datetime) -> bool:
    """The register has a valid entry that names the tenant; without a register nobody is registered."""
    entries = register.details.entries if register is not None else ()
    return any(tenant.lower() in {each.lower() for each in entry.tenant_ids} and entry_is_valid(entry, at) for entry in entries)
