from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.statements_accounts import EmergencyAccounts, ServiceAccounts
from scanners.facts.users import User, Users
from scanners.model import Verdict
from scanners.people import emergency_accounts, exempt_accounts, people
from scanners.roles import active_holdings
from scanners.three_valued import sort

KIOSK, E1 = "aaaaaaaa-0000-4000-8000-000000000077", "aaaaaaaa-0000-4000-8000-0000000000e1"
GENERIC = {"id": KIOSK, "looksGeneric": True}
REGISTERED = {"details": {"entries": [{"object_id": KIOSK.upper()}]}}


@control(
    title="Accounts with generic names are registered with an owner and a reason",
    cites=("164.312(a)(2)(i)",),
    severity="medium",
    designation="required",
    fix="Microsoft 365 admin center > Users > Active users: give each person an account; record what must stay shared, with owner and safeguard, as a statement of type service_accounts",
    crosswalk={"nist_800_53": ["IA-4", "IA-2"]},
    seeds=("B14", "A3b-1"),
    proposed_rule="164.312(a)(2)(i)",
    examples=(
        passes("a person, called Ward or not, has a first name too", users=[{}]),
        passes("registered with an owner and a reason", users=[{}, GENERIC], statement_service_accounts=REGISTERED),
        passes("a disabled shared mailbox", users=[{}, {**GENERIC, "accountEnabled": False}]),
        passes("a guest's name is given by others", users=[{}, {**GENERIC, "userType": "Guest"}]),
        passes("a meeting room", users=[{}, {**GENERIC, "assignedLicenses": [{"skuId": "6af4b3d6-14bb-4a2a-960c-6c902aad34f3"}]}]),
        passes(
            "an emergency account", users=[{}, {**GENERIC, "id": E1}], statement_emergency_accounts={"details": {"accounts": [{"object_id": E1}]}}
        ),
        fails(users=[GENERIC]),
        fails("the register has expired", users=[GENERIC], statement_service_accounts={**REGISTERED, "expires_at": "2026-11-01"}),
        fails("another account is registered", users=[{**GENERIC, "id": E1}], statement_service_accounts=REGISTERED),
        stays_unknown(users=Unreadable("unreachable")),
        stays_unknown("not stated is not a person's", users=[{"looksGeneric": ABSENT}]),
        stays_unknown("nobody at all", users=[]),
    ),
)
def every_account_belongs_to_one_person(
    users: Users,
    statement_service_accounts: ServiceAccounts | None,
    statement_emergency_accounts: EmergencyAccounts | None,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    referenced_group_members: ReferencedGroups,
) -> Verdict:
    """Each user needs a unique identity so that activity on ePHI can be traced to a person.

    Every enabled member whose sign-in name consists of generic words only (front.desk2, nurses) is in the register of service accounts with an owner and a reason.
    Emergency accounts and meeting rooms are left out. Names are judged when they are read and never stored.
    """
    holdings = active_holdings(role_assignments, role_definitions, referenced_group_members)
    everyone = people(users, holdings, exempt_accounts(emergency_accounts(statement_emergency_accounts), holdings))
    entries = statement_service_accounts.details.entries if statement_service_accounts is not None else ()
    registered = {entry.object_id.lower() for entry in entries}

    def is_explained(user: User) -> bool:
        return not user.looks_generic or user.id.lower() in registered

    piles = sort(everyone.members, is_explained)
    if everyone.doubts and not piles.bad:
        raise everyone.doubts[0]
    nobody = Unrecognised("no enabled member was found, which no tenant in use can have, so the reading is incomplete")
    generic = sum("looks_generic" not in user.faults and user.looks_generic for user in everyone.members)
    return piles.every(
        good="accounts belong to one person or are registered", bad="accounts with generic names are not registered", empty=nobody, generic=generic
    )
