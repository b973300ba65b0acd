"""OSCAL 1.2.1: catalog of the provisions, assessment results of one run, plan of action and milestones over the life of each finding.

Source: https://pages.nist.gov/OSCAL-Reference/models/v1.2.1/ . A subject keeps its UUID from run to run (version 5, in a namespace
of the tenant), so that a system that imports them updates instead of duplicating. Empty lists are left out, as the schemas refuse them.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from reporting.coverage import BAD
from reporting.formats import text
from reporting.report import Report
from scanners.hipaa import Citation, by_citation, citations
from scanners.model import Kind, Outcome
from scanners.result import Result, rfc3339

VERSION = "1.2.1"
NAMESPACE = "https://hipaa-m365-scanner.example/oscal"
FRESH = timedelta(hours=48)  # how long an observation says something; the next night renews it
OPEN = BAD | {Outcome.ACCEPTED}
EXAMINED = frozenset({Kind.ATTESTATION})
REASONS = {"met": "pass", "partly": "fail", "not_met": "fail", "not_known": "other"}


class Ids:
    """Stable identifiers of one tenant's subjects."""

    def __init__(self, tenant: str) -> None:
        self._space = uuid5(UUID(int=0), f"{NAMESPACE_URL}{NAMESPACE}/{tenant}")

    def __call__(self, *subject: str) -> str:
        """The UUID of a subject, such as ("risk", control)."""
        return str(uuid5(self._space, "/".join(subject)))


def prop(name: str, value: object) -> dict[str, str]:
    """A property in our namespace; its value is one line without blanks at its ends, as OSCAL wants it."""
    return {"name": name, "ns": NAMESPACE, "value": " ".join(text.plain(str(value), 300).split()) or "none"}


def present(**fields: Any) -> dict[str, Any]:
    """An object without empty fields; `_` in a name stands for `-`."""
    return {name.replace("_", "-"): value for name, value in fields.items() if value not in (None, [], {}, "")}


def metadata(report: Report, title: str, ids: Ids) -> dict[str, Any]:
    """Title, time, and the two parties: the organisation that is evaluated and the tool that looked."""
    owner = {"uuid": ids("party", "organisation"), "type": "organization", "name": line(report.summary["tenant"]["name"])}
    return {
        "title": title,
        "last-modified": rfc3339(report.at),
        "version": report.run.id,
        "oscal-version": VERSION,
        "roles": [{"id": "system-owner", "title": "Organisation that is evaluated"}],
        "parties": [owner],
        "responsible-parties": [{"role-id": "system-owner", "party-uuids": [owner["uuid"]]}],
        "props": [prop("is-risk-analysis", "false"), prop("tenant", report.summary["tenant"]["id"])],
    }


def line(value: str) -> str:
    """A title: one line, never empty."""
    return " ".join(text.plain(value, 300).split()) or "unnamed"


def said(value: str) -> str:
    """A description: never empty."""
    return text.plain(value) if value.strip() else "Nothing was said."


def catalog(report: Report) -> dict[str, Any]:
    """The provisions as a catalog, with the conditions of this scanner as assessment objectives."""
    ids = Ids(report.summary["tenant"]["id"])
    asked = {row["citation"]: row["controls"] for row in report.summary["by_citation"]}
    titles = {result.control: result.title for result in report.results}
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in citations():
        groups.setdefault(row.section, []).append(_catalog_control(row, {each: titles[each] for each in asked[row.citation]}))
    made = [{"id": "part-" + "-".join(name.lower().replace(",", "").split()), "title": name, "controls": rows} for name, rows in groups.items()]
    about = "Provisions of 45 CFR Part 164, paraphrased"
    return {
        "catalog": {"uuid": ids("catalog", report.summary["scanner"]["catalogue_sha256"]), "metadata": metadata(report, about, ids), "groups": made}
    }


def _catalog_control(row: Citation, asked: Mapping[str, str]) -> dict[str, Any]:
    objectives = [
        {"id": f"{row.control_id}_obj.{control}", "name": "assessment-objective", "prose": said(title)}  # one for each condition that answers it
        for control, title in sorted(asked.items())
    ]
    return {
        "id": row.control_id,
        "title": row.title,
        "props": [{"name": "label", "value": row.citation}, prop("designation", row.kind), prop("rule", row.rule)],
        "parts": [{"id": f"{row.control_id}_smt", "name": "statement", "prose": row.paraphrase}, *objectives],
    }


