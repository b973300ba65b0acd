"""The conditional access policies: who must prove what, where, with which application, before a sign-in succeeds.

Source: https://learn.microsoft.com/graph/api/conditionalaccessroot-list-policies . Only state `enabled` acts; report-only never counts. The nested objects come
whole, because a condition that Microsoft adds later may narrow a policy and must be seen. transferMethods, insiderRiskLevels and guestOrExternalUserTypes are
texts joined by commas. Names that administrators gave are kept, e-mail addresses in them are not.
"""

from collections.abc import Mapping
from typing import Any, Literal

from scanners.declare import graph_fact
from scanners.minimum_necessary import without_addresses
from scanners.model import Throttle
from scanners.permissions import AAD_PREMIUM, POLICY_READ_ALL
from scanners.reading import Json, Row, absent_is_null, other_properties


class ExternalTenants(Row):
    """Which organisations the external users must come from."""

    membership_kind: Literal["all", "enumerated"]


class ExternalUsers(Row):
    """Kinds of external users, joined by commas."""

    guest_or_external_user_types: str
    external_tenants: ExternalTenants | None


class PolicyUsers(Row):
    """Who is included and who is excluded; exclusion wins."""

    include_users: tuple[str, ...]
    exclude_users: tuple[str, ...]
    include_groups: tuple[str, ...]
    exclude_groups: tuple[str, ...]
    include_roles: tuple[str, ...]
    exclude_roles: tuple[str, ...]
    include_guests_or_external_users: ExternalUsers | None
    exclude_guests_or_external_users: ExternalUsers | None
    other: Mapping[str, Any] = other_properties()


class Filter(Row):
    """A rule over attributes of a device or an application."""

    mode: Literal["include", "exclude"]
    rule: str


class PolicyApplications(Row):
    """Applications by app id or by the name of a group of them; or user actions; or authentication contexts."""

    include_applications: tuple[str, ...]
    exclude_applications: tuple[str, ...]
    include_user_actions: tuple[str, ...]
    include_authentication_context_class_references: tuple[str, ...]
    application_filter: Filter | None
    other: Mapping[str, Any] = other_properties()


class ClientApplications(Row):
    """Workload identities; a policy that names some does not judge people."""

    include_service_principals: tuple[str, ...]
    other: Mapping[str, Any] = other_properties()


class Platforms(Row):
    """Operating systems of devices, as the client claims them."""

    include_platforms: tuple[str, ...]
    exclude_platforms: tuple[str, ...]


class Locations(Row):
    """Named locations by id, or All, or AllTrusted."""

    include_locations: tuple[str, ...]
    exclude_locations: tuple[str, ...]


class Devices(Row):
    """Devices by a rule over their attributes."""

    device_filter: Filter | None


class AuthenticationFlows(Row):
    """Ways to hand a sign-in from one device to another, joined by commas."""

    transfer_methods: str | None


class Conditions(Row):
    """When the policy acts. All conditions must hold; one that is null or empty holds always."""

    applications: PolicyApplications
    users: PolicyUsers
    client_app_types: tuple[str, ...]
    client_applications: ClientApplications | None
    platforms: Platforms | None
    locations: Locations | None
    devices: Devices | None
    user_risk_levels: tuple[str, ...]
    sign_in_risk_levels: tuple[str, ...]
    service_principal_risk_levels: tuple[str, ...]
    insider_risk_levels: str | None
    authentication_flows: AuthenticationFlows | None
    other: Mapping[str, Any] = other_properties()


class Strength(Row):
    """A named set of combinations of methods. What is absent here stands in the fact authentication_strengths."""

    id: str
    requirements_satisfied: str | None = absent_is_null()
    allowed_combinations: tuple[str, ...] | None = absent_is_null()


class GrantControls(Row):
    """What a sign-in must bring: all of it (AND), or one of it (OR)."""

    operator: Literal["AND", "OR"] | None
    built_in_controls: tuple[str, ...]
    custom_authentication_factors: tuple[str, ...]
    terms_of_use: tuple[str, ...]
    authentication_strength: Strength | None
    other: Mapping[str, Any] = other_properties()


