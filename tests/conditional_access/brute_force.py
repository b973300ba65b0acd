"""Who is left uncovered, by trying every sign-in of a small universe, straight from the definitions of the specification.

Policies are the JSON of Microsoft Graph. Nothing of the engine is used: no bit sets, no classes, no boxes. A dimension that no policy mentions has one point.
"""

import ipaddress
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Any
Maybe = bool | None

EXTERNAL = ("internalGuest", "b2bCollaborationGuest", "b2bCollaborationMember", "b2bDirectConnectUser", "otherExternalUser", "serviceProvider")
CONTROLS = (
    "block",
    "mfa",
    "compliantDevice",
    "domainJoinedDevice",
    "approvedApplication",
    "compliantApplication",
    "passwordChange",
    "riskRemediation",
)
RISKS = ("none", "low", "medium", "high")
CONDITIONS = {
    "clientAppTypes", "applications", "users", "clientApplications", "platforms", "locations", "devices", "userRiskLevels", "signInRiskLevels",
    "servicePrincipalRiskLevels", "insiderRiskLevels", "authenticationFlows",
}  # fmt: skip


@dataclass(frozen=True)
class World:
    """What is true besides the policies."""

    groups: Mapping[str, Json]  # id -> {"exists", "readable", "memberIds"}
    roles: Mapping[str, frozenset[str]]  # template id -> users with an active assignment over the whole tenant
    locations: tuple[Json, ...]


@dataclass(frozen=True)
class Ask:
    """The question, in words of the definitions."""

    clients: tuple[str, ...] = ("browser", "mobileAppsAndDesktopClients")
    block_only: bool = False
    outside_trusted: bool = False
    unmanaged: bool = False
    sign_in_risk: str | None = None
    action: str | None = None


def some(answers: list[Maybe]) -> Maybe:
    return True if True in answers else None if None in answers else False


def all_(answers: list[Maybe]) -> Maybe:
    return False if False in answers else None if None in answers else True


def in_force(policy: Json) -> Maybe:
    return {"enabled": True, "disabled": False, "enabledForReportingButNotEnforced": False}.get(policy.get("state"))


def kind_of(user: Json) -> str | None:
    if user["userType"] == "Guest":
        return "b2bCollaborationGuest" if user["externalUserState"] is not None else "internalGuest"
    return "b2bCollaborationMember" if user["creationType"] == "Invitation" else None


def named(users: Json, side: str, user: Json, world: World) -> Maybe:
    """Whether the include or exclude lists name the user."""
    answers: list[Maybe] = []
    for key in ("Users", "Groups", "Roles"):
        listed = users.get(side + key)
        if listed is None:
            answers.append(None)
            continue
        for each in listed:
            if key == "Users":
                answers.append(each == "All" or each == user["id"] or (each == "GuestsOrExternalUsers" and user["userType"] == "Guest"))
            elif key == "Groups":
                group = world.groups[each]
                answers.append(False if not group["exists"] else None if not group["readable"] else user["id"] in group["memberIds"])
            else:
                answers.append(user["id"] in world.roles.get(each, frozenset()))
    external = users.get(side + "GuestsOrExternalUsers")
    if external is not None:
        kind = kind_of(user)
        for each in external["guestOrExternalUserTypes"].split(","):
            if each not in (*EXTERNAL, "none"):
                answers.append(None if kind is not None else False)
            elif external["externalTenants"] is None or external["externalTenants"]["membershipKind"] == "all" or side == "exclude":
                answers.append(each == kind)
    return some(answers)


def reaches(policy: Json, user: Json, world: World) -> Maybe:
    users = policy["conditions"]["users"]
    out = named(users, "exclude", user, world)
    return all_([named(users, "include", user, world), None if out is None else not out])


def app_reached(policy: Json, app: str, groups: frozenset[str]) -> Maybe:
    """`app` is an id, or a group's name for its unnamed members, or "" for all others; `groups` are those it belongs to."""
    wanted = policy["conditions"]["applications"]
    if wanted["includeUserActions"] or wanted["includeAuthenticationContextClassReferences"]:
        return False
    chosen = wanted["applicationFilter"]
    if chosen is not None and chosen["mode"] == "include":
        return False
    names = {app, *groups}
    included = bool({"All", *names} & set(wanted["includeApplications"]))
    reached = included and not names & set(wanted["excludeApplications"])
    return None if reached and chosen is not None else reached


def demands(policy: Json, asked: Ask) -> Maybe:
    grant = policy["grantControls"]
    if grant is None:
        return False
    if asked.block_only:
        return "block" in grant["builtInControls"]
    answers: list[Maybe] = [True if c in ("mfa", "block") else False if c in CONTROLS else None for c in grant["builtInControls"]]
    if grant["authenticationStrength"] is not None:
        answers.append({"mfa": True, "none": False}.get(grant["authenticationStrength"]["requirementsSatisfied"]))
    answers += [False for _ in (*grant["termsOfUse"], *grant["customAuthenticationFactors"])]
    if not answers:
        return False
    if len(answers) == 1:
        return answers[0]
    return {"AND": some(answers), "OR": all_(answers)}.get(grant["operator"])


Point = Mapping[str, Any]


