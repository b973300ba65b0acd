"""The commercial subscriptions behind the tenant's plans: which are trials, which are running out.

Source: https://learn.microsoft.com/graph/api/directory-list-subscriptions . A plan may be bought several times, so one SKU has one or more subscriptions.
The next lifecycle date is also the renewal date of monthly and yearly terms: by itself it says nothing bad.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.permissions import ORGANIZATION_READ_ALL
from scanners.reading import Row, Timestamp


class DirectorySubscription(Row):
    """One purchase or trial of a SKU."""

    sku_id: str
    sku_part_number: str
    status: Literal["Enabled", "Warning", "Suspended", "Deleted", "LockedOut"]
    is_trial: bool
    next_lifecycle_date_time: Timestamp | None
    total_licenses: int


SAMPLE = [
    {
        "skuId": "06ebc4ee-1bb5-47dd-8120-11324bc54e06",
        "skuPartNumber": "SPE_E5",
        "status": "Enabled",
        "isTrial": False,
        "nextLifecycleDateTime": "2027-09-01T00:00:00Z",
        "totalLicenses": 50,
    }
]

fact = graph_fact(
    tuple[DirectorySubscription, ...],
    lambda graph: graph.directory.subscriptions,
    select=("skuId", "skuPartNumber", "status", "isTrial", "nextLifecycleDateTime", "totalLicenses"),
    also=("id",),
    permissions=(ORGANIZATION_READ_ALL,),
    sample=SAMPLE,
    unshown=SAMPLE,
)
