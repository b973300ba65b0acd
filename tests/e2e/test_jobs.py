"""Snapshots and the audit log search in a whole run: where settings came from, what is remembered, and that nothing else is kept."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.tenant import Fault
from local.tenant.graph.jobs import Job
from reporting.storage.runs import Runs
from runs import steps
from runs.context import context
from scanners.doors.audit_query import AuditQueries
from scanners.doors.snapshots import Snapshots
from tests.e2e.every_fact import every_fact
from tests.e2e.rig import Rig, custody, loads, rig

WORKLOAD = frozenset(
    {
        "organization_config",
        "transport_config",
        "mailbox_safeguards",
        "protection_alerts",
        "dlp_policies",
        "teams_meeting_policies",
        "teams_meeting_configuration",
        "teams_federation",
        "audit_log_heartbeat",
    }
)
IN_SNAPSHOTS = WORKLOAD - {"mailbox_safeguards", "audit_log_heartbeat"}
WHOLE = frozenset({"teams_meeting_configuration", "dlp_policies"})  # whose snapshot leaves out nothing that is read; the clinic has no policies
JOBS = "configurationSnapshot"


@contextmanager
def ran(path: Path, tenant: Any, source: str = "auto") -> Iterator[tuple[Rig, str]]:
    with every_fact(WORKLOAD), rig(path, tenant, environment={"WORKLOAD_SOURCE": source}) as held:
        ended = held.scan()
        assert ended.completed, ended.failure
        yield held, ended.run


def clinic(**patch: Any) -> dict[str, Any]:
    return {"extends": "clinic", "skus": {"SPE_E5": 40}, **patch}


def came_by(held: Rig, run: str) -> dict[str, str | None]:
    return {fact: custody(held.storage, run, fact)["interface"] for fact in WORKLOAD}


def made(held: Rig) -> list[list[str]]:
    return [loads(r.body)["resources"] for r in held.tenant.requests if r.method == "POST" and r.path.endswith("createSnapshot")]


@pytest.fixture(scope="class")
def auto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rig, str]]:
    with ran(tmp_path_factory.mktemp("auto"), clinic()) as seen:
        yield seen


class TestAuto:
    """A run that may take either way; the rig ends with the class, because a process holds one deployment at a time."""

    def test_auto_takes_whole_snapshots_and_asks_the_administration_for_the_rest(self, auto: tuple[Rig, str]) -> None:
        held, run = auto
        seen = came_by(held, run)
        assert {fact for fact in IN_SNAPSHOTS if seen[fact] == "supported"} >= WHOLE
        assert seen["organization_config"] == "observed", "a snapshot leaves RejectDirectSend out"
        assert seen["transport_config"] == "observed", "a snapshot leaves nulls out"
        assert seen["mailbox_safeguards"] == "observed"
        assert all(custody(held.storage, run, fact)["read"] for fact in WORKLOAD)

    def test_one_job_per_workload_is_made_and_all_are_deleted(self, auto: tuple[Rig, str]) -> None:
        held, _ = auto
        assert sorted({kind.split(".")[1] for kinds in made(held) for kind in kinds}) == ["exchange", "securityandcompliance", "teams"]
        assert len(made(held)) == 3
        assert held.tenant.ends.snapshots.jobs.held == {}

    def test_what_snapshots_took_is_remembered_for_the_months_quota(self, auto: tuple[Rig, str]) -> None:
        held, run = auto
        first = held.storage.runs.find_record(run, "snapshots")
        assert first["extracted"] == held.tenant.ends.snapshots.used > 0
        assert first["rejected"] == {}
        again = held.scan()
        assert again.completed
        assert held.storage.runs.find_record(again.run, "snapshots")["extracted"] == held.tenant.ends.snapshots.used == 2 * first["extracted"]

    def test_the_heartbeat_is_counters_and_nothing_else(self, auto: tuple[Rig, str]) -> None:
        held, run = auto
        record = custody(held.storage, run, "audit_log_heartbeat")
        page = loads(held.storage.evidence(run).page(record["pages"][0]["blob"]))
        assert set(page) == {"slices"}
        assert {s["name"] for s in page["slices"]} == {"exchange", "files_read", "files_changed", "sharing", "teams", "admin"}
        for each in page["slices"]:
            assert set(each) == {"name", "from", "to", "status", "records", "capped", "newest", "byOperation"}
            assert each["status"] == "succeeded"
            assert each["records"] == sum(each["byOperation"].values())
        assert held.results(run)["sees_audit_log_heartbeat"].outcome == "pass"
        queries = [loads(r.body) for r in held.tenant.requests if r.method == "POST" and r.path.endswith("auditLog/queries")]
        assert all(set(q) == {"displayName", "filterStartDateTime", "filterEndDateTime", "operationFilters"} for q in queries)
        asked = [r.query for r in held.tenant.requests if r.path.endswith("/records")]
        assert asked
        assert all("$select=createdDateTime,operation,service&" in query or "skiptoken" in query for query in asked)


def test_snapshot_only_reads_what_snapshots_hold_and_says_so_of_the_rest(tmp_path: Path) -> None:
    with ran(tmp_path, clinic(), "snapshot") as (held, run):
        seen = came_by(held, run)
        assert all(seen[fact] == "supported" for fact in IN_SNAPSHOTS)
        assert held.results(run)["sees_mailbox_safeguards"].reason == "not_supported"
        assert not [r for r in held.tenant.requests if r.path.startswith(("/exchange", "/purview", "/teams-admin"))]


def test_admin_rest_only_makes_no_job(tmp_path: Path) -> None:
    with ran(tmp_path, clinic(), "admin_rest") as (held, run):
        assert not [r for r in held.tenant.requests if JOBS in r.path]
        assert all(found == "observed" for fact, found in came_by(held, run).items() if fact != "audit_log_heartbeat")


FORBIDDEN = Fault(match=f"{JOBS}|auditLog/queries", kind="status", status=403, times=None, body={"error": {"code": "Authorization_RequestDenied"}})


@pytest.mark.parametrize(("source", "outcome"), [("auto", "pass"), ("snapshot", "unknown")])
def test_without_the_permission_auto_asks_the_administration_and_snapshot_is_honest(tmp_path: Path, source: str, outcome: str) -> None:
    with every_fact(WORKLOAD), rig(tmp_path, clinic(), environment={"WORKLOAD_SOURCE": source}, faults=[FORBIDDEN]) as held:
        ended = held.scan()
        assert ended.completed
        results = held.results(ended.run)
        assert {results[f"sees_{fact}"].outcome for fact in IN_SNAPSHOTS} == {outcome}
        assert results["sees_audit_log_heartbeat"].reason == "not_permitted"
        assert "AuditLogsQuery.Read.All" in results["sees_audit_log_heartbeat"].remedy
        if source == "snapshot":
            assert {results[f"sees_{fact}"].reason for fact in IN_SNAPSHOTS} == {"not_permitted"}
            assert all("ConfigurationMonitoring.ReadWrite.All" in results[f"sees_{fact}"].remedy for fact in IN_SNAPSHOTS)


def test_a_rejected_type_is_remembered_and_left_out_the_next_time(tmp_path: Path) -> None:
    kind = "microsoft.teams.meetingpolicy"
    with ran(tmp_path, clinic(snapshot={"rejected": [kind]})) as (held, run):
        first = made(held)
        assert sum(kind in kinds for kinds in first) == 1
        assert list(held.storage.runs.find_record(run, "snapshots")["rejected"]) == [kind]
        assert custody(held.storage, run, "teams_meeting_policies")["interface"] == "observed"
        again = held.scan()
        assert again.completed
        assert not any(kind in kinds for kinds in made(held)[len(first) :])
        assert list(held.storage.runs.find_record(again.run, "snapshots")["rejected"]) == [kind]


def test_a_workload_that_the_executor_may_not_read_is_named(tmp_path: Path) -> None:
    with ran(tmp_path, clinic(snapshot={"forbidden": ["teams"]}), "snapshot") as (held, run):
        results = held.results(run)
        assert results["sees_teams_federation"].reason == "not_permitted"
        assert "Global Reader" in results["sees_teams_federation"].remedy
        assert results["sees_transport_config"].outcome == "pass"


def test_a_used_up_month_is_no_fault_of_the_run(tmp_path: Path) -> None:
    with ran(tmp_path, clinic(snapshot={"used": 20_000}), "snapshot") as (held, run):
        assert {held.results(run)[f"sees_{fact}"].reason for fact in IN_SNAPSHOTS} == {"unreachable"}


def test_places_taken_by_others_stay_theirs(tmp_path: Path) -> None:
    with every_fact(WORKLOAD), rig(tmp_path, clinic(), environment={"WORKLOAD_SOURCE": "auto"}) as held:
        jobs = held.tenant.ends.snapshots.jobs
        for number in range(12):
            asked = {"displayName": f"Drift tool {number}", "resources": []}
            jobs.add(Job(f"other-{number:04}", jobs.clock(), asked, "", {"end": "succeeded", "errors": [], "snapshot": None}))
        ended = held.scan()
        assert ended.completed
        assert len(jobs.held) == 12
        assert not made(held)
        results = held.results(ended.run)
        assert {fact: results[f"sees_{fact}"].because for fact in IN_SNAPSHOTS if results[f"sees_{fact}"].outcome != "pass"} == {}


def test_jobs_that_never_end_are_unreachable_and_the_run_completes(tmp_path: Path) -> None:
    with every_fact(WORKLOAD), rig(tmp_path, clinic(), environment={"WORKLOAD_SOURCE": "snapshot", "RUN_BUDGET": "00:05:00"}) as held:
        for jobs in (held.tenant.ends.snapshots.jobs, held.tenant.ends.audit_queries.jobs):
            jobs.runs = 10**9
        ended = held.scan()
        assert ended.completed
        results = held.results(ended.run)
        assert {results[f"sees_{fact}"].reason for fact in IN_SNAPSHOTS} == {"unreachable"}
        assert "not finished in time" in results["sees_transport_config"].because
        record = custody(held.storage, ended.run, "audit_log_heartbeat")
        page = loads(held.storage.evidence(ended.run).page(record["pages"][0]["blob"]))
        assert {(s["status"], s["records"]) for s in page["slices"]} == {("running", None)}


def test_a_service_that_stops_answering_is_given_up(tmp_path: Path) -> None:
    silent = Fault(match=f"{JOBS}Jobs/|auditLog/queries/", kind="status", status=500, times=None)
    with every_fact(WORKLOAD), rig(tmp_path, clinic(), environment={"WORKLOAD_SOURCE": "snapshot"}, faults=[silent]) as held:
        ended = held.scan()
        assert ended.completed
        assert held.results(ended.run)["sees_transport_config"].reason == "unreachable"
        assert held.results(ended.run)["sees_audit_log_heartbeat"].reason == "unreachable"


class Killed(BaseException):
    """The process is gone: nothing below catches it."""


async def _plan(order: dict[str, Any]) -> dict[str, Any]:
    held = context()
    try:
        return await steps.plan_run(held, order)
    finally:
        await held.aclose()


def _asked_for_jobs(held: Rig) -> int:
    return sum(r.method == "POST" and r.path.endswith(("createSnapshot", "auditLog/queries")) for r in held.tenant.requests)


@pytest.mark.parametrize("moment", ["between two snapshot jobs", "between two searches", "before anything is written down"])
def test_jobs_of_a_process_that_was_killed_are_found_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """The plan step is executed again by the platform: what it made before it died must not be made a second time."""
    with every_fact(WORKLOAD), rig(tmp_path, clinic(), environment={"WORKLOAD_SOURCE": "auto"}) as held:
        order = {
            "run": "20261124T030000Z-3f9c",
            "trigger": "timer",
            "slot": "20261124",
            "started_at": "2026-11-24T03:00:00+00:00",
            "budget_seconds": 600,
        }
        context().storage.ensure()
        with monkeypatch.context() as dying:
            _dies(dying, moment)
            with pytest.raises(Killed):
                asyncio.run(_plan(order))
        before = _asked_for_jobs(held)
        assert 0 < before <= 9
        planned = asyncio.run(_plan(order))
        assert _asked_for_jobs(held) == 9, "three snapshot jobs and six searches"
        assert {job["id"] for job in planned["jobs"]["snapshots"]} == set(held.tenant.ends.snapshots.jobs.held)
        assert {each["id"] for each in planned["jobs"]["searches"]} == set(held.tenant.ends.audit_queries.jobs.held)
        assert len(held.tenant.ends.audit_queries.jobs.held) == 6
        assert asyncio.run(_plan(order)) == planned
        assert _asked_for_jobs(held) == 9


def _dies(dying: pytest.MonkeyPatch, moment: str) -> None:
    """The process ends right after the first snapshot job, the first search, or the last call before the record of all is written."""
    kind, name = {
        "between two snapshot jobs": (Snapshots, "start"),
        "between two searches": (AuditQueries, "start"),
        "before anything is written down": (Runs, "put_once"),
    }[moment]
    original: Any = getattr(kind, name)

    async def after(*given: Any, **more: Any) -> Any:
        await original(*given, **more)
        raise Killed

    def at_the_record(store: Any, run: str, record: str, value: Any) -> Any:
        if record == "jobs":
            raise Killed
        return original(store, run, record, value)

    dying.setattr(kind, name, at_the_record if kind is Runs else after)