class SignInFrequency(Row):
    """After how long the session must be proven again. Frequency `everyTime` has no value and no unit; an authentication type of null is both factors."""

    is_enabled: bool | None
    value: int | None
    type: Literal["days", "hours"] | None
    frequency_interval: Literal["timeBased", "everyTime"]
    authentication_type: Literal["primaryAndSecondaryAuthentication", "secondaryAuthentication"] | None


class PersistentBrowser(Row):
    """Whether a browser stays signed in after it was closed."""

    is_enabled: bool | None
    mode: Literal["always", "never"] | None


class CloudAppSecurity(Row):
    """Sessions through Defender for Cloud Apps."""

    is_enabled: bool | None
    cloud_app_security_type: Literal["mcasConfigured", "monitorOnly", "blockDownloads"] | None


class Switch(Row):
    """A control that is on or off."""

    is_enabled: bool | None


class SessionControls(Row):
    """What holds during the session."""

    application_enforced_restrictions: Switch | None
    cloud_app_security: CloudAppSecurity | None
    persistent_browser: PersistentBrowser | None
    sign_in_frequency: SignInFrequency | None
    secure_sign_in_session: Switch | None
    disable_resilience_defaults: bool | None


class Policy(Row):
    """One conditional access policy."""

    id: str
    display_name: str
    state: Literal["enabled", "disabled", "enabledForReportingButNotEnforced"]
    conditions: Conditions
    grant_controls: GrantControls | None
    session_controls: SessionControls | None


def reduce(page: Json) -> Json:
    """Take e-mail addresses out of the names that administrators gave."""
    return {**page, "value": [{**policy, "displayName": without_addresses(policy["displayName"])} for policy in page["value"]]}


MULTIFACTOR_FOR_ALL: Json = {
    "id": "11111111-0000-4000-8000-000000000001",
    "displayName": "Multifactor for everyone",
    "state": "enabled",
    "conditions": {
        "clientAppTypes": ["all"],
        "applications": {
            "includeApplications": ["All"],
            "excludeApplications": [],
            "includeUserActions": [],
            "includeAuthenticationContextClassReferences": [],
            "applicationFilter": None,
        },
        "users": {
            "includeUsers": ["All"],
            "excludeUsers": [],
            "includeGroups": [],
            "excludeGroups": [],
            "includeRoles": [],
            "excludeRoles": [],
            "includeGuestsOrExternalUsers": None,
            "excludeGuestsOrExternalUsers": None,
        },
        "clientApplications": None,
        "platforms": None,
        "locations": None,
        "devices": None,
        "userRiskLevels": [],
        "signInRiskLevels": [],
        "servicePrincipalRiskLevels": [],
        "insiderRiskLevels": None,
        "authenticationFlows": None,
    },
    "grantControls": {
        "operator": "OR",
        "builtInControls": ["mfa"],
        "customAuthenticationFactors": [],
        "termsOfUse": [],
        "authenticationStrength": None,
    },
    "sessionControls": None,
}

# For examples: what differs from the policy above in one that limits sessions.
SESSION_LIMITS: Mapping[str, Json] = {
    "id": "11111111-0000-4000-8000-000000000003",
    "displayName": "Session limits",
    "grantControls": None,
    "sessionControls": {
        "applicationEnforcedRestrictions": None,
        "cloudAppSecurity": None,
        "persistentBrowser": {"isEnabled": True, "mode": "never"},
        "signInFrequency": {
            "isEnabled": True,
            "value": 12,
            "type": "hours",
            "frequencyInterval": "timeBased",
            "authenticationType": "primaryAndSecondaryAuthentication",
        },
        "secureSignInSession": None,
        "disableResilienceDefaults": None,
    },
}

fact = graph_fact(
    tuple[Policy, ...],
    lambda graph: graph.identity.conditional_access.policies,
    permissions=(POLICY_READ_ALL,),
    plans=(AAD_PREMIUM,),
    without_plan="empty",
    throttle=Throttle.CONDITIONAL_ACCESS,
    reduce=reduce,
    sample=[MULTIFACTOR_FOR_ALL],
)
