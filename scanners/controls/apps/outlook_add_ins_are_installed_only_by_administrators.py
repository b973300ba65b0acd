from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.role_assignment_policies import RoleAssignmentPolicy
from scanners.model import Verdict
from scanners.three_valued import sort

ADD_IN_ROLES = frozenset({"mycustomapps", "mymarketplaceapps", "myreadwritemailboxapps"})
NO_POLICY = Unrecognised("Exchange Online shows no role assignment policy, which no tenant with mailboxes is without, so the reading is incomplete")


@control(
    title="Users cannot add Outlook add-ins themselves",
    cites=("164.308(b)(1)", "164.308(a)(4)(ii)(B)"),
    severity="medium",
    designation="standard",
    fix="Exchange admin center > Roles > User roles > each policy: clear My Custom Apps, My Marketplace Apps and My ReadWriteMailbox Apps",
    plan="any Exchange Online plan; without one the control does not apply",
    crosswalk={"cis_m365_v7": "6.3.1", "prowler": "exchange_roles_assignment_policy_addins_disabled", "maester": "MT.1041", "nist_800_53": ["CM-11"]},
    seeds=("A6", "B11"),
    examples=(
        passes(role_assignment_policies=[{"AssignedRoles": ["MyBaseOptions", "MyContactInformation"]}]),
        fails(role_assignment_policies=[{"AssignedRoles": ["MyBaseOptions", "My Marketplace Apps"]}]),
        fails(
            "a second policy counts like the default one",
            role_assignment_policies=[{}, {"Identity": "Nurses", "IsDefault": False, "AssignedRoles": ["My Custom Apps"]}],
        ),
        fails("names without blanks, in another case", role_assignment_policies=[{"AssignedRoles": ["MyReadWriteMailboxApps"]}]),
        stays_unknown("a null list is not an empty one", role_assignment_policies=[{"AssignedRoles": None}]),
        stays_unknown(role_assignment_policies=[{"AssignedRoles": ABSENT}]),
        stays_unknown("no policy at all is no reading of a tenant", role_assignment_policies=[]),
        stays_unknown(role_assignment_policies=Unreadable("not_permitted")),
        does_not_apply("no Exchange Online", role_assignment_policies=Unreadable("not_licensed")),
    ),
)
def outlook_add_ins_are_installed_only_by_administrators(role_assignment_policies: tuple[RoleAssignmentPolicy, ...]) -> Verdict:
    """An add-in reads the message on the screen and sends it to its vendor.

    No policy, the default one or another, has a user role by which people install add-ins: My Custom Apps, My Marketplace Apps or My ReadWriteMailbox Apps.
    """

    def without_add_ins(policy: RoleAssignmentPolicy) -> bool:
        return not any(role.replace(" ", "").lower() in ADD_IN_ROLES for role in policy.assigned_roles)

    return sort(role_assignment_policies, without_add_ins).every(
        good="policies under which nobody installs add-ins",
        bad="policies under which people install add-ins",
        empty=NO_POLICY,
        name=lambda policy: policy.identity,
    )
