from datetime import timedelta

from scanners.administrators import nobody
from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import Unreadable
from scanners.facts.pim_eligible_assignments import EligibleAssignment
from scanners.facts.pim_role_settings import RoleSettings
from scanners.facts.role_definitions import RoleDefinition
from scanners.model import Parameter, Verdict
from scanners.reading import Json
from scanners.role_settings import Settings, name, stated
from scanners.roles import HIGHEST, PRIVILEGED, template_ids
from scanners.three_valued import sort
from scanners.timespans import iso_duration

EXCHANGE = "29232cdf-9323-42fd-ade2-1d097af3e4de"


def role(
    which: str,
    *,
    enabled: tuple[str, ...] = ("MultiFactorAuthentication", "Justification"),
    lasts: str = "PT8H",
    ends: bool = True,
    context: str | None = None,
) -> Json:
    rules = [
        {"id": "Enablement_EndUser_Assignment", "enabledRules": list(enabled)},
        {"id": "AuthenticationContext_EndUser_Assignment", "isEnabled": context is not None, "claimValue": context},
        {"id": "Expiration_EndUser_Assignment", "isExpirationRequired": ends, "maximumDuration": lasts},
    ]
    return {"roleDefinitionId": which, "policy": {"rules": rules}}


GOOD = [role(each) for each in HIGHEST]
FIRST, *OTHERS = HIGHEST
GOOD_OTHERS = [role(each) for each in OTHERS]
WEAK_EXCHANGE = role(EXCHANGE, enabled=("Justification",))


@control(
    title="Activating a privileged role needs a second factor, a reason, and ends within hours",
    cites=("164.312(d)", "164.308(a)(4)(ii)(B)"),
    severity="medium",
    designation="standard",
    fix="Entra admin center > Identity Governance > Privileged Identity Management > Microsoft Entra roles > Settings > the role > Activation",
    plan="Microsoft Entra ID P2 or Governance",
    parameters={"max_hours": Parameter(why="one shift; other baselines accept a day", unit="hours", low=0.5, high=24, looser="higher")},
    crosswalk={"nist_800_53": ["IA-2", "AC-2(7)"]},
    seeds=("A3b-1", "S7"),
    proposed_rule="164.312(f)(2)(ii)",
    examples=(
        passes(pim_role_settings=GOOD),
        passes(
            "an authentication context instead of the tick box",
            pim_role_settings=[role(FIRST, enabled=("Justification",), context="c1"), *GOOD_OTHERS],
        ),
        passes("a role that nobody may turn on keeps the weak default of the service", pim_role_settings=[*GOOD, WEAK_EXCHANGE]),
        fails("no proof", pim_role_settings=[role(FIRST, enabled=("Justification",)), *GOOD_OTHERS]),
        fails("no reason", pim_role_settings=[role(FIRST, enabled=("MultiFactorAuthentication",)), *GOOD_OTHERS]),
        fails("P1D is a day and not an hour", pim_role_settings=[role(FIRST, lasts="P1D"), *GOOD_OTHERS]),
        fails("no end", pim_role_settings=[role(FIRST, ends=False), *GOOD_OTHERS]),
        fails("a context without a value demands nothing", pim_role_settings=[role(FIRST, enabled=("Justification",), context=""), *GOOD_OTHERS]),
        fails(
            "a role that somebody may turn on", pim_role_settings=[*GOOD, WEAK_EXCHANGE], pim_eligible_assignments=[{"roleDefinitionId": EXCHANGE}]
        ),
        stays_unknown("no rules", pim_role_settings=[{"roleDefinitionId": FIRST, "policy": {"rules": []}}, *GOOD_OTHERS]),
        stays_unknown("no settings for a role", pim_role_settings=GOOD_OTHERS),
        stays_unknown("a duration that is none", pim_role_settings=[role(FIRST, lasts="a while"), *GOOD_OTHERS]),
        stays_unknown(pim_role_settings=Unreadable("not_licensed")),
    ),
)
def activating_a_role_needs_proof_and_ends_soon(
    pim_role_settings: tuple[RoleSettings, ...],
    role_definitions: tuple[RoleDefinition, ...],
    pim_eligible_assignments: tuple[EligibleAssignment, ...],
    *,
    max_hours: float = 8,
) -> Verdict:
    """Each use of power must be proven, explained and short.

    The highest roles, and every other privileged role that somebody may turn on, ask for a second factor (or an authentication context with a value) and a
    reason when they are turned on, and go off again within `max_hours`.
    """
    settings, templates = Settings(pim_role_settings, role_definitions), template_ids(role_definitions)
    eligible = (templates.of(assignment.role_definition_id) for assignment in pim_eligible_assignments)
    judged = {*HIGHEST, *(role for role in eligible if role in PRIVILEGED)}

    def is_guarded(role_id: str) -> bool:
        asked = stated(settings.rule(role_id, "Enablement_EndUser_Assignment").enabled_rules, "what activation asks for")
        context = settings.rule(role_id, "AuthenticationContext_EndUser_Assignment")
        expiry = settings.rule(role_id, "Expiration_EndUser_Assignment")
        in_context = stated(context.is_enabled, "whether a context is asked for") and bool(context.claim_value)
        ends = stated(expiry.is_expiration_required, "whether activation ends")
        lasts = iso_duration(stated(expiry.maximum_duration, "how long activation lasts"))
        return ("MultiFactorAuthentication" in asked or in_context) and "Justification" in asked and ends and lasts <= timedelta(hours=max_hours)

    return sort(sorted(judged), is_guarded).every(
        good="activation is proven, explained and short",
        bad="roles can be turned on without proof or reason, or for too long",
        empty=nobody(),
        name=name,
        limit_hours=max_hours,
    )
