"""The secrets and certificates of applications: how long each lives, and which ones lapse.

A certificate for SAML sign-in comes as a pair of entries, for signing and for checking, with the same dates, and as a password entry with the id of
one of them, which protects its private key and is no secret of the application (https://learn.microsoft.com/graph/application-saml-sso-configure-api).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from scanners.applications import owner_of
from scanners.errors import Unrecognised
from scanners.facts.applications import Application
from scanners.facts.service_principals import Credential, ServicePrincipal
from scanners.three_valued import attempt

SAML_DAYS = 1096  # the service issues SAML certificates for three years, one of which may be a leap year
MANAGED = "ManagedIdentity"  # the platform makes and renews its certificates

Kind = Literal["secret", "certificate"]


@dataclass(frozen=True, slots=True)
class Holder:
    """A registration, or an application of this tenant, with its credentials. A registration and its service principal are two holders."""

    listed: Application | ServicePrincipal

    @property
    def app_id(self) -> str:
        """The application's id."""
        return self.listed.app_id

    @property
    def is_saml(self) -> bool:
        """Its certificates sign SAML tokens."""
        return isinstance(self.listed, ServicePrincipal) and self.listed.preferred_single_sign_on_mode == "saml"

    @property
    def credentials(self) -> tuple[tuple[Kind, Credential], ...]:
        """All secrets and certificates, ended ones too."""
        certificates = self.listed.key_credentials
        guards = {certificate.key_id for certificate in certificates} if self.is_saml else set()
        secrets = (secret for secret in self.listed.password_credentials if secret.key_id is None or secret.key_id not in guards)
        return (*(("secret", each) for each in secrets), *(("certificate", each) for each in certificates))


def holders(applications: Iterable[Application], service_principals: Iterable[ServicePrincipal], tenant: str) -> tuple[Holder, ...]:
    """Whoever has credentials among the registrations and the applications of this tenant; not Microsoft's, foreign ones and managed identities."""
    own = (principal for principal in service_principals if attempt(partial(_is_own, principal, tenant)) is not False)
    listed: tuple[Application | ServicePrincipal, ...] = (*applications, *own)
    return tuple(holder for holder in map(Holder, listed) if attempt(partial(_has_some, holder)) is not False)


def _is_own(principal: ServicePrincipal, tenant: str) -> bool:
    return principal.service_principal_type != MANAGED and owner_of(principal, tenant) in ("own", None)


def _has_some(holder: Holder) -> bool:
    return bool(holder.credentials)


def refuse_unowned(holder: Holder, tenant: str) -> None:
    """Raise Unrecognised where nobody can tell whose application it is, and so whether its credentials are this tenant's business."""
    if isinstance(holder.listed, ServicePrincipal) and owner_of(holder.listed, tenant) is None:
        raise Unrecognised("an application with credentials does not say whose it is")


def lives_too_long(holder: Holder, at: datetime, secret_days: int, certificate_days: int) -> bool:
    """Some credential that has not ended has no end, or lives longer than its kind may. Raises Unrecognised where its beginning is not stated."""
    longest = {"secret": secret_days, "certificate": SAML_DAYS if holder.is_saml else certificate_days}
    doubt = False
    for kind, credential in holder.credentials:
        if credential.end_date_time is None:
            return True
        if credential.end_date_time <= at:
            continue
        if credential.start_date_time is None:
            doubt = True
        elif credential.end_date_time - credential.start_date_time > timedelta(days=longest[kind]):
            return True
    if doubt:
        raise Unrecognised("a secret or certificate does not say when it began")
    return False


def lapses(holder: Holder, at: datetime, warn_days: int) -> bool:
    """The newest credential of some kind ends within `warn_days` after `at`: nothing is there to take over."""
    newest: dict[Kind, datetime] = {}
    for kind, credential in holder.credentials:
        if credential.end_date_time is not None:
            newest[kind] = max(credential.end_date_time, newest.get(kind, credential.end_date_time))
    return any(at <= end <= at + timedelta(days=warn_days) for end in newest.values())


def ended(holder: Holder, at: datetime, grace_days: int = 0) -> int:
    """How many credentials ended more than `grace_days` before `at`."""
    before = at - timedelta(days=grace_days)
    return sum(credential.end_date_time is not None and credential.end_date_time < before for _, credential in holder.credentials)
