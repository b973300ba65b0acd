"""What a policy demands of a sign-in that it acts on (definitions: demands_multifactor, demands_block, and their kin).

A grant lists alternatives. With AND all of them must be met, so one strong one is enough; with OR the user picks, so every one must be strong.
Session controls alone, and a grant without alternatives, demand nothing. Block is the strongest demand of all. An alternative that this version
does not know is neither strong nor weak.
"""

from collections.abc import Callable, Iterable, Mapping

from scanners.errors import Unrecognised
from scanners.facts.authentication_strengths import AuthenticationStrength
from scanners.facts.conditional_access_policies import GrantControls, Policy, Strength
from scanners.quoting import listed
from scanners.three_valued import Maybe, every, some

Demand = Callable[[Policy], Maybe]  # may meet a property that nobody can read, and then raises Undecided
Alternative = str | Strength

BLOCK, MULTIFACTOR, COMPLIANT, JOINED = "block", "mfa", "compliantDevice", "domainJoinedDevice"
PASSWORD_CHANGE, REMEDIATION = "passwordChange", "riskRemediation"
TERMS, CUSTOM = "terms of use", "a custom factor"
KNOWN = frozenset({BLOCK, MULTIFACTOR, COMPLIANT, JOINED, "approvedApplication", "compliantApplication", PASSWORD_CHANGE, REMEDIATION, TERMS, CUSTOM})
# https://learn.microsoft.com/graph/api/resources/enums (authenticationMethodModes)
KNOWN_MODES = frozenset(
    {
        "password", "voice", "hardwareOath", "softwareOath", "sms", "fido2", "windowsHelloForBusiness", "microsoftAuthenticatorPush",
        "deviceBasedPush", "temporaryAccessPassOneTime", "temporaryAccessPassMultiUse", "email", "x509CertificateSingleFactor",
        "x509CertificateMultiFactor",
        "federatedSingleFactor", "federatedMultiFactor", "qrCodePin",
    }
)  # fmt: skip

Strengths = Mapping[str, AuthenticationStrength]  # by id, lower case


def by_id(strengths: Iterable[AuthenticationStrength]) -> Strengths:
    """The tenant's strengths, to look up what a policy does not repeat."""
    return {strength.id.lower(): strength for strength in strengths}


def alternatives(grant: GrantControls) -> tuple[Alternative, ...]:
    """Everything that the grant lists. Raises Unrecognised when it holds a kind of alternative that did not exist before."""
    if new := sorted(name for name, value in grant.other.items() if value not in (None, [], {}, "")):
        raise Unrecognised(f"a grant control of a new kind: {listed(new)}")
    strength = () if grant.authentication_strength is None else (grant.authentication_strength,)
    terms, custom = (TERMS for _ in grant.terms_of_use), (CUSTOM for _ in grant.custom_authentication_factors)
    return (*grant.built_in_controls, *strength, *terms, *custom)


def demands(policy: Policy, strong: Callable[[Alternative], Maybe]) -> Maybe:
    """True when no sign-in gets past the policy without something strong."""
    grant = policy.grant_controls
    if grant is None:
        return False
    answers = [strong(each) for each in alternatives(grant)]
    if not answers:
        return False
    if len(answers) == 1:
        return answers[0]
    if grant.operator is None:
        return None
    return some(answers) if grant.operator == "AND" else every(answers)


def any_of(*controls: str, strength: Callable[[Strength], Maybe] = lambda _: False) -> Demand:
    """The demand for one of these controls, or for a strength that passes the test."""

    def strong(alternative: Alternative) -> Maybe:
        if isinstance(alternative, Strength):
            return strength(alternative)
        return True if alternative in controls else False if alternative in KNOWN else None

    return lambda policy: demands(policy, strong)


def block(policy: Policy) -> Maybe:
    """No sign-in that the policy acts on succeeds."""
    grant = policy.grant_controls
    return grant is not None and BLOCK in grant.built_in_controls


def multifactor(strengths: Strengths, *instead: str) -> Demand:
    """The demand for a second factor. `instead` names controls that the operator takes for as good."""
    return any_of(MULTIFACTOR, BLOCK, *instead, strength=lambda each: gives_multifactor(each, strengths))


def gives_multifactor(strength: Strength, strengths: Strengths) -> Maybe:
    """A strength of which every combination is multifactor, by Microsoft's own word for it."""
    satisfied = strength.requirements_satisfied
    if satisfied is None:
        listed = strengths.get(strength.id.lower())
        satisfied = listed.requirements_satisfied if listed is not None else None
    return {"mfa": True, "none": False}.get(satisfied or "")


def phishing_resistant(strengths: Strengths, modes: Iterable[str]) -> Demand:
    """The demand for methods that are bound to the real site: each whole combination must be one of `modes`."""
    accepted = frozenset(modes)
    return any_of(BLOCK, strength=lambda each: _resists(each, strengths, accepted))


def _resists(strength: Strength, strengths: Strengths, accepted: frozenset[str]) -> Maybe:
    combinations = strength.allowed_combinations
    if combinations is None:
        listed = strengths.get(strength.id.lower())
        if listed is None:
            return None
        combinations = listed.allowed_combinations
    return every(_accepted(each, accepted) for each in combinations) if combinations else False


def _accepted(combination: str, accepted: frozenset[str]) -> Maybe:
    if combination in accepted:
        return True
    return False if all(mode.strip() in KNOWN_MODES for mode in combination.split(",")) else None


def user_risk_is_resolved(strengths: Strengths) -> Demand:
    """Block; or a new password together with a second factor; or risk remediation, with nothing weaker to choose instead."""
    second = multifactor(strengths)

    def demand(policy: Policy) -> Maybe:
        grant = policy.grant_controls
        if grant is None:
            return False
        if BLOCK in grant.built_in_controls:
            return True
        renewed: Maybe = False
        if PASSWORD_CHANGE in grant.built_in_controls and grant.operator == "AND":
            renewed = second(policy)
        return some((renewed, any_of(REMEDIATION)(policy)))

    return demand
