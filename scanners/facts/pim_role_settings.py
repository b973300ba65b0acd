"""What it takes to turn on or hand out each directory role: proof, reason, approval, duration, and who is told.

Source: https://learn.microsoft.com/graph/api/policyroot-list-rolemanagementpolicyassignments . The filter is mandatory. A policy is a list of rules told apart
by their id; an authentication context may stand in for the multifactor tick box. Addresses of recipients are counted, never stored.
"""

from scanners.declare import graph_fact
from scanners.permissions import AAD_PREMIUM_P2, ENTRA_IDENTITY_GOVERNANCE, ROLE_MANAGEMENT_READ_DIRECTORY
from scanners.reading import Json, Row, absent_is_null


class Approver(Row):
    """Somebody, or a group of people, who may approve."""

    odata_type: str | None = absent_is_null("@odata.type")
    user_id: str | None = absent_is_null()
    group_id: str | None = absent_is_null()
    id: str | None = absent_is_null()


class ApprovalStage(Row):
    """One step of an approval."""

    primary_approvers: tuple[Approver, ...]


class ApprovalSetting(Row):
    """Whether activation waits for somebody's approval, and whose."""

    is_approval_required: bool
    approval_stages: tuple[ApprovalStage, ...]


class Rule(Row):
    """One rule of a policy. Which properties it has depends on its kind, so a rule of this product asks for those that its kind must have."""

    id: str
    enabled_rules: tuple[str, ...] | None = absent_is_null()
    is_enabled: bool | None = absent_is_null()
    claim_value: str | None = absent_is_null()
    is_expiration_required: bool | None = absent_is_null()
    maximum_duration: str | None = absent_is_null()  # ISO 8601
    setting: ApprovalSetting | None = absent_is_null()
    is_default_recipients_enabled: bool | None = absent_is_null()
    notification_recipient_count: int | None = absent_is_null()


class Policy(Row):
    """The rules of one role."""

    rules: tuple[Rule, ...]


class RoleSettings(Row):
    """The policy that one role has."""

    role_definition_id: str
    policy: Policy


def reduce(page: Json) -> Json:
    """Say how many recipients a notification has; keep none of their addresses."""
    return {**page, "value": [{**each, "policy": {"rules": [_reduced(rule) for rule in each["policy"]["rules"]]}} for each in page["value"]]}


def _reduced(rule: Json) -> Json:
    kept = {key: value for key, value in rule.items() if key != "notificationRecipients"}
    if isinstance(rule.get("notificationRecipients"), list):  # a missing list stays missing, and so a fault
        kept["notificationRecipientCount"] = len(rule["notificationRecipients"])
    return kept


SAMPLE_RULES = [
    {"id": "Enablement_EndUser_Assignment", "enabledRules": ["MultiFactorAuthentication", "Justification"]},
    {"id": "AuthenticationContext_EndUser_Assignment", "isEnabled": False, "claimValue": None},
    {"id": "Expiration_EndUser_Assignment", "isExpirationRequired": True, "maximumDuration": "PT8H"},
    {
        "id": "Approval_EndUser_Assignment",
        "setting": {
            "isApprovalRequired": True,
            "approvalStages": [
                {"primaryApprovers": [{"@odata.type": "#microsoft.graph.singleUser", "userId": "aaaaaaaa-0000-4000-8000-000000000004"}]},
            ],
        },
    },
    {"id": "Notification_Admin_Admin_Assignment", "isDefaultRecipientsEnabled": True, "notificationRecipientCount": 1},
    {"id": "Notification_Admin_Admin_Eligibility", "isDefaultRecipientsEnabled": True, "notificationRecipientCount": 1},
    {"id": "Notification_Admin_EndUser_Assignment", "isDefaultRecipientsEnabled": True, "notificationRecipientCount": 1},
]

fact = graph_fact(
    tuple[RoleSettings, ...],
    lambda graph: graph.policies.role_management_policy_assignments,
    query={"$filter": "scopeId eq '/' and scopeType eq 'DirectoryRole'", "$expand": "policy($expand=rules)"},
    reduce=reduce,
    permissions=(ROLE_MANAGEMENT_READ_DIRECTORY,),
    plans=(AAD_PREMIUM_P2, ENTRA_IDENTITY_GOVERNANCE),
    sample=[{"roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10", "policy": {"rules": SAMPLE_RULES}}],
)
