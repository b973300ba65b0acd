"""Finding the object that a path names, and saying that it is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from local.tenant.answers import Refusal
from local.tenant.rows import Row, find
from local.tenant.world import World

Ids = Mapping[str, str]


def absent(object_id: str) -> Refusal:
    """404 of the directory."""
    text = f"Resource '{object_id}' does not exist or one of its queried reference-property objects are not present."
    return Refusal(404, "Request_ResourceNotFound", text)


def typed(rows: Sequence[Row], kind: str) -> list[Row]:
    """Rows of a mixed collection, each saying what it is."""
    return [{"@odata.type": f"#microsoft.graph.{'group' if row.get('_group') else kind}", **row} for row in rows]


def user(world: World, ids: Ids) -> Row:
    """The user a path names; raises the directory's 404."""
    row = world.people.by_id(ids["id"])
    if row is None:
        raise absent(ids["id"])
    return row


def group(world: World, ids: Ids) -> str:
    """The id of the group a path names; raises the directory's 404."""
    if world.groups.entry(ids["id"]) is None:
        raise absent(ids["id"])
    return ids["id"].lower()


def principal(world: World, ids: Ids, rows: str = "principals") -> Row:
    """The service principal (or application) a path names by id or appId; raises the directory's 404."""
    key = "appId" if ids["id"].startswith("appId=") else "id"
    row = find(getattr(world.apps, rows), key, ids["id"].removeprefix("appId="))
    if row is None:
        raise absent(ids["id"])
    return row
