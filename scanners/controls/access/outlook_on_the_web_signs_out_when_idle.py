from typing import Any

from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.idle_timeout_policies import IdleTimeoutPolicy
from scanners.facts.organization_config import OrganizationConfig
from scanners.idle_sessions import signs_out_within, within
from scanners.model import Parameter, Verdict, failed, passed
from scanners.three_valued import attempt, some
from scanners.timespans import clock_time

OFF = {"ActivityBasedAuthenticationTimeoutEnabled": False}
SHORT_FOR_ALL = [{"isOrganizationDefault": True}]


@control(
    title="Outlook on the web signs out after a short time without activity",
    cites=("164.312(a)(2)(iii)",),
    severity="medium",
    designation="addressable",
    fix="Exchange Online PowerShell: Set-OrganizationConfig -ActivityBasedAuthenticationTimeoutEnabled $true -ActivityBasedAuthenticationTimeoutInterval 00:15:00",
    plan="any with Exchange Online",
    parameters={
        "max_idle_minutes": Parameter(
            why="as for all web sessions: 10 to 15 minutes is common in health care", unit="minutes", low=1, high=360, looser="higher"
        )
    },
    crosswalk={"nist_800_53": ["AC-12"]},
    seeds=("A3e", "S15"),
    proposed_rule="164.312(a)(2)(iv)",
    examples=(
        passes(organization_config={"ActivityBasedAuthenticationTimeoutEnabled": True, "ActivityBasedAuthenticationTimeoutInterval": "00:15:00"}),
        passes("the timeout of all web applications goes before", organization_config=OFF, idle_timeout_policies=SHORT_FOR_ALL),
        passes(
            "the own setting is enough where the other cannot be read", organization_config={}, idle_timeout_policies=[{"definition": ["not json"]}]
        ),
        fails("six hours, the service's default", organization_config={"ActivityBasedAuthenticationTimeoutInterval": "06:00:00"}),
        fails("off with a short interval", organization_config=OFF),
        fails("zero never acts", organization_config={"ActivityBasedAuthenticationTimeoutInterval": "00:00:00"}),
        does_not_apply("no mailboxes", organization_config=Unreadable("not_licensed")),
        stays_unknown(organization_config={"ActivityBasedAuthenticationTimeoutEnabled": None}),
        stays_unknown(
            "an interval that is an object and not a text", organization_config={"ActivityBasedAuthenticationTimeoutInterval": {"Ticks": 9000000000}}
        ),
        stays_unknown("neither can be read", organization_config={"ActivityBasedAuthenticationTimeoutInterval": ABSENT}, idle_timeout_policies=[]),
        stays_unknown(organization_config=Unreadable("not_permitted")),
    ),
)
def outlook_on_the_web_signs_out_when_idle(
    organization_config: OrganizationConfig, idle_timeout_policies: tuple[IdleTimeoutPolicy, ...], *, max_idle_minutes: float = 15
) -> Verdict:
    """Mail is where ePHI most often sits open on a screen.

    Outlook on the web signs people out after at most `max_idle_minutes` without activity, or the timeout of all Microsoft 365 web applications does, which goes before the
    mailbox setting. Where sessions of single sign-on are left open, the result says so.
    """
    config = organization_config

    def signs_out() -> bool:
        return config.activity_based_authentication_timeout_enabled and within(
            clock_time(config.activity_based_authentication_timeout_interval), max_idle_minutes
        )

    own, common = attempt(signs_out), attempt(lambda: signs_out_within(idle_timeout_policies, max_idle_minutes))
    seen: dict[str, Any] = {"own_setting": own, "all_web_applications": common, "limit_minutes": max_idle_minutes}
    if "activity_based_authentication_timeout_with_single_sign_on_enabled" not in config.faults:
        seen["single_sign_on_included"] = config.activity_based_authentication_timeout_with_single_sign_on_enabled
    answer = some((own, common))
    if answer is None:
        raise Unrecognised("the idle timeout of Outlook on the web could not be recognised")
    if answer:
        return passed(f"Outlook on the web signs out within {max_idle_minutes:g} minutes", **seen)
    return failed(f"Outlook on the web does not sign out within {max_idle_minutes:g} minutes", **seen)
