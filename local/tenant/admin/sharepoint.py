"""SharePoint administration: `_api/SPO.Tenant`, with numbers in place of names, and only for who holds full control of all sites."""

from __future__ import annotations

from typing import Any

from local.tenant.answers import Answer, Refusal
from local.tenant.graph.service import Call
from local.tenant.jwt import BadTokenError, Signer
from local.tenant.world import World

SHARING = {"disabled": 0, "externalUserSharingOnly": 1, "externalUserAndGuestSharing": 2, "existingExternalUserSharingOnly": 3}
RESTRICTION = {"none": 0, "allowList": 1, "blockList": 2}
DENIED = {
    "odata.error": {
        "code": "-2147024891, System.UnauthorizedAccessException",
        "message": {"lang": "en-US", "value": "Attempted to perform an unauthorized operation."},
    }
}


def tenant_settings(world: World) -> dict[str, Any]:
    """SPO.Tenant of a world: its own settings, and those that Graph's settings decide."""
    graph = world.single("admin.sharepoint.settings")
    level = SHARING[graph["sharingCapability"]]
    shared = {
        "SharingCapability": level, "CoreSharingCapability": level, "ODBSharingCapability": level,
        "SharingDomainRestrictionMode": RESTRICTION[graph["sharingDomainRestrictionMode"]],
        "SharingAllowedDomainList": " ".join(graph["sharingAllowedDomainList"]),
        "SharingBlockedDomainList": " ".join(graph["sharingBlockedDomainList"]),
        "PreventExternalUsersFromResharing": not graph["isResharingByExternalUsersEnabled"],
        "RequireAcceptingAccountMatchInvitedAccount": graph["isRequireAcceptingUserToMatchInvitedUserEnabled"],
        "LegacyAuthProtocolsEnabled": graph["isLegacyAuthProtocolsEnabled"],
        "OrphanedPersonalSitesRetentionPeriod": graph["deletedUserPersonalSiteRetentionPeriodInDays"],
    }  # fmt: skip
    return {**shared, **world.workload("sharepoint")}


class SharePoint:
    """The SharePoint administration of one tenant."""

    def __init__(self, world: World, signer: Signer) -> None:
        self.world, self.signer = world, signer

    def answer(self, call: Call, prefix: str) -> Answer:
        """One request below `prefix`; raises Refusal for a path that is not there."""
        word, _, token = call.headers.get("authorization", "").partition(" ")
        try:
            claims = self.signer.read(token) if word.lower() == "bearer" else None
        except BadTokenError:
            claims = None
        if claims is None or not str(claims["aud"]).endswith(("-admin.sharepoint.com", "00000003-0000-0ff1-ce00-000000000000")):
            return Answer(401, {"error_description": "Invalid JWT token or audience."}, {"SPRequestGuid": "simulated"})
        if "Sites.FullControl.All" not in claims["roles"]:
            return Answer(403, DENIED, {"SPRequestGuid": "simulated"})
        if call.method != "GET" or call.path.removeprefix(prefix).lower() != "/_api/spo.tenant":
            raise Refusal(404, "NotFound", "Cannot find resource for the request.")
        settings = tenant_settings(self.world)
        if "odata=nometadata" in call.headers.get("accept", ""):
            return Answer(200, settings, {"SPRequestGuid": "simulated"})
        verbose = {
            key: {"__metadata": {"type": "Collection(Edm.Guid)"}, "results": value} if isinstance(value, list) else value
            for key, value in settings.items()
        }
        return Answer(
            200, {"d": {"__metadata": {"type": "Microsoft.Online.SharePoint.TenantAdministration.Tenant"}, **verbose}}, {"SPRequestGuid": "simulated"}
        )
