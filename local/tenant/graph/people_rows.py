"""Rows of Graph that are made person by person: users, their methods, licences, registrations, training and Teams policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.tenant.graph.lookup import Ids
from local.tenant.graph.lookup import user as _user
from local.tenant.ids import guid
from local.tenant.people import stamp
from local.tenant.rows import Lazy, Row
from local.tenant.world import World


def users(world: World, _ids: Ids) -> Lazy:
    """Everybody in the directory, rows made when asked."""
    people = world.people
    return Lazy(range(len(people)), people.__getitem__, people.by_id)


def user_methods(world: World, ids: Ids) -> list[Row]:
    """Registered methods as objects, with what must never be stored (numbers, names, models)."""
    user = _user(world, ids)
    known: dict[str, tuple[str, dict[str, Any]]] = {
        "mobilePhone": ("phoneAuthenticationMethod", {"phoneNumber": "+1 555 0100 0001", "phoneType": "mobile"}),
        "microsoftAuthenticatorPush": ("microsoftAuthenticatorAuthenticationMethod", {"displayName": "Own phone", "phoneAppVersion": "6.8"}),
        "fido2SecurityKey": ("fido2AuthenticationMethod", {"displayName": "Blue key", "model": "Key 5", "attestationLevel": "attested"}),
        "windowsHelloForBusiness": ("windowsHelloForBusinessAuthenticationMethod", {"displayName": "Desk computer", "keyStrength": "normal"}),
        "softwareOneTimePasscode": ("softwareOathAuthenticationMethod", {"secretKey": None}),
        "email": ("emailAuthenticationMethod", {"emailAddress": "private@mail.example"}),
    }  # fmt: skip
    rows = [
        {
            "@odata.type": "#microsoft.graph.passwordAuthenticationMethod",
            "id": "28c10230-6103-485e-b985-444c60001490",
            "createdDateTime": user["lastPasswordChangeDateTime"],
            "password": None,
        }
    ]
    for name in user["_methods"]:
        if name in known:
            kind, extra = known[name]
            rows.append(
                {"@odata.type": f"#microsoft.graph.{kind}", "id": guid(user["id"], name), "createdDateTime": user["createdDateTime"], **extra}
            )
    return rows


def user_requirements(world: World, ids: Ids) -> Row:
    """The per-user multifactor state, beta only."""
    return {"perUserMfaState": _user(world, ids).get("perUserMfaState", "disabled")}


def user_licences(world: World, ids: Ids) -> list[Row]:
    """A user's products with their plans."""
    rows = {row["skuId"]: row for row in world.licences.rows()}
    found = [rows[entry["skuId"]] for entry in _user(world, ids)["assignedLicenses"]]
    return [
        {"id": guid(row["id"]), "skuId": row["skuId"], "skuPartNumber": row["skuPartNumber"], "servicePlans": row["servicePlans"]} for row in found
    ]


def registration_details(world: World, _ids: Ids) -> Lazy:
    """The registration report; disabled accounts and guests appear in it too."""
    admins = {row["principalId"] for row in world.roles.assignments()}
    return Lazy(range(len(world.people)), lambda at: _registration(world, at, admins))


def _registration(world: World, at: int, admins: set[str]) -> Row:
    user = world.people[at]
    methods = user["_methods"]
    strong = [name for name in methods if name not in {"email", "securityQuestion"}]
    passwordless = bool({"fido2SecurityKey", "windowsHelloForBusiness", "microsoftAuthenticatorPasswordless"} & set(methods))
    return {
        "id": user["id"], "userPrincipalName": user["userPrincipalName"], "userDisplayName": user["displayName"],
        "userType": user["userType"].lower(),
        "isAdmin": user["id"] in admins, "isSsprRegistered": bool(methods), "isSsprEnabled": True, "isSsprCapable": bool(methods),
        "isMfaRegistered": bool(strong),
        "isMfaCapable": bool(strong), "isPasswordlessCapable": passwordless, "methodsRegistered": list(methods),
        "isSystemPreferredAuthenticationMethodEnabled": True,
        "systemPreferredAuthenticationMethods": strong[:1],
        "userPreferredMethodForSecondaryAuthentication": "push" if "microsoftAuthenticatorPush" in methods else "sms" if methods else "none",
        "lastUpdatedDateTime": stamp(world.now),
    }  # fmt: skip


def training_coverage(world: World, _ids: Ids) -> Lazy:
    """Who has which training of the attack simulation, as the file's graph.training counts it."""
    spec = world.graph.get("training", {})
    total = int(spec.get("users", 0))
    return Lazy(range(total), lambda at: _training(world, at, spec))


def _training(world: World, at: int, spec: Mapping[str, Any]) -> Row:
    user, late = world.people[at % len(world.people)], at < int(spec.get("overdue", 0))
    row = {
        "displayName": "Handling health information",
        "trainingStatus": "overdue" if late else "completed",
        "assignedDateTime": stamp(world.now),
        "completionDateTime": None if late else stamp(world.now),
    }
    return {"attackSimulationUser": {"userId": user["id"], "displayName": user["displayName"], "email": user["mail"]}, "userTrainings": [row]}


def teams_user_configurations(world: World, _ids: Ids) -> Lazy:
    """Teams policies that act on each account, from the file's teams.$assignments."""
    assigned = world.workload("teams").get("$assignments", {})
    return Lazy(range(len(world.people)), lambda at: _configuration(world, at, assigned))


def _configuration(world: World, at: int, assigned: Mapping[str, Any]) -> Row:
    user = world.people[at]
    policies = []
    for kind, names in assigned.items():
        for name, handles in names.items():
            if (isinstance(handles, int) and at < handles) or (
                isinstance(handles, list) and user["id"] in [world.people.user_id(handle) for handle in handles]
            ):
                assignment = {"displayName": name, "assignmentType": "direct", "policyId": guid("policy", kind, name), "groupId": None}
                policies.append({"policyType": kind, "policyAssignment": assignment})
    return {
        "id": user["id"], "userPrincipalName": user["userPrincipalName"], "tenantId": world.tenant["id"],
        "accountType": "guest" if user["userType"] == "Guest" else "resourceAccount" if user["_kind"] == "room" else "user",
        "isEnterpriseVoiceEnabled": False, "featureTypes": ["Teams"], "effectivePolicyAssignments": policies, "telephoneNumbers": [],
        "createdDateTime": user["createdDateTime"], "modifiedDateTime": user["createdDateTime"],
    }  # fmt: skip
