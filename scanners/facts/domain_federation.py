"""How each federated domain's identity provider proves multifactor.

Source: https://learn.microsoft.com/graph/api/internaldomainfederation-get . federatedIdpMfaBehavior null means that an older switch decides, which
nobody can read here. Certificates and addresses of the provider are not stored.
"""

from collections.abc import Iterable
from typing import Any, Literal

from scanners.declare import once_per
from scanners.errors import Undecided
from scanners.model import Ask, Fact, Page, Readings
from scanners.permissions import DOMAIN_INTERNAL_FEDERATION_READ_ALL
from scanners.reading import Row, absent_is_null, read_rows


class Federation(Row):
    """The trust in one identity provider."""

    federated_idp_mfa_behavior: Literal["acceptIfMfaDoneByFederatedIdp", "enforceMfaByFederatedIdp", "rejectMfaByFederatedIdp"] | None = (
        absent_is_null()
    )
    prompt_login_behavior: str | None = absent_is_null()
    is_signed_authentication_request_required: bool | None = absent_is_null()


class DomainFederation(Row):
    """One federated domain with its trusts."""

    domain: str
    value: tuple[Federation, ...]


def federated(readings: Readings) -> Iterable[str]:
    """The names of the federated domains."""
    for domain in readings["domains"]:
        try:
            if domain.authentication_type == "Federated":
                yield domain.id
        except Undecided:
            continue  # a domain that could not be read makes the rules over domains unknown by itself


def _configuration(domain: str) -> Ask:
    return Ask(build=lambda graph: graph.domains.by_domain_id(domain).federation_configuration, about=domain)


def read(pages: Iterable[Page]) -> tuple[DomainFederation, ...]:
    """The pages of each domain put together."""
    found: dict[str, list[Any]] = {}
    for page in pages:
        found.setdefault(page.about, []).extend(page.body["value"])
    return read_rows(DomainFederation, ({"domain": domain, "value": trusts} for domain, trusts in found.items()))


fact = Fact(
    reading=tuple[DomainFederation, ...],
    asks=once_per(federated, _configuration),
    after=("domains",),
    permissions=(DOMAIN_INTERNAL_FEDERATION_READ_ALL,),
    stored=tuple[Federation, ...],
    keep="listed",
    read=read,
    sample=[
        {
            "domain": "riverbend.example",
            "value": [
                {"federatedIdpMfaBehavior": "enforceMfaByFederatedIdp", "promptLoginBehavior": None, "isSignedAuthenticationRequestRequired": None}
            ],
        }
    ],
)
