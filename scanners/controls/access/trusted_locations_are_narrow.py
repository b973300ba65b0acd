import ipaddress

from scanners.conditional_access.places import ip_ranges, network, trusted
from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.errors import Undecided
from scanners.examples import ABSENT, Unreadable
from scanners.facts.named_locations import COUNTRY, IpRange, NamedLocation
from scanners.facts.subscribed_skus import SubscribedSku
from scanners.model import Parameter, Verdict, not_applicable
from scanners.permissions import AAD_PREMIUM
from scanners.plans import require_plan
from scanners.three_valued import attempt, sort

PRIVATE = tuple(ipaddress.ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
OLDER_PAGE = "not seen: no interface shows the trusted addresses of the older multifactor page"


def ranges(*addresses: object) -> dict[str, object]:
    return {"ipRanges": [{"cidrAddress": each} for each in addresses]}


@control(
    title="Trusted network locations are small and precise",
    cites=("164.312(a)(1)",),
    severity="low",
    designation="standard",
    fix="Entra admin center > Protection > Conditional Access > Named locations > edit the range, or take the mark as trusted away",
    plan="Microsoft Entra ID P1",
    parameters={
        "min_prefix_v4": Parameter(why="depends on the size of the organisation", unit="bits", low=8, high=32, looser="lower"),
        "min_prefix_v6": Parameter(why="48 bits are what a site usually gets", unit="bits", low=29, high=128, looser="lower"),
    },
    crosswalk={"cis_m365_v7": "5.2.2.15", "prowler": "entra_conditional_access_trusted_named_location_exists", "nist_800_53": ["AC-3"]},
    seeds=("T9",),
    examples=(
        passes(named_locations=[ranges("203.0.113.0/28")]),
        passes("a site of version 6", named_locations=[ranges("2001:db8:12::/48")]),
        passes(
            "a range that is not trusted may be wide",
            named_locations=[ranges("203.0.113.0/28"), {**ranges("0.0.0.0/1"), "id": "wide", "isTrusted": False}],
        ),
        passes("a private range never matches a sign-in", named_locations=[ranges("203.0.113.0/28", "10.0.0.0/8")]),
        passes("a wider range where the operator allows it", parameters={"min_prefix_v4": 16}, named_locations=[ranges("198.18.0.0/16")]),
        fails("half of all addresses", named_locations=[ranges("0.0.0.0/1")]),
        fails("two halves are everything", named_locations=[ranges("0.0.0.0/1", "128.0.0.0/1")]),
        fails("one wide range among narrow ones", named_locations=[ranges("203.0.113.0/28", "198.18.0.0/15")]),
        fails("a wide range of version 6", named_locations=[ranges("2001:db8::/32")]),
        does_not_apply("nothing is trusted", named_locations=[{**ranges("0.0.0.0/1"), "isTrusted": False}]),
        does_not_apply("a list of countries is not a trusted range", named_locations=[{"@odata.type": COUNTRY, "countriesAndRegions": ["US"]}]),
        does_not_apply("no location", named_locations=[]),
        stays_unknown("not an address", named_locations=[ranges("nonsense")]),
        stays_unknown("the ranges are not said", named_locations=[{"ipRanges": ABSENT}]),
        stays_unknown("whether the range is trusted is not said", named_locations=[{"isTrusted": ABSENT}]),
        stays_unknown("no plan is shown, but a location is", subscribed_skus=[], named_locations=[{}]),
        stays_unknown(named_locations=Unreadable("not_permitted")),
    ),
)
def trusted_locations_are_narrow(
    named_locations: tuple[NamedLocation, ...], subscribed_skus: tuple[SubscribedSku, ...], *, min_prefix_v4: int = 20, min_prefix_v6: int = 48
) -> Verdict:
    """Every address called trusted may skip checks, so a wide range is an open door.

    Every address range of a trusted location is at least `min_prefix_v4` bits long (version 4) or `min_prefix_v6` bits (version 6). Private ranges never match a
    sign-in and are only counted. Not applicable where no address range is trusted.
    """
    named = [location for location in named_locations if _may_be_trusted(location)]
    if not named:
        return not_applicable("no trusted location has an address range")
    require_plan(subscribed_skus, AAD_PREMIUM)
    shortest = {4: min_prefix_v4, 6: min_prefix_v6}
    listed = [(location, each) for location in named if trusted(location) for each in ip_ranges(location)]
    private = [pair for pair in listed if _is_private(pair[1])]
    piles = sort([pair for pair in listed if pair not in private], lambda pair: network(pair[1]).prefixlen >= shortest[network(pair[1]).version])
    return piles.every(
        good="trusted address ranges are narrow",
        bad="trusted address ranges are too wide",
        empty=not_applicable("no trusted location has an address range that a sign-in can come from", private_ranges=len(private)),
        name=lambda pair: f"{pair[0].id} {pair[1].cidr_address}",
        private_ranges=[each.cidr_address for _, each in private],
        older_trusted_addresses=OLDER_PAGE,
    )


def _may_be_trusted(location: NamedLocation) -> bool:
    return attempt(lambda: trusted(location)) is not False


def _is_private(each: IpRange) -> bool:
    try:
        found = network(each)
    except Undecided:
        return False
    return isinstance(found, ipaddress.IPv4Network) and any(
        found.subnet_of(private) for private in PRIVATE if isinstance(private, ipaddress.IPv4Network)
    )
