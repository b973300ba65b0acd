from typing import Any

from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.authorization_policy import AuthorizationPolicy
from scanners.facts.directory_settings import GROUPS, DirectorySetting, setting, switch
from scanners.model import Parameter, Verdict, failed, passed
from scanners.reading import Json
from scanners.three_valued import sort

CLOSED, OPEN = (
    {"defaultUserRolePermissions": {"allowedToCreateSecurityGroups": False}},
    {"defaultUserRolePermissions": {"allowedToCreateSecurityGroups": True}},
)


def groups(**values: str) -> list[Json]:
    return [{"templateId": GROUPS, "values": [{"name": name, "value": value} for name, value in values.items()]}]


@control(
    title="Only named people create groups and teams",
    cites=("164.308(a)(4)(ii)(B)",),
    severity="low",
    designation="addressable",
    fix="Microsoft Graph PowerShell: Update-MgGroupSetting with EnableGroupCreation false and GroupCreationAllowedGroupId; Entra admin center > Groups > General > Users can create security groups: No",
    plan="any to read; Microsoft Entra ID P1 to restrict",
    parameters={"judge_security_groups": Parameter(why="some organisations let people create security groups, which hold no files", looser="false")},
    crosswalk={
        "cis_m365_v7": "5.1.3.1, 5.1.3.4",
        "prowler": "entra_policy_default_user_cannot_create_m365_groups, entra_policy_default_user_cannot_create_security_groups",
        "maester": "MT.1055, MT.1069",
        "nist_800_53": ["AC-6"],
    },
    seeds=("B12",),
    examples=(
        passes(directory_settings=groups(EnableGroupCreation="false"), authorization_policy=CLOSED),
        passes(
            "a group of people may",
            directory_settings=groups(EnableGroupCreation="False", GroupCreationAllowedGroupId="cccccccc-0000-4000-8000-000000000001"),
            authorization_policy=CLOSED,
        ),
        passes(
            "the operator does not mind security groups",
            parameters={"judge_security_groups": False},
            directory_settings=groups(EnableGroupCreation="false"),
            authorization_policy=OPEN,
        ),
        fails("without the template everybody creates", directory_settings=[], authorization_policy=CLOSED),
        fails(
            "a template that does not say it leaves it to the service",
            directory_settings=groups(AllowToAddGuests="false"),
            authorization_policy=CLOSED,
        ),
        fails("the text False is no, the text True is yes", directory_settings=groups(EnableGroupCreation="True"), authorization_policy=CLOSED),
        fails("security groups", directory_settings=groups(EnableGroupCreation="false"), authorization_policy=OPEN),
        stays_unknown(directory_settings=groups(EnableGroupCreation="perhaps"), authorization_policy=CLOSED),
        stays_unknown(
            "not stated is not no",
            directory_settings=groups(EnableGroupCreation="false"),
            authorization_policy={"defaultUserRolePermissions": {"allowedToCreateSecurityGroups": ABSENT}},
        ),
        stays_unknown(directory_settings=Unreadable("not_permitted"), authorization_policy=CLOSED),
    ),
)
def only_named_people_create_groups_and_teams(
    directory_settings: tuple[DirectorySetting, ...], authorization_policy: AuthorizationPolicy, *, judge_security_groups: bool = True
) -> Verdict:
    """Every new team is a new place for ePHI with its own members and guests.

    Creating Microsoft 365 groups is switched off for users in general, and so is creating security groups unless `judge_security_groups` is false. A group of people may
    be named who still can. Without the setting everybody can.
    """
    ways = {"Microsoft 365 groups and teams": lambda: switch(directory_settings, GROUPS, "EnableGroupCreation") is not False}
    if judge_security_groups:
        ways["security groups"] = lambda: authorization_policy.default_user_role_permissions.allowed_to_create_security_groups
    kinds = sort(ways, lambda kind: not ways[kind]())
    observed: dict[str, Any] = {
        "restricted": kinds.good,
        "open": kinds.bad,
        "some_people_may": bool(setting(directory_settings, GROUPS, "GroupCreationAllowedGroupId")),
    }
    if kinds.bad:
        return failed(f"every user can create {' and '.join(kinds.bad)}", **observed)
    if kinds.unclear:
        raise kinds.doubts[0]
    return passed(f"users cannot create {' or '.join(kinds.good)}", **observed)
