from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import Unreadable
from scanners.facts.token_lifetime_policies import TokenLifetimePolicy
from scanners.idle_sessions import json_text
from scanners.model import Parameter, Verdict, passed
from scanners.reading import Json
from scanners.three_valued import sort
from scanners.timespans import clock_time


def policy(rest: str) -> list[Json]:
    return [{"definition": ['{"TokenLifetimePolicy":{"Version":1%s}}' % rest]}]  # noqa: UP031 - JSON is full of braces


@control(
    title="Access tokens are not given a longer life than the service default",
    cites=("164.312(a)(2)(iii)", "164.308(a)(3)(ii)(C)"),
    severity="low",
    designation="addressable",
    fix="Microsoft Graph PowerShell: Remove-MgPolicyTokenLifetimePolicy for the policies listed",
    parameters={
        "max_minutes": Parameter(why="the service's own tokens live for 60 to 90 minutes", unit="minutes", low=10, high=1440, looser="higher")
    },
    crosswalk={"nist_800_53": ["AC-12"]},
    seeds=("A3e",),
    examples=(
        passes("no policy means the service's default", token_lifetime_policies=[]),
        passes("a policy about something else", token_lifetime_policies=policy("")),
        passes("one digit for the hours", token_lifetime_policies=policy(',"AccessTokenLifetime":"1:00:00"')),
        fails(token_lifetime_policies=policy(',"AccessTokenLifetime":"23:59:59"')),
        fails("1.00:00:00 is a day and not an hour", token_lifetime_policies=policy(',"AccessTokenLifetime":"1.00:00:00"')),
        stays_unknown("not JSON", token_lifetime_policies=[{"definition": ["oops"]}]),
        stays_unknown("not a text", token_lifetime_policies=policy(',"AccessTokenLifetime":60')),
        stays_unknown("no definition", token_lifetime_policies=[{"definition": []}]),
        stays_unknown(token_lifetime_policies=Unreadable("not_permitted")),
    ),
)
def token_lifetimes_are_not_extended(token_lifetime_policies: tuple[TokenLifetimePolicy, ...], *, max_minutes: float = 90) -> Verdict:
    """A long-lived token outlasts sign-out, disabling and termination.

    No policy, the organisation's default or not, gives access tokens a life of more than `max_minutes`. Without any policy the service's default holds.
    """

    def is_short(policy: TokenLifetimePolicy) -> bool:
        if not policy.definition:
            raise Unrecognised("a token lifetime policy has no definition")
        return all(_minutes(text) <= max_minutes for text in policy.definition)

    none = passed("no policy changes the life of access tokens", looked_at=0)
    return sort(token_lifetime_policies, is_short).every(
        good="access tokens live no longer than the limit", bad="access tokens live longer than the limit", empty=none, limit_minutes=max_minutes
    )


def _minutes(text: str) -> float:
    lifetime = json_text(text, "TokenLifetimePolicy").get("AccessTokenLifetime")
    if lifetime is None:
        return 0  # this policy is about other tokens
    if not isinstance(lifetime, str):
        raise Unrecognised("the life of access tokens is not written as a length of time")
    return clock_time(lifetime).total_seconds() / 60
