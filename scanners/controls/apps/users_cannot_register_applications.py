from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.authorization_policy import AuthorizationPolicy
from scanners.model import Verdict, failed, passed


@control(
    title="Ordinary users cannot register applications",
    cites=("164.308(b)(1)", "164.308(a)(4)(i)"),
    severity="medium",
    designation="standard",
    fix="Entra admin center > Users > User settings > Users can register applications > No",
    crosswalk={
        "cis_m365_v7": "5.1.2.2",
        "scuba": "MS.AAD.5.1v1",
        "prowler": "entra_thirdparty_integrated_apps_not_allowed",
        "maester": "EIDSCA.AP10",
        "nist_800_53": ["CM-11"],
    },
    seeds=("A6", "B11", "S25"),
    examples=(
        passes(authorization_policy={"defaultUserRolePermissions.allowedToCreateApps": False}),
        fails(authorization_policy={"defaultUserRolePermissions.allowedToCreateApps": True}),
        stays_unknown("a missing object is not a closed door", defaultUserRolePermissions=None),
        stays_unknown("nor is a missing property", authorization_policy={"defaultUserRolePermissions.allowedToCreateApps": ABSENT}),
        stays_unknown(authorization_policy=Unreadable("not_permitted")),
    ),
)
def users_cannot_register_applications(authorization_policy: AuthorizationPolicy) -> Verdict:
    """A registered application is a new way to ePHI that nobody assessed.

    The default permissions of users do not include creating applications.
    """
    allowed = authorization_policy.default_user_role_permissions.allowed_to_create_apps
    if allowed:
        return failed("any user can register an application", allowedToCreateApps=allowed)
    return passed("only people with a role that allows it register applications", allowedToCreateApps=allowed)
