from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.authorization_policy import AuthorizationPolicy
from scanners.facts.self_service_sign_up_policy import AuthenticationFlowsPolicy
from scanners.model import Verdict
from scanners.three_valued import sort


@control(
    title="Outsiders cannot create their own account in the directory",
    cites=("164.308(a)(4)(ii)(B)", "164.312(a)(2)(i)"),
    severity="medium",
    designation="addressable",
    fix=(
        "Entra admin center > External Identities > External collaboration settings > Enable guest self-service sign up via user flows: No; "
        "and Microsoft Graph PowerShell: Update-MgPolicyAuthorizationPolicy -AllowEmailVerifiedUsersToJoinOrganization:$false"
    ),
    crosswalk={"maester": "EIDSCA.AP06", "nist_800_53": ["AC-2", "IA-4"]},
    seeds=("B14", "S9", "T9"),
    examples=(
        passes(selfServiceSignUp={"isEnabled": False}, authorization_policy={"allowEmailVerifiedUsersToJoinOrganization": False}),
        fails("one way is enough", selfServiceSignUp={"isEnabled": False}, authorization_policy={"allowEmailVerifiedUsersToJoinOrganization": True}),
        fails("the other way", selfServiceSignUp={"isEnabled": True}, authorization_policy={"allowEmailVerifiedUsersToJoinOrganization": False}),
        fails(
            "an open way decides, whatever the other is",
            selfServiceSignUp=None,
            authorization_policy={"allowEmailVerifiedUsersToJoinOrganization": True},
        ),
        stays_unknown(selfServiceSignUp=None, authorization_policy={"allowEmailVerifiedUsersToJoinOrganization": False}),
        stays_unknown("not stated is not no", authorization_policy={"allowEmailVerifiedUsersToJoinOrganization": ABSENT}),
        stays_unknown(authorization_policy=Unreadable("not_permitted")),
    ),
)
def strangers_cannot_create_their_own_account(
    self_service_sign_up_policy: AuthenticationFlowsPolicy, authorization_policy: AuthorizationPolicy
) -> Verdict:
    """Access to ePHI systems must be granted, never taken.

    Guests cannot sign up by themselves through a form, and people who prove an e-mail address of the organisation cannot join the directory by themselves.
    """
    ways = {
        "sign-up forms": lambda: self_service_sign_up_policy.self_service_sign_up.is_enabled,
        "joining by e-mail address": lambda: authorization_policy.allow_email_verified_users_to_join_organization,
    }
    return sort(ways, lambda way: not ways[way]()).every(
        good="strangers cannot create accounts", bad="strangers can create accounts", empty=Unrecognised("no way of joining was looked at")
    )
