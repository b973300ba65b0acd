from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.service_principals import ServicePrincipal
from scanners.model import Verdict, failed, passed
from scanners.three_valued import sort

STORAGE = "c1f33bc0-bdb4-4248-ba9b-096807ddb43e"  # Microsoft 365 on the web, third-party storage


@control(
    title="Files cannot be opened from outside storage services in Microsoft 365 on the web",
    cites=("164.308(b)(1)", "164.312(a)(1)"),
    severity="medium",
    designation="standard",
    fix="Microsoft 365 admin center > Settings > Org settings > Microsoft 365 on the web > clear third-party storage",
    crosswalk={"cis_m365_v7": "1.3.7", "maester": "CIS.M365.1.3.7", "nist_800_53": ["AC-20"]},
    seeds=("B9", "B11", "T10"),
    examples=(
        passes(service_principals=[{"appId": STORAGE, "accountEnabled": False}]),
        passes("ids in another case", service_principals=[{"appId": STORAGE.upper(), "accountEnabled": False}]),
        fails("where the application is not there the service allows it", service_principals=[]),
        fails(service_principals=[{"appId": STORAGE, "accountEnabled": True}]),
        fails("another application that is off says nothing", service_principals=[{"accountEnabled": False}]),
        stays_unknown("null is neither on nor off", service_principals=[{"appId": STORAGE, "accountEnabled": None}]),
        stays_unknown("an application without an id might be the one", service_principals=[{"appId": ABSENT, "accountEnabled": False}]),
        stays_unknown(service_principals=Unreadable("not_permitted")),
    ),
)
def outside_storage_is_off_in_microsoft_365_on_the_web(service_principals: tuple[ServicePrincipal, ...]) -> Verdict:
    """Outside storage has no agreement and no audit of ePHI.

    The application by which Microsoft 365 on the web opens files from outside storage is present and switched off. Where it is absent the service allows it. The
    setting for Outlook on the web is another one.
    """
    piles = sort(service_principals, lambda application: application.app_id.lower() == STORAGE)
    if not piles.good:
        if piles.unclear:
            raise piles.doubts[0]
        return failed("outside storage was never switched off, so the service allows it", present=False, looked_at=piles.looked_at)
    enabled = piles.good[0].account_enabled
    if enabled is None:
        raise Unrecognised("the tenant does not say whether the application for outside storage is switched on")
    if enabled:
        return failed("files can be opened from outside storage", present=True, accountEnabled=enabled)
    return passed("outside storage is switched off", present=True, accountEnabled=enabled)
