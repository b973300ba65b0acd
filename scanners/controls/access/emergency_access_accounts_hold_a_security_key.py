from scanners.declare import control, fails, is_due, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.privileged_user_methods import UserMethods
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.model import Parameter, Verdict
from scanners.people import EMERGENCY_REGISTER
from scanners.reading import Json
from scanners.statements import still_due
from scanners.three_valued import Maybe, sort

E1, E2 = "aaaaaaaa-0000-4000-8000-0000000000e1", "aaaaaaaa-0000-4000-8000-0000000000e2"
KEY = "#microsoft.graph.fido2AuthenticationMethod"
PASSWORD, HELLO = "#microsoft.graph.passwordAuthenticationMethod", "#microsoft.graph.windowsHelloForBusinessAuthenticationMethod"


def account(who: str, *kinds: object, readable: bool = True) -> Json:
    return {"id": who, "readable": readable, "methods": [{"@odata.type": kind} for kind in kinds]}


def register(*accounts: str) -> Json:
    return {"details": {"accounts": [{"object_id": each} for each in accounts]}}


@control(
    title="Each emergency account has a phishing-resistant key registered",
    cites=("164.312(a)(2)(ii)", "164.312(d)"),
    severity="medium",
    designation="required",
    fix="https://mysignins.microsoft.com/security-info: sign in as the emergency account > Add sign-in method > Security key",
    parameters={
        "accept_certificate": Parameter(why="sign-in by certificate is not visible as a method, so without a key nothing can be said", looser="true")
    },
    crosswalk={"cis_m365_v7": "1.1.2", "prowler": "entra_break_glass_account_fido2_security_key_registered", "nist_800_53": ["IA-2(1)"]},
    seeds=("A3b-1", "A3b-2"),
    proposed_rule="164.312(a)(2)(iii)",
    examples=(
        passes(statement_emergency_accounts=register(E1), privileged_user_methods=[account(E1, PASSWORD, KEY)]),
        passes("ids compare without case", statement_emergency_accounts=register(E1.upper()), privileged_user_methods=[account(E1, KEY)]),
        fails("a password only", statement_emergency_accounts=register(E1), privileged_user_methods=[account(E1, PASSWORD)]),
        fails(
            "Windows Hello is bound to one computer",
            statement_emergency_accounts=register(E1),
            privileged_user_methods=[account(E1, PASSWORD, HELLO)],
        ),
        fails("one of two", statement_emergency_accounts=register(E1, E2), privileged_user_methods=[account(E1, KEY), account(E2, PASSWORD)]),
        is_due("no register", statement_emergency_accounts=None),
        is_due("a register without accounts", statement_emergency_accounts={"details": {"accounts": []}}),
        stays_unknown("hidden methods", statement_emergency_accounts=register(E1), privileged_user_methods=[account(E1, readable=False)]),
        stays_unknown("no row", statement_emergency_accounts=register(E1), privileged_user_methods=[]),
        stays_unknown(
            "a method without a kind may be the key", statement_emergency_accounts=register(E1), privileged_user_methods=[account(E1, ABSENT)]
        ),
        stays_unknown(
            "a certificate would not be seen",
            parameters={"accept_certificate": True},
            statement_emergency_accounts=register(E1),
            privileged_user_methods=[account(E1, PASSWORD)],
        ),
        stays_unknown(statement_emergency_accounts=register(E1), privileged_user_methods=Unreadable("not_permitted")),
    ),
)
def emergency_access_accounts_hold_a_security_key(
    statement_emergency_accounts: EmergencyAccounts, privileged_user_methods: tuple[UserMethods, ...], *, accept_certificate: bool = False
) -> Verdict:
    """The strongest accounts need the strongest proof, and sign-in to the admin portals demands a second factor.

    Every account of the register of emergency accounts has a FIDO2 security key registered. With `accept_certificate` an account without a key is unknown, because
    certificates are not listed as a method.
    """
    accounts = [account.object_id.lower() for account in statement_emergency_accounts.details.accounts]
    if not accounts:
        return still_due(EMERGENCY_REGISTER, "the register of emergency accounts names no account")
    rows = {row.id.lower(): row for row in privileged_user_methods}

    def holds_a_key(account: str) -> Maybe:
        if account not in rows or not rows[account].readable:
            raise Unrecognised("the sign-in methods of an emergency account could not be read")
        if any("type" not in method.faults and method.type == KEY for method in rows[account].methods):
            return True
        if any("type" in method.faults for method in rows[account].methods):
            raise Unrecognised("a sign-in method of an emergency account does not say its kind")
        return None if accept_certificate else False

    nobody = Unrecognised("the register of emergency accounts names no account")
    return sort(accounts, holds_a_key).every(
        good="emergency accounts hold a security key", bad="emergency accounts have no security key", empty=nobody
    )
