"""Statements about accounts: which are for emergencies, which belong to a function, and who reviewed who has access.

They hold object ids, dates and counts; never a name, a password or where one is kept.
"""

from typing import Literal

from scanners.reading import Row
from scanners.statements import Count, Day, Details, Statement, as_written, statement_fact


class EmergencyAccount(Row, spelling=as_written):
    """One account that is kept for the day when normal sign-in fails."""

    object_id: str
    purpose: str
    drills: tuple[Day, ...]


class EmergencyAccountsDetails(Details):
    """The accounts, and how many people are told when one of them signs in."""

    alert_recipients: Count
    accounts: tuple[EmergencyAccount, ...]


class EmergencyAccounts(Statement):
    """The register of emergency accounts. An expired register exempts nobody."""

    details: EmergencyAccountsDetails


class AccessReviewDetails(Details):
    """Whose access was reviewed, when, and with what result."""

    population: Literal["privileged", "guests", "workforce"]
    reviewed_on: Day
    reviewed_count: Count
    removed_count: Count


class AccessReview(Statement):
    """One review of access by people, outside of the product that Microsoft sells for it."""

    details: AccessReviewDetails


class ServiceAccount(Row, spelling=as_written):
    """One account that no single person signs in with; the entry explains its name and exempts it from nothing."""

    object_id: str
    kind: Literal["service", "shared_device", "meeting_room", "mailbox"]
    owner_role: str
    reason: str
    safeguard: str
    reviewed_on: Day


class ServiceAccountsDetails(Details):
    """The accounts of functions and devices."""

    entries: tuple[ServiceAccount, ...]


class ServiceAccounts(Statement):
    """The register of accounts that belong to a function, a device or a room."""

    details: ServiceAccountsDetails


class EmergencyAccessDetails(Details):
    """The procedure and its last drill."""

    procedure_version: str
    accounts_designated: Count
    drill_on: Day
    drill_result: Literal["passed", "failed"]


class EmergencyAccess(Statement):
    """The emergency access procedure and its drill; the accounts themselves are in the register of emergency accounts."""

    details: EmergencyAccessDetails


facts = (
    statement_fact(
        "emergency_accounts",
        EmergencyAccounts,
        title="Register of emergency access accounts",
        attester_role="security_official",
        validity_days=365,
        document_required=False,
        register_id="ATT-EMERGENCY-ACCOUNTS",
        cites=("164.312(a)(2)(ii)",),
        about="The accounts that are kept for emergencies, by object id. They are left out of rules that would lock them out; more than five exempt nobody.",
        details={
            "alert_recipients": 2,
            "accounts": [
                {"object_id": "aaaaaaaa-0000-4000-8000-0000000000e1", "purpose": "lockout recovery", "drills": ["2026-09-15"]},
                {"object_id": "aaaaaaaa-0000-4000-8000-0000000000e2", "purpose": "lockout recovery", "drills": ["2026-09-15"]},
            ],
        },
        unshown={"alert_recipients": 0, "accounts": []},
    ),
    statement_fact(
        "access_review",
        AccessReview,
        title="Review of who has access",
        attester_role="security_official",
        validity_days=90,
        document_required=False,
        register_id="ATT-ACCESS-REVIEW",
        cites=("164.308(a)(4)(ii)(C)", "164.308(a)(3)(ii)(C)"),
        several_by="population",
        about="Reviews of access that people did by hand: of privileged accounts, of guests, of the workforce. The newest of each counts.",
        details={"population": "privileged", "reviewed_on": "2026-10-10", "reviewed_count": 14, "removed_count": 2},
        unshown=(),
    ),
    statement_fact(
        "service_accounts",
        ServiceAccounts,
        title="Register of service accounts and shared devices",
        attester_role="it_operations",
        validity_days=365,
        document_required=False,
        register_id="ATT-SERVICE-ACCOUNTS",
        cites=("164.312(a)(2)(i)",),
        about="Accounts that belong to a function, a device or a room, with the reason and what protects them. An entry explains a name; it exempts from nothing.",
        details={
            "entries": [
                {
                    "object_id": "aaaaaaaa-0000-4000-8000-000000000077",
                    "kind": "shared_device",
                    "owner_role": "ward lead",
                    "reason": "nurse station kiosk",
                    "safeguard": "sign-in only from a compliant device",
                    "reviewed_on": "2026-08-01",
                }
            ]
        },
        unshown={"entries": []},
    ),
    statement_fact(
        "emergency_access",
        EmergencyAccess,
        title="Emergency access procedure and drill",
        attester_role="security_official",
        validity_days=365,
        document_required=True,
        register_id="ATT-EMERGENCY-ACCESS",
        cites=("164.312(a)(2)(ii)",),
        about="The procedure by which ePHI is reached when normal sign-in fails, and its last drill.",
        details={"procedure_version": "2", "accounts_designated": 2, "drill_on": "2026-07-02", "drill_result": "passed"},
    ),
)
