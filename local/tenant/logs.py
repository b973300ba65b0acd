"""What happened in the tenant: sign-ins of the last days, directory changes, secure scores. Counts come from the file's `logs`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from local.tenant.ids import Chance, guid
from local.tenant.people import stamp
from local.tenant.rows import Lazy, Row

if TYPE_CHECKING:
    from local.tenant.world import World

DEFAULTS: dict[str, Any] = {"sign_ins": 60, "legacy": {}, "single_factor": 0, "failures": {"50126": 6}, "changes": 40, "score": [512.0, 733.0]}
CHANGES = [
    ("UserManagement", "Update user"), ("UserManagement", "Reset user password"), ("GroupManagement", "Add member to group"),
    ("RoleManagement", "Add member to role"),
    ("Policy", "Update conditional access policy"), ("ApplicationManagement", "Update application"), ("Device", "Register device"),
]  # fmt: skip


class Logs:
    """Rows of /auditLogs and /security/secureScores."""

    def __init__(self, world: World) -> None:
        self.world, self.spec, self.chance = world, {**DEFAULTS, **world.section("logs")}, Chance(world.chance_seed + 900)
        plan: list[tuple[str, int, bool]] = [("Browser", 0, False)] * int(self.spec["sign_ins"])
        plan += [(client, 0, False) for client, count in self.spec["legacy"].items() for _ in range(int(count))]
        plan += [("Browser", 0, True)] * int(self.spec["single_factor"])
        plan += [("Browser", int(code), False) for code, count in self.spec["failures"].items() for _ in range(int(count))]
        self.plan = plan

    def sign_ins(self) -> Lazy:
        """Sign-ins of the last 23 hours, newest first."""
        return Lazy(range(len(self.plan)), self._sign_in)

    def _sign_in(self, at: int) -> Row:
        client, error, single = self.plan[at]
        people = self.world.people
        user = people[self.chance.below(at, "who", max(1, len(people) - people.guests))]
        when = self.world.now - dt.timedelta(minutes=5 + at * (23 * 60 - 10) // max(1, len(self.plan)))
        return {
            "id": guid("sign-in", at), "createdDateTime": stamp(when), "userId": user["id"], "userPrincipalName": user["userPrincipalName"],
            "userDisplayName": user["displayName"], "appId": "38aa3b87-a06d-4817-b275-7a389988d93b", "appDisplayName": "Office portal",
            "clientAppUsed": client,
            "ipAddress": f"203.0.113.{self.chance.below(at, 'ip', 200)}",
            "status": {"errorCode": error, "failureReason": "Other.", "additionalDetails": None},
            "conditionalAccessStatus": "success", "isInteractive": True, "riskLevelDuringSignIn": "none", "riskLevelAggregated": "none",
            "riskState": "none", "riskDetail": "none",
            "authenticationRequirement": "singleFactorAuthentication" if single or client != "Browser" else "multiFactorAuthentication",
            "signInEventTypes": ["interactiveUser"],
            "location": {"city": "Alderford", "state": "Oregon", "countryOrRegion": "US"},
            "deviceDetail": {"displayName": f"{user['surname'].upper()}-PC", "isCompliant": True},
            "correlationId": guid("correlation", at), "resourceDisplayName": "Office 365 Exchange Online",
            "resourceId": "00000002-0000-0ff1-ce00-000000000000",
        }  # fmt: skip

    def changes(self) -> Lazy:
        """Directory audit records of the last six days, newest first."""
        total = int(self.spec["changes"])
        return Lazy(range(total), lambda at: self._change(at, total))

    def _change(self, at: int, total: int) -> Row:
        category, activity = CHANGES[self.chance.below(at, "change", len(CHANGES))]
        who = self.world.people[0]
        person = {key: who[key] for key in ("id", "userPrincipalName", "displayName")}
        when = self.world.now - dt.timedelta(minutes=11 + at * 6 * 24 * 60 // max(1, total))
        return {
            "id": f"Directory_{guid('change', at)}", "activityDateTime": stamp(when), "activityDisplayName": activity, "category": category,
            "operationType": "Update",
            "correlationId": guid("change", at, "c"), "loggedByService": "Core Directory", "result": "success", "resultReason": "",
            "additionalDetails": [],
            "initiatedBy": {"user": {**person, "ipAddress": "203.0.113.7"}, "app": None},
            "targetResources": [{**person, "type": "User", "modifiedProperties": []}],
        }  # fmt: skip

    def scores(self) -> list[Row]:
        """Ninety daily secure scores, newest first; `score` is [current, possible]."""
        current, possible = (float(value) for value in self.spec["score"])
        names = (
            ("MFARegistrationV2", "Identity", 9.0),
            ("AdminMFAV2", "Identity", 10.0),
            ("exo_mailboxaudit", "Data", 5.0),
            ("mip_search_auditlog", "Data", 3.0),
        )
        scores = [{"controlName": name, "controlCategory": category, "score": score, "description": "What to do"} for name, category, score in names]
        rows = []
        for day in range(1, 91):
            date = self.world.now - dt.timedelta(days=day)
            rows.append({
                "id": f"{self.world.tenant['id']}_{date:%Y-%m-%d}", "azureTenantId": self.world.tenant["id"],
                "createdDateTime": f"{date:%Y-%m-%d}T00:00:00Z",
                "currentScore": round(current - day * 0.1, 2), "maxScore": possible, "activeUserCount": len(self.world.people) - 2,
                "licensedUserCount": len(self.world.people),
                "enabledServices": ["HasExchange", "HasSharePoint", "HasAADP1"], "controlScores": scores, "averageComparativeScores": [],
                "vendorInformation": {"provider": "SecureScore", "vendor": "Microsoft"},
            })  # fmt: skip
        return rows

    def profiles(self) -> list[Row]:
        """Secure score control profiles."""
        return [
            {
                "id": name,
                "title": name,
                "service": "AAD",
                "controlCategory": category,
                "maxScore": score,
                "rank": at + 1,
                "tier": "Core",
                "deprecated": False,
                "controlStateUpdates": [],
                "threats": [],
            }
            for at, (name, category, score) in enumerate(
                (("MFARegistrationV2", "Identity", 9.0), ("AdminMFAV2", "Identity", 10.0), ("exo_mailboxaudit", "Data", 5.0))
            )
        ]
