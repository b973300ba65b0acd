from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.sharepoint_settings import SharepointSettings
from scanners.model import Parameter, Verdict, failed, passed


@control(
    title="Files cannot be shared by links that work without signing in",
    cites=("164.312(a)(1)", "164.312(d)", "164.502(b)"),
    severity="critical",
    designation="standard",
    fix='SharePoint admin center > Policies > Sharing > External sharing: any level but "Anyone"',
    plan="any SharePoint plan; without one the control does not apply",
    crosswalk={
        "cis_m365_v7": "7.2.3",
        "prowler": "sharepoint_external_sharing_restricted",
        "nist_800_53": ["AC-1", "AC-3", "AC-5", "AC-6", "IA-2", "IA-3", "IA-4", "IA-8", "IA-9"],
    },
    seeds=("B9", "B2", "B8"),
    parameters={
        "allowed_levels": Parameter(
            why="only links without sign-in are judged here; sharing_reaches_only_known_guests holds the stricter decision",
            unit="sharing levels",
            among=("disabled", "existingExternalUserSharingOnly", "externalUserSharingOnly"),
        )
    },
    examples=(
        passes(sharingCapability="existingExternalUserSharingOnly"),
        passes("new guests who sign in are the business of another control", sharingCapability="externalUserSharingOnly"),
        fails(sharingCapability="externalUserAndGuestSharing"),
        fails("an operator can be stricter", parameters={"allowed_levels": ("disabled",)}, sharingCapability="externalUserSharingOnly"),
        stays_unknown("a level that the service adds later is not guessed at", sharingCapability="unknownFutureValue"),
        stays_unknown(sharingCapability=ABSENT),
        does_not_apply("no SharePoint and no OneDrive", sharepoint_settings=Unreadable("not_licensed")),
    ),
)
def files_cannot_be_shared_with_anyone(
    sharepoint_settings: SharepointSettings,
    *,
    allowed_levels: tuple[str, ...] = ("disabled", "existingExternalUserSharingOnly", "externalUserSharingOnly"),
) -> Verdict:
    """A link for anyone is access to whatever it points at, without a name, a password or a trace of who used it.

    The sharing level of the tenant is one of the allowed levels, none of which permits links for anyone. OneDrive has a level of its own, which is never wider.
    """
    level = sharepoint_settings.sharing_capability
    if level in allowed_levels:
        return passed(f"sharing with people outside is limited to {level}", sharingCapability=level)
    return failed(f"sharing with people outside is open to {level}", sharingCapability=level)
