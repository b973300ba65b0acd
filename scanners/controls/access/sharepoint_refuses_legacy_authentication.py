from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.sharepoint_settings import SharepointSettings
from scanners.model import Verdict, failed, passed


@control(
    title="SharePoint and OneDrive refuse sign-ins without modern authentication",
    cites=("164.312(d)", "164.312(a)(1)"),
    severity="high",
    designation="standard",
    fix="SharePoint admin center > Policies > Access control > Apps that don't use modern authentication > Block access",
    plan="any with SharePoint",
    crosswalk={"cis_m365_v7": "7.2.1", "prowler": "sharepoint_modern_authentication_required", "nist_800_53": ["IA-2"]},
    seeds=("A3b-2", "S5"),
    proposed_rule="164.312(f)(2)(ii)",
    examples=(
        passes(isLegacyAuthProtocolsEnabled=False),
        fails(isLegacyAuthProtocolsEnabled=True),
        does_not_apply("no sites", sharepoint_settings=Unreadable("not_licensed")),
        stays_unknown(isLegacyAuthProtocolsEnabled=None),
        stays_unknown("missing is not off", isLegacyAuthProtocolsEnabled=ABSENT),
    ),
)
def sharepoint_refuses_legacy_authentication(sharepoint_settings: SharepointSettings) -> Verdict:
    """Applications that sign in the old way reach files with a bare password.

    Legacy authentication is off for SharePoint and OneDrive.
    """
    enabled = sharepoint_settings.is_legacy_auth_protocols_enabled
    if enabled:
        return failed("SharePoint accepts sign-ins without modern authentication", isLegacyAuthProtocolsEnabled=enabled)
    return passed("SharePoint refuses sign-ins without modern authentication", isLegacyAuthProtocolsEnabled=enabled)
