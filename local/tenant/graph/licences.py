"""What the service refuses for want of a licence, decided from the service plans of the tenant's subscriptions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from local.tenant.answers import Refusal

DEFENDER = ("ATP_ENTERPRISE", "THREAT_INTELLIGENCE", "WINDEFATP", "MDE_LITE", "MDE_SMB", "AAD_PREMIUM_P2")
RULES: dict[str, tuple[tuple[str, ...], Refusal]] = {
    "p1": (
        ("AAD_PREMIUM", "AAD_PREMIUM_P2"),
        Refusal(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "Neither tenant is B2C or tenant doesn't have premium license"),
    ),
    "pim": (
        ("AAD_PREMIUM_P2", "Entra_Identity_Governance"),
        Refusal(400, "AadPremiumLicenseRequired", "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license."),
    ),
    "governance": (
        ("AAD_PREMIUM_P2", "Entra_Identity_Governance"),
        Refusal(
            403,
            "NoLicense",
            "Tenant does not meet license requirement. Tenant must have a Microsoft Entra ID P2 or Microsoft Entra ID Governance license.",
        ),
    ),
    "risk": (("AAD_PREMIUM_P2",), Refusal(403, "Forbidden", "Your tenant is not licensed for this feature.")),
    "intune": (("INTUNE_A",), Refusal(400, "BadRequest", "Request not applicable to target tenant.")),
    "attack_simulation": (
        ("THREAT_INTELLIGENCE",),
        Refusal(403, "Forbidden", "The tenant is not licensed for Defender for Office 365 Plan 2."),
    ),
    "defender": (DEFENDER, Refusal(403, "Forbidden", "Your tenant is not licensed for this feature.")),
}


def check(rule: str | None, plans: Collection[str], tenant: Mapping[str, Any]) -> None:
    """Raises the licence refusal of a rule unless one of its plans is there."""
    if rule == "secure_score":
        if not tenant.get("secure_score_provisioned", True):
            raise Refusal(404, "NotFound", "Secure Score is not provisioned for the tenant.")
        return
    if rule is not None and not set(RULES[rule][0]) & set(plans):
        raise RULES[rule][1]


def silent(row: Mapping[str, Any], plans: Collection[str]) -> bool:
    """Whether a path answers an empty list because the plan behind it is absent."""
    gate = row.get("gate")
    return gate is not None and gate not in plans and not (gate == "AAD_PREMIUM" and "AAD_PREMIUM_P2" in plans)
