"""The subscriptions of the tenant and the service plans in them: what the tenant can have at all.

Source: https://learn.microsoft.com/graph/api/subscribedsku-list . A plan is told by its id, never by a product name.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.permissions import LICENSE_ASSIGNMENT_READ_ALL
from scanners.reading import Row, absent_is_null

Status = Literal["Success", "PendingInput", "PendingActivation", "PendingProvisioning", "Disabled"]


class ServicePlan(Row):
    """One service inside a SKU."""

    service_plan_id: str
    service_plan_name: str
    provisioning_status: Status
    applies_to: Literal["User", "Company"]


class PrepaidUnits(Row):
    """Seats by state."""

    enabled: int
    warning: int
    suspended: int
    locked_out: int | None = absent_is_null()


class SubscribedSku(Row):
    """One subscription of the tenant."""

    sku_id: str
    sku_part_number: str
    capability_status: Literal["Enabled", "Warning", "Suspended", "Deleted", "LockedOut"]
    consumed_units: int
    prepaid_units: PrepaidUnits
    applies_to: Literal["User", "Company"]
    service_plans: tuple[ServicePlan, ...]


SAMPLE = [
    {
        "skuId": "06ebc4ee-1bb5-47dd-8120-11324bc54e06",
        "skuPartNumber": "SPE_E5",
        "capabilityStatus": "Enabled",
        "consumedUnits": 40,
        "prepaidUnits": {"enabled": 50, "warning": 0, "suspended": 0, "lockedOut": 0},
        "appliesTo": "User",
        "servicePlans": [
            {"servicePlanId": plan, "servicePlanName": name, "provisioningStatus": "Success", "appliesTo": "User"}
            for name, plan in (
                ("AAD_PREMIUM", "41781fb2-bc02-4b7c-bd55-b576c07bb09d"),
                ("AAD_PREMIUM_P2", "eec0eb4f-6444-4f95-aba0-50c24d67f998"),
                ("TEAMS1", "57ff2da0-773e-42df-b2af-ffb7a2317929"),
            )
        ],
    }
]

fact = graph_fact(
    tuple[SubscribedSku, ...],
    lambda graph: graph.subscribed_skus,
    select=("skuId", "skuPartNumber", "capabilityStatus", "consumedUnits", "prepaidUnits", "appliesTo", "servicePlans"),
    also=("id",),
    permissions=(LICENSE_ASSIGNMENT_READ_ALL,),
    sample=SAMPLE,
    unshown=SAMPLE,
)
