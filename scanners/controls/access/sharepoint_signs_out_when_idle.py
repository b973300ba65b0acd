from typing import Any

from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.idle_timeout_policies import IdleTimeoutPolicy
from scanners.facts.sharepoint_settings import SharepointSettings
from scanners.idle_sessions import signs_out_within
from scanners.model import Parameter, Verdict, failed, passed
from scanners.three_valued import attempt, some

OFF = {"idleSessionSignOut": {"isEnabled": False, "warnAfterInSeconds": 0, "signOutAfterInSeconds": 0}}


@control(
    title="SharePoint and OneDrive sign out after a short time without activity",
    cites=("164.312(a)(2)(iii)",),
    severity="medium",
    designation="addressable",
    fix="SharePoint admin center > Policies > Access control > Idle session sign-out",
    plan="any with SharePoint",
    parameters={
        "max_idle_minutes": Parameter(
            why="as for all web sessions: 10 to 15 minutes is common in health care", unit="minutes", low=1, high=360, looser="higher"
        )
    },
    crosswalk={"cis_m365_v7": "1.3.2", "nist_800_53": ["AC-12"]},
    seeds=("A3e", "S15"),
    proposed_rule="164.312(a)(2)(iv)",
    examples=(
        passes(idleSessionSignOut={"isEnabled": True, "warnAfterInSeconds": 600, "signOutAfterInSeconds": 900}),
        passes("the timeout of all web applications is enough", sharepoint_settings=OFF, idle_timeout_policies=[{"isOrganizationDefault": True}]),
        fails(sharepoint_settings=OFF),
        fails("the warning is not the sign-out", idleSessionSignOut={"isEnabled": True, "warnAfterInSeconds": 600, "signOutAfterInSeconds": 3600}),
        fails("zero never acts", idleSessionSignOut={"isEnabled": True, "signOutAfterInSeconds": 0}),
        does_not_apply("no sites", sharepoint_settings=Unreadable("not_licensed")),
        stays_unknown(idleSessionSignOut=None),
        stays_unknown("not stated is not soon", idleSessionSignOut={"signOutAfterInSeconds": ABSENT}),
        stays_unknown(
            "the other timeout cannot be read and may be the one", sharepoint_settings=OFF, idle_timeout_policies=[{"definition": ["not json"]}]
        ),
        stays_unknown(sharepoint_settings=Unreadable("not_permitted")),
    ),
)
def sharepoint_signs_out_when_idle(
    sharepoint_settings: SharepointSettings, idle_timeout_policies: tuple[IdleTimeoutPolicy, ...], *, max_idle_minutes: float = 15
) -> Verdict:
    """Files with ePHI must not stay open on an unattended browser.

    SharePoint and OneDrive sign people out after at most `max_idle_minutes` without activity, or the timeout of all Microsoft 365 web applications does.
    """

    def signs_out() -> bool | None:
        settings = sharepoint_settings.idle_session_sign_out
        if settings is None:
            return None
        return settings.is_enabled and 0 < settings.sign_out_after_in_seconds <= max_idle_minutes * 60

    own, common = attempt(signs_out), attempt(lambda: signs_out_within(idle_timeout_policies, max_idle_minutes))
    seen: dict[str, Any] = {"own_setting": own, "all_web_applications": common, "limit_minutes": max_idle_minutes}
    answer = some((own, common))
    if answer is None:
        raise Unrecognised("the idle sign-out of SharePoint could not be recognised")
    if answer:
        return passed(f"SharePoint and OneDrive sign out within {max_idle_minutes:g} minutes", **seen)
    return failed(f"SharePoint and OneDrive do not sign out within {max_idle_minutes:g} minutes", **seen)
