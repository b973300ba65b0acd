"""Every group of the directory, without its name: kind, privacy, label, and whether it is a team.

Source: https://learn.microsoft.com/graph/api/group-list . A name may tell of a patient or a case and is never asked for. Whether a rule makes the members is
kept, the rule is not. Whether a team is archived is not here: the service says that of a team only. assignedLabels needs Entra ID P1.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.permissions import DIRECTORY_READ_ALL
from scanners.reading import Json, Row, Timestamp


class AssignedLabel(Row):
    """A sensitivity label on a group."""

    label_id: str


class Group(Row):
    """One group. A Microsoft 365 group has `Unified` among its types; a team has `Team` among its resources."""

    id: str
    group_types: tuple[Literal["Unified", "DynamicMembership"], ...]
    visibility: Literal["Public", "Private", "HiddenMembership"] | None
    resource_provisioning_options: tuple[str, ...]
    security_enabled: bool
    mail_enabled: bool
    assigned_labels: tuple[AssignedLabel, ...]
    is_assignable_to_role: bool | None
    created_date_time: Timestamp
    renewed_date_time: Timestamp | None
    expiration_date_time: Timestamp | None
    has_membership_rule: bool
    on_premises_sync_enabled: bool | None


def reduce(page: Json) -> Json:
    """Say whether a rule makes the members; drop the rule, which may name people and departments."""
    return {**page, "value": [_reduced(group) for group in page["value"]]}


def _reduced(group: Json) -> Json:
    kept = {key: value for key, value in group.items() if key != "membershipRule"}
    if isinstance(group.get("membershipRule", 0), str | None):  # a rule that is missing or no text stays missing, and so a fault
        kept["hasMembershipRule"] = bool(group["membershipRule"])
    return {**kept, "assignedLabels": [{"labelId": label["labelId"]} for label in group["assignedLabels"]]}


fact = graph_fact(
    tuple[Group, ...],
    lambda graph: graph.groups,
    select=(
        "id",
        "groupTypes",
        "visibility",
        "resourceProvisioningOptions",
        "securityEnabled",
        "mailEnabled",
        "assignedLabels",
        "isAssignableToRole",
        "createdDateTime",
        "renewedDateTime",
        "expirationDateTime",
        "membershipRule",
        "onPremisesSyncEnabled",
    ),
    query={"$top": "999"},
    reduce=reduce,
    permissions=(DIRECTORY_READ_ALL,),
    sample=[
        {
            "id": "cccccccc-0000-4000-8000-000000000010",
            "groupTypes": ["Unified"],
            "visibility": "Private",
            "resourceProvisioningOptions": ["Team"],
            "securityEnabled": False,
            "mailEnabled": True,
            "assignedLabels": [],
            "isAssignableToRole": None,
            "createdDateTime": "2025-02-01T08:00:00Z",
            "renewedDateTime": "2026-08-01T08:00:00Z",
            "expirationDateTime": None,
            "hasMembershipRule": False,
            "onPremisesSyncEnabled": None,
        }
    ],
)
