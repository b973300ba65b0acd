from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.pim_role_settings import RoleSettings
from scanners.facts.role_definitions import RoleDefinition
from scanners.model import Parameter, Verdict
from scanners.reading import Json
from scanners.role_settings import Settings, name, stated
from scanners.roles import HIGHEST, PRIVILEGED, no_roles
from scanners.three_valued import sort

EVENTS = ("Notification_Admin_Admin_Assignment", "Notification_Admin_Admin_Eligibility", "Notification_Admin_EndUser_Assignment")


def role(which: str, *recipients: object, default: object = True) -> Json:
    rules = [
        {"id": event, "notificationRecipientCount": n, "isDefaultRecipientsEnabled": default} for event, n in zip(EVENTS, recipients, strict=False)
    ]
    return {"roleDefinitionId": which, "policy": {"rules": [{k: v for k, v in rule.items() if v is not ABSENT} for rule in rules]}}


FIRST, *OTHERS = HIGHEST
REST = [role(each, 1, 1, 1) for each in OTHERS]


@control(
    title="Granting and activating the highest roles notifies someone who watches",
    cites=("164.308(a)(1)(ii)(D)", "164.312(b)"),
    severity="medium",
    designation="required",
    fix="Entra admin center > Identity Governance > Privileged Identity Management > Microsoft Entra roles > Settings > the role > Notifications > Additional recipients",
    plan="Microsoft Entra ID P2 or Governance",
    parameters={
        "roles": Parameter(why="every further role makes more noise", unit="role ids", among=tuple(PRIVILEGED)),
        "accept_default_recipients": Parameter(why="the default recipients are the administrators themselves", looser="true"),
    },
    crosswalk={"scuba": "MS.AAD.7.7v1, MS.AAD.7.8v1, MS.AAD.7.9v1", "maester": "CISA.MS.AAD.7.7", "nist_800_53": ["AU-6", "SI-4"]},
    seeds=("A3b-1", "B16"),
    examples=(
        passes(pim_role_settings=[role(FIRST, 1, 1, 1), *REST]),
        passes(
            "the operator is content with the administrators",
            parameters={"accept_default_recipients": True},
            pim_role_settings=[role(FIRST, 0, 0, 0), *REST],
        ),
        fails("the default recipients are the administrators themselves", pim_role_settings=[role(FIRST, 0, 0, 0), *REST]),
        fails("one of the three events is enough to stay unnoticed", pim_role_settings=[role(FIRST, 1, 1, 0), *REST]),
        fails("nobody at all", parameters={"accept_default_recipients": True}, pim_role_settings=[role(FIRST, 0, 0, 0, default=False), *REST]),
        stays_unknown("no rules", pim_role_settings=[role(FIRST), *REST]),
        stays_unknown("a rule that does not say it", pim_role_settings=[role(FIRST, 1, 1, ABSENT), *REST]),
        stays_unknown(pim_role_settings=Unreadable("not_licensed")),
    ),
)
def privileged_role_changes_notify_someone(
    pim_role_settings: tuple[RoleSettings, ...],
    role_definitions: tuple[RoleDefinition, ...],
    *,
    roles: tuple[str, ...] = tuple(HIGHEST),
    accept_default_recipients: bool = False,
) -> Verdict:
    """Unnoticed elevation is how intruders stay.

    For each of `roles`, somebody is named to be told when the role is assigned, when somebody is made eligible for it, and when it is turned on. The service's own
    recipients, who are the administrators, count only where `accept_default_recipients` says so.
    """
    settings = Settings(pim_role_settings, role_definitions)

    def is_watched(role_id: str) -> bool:
        rules = [settings.rule(role_id, event) for event in EVENTS]
        named = [stated(rule.notification_recipient_count, "how many recipients there are") > 0 for rule in rules]
        default = [
            accept_default_recipients and stated(rule.is_default_recipients_enabled, "whether the default recipients are told") for rule in rules
        ]
        return all(a or b for a, b in zip(named, default, strict=True))

    return sort(roles, is_watched).every(
        good="somebody is told of every change",
        bad="roles change hands without anybody being told",
        empty=no_roles(),
        name=name,
        events=len(EVENTS),
    )
