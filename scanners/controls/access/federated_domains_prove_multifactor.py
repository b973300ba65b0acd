from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.domain_federation import DomainFederation
from scanners.facts.domains import Domain
from scanners.model import Parameter, Verdict, not_applicable
from scanners.three_valued import Maybe, every, sort

HOSPITAL = [{"id": "hospital.example", "authenticationType": "Federated"}]


def proves(behaviour: object) -> list[dict[str, object]]:
    return [{"domain": "hospital.example", "value": [{"federatedIdpMfaBehavior": behaviour}]}]


@control(
    title="Federated sign-in cannot skip the second factor",
    cites=("164.312(d)",),
    severity="medium",
    designation="standard",
    fix="Microsoft Graph PowerShell: Update-MgDomainFederationConfiguration -DomainId <domain> -InternalDomainFederationId <id> -FederatedIdpMfaBehavior enforceMfaByFederatedIdp",
    parameters={"accept_claimed": Parameter(why="a claim of the foreign sign-in server is then believed without being asked for", looser="true")},
    crosswalk={"nist_800_53": ["IA-8"]},
    seeds=("B26", "T36"),
    examples=(
        passes(domains=HOSPITAL, domain_federation=proves("enforceMfaByFederatedIdp")),
        passes("Microsoft does it itself", domains=HOSPITAL, domain_federation=proves("rejectMfaByFederatedIdp")),
        passes(
            "the operator believes the claim",
            parameters={"accept_claimed": True},
            domains=HOSPITAL,
            domain_federation=proves("acceptIfMfaDoneByFederatedIdp"),
        ),
        fails(domains=HOSPITAL, domain_federation=proves("acceptIfMfaDoneByFederatedIdp")),
        does_not_apply("no federated domain", domains=[{}]),
        does_not_apply("a domain that is not verified signs nobody in", domains=[{"authenticationType": "Federated", "isVerified": False}]),
        stays_unknown("null leaves it to an older switch", domains=HOSPITAL, domain_federation=proves(None)),
        stays_unknown("missing, too", domains=HOSPITAL, domain_federation=proves(ABSENT)),
        stays_unknown("the trust was not read", domains=HOSPITAL, domain_federation=[]),
        stays_unknown("a domain that does not say how it signs in", domains=[{"authenticationType": ABSENT}]),
        stays_unknown(domains=Unreadable("not_permitted")),
    ),
)
def federated_domains_prove_multifactor(
    domains: tuple[Domain, ...], domain_federation: tuple[DomainFederation, ...], *, accept_claimed: bool = False
) -> Verdict:
    """A foreign sign-in server that merely claims a second factor opens every account of the domain.

    For every verified federated domain the other sign-in server must prove the second factor, or its proof is refused and Microsoft asks itself; with `accept_claimed`
    its claim is enough.
    """
    accepted = {"enforceMfaByFederatedIdp", "rejectMfaByFederatedIdp"} | ({"acceptIfMfaDoneByFederatedIdp"} if accept_claimed else set())
    federated = sort(domains, lambda domain: domain.authentication_type == "Federated" and domain.is_verified)
    trusts = {each.domain.lower(): each.value for each in domain_federation}

    def is_proven(domain: Domain) -> Maybe:
        if domain.authentication_type != "Federated" or not domain.is_verified:
            return True
        if not trusts.get(domain.id.lower()):
            raise Unrecognised("the trust of a federated domain was not read")
        behaviours = [trust.federated_idp_mfa_behavior for trust in trusts[domain.id.lower()]]
        return every(None if behaviour is None else behaviour in accepted for behaviour in behaviours)

    none = not_applicable("no domain is federated", looked_at=len(domains))
    return sort((*federated.good, *federated.unclear), is_proven).every(
        good="federated domains prove the second factor", bad="federated domains only claim a second factor", empty=none
    )
