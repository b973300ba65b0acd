from collections.abc import Callable

from scanners.administrators import accounts_by_id
from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.group_owners import APPLICATION, MOST_EXPANDED, GroupOwners
from scanners.facts.groups import Group
from scanners.facts.users import Users
from scanners.model import Parameter, Verdict, failed, not_applicable, passed
from scanners.reading import Json
from scanners.three_valued import Maybe, sort

TEAM = "cccccccc-0000-4000-8000-000000000010"
P = [f"aaaaaaaa-0000-4000-8000-0000000001{n}" for n in range(10, 31)]
GUEST = {"id": "bbbbbbbb-0000-4000-8000-000000000001", "userType": "Guest"}
STAFF = [*({"id": each} for each in P[:12]), GUEST, {"id": P[12], "accountEnabled": False}]


def owned(*people: str) -> list[Json]:
    return [{"id": TEAM, "owners": [{"id": each} for each in people]}]


@control(
    title="Every group and team has at least two active inside owners",
    cites=("164.308(a)(4)(ii)(C)", "164.308(a)(3)(ii)(A)"),
    severity="medium",
    designation="addressable",
    fix="Teams admin center > Teams > Manage teams > the team > Members > add owners; and set an ownerless group policy in Microsoft 365 admin center > Settings > Org settings > Microsoft 365 Groups",
    parameters={
        "min_owners": Parameter(why="one owner may be on holiday or leave", unit="owners", low=1, high=5, looser="lower"),
        "max_owners": Parameter(why="where everybody is responsible, nobody is", unit="owners", low=2, high=15, looser="higher"),
        "allowed_without": Parameter(why="a few groups may be tolerated", unit="groups", low=0, high=100, looser="higher"),
    },
    crosswalk={"nist_800_53": ["AC-2"]},
    seeds=("B12", "T15"),
    examples=(
        passes(groups=[{"id": TEAM}], group_owners=owned(P[0], P[1]), users=STAFF),
        passes("a synchronised group is owned elsewhere", groups=[{"id": TEAM, "onPremisesSyncEnabled": True}], group_owners=[], users=STAFF),
        passes("the operator tolerates one", parameters={"allowed_without": 1}, groups=[{"id": TEAM}], group_owners=owned(), users=STAFF),
        fails("no owner", groups=[{"id": TEAM}], group_owners=owned(), users=STAFF),
        fails("one owner", groups=[{"id": TEAM}], group_owners=owned(P[0]), users=STAFF),
        fails("a disabled owner grants nothing", groups=[{"id": TEAM}], group_owners=owned(P[0], P[12]), users=STAFF),
        fails("a guest is no owner, and none may be", groups=[{"id": TEAM}], group_owners=owned(P[0], P[1], GUEST["id"]), users=STAFF),
        fails(
            "an application is nobody who could be asked",
            groups=[{"id": TEAM}],
            group_owners=[{"id": TEAM, "owners": [{"id": P[0]}, {"@odata.type": APPLICATION, "id": "5a5a5a5a-0000-4000-8000-000000000001"}]}],
            users=STAFF,
        ),
        fails("nine owners", groups=[{"id": TEAM}], group_owners=owned(*P[:9]), users=STAFF),
        does_not_apply("security groups only", groups=[{"groupTypes": []}], users=STAFF),
        stays_unknown("the owners could not be read", groups=[{"id": TEAM}], group_owners=[{"id": TEAM, "owners": ABSENT}], users=STAFF),
        stays_unknown("the group has no row", groups=[{"id": TEAM}], group_owners=[], users=STAFF),
        stays_unknown(
            "whether an owner is a guest is not stated",
            groups=[{"id": TEAM}],
            group_owners=owned(P[0], P[1]),
            users=[{"id": P[0]}, {"id": P[1], "userType": ABSENT}],
        ),
        stays_unknown("an owner who is not among the users", groups=[{"id": TEAM}], group_owners=owned(P[0], P[20]), users=STAFF),
        stays_unknown(groups=Unreadable("not_permitted"), users=STAFF),
    ),
)
def every_team_has_accountable_owners(
    groups: tuple[Group, ...],
    group_owners: tuple[GroupOwners, ...],
    users: Users,
    *,
    min_owners: int = 2,
    max_owners: int = 8,
    allowed_without: int = 0,
) -> Verdict:
    """Owners grant access to the ePHI in a team; without one nobody reviews membership.

    Every Microsoft 365 group has between `min_owners` and `max_owners` owners who are enabled members, and no owner is a guest; at most `allowed_without` groups may
    differ. Groups that are synchronised from on premises are left out.
    """
    count = _counter(group_owners, users)
    kinds = sort(groups, lambda group: "Unified" in group.group_types)
    if not kinds.good and not kinds.unclear:
        return not_applicable("there is no Microsoft 365 group", looked_at=len(groups))

    def is_owned(group: Group) -> Maybe:
        if "Unified" not in group.group_types or group.on_premises_sync_enabled:
            return True
        owners = count(group.id)
        return owners is not None and min_owners <= owners <= max_owners

    piles = sort((*kinds.good, *kinds.unclear), is_owned)
    ids = [group.id for group in piles.bad]
    observed = {"looked_at": piles.looked_at, "unclear": len(piles.unclear), **_counts([count(group) for group in ids], min_owners, max_owners)}
    if len(piles.bad) > allowed_without:
        return failed(f"{len(piles.bad)} of {piles.looked_at} groups lack accountable owners", ids, **observed)
    if piles.unclear:
        raise piles.doubts[0]
    return passed(f"{len(piles.good)} of {piles.looked_at} groups have accountable owners", ids, **observed)


def _counts(owners: list[int | None], least: int, most: int) -> dict[str, int]:
    return {
        "without_owner": owners.count(0),
        "with_too_few": sum(number is not None and 0 < number < least for number in owners),
        "with_too_many": sum(number is not None and number > most for number in owners),
        "owned_by_guests": owners.count(None),
    }


def _counter(group_owners: tuple[GroupOwners, ...], users: Users) -> Callable[[str], int | None]:
    """Group id -> number of owners who are enabled members; None when a guest is among the owners."""
    accounts, rows = accounts_by_id(users), {row.id.lower(): row for row in group_owners}

    def count(group: str) -> int | None:
        if group.lower() not in rows:
            raise Unrecognised("the owners of some groups were not read")
        owners = rows[group.lower()].owners
        inside = [accounts[owner.id.lower()] for owner in owners if owner.id.lower() in accounts]
        if any(owner.user_type == "Guest" for owner in inside):
            return None
        if len(owners) >= MOST_EXPANDED:
            raise Unrecognised("a group has so many owners that the service does not list them all")
        if len(inside) < sum(owner.odata_type != APPLICATION for owner in owners):  # an application is nobody who could be asked
            raise Unrecognised("the owner of a group is not among the users that were read")
        return sum(owner.account_enabled for owner in inside)

    return count
