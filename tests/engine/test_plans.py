"""A plan is absent only where every subscription says so."""

import copy
from typing import Any

import pytest

from scanners.errors import NotLicensed, Unrecognised
from scanners.facts.subscribed_skus import SAMPLE, SubscribedSku
from scanners.permissions import AAD_PREMIUM, INTUNE_A
from scanners.plans import has_plan, require_plan
from scanners.reading import read_as

PLAN = "41781fb2-bc02-4b7c-bd55-b576c07bb09d"  # AAD_PREMIUM


def skus(sku: dict[str, Any] | None = None, status: Any = "Success") -> Any:
    said = copy.deepcopy(SAMPLE)
    said[0].update(sku or {})
    for plan in said[0]["servicePlans"] or ():
        if plan.get("servicePlanId") == PLAN:
            plan["provisioningStatus"] = status
    return read_as(tuple[SubscribedSku, ...], said)


@pytest.mark.parametrize("status", ["PendingInput", "PendingActivation", "PendingProvisioning"])
def test_a_plan_that_is_only_coming_is_neither_present_nor_absent(status: str) -> None:
    assert has_plan(skus(status=status), AAD_PREMIUM) is None
    with pytest.raises(Unrecognised):
        require_plan(skus(status=status), AAD_PREMIUM)


@pytest.mark.parametrize(("sku", "status"), [({}, "Disabled"), ({"capabilityStatus": "Suspended"}, "Success"), ({"servicePlans": []}, "Success")])
def test_a_plan_that_nothing_gives_is_absent(sku: dict[str, Any], status: str) -> None:
    assert has_plan(skus(sku, status), AAD_PREMIUM) is False
    with pytest.raises(NotLicensed):
        require_plan(skus(sku, status), AAD_PREMIUM)


@pytest.mark.parametrize(
    ("sku", "status"),
    [
        ({"capabilityStatus": "Merged"}, "Success"),
        ({"servicePlans": None}, "Success"),
        ({}, "Renewed"),
        ({}, None),
        ({"servicePlans": [{}]}, "Success"),
    ],
)
def test_what_is_not_recognised_proves_nothing(sku: dict[str, Any], status: Any) -> None:
    assert has_plan(skus(sku, status), AAD_PREMIUM) is None


def test_one_subscription_that_gives_it_is_enough() -> None:
    assert has_plan((*skus(status="PendingInput"), *skus()), AAD_PREMIUM) is True
    assert has_plan((*skus({"capabilityStatus": "Merged"}), *skus()), AAD_PREMIUM) is True


def test_another_plan_says_nothing_of_this_one() -> None:
    assert has_plan(skus(status="PendingInput"), INTUNE_A) is False
