"""OCSF 1.8 compliance findings (class 2003) as newline-delimited JSON, for a SIEM. A condition of a tenant keeps its uid from run to run.

Source: https://schema.ocsf.io/1.8.0/classes/compliance_finding ; only attributes that 1.5 has too are used.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from reporting.coverage import BAD
from reporting.formats import text
from reporting.report import Report
from scanners.model import Kind, Outcome, Severity
from scanners.result import Result, rfc3339

VERSION = "1.8.0"
CLASS, CATEGORY = 2003, 2
CREATE, UPDATE, CLOSE = 1, 2, 3
ACTIVITIES = {CREATE: "Create", UPDATE: "Update", CLOSE: "Close"}
SEVERITIES = {Severity.CRITICAL: (5, "Critical"), Severity.HIGH: (4, "High"), Severity.MEDIUM: (3, "Medium"), Severity.LOW: (2, "Low")}
INFORMATIONAL = (1, "Informational")
COMPLIANCE = {
    Outcome.PASS: (1, "Pass"),
    Outcome.FAIL: (3, "Fail"),
    Outcome.ACCEPTED: (99, "accepted"),
    Outcome.NOT_APPLICABLE: (99, "not_applicable"),
    Outcome.ATTESTATION_DUE: (2, "Warning"),
    Outcome.UNKNOWN: (2, "Warning"),
    Outcome.ERROR: (2, "Warning"),
}
NEW, IN_PROGRESS, SUPPRESSED, RESOLVED = (1, "New"), (2, "In Progress"), (3, "Suppressed"), (4, "Resolved")


def findings(report: Report) -> bytes:
    """A line per condition."""
    counting = (result for result in report.results if result.kind is not Kind.READINESS)
    return b"".join(json.dumps(finding(report, result), sort_keys=True).encode() + b"\n" for result in counting)


def finding(report: Report, result: Result) -> dict[str, Any]:
    """One event."""
    activity = _activity(report, result)
    amiss = result.outcome in BAD
    severity_id, severity = SEVERITIES[result.severity] if amiss else INFORMATIONAL
    status_id, status = _status(report, result)
    return {
        "activity_id": activity,
        "activity_name": ACTIVITIES[activity],
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Compliance Finding",
        "type_uid": CLASS * 100 + activity,
        "type_name": f"Compliance Finding: {ACTIVITIES[activity]}",
        "time": _milliseconds(report.at),
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "message": text.plain(result.because),
        "metadata": _metadata(report, result),
        "finding_info": _info(report, result),
        "compliance": _compliance(result),
        "resources": _resources(report, result),
        **({"remediation": {"desc": text.plain(result.remedy)}} if result.remedy else {}),
        "unmapped": {"truncated_resources": result.truncated, "outcome": result.outcome.value, "reason": result.reason},
    }


def _resources(report: Report, result: Result) -> list[dict[str, str]]:
    tenant = {"uid": report.summary["tenant"]["id"], "type": "Microsoft 365 tenant"}
    return [tenant, *({"uid": text.plain(each, 200), "type": "object"} for each in result.affected)]


def _metadata(report: Report, result: Result) -> dict[str, Any]:
    scanner = report.summary["scanner"]
    return {
        "version": VERSION,
        "product": {"name": scanner["name"], "vendor_name": scanner["name"], "version": scanner["version"]},
        "tenant_uid": report.summary["tenant"]["id"],
        "log_name": "hipaa-evaluation",
        "uid": f"{result.run}/{result.control}",
        "original_time": rfc3339(result.judged_at),
    }


def _info(report: Report, result: Result) -> dict[str, Any]:
    life = report.lives[result.control]
    seen = {"first_seen_time": _milliseconds(life.first_seen)} if life.first_seen else {}
    return {
        "uid": f"{report.summary['tenant']['id']}/{result.control}",
        "title": text.plain(result.title),
        "analytic": {"type_id": 1, "type": "Rule", "uid": result.control, "version": result.rule_sha256[:16]},
        "last_seen_time": _milliseconds(result.judged_at),
        "types": [result.topic],
        **seen,
    }


def _compliance(result: Result) -> Mapping[str, Any]:
    status_id, status = COMPLIANCE[result.outcome]
    details = [text.plain(result.because)] + ([f"reason: {result.reason}"] if result.reason else [])
    return {
        "control": result.control,
        "standards": ["HIPAA 45 CFR Part 164"],
        "requirements": list(result.citations),
        "status_id": status_id,
        "status": status,
        "status_details": details,
    }


def _activity(report: Report, result: Result) -> int:
    """Created where this tenant's condition was not evaluated before, closed where the run found it fixed."""
    if report.changes.since_run is None or result.control in report.changes.added:
        return CREATE
    return CLOSE if result.control in report.changes.fixed else UPDATE


def _status(report: Report, result: Result) -> tuple[int, str]:
    if result.outcome is Outcome.ACCEPTED:
        return SUPPRESSED
    if result.outcome in {Outcome.PASS, Outcome.NOT_APPLICABLE}:
        return RESOLVED
    new = report.changes.since_run is None or result.control in {*report.changes.added, *report.changes.new_fail}
    return NEW if new else IN_PROGRESS


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
