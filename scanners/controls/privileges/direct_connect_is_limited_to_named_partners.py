from typing import Any

from scanners.declare import control, fails, passes, stays_unknown
from scanners.facts.cross_tenant_access_default import B2bSetting, CrossTenantAccessDefault, setting
from scanners.model import Verdict, failed, passed
from scanners.partners import lets_nobody_through
from scanners.three_valued import sort

BLOCKED, ALLOWED = setting("blocked"), setting("allowed")
SOME = {"accessType": "blocked", "targets": [{"target": "g1", "targetType": "group"}]}


@control(
    title="Other organisations join shared channels only when named",
    cites=("164.308(a)(4)(i)", "164.312(a)(1)"),
    severity="medium",
    designation="standard",
    fix="Entra admin center > External Identities > Cross-tenant access settings > Default settings > B2B direct connect > Block access, inbound and outbound",
    crosswalk={"nist_800_53": ["AC-20"]},
    seeds=("B9", "T13"),
    examples=(
        passes("Microsoft's own default", b2bDirectConnectInbound=BLOCKED, b2bDirectConnectOutbound=BLOCKED),
        passes("all users blocked is enough", b2bDirectConnectInbound={**BLOCKED, "applications": ALLOWED["applications"]}),
        passes("all applications blocked is enough", b2bDirectConnectInbound={**BLOCKED, "usersAndGroups": ALLOWED["usersAndGroups"]}),
        fails("inbound", b2bDirectConnectInbound=ALLOWED),
        fails("outbound", b2bDirectConnectOutbound=ALLOWED),
        fails("a block of some targets leaves all others", b2bDirectConnectInbound={"usersAndGroups": SOME, "applications": ALLOWED["applications"]}),
        stays_unknown("not stated", b2bDirectConnectInbound=None),
        stays_unknown("an access type that this version does not know", b2bDirectConnectInbound={"usersAndGroups": {"accessType": "asked"}}),
    ),
)
def direct_connect_is_limited_to_named_partners(cross_tenant_access_default: CrossTenantAccessDefault) -> Verdict:
    """Direct connect lets outside accounts in without a guest object that could be reviewed.

    By default, direct connect is blocked for all users or for all applications, in both directions; partners are let through by name.
    """
    default = cross_tenant_access_default

    def is_closed(way: str) -> bool:
        setting: B2bSetting | None = default.b2b_direct_connect_inbound if way == "inbound" else default.b2b_direct_connect_outbound
        return lets_nobody_through(setting)

    ways = sort(("inbound", "outbound"), is_closed)
    observed: dict[str, Any] = {"closed": ways.good, "open": ways.bad, "service_default": default.is_service_default}
    if ways.bad:
        return failed(f"direct connect is open to every organisation: {' and '.join(ways.bad)}", **observed)
    if ways.unclear:
        raise ways.doubts[0]
    return passed("direct connect is closed to organisations that are not named", **observed)
