"""The authentication strengths, built-in and custom: which combinations of sign-in methods each one lets through.

Source: https://learn.microsoft.com/graph/api/authenticationstrengthroot-list-policies . A combination is one method or several joined by commas, such as
`password,microsoftAuthenticatorPush`. A strength is judged by its combinations, never by its name: a copy may let a password through.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.facts.service_principals import nameless
from scanners.permissions import POLICY_READ_ALL
from scanners.reading import Json, Row

PHISHING_RESISTANT = ["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"]
PASSWORDLESS = [*PHISHING_RESISTANT, "deviceBasedPush"]
MULTIFACTOR = [
    *PASSWORDLESS,
    "password,microsoftAuthenticatorPush",
    "password,softwareOath",
    "password,hardwareOath",
    "password,sms",
    "password,voice",
]


class AuthenticationStrength(Row):
    """One strength."""

    id: str
    display_name: str
    policy_type: Literal["builtIn", "custom"]
    requirements_satisfied: str
    allowed_combinations: tuple[str, ...]


def _built_in(number: int, name: str, combinations: list[str]) -> Json:
    return {
        "id": f"00000000-0000-0000-0000-{number:012d}",
        "displayName": name,
        "policyType": "builtIn",
        "requirementsSatisfied": "mfa",
        "allowedCombinations": combinations,
    }


BUILT_IN: list[Json] = [
    _built_in(4, "Phishing-resistant MFA", PHISHING_RESISTANT),
    _built_in(3, "Passwordless MFA", PASSWORDLESS),
    _built_in(2, "Multifactor authentication", MULTIFACTOR),
]


def reduce(page: Json) -> Json:
    """Leave e-mail addresses out of the names of custom strengths, so that one such name does not cost the whole answer."""
    return {**page, "value": [nameless(row, "displayName") for row in page["value"]]}


fact = graph_fact(
    tuple[AuthenticationStrength, ...],
    lambda graph: graph.policies.authentication_strength_policies,
    reduce=reduce,
    permissions=(POLICY_READ_ALL,),
    sample=BUILT_IN,
    unshown=BUILT_IN,
)
