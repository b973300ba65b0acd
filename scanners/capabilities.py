"""What a person's plans make possible, told by service plan and never by product name.

Service plan ids: https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from scanners.facts.subscribed_skus import SubscribedSku
from scanners.facts.users import User
from scanners.workloads import MAILBOX_PLANS, TEAMS

LIVE = frozenset({"Enabled", "Warning"})  # Warning: in the grace period, but still working


@dataclass(frozen=True, slots=True)
class Capability:
    """What a person needs of the plans: any one of these. `lost` is what cannot be done for a person without."""

    plans: frozenset[str]
    lost: str


CAPABILITIES: Mapping[str, Capability] = MappingProxyType(
    {
        "conditional access": Capability(
            frozenset({"41781fb2-bc02-4b7c-bd55-b576c07bb09d"}),  # AAD_PREMIUM
            "sign-in rules beyond security defaults: multifactor by rule, blocked clients, session limits",
        ),
        "device management": Capability(
            frozenset({"c1ec4a95-1f05-45b3-a911-aa3fa01094f5"}),  # INTUNE_A
            "encryption, lock and wipe of devices, and protected applications on phones",
        ),
        "mail hold, archive and DLP": Capability(
            # EXCHANGE_S_ENTERPRISE, or the archive add-on beside a smaller plan
            frozenset({"efb87545-963c-4e0d-99df-69c6916d9eb0", "176a09a6-7ec5-4039-ac02-b2791c6ba793"}),
            "keeping mail against deletion, and rules that stop ePHI from leaving by mail",
        ),
        "message encryption": Capability(
            # RMS_S_ENTERPRISE, RMS_S_PREMIUM
            frozenset({"bea4c11e-220a-4e6d-8eb8-8ea15d019f90", "6c57d4b6-3b23-47a5-9bc9-69f17b4947b3"}),
            "encrypted mail to patients and partners",
        ),
        "sensitivity labels": Capability(
            # MIP_S_CLP1, MIP_S_CLP2; RMS_S_PREMIUM (Azure Information Protection P1), by which Business Premium has labels that people choose
            frozenset({"5136a095-5cf0-4aff-bec3-e84448b38ea5", "efb0351d-3b08-4503-993d-383af8de41e3", "6c57d4b6-3b23-47a5-9bc9-69f17b4947b3"}),
            "classifying and protecting files and teams that hold ePHI",
        ),
    }
)


def active_plans(user: User) -> frozenset[str]:
    """The service plans that work for the user. One that is switched off inside a product is not among them."""
    return frozenset(plan.service_plan_id.lower() for plan in user.assigned_plans if plan.capability_status in LIVE)


def carries_ephi(user: User) -> bool:
    """The user has a mailbox or Teams, and so a place where ePHI can be."""
    return bool(active_plans(user) & (MAILBOX_PLANS | {TEAMS}))


def lacking(user: User, capabilities: Iterable[str]) -> tuple[str, ...]:
    """Which of the capabilities no plan of the user gives."""
    active = active_plans(user)
    return tuple(name for name in capabilities if not CAPABILITIES[name].plans & active)


def paid_for(user: User, skus: Iterable[SubscribedSku], capabilities: Iterable[str]) -> bool:
    """No product that the user's capabilities come from is suspended or gone. One that the tenant does not list is judged by its plans."""
    wanted = frozenset[str]().union(*(CAPABILITIES[name].plans for name in capabilities)) & active_plans(user)
    held = {licence.sku_id.lower() for licence in user.assigned_licenses}
    carriers = (s for s in skus if s.sku_id.lower() in held and any(p.service_plan_id.lower() in wanted for p in s.service_plans))
    return all(sku.capability_status in LIVE for sku in carriers)
