from datetime import datetime

from scanners.credentials import Holder, ended, holders, lapses, lives_too_long, refuse_unowned
from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.applications import Application
from scanners.facts.organization import Organization
from scanners.facts.service_principals import ServicePrincipal
from scanners.model import Parameter, Verdict, not_applicable
from scanners.three_valued import sort

FIVE_MONTHS = {"startDateTime": "2026-10-01T00:00:00Z", "endDateTime": "2027-03-01T00:00:00Z"}
FOREVER = {"startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2099-12-31T00:00:00Z"}
LONG_GONE = {"startDateTime": "2020-01-01T00:00:00Z", "endDateTime": "2024-01-01T00:00:00Z"}
IN_TEN_DAYS = {"startDateTime": "2026-09-01T00:00:00Z", "endDateTime": "2026-12-04T00:00:00Z"}
THREE_YEARS = {"startDateTime": "2025-06-01T00:00:00Z", "endDateTime": "2028-06-01T00:00:00Z"}
OWN = {"appOwnerOrganizationId": "99999999-0000-4000-8000-000000000001"}
SAML = {
    **OWN,
    "preferredSingleSignOnMode": "saml",
    "keyCredentials": [{"keyId": "k1", **THREE_YEARS}, {"keyId": "k2", **THREE_YEARS}],
    "passwordCredentials": [{"keyId": "k1", **THREE_YEARS}],
}


@control(
    title="Application secrets and certificates are short-lived and none in use is about to lapse",
    cites=("164.312(d)", "164.308(a)(5)(ii)(D)"),
    severity="medium",
    designation="standard",
    fix="Entra admin center > App registrations > the application > Certificates & secrets; prefer managed identities, then certificates",
    crosswalk={
        "cis_m365_v7": "5.1.5.4, 5.1.5.6",
        "scuba": "MS.AAD.5.6v1, MS.AAD.5.7v1",
        "prowler": "entra_app_registration_client_secret_unused",
        "maester": "MT.1057",
        "nist_800_53": ["IA-5"],
    },
    seeds=("A6", "S25"),
    parameters={
        "max_secret_days": Parameter(why="the organisation's policy", unit="days", low=1, high=730, looser="higher"),
        "max_certificate_days": Parameter(why="one baseline says 180, another 365", unit="days", low=1, high=1096, looser="higher"),
        "warn_days": Parameter(why="time to renew", unit="days", low=0, high=90, looser="lower"),
    },
    examples=(
        passes(applications=[{"passwordCredentials": [FIVE_MONTHS]}]),
        passes(
            "a certificate may live longer than a secret",
            applications=[
                {
                    "passwordCredentials": [],
                    "keyCredentials": [{"keyId": "k1", "startDateTime": "2026-06-01T00:00:00Z", "endDateTime": "2027-06-01T00:00:00Z"}],
                }
            ],
        ),
        passes("ended credentials are no longer in use", applications=[{"passwordCredentials": [LONG_GONE, FIVE_MONTHS]}]),
        passes("an old secret lapses where a newer one takes over", applications=[{"passwordCredentials": [IN_TEN_DAYS, FIVE_MONTHS]}]),
        passes("the pair of entries of one SAML certificate, and the password of its private key", service_principals=[SAML]),
        passes(
            "a certificate of a managed identity renews itself",
            applications=[{}],
            service_principals=[
                {**OWN, "servicePrincipalType": "ManagedIdentity", "appOwnerOrganizationId": None, "keyCredentials": [{"keyId": "k1", **IN_TEN_DAYS}]}
            ],
        ),
        passes(
            "the credentials of a foreign application are its owner's",
            applications=[{}],
            service_principals=[{"keyCredentials": [{"keyId": "k1", **FOREVER}]}],
        ),
        fails(applications=[{"passwordCredentials": [FOREVER]}]),
        fails("no end at all", applications=[{"passwordCredentials": [{**FIVE_MONTHS, "endDateTime": None}]}]),
        fails("the newest secret is about to lapse", applications=[{"passwordCredentials": [LONG_GONE, IN_TEN_DAYS]}]),
        fails(
            "the certificate lapses although a secret does not",
            applications=[{"passwordCredentials": [FIVE_MONTHS], "keyCredentials": [{"keyId": "k1", **IN_TEN_DAYS}]}],
        ),
        fails("a secret on the service principal", service_principals=[{**OWN, "passwordCredentials": [{"keyId": "k1", **FOREVER}]}]),
        fails("three years without SAML", service_principals=[{**SAML, "preferredSingleSignOnMode": None}]),
        fails("a real secret beside a SAML certificate", service_principals=[{**SAML, "passwordCredentials": [{"keyId": "k9", **THREE_YEARS}]}]),
        stays_unknown("no beginning", applications=[{"passwordCredentials": [{"startDateTime": None, "endDateTime": "2027-03-01T00:00:00Z"}]}]),
        stays_unknown("a missing end is not stated", applications=[{"passwordCredentials": [{**FIVE_MONTHS, "endDateTime": ABSENT}]}]),
        stays_unknown(
            "nobody knows whose application it is",
            service_principals=[{"appOwnerOrganizationId": None, "passwordCredentials": [{"keyId": "k1", **FIVE_MONTHS}]}],
        ),
        stays_unknown(applications=Unreadable("unreachable")),
        does_not_apply("no credential at all", applications=[{"passwordCredentials": []}]),
    ),
)
def application_credentials_are_short_lived_and_current(
    applications: tuple[Application, ...],
    service_principals: tuple[ServicePrincipal, ...],
    organization: Organization,
    at: datetime,
    *,
    max_secret_days: int = 180,
    max_certificate_days: int = 365,
    warn_days: int = 14,
) -> Verdict:
    """A secret that lives for years is found one day; one that lapses unseen stops care and tempts to shortcuts.

    For every registration and every application of this tenant: each secret and certificate that has not ended lives at most as long as its kind may, certificates
    for SAML at most three years; and no application's newest secret or newest certificate ends within `warn_days`. Managed identities renew theirs themselves.
    """

    def current(holder: Holder) -> bool:
        refuse_unowned(holder, organization.id)
        return not lives_too_long(holder, at, max_secret_days, max_certificate_days) and not lapses(holder, at, warn_days)

    piles = sort(holders(applications, service_principals, organization.id), current)
    shown = [
        {
            "appId": h.app_id,
            "tooLong": lives_too_long(h, at, max_secret_days, max_certificate_days),
            "endingSoon": lapses(h, at, warn_days),
            "ended": ended(h, at),
        }
        for h in piles.bad[:50]
    ]
    return piles.every(
        good="applications whose credentials are short-lived and current",
        bad="applications with a credential that lives too long or is about to lapse",
        empty=not_applicable("no application has a secret or a certificate", looked_at=0),
        name=lambda holder: holder.app_id,
        applications=shown,
    )
