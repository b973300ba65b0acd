"""Who may register and join devices, how many, with a second factor or not, and who becomes local administrator by joining.

Source: https://learn.microsoft.com/graph/api/deviceregistrationpolicy-get . multiFactorAuthConfiguration notRequired is normal where a conditional
access policy for the user action does the job. The people and groups that are chosen by id are not stored.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.permissions import POLICY_READ_DEVICE_CONFIGURATION
from scanners.reading import Row, absent_is_null, named


class Membership(Row):
    """All, chosen people and groups, or nobody."""

    odata_type: Literal[
        "#microsoft.graph.allDeviceRegistrationMembership",
        "#microsoft.graph.enumeratedDeviceRegistrationMembership",
        "#microsoft.graph.noDeviceRegistrationMembership",
    ] = named("@odata.type")


class LocalAdmins(Row):
    """Who becomes administrator of a device that joins."""

    enable_global_admins: bool
    registering_users: Membership


class DeviceJoin(Row):
    """Joining: the device belongs to the organisation then."""

    is_admin_configurable: bool | None = absent_is_null()
    allowed_to_join: Membership
    local_admins: LocalAdmins | None = absent_is_null()


class DeviceRegistration(Row):
    """Registering: a personal device is made known."""

    is_admin_configurable: bool | None = absent_is_null()
    allowed_to_register: Membership


class LocalAdminPassword(Row):
    """Whether each device gets its own changing administrator password."""

    is_enabled: bool


class DeviceRegistrationPolicy(Row):
    """The one policy of the tenant. A user_device_quota of 2147483647 is no limit."""

    multi_factor_auth_configuration: Literal["notRequired", "required"]
    user_device_quota: int
    azure_ad_join: DeviceJoin = named("azureADJoin")
    azure_ad_registration: DeviceRegistration = named("azureADRegistration")
    local_admin_password: LocalAdminPassword


fact = graph_fact(
    DeviceRegistrationPolicy,
    lambda graph: graph.policies.device_registration_policy,
    permissions=(POLICY_READ_DEVICE_CONFIGURATION,),
    sample={
        "multiFactorAuthConfiguration": "required",
        "userDeviceQuota": 10,
        "azureADJoin": {
            "isAdminConfigurable": True,
            "allowedToJoin": {"@odata.type": "#microsoft.graph.enumeratedDeviceRegistrationMembership"},
            "localAdmins": {"enableGlobalAdmins": False, "registeringUsers": {"@odata.type": "#microsoft.graph.noDeviceRegistrationMembership"}},
        },
        "azureADRegistration": {
            "isAdminConfigurable": True,
            "allowedToRegister": {"@odata.type": "#microsoft.graph.allDeviceRegistrationMembership"},
        },
        "localAdminPassword": {"isEnabled": True},
    },
)
