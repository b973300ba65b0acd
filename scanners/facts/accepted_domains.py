"""The domains for which Exchange Online takes mail.

Source: https://learn.microsoft.com/powershell/module/exchangepowershell/get-accepteddomain . An internal address is one whose domain is here, or below one
that is. Mail domains are those that do not end in .onmicrosoft.com.
"""

from typing import Literal

from scanners.cmdlets import exchange_fact
from scanners.reading import Row, pascal


class AcceptedDomain(Row, spelling=pascal):
    """One domain."""

    domain_name: str
    domain_type: Literal["Authoritative", "InternalRelay", "ExternalRelay"]
    default: bool
    initial_domain: bool
    sending_from_domain_disabled: bool | None


fact = exchange_fact(
    tuple[AcceptedDomain, ...],
    "Get-AcceptedDomain",
    sample=[
        {
            "DomainName": "alderford.example",
            "DomainType": "Authoritative",
            "Default": True,
            "InitialDomain": False,
            "SendingFromDomainDisabled": False,
        },
        {
            "DomainName": "alderford.onmicrosoft.com",
            "DomainType": "Authoritative",
            "Default": False,
            "InitialDomain": True,
            "SendingFromDomainDisabled": False,
        },
    ],
)
