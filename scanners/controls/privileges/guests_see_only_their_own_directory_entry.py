from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.facts.authorization_policy import AuthorizationPolicy
from scanners.model import Parameter, Verdict, failed, passed

OWN_ENTRY, LIMITED, AS_MEMBERS = (
    "2af84b1e-32c8-42b7-82bc-daa82404023b",
    "10dae51f-b6af-4016-8d66-8c2a99b929b3",
    "a0b1b346-4d3e-4e8b-98f8-753987be4970",
)
MEANING = {OWN_ENTRY: "their own directory entry", LIMITED: "a limited part of the directory", AS_MEMBERS: "everything that members see"}


@control(
    title="Guests can read only their own directory entry",
    cites=("164.308(a)(4)(i)", "164.502(b)"),
    severity="medium",
    designation="standard",
    fix="Entra admin center > External Identities > External collaboration settings > Guest user access > most restrictive",
    parameters={"accepted_roles": Parameter(why="other baselines also accept limited access", unit="role ids", among=(OWN_ENTRY, LIMITED))},
    crosswalk={
        "cis_m365_v7": "5.1.6.2",
        "scuba": "MS.AAD.8.1v1",
        "prowler": "entra_policy_guest_users_access_restrictions",
        "maester": "EIDSCA.AP07",
        "nist_800_53": ["AC-6"],
    },
    seeds=("B8", "S9"),
    examples=(
        passes(guestUserRoleId=OWN_ENTRY),
        passes("an id compares without case", guestUserRoleId=OWN_ENTRY.upper()),
        passes("the operator accepts limited access", parameters={"accepted_roles": (OWN_ENTRY, LIMITED)}, guestUserRoleId=LIMITED),
        fails(guestUserRoleId=AS_MEMBERS),
        fails("the service's default", guestUserRoleId=LIMITED),
        stays_unknown(guestUserRoleId=None),
        stays_unknown("a role that this version does not know", guestUserRoleId="11111111-0000-4000-8000-000000000009"),
    ),
)
def guests_see_only_their_own_directory_entry(
    authorization_policy: AuthorizationPolicy, *, accepted_roles: tuple[str, ...] = (OWN_ENTRY,)
) -> Verdict:
    """Names of staff, groups and teams can reveal treatment and are not needed by guests.

    The role that guests have in the directory is one of `accepted_roles`.
    """
    role = authorization_policy.guest_user_role_id.lower()
    if role not in MEANING:
        raise Unrecognised("the role of guests is not one of the three that Microsoft documents")
    if role in {each.lower() for each in accepted_roles}:
        return passed(f"guests see {MEANING[role]}", guestUserRoleId=role)
    return failed(f"guests see {MEANING[role]}", guestUserRoleId=role)
