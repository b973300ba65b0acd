"""Which plans the tenant has, from its subscribed SKUs.

A plan is present when some SKU is Enabled or Warning and the service plan in it has provisioningStatus Success. One whose provisioning is pending is
neither present nor absent: tenants use such services (Intune stays at PendingInput where nobody has chosen its authority), so they are asked.
"""

from collections.abc import Iterable

from scanners.errors import NotLicensed, Undecided, Unrecognised
from scanners.facts.subscribed_skus import ServicePlan, SubscribedSku
from scanners.permissions import Plan


def has_plan(skus: Iterable[SubscribedSku], *plans: Plan) -> bool | None:
    """True when any of the plans is present, False when all are absent, None when a SKU could not be recognised or the plan is only coming."""
    wanted, families, doubt = {p.id for p in plans if p.id}, tuple(p.family for p in plans if p.family), False
    for sku in skus:
        try:
            if sku.capability_status not in {"Enabled", "Warning"}:
                continue
            for plan in sku.service_plans:
                if _is_one_of(plan, wanted, families):
                    if plan.provisioning_status == "Success":
                        return True
                    doubt = doubt or plan.provisioning_status.startswith("Pending")
        except Undecided:
            doubt = True
    return None if doubt else False


def _is_one_of(plan: ServicePlan, ids: set[str], families: tuple[str, ...]) -> bool:
    return plan.service_plan_id.lower() in ids or any(family in plan.service_plan_name.upper() for family in families)


def require_plan(skus: Iterable[SubscribedSku], *plans: Plan) -> None:
    """Stop the judgement as not licensed when the tenant has none of the plans, and as unrecognised when that cannot be told."""
    found, titles = has_plan(skus, *plans), " or ".join(plan.title for plan in plans)
    if found is None:
        raise Unrecognised(f"it cannot be told from the subscriptions whether the tenant has {titles}")
    if not found:
        raise NotLicensed(f"the tenant has no {titles}", f"Add {titles}, or cover the safeguard in another way and record it as an exception.")
