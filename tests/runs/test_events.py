"""The events as values: small, whole, with the same id each time, and with nothing of the tenant but ids."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from reporting.changes import changes
from reporting.records import Run, canonical
from runs import events
from scanners.model import Outcome
from tests.reporting import sample

TENANT = sample.TENANT.id
LISTED = ("new_fail", "new_unknown", "fixed", "readable_again")
NOW = datetime(2026, 11, 24, 12, 15, tzinfo=UTC)


def ended(status: str = "completed", **changed: Any) -> Run:
    return Run.model_validate(
        {
            "id": sample.run_id(),
            "tenant_id": TENANT,
            "status": status,
            "trigger": "timer",
            "started_at": sample.at(),
            "completed_at": sample.at(0, 4),
            "scanner_version": "0.1.0",
            "catalogue_sha256": "c" * 64,
            **changed,
        }
    )


def night(**outcomes: str) -> list[Any]:
    return [sample.result(name, outcome) for name, outcome in {**sample.OUTCOMES, **outcomes}.items()]


def of_run(before: list[Any], after: list[Any], since: str | None = "20261123T030000Z-3f9c") -> list[events.Event]:
    summary = {"complete": False, "counts": {"pass": 3, "total": 8}, "changes": changes(since, before, after).to_json()}
    return events.of_run(TENANT, ended(), summary, after, before if since else ())


def test_an_event_has_the_event_grid_schema() -> None:
    told = of_run(night(), night(audit_log_is_on="fail"))
    for event in [*told, events.scan_failed(TENANT, ended("failed")), events.scan_overdue(TENANT, None, NOW - timedelta(days=3), NOW)]:
        assert event is not None
        assert set(event) == {"id", "eventType", "subject", "eventTime", "dataVersion", "data"}
        assert event["eventType"].startswith("Hipaa.M365.")
        assert event["subject"].startswith("/")
        assert datetime.fromisoformat(event["eventTime"]).utcoffset() == timedelta(0)
        assert event["data"]["tenant"] == TENANT
        assert json.loads(canonical(event)) == event


def test_a_night_in_which_something_got_worse() -> None:
    *changed, end = of_run(night(), night(audit_log_is_on="fail", sharing_is_limited="unknown", staff_are_trained="pass"))
    assert [(e["data"]["control"], e["data"]["before"], e["data"]["after"], e["data"]["change"]) for e in changed] == [
        ("audit_log_is_on", "pass", "fail", "worse"),
        ("sharing_is_limited", "pass", "unknown", "worse"),
        ("staff_are_trained", "attestation_due", "pass", "better"),
    ]
    data = end["data"]
    assert end["eventType"] == "Hipaa.M365.ScanCompleted"
    assert data["worse"] is True
    assert {name: data[name] for name in LISTED} == {
        "new_fail": ["audit_log_is_on"], "new_unknown": ["sharing_is_limited"], "fixed": ["staff_are_trained"], "readable_again": [],
    }  # fmt: skip
    assert data["changes"] == f"/api/v1/changes?since=20261123T030000Z-3f9c&to={sample.run_id()}"


def test_a_night_in_which_nothing_changed_or_something_got_better() -> None:
    (end,) = of_run(night(), night())
    assert (end["data"]["worse"], [end["data"][name] for name in LISTED]) == (False, [[]] * 4)
    better, end = of_run(night(), night(legacy_authentication_is_blocked="pass"))
    assert (better["data"]["change"], end["data"]["worse"]) == ("better", False)


def test_the_first_night_is_no_change() -> None:
    (end,) = of_run([], night(), since=None)
    assert (end["data"]["worse"], end["data"]["since_run"], end["data"]["changes"]) == (False, None, None)


def test_controls_that_came_or_went_and_proposed_rules_did_not_change() -> None:
    before = [result for result in night() if result.control != "audit_log_is_on"]
    after = [result for result in night(proposed_rule_is_watched="pass") if result.control != "sharing_is_limited"]
    assert len(of_run(before, after)) == 1


@pytest.mark.parametrize("before", list(Outcome))
@pytest.mark.parametrize("after", list(Outcome))
def test_worse_and_better_are_what_the_report_calls_so(before: Outcome, after: Outcome) -> None:
    control = "audit_log_is_on"
    *changed, end = of_run([sample.result(control, before.value)], [sample.result(control, after.value)])
    listed = {name for name in LISTED if control in end["data"][name]}
    said = "worse" if listed & {"new_fail", "new_unknown"} else "better" if listed else "other"
    assert [event["data"]["change"] for event in changed] == ([] if before is after else [said])
    assert end["data"]["worse"] is (said == "worse" and before is not after)


def test_why_a_run_failed_stays_out() -> None:
    event = events.scan_failed(TENANT, ended("failed", failure="group Oncology Ward 3 could not be read"))
    assert "Oncology" not in json.dumps(event)
    assert event["data"] == {"tenant": TENANT, "run": sample.run_id(), "details": f"/api/v1/runs/{sample.run_id()}"}


def test_an_event_stays_small_when_everything_changed_at_once() -> None:
    names = [f"control_with_a_name_of_about_sixty_characters_as_long_as_any_{n:03d}" for n in range(250)]
    known = sample.result("audit_log_is_on")
    before, after = ([known.model_copy(update={"control": name, "outcome": outcome}) for name in names] for outcome in (Outcome.PASS, Outcome.FAIL))
    *changed, end = of_run(list(before), list(after))
    assert len(changed) == 250
    assert len(canonical(end)) < 32 * 1024  # with base64 within the 64 KiB of a queue message, and within the 64 KiB that Event Grid counts as one
    assert all(len(canonical(event)) < 1024 for event in changed)


@pytest.mark.parametrize(
    ("last_day", "notice"),
    [
        ("2026-12-25", None), ("2026-12-24", 30), ("2026-12-02", 30), ("2026-12-01", 7), ("2026-11-25", 7), ("2026-11-24", 0), ("2026-11-20", 0),
    ],
)  # fmt: skip
def test_statements_are_told_thirty_and_seven_days_before_and_on_the_last_day(last_day: str, notice: int | None) -> None:
    event = events.statement_expiring(TENANT, "s-1", "baa_microsoft", (date(2025, 12, 1), date.fromisoformat(last_day)), NOW)
    if notice is None:
        assert event is None
        return
    assert event is not None
    assert (event["data"]["days"], event["data"]["expires_on"], event["data"]["type"]) == (notice, last_day, "baa_microsoft")
    assert event["id"] == f"StatementExpiring-s-1-{last_day}-{notice}"


def test_no_notice_is_longer_than_the_life_of_the_statement() -> None:
    """A statement for 30 days would else be told of on the day that it is made."""
    made = date(2026, 11, 24)
    assert events.statement_expiring(TENANT, "s-1", "x", (made, made + timedelta(days=30)), NOW) is None
    assert events.statement_expiring(TENANT, "s-1", "x", (made, made + timedelta(days=7)), NOW) is None
    due = events.statement_expiring(TENANT, "s-1", "x", (made - timedelta(days=24), made + timedelta(days=6)), NOW)
    assert due is not None
    assert due["data"]["days"] == 7


def test_a_scan_is_overdue_after_26_hours_and_told_once_a_day() -> None:
    last = ended()
    assert last.completed_at is not None

    def after(hours: float) -> events.Event | None:
        assert last.completed_at is not None
        return events.scan_overdue(TENANT, last, NOW, last.completed_at + timedelta(hours=hours))

    assert after(25.99) is None
    assert after(26) is None
    first, same, again = after(26.01), after(49.9), after(50.1)
    assert first is not None
    assert same is not None
    assert again is not None
    assert first["id"] == same["id"] != again["id"]
    assert (first["data"]["hours"], again["data"]["hours"], first["data"]["last_run"]) == (26, 50, last.id)


def test_a_deployment_that_never_completed_a_run_is_overdue_26_hours_after_it_was_first_watched() -> None:
    assert events.scan_overdue(TENANT, None, NOW - timedelta(hours=25), NOW) is None
    event = events.scan_overdue(TENANT, None, NOW - timedelta(hours=27), NOW)
    assert event is not None
    assert (event["data"]["last_run"], event["data"]["last_completed_at"], event["data"]["hours"]) == (None, None, 27)


def test_a_run_that_took_the_place_of_the_last_ends_the_spell() -> None:
    older, newer = ended(), ended(id=sample.run_id(1), completed_at=sample.at(1, 4))
    ids = {e["id"] for run in (older, newer) if (e := events.scan_overdue(TENANT, run, NOW, sample.at(4))) is not None}
    assert len(ids) == 2
