"""Devices: who has one, and in what state. Shares make the ordinary ones; `defects` and `named` make the exceptions.

`devices`: owned (share of enabled members with a company computer), phones (share with a personal phone), defects {unencrypted, noncompliant,
old_windows, stale, jailbroken, no_key, retire_stuck: n}, unmanaged (share of computers registered but not managed), named {NAME: {...}}.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from local.tenant.ids import Chance, guid
from local.tenant.people import People, stamp
from local.tenant.rows import Lazy, Row

DEFAULTS: dict[str, Any] = {"owned": 0.9, "phones": 0.0, "unmanaged": 0.0, "defects": {}, "named": {}, "entra_only": 0}
DEFECTS: dict[str, dict[str, Any]] = {
    "unencrypted": {"isEncrypted": False, "complianceState": "noncompliant"},
    "noncompliant": {"complianceState": "noncompliant"},
    "old_windows": {"osVersion": "10.0.19045.3803", "complianceState": "noncompliant"},
    "stale": {"_silent": 120},
    "jailbroken": {"jailBroken": "True", "complianceState": "noncompliant", "_phone": True},
    "no_key": {"_no_key": True},
    "retire_stuck": {"managementState": "retirePending", "_silent": 40},
}


class Devices:
    """Rows of managedDevices, devices and recovery keys, by the row number of their owner."""

    def __init__(self, spec: Mapping[str, Any], people: People, seed: int, now: dt.datetime) -> None:
        self.spec, self.people, self.now, self.chance = {**DEFAULTS, **spec}, people, now, Chance(seed + 501)
        self.computers = [row for row in self._owners() if self.chance.unit(row, "owned") < self.spec["owned"]]
        self.phones = [row for row in self._owners() if self.chance.unit(row, "phone") < self.spec["phones"]]
        self.flaws = self._assign()

    def _owners(self) -> range:
        return range(len(self.people) - self.people.guests)

    def _assign(self) -> dict[int, dict[str, Any]]:
        flaws: dict[int, dict[str, Any]] = {}
        wanted = [patch for name, patch in DEFECTS.items() for _ in range(int(self.spec["defects"].get(name, 0)))]
        places = [row for row in self.computers if self.people.kind(row) == "person"]
        phones = [row for row in self.phones if self.people.kind(row) == "person"]
        for patch in wanted:
            stock = phones if patch.get("_phone") else places
            if not stock:
                raise ValueError("more device defects than devices to carry them")
            row = stock.pop(len(stock) // 2)
            flaws[row * 2 + (1 if patch.get("_phone") else 0)] = patch
        return flaws

    def managed(self) -> Lazy:
        """Rows of /deviceManagement/managedDevices: computers first, then phones; a device's number is its owner's doubled, plus one for phones."""
        numbers = [row * 2 for row in self.computers if not self._unmanaged(row)] + [row * 2 + 1 for row in self.phones]
        return Lazy(numbers, self._device)

    def _unmanaged(self, row: int) -> bool:
        return row * 2 not in self.flaws and self.chance.unit(row, "unmanaged") < self.spec["unmanaged"]

    def registered(self) -> Lazy:
        """Rows of /devices: every computer and phone, managed or not."""
        return Lazy([row * 2 for row in self.computers] + [row * 2 + 1 for row in self.phones], self._entra)

    def keys(self) -> Lazy:
        """Rows of the recovery keys: one for each managed Windows computer that has escrowed one."""
        numbers = [
            row
            for row in self.computers
            if not self._unmanaged(row)
            and not self.flaws.get(row * 2, {}).get("_no_key")
            and self.flaws.get(row * 2, {}).get("isEncrypted") is not False
        ]
        return Lazy(numbers, self._key)

    def _key(self, row: int) -> Row:
        return {
            "id": guid("bitlocker", row),
            "createdDateTime": stamp(self.now - dt.timedelta(days=200)),
            "deviceId": self._device_id(row * 2),
            "volumeType": "1",
            "key": "111111-222222-333333-444444-555555-666666-777777-888888",
        }

    def _device_id(self, number: int) -> str:
        return self.chance.row_guid(number, "device id")

    def _device(self, number: int) -> Row:
        row, phone, flaw = number // 2, number % 2 == 1, self.flaws.get(number, {})
        user = self.people[row]
        silent = int(flaw.get("_silent", self.chance.below(row, "sync", 3)))
        kind = "iOS" if phone and row % 2 else "Android" if phone else "Windows"
        version = {"iOS": "18.1", "Android": "15.0", "Windows": "10.0.26100.2314"}[kind]
        device: Row = {
            "id": self.chance.row_guid(number, "managed"), "azureADDeviceId": self._device_id(number), "userId": user["id"],
            "userPrincipalName": user["userPrincipalName"],
            "userDisplayName": user["displayName"], "emailAddress": user["mail"], "deviceName": f"{user['surname'].upper()}-{row:03d}",
            "managedDeviceName": f"{user['mailNickname']}_{kind}_{row}", "managedDeviceOwnerType": "personal" if phone else "company",
            "operatingSystem": kind,
            "osVersion": version, "complianceState": "compliant", "isEncrypted": True, "jailBroken": "False" if phone else "Unknown",
            "lastSyncDateTime": stamp(self.now - dt.timedelta(days=silent, minutes=17)), "enrolledDateTime": stamp(self.now - dt.timedelta(days=300)),
            "managementAgent": "mdm", "managementState": "managed", "azureADRegistered": True,
            "partnerReportedThreatState": "unknown" if phone else "secured",
            "serialNumber": f"SN{self.chance.below(number, 'serial', 10**9):09d}", "phoneNumber": user["mobilePhone"] if phone else "",
            "model": "Model 7", "manufacturer": "Maker",
            "deviceEnrollmentType": "userEnrollment", "isSupervised": False, "complianceGracePeriodExpirationDateTime": "9999-12-31T23:59:59Z",
        }  # fmt: skip
        return device | {key: value for key, value in flaw.items() if not key.startswith("_")}

    def _entra(self, number: int) -> Row:
        row, phone, flaw = number // 2, number % 2 == 1, self.flaws.get(number, {})
        managed, device = phone or not self._unmanaged(row), self._device(number)
        seen = self.now - dt.timedelta(days=int(flaw.get("_silent", self.chance.below(row, "seen", 12))))
        return {
            "id": self.chance.row_guid(number, "device"), "deviceId": device["azureADDeviceId"], "displayName": device["deviceName"],
            "accountEnabled": True,
            "isManaged": True if managed else None, "isCompliant": device["complianceState"] == "compliant" if managed else None, "isRooted": None,
            "trustType": "Workplace" if phone or not managed else "AzureAd", "operatingSystem": device["operatingSystem"],
            "operatingSystemVersion": device["osVersion"],
            "approximateLastSignInDateTime": stamp(seen), "registrationDateTime": device["enrolledDateTime"], "profileType": "RegisteredDevice",
            "managementType": "MDM" if managed else None, "deviceOwnership": "Company" if managed and not phone else "Personal",
            "physicalIds": [f"[USER-GID]:{row}"],
        }  # fmt: skip

    def state_counts(self) -> dict[str, int]:
        """Devices by compliance state."""
        bad = sum(1 for number, flaw in self.flaws.items() if flaw.get("complianceState") == "noncompliant")
        return {"compliantDeviceCount": len(self.managed()) - bad, "nonCompliantDeviceCount": bad}

    def protection(self) -> dict[str, int]:
        """deviceProtectionOverview: what Windows devices report about their antivirus."""
        total = sum(1 for row in self.computers if not self._unmanaged(row))
        names = (
            "criticalFailures",
            "inactiveThreatAgent",
            "unknownStateThreatAgent",
            "pendingSignatureUpdate",
            "pendingRestart",
            "pendingManualSteps",
            "pendingOfflineScan",
            "pendingFullScan",
            "pendingQuickScan",
        )
        counts = {f"{name}DeviceCount": int(self.spec.get("antivirus", {}).get(name, 0)) for name in names}
        return {"totalReportedDeviceCount": total, "cleanDeviceCount": total - sum(counts.values()), **counts}
