"""Where the rows of an endpoint come from: the `from` word of endpoints.yaml, as a function of the tenant and the ids in the path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from local.tenant.graph import people_rows
from local.tenant.graph.lookup import Ids, absent, group, principal, typed
from local.tenant.ids import guid
from local.tenant.rows import Lazy, Row, find
from local.tenant.world import World

Source = Callable[[World, Ids], Any]


def group_members(world: World, ids: Ids) -> list[Row]:
    return typed(world.groups.members(group(world, ids)), "user")


def group_transitive_members(world: World, ids: Ids) -> Lazy:
    return Lazy(world.groups.transitive(group(world, ids)), lambda row: {"@odata.type": "#microsoft.graph.user", **world.people[row]})


def domain_federation(world: World, ids: Ids) -> list[Row]:
    row = find(world.domains(), "id", ids["id"])
    if row is None:
        raise absent(ids["id"])
    if row["authenticationType"] != "Federated":
        return []
    base = {
        "id": guid("federation", row["id"]), "displayName": "Sign-in of the hospital", "issuerUri": f"http://{row['id']}/adfs/services/trust",
        "metadataExchangeUri": None,
        "signingCertificate": "MIIC3jCC", "nextSigningCertificate": "MIIC3jCD", "passiveSignInUri": f"https://fs.{row['id']}/adfs/ls/",
        "preferredAuthenticationProtocol": "wsFed",
        "promptLoginBehavior": "nativeSupport", "isSignedAuthenticationRequestRequired": False, "federatedIdpMfaBehavior": None,
    }  # fmt: skip
    return [{**base, **row.get("federation", {})}]


def organization(world: World, _ids: Ids) -> list[Row]:
    names = [
        {"capabilities": "Email", "isDefault": row["isDefault"], "isInitial": row["isInitial"], "name": row["id"], "type": row["authenticationType"]}
        for row in world.domains()
    ]
    plans = [
        {"assignedDateTime": "2024-01-01T00:00:00Z", "capabilityStatus": "Enabled", "service": "exchange", "servicePlanId": plan["servicePlanId"]}
        for row in world.licences.rows()
        for plan in row["servicePlans"][:5]
    ]
    return [
        {
            **world.graph["organization"],
            "id": world.tenant["id"],
            "displayName": world.tenant["displayName"],
            "verifiedDomains": names,
            "assignedPlans": plans,
            "businessPhones": ["+1 555 0100 000"],
            "street": "1 Alder Row",
        }
    ]


def root_site(world: World, _ids: Ids) -> Row:
    host = f"{world.tenant['host']}.sharepoint.com"
    return {
        "id": f"{host},{guid('site', host)},{guid('web', host)}",
        "name": "",
        "displayName": "Communication site",
        "webUrl": f"https://{host}",
        "siteCollection": {"hostname": host},
        "root": {},
    }


def access_review_instances(world: World, ids: Ids) -> list[Row]:
    row = find(world.collection("accessReviews"), "id", ids["id"])
    if row is None:
        raise absent(ids["id"])
    return [{"id": guid(ids["id"], at), **instance} for at, instance in enumerate(row.get("instances", []))]


def permission_classifications(world: World, ids: Ids) -> list[Row]:
    name = principal(world, ids)["_name"]
    scopes = (
        {row["value"]: row["id"] for row in principal(world, ids)["oauth2PermissionScopes"]}
        if "oauth2PermissionScopes" in principal(world, ids)
        else {}
    )
    entries = world.graph.get("permissionClassifications", {}).get(name, {})
    return [
        {"id": guid(name, value)[:22], "permissionId": scopes.get(value, guid("scope", value)), "permissionName": value, "classification": level}
        for value, level in entries.items()
    ]


def device_management(world: World, _ids: Ids) -> Row:
    return {"deviceProtectionOverview": world.devices.protection(), **world.single("deviceManagement.tenant")}


def device_state_summary(world: World, _ids: Ids) -> Row:
    zero = {f"{name}DeviceCount": 0 for name in ("error", "conflict", "unknown", "notApplicable", "remediated")} | {
        "inGracePeriodCount": 0,
        "configManagerCount": 0,
    }
    return {"id": guid("summary"), **zero, **world.devices.state_counts()}


SOURCES: dict[str, Source] = {
    "users": people_rows.users,
    "user_methods": people_rows.user_methods,
    "user_requirements": people_rows.user_requirements,
    "user_licences": people_rows.user_licences,
    "registration_details": people_rows.registration_details,
    "groups": lambda w, _: w.groups.rows,
    "group_members": group_members,
    "group_owners": lambda w, ids: typed(w.groups.owners(group(w, ids)), "user"),
    "group_transitive_members": group_transitive_members,
    "subscribed_skus": lambda w, _: w.licences.rows(),
    "subscriptions": lambda w, _: w.licences.subscriptions(),
    "domains": lambda w, _: w.domains(),
    "domain_federation": domain_federation,
    "organization": organization,
    "root_site": root_site,
    "role_definitions": lambda w, _: w.roles.definitions(),
    "role_assignments": lambda w, _: w.roles.assignments(),
    "pim_active": lambda w, _: w.roles.active(),
    "pim_eligible": lambda w, _: w.roles.eligible(),
    "directory_roles": lambda w, _: w.roles.directory_roles(),
    "role_policy_assignments": lambda w, _: w.roles.policy_assignments(),
    "access_review_instances": access_review_instances,
    "servicePrincipals": lambda w, _: w.apps.principals,
    "applications": lambda w, _: w.apps.applications,
    "oauth2PermissionGrants": lambda w, _: w.apps.grants,
    "service_principal_owners": lambda w, ids: typed(w.apps.owners(principal(w, ids)["_name"]), "user"),
    "application_owners": lambda w, ids: typed(w.apps.owners(principal(w, ids, "applications")["_name"]), "user"),
    "app_role_assignments_of": lambda w, ids: [row for row in w.apps.assignments if row["principalId"] == principal(w, ids)["id"]],
    "app_role_assigned_to": lambda w, ids: [row for row in w.apps.assignments if row["resourceId"] == principal(w, ids)["id"]],
    "grants_of": lambda w, ids: [row for row in w.apps.grants if row["clientId"] == principal(w, ids)["id"]],
    "permission_classifications": permission_classifications,
    "servicePrincipalSignInActivities": lambda w, _: w.apps.sign_ins(),
    "sign_ins": lambda w, _: w.logs.sign_ins(),
    "directoryAudits": lambda w, _: w.logs.changes(),
    "security.secureScores": lambda w, _: w.logs.scores(),
    "security.secureScoreControlProfiles": lambda w, _: w.logs.profiles(),
    "devices": lambda w, _: w.devices.registered(),
    "managed_devices": lambda w, _: w.devices.managed(),
    "recovery_keys": lambda w, _: w.devices.keys(),
    "deviceManagement.tenant": device_management,
    "device_state_summary": device_state_summary,
    "training_coverage": people_rows.training_coverage,
    "teams": lambda w, _: w.groups.teams(),
    "team_channels": lambda w, ids: w.groups.channels(group(w, ids)),
    "shared_with_teams": lambda w, ids: w.groups.shared_with(group(w, ids), ids["channel"]),
    "team_apps": lambda w, ids: (w.groups.entry(group(w, ids)) or {}).get("apps", []),
    "teams_user_configurations": people_rows.teams_user_configurations,
}


MOST_EXPANDED = 20  # the directory expands no more than twenty objects
EXPANDED: dict[tuple[str, str], Source] = {
    ("group", "owners"): lambda w, ids: typed(w.groups.owners(ids["id"]), "user"),
    ("group", "members"): lambda w, ids: typed(w.groups.members(ids["id"]), "user"),
    ("application", "owners"): lambda w, ids: typed(w.apps.owners(principal(w, ids, "applications")["_name"]), "user"),
    ("servicePrincipal", "owners"): lambda w, ids: typed(w.apps.owners(principal(w, ids)["_name"]), "user"),
}


def expanded(world: World, kind: str, row: Row, names: Sequence[str]) -> Row:
    """The row with the navigation properties that are to be expanded and are not part of it yet."""
    made = {name: EXPANDED[kind, name](world, row)[:MOST_EXPANDED] for name in names if (kind, name) in EXPANDED}
    return row | made


def rows(world: World, word: str, ids: Ids, *, one: bool) -> Any:
    """Rows (or the one object) of a `from` word."""
    if word in SOURCES:
        return SOURCES[word](world, ids)
    return world.single(word) if one else world.collection(word)
