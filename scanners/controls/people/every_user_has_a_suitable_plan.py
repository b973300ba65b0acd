from collections.abc import Iterable
from functools import partial
from typing import Any

from scanners.capabilities import CAPABILITIES, carries_ephi, lacking, paid_for
from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.directory_subscriptions import DirectorySubscription
from scanners.facts.statements_governance import PlanScope
from scanners.facts.subscribed_skus import SubscribedSku
from scanners.facts.users import User, Users
from scanners.model import Parameter, Verdict
from scanners.people import is_meeting_room
from scanners.three_valued import attempt, sort

_NOBODY: frozenset[str] = frozenset()
_E3, _BASIC, _ROOM = "05e9a617-0261-4cee-bb44-138d3ef5d965", "3b555118-da6a-4418-894f-7df1e2096870", "4cde982a-ede4-4409-9ae6-b003453c8ea6"
_MAIL, _P1, _INTUNE, _RMS, _LABELS = (
    "efb87545-963c-4e0d-99df-69c6916d9eb0",
    "41781fb2-bc02-4b7c-bd55-b576c07bb09d",
    "c1ec4a95-1f05-45b3-a911-aa3fa01094f5",
    "bea4c11e-220a-4e6d-8eb8-8ea15d019f90",
    "5136a095-5cf0-4aff-bec3-e84448b38ea5",
)
_FULL = (_MAIL, _P1, _INTUNE, _RMS, _LABELS)
_STANDARD_MAIL, _TEAMS = "9aaf7827-d63c-4b61-89c3-182f06f82e5c", "57ff2da0-773e-42df-b2af-ffb7a2317929"


def _plans(*plans: str, status: str = "Enabled") -> list[dict[str, str]]:
    return [{"servicePlanId": plan, "service": "of the example", "capabilityStatus": status} for plan in plans]


def _user(*plans: dict[str, str], sku: str = _E3, **said: object) -> dict[str, object]:
    return {"assignedPlans": list(plans), "assignedLicenses": [{"skuId": sku, "disabledPlans": []}], **said}


_OFFICE_WORKER = _user(*_plans(*_FULL))


