from scanners.declare import control, fails, passes, stays_unknown
from scanners.facts.authorization_policy import AuthorizationPolicy
from scanners.model import Verdict, failed, passed


@control(
    title="Only administrators and guest inviters can invite guests",
    cites=("164.308(a)(4)(ii)(B)", "164.312(a)(1)"),
    severity="high",
    designation="addressable",
    fix="Entra admin center > External Identities > External collaboration settings > Guest invite settings > Only users assigned to specific admin roles",
    crosswalk={
        "cis_m365_v7": "5.1.6.3",
        "scuba": "MS.AAD.8.2v1",
        "prowler": "entra_policy_guest_invite_only_for_admin_roles",
        "maester": "EIDSCA.AP04",
        "nist_800_53": ["AC-2"],
    },
    seeds=("B8", "B14", "S9", "T19"),
    examples=(
        passes(allowInvitesFrom="adminsAndGuestInviters"),
        passes(allowInvitesFrom="none"),
        fails(allowInvitesFrom="everyone"),
        fails(allowInvitesFrom="adminsGuestInvitersAndAllMembers"),
        stays_unknown("a member that the service adds later is not guessed at", allowInvitesFrom="unknownFutureValue"),
    ),
)
def only_named_roles_invite_guests(authorization_policy: AuthorizationPolicy) -> Verdict:
    """A guest who reaches a team reaches its chats and files, so an invitation is an access grant and must be made by someone accountable.

    Invitations are limited to nobody, or to administrators and the Guest Inviter role.
    """
    who = authorization_policy.allow_invites_from
    if who in {"none", "adminsAndGuestInviters"}:
        return passed(f"guest invitations are limited to {who}", allowInvitesFrom=who)
    return failed(f"guest invitations are open to {who}", allowInvitesFrom=who)
