"""Tenant configuration snapshots: jobs, quota, places, rejected types, and one shape for two ways."""

import json
from typing import Any

import httpx
import pytest

from scanners.doors.opening import Doors
from scanners.doors.snapshots import Job, Started, errors_of, objects_in
from scanners.doors.workload import Snapshot, Taken
from scanners.errors import NotPermitted, NotSupported, Undecided, Unreachable, Unrecognised
from scanners.model import Ask, Door, Fact
from scanners.permissions import EXCHANGE_MANAGE_AS_APP, GLOBAL_READER
from tests.doors.rig import Rig, body, gather, rig, run

ROOT = "/v1.0/admin/configurationManagement"
RUN = "20261124T030000Z-3f9c"
TYPES = (
    "microsoft.exchange.organizationconfig",
    "microsoft.exchange.transportrule",
    "microsoft.securityandcompliance.dlpcompliancerule",
    "microsoft.teams.meetingpolicy",
)


class Service:
    """The snapshot service of one tenant: refuses some types, has twelve places, names must differ."""

    def __init__(self, *, bad: frozenset[str] = frozenset(), says_which: bool = True, others: int = 0, old: int = 0) -> None:
        self.bad, self.says_which = bad, says_which
        self.jobs: dict[str, dict[str, Any]] = {}
        for n in range(others):
            self.jobs[f"other-{n:04}"] = {"id": f"other-{n:04}", "displayName": f"Drift tool {n}", "status": "succeeded"}
        for n in range(old):
            self.jobs[f"old-{n:06}"] = {"id": f"old-{n:06}", "displayName": f"HIPAA exchange {n}", "status": "failed"}
        self.status: dict[str, Any] = {"status": "succeeded"}
        self.asked: list[list[str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix(ROOT)
        if path == "/configurationSnapshots/createSnapshot":
            return self.create(json.loads(request.content))
        if path == "/configurationSnapshotJobs":
            return httpx.Response(200, json={"value": list(self.jobs.values())[:12]})
        if request.method == "DELETE":
            return httpx.Response(204 if self.jobs.pop(path.rsplit("/", 1)[1], None) else 404)
        if path.startswith("/configurationSnapshotJobs/"):
            return httpx.Response(200, json={**self.jobs[path.rsplit("/", 1)[1]], **self.status})
        return httpx.Response(
            200,
            json={
                "id": "s",
                "resources": [
                    {
                        "resourceType": "microsoft.exchange.organizationconfig",
                        "displayName": "x",
                        "properties": {"AuditDisabled": False, "AuditDisabled@odata.type": "#Boolean"},
                    }
                ],
            },
        )

    def create(self, wanted: dict[str, Any]) -> httpx.Response:
        self.asked.append(wanted["resources"])
        assert 8 <= len(wanted["displayName"]) <= 32
        assert all(c.isalnum() or c == " " for c in wanted["displayName"])
        refused = self.bad & set(wanted["resources"])
        if refused:
            text = f"ResourceType '{min(refused)}' is not supported" if self.says_which else "Bad Request"
            return httpx.Response(400, json={"error": {"code": "BadRequest", "message": text}})
        if any(j["displayName"] == wanted["displayName"] for j in self.jobs.values()):
            return httpx.Response(409, json={"error": {"code": "Conflict"}})
        assert len(self.jobs) < 12, "the service would refuse a thirteenth job"
        new = {"id": f"job-{len(self.asked):06}", "displayName": wanted["displayName"], "status": "notStarted"}
        self.jobs[new["id"]] = new
        return httpx.Response(200, json=new)


def start(service: Service, types: tuple[str, ...] = TYPES, **options: Any) -> tuple[Rig, Started]:
    r = rig(service)
    return r, run(r.doors.snapshots().start("exchange", types, **{"run": RUN, **options}))


def test_one_job_for_all_types() -> None:
    service = Service()
    _, started = start(service)
    assert [job.types for job in started.jobs] == [tuple(sorted(TYPES))]
    assert started.rejected == ()
    assert Job.from_json(json.loads(json.dumps(started.jobs[0].to_json()))) == started.jobs[0]


@pytest.mark.parametrize("says_which", [True, False])
def test_rejected_types_are_found_remembered_and_left_out(says_which: bool) -> None:
    bad = frozenset({TYPES[2]})
    service = Service(bad=bad, says_which=says_which)
    _, started = start(service)
    assert set(started.rejected) == bad
    assert {kind for job in started.jobs for kind in job.types} == set(TYPES) - bad
    _, again = start(Service(bad=bad), rejected=started.rejected)
    assert again.rejected == ()
    assert len(again.jobs) == 1


def test_jobs_for_other_types_have_other_names() -> None:
    service = Service()
    r = rig(service)
    snapshots = r.doors.snapshots()

    async def twice() -> None:
        await snapshots.start("exchange", TYPES[:1], run=RUN)
        await snapshots.start("exchange", TYPES[1:2], run=RUN)

    run(twice())
    assert len({job["displayName"] for job in service.jobs.values()}) == 2


def test_room_is_made_of_our_own_jobs_only() -> None:
    service = Service(others=8, old=4)
    start(service)
    assert sum(job["displayName"].startswith("Drift") for job in service.jobs.values()) == 8
    full = Service(others=12)
    with pytest.raises(Unreachable, match="12 places"):
        start(full)
    assert len(full.jobs) == 12


def test_quota_and_cloud() -> None:
    with pytest.raises(Unreachable, match="20000"):
        start(Service(), extracted=19_500)
    with pytest.raises(NotSupported):
        run(rig(Service(), cloud="usgov").doors.snapshots().start("exchange", TYPES, run=RUN))


def test_the_missing_permission_is_named() -> None:
    denied = rig(lambda _: httpx.Response(403, json={"error": {"code": "Authorization_RequestDenied"}}))
    with pytest.raises(NotPermitted) as caught:
        run(denied.doors.snapshots().start("exchange", TYPES, run=RUN))
    assert "ConfigurationMonitoring.ReadWrite.All" in caught.value.remedy


def test_a_create_is_never_repeated_blindly() -> None:
    posts = []

    def reply(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            posts.append(1)
            raise httpx.ReadError("the answer was lost")
        return httpx.Response(200, json={"value": []})

    with pytest.raises(Unreachable):
        run(rig(reply).doors.snapshots().start("exchange", TYPES, run=RUN))
    assert len(posts) == 1


LOCATION = f"https://graph.microsoft.com{ROOT}/configurationSnapshots('s')"


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        ({"status": "notStarted", "completedDateTime": "0001-01-01T00:00:00Z", "resourceLocation": ""}, "pending"),
        ({"status": "running"}, "pending"),
        ({"status": "failed", "errorDetails": []}, "failed"),
        ({"status": "succeeded", "resourceLocation": LOCATION}, "ready"),
        (
            {
                "status": "partiallySuccessful",
                "resourceLocation": LOCATION,
                "errorDetails": ['microsoft.teams.meetingpolicy: Error. {"code":"Forbidden"}'],
            },
            "ready",
        ),
    ],
)
def test_polling(seen: dict[str, Any], state: str) -> None:
    service = Service()
    r = rig(service)

    async def story() -> Job:
        started = await r.doors.snapshots().start("exchange", TYPES, run=RUN)
        service.status = seen
        return await r.doors.snapshots().poll(started.jobs[0])

    job = run(story())
    assert job.state == state
    assert job.errors == ({"microsoft.teams.meetingpolicy": "Forbidden"} if seen["status"] == "partiallySuccessful" else {})
    assert r.network.requests[-1].headers["prefer"] == "include-unknown-enum-members"
    assert "errorDetails" in str(r.network.requests[-1].url)


@pytest.mark.parametrize(
    "seen",
    [
        {"status": "unknownFutureValue"},
        {"status": None},
        {"status": "succeeded", "resourceLocation": ""},
        {"status": "succeeded", "resourceLocation": 3},
    ],
)
def test_states_that_nobody_knows(seen: dict[str, Any]) -> None:
    r = rig(lambda _: httpx.Response(200, json=seen))
    with pytest.raises(Unrecognised):
        run(r.doors.snapshots().poll(Job("job-000001", TYPES)))


def test_download_and_delete() -> None:
    r = rig(Service())
    snapshots = r.doors.snapshots()
    page = run(snapshots.read(Job("job-000001", TYPES, "ready", LOCATION)))
    assert objects_in(page) == 1
    assert page.path == f"{ROOT}/configurationSnapshots('s')"
    with pytest.raises(Unrecognised, match="another host"):
        run(snapshots.read(Job("j", TYPES, "ready", "https://attacker.example/x")))
    assert run(snapshots.delete(Job("job-000001", TYPES)))
    with pytest.raises(Unrecognised):
        run(rig(lambda _: httpx.Response(200, json={"resources": [{"properties": None}]})).doors.snapshots().read(Job("j", TYPES, "ready", LOCATION)))


def test_errors_keep_codes_and_drop_texts() -> None:
    assert errors_of(['Microsoft.Exchange.X: exceptionMessage(s): user nurse@northcreek.example {"code":"Forbidden"}', "y: no code"]) == {
        "microsoft.exchange.x": "Forbidden",
        "y": "Error",
    }


ADMIN = (EXCHANGE_MANAGE_AS_APP, GLOBAL_READER)
ORGANISATION = Fact(reading=None, id="organization_config", door=Door.EXCHANGE, permissions=ADMIN)
MEETINGS = Fact(reading=None, id="teams_meeting_policies", door=Door.TEAMS, permissions=(GLOBAL_READER,))
CMDLET = Ask(cmdlet="Get-OrganizationConfig", snapshot="microsoft.exchange.organizationconfig")


def _taken(*resources: tuple[str, dict[str, Any]], errors: dict[str, str] | None = None, types: tuple[str, ...] = TYPES) -> Snapshot:
    service = [{"resourceType": kind, "displayName": "x", "properties": values} for kind, values in resources]
    r = rig(lambda _: httpx.Response(200, json={"resources": service}))
    job = Job("job-000001", types, "ready", LOCATION, errors or {})
    return Snapshot((Taken(job, run(r.doors.snapshots().read(job))),))


def _doors(snapshot: Snapshot, source: str = "auto") -> tuple[Rig, Doors]:
    r = rig(lambda _: httpx.Response(200, json={"value": [{"AuditDisabled": True}]}), workload_source=source)
    return r, r.doors.with_snapshot(snapshot)


def test_a_setting_comes_from_the_snapshot_in_the_shape_of_its_cmdlet() -> None:
    snapshot = _taken(("microsoft.exchange.organizationconfig", {"AuditDisabled": False, "AuditDisabled@odata.type": "#Boolean"}))
    r, doors = _doors(snapshot)
    (page,) = run(gather(doors, ORGANISATION, CMDLET))
    assert body(page) == {"value": [{"AuditDisabled": False}]}
    assert page.interface == "supported"
    assert page.path.endswith("#microsoft.exchange.organizationconfig")
    assert not r.network.requests


def test_a_type_without_objects_is_an_empty_list() -> None:
    _, doors = _doors(_taken())
    (page,) = run(gather(doors, ORGANISATION, CMDLET))
    assert body(page) == {"value": []}


def test_teams_shapes() -> None:
    policies = [("microsoft.teams.meetingpolicy", {"Identity": name}) for name in ("Global", "Tag:Nurses")]
    _, doors = _doors(_taken(*policies))
    (page,) = run(gather(doors, MEETINGS, Ask(path="/Skype.Policy/configurations/TeamsMeetingPolicy", snapshot="microsoft.teams.meetingpolicy")))
    assert [row["Identity"] for row in body(page)] == ["Global", "Tag:Nurses"]
    one = Ask(path="/Skype.Policy/configurations/X/configuration/Global", snapshot="microsoft.teams.meetingpolicy")
    _, doors = _doors(_taken(policies[0]))
    (page,) = run(gather(doors, MEETINGS, one))
    assert body(page) == {"Identity": "Global"}


@pytest.mark.parametrize("source", ["auto", "snapshot", "admin_rest"])
@pytest.mark.parametrize("gap", ["not covered", "forbidden", "job failed", "no snapshot type"])
def test_what_the_snapshot_lacks(source: str, gap: str) -> None:
    snapshot = {
        "not covered": lambda: _taken(types=TYPES[1:]),
        "forbidden": lambda: _taken(errors={TYPES[0]: "Forbidden"}),
        "job failed": lambda: Snapshot((Taken(Job("j", TYPES, "failed"), None),)),
        "no snapshot type": _taken,
    }[gap]()
    ask = Ask(cmdlet="Get-OrganizationConfig") if gap == "no snapshot type" else CMDLET
    r, doors = _doors(snapshot, source)
    if source == "snapshot":
        with pytest.raises(Undecided) as caught:
            run(gather(doors, ORGANISATION, ask))
        assert isinstance(caught.value, NotPermitted) == (gap == "forbidden")
        assert not r.network.requests
        return
    (page,) = run(gather(doors, ORGANISATION, ask))
    assert page.interface == "observed"
    assert body(page) == {"value": [{"AuditDisabled": True}]}


def test_admin_rest_never_looks_into_the_snapshot() -> None:
    _, doors = _doors(_taken(("microsoft.exchange.organizationconfig", {"AuditDisabled": False})), "admin_rest")
    (page,) = run(gather(doors, ORGANISATION, CMDLET))
    assert page.interface == "observed"
