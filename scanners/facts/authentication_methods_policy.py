"""Which sign-in methods users may register and use, and for whom.

Source: https://learn.microsoft.com/graph/api/authenticationmethodspolicy-get . While the migration is not complete, older settings that cannot be read decide
as well. Ids of methods compare without regard to case. The target `all_users` stands for everybody.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.permissions import POLICY_READ_ALL
from scanners.reading import Row, absent_is_null


class FeatureTarget(Row):
    """Whom a feature is for, or not for."""

    target_type: str
    id: str


class FeatureState(Row):
    """A feature of one method. `default` leaves it to Microsoft."""

    state: Literal["default", "enabled", "disabled"]
    include_target: FeatureTarget
    exclude_target: FeatureTarget | None


class AuthenticatorFeatures(Row):
    """What a prompt of the Authenticator application shows."""

    display_app_information_required_state: FeatureState
    display_location_information_required_state: FeatureState


class MethodTarget(Row):
    """A group, or all_users."""

    target_type: str
    id: str


class MethodConfiguration(Row):
    """One method. Feature settings exist for MicrosoftAuthenticator only."""

    id: str
    state: Literal["enabled", "disabled"]
    include_targets: tuple[MethodTarget, ...] | None = absent_is_null()
    exclude_targets: tuple[MethodTarget, ...] | None = absent_is_null()
    feature_settings: AuthenticatorFeatures | None = absent_is_null()


class AuthenticationMethodsPolicy(Row):
    """The one policy of the tenant. A migration state of null means that there was nothing to migrate."""

    policy_migration_state: Literal["preMigration", "migrationInProgress", "migrationComplete"] | None
    authentication_method_configurations: tuple[MethodConfiguration, ...]


_SHOWN = {
    "state": "enabled",
    "includeTarget": {"targetType": "group", "id": "all_users"},
    "excludeTarget": {"targetType": "group", "id": "00000000-0000-0000-0000-000000000000"},
}

fact = graph_fact(
    AuthenticationMethodsPolicy,
    lambda graph: graph.policies.authentication_methods_policy,
    permissions=(POLICY_READ_ALL,),
    sample={
        "policyMigrationState": "migrationComplete",
        "authenticationMethodConfigurations": [
            {
                "id": "MicrosoftAuthenticator",
                "state": "enabled",
                "includeTargets": [{"targetType": "group", "id": "all_users"}],
                "excludeTargets": [],
                "featureSettings": {"displayAppInformationRequiredState": _SHOWN, "displayLocationInformationRequiredState": _SHOWN},
            }
        ],
    },
)
