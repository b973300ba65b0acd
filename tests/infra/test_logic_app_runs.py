"""The Logic App run against real messages and real rows: it tells when something got worse, is silent when not, and loses no message."""

import copy
import html
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from local.azurite import Azurite
from reporting.records import Run
from reporting.signing import DevSigner
from runs import events
from scanners import catalogue
from tests.infra import workflow
from tests.infra.logic_app import URL, Cloud
from tests.reporting import sample

TENANT = sample.TENANT.id
ODD = "Guests & <b>\"partners\"</b> aren't <script>alert('1')</script> schräg 雪 @{utcNow()}"
WORSE = {"audit_log_is_on": "fail", "sharing_is_limited": "unknown", "labels_are_published": "fail"}


@pytest.fixture(scope="module")
def azurite() -> Iterator[Azurite]:
    with Azurite(tls=True) as running:
        yield running


@pytest.fixture(scope="module")
def nights(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The events of three nights, as the app makes them from runs that were closed and signed: the first, one that is worse, one that is better."""
    cloud, signer = Cloud(azurite), DevSigner(tmp_path_factory.mktemp("key"))
    cloud.storage.ensure()
    cloud.put("{}")  # makes the queue
    told = {}
    for day, (name, outcomes) in enumerate({"first": {}, "worse": WORSE, "better": {}}.items()):
        summary = sample.whole(cloud.storage, signer, day, **outcomes)
        told[name] = events.scan_completed(TENANT, cloud.storage.runs.get(sample.run_id(day)), summary)
    return told


@pytest.fixture(params=["teams", "mail"])
def cloud(azurite: Azurite, nights: dict[str, Any], request: pytest.FixtureRequest) -> Cloud:
    return Cloud(azurite, request.param)


@pytest.fixture
def teams(azurite: Azurite, nights: dict[str, Any]) -> Cloud:
    return Cloud(azurite)


def only(cloud: Cloud) -> workflow.Execution:
    (run,) = cloud.run()
    return run


def text(cloud: Cloud) -> str:
    """The HTML of the only post."""
    (post,) = cloud.posted
    return str(post["body"].get("messageBody") or post["body"]["Body"])


def shown(page: str) -> list[str]:
    """What a reader sees of the paragraphs."""
    assert re.fullmatch(r"(<p>((?!</?p>).)*</p>)+", page), page
    return [html.unescape(re.sub(r"<(/?strong|/?a( href=\"[^\"]*\")?)>", "", part)) for part in re.findall(r"<p>(.*?)</p>", page)]


def failed_run() -> Run:
    return Run(
        id=sample.run_id(3), tenant_id=TENANT, status="failed", trigger="timer", started_at=sample.at(3), completed_at=sample.at(3, 9),
        scanner_version="0.1.0", catalogue_sha256="c" * 64, failure="somebody@riverbend.example cannot be read",
    )  # fmt: skip


NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
OVERDUE = events.scan_overdue(TENANT, None, NOW - timedelta(days=3), NOW)
EXPIRING = events.statement_expiring(TENANT, "9f1c2f", "business_associate_agreement", (date(2026, 1, 1), date(2026, 12, 8)), NOW)
FAILED = events.scan_failed(TENANT, failed_run())


def test_a_worse_night_is_told_once_with_the_controls_by_title_most_severe_first(cloud: Cloud, nights: dict[str, Any]) -> None:
    assert nights["worse"]["data"]["worse"] is True
    cloud.put(nights["worse"])
    assert only(cloud).status == "Succeeded"
    lines = shown(text(cloud))
    assert lines[0] == "HIPAA: controls that got worse: 3"
    run, since = sample.run_id(1), sample.run_id(0)
    assert lines[1] == f"Run {run}, compared with {since}: 2 new failures, 1 that cannot be seen any more."
    assert lines[2:5] == [
        "critical: Audit log is on (audit_log_is_on) fails now",
        "high: Sharing is limited (sharing_is_limited) cannot be seen any more",
        "low: Labels are published (labels_are_published) fails now",
    ]
    counts = nights["worse"]["data"]["counts"]
    assert lines[5].startswith(f"All in all {counts['pass']} of {counts['total']} controls pass, {counts['fail']} fail, {counts['unknown']} could")
    assert lines[6] == "The run is not complete: some controls could not be judged."
    assert f"event {nights['worse']['id']}." in lines[7]
    links = [html.unescape(link) for link in re.findall(r'href="([^"]*)"', text(cloud))]
    data = nights["worse"]["data"]
    assert links == [f"{URL}/api/console", *(URL + data[name] for name in ("results", "report", "changes"))]
    assert cloud.waiting() == 0
    assert cloud.run() == []


def test_each_form_posts_what_its_connector_takes(azurite: Azurite, nights: dict[str, Any]) -> None:
    for tell in ("teams", "mail"):
        cloud = Cloud(azurite, tell)
        cloud.put(FAILED)
        cloud.run()
        (post,) = cloud.posted
        page = text(cloud)
        if tell == "teams":
            assert (post["connection"], post["path"]) == ("teams", "/beta/teams/conversation/message/poster/Flow bot/location/Channel")
            assert post["body"] == {"recipient": {"groupId": "team-1", "channelId": "19:c@thread.tacv2"}, "messageBody": page}
        else:
            assert (post["connection"], post["path"]) == ("office365", "/v2/Mail")
            assert post["body"] == {"To": "it@riverbend.example", "Subject": "HIPAA: a scan failed", "Body": page, "Importance": "Normal"}
        assert post["method"] == "post"


@pytest.mark.parametrize("name", ["first", "better"])
def test_a_night_in_which_nothing_got_worse_is_silent_and_its_message_goes(teams: Cloud, nights: dict[str, Any], name: str) -> None:
    assert nights[name]["data"]["worse"] is False
    teams.put(nights[name])
    run = only(teams)
    assert (run.status, run.went("Tell"), teams.posted, teams.requests) == ("Succeeded", "Skipped", [], [])
    assert teams.waiting() == 0


def test_without_the_condition_a_good_night_would_be_told(teams: Cloud, nights: dict[str, Any]) -> None:
    """What the two tests above would miss if the condition were gone: the change is made, and they see it."""
    flow = copy.deepcopy(teams.flow)
    found = flow["actions"]["What_happened"]["cases"]["Scan_completed"]["actions"]["Did_it_get_worse"]
    found["expression"] = {"equals": [True, True]}
    teams.flow = flow
    teams.put(nights["better"])
    assert only(teams).status == "Succeeded"
    assert len(teams.posted) == 1


def test_a_control_that_changed_is_not_told_by_itself(teams: Cloud, nights: dict[str, Any]) -> None:
    before, after = [sample.result("audit_log_is_on")], [sample.result("audit_log_is_on", "fail", 1)]
    (event,) = events.control_changes(TENANT, teams.storage.runs.get(sample.run_id(1)), sample.run_id(0), before, after)
    assert event["data"]["change"] == "worse"
    teams.put(event)
    assert only(teams).status == "Succeeded"
    assert (teams.posted, teams.waiting()) == ([], 0)


@pytest.mark.parametrize(
    ("event", "subject", "says", "path"),
    [
        (FAILED, "HIPAA: a scan failed", f"Run {sample.run_id(3)} ended without an attestation.", f"/api/v1/runs/{sample.run_id(3)}"),
        (OVERDUE, "HIPAA: no scan for 72 hours", "No run was ever completed.", "/api/v1/runs"),
        (
            EXPIRING,
            "HIPAA: a statement ends: business_associate_agreement",
            "The last day on which statement 9f1c2f counts is 2026-12-08.",
            "/api/v1/statements/9f1c2f",
        ),
    ],
)
def test_the_other_three_kinds_are_always_told(cloud: Cloud, event: dict[str, Any], subject: str, says: str, path: str) -> None:
    cloud.put(event)
    assert only(cloud).status == "Succeeded"
    lines = shown(text(cloud))
    assert lines[0] == subject
    assert lines[1].startswith(says)
    assert f'<a href="{URL}{path}">{path}</a>' in text(cloud)
    assert event["id"] in text(cloud)
    assert "riverbend.example" not in text(cloud)
    assert cloud.waiting() == 0


def test_an_overdue_scan_names_the_last_run(teams: Cloud, nights: dict[str, Any]) -> None:
    last = teams.storage.runs.get(sample.run_id(2))
    assert last.completed_at
    event = events.scan_overdue(TENANT, last, NOW - timedelta(days=30), last.completed_at + timedelta(hours=51))
    assert event
    teams.put(event)
    teams.run()
    assert shown(text(teams))[0] == "HIPAA: no scan for 51 hours"
    assert shown(text(teams))[1] == f"The last completed run is {last.id}, ended {event['data']['last_completed_at']}."


POISON = {
    "no base64": ("<<<", True),
    "base64 of no JSON": ("hello", False),
    "bytes that are no text": ("/////w==", True),
    "JSON that is no object": ("[1, 2]", False),
    "empty object": ("{}", False),
    "another kind": (json.dumps({**FAILED, "eventType": "Hipaa.M365.SomethingNew"}), False),
    "a newer form": (json.dumps({**FAILED, "dataVersion": "2"}), False),
    "data is missing": (json.dumps({key: each for key, each in FAILED.items() if key != "data"}), False),
    "a field is missing": (json.dumps({**FAILED, "data": {"tenant": TENANT}}), False),
    "raw text": ('{"hello": 1}', True),
    "empty": ("", True),
}


@pytest.mark.parametrize(("body", "raw"), POISON.values(), ids=POISON.keys())
def test_a_message_that_is_no_event_is_told_and_taken_off_and_the_run_is_marked(teams: Cloud, body: str, raw: bool) -> None:
    (teams.put_raw if raw else teams.put)(body)
    run = only(teams)
    lines = shown(text(teams))
    assert lines[0] == "HIPAA: a message could not be understood"
    assert run.scope.trigger["MessageId"] in lines[1]
    assert run.scope.run in lines[2]
    assert (run.status, run.error and run.error["code"]) == ("Failed", "UnreadableMessage")
    assert teams.waiting() == 0
    assert not body or html.escape(body) not in text(teams), "the text of a stranger is not passed on"


def test_a_completed_scan_that_does_not_say_whether_it_is_worse_is_not_taken_for_good(teams: Cloud, nights: dict[str, Any]) -> None:
    for left_out in ("worse", "new_fail", "new_unknown", "counts", "complete"):
        teams.posted.clear()
        teams.put({**nights["better"], "data": {key: each for key, each in nights["better"]["data"].items() if key != left_out}})
        assert only(teams).error
        assert "could not be understood" in text(teams)


def test_a_message_that_arrives_decoded_is_read_too(teams: Cloud) -> None:
    teams.put_raw(f"  {json.dumps(FAILED)}")
    assert only(teams).status == "Succeeded"
    assert shown(text(teams))[0] == "HIPAA: a scan failed"


def test_what_could_not_be_told_stays_on_the_queue_and_is_told_later(cloud: Cloud) -> None:
    cloud.down = True
    cloud.put(FAILED)
    run = only(cloud)
    assert (run.status, run.went("Take_the_message_off_the_queue"), cloud.waiting()) == ("Failed", "Skipped", 1)
    cloud.down = False
    time.sleep(1.2)  # until it is visible again
    assert only(cloud).status == "Succeeded"
    assert (len(cloud.posted), cloud.waiting()) == (1, 0)


def test_a_table_that_cannot_be_read_costs_the_titles_only(teams: Cloud, nights: dict[str, Any]) -> None:
    teams.parameters["tableAddress"] = teams.parameters["tableAddress"].replace("devstoreaccount1", "nobody")
    teams.put(nights["worse"])
    assert only(teams).status == "Succeeded"
    lines = shown(text(teams))
    assert lines[0] == "HIPAA: controls that got worse: 3"
    assert "audit_log_is_on fails now (its title could not be read)" in lines
    assert "sharing_is_limited cannot be seen any more (its title could not be read)" in lines
    assert teams.waiting() == 0


def test_odd_characters_of_a_title_stay_text(teams: Cloud, nights: dict[str, Any]) -> None:
    run = "20261127T030000Z-0d0d"
    teams.storage.results.insert(sample.result("audit_log_is_on", "fail", run=run, title=ODD))
    event = copy.deepcopy(nights["worse"])
    event["data"] |= {"run": run, "new_fail": ["audit_log_is_on", "unheard_of"], "new_unknown": []}
    teams.put(event)
    assert only(teams).status == "Succeeded"
    page = text(teams)
    assert f"critical: {ODD} (audit_log_is_on) fails now" in shown(page)
    assert "unheard_of fails now (its title could not be read)" in shown(page)
    assert set(re.findall(r"<[^>]*>", page)) <= {"<p>", "</p>", "<strong>", "</strong>", "</a>", *re.findall(r'<a href="[^"<>\']*">', page)}
    assert "<script" not in page


def test_many_controls_are_cut_short_and_the_text_stays_below_what_teams_takes(teams: Cloud, nights: dict[str, Any]) -> None:
    known = catalogue.load().controls
    longest = sorted(known.values(), key=lambda control: len(control.title) + len(control.id), reverse=True)[:40]
    run = "20261128T030000Z-0e0e"
    for each in longest:
        sure = sample.result("audit_log_is_on", "fail", run=run, control=each.id, title=each.title, severity=each.severity)
        teams.storage.results.insert(sure)
    event = copy.deepcopy(nights["worse"])
    event["data"] |= {"run": run, "new_fail": [each.id for each in longest], "new_unknown": []}
    teams.put(event)
    assert only(teams).status == "Succeeded"
    lines = shown(text(teams))
    assert lines[0] == "HIPAA: controls that got worse: 40"
    assert lines[27] == "and 15 more"
    order = ["critical", "high", "medium", "low"]
    ranks = [order.index(line.split(":")[0]) for line in lines[2:27]]
    assert ranks == sorted(ranks)
    assert len(text(teams).encode()) < 28_000
    assert len(known) < 1000, "a page of the table holds a whole run"
