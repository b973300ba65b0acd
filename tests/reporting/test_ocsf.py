"""OCSF 1.8, class 2003: required attributes, closed enumerations, one finding per condition."""

import json
from typing import Any

from reporting.changes import changes
from reporting.formats import ocsf
from scanners.model import Outcome
from tests.reporting import sample
from tests.reporting.sample import result

REQUIRED = {"activity_id", "category_uid", "class_uid", "type_uid", "severity_id", "time", "metadata", "finding_info", "compliance"}
COMPLIANCE = {"control", "standards", "requirements", "status_id", "status", "status_details"}  # all in 1.5.0 too
INFO = {"uid", "title", "analytic", "first_seen_time", "last_seen_time", "types"}


def lines(report: Any) -> dict[str, Any]:
    events = [json.loads(line) for line in ocsf.findings(report).splitlines()]
    return {event["compliance"]["control"]: event for event in events}


def test_every_event_has_what_the_class_requires() -> None:
    for event in lines(sample.report()).values():
        assert event.keys() >= REQUIRED
        assert (event["class_uid"], event["category_uid"], event["type_uid"]) == (2003, 2, 200300 + event["activity_id"])
        assert event["activity_id"] in {1, 2, 3}
        assert event["severity_id"] in {1, 2, 3, 4, 5}
        assert event["status_id"] in {1, 2, 3, 4}
        assert event["compliance"]["status_id"] in {1, 2, 3, 99}
        assert event["compliance"].keys() <= COMPLIANCE
        assert event["finding_info"].keys() <= INFO
        assert event["metadata"].keys() >= {"version", "product"}
        assert event["metadata"]["version"] == "1.8.0"
        assert event["time"] == 1795489800000  # 2026-11-24T03:10:00Z


def test_outcomes_are_told_apart() -> None:
    said = {name: (event["compliance"]["status_id"], event["severity_id"]) for name, event in lines(sample.report()).items()}
    assert said == {
        "legacy_authentication_is_blocked": (3, 5),
        "guests_are_reviewed": (99, 1),
        "audit_log_is_on": (1, 1),
        "staff_are_trained": (2, 3),
        "devices_are_encrypted": (2, 1),
        "sharing_is_limited": (1, 1),
        "labels_are_published": (99, 1),
    }


def test_every_outcome_has_a_status() -> None:
    assert set(ocsf.COMPLIANCE) == set(Outcome)


def test_a_fixed_finding_is_closed_and_keeps_its_uid() -> None:
    before, after = [result("audit_log_is_on", "fail")], [result("audit_log_is_on")]
    first = lines(sample.report(before, nights=1))["audit_log_is_on"]
    fixed = lines(sample.report(after, changes=changes("earlier", before, after)))["audit_log_is_on"]
    assert (first["activity_id"], first["status"], fixed["activity_id"], fixed["status"]) == (1, "New", 3, "Resolved")
    assert first["finding_info"]["uid"] == fixed["finding_info"]["uid"] == f"{sample.TENANT.id}/audit_log_is_on"
