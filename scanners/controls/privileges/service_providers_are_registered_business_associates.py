from datetime import datetime

from scanners.declare import control, does_not_apply, fails, is_due, passes, stays_unknown
from scanners.errors import Undecided
from scanners.examples import ABSENT, Unreadable
from scanners.facts.cross_tenant_access_partners import CrossTenantAccessPartner
from scanners.facts.organization import Organization
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.statements_agreements import BusinessAssociateRegister
from scanners.model import Verdict, not_applicable
from scanners.providers import REGISTER, foreign_tenant, is_registered
from scanners.statements import still_due
from scanners.three_valued import sort

PROVIDER = "eeeeeeee-0000-4000-8000-000000000001"
ENTRY = {
    "tenant_ids": [PROVIDER.upper()],
    "handles_phi": True,
    "baa_signed_on": "2026-01-01",
    "baa_until": None,
    "clauses_complete": True,
    "reviewed_on": "2026-06-01",
}
PARTNER = [{"tenantId": PROVIDER, "isServiceProvider": True}]


@control(
    title="Every service provider with access to the tenant is a registered business associate",
    cites=("164.308(b)(1)", "164.308(b)(3)", "164.314(a)(1)", "164.502(e)(1)"),
    severity="critical",
    designation="standard",
    fix="Microsoft 365 admin center > Settings > Partner relationships: end the relationship, or sign the agreement and record it in the register of business associates",
    crosswalk={"nist_800_53": ["SA-9", "PS-7"]},
    seeds=("A6", "S26"),
    proposed_rule="164.308(b)(1)",
    examples=(
        passes(cross_tenant_access_partners=PARTNER, statement_business_associate_register={"details": {"entries": [ENTRY]}}),
        fails("nobody is in the register", cross_tenant_access_partners=PARTNER, statement_business_associate_register={"details": {"entries": []}}),
        fails(
            "an agreement that has ended",
            cross_tenant_access_partners=PARTNER,
            statement_business_associate_register={"details": {"entries": [{**ENTRY, "baa_until": "2026-11-01"}]}},
        ),
        fails(
            "an entry that nobody reviewed for a year",
            cross_tenant_access_partners=PARTNER,
            statement_business_associate_register={"details": {"entries": [{**ENTRY, "reviewed_on": "2025-06-01"}]}},
        ),
        fails(
            "a foreign holder of a role, without a partner relationship",
            cross_tenant_access_partners=[],
            role_assignments=[{"principalOrganizationId": PROVIDER}],
            statement_business_associate_register={"details": {"entries": []}},
        ),
        is_due("there is no register", cross_tenant_access_partners=PARTNER, statement_business_associate_register=None),
        does_not_apply(
            "a partner is not a service provider where nothing says so",
            cross_tenant_access_partners=[{"tenantId": PROVIDER, "isServiceProvider": None}],
        ),
        does_not_apply(
            "the own tenant and all zeros are no providers",
            cross_tenant_access_partners=[],
            role_assignments=[{}, {"principalOrganizationId": "00000000-0000-0000-0000-000000000000"}],
            statement_business_associate_register=None,
        ),
        stays_unknown(cross_tenant_access_partners=Unreadable("not_permitted")),
        stays_unknown("a partner that does not say what it is", cross_tenant_access_partners=[{"tenantId": PROVIDER, "isServiceProvider": ABSENT}]),
    ),
)
def service_providers_are_registered_business_associates(
    cross_tenant_access_partners: tuple[CrossTenantAccessPartner, ...],
    role_assignments: tuple[RoleAssignment, ...],
    organization: Organization,
    statement_business_associate_register: BusinessAssociateRegister | None,
    at: datetime,
) -> Verdict:
    """A managed provider that can reach ePHI needs a contract with satisfactory assurances.

    Every partner organisation that is a service provider, and every other organisation whose principals hold a directory role here, has a valid entry in the register
    of business associates: reviewed within a year, and under a signed, complete agreement where it handles ePHI.
    """
    partners = sort(cross_tenant_access_partners, lambda partner: partner.is_service_provider is True)
    holders = sort(role_assignments, lambda row: foreign_tenant(row, organization) is not None)
    doubts: tuple[Undecided, ...] = (*partners.doubts, *holders.doubts)
    named = (*(p.tenant_id for p in partners.good), *(row.principal_organization_id or "" for row in holders.good))
    tenants = sorted({tenant.lower() for tenant in named})
    piles = sort(tenants, lambda tenant: is_registered(statement_business_associate_register, tenant, at))
    if statement_business_associate_register is None and tenants:
        return still_due(
            REGISTER, f"{len(tenants)} service providers reach this tenant and there is no register of business associates", tenants=tenants
        )
    if doubts and not piles.bad:
        raise doubts[0]
    none = not_applicable("no service provider and no other organisation has access to this tenant", partners=len(cross_tenant_access_partners))
    return piles.every(
        good="service providers are registered business associates", bad="service providers are not registered", empty=none, tenants=tenants
    )
