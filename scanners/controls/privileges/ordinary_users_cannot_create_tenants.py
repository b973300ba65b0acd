from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT
from scanners.facts.authorization_policy import AuthorizationPolicy
from scanners.model import Verdict, failed, passed


@control(
    title="Ordinary users cannot create further tenants",
    cites=("164.308(a)(4)(i)", "164.308(b)(1)"),
    severity="low",
    designation="standard",
    fix="Entra admin center > Users > User settings > Restrict non-admin users from creating tenants: Yes",
    crosswalk={
        "cis_m365_v7": "5.1.2.3",
        "prowler": "entra_policy_ensure_default_user_cannot_create_tenants",
        "maester": "MT.1068",
        "nist_800_53": ["AC-6"],
    },
    seeds=("B12",),
    examples=(
        passes(defaultUserRolePermissions={"allowedToCreateTenants": False}),
        fails(defaultUserRolePermissions={"allowedToCreateTenants": True}),
        stays_unknown("null is not no", defaultUserRolePermissions={"allowedToCreateTenants": None}),
        stays_unknown("missing is not no", defaultUserRolePermissions={"allowedToCreateTenants": ABSENT}),
    ),
)
def ordinary_users_cannot_create_tenants(authorization_policy: AuthorizationPolicy) -> Verdict:
    """A tenant made by a user lies outside the agreements and safeguards for ePHI.

    The default permissions of users do not include creating tenants.
    """
    allowed = authorization_policy.default_user_role_permissions.allowed_to_create_tenants
    if allowed is None:
        raise Unrecognised("the directory does not say whether users may create tenants")
    if allowed:
        return failed("every user can create a tenant", allowedToCreateTenants=allowed)
    return passed("only administrators create tenants", allowedToCreateTenants=allowed)
