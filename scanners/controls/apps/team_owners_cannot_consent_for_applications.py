from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.authorization_policy import AuthorizationPolicy
from scanners.facts.directory_settings import CONSENT, DirectorySetting, switch
from scanners.facts.subscribed_skus import SubscribedSku
from scanners.model import Parameter, Verdict, failed, not_applicable, passed
from scanners.permissions import ANY_TEAMS
from scanners.plans import has_plan

FOR_OWNED = "managepermissiongrantsforownedresource."
SWITCH = "EnableGroupSpecificConsent"


def assigned(*entries: str) -> dict[str, list[str]]:
    return {"defaultUserRolePermissions.permissionGrantPoliciesAssigned": list(entries)}


def consent(value: str) -> list[dict[str, object]]:
    return [{"templateId": CONSENT, "values": [{"name": SWITCH, "value": value}]}]


@control(
    title="Owners of teams and chats cannot give applications access to their content",
    cites=("164.308(b)(1)", "164.308(a)(4)(ii)(B)"),
    severity="medium",
    designation="standard",
    fix="Entra admin center > Enterprise applications > Consent and permissions > Group owner consent settings; Microsoft Graph PowerShell: Set-MgBetaTeamRscConfiguration -State DisabledForAllApps",
    plan="any Microsoft Teams plan; without one the control does not apply",
    crosswalk={"maester": "EIDSCA.CP01", "nist_800_53": ["CM-11"]},
    seeds=("B11", "T14"),
    parameters={
        "accept_preapproved": Parameter(why="pre-approval policies name permissions that an administrator allowed", unit="boolean", looser="true")
    },
    examples=(
        passes(authorization_policy=assigned()),
        passes(
            "entries for a person's own data belong to another control",
            authorization_policy=assigned("ManagePermissionGrantsForSelf.microsoft-user-default-low"),
        ),
        passes(
            "permissions that an administrator approved before",
            authorization_policy=assigned("ManagePermissionGrantsForOwnedResource.microsoft-pre-approval-apps-for-group"),
        ),
        passes("where the template is absent the authorization policy decides", authorization_policy=assigned(), directory_settings=[]),
        passes("booleans are texts", authorization_policy=assigned(), directory_settings=consent("False")),
        fails(authorization_policy=assigned("ManagePermissionGrantsForOwnedResource.microsoft-dynamically-managed-permissions-for-team")),
        fails(
            "the prefix in another case",
            authorization_policy=assigned("managePermissionGrantsForOwnedResource.microsoft-dynamically-managed-permissions-for-chat"),
        ),
        fails("the older switch", authorization_policy=assigned(), directory_settings=consent("true")),
        fails("the older switch, written otherwise", authorization_policy=assigned(), directory_settings=consent("True")),
        fails(
            "an operator can refuse pre-approval",
            parameters={"accept_preapproved": False},
            authorization_policy=assigned("ManagePermissionGrantsForOwnedResource.microsoft-pre-approval-apps-for-group"),
        ),
        stays_unknown(authorization_policy=Unreadable("not_permitted")),
        stays_unknown("a switch that is neither on nor off", authorization_policy=assigned(), directory_settings=consent("sometimes")),
        stays_unknown(
            "a missing list is not an empty one", authorization_policy={"defaultUserRolePermissions.permissionGrantPoliciesAssigned": ABSENT}
        ),
        does_not_apply("no Teams", authorization_policy=assigned(), subscribed_skus=[]),
    ),
)
def team_owners_cannot_consent_for_applications(
    authorization_policy: AuthorizationPolicy,
    directory_settings: tuple[DirectorySetting, ...],
    subscribed_skus: tuple[SubscribedSku, ...] | None,
    *,
    accept_preapproved: bool = True,
) -> Verdict:
    """Content of a team is shared by many; one owner must not open it to a vendor.

    Users are assigned no policy under which owners may allow applications for what they own, but for pre-approval policies where `accept_preapproved` is set;
    and the directory setting for consent by group owners, where the tenant uses it, is not on.
    """
    if subscribed_skus is not None and has_plan(subscribed_skus, ANY_TEAMS) is False:
        return not_applicable("the tenant has no Microsoft Teams plan")
    entries = authorization_policy.default_user_role_permissions.permission_grant_policies_assigned
    owned = [e for e in entries if e.lower().startswith(FOR_OWNED) and not (accept_preapproved and "pre-approval" in e.lower())]
    if owned:
        return failed("owners of teams, chats or groups can allow applications to read them", assigned=owned)
    setting = switch(directory_settings, CONSENT, SWITCH)
    if setting:
        return failed("owners of groups can allow applications to read them", EnableGroupSpecificConsent=setting)
    return passed("owners cannot allow applications for what they own", assigned=owned, EnableGroupSpecificConsent=setting)
