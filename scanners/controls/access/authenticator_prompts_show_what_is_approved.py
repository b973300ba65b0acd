from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.authentication_methods_policy import AuthenticationMethodsPolicy, AuthenticatorFeatures, FeatureState
from scanners.model import Parameter, Verdict, not_applicable
from scanners.reading import Json
from scanners.three_valued import sort

AUTHENTICATOR, EVERYBODY, NOBODY = "MicrosoftAuthenticator", "all_users", "00000000-0000-0000-0000-000000000000"


def shown(state: object = "enabled", include: str = EVERYBODY, exclude: Json = None) -> Json:
    return {"state": state, "includeTarget": {"targetType": "group", "id": include}, "excludeTarget": exclude}


def method(application: Json = None, place: Json = None, **more: Json) -> list[Json]:
    features = {"displayAppInformationRequiredState": application or shown(), "displayLocationInformationRequiredState": place or shown()}
    return [{"id": AUTHENTICATOR, "state": "enabled", "featureSettings": features, **more}]


@control(
    title="Authenticator prompts show the application and the place of the sign-in",
    cites=("164.312(d)",),
    severity="low",
    designation="standard",
    fix="Entra admin center > Protection > Authentication methods > Microsoft Authenticator > Configure > Show application name, Show geographic location: Enabled, All users",
    parameters={"accept_service_default": Parameter(why="the default lets Microsoft decide, and it may change", looser="true")},
    crosswalk={
        "cis_m365_v7": "5.2.3.1",
        "scuba": "MS.AAD.3.3v2",
        "prowler": "entra_authentication_method_authenticator_show_context",
        "maester": "EIDSCA.AM03, EIDSCA.AM06",
        "nist_800_53": ["IA-5"],
    },
    seeds=("A3b-2",),
    examples=(
        passes(authenticationMethodConfigurations=method()),
        passes("all zeros excludes nobody", authenticationMethodConfigurations=method(shown(exclude={"targetType": "group", "id": NOBODY}))),
        passes(
            "the operator trusts the default",
            parameters={"accept_service_default": True},
            authenticationMethodConfigurations=method(shown("default")),
        ),
        fails("no application name", authenticationMethodConfigurations=method(shown("disabled"))),
        fails("no place", authenticationMethodConfigurations=method(place=shown("disabled"))),
        fails("the default may change", authenticationMethodConfigurations=method(shown("default"))),
        fails("for one group only", authenticationMethodConfigurations=method(shown(include="cccccccc-0000-4000-8000-000000000001"))),
        fails(
            "a group is excluded",
            authenticationMethodConfigurations=method(shown(exclude={"targetType": "group", "id": "cccccccc-0000-4000-8000-000000000001"})),
        ),
        does_not_apply("the application is not used", authenticationMethodConfigurations=method(state="disabled")),
        stays_unknown("no settings", authenticationMethodConfigurations=method(featureSettings=None)),
        stays_unknown("a state that this version does not know", authenticationMethodConfigurations=method(shown("sometimes"))),
        stays_unknown("not stated", authenticationMethodConfigurations=method(shown(ABSENT))),
        stays_unknown("no such method", authenticationMethodConfigurations=[]),
        stays_unknown(authentication_methods_policy=Unreadable("not_permitted")),
    ),
)
def authenticator_prompts_show_what_is_approved(
    authentication_methods_policy: AuthenticationMethodsPolicy, *, accept_service_default: bool = False
) -> Verdict:
    """Staff who see what they approve refuse prompts caused by an attacker.

    Where Microsoft Authenticator is in use, its prompts show the application and the place to all users, nobody excluded. The service's default counts only with
    `accept_service_default`.
    """
    methods = authentication_methods_policy.authentication_method_configurations
    found = next((each for each in methods if each.id.lower() == AUTHENTICATOR.lower()), None)
    if found is None:
        raise Unrecognised("the policy does not say whether Microsoft Authenticator is on")
    if found.state == "disabled":
        return not_applicable("Microsoft Authenticator is not a sign-in method here")
    features = found.feature_settings
    if features is None:
        raise Unrecognised("the policy does not say what prompts show")
    good = {"enabled", "default"} if accept_service_default else {"enabled"}

    def is_shown(what: str) -> bool:
        feature = _feature(features, what)
        excluded = feature.exclude_target is not None and feature.exclude_target.id.lower() != NOBODY
        return feature.state in good and feature.include_target.id.lower() == EVERYBODY and not excluded

    nothing = Unrecognised("the policy does not say what prompts show")
    return sort(("application", "place"), is_shown).every(good="prompts show what is approved", bad="prompts hide what is approved", empty=nothing)


def _feature(features: AuthenticatorFeatures, what: str) -> FeatureState:
    return features.display_app_information_required_state if what == "application" else features.display_location_information_required_state