def points(policies: list[Json], asked: Ask, world: World) -> Iterator[Point]:
    """Every sign-in of the small universe that the question is about."""
    conditions = [policy["conditions"] for policy in policies]
    mentions = {key: any(each[key] not in (None, [], "") for each in conditions) for key in CONDITIONS}
    places: list[Json] = [("198.51.100.7", "DE", False)]
    if mentions["locations"]:
        addresses = ("203.0.113.1", "203.0.113.9", "198.51.100.7", "198.51.100.200")
        places = list(itertools.product(addresses, ("US", "DE"), (False, True)))
    if asked.outside_trusted:
        places = [place for place in places if not is_trusted(place, world)]
    devices: list[Json] = [(False, "", False)]
    if mentions["devices"]:
        devices = [
            each for each in itertools.product((False, True), ("", "serverad"), (False, True)) if not asked.unmanaged or each[:2] == (False, "")
        ]
    axes = {
        "client": asked.clients,
        "platform": ("windows", "iOS", "android", "") if mentions["platforms"] else ("windows",),
        "place": places,
        "device": devices,
        "signInRisk": (asked.sign_in_risk,) if asked.sign_in_risk else RISKS if mentions["signInRiskLevels"] else ("none",),
        "userRisk": RISKS if mentions["userRiskLevels"] else ("none",),
        "insiderRisk": ("none", "minor", "moderate", "elevated") if mentions["insiderRiskLevels"] else ("none",),
        "flow": ("", "deviceCodeFlow", "authenticationTransfer") if mentions["authenticationFlows"] else ("",),
    }
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, values, strict=True))


def is_trusted(place: Json, world: World) -> bool:
    address, _, older = place
    return older or any(each.get("isTrusted") and inside(each, address, "") for each in world.locations)


def inside(location: Json, address: str, country: str) -> bool:
    if location["@odata.type"].endswith("ipNamedLocation"):
        return any(ipaddress.ip_address(address) in ipaddress.ip_network(each["cidrAddress"]) for each in location["ipRanges"])
    return country in location["countriesAndRegions"]


def located(listed: list[str], place: Json, world: World) -> bool:
    known = {each["id"]: each for each in world.locations}
    return any(each == "All" or (is_trusted(place, world) if each == "AllTrusted" else inside(known[each], place[0], place[1])) for each in listed)


def holds(policy: Json, point: Point, asked: Ask, world: World) -> Maybe:
    """Whether all conditions of the policy hold for the sign-in."""
    conditions = policy["conditions"]
    answers: list[Maybe] = []
    known = {"all", "browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"}
    answers.append(some([each in ("all", point["client"]) if each in known else None for each in conditions["clientAppTypes"]] or [None]))
    if conditions["platforms"] is not None:
        platforms = {"all", "windows", "iOS", "android"}
        matches = [
            [e in ("all", point["platform"]) if e in platforms else None for e in conditions["platforms"][side]]
            for side in ("includePlatforms", "excludePlatforms")
        ]
        out = some(matches[1])
        answers += [some(matches[0]), None if out is None else not out]
    if conditions["locations"] is not None:
        answers.append(located(conditions["locations"]["includeLocations"], point["place"], world))
        answers.append(not located(conditions["locations"]["excludeLocations"], point["place"], world))
    answers.append(device_holds(conditions["devices"], point["device"], asked))
    for key, axis in (("signInRiskLevels", "signInRisk"), ("userRiskLevels", "userRisk")):
        if conditions[key]:
            answers.append(some([each == point[axis] if each in ("none", "low", "medium", "high") else None for each in conditions[key]]))
    if conditions["insiderRiskLevels"]:
        answers.append(point["insiderRisk"] in conditions["insiderRiskLevels"].split(","))
    flows = conditions["authenticationFlows"]
    if flows is not None and flows["transferMethods"] not in (None, "none"):
        answers.append(point["flow"] in flows["transferMethods"].split(","))
    if any(value not in (None, [], {}) for key, value in conditions.items() if key not in CONDITIONS):
        answers.append(None)
    return all_(answers)


def device_holds(devices: Json, device: Json, asked: Ask) -> Maybe:
    if devices is None or devices["deviceFilter"] is None:
        return True
    compliant, trust, odd = device
    rule, mode = devices["deviceFilter"]["rule"], devices["deviceFilter"]["mode"]
    meanings = {
        "device.isCompliant -eq True": compliant,
        'device.isCompliant -eq True -or device.trustType -eq "ServerAD"': compliant or trust == "serverad",
        'device.isCompliant -ne True -and device.trustType -ne "ServerAD"': not compliant and trust != "serverad",
    }
    if rule in meanings:
        return meanings[rule] is (mode == "include")
    return None if asked.unmanaged else odd is (mode == "include")


def answer(policies: list[Json], user: Json, asked: Ask, world: World) -> tuple[Maybe, set[str]]:
    """Whether the user is covered, and the applications that surely are not."""
    acting = [policy for policy in policies if in_force(policy) is not False]
    names = {n for p in acting for side in ("include", "exclude") for n in p["conditions"]["applications"][side + "Applications"]} - {"All", "None"}
    groups = [name for name in names if name in ("Office365", "MicrosoftAdminPortals")]
    worlds: dict[str, list[frozenset[str]]] = {"": [frozenset()], **{group: [frozenset({group})] for group in groups}}
    for name in names - set(groups):
        worlds[name] = [frozenset(chosen) for size in range(len(groups) + 1) for chosen in itertools.combinations(groups, size)]
    found: dict[str, Maybe] = {}
    for app, memberships in worlds.items():
        each = [one_app(acting, user, app, belongs, asked, world) for belongs in memberships]
        found[app] = each[0] if len(set(each)) == 1 else None
    return all_(list(found.values())), {app for app, covered in found.items() if covered is False}


def one_app(policies: list[Json], user: Json, app: str, groups: frozenset[str], asked: Ask, world: World) -> Maybe:
    static = [(p, all_([in_force(p), reaches(p, user, world), app_reached(p, app, groups), demands(p, asked)])) for p in policies]
    live = [(policy, base) for policy, base in static if base is not False]
    return all_([some([all_([base, holds(policy, point, asked, world)]) for policy, base in live]) for point in points(policies, asked, world)])
