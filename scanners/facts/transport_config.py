"""The organisation-wide settings of mail transport: sending by SMTP with a password, legacy TLS, journaling reports.

Source: https://learn.microsoft.com/powershell/module/exchangepowershell/get-transportconfig . Legacy TLS is null where the tenant never switched the legacy
endpoint on, which means off. Addresses are not stored: of the journaling address only whether there is one.
"""

from scanners.cmdlets import changed, exchange_fact
from scanners.reading import Json, Row, named, pascal


class TransportConfig(Row, spelling=pascal):
    """The one configuration object."""

    smtp_client_authentication_disabled: bool
    allow_legacy_tls_clients: bool | None = named("AllowLegacyTLSClients")
    tls_receive_domain_secure_list: tuple[str, ...] = named("TLSReceiveDomainSecureList")
    tls_send_domain_secure_list: tuple[str, ...] = named("TLSSendDomainSecureList")
    journaling_report_ndr_to: bool


def reduce(page: Json) -> Json:
    """Whether there is an address for journaling reports that cannot be delivered, in place of the address."""
    return changed(page, JournalingReportNdrTo=_is_set)


def _is_set(address: Json) -> Json:
    return address not in (None, "", "<>") if isinstance(address, str | None) else "unrecognised"


fact = exchange_fact(
    TransportConfig,
    "Get-TransportConfig",
    snapshot="microsoft.exchange.transportconfig",
    reduce=reduce,
    sample={
        "SmtpClientAuthenticationDisabled": True,
        "AllowLegacyTLSClients": None,
        "TLSReceiveDomainSecureList": [],
        "TLSSendDomainSecureList": [],
        "JournalingReportNdrTo": False,
    },
)
