from typing import Any

from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.device_registration_policy import DeviceRegistrationPolicy, Membership
from scanners.model import Parameter, Verdict, failed, passed

CHOSEN = {"@odata.type": "#microsoft.graph.enumeratedDeviceRegistrationMembership"}
NOBODY = {"@odata.type": "#microsoft.graph.noDeviceRegistrationMembership"}
ALL = {"@odata.type": "#microsoft.graph.allDeviceRegistrationMembership"}
GOOD = {"allowedToJoin": CHOSEN, "localAdmins": {"enableGlobalAdmins": False, "registeringUsers": NOBODY}}


@control(
    title="Only chosen people join devices, and joining makes nobody local administrator",
    cites=("164.310(c)", "164.308(a)(4)(ii)(B)"),
    severity="medium",
    designation="standard",
    fix="Entra admin center > Devices > Device settings: Users may join = Selected, maximum devices 10, Global Administrator as local administrator = No, registering user as local administrator = None",
    crosswalk={
        "cis_m365_v7": "5.1.4.1, 5.1.4.2, 5.1.4.3, 5.1.4.4",
        "prowler": "entra_device_registration_join_restricted, entra_device_registration_max_devices_per_user_limited, entra_device_registration_global_admins_not_local_admins, entra_device_registration_registering_user_not_local_admin",
        "maester": "MT.1070, MT.1090, MT.1091",
        "nist_800_53": ["AC-6", "CM-8"],
    },
    seeds=("A4a-1", "A3b-1"),
    parameters={
        "max_devices_per_user": Parameter(why="published benchmark value", unit="devices", low=1, high=50, looser="higher"),
        "allow_all_to_join": Parameter(why="setting up new laptops without the help desk may need it", unit="boolean", looser="true"),
    },
    examples=(
        passes(userDeviceQuota=10, azureADJoin=GOOD),
        passes("nobody may join", azureADJoin={**GOOD, "allowedToJoin": NOBODY}),
        passes("all may join where the operator says so", parameters={"allow_all_to_join": True}, azureADJoin={**GOOD, "allowedToJoin": ALL}),
        fails(userDeviceQuota=50, azureADJoin={"allowedToJoin": ALL, "localAdmins": {"enableGlobalAdmins": True, "registeringUsers": ALL}}),
        fails("2147483647 is no limit", userDeviceQuota=2147483647, azureADJoin=GOOD),
        fails("whoever joins becomes administrator", azureADJoin={**GOOD, "localAdmins": {"enableGlobalAdmins": False, "registeringUsers": ALL}}),
        fails("unstated local administrators do not hide what is bad", userDeviceQuota=50, azureADJoin={"allowedToJoin": ALL, "localAdmins": None}),
        stays_unknown("unstated local administrators are not good", userDeviceQuota=10, azureADJoin={"allowedToJoin": CHOSEN, "localAdmins": None}),
        stays_unknown("a new kind of membership", azureADJoin={**GOOD, "allowedToJoin": {"@odata.type": "#microsoft.graph.riskBasedMembership"}}),
        stays_unknown(userDeviceQuota=ABSENT),
        stays_unknown(device_registration_policy=Unreadable("not_permitted")),
    ),
)
def device_join_is_limited(
    device_registration_policy: DeviceRegistrationPolicy, *, max_devices_per_user: int = 10, allow_all_to_join: bool = False
) -> Verdict:
    """A device that joins without anybody's choice, and a local administrator on it, undo every other safeguard of a workstation with ePHI.

    Only chosen people or nobody may join, each at most as many devices as allowed, and neither Global Administrators nor whoever joins become local
    administrators. Where local administrators are not stated the rest must be good, and the outcome is unknown.
    """
    join, quota = device_registration_policy.azure_ad_join, device_registration_policy.user_device_quota
    problems = []
    if _kind(join.allowed_to_join) == "all" and not allow_all_to_join:
        problems.append("everybody may join devices")
    if quota > max_devices_per_user:
        problems.append(f"each user may have {quota} devices")
    admins = join.local_admins
    if admins is not None:
        if admins.enable_global_admins:
            problems.append("Global Administrators become local administrators")
        if _kind(admins.registering_users) == "all":
            problems.append("whoever joins a device becomes its local administrator")
    observed: dict[str, Any] = {
        "allowedToJoin": _kind(join.allowed_to_join),
        "userDeviceQuota": quota,
        "enableGlobalAdmins": None if admins is None else admins.enable_global_admins,
        "registeringUsers": None if admins is None else _kind(admins.registering_users),
    }
    if problems:
        return failed("; ".join(problems), **observed)
    if admins is None:
        raise Unrecognised("the tenant does not state who becomes local administrator of a device that joins")
    return passed(f"joining is limited ({observed['allowedToJoin']}, at most {quota} devices each) and makes nobody local administrator", **observed)


def _kind(membership: Membership) -> str:
    return membership.odata_type.removeprefix("#microsoft.graph.").removesuffix("DeviceRegistrationMembership")
