from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.users import User, Users
from scanners.model import Verdict
from scanners.three_valued import sort

WEAK = "disablestrongpassword"
KNOWN = frozenset({"", "none", "disablepasswordexpiration", WEAK})


@control(
    title="No account is exempt from the password strength rules",
    cites=("164.308(a)(5)(ii)(D)",),
    severity="medium",
    designation="addressable",
    fix="Microsoft Graph PowerShell: Update-MgUser -UserId <id> -PasswordPolicies None for the accounts listed",
    crosswalk={"nist_800_53": ["IA-5(1)"]},
    seeds=("B15-1", "T21"),
    examples=(
        passes(users=[{}]),
        passes("another exemption is another control's", users=[{"passwordPolicies": "DisablePasswordExpiration"}]),
        passes("a disabled account", users=[{}, {"passwordPolicies": "DisableStrongPassword", "accountEnabled": False}]),
        fails("two values in one text", users=[{"passwordPolicies": "DisablePasswordExpiration, DisableStrongPassword"}]),
        fails("a synchronised account, too", users=[{}, {"passwordPolicies": "disablestrongpassword", "onPremisesSyncEnabled": True}]),
        stays_unknown(users=Unreadable("unreachable")),
        stays_unknown("missing is not none", users=[{"passwordPolicies": ABSENT}]),
        stays_unknown("a policy that this version does not know", users=[{"passwordPolicies": "DisableEverything"}]),
        stays_unknown("nobody at all", users=[]),
    ),
)
def no_account_may_use_a_weak_password(users: Users) -> Verdict:
    """One exempt account is enough for guessing.

    No enabled user, synchronised or not, is exempt from the rules for strong passwords.
    """

    def is_bound(user: User) -> bool:
        values = {value.strip().lower() for value in (user.password_policies or "").split(",")}
        if values - KNOWN:
            raise Unrecognised("a password policy of an account is not one that this version knows")
        return WEAK not in values or not user.account_enabled

    nobody = Unrecognised("no user was found, which no tenant in use can have, so the reading is incomplete")
    return sort(users.value, is_bound).every(
        good="accounts follow the password strength rules", bad="accounts are exempt from the password strength rules", empty=nobody
    )