def assessment_results(report: Report) -> dict[str, Any]:
    """One run: an observation per condition, a finding per provision, a risk per condition that is open or accepted."""
    ids = Ids(report.summary["tenant"]["id"])
    counting = [result for result in report.results if result.kind is not Kind.READINESS]
    resources = _resources(counting, ids)
    risks = [_risk(report, result, ids) for result in counting if result.outcome in OPEN]
    reviewed = [row for row in report.summary["by_citation"] if row["controls"]]
    tool = ids("component", "scanner")
    known = by_citation()
    selection: dict[str, Any] = (
        {"include-controls": [{"control-id": known[row["citation"]].control_id} for row in reviewed]} if reviewed else {"include-all": {}}
    )
    result = present(
        uuid=ids("result", report.run.id),
        title=f"Evaluation of {report.run.id}",
        description=report.summary["statement"],
        start=rfc3339(report.run.started_at),
        end=rfc3339(report.at),
        props=[prop(f"count-{name.replace('_', '-')}", number) for name, number in report.summary["counts"].items()],
        local_definitions=_local(report, tool, ids),
        reviewed_controls={"control-selections": [selection]},
        observations=[_observation(report, each, ids, resources) for each in counting],
        risks=risks,
        findings=[_finding(row, ids, {each.control for each in counting if each.outcome in OPEN}) for row in reviewed if row["state"] in REASONS],
    )
    plan = ids("resource", "plan")
    about = {
        "uuid": plan,
        "title": "What is evaluated",
        "description": "The conditions of this scanner, described in oscal/catalog.json of the package.",
    }
    return {
        "assessment-results": {
            "uuid": ids("assessment-results", report.run.id),
            "metadata": metadata(report, "HIPAA evaluation of a Microsoft 365 tenant", ids),
            "import-ap": {"href": f"#{plan}"},
            "results": [result],
            "back-matter": {"resources": [about, *resources.values()]},
        }
    }


def _local(report: Report, tool: str, ids: Ids) -> dict[str, Any]:
    component = {
        "uuid": tool,
        "type": "software",
        "title": line(report.summary["scanner"]["name"]),
        "description": f"Version {report.summary['scanner']['version']}, catalogue {report.summary['scanner']['catalogue_sha256']}",
        "status": {"state": "operational"},
    }
    platform = {"uuid": ids("platform", "scanner"), "title": "The scanner", "uses-components": [{"component-uuid": tool}]}
    return {"components": [component], "assessment-assets": {"components": [component], "assessment-platforms": [platform]}}


def _resources(counting: Iterable[Result], ids: Ids) -> dict[str, dict[str, Any]]:
    """Evidence by member path: what results point to, with its digest."""
    found = {each.path: each.sha256 for result in counting for each in result.evidence}
    return {
        path: {
            "uuid": ids("evidence", path),
            "title": path,
            "rlinks": [{"href": f"../{path}", "media-type": "application/json", "hashes": [{"algorithm": "SHA-256", "value": digest}]}],
        }
        for path, digest in sorted(found.items())
    }


def _observation(report: Report, result: Result, ids: Ids, resources: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    examined = result.kind in EXAMINED
    actor = {"type": "party", "actor-uuid": ids("party", "organisation")} if examined else {"type": "tool", "actor-uuid": ids("component", "scanner")}
    evidence = [{"href": f"#{resources[each.path]['uuid']}", "description": f"{each.fact}, {each.interface} interface"} for each in result.evidence]
    props = [prop("control", result.control), prop("outcome", result.outcome.value), prop("severity", result.severity.value)]
    return present(
        uuid=ids("observation", result.control),
        title=line(result.title),
        description=said(result.because),
        props=props + ([prop("reason", result.reason)] if result.reason else []),
        methods=["EXAMINE" if examined else "TEST"],
        types=["control-objective"],
        origins=[{"actors": [actor]}],
        relevant_evidence=evidence,
        collected=rfc3339(result.judged_at),
        expires=rfc3339(report.at + FRESH),
    )


def _finding(row: Mapping[str, Any], ids: Ids, open_: set[str]) -> dict[str, Any]:
    known, state = by_citation()[row["citation"]], row["state"]
    unfinished = state == "partly" and not open_.intersection(row["controls"])  # nothing is amiss, and not every condition is judged
    status = {"state": "satisfied" if state == "met" else "not-satisfied", "reason": "other" if unfinished else REASONS[state]}
    return present(
        uuid=ids("finding", row["citation"]),
        title=f"{row['citation']} {row['title']}",
        description=f"{known.paraphrase}. State: {state.replace('_', ' ')}; {len(row['controls'])} conditions, {len(row['planned'])} more planned.",
        props=[prop("state", state), prop("designation", row["designation"])],
        target={"type": "statement-id", "target-id": f"{known.control_id}_smt", "status": status},
        related_observations=[{"observation-uuid": ids("observation", each)} for each in row["controls"]],
        related_risks=[{"risk-uuid": ids("risk", each)} for each in row["controls"] if each in open_],
    )


def _risk(report: Report, result: Result, ids: Ids) -> dict[str, Any]:
    accepted = result.outcome is Outcome.ACCEPTED
    until = (result.exception or {}).get("expires_at") if accepted else None
    return present(
        uuid=ids("risk", result.control),
        title=line(result.title),
        description=said(result.because),
        statement=report.catalogue.controls[result.control].why if result.control in report.catalogue.controls else said(result.title),
        props=[prop("control", result.control), prop("severity", result.severity.value)],
        status="deviation-approved" if accepted else "open",
        remediations=remediations(result, ids),
        deadline=_end_of(until),
        related_observations=[{"observation-uuid": ids("observation", result.control)}],
    )


def remediations(result: Result, ids: Ids) -> list[dict[str, str]]:
    """What to do about it, where something is said."""
    if not result.remedy.strip():
        return []
    return [{"uuid": ids("remediation", result.control), "lifecycle": "recommendation", "title": "What to do", "description": said(result.remedy)}]


def _end_of(day: object) -> str | None:
    """The end of a day as a time, where it is a day."""
    try:
        return rfc3339(datetime.fromisoformat(f"{day}T23:59:59+00:00")) if day else None
    except ValueError:
        return None
