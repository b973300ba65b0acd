"""How long it takes to judge conditional access in a large tenant: `python -m benchmarks.conditional_access [--users N] [--policies N]`.

A tenant is made up: accounts in nested and overlapping groups, roles, guests, named locations, and policies that include, exclude and narrow in
every way that the portal offers. Then all controls that read the policies are judged, each as a run would, and time and memory are printed.
"""

import argparse
import random
import time
import tracemalloc
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from scanners import catalogue
from scanners.examples import unshown
from scanners.facts.conditional_access_policies import MULTIFACTOR_FOR_ALL, SESSION_LIMITS
from scanners.facts.users import SAMPLE as USERS_SAMPLE
from scanners.judging import verdict_of
from scanners.model import Control, Fact
from scanners.reading import Json, read_as
from scanners.roles import PRIVILEGED
from scanners.statements import choose

AT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
READ = "conditional_access_policies"
APPS = [f"f1f1f1f1-0000-4000-8000-{n:012d}" for n in range(60)]
PLACES = [f"dddddddd-0000-4000-8000-{n:012d}" for n in range(30)]
GROUPS = [f"cccccccc-0000-4000-8000-{n:012d}" for n in range(250)]


def user_id(number: int) -> str:
    """The id of an account."""
    return f"aaaaaaaa-0000-4000-8000-{number:012d}"


def users(count: int) -> Json:
    """Accounts, one in twelve a guest, one in thirty disabled."""
    made = USERS_SAMPLE["value"][0]
    guest = {"userType": "Guest", "creationType": "Invitation", "externalUserState": "Accepted", "assignedLicenses": []}
    return {
        **USERS_SAMPLE,
        "value": [{**made, "id": user_id(n), "accountEnabled": n % 30 != 0, **(guest if n % 12 == 5 else {})} for n in range(count)],
    }


