from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.groups import Group
from scanners.model import Parameter, Verdict, not_applicable
from scanners.three_valued import Maybe, sort

STAFF = "cccccccc-0000-4000-8000-000000000020"


@control(
    title="Groups and teams are private unless approved as public",
    cites=("164.312(a)(1)", "164.502(b)"),
    severity="high",
    designation="standard",
    fix="Microsoft 365 admin center > Teams & groups > Active teams & groups > the group > Settings > Privacy: Private",
    parameters={"approved_public_group_ids": Parameter(why="a team for all staff may be public if it holds no ePHI", unit="group ids")},
    crosswalk={
        "cis_m365_v7": "1.2.1",
        "prowler": "admincenter_groups_not_public_visibility",
        "maester": "CIS.M365.1.2.1",
        "nist_800_53": ["AC-3", "AC-6"],
    },
    seeds=("B8", "B12", "T15"),
    examples=(
        passes(groups=[{"groupTypes": ["Unified"], "visibility": "Private"}]),
        passes("hidden membership is private", groups=[{"visibility": "HiddenMembership"}]),
        passes("a security group holds no files", groups=[{}, {"groupTypes": [], "visibility": None}]),
        passes(
            "the operator approved it", parameters={"approved_public_group_ids": (STAFF.upper(),)}, groups=[{}, {"id": STAFF, "visibility": "Public"}]
        ),
        fails(groups=[{"groupTypes": ["Unified"], "visibility": "Public"}]),
        fails(
            "an archived team keeps its files open, and is listed like any other",
            groups=[{}, {"id": STAFF, "visibility": "Public", "resourceProvisioningOptions": ["Team"]}],
        ),
        does_not_apply("security groups only", groups=[{"groupTypes": ["DynamicMembership"]}]),
        does_not_apply("no groups", groups=[]),
        stays_unknown(
            "not stated is not private: a group that is made without a word is public", groups=[{"groupTypes": ["Unified"], "visibility": None}]
        ),
        stays_unknown("a visibility that this version does not know", groups=[{"groupTypes": ["Unified"], "visibility": "Secret"}]),
        stays_unknown("missing", groups=[{"visibility": ABSENT}]),
        stays_unknown("a kind that this version does not know", groups=[{"groupTypes": ["Unified", "Shared"], "visibility": "Private"}]),
        stays_unknown(groups=Unreadable("not_permitted")),
    ),
)
def groups_and_teams_are_private(groups: tuple[Group, ...], *, approved_public_group_ids: tuple[str, ...] = ()) -> Verdict:
    """Anyone in the organisation can open a public team and read what is in it.

    No Microsoft 365 group is public but those in `approved_public_group_ids`. Archived teams count, because their files stay open.
    """
    approved = {each.lower() for each in approved_public_group_ids}
    kinds = sort(groups, lambda group: "Unified" in group.group_types)

    def is_private(group: Group) -> Maybe:
        if "Unified" not in group.group_types or group.id.lower() in approved:
            return True
        return None if group.visibility is None else group.visibility != "Public"

    piles = sort((*kinds.good, *kinds.unclear), is_private)
    none = not_applicable("there is no Microsoft 365 group", looked_at=len(groups))
    teams = sum("Team" in group.resource_provisioning_options for group in kinds.good if "resource_provisioning_options" not in group.faults)
    return piles.every(good="groups and teams are private", bad="groups and teams are public", empty=none, teams=teams, approved=len(approved))
