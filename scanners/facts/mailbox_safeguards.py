"""Every mailbox by its object id: kind, audit settings, holds, archive and how long deleted items are kept. No name and no address is stored.

Source: https://learn.microsoft.com/powershell/module/exchangepowershell/get-mailbox . While organisation-wide auditing is on, AuditEnabled says nothing;
DefaultAuditSet says which kinds of sign-in still follow Microsoft's list of actions. Organisation-wide retention policies are not in InPlaceHolds, only
policies scoped to the mailbox and exclusions (-mbx...). Group mailboxes are not in this answer.
"""

import sys
from collections.abc import Iterable
from typing import Literal

from scanners.cmdlets import exchange_fact
from scanners.model import Page
from scanners.reading import Json, Row, pascal, read_as


class Mailbox(Row, spelling=pascal):
    """One mailbox. Times are texts of the form d.hh:mm:ss; external_directory_object_id may be empty, an archive_guid of zeros is no archive."""

    external_directory_object_id: str
    exchange_guid: str
    recipient_type_details: str
    audit_enabled: bool
    default_audit_set: tuple[Literal["Admin", "Delegate", "Owner"], ...]
    audit_admin: tuple[str, ...]
    audit_delegate: tuple[str, ...]
    audit_owner: tuple[str, ...]
    audit_log_age_limit: str
    litigation_hold_enabled: bool
    litigation_hold_duration: str
    in_place_holds: tuple[str, ...]
    compliance_tag_hold_applied: bool
    archive_status: str
    archive_guid: str
    auto_expanding_archive_enabled: bool
    single_item_recovery_enabled: bool
    retain_deleted_items_for: str


def read(pages: Iterable[Page]) -> tuple[Mailbox, ...]:
    """All mailboxes; the texts that most of them have in common are held once."""
    rows: list[Mailbox] = []
    for page in pages:
        rows.extend(read_as(tuple[Mailbox, ...], [{k: _shared(v) for k, v in row.items()} for row in page.body["value"]]))
    return tuple(rows)


def _shared(value: Json) -> Json:
    if isinstance(value, str):
        return sys.intern(value)
    return [_shared(each) for each in value] if isinstance(value, list) else value


fact = exchange_fact(
    tuple[Mailbox, ...],
    "Get-Mailbox",
    parameters={"ResultSize": "Unlimited"},
    read=read,
    sample=[
        {
            "ExternalDirectoryObjectId": "aaaaaaaa-0000-4000-8000-000000000001",
            "ExchangeGuid": "7a2f3f5e-1b7e-4a0e-8f20-2f0c2a8b9d33",
            "RecipientTypeDetails": "UserMailbox",
            "AuditEnabled": True,
            "DefaultAuditSet": ["Admin", "Delegate", "Owner"],
            "AuditAdmin": [
                "Update",
                "MoveToDeletedItems",
                "SoftDelete",
                "HardDelete",
                "SendAs",
                "SendOnBehalf",
                "Create",
                "UpdateFolderPermissions",
                "UpdateInboxRules",
                "ApplyRecord",
                "MailItemsAccessed",
                "Send",
            ],
            "AuditDelegate": ["Update", "SoftDelete", "HardDelete", "SendAs", "MailItemsAccessed"],
            "AuditOwner": ["Update", "SoftDelete", "HardDelete", "MailboxLogin", "MailItemsAccessed"],
            "AuditLogAgeLimit": "90.00:00:00",
            "LitigationHoldEnabled": False,
            "LitigationHoldDuration": "Unlimited",
            "InPlaceHolds": ["mbx9696959ba4e94a1aa8a2c0f8a7c3d211:1"],
            "ComplianceTagHoldApplied": False,
            "ArchiveStatus": "Active",
            "ArchiveGuid": "b0b2a6b0-5c58-4e0b-8a70-1b2f6b1b0001",
            "AutoExpandingArchiveEnabled": False,
            "SingleItemRecoveryEnabled": True,
            "RetainDeletedItemsFor": "30.00:00:00",
        }
    ],
)
