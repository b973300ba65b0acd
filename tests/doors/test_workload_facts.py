"""The facts of the administration doors, of DNS and of the asynchronous searches, read through the real doors from a simulated clinic."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from local.tenant import SimulatedTenant
from scanners.errors import Undecided
from scanners.model import Door
from tests.controls.looking_at import KNOWN, Memory, needed, read

FACTS = tuple(f.id for f in KNOWN.facts.values() if f.door in (Door.EXCHANGE, Door.PURVIEW, Door.TEAMS, Door.DNS))
MORE = ("directory_audit_heartbeat", "sign_in_log_heartbeat")
TENANT: dict[str, Any] = {
    "extends": "clinic",
    "skus": {"SPE_E5": 40},
    "exchange": {"MailboxAuditBypassAssociation": {"people": []}, "TransportConfig": {"one": {"JournalingReportNdrTo": "journal@elsewhere.example"}}},
    "purview": {
        "DlpCompliancePolicy": {
            "rows": {"Health": {"ExchangeLocation": ["All"], "SharePointLocation": [{"Name": "https://x.example/sites/ward", "DisplayName": "Ward"}]}}
        },
        "UnifiedAuditLogRetentionPolicy": {"rows": {"Long": {"UserIds": ["nurse@elsewhere.example"], "RetentionDuration": "TenYears"}}},
        "ProtectionAlert": {"rows": {"Own": {"NotifyUser": ["TenantAdmins", "guard@elsewhere.example"], "IsSystemRule": False}}},
    },
    "teams": {"TeamsClientConfiguration": {"rows": {"Global": {"RestrictedSenderList": "fax@elsewhere.example; lab.example"}}}},
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], Memory]]:
    evidence = Memory()
    with SimulatedTenant(TENANT, tmp_path_factory.mktemp("tenant"), pace=0.02) as tenant:
        yield asyncio.run(read(tenant, needed((), *FACTS, *MORE), evidence)), evidence


@pytest.mark.parametrize("fact", [*FACTS, *MORE])
def test_a_fact_reads_the_real_shape(seen: tuple[dict[str, Any], Memory], fact: str) -> None:
    reading = seen[0][fact]
    assert not isinstance(reading, Undecided), (reading, getattr(reading, "because", ""))
    for row in reading if isinstance(reading, tuple) else (reading,):
        assert not row.faults, row.faults


def test_places_people_and_addresses_are_counted_not_named(seen: tuple[dict[str, Any], Memory]) -> None:
    readings, evidence = seen
    (policy,) = readings["dlp_policies"]
    assert (policy.exchange_location, policy.share_point_location) == (("All",), ("item",))
    assert readings["audit_retention_policies"][0].user_ids == ("user",)
    own = next(alert for alert in readings["protection_alerts"] if alert.name == "Own")
    assert (own.notify_user.tenant_admins, own.notify_user.addresses, own.notify_user.domains) == (True, 1, ("elsewhere.example",))
    assert readings["transport_config"].journaling_report_ndr_to is True
    assert readings["teams_client_configuration"].restricted_sender_list == "elsewhere.example;lab.example"
    stored = b"".join(evidence.pages.values())
    for planted in (b"nurse@", b"guard@", b"journal@", b"fax@", b"sites/ward", b"Ward"):
        assert planted not in stored


def test_the_dns_of_a_domain_is_one_row(seen: tuple[dict[str, Any], Memory]) -> None:
    rows = seen[0]["dns_mail_records"]
    assert rows
    assert all(not row.domain.endswith(".onmicrosoft.com") for row in rows)
    assert {row.domain for row in rows} == {row.domain for row in seen[0]["dns_mail_hosts"]}
    assert all(row.spf for row in rows)


def test_heartbeats_are_counts(seen: tuple[dict[str, Any], Memory]) -> None:
    changes, sign_ins = seen[0]["directory_audit_heartbeat"], seen[0]["sign_in_log_heartbeat"]
    assert changes.records == sum(changes.by_category.values())
    assert changes.newest is None or changes.newest >= changes.oldest
    assert sign_ins.failures.wrong_password >= 0
