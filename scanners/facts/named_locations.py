"""The places that conditional access policies may name: ranges of network addresses and lists of countries, and which ranges are called trusted.

Source: https://learn.microsoft.com/graph/api/conditionalaccessroot-list-namedlocations . AllTrusted in a policy means every range with isTrusted true, and the
trusted addresses of the older multifactor service page, which no interface shows.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.minimum_necessary import without_addresses
from scanners.model import Throttle
from scanners.permissions import AAD_PREMIUM, POLICY_READ_ALL
from scanners.reading import Json, Row, absent_is_null, named

IP, COUNTRY = "#microsoft.graph.ipNamedLocation", "#microsoft.graph.countryNamedLocation"


class IpRange(Row):
    """A range of addresses in CIDR notation, of version 4 or 6."""

    cidr_address: str


class NamedLocation(Row):
    """One place. Ranges have ip_ranges and is_trusted; countries have two-letter codes and how the country is found."""

    odata_type: str = named("@odata.type")
    id: str
    display_name: str
    is_trusted: bool | None = absent_is_null()
    ip_ranges: tuple[IpRange, ...] | None = absent_is_null()
    countries_and_regions: tuple[str, ...] | None = absent_is_null()
    include_unknown_countries_and_regions: bool | None = absent_is_null()
    country_lookup_method: Literal["clientIpAddress", "authenticatorAppGps"] | None = absent_is_null()


def reduce(page: Json) -> Json:
    """Take e-mail addresses out of the names that administrators gave."""
    return {**page, "value": [{**place, "displayName": without_addresses(place["displayName"])} for place in page["value"]]}


fact = graph_fact(
    tuple[NamedLocation, ...],
    lambda graph: graph.identity.conditional_access.named_locations,
    permissions=(POLICY_READ_ALL,),
    plans=(AAD_PREMIUM,),
    without_plan="empty",
    throttle=Throttle.CONDITIONAL_ACCESS,
    reduce=reduce,
    sample=[
        {
            "@odata.type": IP,
            "id": "dddddddd-0000-4000-8000-000000000001",
            "displayName": "Clinic network",
            "isTrusted": True,
            "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/28"}],
        }
    ],
)
