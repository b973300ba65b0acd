"""What a policy demands of the session after the sign-in: how soon it must be proven again, and whether a browser may stay signed in.

A sign-in that is blocked has no session, so block meets each of these demands. A frequency that renews only the second factor does not count: the
session itself lives on.
"""

from collections.abc import Callable

from scanners.conditional_access.demands import Demand, block
from scanners.facts.conditional_access_policies import Policy, SignInFrequency
from scanners.three_valued import Maybe, some

HOURS = {"hours": 1, "days": 24}


def hours_of(frequency: SignInFrequency | None) -> float | None:
    """After how many hours everything must be proven again: 0 for every time, None for never. Raises Unrecognised for what nobody can read."""
    if frequency is None:
        return None
    enabled, interval, value, unit = frequency.is_enabled, frequency.frequency_interval, frequency.value, frequency.type
    if not enabled or frequency.authentication_type == "secondaryAuthentication":
        return None
    if interval == "everyTime":
        return 0
    return None if value is None or unit is None else value * HOURS[unit]


def renewed_within(hours: float) -> Demand:
    """The session must be proven again, first factor included, after at most so many hours."""

    def limited(policy: Policy) -> Maybe:
        session = policy.session_controls
        found = None if session is None else hours_of(session.sign_in_frequency)
        return found is not None and found <= hours

    return _or_blocked(limited)


def every_time(policy: Policy) -> Maybe:
    """Each sign-in must be proven afresh."""
    session = policy.session_controls
    frequency = None if session is None else session.sign_in_frequency
    return frequency is not None and bool(frequency.is_enabled) and frequency.frequency_interval == "everyTime"


def never_persistent() -> Demand:
    """The browser forgets the sign-in when it is closed. The service obeys only where the policy includes all applications."""
    return _or_blocked(lambda policy: _browser_mode(policy) == "never" and _includes_all(policy))


def always_persistent(policy: Policy) -> Maybe:
    """The browser stays signed in after it was closed."""
    return _browser_mode(policy) == "always"


def _browser_mode(policy: Policy) -> str | None:
    session = policy.session_controls
    browser = None if session is None else session.persistent_browser
    if browser is None:
        return None
    enabled, mode = browser.is_enabled, browser.mode
    return mode if enabled else None


def _includes_all(policy: Policy) -> bool:
    return "All" in policy.conditions.applications.include_applications


def _or_blocked(test: Callable[[Policy], Maybe]) -> Demand:
    return lambda policy: some((block(policy), test(policy)))
