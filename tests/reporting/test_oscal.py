"""OSCAL as published: valid against NIST's schemas, loadable by compliance-trestle, and stable from run to run."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from reporting.changes import Life
from reporting.formats import oscal, poam
from tests.reporting import sample
from tests.reporting.many import three_hundred

DATA = Path(__file__).parent / "data" / "oscal"


@cache
def validator(name: str) -> Draft7Validator:
    """Python's patterns know no classes such as \\p{L}, which the schemas use for letters and digits of names."""
    text = (DATA / f"oscal_{name}_schema.json").read_text()
    return Draft7Validator(json.loads(text.replace("\\\\p{L}", "[A-Za-z]").replace("\\\\p{N}", "[0-9]")))


def wrong(name: str, document: dict[str, Any]) -> list[str]:
    return [f"{list(each.absolute_path)}: {each.message[:200]}" for each in validator(name).iter_errors(document)]


REPORTS = {
    "clinic": lambda: sample.report(),
    "first run": lambda: sample.report(nights=1),
    "hundreds": lambda: sample.report(three_hundred(120), nights=5),
    "all well": lambda: sample.report([sample.result(name) for name in sample.CONTROLS]),
    "nothing": lambda: sample.report([sample.result("proposed_rule_is_watched", "fail")]),
}


@pytest.mark.parametrize("name", REPORTS)
def test_all_three_documents_are_valid(name: str) -> None:
    report = REPORTS[name]()
    assert wrong("assessment-results", oscal.assessment_results(report)) == []
    assert wrong("poam", poam.poam(report)) == []
    assert wrong("catalog", oscal.catalog(report)) == []


def test_the_schemas_refuse_what_is_wrong() -> None:
    document = oscal.assessment_results(sample.report())
    document["assessment-results"]["results"][0]["findings"][0]["target"]["status"]["state"] = "perhaps"
    document["assessment-results"]["uuid"] = "not-a-uuid"
    assert len(wrong("assessment-results", document)) >= 2


@pytest.mark.filterwarnings("ignore")
def test_trestle_loads_them(tmp_path: Path) -> None:
    from trestle.oscal.assessment_results import AssessmentResults
    from trestle.oscal.catalog import Catalog
    from trestle.oscal.poam import PlanOfActionAndMilestones

    report = sample.report()
    documents = (
        (AssessmentResults, oscal.assessment_results(report)),
        (PlanOfActionAndMilestones, poam.poam(report)),
        (Catalog, oscal.catalog(report)),
    )
    for model, document in documents:
        path = tmp_path / "document.json"
        path.write_text(json.dumps(document))
        assert model.oscal_read(path) is not None


def test_what_is_found_is_said(tmp_path: Path) -> None:
    result = oscal.assessment_results(sample.report())["assessment-results"]["results"][0]
    findings = {each["target"]["target-id"]: each["target"]["status"] for each in result["findings"]}
    assert findings["hipaa-164.312-d_smt"] == {"state": "not-satisfied", "reason": "fail"}  # legacy authentication fails
    assert findings["hipaa-164.312-b_smt"] == {"state": "not-satisfied", "reason": "other"}  # it passes, but further conditions are only planned
    assert findings["hipaa-164.312-a-2-iv_smt"] == {"state": "not-satisfied", "reason": "other"}  # could not look
    assert findings["hipaa-164.312-e-2-ii_smt"] == {
        "state": "not-satisfied",
        "reason": "other",
    }  # one finds nothing to govern, others are only planned
    risks = {each["title"]: each["status"] for each in result["risks"]}
    assert risks == {"Legacy authentication is blocked": "open", "Guests are reviewed": "deviation-approved", "Staff are trained": "open"}
    targets = {part["id"] for group in oscal.catalog(sample.report())["catalog"]["groups"] for each in group["controls"] for part in each["parts"]}
    assert set(findings) <= targets


def references(value: Any, names: set[str]) -> set[str]:
    if isinstance(value, dict):
        own = {str(each) for name, each in value.items() if name in names}
        return own.union(*(references(each, names) for each in value.values()))
    if isinstance(value, list):
        return set().union(*(references(each, names) for each in value)) if value else set()
    return set()


def test_every_reference_leads_somewhere() -> None:
    document = oscal.assessment_results(sample.report(three_hundred(60)))
    known = references(document, {"uuid"})
    assert references(document, {"observation-uuid", "risk-uuid", "component-uuid", "actor-uuid"}) <= known
    assert {each.removeprefix("#") for each in references(document, {"href"}) if each.startswith("#")} <= known
    plan = poam.poam(sample.report())
    assert references(plan, {"risk-uuid"}) <= references(plan, {"uuid"})


def test_a_subject_keeps_its_uuid_from_run_to_run_and_no_other_tenant_shares_it() -> None:
    from tests.reporting.sample import RunPlan, Tenant, at, run_id

    def risks(report: Any) -> dict[str, str]:
        return {each["title"]: each["uuid"] for each in oscal.assessment_results(report)["assessment-results"]["results"][0]["risks"]}

    plan = RunPlan(run=run_id(), tenant=Tenant(id="another", name="Mill Road Practice"), started_at=at(), controls=(), facts=())
    assert risks(sample.report()) == risks(sample.report(nights=9))
    assert not set(risks(sample.report()).values()) & set(risks(sample.report(plan=plan)).values())


def test_the_plan_of_action_tells_the_life_of_each_finding() -> None:
    from tests.reporting.sample import at

    lives = {name: Life(outcome="pass", since=at(-9)) for name in sample.CONTROLS}
    lives["audit_log_is_on"] = Life(outcome="pass", since=at(-2), first_seen=at(-12), opened_at=at(-12), fixed_at=at(-2), reopened=1)
    lives["legacy_authentication_is_blocked"] = Life(outcome="fail", since=at(-5), first_seen=at(-5), opened_at=at(-5))
    made = poam.poam(sample.report(lives=lives))["plan-of-action-and-milestones"]
    said = {each["title"]: {p["name"]: p["value"] for p in each["props"]} for each in made["poam-items"]}
    assert (said["Audit log is on"]["days-open"], said["Audit log is on"]["times-reopened"]) == ("10", "1")
    assert said["Legacy authentication is blocked"]["days-open"] == "5"
    assert [each["status"] for each in made["risks"]] == ["closed", "open"]
