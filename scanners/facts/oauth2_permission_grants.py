"""What applications may do in the name of people: for everybody, or for the one who allowed it.

Source: https://learn.microsoft.com/graph/api/oauth2permissiongrant-list . scope is a list joined by blanks, may begin with one or be empty; one
application may have many rows. Who allowed it is not stored: equal grants of single people are counted.
"""

from collections.abc import Iterable
from typing import Any, Literal

from scanners.model import Ask, Fact, Page
from scanners.permissions import DIRECTORY_READ_ALL
from scanners.reading import Json, Row, read_rows


class PermissionGrant(Row):
    """Equal grants to one application on one resource; `grants` is how many people gave it (1 where it is for everybody)."""

    client_id: str  # the service principal's object id
    consent_type: Literal["AllPrincipals", "Principal"]
    resource_id: str
    scope: str
    grants: int


class _Stored(Row):
    client_id: str
    consent_type: str
    resource_id: str
    scope: str


def read(pages: Iterable[Page]) -> tuple[PermissionGrant, ...]:
    """Equal grants put together, so that a hundred thousand people who allowed one application are one row."""
    return _grouped(row for page in pages for row in page.body["value"])


def _grouped(rows: Iterable[Json]) -> tuple[PermissionGrant, ...]:
    counted: dict[str, list[Any]] = {}
    for row in rows:
        told_apart = repr(tuple(row.get(name) for name in ("clientId", "consentType", "resourceId", "scope")))
        counted.setdefault(told_apart, [row, 0])[1] += 1
    return read_rows(PermissionGrant, ({**row, "grants": count} for row, count in counted.values()))


def shape(example: Json) -> Json:
    """Examples give rows as Graph does."""
    return _grouped(example)


fact = Fact(
    reading=tuple[PermissionGrant, ...],
    asks=(Ask(build=lambda graph: graph.oauth2_permission_grants, query={"$top": "999"}),),
    permissions=(DIRECTORY_READ_ALL,),
    stored=tuple[_Stored, ...],
    keep="listed",
    read=read,
    shape=shape,
    sample=[
        {
            "clientId": "5a5a5a5a-0000-4000-8000-000000000001",
            "consentType": "AllPrincipals",
            "resourceId": "00000000-0000-4000-8000-0000000000aa",
            "scope": " Mail.Read Files.Read.All",
        }
    ],
)
