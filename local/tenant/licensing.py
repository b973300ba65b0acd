"""Subscriptions: what a product of Microsoft's price list contains, and what the tenant has of it."""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Mapping
from typing import Any

from local.tenant.ids import guid
from local.tenant.schema import DATA

COMPANY = {"EXCHANGE_S_FOUNDATION", "INTUNE_O365", "Nucleus", "M365_LIGHTHOUSE_CUSTOMER_PLAN1", "M365_LIGHTHOUSE_PARTNER_PLAN1"}
SERVICES = {
    "EXCHANGE": "exchange",
    "SHAREPOINT": "SharePoint",
    "TEAMS": "TeamspaceAPI",
    "AAD": "AADPremiumService",
    "INTUNE": "SCO",
    "RMS": "RMSOnline",
    "ATP": "exchange",
}


@functools.cache
def products() -> dict[str, dict[str, Any]]:
    """Part number to its id and service plans (name to id)."""
    found: dict[str, dict[str, Any]] = json.loads((DATA / "skus.json").read_text("utf-8"))["skus"]
    return found


def product(part: str) -> dict[str, Any]:
    """One product; raises ValueError naming the unknown part number."""
    if part not in products():
        raise ValueError(f"{part!r} is not a known product; known are {', '.join(sorted(products()))}")
    return products()[part]


class Licences:
    """The tenant's subscriptions: `spec` maps a part number to a number of seats or to {seats, used, status, trial, disabled_plans}."""

    def __init__(self, spec: Mapping[str, Any], tenant_id: str, now: dt.datetime) -> None:
        self.tenant_id, self.now = tenant_id, now
        self.spec: dict[str, dict[str, Any]] = {
            part: dict(entry) if isinstance(entry, Mapping) else {"seats": int(entry)} for part, entry in spec.items() if entry is not None
        }
        for part in self.spec:
            product(part)
        self._cache: dict[tuple[str, ...], list[dict[str, Any]]] = {}

    def plans(self) -> set[str]:
        """Names of the service plans the tenant can use now."""
        return {
            name
            for part, entry in self.spec.items()
            if entry.get("status", "Enabled") in {"Enabled", "Warning"}
            for name in product(part)["plans"]
            if name not in entry.get("disabled_plans", ())
        }

    def products_plans(self, part: str) -> list[str]:
        """Names of the plans that one of the tenant's products has switched on."""
        off = self.spec[part].get("disabled_plans", ())
        return [name for name in product(part)["plans"] if name not in off]

    def assigned(self, part: str) -> dict[str, Any]:
        """One entry of a user's assignedLicenses."""
        return {"disabledPlans": [], "skuId": product(part)["id"]}

    def plans_of(self, parts: tuple[str, ...]) -> list[dict[str, Any]]:
        """A user's assignedPlans for these products; one list for everybody who has the same."""
        if parts not in self._cache:
            since = (self.now - dt.timedelta(days=300)).strftime("%Y-%m-%dT%H:%M:%SZ")
            self._cache[parts] = [
                {"assignedDateTime": since, "capabilityStatus": "Enabled", "service": service(name), "servicePlanId": plan}
                for part in parts
                for name, plan in product(part)["plans"].items()
                if name not in self.spec.get(part, {}).get("disabled_plans", ())
            ]
        return self._cache[parts]

    def rows(self) -> list[dict[str, Any]]:
        """The answer of /subscribedSkus."""
        return [self._row(part, entry) for part, entry in self.spec.items()]

    def _row(self, part: str, entry: Mapping[str, Any]) -> dict[str, Any]:
        status, seats = entry.get("status", "Enabled"), int(entry["seats"])
        off = entry.get("disabled_plans", ())
        units = {"enabled": 0, "lockedOut": 0, "suspended": 0, "warning": 0} | {status[0].lower() + status[1:]: seats}
        return {
            "id": f"{self.tenant_id}_{product(part)['id']}", "accountId": self.tenant_id, "accountName": "tenant", "appliesTo": "User",
            "capabilityStatus": status, "consumedUnits": int(entry.get("used", seats)), "prepaidUnits": units, "skuId": product(part)["id"],
            "skuPartNumber": part, "subscriptionIds": [guid(self.tenant_id, "subscription", part)],
            "servicePlans": [
                {"appliesTo": "Company" if name in COMPANY else "User", "provisioningStatus": "Disabled" if name in off else "Success",
                 "servicePlanId": plan, "servicePlanName": name}
                for name, plan in product(part)["plans"].items()
            ],
        }  # fmt: skip

    def subscriptions(self) -> list[dict[str, Any]]:
        """The answer of /directory/subscriptions."""
        renewal = (self.now + dt.timedelta(days=120)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return [
            {
                "id": guid(self.tenant_id, "subscription", part), "commerceSubscriptionId": guid(self.tenant_id, "commerce", part),
                "createdDateTime": "2023-02-01T00:00:00Z", "isTrial": bool(entry.get("trial", False)), "nextLifecycleDateTime": renewal,
                "ownerId": None,
                "ownerTenantId": None, "ownerType": "User", "serviceStatus": [], "skuId": product(part)["id"], "skuPartNumber": part,
                "status": entry.get("status", "Enabled"), "totalLicenses": int(entry["seats"]),
            }
            for part, entry in self.spec.items()
        ]  # fmt: skip


def service(plan: str) -> str:
    """The service a plan belongs to, as assignedPlans names it."""
    return next((name for start, name in SERVICES.items() if plan.startswith(start)), plan.split("_")[0].lower())
