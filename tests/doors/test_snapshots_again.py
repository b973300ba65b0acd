"""Snapshot jobs of a run that is started a second time: found, and never made twice."""

import httpx
import pytest

from tests.doors.rig import rig, run
from tests.doors.test_snapshots import RUN, TYPES, Service, start

ANOTHER = "20261125T030000Z-77aa"


@pytest.mark.parametrize("says_which", [True, False])
@pytest.mark.parametrize("status", ["notStarted", "running", "succeeded", "partiallySuccessful", "failed"])
def test_a_second_start_of_a_run_finds_its_jobs(status: str, says_which: bool) -> None:
    service = Service(bad=frozenset({TYPES[2]}), says_which=says_which)
    _, first = start(service)
    for job in service.jobs.values():
        job["status"] = status
    _, second = start(service)
    assert second == first
    assert {job.id for job in first.jobs} == set(service.jobs)


def test_a_second_start_needs_no_further_place() -> None:
    service = Service(others=11)
    _, first = start(service)
    _, second = start(service)
    assert second == first


def test_the_ended_jobs_of_another_run_make_room() -> None:
    service = Service()
    _, earlier = start(service, run=ANOTHER)
    service.jobs[earlier.jobs[0].id]["status"] = "succeeded"
    _, started = start(service)
    assert list(service.jobs) == [started.jobs[0].id] != [earlier.jobs[0].id]


def test_of_two_starts_at_the_same_moment_one_makes_the_job_and_both_have_it() -> None:
    service = Service()
    _, first = start(service)
    hidden = dict(service.jobs)

    def late(request: httpx.Request) -> httpx.Response:
        """The list of the moment before the other start made its job."""
        if request.method == "GET" and hidden:
            hidden.clear()
            return httpx.Response(200, json={"value": []})
        return service(request)

    second = run(rig(late).doors.snapshots().start("exchange", TYPES, run=RUN))
    assert second == first
    assert len(service.jobs) == 1


def test_a_job_whose_answer_was_lost_is_found() -> None:
    service = Service()

    def lossy(request: httpx.Request) -> httpx.Response:
        made = service(request)
        if request.method == "POST":
            raise httpx.ReadError("the answer was lost")
        return made

    started = run(rig(lossy).doors.snapshots().start("exchange", TYPES, run=RUN))
    assert [job.id for job in started.jobs] == list(service.jobs)
