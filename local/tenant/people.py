"""The people of a tenant: named exceptions first, then members and guests made by number, each row only when somebody asks for it.

Every row also carries what must never be stored (names, addresses, phone numbers, job titles); the service answers it only when selected.
Keys that begin with an underscore are the simulation's own and are never answered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

from local.tenant import names
from local.tenant.ids import Chance, guid
from local.tenant.licensing import Licences
from local.tenant.rows import Row

METHODS: dict[str, list[str]] = {
    "none": [],
    "sms": ["mobilePhone"],
    "app": ["microsoftAuthenticatorPush", "mobilePhone"],
    "app_only": ["microsoftAuthenticatorPush", "softwareOneTimePasscode"],
    "passwordless": ["microsoftAuthenticatorPush", "microsoftAuthenticatorPasswordless"],
    "hello": ["windowsHelloForBusiness", "microsoftAuthenticatorPush"],
    "key": ["fido2SecurityKey", "microsoftAuthenticatorPush"],
}
DEFAULTS: dict[str, Any] = {
    "count": 10, "guests": 0, "seed": 1, "sku": {"SPB": 1.0}, "methods": {"app": 1.0}, "disabled": 0.0, "idle": 0.0, "never": 0.0,
    "synced": False, "defects": {}, "named": {}, "guest_domain": "partner-practice.example",
}  # fmt: skip
# A defect is a patch for exactly so many of the made members (or guests): chosen ones, never by chance.
DEFECTS: dict[str, dict[str, Any]] = {
    "unregistered": {"_methods": "none"},
    "sms_only": {"_methods": "sms"},
    "idle_members": {"_idle": 200},
    "never_signed_in": {"_idle": None},
    "disabled_with_licence": {"accountEnabled": False},
    "password_never_expires": {"passwordPolicies": "DisablePasswordExpiration"},
    "weak_password_allowed": {"passwordPolicies": "DisablePasswordExpiration, DisableStrongPassword"},
    "generic_names": {"_generic": True},
    "unlicensed": {"_sku": None},
    "leavers": {"_left_days": 10},
}
GUEST_DEFECTS: dict[str, dict[str, Any]] = {
    "idle_guests": {"_idle": 200},
    "pending_guests": {"externalUserState": "PendingAcceptance", "_idle": None, "_invited": 120},
}
SHORT = {"idle", "methods", "sku", "synced", "left_days", "invited"}  # short words of a tenant file that are decisions, not properties
GENERIC = ("frontdesk", "nurse", "scanner", "lab", "shared", "info", "xray", "reception")


def stamp(moment: dt.datetime) -> str:
    """A time as the directory writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class People(Sequence[Row]):
    """All users of a tenant, newest knowledge last: named, made members, guests."""

    def __init__(self, spec: Mapping[str, Any], tenant: Mapping[str, Any], licences: Licences, now: dt.datetime) -> None:
        self.spec = {**DEFAULTS, **{key: value for key, value in spec.items() if value is not None}}
        self.tenant, self.licences, self.now = tenant, licences, now
        self.chance = Chance(int(self.spec["seed"]))
        self.named = {handle: dict(entry or {}) for handle, entry in self.spec["named"].items()}
        self.handles = list(self.named)
        self.made = max(0, int(self.spec["count"]) - sum(1 for entry in self.named.values() if entry.get("userType", "Member") == "Member"))
        self.guests = int(self.spec["guests"])
        self._ids = {self.user_id(handle): at for at, handle in enumerate(self.handles)}
        self._defects = self._assign(DEFECTS, len(self.handles), self.made) | self._assign(GUEST_DEFECTS, len(self.handles) + self.made, self.guests)

    def _assign(self, kinds: Mapping[str, dict[str, Any]], start: int, rows: int) -> dict[int, dict[str, Any]]:
        """Chooses rows for each defect, one after the other, so that no row has two and every count is exact."""
        found: dict[int, dict[str, Any]] = {}
        wanted = [patch for name, patch in kinds.items() for _ in range(int(self.spec["defects"].get(name, 0)))]
        if len(wanted) > rows:
            raise ValueError(f"{len(wanted)} defects do not fit into {rows} rows")
        stride = max(1, rows // max(1, len(wanted)))
        for at, patch in enumerate(wanted):
            found[start + at * stride] = patch
        return found

    def user_id(self, handle: str) -> str:
        """The object id of a named user; a handle `#12` is the twelfth row."""
        if handle.startswith("#"):
            return self.id_of(int(handle[1:]))
        entry = self.named.get(handle, {})
        return str(entry.get("id") or guid(self.tenant["id"], "user", handle))

    def id_of(self, row: int) -> str:
        """The object id of a row, without making the row."""
        return self.user_id(self.handles[row]) if row < len(self.handles) else self.chance.row_guid(row, "user")

    def row_of(self, object_id: str) -> int | None:
        """The row number of an object id or user principal name."""
        found = self._ids.get(object_id.lower())
        if found is None:
            found = self.chance.guid_row(object_id, "user", len(self))
        return found

    def by_id(self, object_id: str) -> Row | None:
        """The user with this id (or user principal name of a named user)."""
        row = self.row_of(object_id)
        if row is None and "@" in object_id:
            row = next((at for at in range(len(self.handles)) if self[at]["userPrincipalName"].lower() == object_id.lower()), None)
        return None if row is None else self[row]

    def __len__(self) -> int:
        return len(self.handles) + self.made + self.guests

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            return [self[row] for row in range(*at.indices(len(self)))]
        if not 0 <= at < len(self):
            raise IndexError(at)
        return self._make(at)

    def __iter__(self) -> Iterator[Row]:
        return (self._make(at) for at in range(len(self)))

    def is_guest(self, row: int) -> bool:
        """Whether a row is a guest, without making it."""
        if row < len(self.handles):
            return bool(self.named[self.handles[row]].get("userType", "Member") == "Guest")
        return row >= len(self.handles) + self.made

    def kind(self, row: int) -> str:
        """person, room, shared, service or emergency: what a named row is for."""
        return str(self.named[self.handles[row]].get("kind", "person")) if row < len(self.handles) else "person"

    def draft(self, row: int) -> dict[str, Any]:
        """The decisions about a row: what the spec, its defect and chance say, before they become properties."""
        chance, spec, guest = self.chance, self.spec, self.is_guest(row)
        draft: dict[str, Any] = {
            "accountEnabled": not (chance.unit(row, "disabled") < spec["disabled"]),
            "_idle": chance.below(row, "idle", 9),
            "_methods": chance.choose(row, "methods", spec["methods"]) if not guest else "app_only",
            "_sku": None if guest else chance.choose(row, "sku", spec["sku"]),
            "_synced": bool(spec["synced"]),
            "passwordPolicies": None,
        }
        if chance.unit(row, "long idle") < spec["idle"]:
            draft["_idle"] = 100 + chance.below(row, "idle days", 300)
        if chance.unit(row, "never") < spec["never"]:
            draft["_idle"] = None
        draft |= self._defects.get(row, {})
        if row < len(self.handles):
            named = self.named[self.handles[row]]
            draft |= {f"_{key}" if key in SHORT else key: value for key, value in named.items()}
        return draft

    def _make(self, row: int) -> Row:
        draft, guest = self.draft(row), self.is_guest(row)
        user = self._identity(row, guest, draft)
        user |= self._account(row, guest, draft)
        user |= self._licence(draft)
        user["_row"], user["_methods"], user["_kind"] = row, self.registered(draft), draft.get("kind", "person")
        user |= {key: value for key, value in draft.items() if not key.startswith("_") and key not in {"kind", "upn"}}
        return user

    def registered(self, draft: Mapping[str, Any]) -> list[str]:
        """Registered methods of a draft: a set's name, or a list of method names."""
        methods = draft.get("_methods", "none")
        return list(methods) if isinstance(methods, list) else list(METHODS[methods])

    def _identity(self, row: int, guest: bool, draft: Mapping[str, Any]) -> Row:
        combinations = len(names.GIVEN) * len(names.FAMILY)
        at = (row * 2_741 + self.chance.below(0, "names", combinations)) % combinations
        given, family = names.GIVEN[at % len(names.GIVEN)], names.FAMILY[at // len(names.GIVEN)]
        suffix = str(row // combinations) if row >= combinations else ""
        local = f"{given}.{family}{suffix}".lower()
        if row < len(self.handles):
            local = str(draft.get("upn", self.handles[row]))
        elif draft.get("_generic"):
            local = f"{GENERIC[row % len(GENERIC)]}{row}"
        mail = f"{local}@{self.spec['guest_domain'] if guest else self.tenant['domain']}"
        upn = f"{local}_{self.spec['guest_domain']}#EXT#@{self.tenant['initial']}" if guest else mail
        if draft.get("kind") == "emergency":  # on the domain that no mistake in DNS or federation can take away
            upn = f"{local}@{self.tenant['initial']}"
        return {
            "id": self.id_of(row), "userPrincipalName": upn, "displayName": f"{given} {family}", "givenName": given, "surname": family,
            "mail": mail, "mailNickname": local, "jobTitle": names.TITLES[self.chance.below(row, "title", len(names.TITLES))],
            "department": names.DEPARTMENTS[self.chance.below(row, "department", len(names.DEPARTMENTS))],
            "mobilePhone": f"+1 555 01{self.chance.below(row, 'phone', 100):02d} {self.chance.below(row, 'line', 10_000):04d}",
            "businessPhones": [f"+1 555 0100 {self.chance.below(row, 'desk', 10_000):04d}"], "employeeId": f"E{100_000 + row}",
            "streetAddress": f"{1 + self.chance.below(row, 'house', 90)} {names.STREETS[self.chance.below(row, 'street', len(names.STREETS))]}",
            "officeLocation": f"Room {100 + self.chance.below(row, 'room', 60)}", "proxyAddresses": [f"SMTP:{mail}"],
            "otherMails": [mail] if guest else [],
            "preferredLanguage": "en-US", "usageLocation": "US",
        }  # fmt: skip

    def _account(self, row: int, guest: bool, draft: Mapping[str, Any]) -> Row:
        age = 400 + self.chance.below(row, "age", 1500) if draft.get("_idle") is not None else int(draft.get("_invited", 200))
        created = self.now - dt.timedelta(days=age, hours=self.chance.below(row, "hour", 12))
        left = draft.get("_left_days")
        return {
            "accountEnabled": draft["accountEnabled"], "userType": "Guest" if guest else "Member", "createdDateTime": stamp(created),
            "creationType": "Invitation" if guest else None, "externalUserState": "Accepted" if guest else None,
            "externalUserStateChangeDateTime": stamp(created + dt.timedelta(days=2)) if guest else None,
            "onPremisesSyncEnabled": True if draft.get("_synced") and not guest else None, "passwordPolicies": draft["passwordPolicies"],
            "lastPasswordChangeDateTime": stamp(self.now - dt.timedelta(days=min(age, 20 + self.chance.below(row, "password", 340)))),
            "signInActivity": self._activity(row, draft.get("_idle")),
            "employeeLeaveDateTime": stamp(self.now - dt.timedelta(days=left)) if left is not None else None,
            "identities": [{"signInType": "userPrincipalName", "issuer": self.tenant["initial"], "issuerAssignedId": None}],
        }  # fmt: skip

    def _activity(self, row: int, idle: int | None) -> Row | None:
        if idle is None:
            return None
        last = self.now - dt.timedelta(days=idle, minutes=30 + self.chance.below(row, "minute", 600))
        quiet = last + dt.timedelta(minutes=self.chance.below(row, "quiet", 25))
        return {
            "lastSignInDateTime": stamp(last), "lastSignInRequestId": guid("request", row, 1), "lastNonInteractiveSignInDateTime": stamp(quiet),
            "lastNonInteractiveSignInRequestId": guid("request", row, 2), "lastSuccessfulSignInDateTime": stamp(quiet),
            "lastSuccessfulSignInRequestId": guid("request", row, 3),
        }  # fmt: skip

    def _licence(self, draft: Mapping[str, Any]) -> Row:
        wanted = draft.get("_sku")
        skus = () if not wanted or wanted == "none" else (wanted,) if isinstance(wanted, str) else tuple(wanted)
        return {"assignedLicenses": [self.licences.assigned(sku) for sku in skus], "assignedPlans": self.licences.plans_of(skus)}
