"""Who owns each Microsoft 365 group, by id.

Source: https://learn.microsoft.com/graph/api/group-list , owners expanded: one request for a hundred groups instead of one for each. The service expands at
most twenty owners, which is more than any rule allows, and who the owners are is told by the fact users.
"""

from scanners.declare import graph_fact
from scanners.permissions import DIRECTORY_READ_ALL, GROUP_MEMBER_READ_ALL
from scanners.reading import Row, absent_is_null

APPLICATION = "#microsoft.graph.servicePrincipal"
MOST_EXPANDED = 20  # https://learn.microsoft.com/graph/query-parameters#expand


class Owner(Row):
    """One owner; a user, or now and then an application."""

    odata_type: str | None = absent_is_null("@odata.type")
    id: str


class GroupOwners(Row):
    """The owners of one group, the first twenty at least."""

    id: str
    owners: tuple[Owner, ...]


fact = graph_fact(
    tuple[GroupOwners, ...],
    lambda graph: graph.groups,
    query={"$select": "id", "$filter": "groupTypes/any(c:c eq 'Unified')", "$expand": "owners($select=id)", "$top": "100"},
    permissions=(DIRECTORY_READ_ALL, GROUP_MEMBER_READ_ALL),
    sample=[
        {
            "id": "cccccccc-0000-4000-8000-000000000010",
            "owners": [
                {"@odata.type": "#microsoft.graph.user", "id": "aaaaaaaa-0000-4000-8000-000000000001"},
                {"@odata.type": "#microsoft.graph.user", "id": "aaaaaaaa-0000-4000-8000-000000000002"},
            ],
        }
    ],
)
