"""Events on their way: kept until every channel took them, and remembered for good, so that none is lost and none is told anew each hour.

Partitions of the table Events: `told` holds the ids that were ever put (RowKey: id); one for each channel holds what that channel has still to
take (RowKey: time and id, so that older events go first); `watch` holds since when this deployment is watched.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from reporting.records import canonical
from reporting.storage.tables import Tables

TABLE = "Events"
TOLD, WATCH = "told", "watch"
KEPT = timedelta(days=7)  # as long as the queue itself keeps a message; what nobody could take until then is given up


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that a channel has still to take."""

    key: str
    body: Mapping[str, Any]


class Outbox:
    """The Events table of one tenant."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def told(self, event: str) -> bool:
        """Whether an event of this id was put before."""
        return self._tables.get(TABLE, TOLD, event) is not None

    def put(self, events: Iterable[Mapping[str, Any]], channels: Sequence[str]) -> int:
        """Take in the events that are new; how many. Told is what waits for its channels already, so a fault in between repeats an event."""
        fresh = [event for event in events if not self.told(str(event["id"]))]
        for channel in channels:
            self._tables.insert_all(TABLE, [_waiting(channel, event) for event in fresh])
        self._tables.insert_all(TABLE, [{"PartitionKey": TOLD, "RowKey": event["id"], "At": event["eventTime"]} for event in fresh])
        return len(fresh)

    def waiting(self, channel: str, most: int) -> list[Waiting]:
        """At most `most` events that the channel has still to take, oldest first."""
        rows = self._tables.first(TABLE, "PartitionKey eq @channel", most, channel=channel)
        return [Waiting(str(row["RowKey"]), json.loads(row["Json"])) for row in rows]

    def taken(self, channel: str, waiting: Iterable[Waiting]) -> None:
        """The channel has these."""
        for each in waiting:
            self._tables.delete(TABLE, channel, each.key)

    def since(self, now: datetime) -> datetime:
        """Since when this deployment is watched: the first time that anybody asked."""
        self._tables.insert(TABLE, {"PartitionKey": WATCH, "RowKey": "since", "At": now.isoformat()})
        row = self._tables.get(TABLE, WATCH, "since")
        return datetime.fromisoformat(str(row["At"])) if row else now


def _waiting(channel: str, event: Mapping[str, Any]) -> dict[str, Any]:
    return {"PartitionKey": channel, "RowKey": f"{event['eventTime']}_{event['id']}", "Json": canonical(dict(event)).decode()}
