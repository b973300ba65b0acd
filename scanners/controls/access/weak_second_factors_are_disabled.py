from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.authentication_methods_policy import AuthenticationMethodsPolicy
from scanners.model import Parameter, Verdict, failed
from scanners.reading import Json
from scanners.three_valued import sort

ALL_WEAK = ("Sms", "Voice", "Email")


def methods(sms: object = "disabled", voice: object = "disabled", email: object = "disabled", **more: Json) -> Json:
    listed = [{"id": name, "state": state, "featureSettings": None} for name, state in zip(ALL_WEAK, (sms, voice, email), strict=True)]
    return {"policyMigrationState": "migrationComplete", "authenticationMethodConfigurations": listed, **more}


@control(
    title="Text message, voice call and e-mail codes are not accepted as a second factor",
    cites=("164.312(d)",),
    severity="medium",
    designation="standard",
    fix="Entra admin center > Protection > Authentication methods > Policies > SMS, Voice call, Email OTP > Disable; then Manage migration > Migration complete",
    parameters={"weak_methods": Parameter(why="some clinics need text messages for staff without smartphones", unit="method ids", among=ALL_WEAK)},
    crosswalk={
        "cis_m365_v7": "5.2.3.5, 5.2.3.7",
        "scuba": "MS.AAD.3.5v2, MS.AAD.3.4v1",
        "prowler": "entra_authentication_method_sms_voice_disabled",
        "maester": "EIDSCA.AV01, EIDSCA.AS04",
        "nist_800_53": ["IA-5"],
    },
    seeds=("A3b-2", "T36"),
    examples=(
        passes(authentication_methods_policy=methods()),
        passes("nothing to migrate", authentication_methods_policy=methods(policyMigrationState=None)),
        passes(
            "the operator needs text messages", parameters={"weak_methods": ("Voice", "Email")}, authentication_methods_policy=methods(sms="enabled")
        ),
        fails("enabled for a small group is enabled", authentication_methods_policy=methods(sms="enabled")),
        fails("older settings still decide", authentication_methods_policy=methods(policyMigrationState="migrationInProgress")),
        fails("older settings decide alone", authentication_methods_policy=methods(policyMigrationState="preMigration")),
        stays_unknown(
            "no configurations", authentication_methods_policy={"policyMigrationState": "migrationComplete", "authenticationMethodConfigurations": []}
        ),
        stays_unknown("a state that this version does not know", authentication_methods_policy=methods(voice="resting")),
        stays_unknown("a migration that this version does not know", authentication_methods_policy=methods(policyMigrationState="paused")),
        stays_unknown("no migration state", authentication_methods_policy=methods(policyMigrationState=ABSENT)),
        stays_unknown(authentication_methods_policy=Unreadable("not_permitted")),
    ),
)
def weak_second_factors_are_disabled(
    authentication_methods_policy: AuthenticationMethodsPolicy, *, weak_methods: tuple[str, ...] = ALL_WEAK
) -> Verdict:
    """Codes sent by phone network or mail are intercepted and relayed.

    Each of `weak_methods` is disabled for everybody, and the migration to this policy is complete, so that no older setting decides. Guests who use one-time codes by
    e-mail are affected by that method.
    """
    policy = authentication_methods_policy
    by_id = {method.id.lower(): method for method in policy.authentication_method_configurations}

    def is_off(method: str) -> bool:
        if method.lower() not in by_id:
            raise Unrecognised(f"the policy does not say whether {method} is on")
        return by_id[method.lower()].state == "disabled"

    piles = sort(weak_methods, is_off)
    state = policy.policy_migration_state if "policy_migration_state" not in policy.faults else None
    if not piles.bad and policy.policy_migration_state in {"preMigration", "migrationInProgress"}:
        return failed(f"the migration of sign-in methods is at {state}, so older settings decide as well", migration=state, looked_at=piles.looked_at)
    nothing = Unrecognised("the list of methods to judge is empty", "Name at least one method in the parameter `weak_methods` of this control.")
    return piles.every(good="weak second factors are off", bad="weak second factors are on", empty=nothing, migration=state)