def groups(count: int, chance: random.Random) -> Json:
    """Groups from a handful of people to a third of the tenant."""
    sizes = [max(3, min(count // 3, int(count * chance.paretovariate(1.1) / 400))) for _ in GROUPS]
    base: dict[str, Json] = {
        "exists": True,
        "isAssignableToRole": True,
        "isManagementRestricted": None,
        "membershipRule": None,
        "ownerIds": [],
        "readable": True,
    }
    return {
        "groups": [
            {**base, "id": group, "memberIds": [user_id(n) for n in chance.sample(range(count), size)]}
            for group, size in zip(GROUPS, sizes, strict=True)
        ]
    }


def locations() -> Json:
    """Clinics as address ranges, half of them trusted, and lists of countries."""
    ip = {"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Clinic"}
    country = {"@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "Countries", "countryLookupMethod": "clientIpAddress"}
    codes = ["US", "CA", "MX", "DE", "FR", "GB", "RU", "CN", "IN", "BR"]
    rows: list[Json] = [
        {**ip, "id": place, "isTrusted": n % 2 == 0, "ipRanges": [{"cidrAddress": f"203.{n}.{m}.0/24"} for m in range(40)]}
        for n, place in enumerate(PLACES[:24])
    ]
    return rows + [
        {**country, "id": place, "countriesAndRegions": codes[n : n + 4], "includeUnknownCountriesAndRegions": n % 2 == 0}
        for n, place in enumerate(PLACES[24:])
    ]


def policies(count: int, chance: random.Random) -> Iterator[Json]:
    """A baseline that every tenant has, and many special cases on top."""
    for number in range(count):
        conditions = {**MULTIFACTOR_FOR_ALL["conditions"], **narrowing(chance)}
        conditions["users"] = {**conditions["users"], "excludeGroups": chance.sample(GROUPS, 2)}
        if number % 2:
            conditions["users"] = {**conditions["users"], "includeUsers": [], "includeGroups": chance.sample(GROUPS, 3)}
        if number % 5 == 0:
            conditions["users"] = {**conditions["users"], "includeUsers": [], "includeRoles": chance.sample(sorted(PRIVILEGED), 8)}
        apps = {"includeApplications": chance.choice([["All"], ["Office365"], chance.sample(APPS, 3)]), "excludeApplications": chance.sample(APPS, 1)}
        conditions["applications"] = {**conditions["applications"], **apps}
        grant = chance.choice([["mfa"], ["block"], ["mfa", "compliantDevice"], ["compliantDevice"]])
        yield {
            **MULTIFACTOR_FOR_ALL,
            "id": f"11111111-0000-4000-8000-{number:012d}",
            "displayName": f"Policy {number}",
            "conditions": conditions,
            "grantControls": {**MULTIFACTOR_FOR_ALL["grantControls"], "builtInControls": grant},
            "sessionControls": SESSION_LIMITS["sessionControls"] if number % 7 == 0 else None,
        }


def narrowing(chance: random.Random) -> dict[str, Json]:
    """Conditions of one policy: often none, sometimes several."""
    offered: dict[str, Json] = {
        "clientAppTypes": chance.choice([["browser"], ["mobileAppsAndDesktopClients"], ["exchangeActiveSync", "other"]]),
        "platforms": {"includePlatforms": chance.sample(["windows", "macOS", "iOS", "android", "linux"], 2), "excludePlatforms": []},
        "locations": {"includeLocations": ["All"], "excludeLocations": chance.sample(PLACES, 2)},
        "devices": {"deviceFilter": {"mode": "exclude", "rule": chance.choice(["device.isCompliant -eq True", 'device.model -eq "Kiosk"'])}},
        "signInRiskLevels": chance.choice([["high"], ["high", "medium"]]),
        "authenticationFlows": {"transferMethods": "deviceCodeFlow"},
    }
    return {name: offered[name] for name in chance.sample(sorted(offered), chance.choice([0, 1, 1, 2, 3]))}


def tenant(accounts: int, rules: int, seed: int, facts: Mapping[str, Fact]) -> dict[str, Json]:
    """The JSON of the facts that matter; every other fact is as in an example that does not mention it."""
    chance = random.Random(seed)
    role = {"directoryScopeId": "/"}
    holders = [
        {
            **role,
            "id": f"r{n}",
            "principalId": user_id(n * 7),
            "roleDefinitionId": each,
            "principal": {"@odata.type": "#microsoft.graph.user", "id": user_id(n * 7)},
        }
        for n, each in enumerate(sorted(PRIVILEGED))
    ]
    return {
        "users": users(accounts),
        "referenced_group_members": groups(accounts, chance),
        "named_locations": locations(),
        "role_assignments": holders,
        "domains": facts["domains"].sample,
        "device_registration_policy": {**facts["device_registration_policy"].sample, "multiFactorAuthConfiguration": "notRequired"},
        READ: list(policies(rules, chance)),
    }


def reading(fact: Fact, made: dict[str, Json]) -> Any:
    """The reading of a fact of the tenant."""
    if fact.statement is not None:
        return choose(fact, [unshown(fact)], AT)
    value = made.get(fact.id, unshown(fact))
    return read_as(fact.reading, fact.shape(value) if fact.shape else value)


def judge(control: Control, readings: dict[str, Any]) -> tuple[float, str]:
    """Seconds of CPU, and what the control concluded."""
    began = time.process_time()
    verdict = verdict_of(control, {fact: readings[fact] for fact in control.needs}, AT, control.defaults)
    return time.process_time() - began, f"{verdict.outcome:15} {verdict.because[:110]}"


def main() -> None:
    """Make the tenant, judge it, print the figures."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--users", type=int, default=100_000)
    options.add_argument("--policies", type=int, default=300)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--memory", action="store_true", help="measure memory too; everything takes about three times as long")
    given = options.parse_args()
    known = catalogue.load()
    chosen = [control for control in known.controls.values() if READ in control.needs]
    made = tenant(given.users, given.policies, given.seed, known.facts)
    began = time.process_time()
    readings = {fact: reading(known.facts[fact], made) for fact in sorted({fact for control in chosen for fact in control.needs})}
    print(f"{given.users} users, {given.policies} policies, {len(GROUPS)} groups: readings built in {time.process_time() - began:.1f} s of CPU")
    if given.memory:
        tracemalloc.start()
    total = 0.0
    for control in chosen:
        seconds, said = judge(control, readings)
        total += seconds
        print(f"{seconds:7.2f} s  {control.id:55} {said}")
    print(f"{total:7.2f} s  for {len(chosen)} controls")
    if given.memory:
        print(f"{tracemalloc.get_traced_memory()[1] / 1e6:7.0f} MB at most beside the readings")


if __name__ == "__main__":
    main()
