from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import Unreadable
from scanners.facts.pim_role_settings import RoleSettings
from scanners.facts.role_definitions import RoleDefinition
from scanners.model import Parameter, Verdict
from scanners.reading import Json
from scanners.role_settings import Settings, name, stated
from scanners.roles import GLOBAL_ADMINISTRATOR, PRIVILEGED, no_roles
from scanners.three_valued import sort

PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"


def role(which: str, *stages: int, required: bool = True) -> Json:
    people = [{"@odata.type": "#microsoft.graph.singleUser", "userId": f"aaaaaaaa-0000-4000-8000-00000000000{n}"} for n in range(9)]
    setting = {"isApprovalRequired": required, "approvalStages": [{"primaryApprovers": people[:count]} for count in stages]}
    return {"roleDefinitionId": which, "policy": {"rules": [{"id": "Approval_EndUser_Assignment", "setting": setting}]}}


OTHER = role(PRIVILEGED_ROLE_ADMINISTRATOR, 2)


@control(
    title="A second person approves activation of the highest roles",
    cites=("164.308(a)(4)(ii)(B)",),
    severity="medium",
    designation="addressable",
    fix="Entra admin center > Identity Governance > Privileged Identity Management > Microsoft Entra roles > Settings > the role > Require approval to activate, and select approvers",
    plan="Microsoft Entra ID P2 or Governance",
    parameters={"roles": Parameter(why="baselines differ in how many roles need a second person", unit="role ids", among=tuple(PRIVILEGED))},
    crosswalk={
        "cis_m365_v7": "5.3.4, 5.3.5",
        "scuba": "MS.AAD.7.6v1",
        "prowler": "entra_pim_global_administrator_approval_required, entra_pim_privileged_role_administrator_approval_required",
        "maester": "CISA.MS.AAD.7.6",
        "nist_800_53": ["AC-5"],
    },
    seeds=("A3b-1", "S7"),
    examples=(
        passes(pim_role_settings=[role(GLOBAL_ADMINISTRATOR, 2), OTHER]),
        passes("approvers of a later stage count", pim_role_settings=[role(GLOBAL_ADMINISTRATOR, 0, 1), OTHER]),
        fails("approval without an approver", pim_role_settings=[role(GLOBAL_ADMINISTRATOR, 0), OTHER]),
        fails("approval without a stage", pim_role_settings=[role(GLOBAL_ADMINISTRATOR), OTHER]),
        fails("approvers are named but not asked", pim_role_settings=[role(GLOBAL_ADMINISTRATOR, 2, required=False), OTHER]),
        fails("the other role", pim_role_settings=[role(GLOBAL_ADMINISTRATOR, 2), role(PRIVILEGED_ROLE_ADMINISTRATOR, 2, required=False)]),
        stays_unknown("no rules", pim_role_settings=[{"policy": {"rules": []}}, OTHER]),
        stays_unknown("no settings for a role", pim_role_settings=[OTHER]),
        stays_unknown(pim_role_settings=Unreadable("not_licensed")),
    ),
)
def activating_the_highest_roles_needs_approval(
    pim_role_settings: tuple[RoleSettings, ...],
    role_definitions: tuple[RoleDefinition, ...],
    *,
    roles: tuple[str, ...] = (GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR),
) -> Verdict:
    """No one should be able to take all power alone.

    Turning on each of `roles` needs approval, and at least one approver is named for it.
    """
    settings = Settings(pim_role_settings, role_definitions)

    def needs_somebody_else(role_id: str) -> bool:
        setting = stated(settings.rule(role_id, "Approval_EndUser_Assignment").setting, "who approves")
        return setting.is_approval_required and any(stage.primary_approvers for stage in setting.approval_stages)

    return sort(roles, needs_somebody_else).every(
        good="activation waits for a second person",
        bad="roles can be turned on without anybody's approval",
        empty=no_roles(),
        name=name,
    )
