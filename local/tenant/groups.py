"""Groups and teams: named ones from the file, and made ones (`$made`) with chosen defects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from local.tenant.ids import Chance, guid
from local.tenant.people import People, stamp
from local.tenant.rows import Row

TYPES: dict[str, dict[str, Any]] = {
    "security": {"groupTypes": [], "securityEnabled": True, "mailEnabled": False, "visibility": None, "resourceProvisioningOptions": []},
    "role": {
        "groupTypes": [],
        "securityEnabled": True,
        "mailEnabled": False,
        "visibility": "Private",
        "resourceProvisioningOptions": [],
        "isAssignableToRole": True,
    },
    "m365": {"groupTypes": ["Unified"], "securityEnabled": False, "mailEnabled": True, "visibility": "Private", "resourceProvisioningOptions": []},
    "team": {
        "groupTypes": ["Unified"],
        "securityEnabled": False,
        "mailEnabled": True,
        "visibility": "Private",
        "resourceProvisioningOptions": ["Team"],
    },
}
KNOWN = {
    "type", "owners", "members", "nested", "dynamic", "created", "settings", "channels", "apps", "archived", "specialization", "labels",
    "classification", "foreign_members", "displayName", "visibility", "onPremisesSyncEnabled", "mail", "isManagementRestricted", "expires",
}  # fmt: skip
TEAM = {
    "isArchived": False, "specialization": "none", "classification": None,
    "guestSettings": {"allowCreateUpdateChannels": False, "allowDeleteChannels": False},
    "memberSettings": {
        "allowAddRemoveApps": True, "allowCreatePrivateChannels": True, "allowCreateUpdateChannels": True, "allowCreateUpdateRemoveConnectors": True,
        "allowCreateUpdateRemoveTabs": True, "allowDeleteChannels": True,
    },
    "messagingSettings": {
        "allowChannelMentions": True, "allowOwnerDeleteMessages": True, "allowTeamMentions": True, "allowUserDeleteMessages": True,
        "allowUserEditMessages": True,
    },
    "funSettings": {"allowCustomMemes": True, "allowGiphy": True, "allowStickersAndMemes": True, "giphyContentRating": "moderate"},
}  # fmt: skip


class Groups:
    """Rows of /groups, /teams and what hangs under them. Member lists are row numbers of people, worked out when asked."""

    def __init__(self, spec: Mapping[str, Any], tenant: Mapping[str, Any], people: People, now: dt.datetime) -> None:
        self.tenant, self.people, self.now = tenant, people, now
        self.chance = Chance(int(people.spec["seed"]) + 77)
        self.specs: dict[str, dict[str, Any]] = {handle: dict(entry) for handle, entry in spec.items() if handle != "$made" and entry is not None}
        self.specs |= self._made(spec.get("$made") or {})
        for handle, entry in self.specs.items():
            unknown = set(entry) - KNOWN
            if unknown:
                raise ValueError(f"group {handle!r} has unknown words: {', '.join(sorted(unknown))}")
        self.handles = {self.id_of(handle): handle for handle in self.specs}
        self.rows = [self._row(handle, entry) for handle, entry in self.specs.items()]

    def id_of(self, handle: str) -> str:
        """The object id of a group."""
        return guid(self.tenant["id"], "group", handle)

    def _made(self, spec: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Made teams: `teams` of them, the first `public` public, then `ownerless`, `single_owner`, `with_guests`."""
        made: dict[str, dict[str, Any]] = {}
        total = len(self.people)
        flaws = [name for name in ("public", "ownerless", "single_owner", "with_guests") for _ in range(int(spec.get(name, 0)))]
        for at in range(int(spec.get("teams", 0))):
            flaw = flaws[at] if at < len(flaws) else None
            size = 4 + self.chance.below(at, "size", max(1, min(25, total)))
            entry: dict[str, Any] = {
                "type": "team",
                "displayName": f"Ward {at + 1}",
                "members": {"from": self.chance.below(at, "from", max(1, total)), "take": size},
            }
            first = self.chance.below(at, "owner", max(1, total - self.people.guests))
            owners = {"ownerless": [], "single_owner": [f"#{first}"]}
            entry["owners"] = owners.get(flaw or "", [f"#{first}", f"#{(first + 1) % max(1, total - self.people.guests)}"])
            if flaw == "public":
                entry["visibility"] = "Public"
            if flaw == "with_guests" and self.people.guests:
                entry["members"] = {"from": total - self.people.guests, "take": min(3, self.people.guests)}
            made[f"made-{at + 1}"] = entry
        return made

    def _row(self, handle: str, entry: Mapping[str, Any]) -> Row:
        base = TYPES[entry.get("type", "security")]
        created = entry.get("created") or stamp(self.now - dt.timedelta(days=200 + self.chance.below(len(handle), "created", 500)))
        types = [*base["groupTypes"], *(["DynamicMembership"] if entry.get("dynamic") else [])]
        mail = f"{handle}@{self.tenant['domain']}" if base["mailEnabled"] else None
        return {
            "isAssignableToRole": None, "onPremisesSyncEnabled": None, "isManagementRestricted": False, **base, "id": self.id_of(handle),
            "displayName": entry.get("displayName", handle), "description": f"Group {entry.get('displayName', handle)}", "mail": mail,
            "mailNickname": handle,
            "groupTypes": types, "membershipRule": entry.get("dynamic"), "membershipRuleProcessingState": "On" if entry.get("dynamic") else None,
            "createdDateTime": created, "renewedDateTime": created, "expirationDateTime": entry.get("expires"), "isArchived": None,
            "assignedLabels": [{"labelId": guid(self.tenant["id"], "label", label), "displayName": label} for label in entry.get("labels", [])],
            "classification": entry.get("classification"), "proxyAddresses": [f"SMTP:{mail}"] if mail else [],
            **{key: entry[key] for key in ("visibility", "onPremisesSyncEnabled", "mail", "isManagementRestricted") if key in entry},
        }  # fmt: skip

    def entry(self, group_id: str) -> dict[str, Any] | None:
        """The file's words about a group, by object id."""
        handle = self.handles.get(group_id.lower())
        return None if handle is None else self.specs[handle]

    def owners(self, group_id: str) -> list[Row]:
        """Owner rows of a group."""
        return [
            row for handle in (self.entry(group_id) or {}).get("owners", []) if (row := self.people.by_id(self.people.user_id(handle))) is not None
        ]

    def numbers(self, entry: Mapping[str, Any]) -> Iterable[int]:
        """Row numbers of a group's direct members who are people."""
        members = entry.get("members", [])
        if members == "everyone":
            return (row for row in range(len(self.people)) if not self.people.is_guest(row))
        if members == "guests":
            return (row for row in range(len(self.people)) if self.people.is_guest(row))
        if isinstance(members, Mapping):
            total = len(self.people)
            return sorted({(int(members["from"]) + at * 7) % total for at in range(int(members["take"]))})
        return [row for handle in members if (row := self.people.row_of(self.people.user_id(handle))) is not None]

    def members(self, group_id: str) -> list[Row]:
        """Direct members: people and nested groups."""
        entry = self.entry(group_id) or {}
        people = [self.people[row] for row in self.numbers(entry)]
        nested = {self.id_of(handle) for handle in entry.get("nested", [])}
        return [*people, *({**row, "_group": True} for row in self.rows if row["id"] in nested)]

    def transitive(self, group_id: str, seen: frozenset[str] = frozenset()) -> Iterator[int]:
        """Row numbers of everybody in the group or in a group inside it, each once."""
        entry = self.entry(group_id)
        if entry is None or group_id in seen:
            return
        done = set()
        for row in self.numbers(entry):
            done.add(row)
            yield row
        for handle in entry.get("nested", []):
            for row in self.transitive(self.id_of(handle), seen | {group_id}):
                if row not in done:
                    done.add(row)
                    yield row

    def teams(self) -> list[Row]:
        """Rows of /teams."""
        return [self._team(handle, entry) for handle, entry in self.specs.items() if entry.get("type") == "team"]

    def _team(self, handle: str, entry: Mapping[str, Any]) -> Row:
        rows = list(self.numbers(entry))
        guests = sum(1 for row in rows if self.people.is_guest(row))
        settings = entry.get("settings", {})
        visibility = entry.get("visibility", "Private")
        team = {key: {**value, **settings.get(key, {})} if isinstance(value, dict) else value for key, value in TEAM.items()}
        return {
            **team, "id": self.id_of(handle), "displayName": entry.get("displayName", handle), "description": f"Team {handle}",
            "tenantId": self.tenant["id"],
            "visibility": visibility[0].lower() + visibility[1:], "isArchived": bool(entry.get("archived", False)),
            "specialization": entry.get("specialization", "none"),
            "internalId": f"19:{guid(self.tenant['id'], 'thread', handle).replace('-', '')}@thread.tacv2", "createdDateTime": "2024-02-01T09:00:00Z",
            "summary": {"ownersCount": len(entry.get("owners", [])), "membersCount": len(rows) - guests, "guestsCount": guests},
        }  # fmt: skip

    def channels(self, team_id: str) -> list[Row]:
        """Channels of a team; General is always there."""
        entry = self.entry(team_id) or {}
        rows = []
        for name, channel in {"General": {}, **entry.get("channels", {})}.items():
            kind = channel.get("membershipType", "standard")
            thread = guid(team_id, "channel", name).replace("-", "")
            rows.append({
                "id": f"19:{thread}@thread.tacv2", "displayName": name, "description": None, "membershipType": kind, "isArchived": False,
                "email": f"{thread[:12]}.{self.tenant['initial']}@amer.teams.ms", "createdDateTime": "2024-02-01T09:00:00Z",
                "tenantId": self.tenant["id"],
                "summary": {
                    "ownersCount": 1, "membersCount": 5, "guestsCount": int(channel.get("guests", 0)),
                    "hasMembersFromOtherTenants": bool(channel.get("with")),
                },
                "_with": channel.get("with", []),
            })  # fmt: skip
        return rows

    def shared_with(self, team_id: str, channel_id: str) -> list[Row]:
        """Teams a shared channel is shared with, the host first."""
        channel = next((row for row in self.channels(team_id) if row["id"] == channel_id), None)
        if channel is None or channel["membershipType"] != "shared":
            return []
        others = [
            {"id": guid("foreign team", tenant), "displayName": "Partner team", "tenantId": tenant, "isHostTeam": False}
            for tenant in channel["_with"]
        ]
        return [{"id": team_id, "displayName": "Host", "tenantId": self.tenant["id"], "isHostTeam": True}, *others]
