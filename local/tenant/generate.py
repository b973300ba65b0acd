"""Tenants of any size: realistic shares, chosen defects, seeded. The result is tenant data like a file's, and its lists are made row by row.

`python -m local.tenant.generate --users 5000 --defect unregistered=12 > big.yaml` writes it down; `tenant(...)` gives it to SimulatedTenant.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any

import yaml

from local.tenant import devices, people

TEAM_DEFECTS = ("public", "ownerless", "single_owner", "with_guests")
APPLICATIONS = 40  # people for each application of an outside company
SETTINGS_PLANS = {"E5": "SPE_E5", "E3": "SPE_E3", "Business Premium": "SPB"}


def known_defects() -> list[str]:
    """Names that `defects` may use, each with an exact count."""
    return sorted({*people.DEFECTS, *people.GUEST_DEFECTS, *devices.DEFECTS, *TEAM_DEFECTS})


def tenant(users: int, *, seed: int = 1, plan: str = "E5", defects: Mapping[str, int] | None = None) -> dict[str, Any]:
    """A tenant with `users` members and a fifth as many guests, configured soundly but for `defects` (name to exact count).

    Raises ValueError for an unknown defect or plan, or fewer than 20 users.
    """
    wanted = dict(defects or {})
    unknown = set(wanted) - set(known_defects())
    if unknown or plan not in SETTINGS_PLANS or users < 20:
        raise ValueError(
            f"cannot make this tenant: unknown {sorted(unknown)}, plan {plan!r}, {users} users; defects are {', '.join(known_defects())}"
        )
    sku = SETTINGS_PLANS[plan]
    spec: dict[str, Any] = {
        "meta": {"title": f"Generated, {users} people", "about": "Made by number.", "gaps": []},
        "tenant": {"initial": f"generated{seed}x{users}.onmicrosoft.com", "domain": f"generated{users}.example", "displayName": f"Generated {users}"},
        "skus": {sku: {"seats": users + 50, "used": users}},
        "people": {
            "count": users, "guests": users // 5, "seed": seed, "sku": {sku: 1.0}, "disabled": 0.03,
            "methods": {"app": 0.6, "hello": 0.3, "passwordless": 0.1}, "named": _administrators(),
            "defects": {name: count for name, count in wanted.items() if name in {*people.DEFECTS, *people.GUEST_DEFECTS}},
        },
        "groups": _groups(users, wanted), "apps": _applications(users), "roles": _roles(), "graph": _settings(),
        "devices": {"owned": 0.85, "phones": 0.3, "defects": {name: count for name, count in wanted.items() if name in devices.DEFECTS}},
        "logs": {"sign_ins": min(users, 4000), "changes": min(users, 3000)},
    }  # fmt: skip
    return spec


def _administrators() -> dict[str, Any]:
    admins = {f"adm.{number}": {"jobTitle": "Administrator", "methods": "key", "sku": "none"} for number in range(1, 5)}
    return {**admins, **{f"emergency-{number}": {"kind": "emergency", "methods": "key", "sku": "none", "idle": 40} for number in (1, 2)}}


def _groups(users: int, wanted: Mapping[str, int]) -> dict[str, Any]:
    made = {"teams": max(2, users // 20), **{name: wanted[name] for name in TEAM_DEFECTS if name in wanted}}
    emergency = {"displayName": "Emergency access", "type": "role", "members": ["emergency-1", "emergency-2"]}
    return {"all-staff": {"displayName": "All staff", "members": "everyone"}, "emergency-access": emergency, "$made": made}


def _applications(users: int) -> dict[str, Any]:
    outside = {
        f"Service {number}": {
            "publisher": "outside", "verified": True, "assignment_required": True, "last_sign_in": "~ago/2d",
            "delegated": [{"scope": "User.Read openid profile", "consent": "all" if number % 3 else min(users, 25)}],
        }
        for number in range(max(3, min(1000, users // APPLICATIONS)))
    }  # fmt: skip
    own = {
        "secrets": [{"from": "~ago/30d", "until": "~in/120d"}],
        "app_permissions": {"Microsoft Graph": ["User.Read.All"]},
        "last_sign_in": "~ago/1d",
    }
    return {"Roster": own, **outside}


def _roles() -> dict[str, Any]:
    assigned = {
        "Global Administrator": ["adm.1", "adm.2", "emergency-1", "emergency-2"],
        "User Administrator": ["adm.3"],
        "Exchange Administrator": ["adm.4"],
    }
    return {"assigned": {**assigned, "Global Reader": ["sp/HIPAA scanner"]}}


def _settings() -> dict[str, Any]:
    everyone = {"includeUsers": ["All"], "excludeGroups": ["~group/emergency-access"]}
    conditions = {"clientAppTypes": ["all"], "applications": {"includeApplications": ["All"]}, "users": everyone}
    multifactor = {"state": "enabled", "conditions": conditions, "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}}
    legacy = {
        "state": "enabled",
        "conditions": {**conditions, "clientAppTypes": ["exchangeActiveSync", "other"]},
        "grantControls": {"operator": "OR", "builtInControls": ["block"]},
    }
    return {"conditionalAccess": {"policies": {"Multifactor for everyone": multifactor, "Block legacy sign-in": legacy}}}


def main(arguments: list[str] | None = None) -> int:
    """Prints a tenant as YAML; exit code 2 for what cannot be made."""
    parser = argparse.ArgumentParser(prog="python -m local.tenant.generate", description="Writes a tenant of N users.")
    parser.add_argument("--users", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plan", default="E5", choices=sorted(SETTINGS_PLANS))
    parser.add_argument("--defect", action="append", default=[], metavar="NAME=COUNT", help=", ".join(known_defects()))
    chosen = parser.parse_args(arguments)
    try:
        defects = {name: int(count) for name, _, count in (text.partition("=") for text in chosen.defect)}
        made = tenant(chosen.users, seed=chosen.seed, plan=chosen.plan, defects=defects)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    yaml.safe_dump(made, sys.stdout, sort_keys=False, allow_unicode=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