@control(
    title="Every licensed user holds a plan that can carry the HIPAA safeguards",
    cites=("164.306(a)(1)", "164.312(a)(1)", "164.312(b)"),
    severity="high",
    designation="standard",
    fix="Microsoft 365 admin center > Billing > Licenses: assign a plan that carries the missing capability",
    parameters={
        "required_capabilities": Parameter(
            why="the law names no product; a capability decides, and the operator may drop one with a decision",
            unit="capabilities",
            among=tuple(CAPABILITIES),
        ),
        "blocked_skus": Parameter(
            why="capability decides, so nothing is blocked by name; the operator may list SKUs that must not carry ePHI", unit="SKU ids"
        ),
    },
    crosswalk={"maester": "MT.1022", "nist_800_53": ["AC-1", "AC-3", "AC-5", "AC-6", "AU-1", "AU-2", "AU-3", "AU-4", "AU-6", "AU-7", "AU-8"]},
    seeds=("A2", "A2b"),
    examples=(
        passes(users=[_OFFICE_WORKER]),
        fails(users=[_user(*_plans(_STANDARD_MAIL, _TEAMS), sku=_BASIC)]),
        fails("one among many", users=[_OFFICE_WORKER, _user(*_plans(_MAIL, _P1, _INTUNE, _RMS), id="aaaaaaaa-0000-4000-8000-000000000002")]),
        fails(
            "a plan that is switched off inside a good product is not there",
            users=[_user(*_plans(_MAIL, _INTUNE, _RMS, _LABELS), *_plans(_P1, status="Deleted"))],
        ),
        passes(
            "a capability from another product of the same person",
            users=[{**_user(*_plans(*_FULL)), "assignedLicenses": [{"skuId": _BASIC, "disabledPlans": []}, {"skuId": _E3, "disabledPlans": []}]}],
        ),
        passes(
            "Business Premium: an archive add-on beside the smaller mailbox plan, and labels by Azure Information Protection P1",
            users=[
                _user(*_plans(_STANDARD_MAIL, "176a09a6-7ec5-4039-ac02-b2791c6ba793", _P1, _INTUNE, _RMS, "6c57d4b6-3b23-47a5-9bc9-69f17b4947b3"))
            ],
        ),
        passes(
            "a product that nobody has heard of is fine when its plans are",
            users=[_user(*_plans(*_FULL), sku="99999999-aaaa-4000-8000-000000000099")],
        ),
        passes(
            "rooms, guests, disabled accounts and accounts without content are not people with ePHI",
            users=[
                _OFFICE_WORKER,
                _user(*_plans(_TEAMS), sku=_ROOM),
                _user(*_plans(_TEAMS), userType="Guest"),
                _user(*_plans(_TEAMS), accountEnabled=False),
                _user(*_plans(_P1)),
                _user(),
            ],
        ),
        fails("a member whose type is not stated is a member", users=[_user(*_plans(_TEAMS), userType=None)]),
        passes(
            "a leftover basic product beside a full one does no harm",
            users=[{**_OFFICE_WORKER, "assignedLicenses": [{"skuId": _E3, "disabledPlans": []}, {"skuId": _BASIC, "disabledPlans": []}]}],
        ),
        fails(
            "unless the operator has blocked it",
            parameters={"blocked_skus": (_BASIC,)},
            users=[{**_OFFICE_WORKER, "assignedLicenses": [{"skuId": _E3, "disabledPlans": []}, {"skuId": _BASIC, "disabledPlans": []}]}],
        ),
        passes(
            "a capability that the operator has dropped is not asked for",
            parameters={"required_capabilities": ("conditional access",)},
            users=[_user(*_plans(_TEAMS, _P1))],
        ),
        fails(
            "the product that carries the capabilities is suspended",
            users=[_OFFICE_WORKER],
            subscribed_skus=[
                {
                    "skuId": _E3,
                    "skuPartNumber": "SPE_E3",
                    "capabilityStatus": "Suspended",
                    "servicePlans": [{"servicePlanId": _P1, "servicePlanName": "AAD_PREMIUM"}],
                }
            ],
        ),
        stays_unknown("nobody with content: not what a working tenant shows", users=[]),
        stays_unknown(
            "a state of a plan that is not known could decide it",
            users=[_user(*_plans(_MAIL, _INTUNE, _RMS, _LABELS), *_plans(_P1, status="Paused"))],
        ),
        stays_unknown("whose plans are missing from the answer", users=[{**_OFFICE_WORKER, "assignedPlans": ABSENT}]),
        stays_unknown(users=Unreadable("not_permitted")),
    ),
)
def every_user_has_a_suitable_plan(
    users: Users,
    subscribed_skus: tuple[SubscribedSku, ...],
    statement_plan_scope: PlanScope | None,
    directory_subscriptions: tuple[DirectorySubscription, ...] | None,
    *,
    required_capabilities: tuple[str, ...] = tuple(CAPABILITIES),
    blocked_skus: tuple[str, ...] = (),
) -> Verdict:
    """Without audit, retention, conditional access or encryption in the plan, the safeguard is impossible for that person, whatever the settings say.

    Every enabled member with a mailbox or Teams, meeting rooms apart, has a plan for each of required_capabilities (conditional access, device
    management, mail hold and DLP, message encryption, sensitivity labels), told by service plan and from whichever product; the product that
    carries it is not suspended; and none of blocked_skus is assigned.
    """
    population = [user for user in users.value if attempt(partial(_counts, user)) is not False]
    blocked = {sku.lower() for sku in blocked_skus}

    def suitable(user: User) -> bool:
        _counts(user)
        held = {licence.sku_id.lower() for licence in user.assigned_licenses}
        return not lacking(user, required_capabilities) and not held & blocked and paid_for(user, subscribed_skus, required_capabilities)

    sorted_users = sort(population, suitable)
    gaps = {name: _count(sorted_users.bad, name) for name in required_capabilities}
    short = {name: number for name, number in gaps.items() if number}
    words = ", ".join(f"{number} without {name}" for name, number in short.items()) or "by product"
    return sorted_users.every(
        good="everyone with a mailbox or Teams has a plan that can carry the safeguards",
        bad=f"people whose plan cannot carry the safeguards ({words})",
        empty=Unrecognised("no enabled member has a mailbox or Teams"),
        people_lacking=short,
        what_they_lose={name: CAPABILITIES[name].lost for name in short},
        **_products(subscribed_skus, statement_plan_scope, directory_subscriptions),
    )


def _counts(user: User) -> bool:
    return user.account_enabled and user.user_type != "Guest" and carries_ephi(user) and not is_meeting_room(user, _NOBODY)


def _count(people: Iterable[User], capability: str) -> int:
    return sum(capability in lacking(user, (capability,)) for user in people)


def _products(skus: tuple[SubscribedSku, ...], scope: PlanScope | None, bought: tuple[DirectorySubscription, ...] | None) -> dict[str, Any]:
    """What is reported beside the verdict and decides nothing: products in use, those outside of the stated scope, and trials."""
    used = [sku for sku in skus if not sku.faults and sku.consumed_units > 0]
    stated = {*scope.details.allowed_sku_part_numbers, *scope.details.healthcare_cloud_skus} if scope else set()
    trials = {b.sku_part_number for b in bought or () if not b.faults and b.is_trial}
    return {
        "products_in_use": sorted(sku.sku_part_number for sku in used),
        "products_outside_the_stated_scope": sorted(s.sku_part_number for s in used if stated and s.sku_part_number not in stated),
        "trials": sorted(trials),
    }
