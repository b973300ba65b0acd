from datetime import datetime, timedelta
from functools import partial

from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import Unreadable
from scanners.facts.directory_subscriptions import DirectorySubscription
from scanners.facts.subscribed_skus import SubscribedSku
from scanners.model import Parameter, Verdict
from scanners.quoting import token
from scanners.three_valued import Maybe, attempt, every, some, sort
from scanners.workloads import carries_content

_E5 = "06ebc4ee-1bb5-47dd-8120-11324bc54e06"
_E3 = "05e9a617-0261-4cee-bb44-138d3ef5d965"
LONGEST = 80  # characters of a product's part number
_TEAMS = [{"servicePlanId": "57ff2da0-773e-42df-b2af-ffb7a2317929", "servicePlanName": "TEAMS1"}]
_FOUNDATION = [{"servicePlanId": "113feb6c-3fe4-4440-bddc-54d774bf0318", "servicePlanName": "EXCHANGE_S_FOUNDATION"}]


@control(
    title="No subscription that carries ePHI is a trial, suspended or in its grace period",
    cites=("164.308(a)(7)(i)", "164.308(b)(1)"),
    severity="high",
    designation="standard",
    fix="Microsoft 365 admin center > Billing > Your products: renew the product, or replace the trial by a paid subscription",
    parameters={
        "lapse_days": Parameter(
            why="the next date is also the renewal date of monthly and yearly terms, so it is judged only when the operator wants a warning",
            unit="days",
            low=0,
            high=365,
            looser="lower",
        )
    },
    crosswalk={"nist_800_53": ["CP-1", "CP-2", "CA-3", "PS-7", "SA-9"]},
    seeds=("A2", "A2b"),
    examples=(
        passes(subscribed_skus=[{"skuId": _E5, "consumedUnits": 640, "servicePlans": _TEAMS}], directory_subscriptions=[{"skuId": _E5}]),
        fails(
            "the grace period is not an active subscription",
            subscribed_skus=[{"skuId": _E5, "capabilityStatus": "Warning", "servicePlans": _TEAMS}],
            directory_subscriptions=[{"skuId": _E5, "status": "Warning", "isTrial": True, "nextLifecycleDateTime": "2026-12-01T00:00:00Z"}],
        ),
        passes(
            "a trial beside a paid subscription of the same product does no harm",
            subscribed_skus=[{"skuId": _E5, "servicePlans": _TEAMS}],
            directory_subscriptions=[{"skuId": _E5, "isTrial": True}, {"skuId": _E5, "isTrial": False}],
        ),
        fails(
            "a trial alone ends, and the data with it",
            subscribed_skus=[{"skuId": _E5, "servicePlans": _TEAMS}],
            directory_subscriptions=[{"skuId": _E5, "isTrial": True}],
        ),
        fails(
            "a product without any purchase behind it",
            subscribed_skus=[{"skuId": _E3, "servicePlans": _TEAMS}],
            directory_subscriptions=[{"skuId": _E5}],
        ),
        fails(
            "one lapsed product among good ones",
            subscribed_skus=[{"skuId": _E5, "servicePlans": _TEAMS}, {"skuId": _E3, "capabilityStatus": "Suspended", "servicePlans": _TEAMS}],
            directory_subscriptions=[{"skuId": _E5}, {"skuId": _E3}],
        ),
        passes(
            "a yearly term that ends soon is only reported",
            subscribed_skus=[{"skuId": _E5, "servicePlans": _TEAMS}],
            directory_subscriptions=[{"skuId": _E5, "nextLifecycleDateTime": "2026-12-01T00:00:00Z"}],
        ),
        fails(
            "where the operator wants to be warned, it is judged",
            parameters={"lapse_days": 30},
            subscribed_skus=[{"skuId": _E5, "servicePlans": _TEAMS}],
            directory_subscriptions=[{"skuId": _E5, "nextLifecycleDateTime": "2026-12-01T00:00:00Z"}],
        ),
        passes(
            "products without mailboxes, files or chats, such as free ones, carry nothing",
            subscribed_skus=[
                {"skuId": _E5, "servicePlans": _TEAMS},
                {"skuId": _E3, "skuPartNumber": "FLOW_FREE", "capabilityStatus": "Suspended", "servicePlans": _FOUNDATION},
            ],
            directory_subscriptions=[{"skuId": _E5}],
        ),
        stays_unknown(
            "nothing that carries content is in use, which no working tenant shows",
            subscribed_skus=[{"skuId": _E5, "consumedUnits": 0}],
            directory_subscriptions=[{"skuId": _E5}],
        ),
        stays_unknown("trials cannot be told when subscriptions cannot be read", directory_subscriptions=Unreadable("not_permitted")),
        stays_unknown(
            "a state that the service adds later",
            subscribed_skus=[{"skuId": _E5, "capabilityStatus": "Paused", "servicePlans": _TEAMS}],
            directory_subscriptions=[{"skuId": _E5}],
        ),
    ),
)
def paid_subscriptions_are_active(
    subscribed_skus: tuple[SubscribedSku, ...], directory_subscriptions: tuple[DirectorySubscription, ...], at: datetime, *, lapse_days: int = 0
) -> Verdict:
    """When a subscription lapses, its safeguards go at once and its data soon after.

    Every product in use that carries mailboxes, files or chats is Enabled, and at least one subscription of it is Enabled and no trial. The grace period
    (Warning) is not active. With lapse_days, that subscription also does not end within so many days.
    """
    limit = at + timedelta(days=lapse_days)

    def outlasts(bought: DirectorySubscription) -> bool:
        return lapse_days == 0 or bought.next_lifecycle_date_time is None or bought.next_lifecycle_date_time > limit

    def paid(sku: SubscribedSku, bought: DirectorySubscription) -> Maybe:
        same = bought.sku_id.lower() == sku.sku_id.lower()
        return same and every((bought.status == "Enabled", not bought.is_trial, outlasts(bought)))

    def active(sku: SubscribedSku) -> Maybe:
        live = attempt(lambda: sku.capability_status == "Enabled")
        return every((_in_use(sku), live, some(attempt(partial(paid, sku, bought)) for bought in directory_subscriptions)))

    used = [sku for sku in subscribed_skus if attempt(partial(_in_use, sku)) is not False]
    judged = sort(used, active)
    return judged.every(
        good="every product that carries content is active and paid",
        bad=f"products that carry content are not active and paid ({', '.join(sorted(map(_trouble, judged.bad)))})",
        empty=Unrecognised("no product in use carries mailboxes, files or chats"),
        name=lambda sku: sku.sku_part_number,
    )


def _in_use(sku: SubscribedSku) -> bool:
    return sku.consumed_units > 0 and carries_content(sku)


def _trouble(sku: SubscribedSku) -> str:
    words = {"Enabled": "no paid subscription that lasts", "Warning": "Warning, its grace period"}
    return f"{token(sku.sku_part_number, LONGEST)}: {words.get(sku.capability_status, sku.capability_status)}"
