"""The rows behind a cmdlet: from the defaults and the tenant's file, or made from its people and domains."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from local.tenant.ids import guid
from local.tenant.rows import Lazy, Row
from local.tenant.world import World

CONDITIONS = (
    "FromScope", "SentToScope", "SenderDomainIs", "FromAddressContainsWords", "FromAddressMatchesPatterns", "SenderIpRanges", "From",
    "MessageContainsDataClassifications", "SubjectContainsWords", "SubjectOrBodyContainsWords", "SubjectOrBodyMatchesPatterns",
    "AttachmentContainsWords",
    "AttachmentMatchesPatterns", "HasClassification", "HeaderContainsMessageHeader", "RecipientDomainIs",
)  # fmt: skip
EXCHANGE_PLANS = {"EXCHANGE_S_STANDARD", "EXCHANGE_S_ENTERPRISE", "EXCHANGE_S_DESKLESS"}


class CmdletRows:
    """Rows by cmdlet (without "Get-") of one workload, `exchange` or `purview`."""

    def __init__(self, world: World, workload: str) -> None:
        self.world, self.workload, self.specs = world, workload, world.workload(workload)

    def exists(self, name: str) -> bool:
        """Whether the tenant has the cmdlet: it is known, and its plan is there."""
        spec = self.specs.get(name)
        plans = set(spec.get("plan", ())) if spec else set()
        return spec is not None and (not plans or bool(plans & self.world.plans))

    def rows(self, name: str) -> Sequence[Row]:
        """Rows of a cmdlet, without the noise that `dressed` adds."""
        spec = self.specs[name]
        if "by" in spec:
            made: Sequence[Row] = getattr(self, f"_{spec['by']}")(spec)
            return made
        if "one" in spec:
            return [dict(spec["one"])]
        return [self._named(name, key, row, spec) for key, row in spec["rows"].items() if row is not None]

    def _named(self, cmdlet: str, key: str, row: Mapping[str, Any], spec: Mapping[str, Any]) -> Row:
        own = {spec.get("key", "Name"): key, "Identity": key, "Guid": guid(self.world.tenant["id"], "guid", f"{cmdlet}/{key}")}
        full: Row = {**own, **spec.get("base", {}), **row}
        if "only_with" in spec and not set(spec["only_with"]["plan"]) & self.world.plans:
            full = {name: value for name, value in full.items() if name not in spec["only_with"]["keys"]}
        if cmdlet == "TransportRule" and not full["Conditions"]:
            full["Conditions"] = [f"Microsoft.Exchange.MessagingPolicies.Rules.Tasks.{name}Predicate" for name in CONDITIONS if full[name]]
        return full

    def _domains(self, spec: Mapping[str, Any]) -> list[Row]:
        return [
            {
                "Name": row["id"], "DomainName": row["id"], "DomainType": "Authoritative", "Default": row["isDefault"],
                "InitialDomain": row["isInitial"],
                "SendingFromDomainDisabled": False, "MatchSubDomains": False, **spec.get("domains", {}).get(row["id"], {}),
            }
            for row in self.world.domains()
        ]  # fmt: skip

    def _dkim(self, spec: Mapping[str, Any]) -> list[Row]:
        rows = []
        for domain in (row["id"] for row in self.world.domains()):
            own = spec.get("domains", {}).get(domain)
            if own is None and domain != self.world.tenant["initial"]:
                continue
            dashed, initial = domain.replace(".", "-"), self.world.tenant["initial"]
            rows.append({
                "Name": domain, "Domain": domain, "Enabled": True, "Status": "Valid", "Selector1KeySize": 2048, "Selector2KeySize": 2048,
                "Selector1CNAME": f"selector1-{dashed}._domainkey.{initial}", "Selector2CNAME": f"selector2-{dashed}._domainkey.{initial}",
                "Selector1PublicKey": "v=DKIM1; k=rsa; p=MIGf", "KeyCreationTime": self.world.references.one("ms", "ago/600d"),
                "RotateOnDate": self.world.references.one("ms", "ago/590d"), **(own or {}),
            })  # fmt: skip
        return rows

    @functools.cached_property
    def mail_numbers(self) -> list[int]:
        """Row numbers of people with a mailbox: a licence with Exchange, or a shared or room account."""
        people, licences = self.world.people, self.world.licences
        skus = {part for part in licences.spec if EXCHANGE_PLANS & set(licences.products_plans(part))}
        return [
            at for at in range(len(people)) if not people.is_guest(at) and (people.kind(at) in {"shared", "room"} or _has(people.draft(at), skus))
        ]

    def _mailboxes(self, spec: Mapping[str, Any]) -> Lazy:
        patches = self._patches(spec)
        return Lazy(self.mail_numbers, lambda at: self._mailbox(at, spec, patches.get(at, {})))

    def _patches(self, spec: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
        people = self.world.people
        return {row: patch for handle, patch in spec.get("people", {}).items() if (row := people.row_of(people.user_id(handle))) is not None}

    def _mailbox(self, at: int, spec: Mapping[str, Any], patch: Mapping[str, Any]) -> Row:
        user = self.world.people[at]
        kind = {"shared": "SharedMailbox", "room": "RoomMailbox"}.get(user["_kind"], "UserMailbox")
        return {
            "Name": user["mailNickname"], "DisplayName": user["displayName"], "Alias": user["mailNickname"], "PrimarySmtpAddress": user["mail"],
            "UserPrincipalName": user["userPrincipalName"], "EmailAddresses": [f"SMTP:{user['mail']}"], "ExternalDirectoryObjectId": user["id"],
            "ExchangeGuid": guid("mailbox", user["id"]), "Guid": guid("recipient", user["id"]), "RecipientTypeDetails": kind,
            "IsMailboxEnabled": True,
            **spec["base"], **patch,
        }  # fmt: skip

    def _cas_mailboxes(self, spec: Mapping[str, Any]) -> Lazy:
        patches = self._patches(spec)
        return Lazy(self.mail_numbers, lambda at: self._cas(at, spec, patches.get(at, {})))

    def _cas(self, at: int, spec: Mapping[str, Any], patch: Mapping[str, Any]) -> Row:
        user = self.world.people[at]
        own = {"Name": user["mailNickname"], "DisplayName": user["displayName"], "PrimarySmtpAddress": user["mail"]}
        return {**own, "ExternalDirectoryObjectId": user["id"], "Guid": guid("recipient", user["id"]), **spec["base"], **patch}

    def _bypass(self, spec: Mapping[str, Any]) -> Lazy:
        people = self.world.people
        bypassed = {people.user_id(handle) for handle in spec.get("people", [])}
        return Lazy(self.mail_numbers, lambda at: self._bypass_row(at, bypassed))

    def _bypass_row(self, at: int, bypassed: set[str]) -> Row:
        user = self.world.people[at]
        return {
            "Name": user["displayName"],
            "Identity": user["mailNickname"],
            "ObjectId": user["id"],
            "Guid": guid("recipient", user["id"]),
            "AuditBypassEnabled": user["id"] in bypassed,
        }

    def _recipients(self, spec: Mapping[str, Any]) -> list[Row]:
        mail = [{**row, "RecipientType": "UserMailbox", "ExternalEmailAddress": None} for row in self.rows("Mailbox")]
        contacts = [
            {"Name": name, "Identity": name, "RecipientType": "MailContact", "RecipientTypeDetails": "MailContact", **row}
            for name, row in spec.get("contacts", {}).items()
        ]
        return [*mail, *contacts]


def _has(draft: Mapping[str, Any], skus: set[str]) -> bool:
    wanted = draft.get("_sku") or ()
    return bool(wanted) and bool({wanted} & skus if isinstance(wanted, str) else set(wanted) & skus)
