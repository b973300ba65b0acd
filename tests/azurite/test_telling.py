"""Telling, on real tables and a real queue: nothing lost, nothing told anew, one channel at fault keeps no other waiting."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from reporting.signing import DevSigner
from reporting.stating import draft_of, stated
from reporting.storage import Storage
from reporting.storage.queue import EventQueue
from runs import telling
from runs.context import Context
from runs.watching import watch
from scanners.errors import StorageError, TopicError
from settings import Settings
from tests.azurite.conftest import empty
from tests.reporting import sample
from tests.scan_events import taken
from tests.statements import sample as statements


class Held(Context):
    """A deployment over the emulator, at a time of the test's choosing, with a topic of the test's making or none."""

    def __init__(self, connection: str, now: datetime) -> None:
        super().__init__(Settings.model_validate({"TENANT_ID": sample.TENANT.id, "SCAN_SCHEDULE": "0 0 3 * * *", "EVIDENCE_STORAGE": connection}))
        self.now = now

    def clock(self) -> datetime:
        return self.now


class Topic:
    """Takes what it is sent, or refuses."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.down = False

    def send(self, events: Sequence[Mapping[str, Any]]) -> None:
        if self.down:
            raise TopicError("down")
        self.got += [str(event["id"]) for event in events]


@pytest.fixture
def held(azurite: str) -> Held:
    empty(azurite)
    made = Held(azurite, sample.at(0, 15))
    made.storage.outbox.since(sample.at(-1))
    made.queue._create()
    _client(made).clear_messages()
    return made


def _client(held: Held) -> Any:
    return held.queue._client


def messages(held: Held) -> list[dict[str, Any]]:
    """What is on the queue, taken off it, in order."""
    return taken(held.queue)


def kinds(told: list[dict[str, Any]]) -> list[str]:
    return [event["eventType"].removeprefix("Hipaa.M365.") for event in told]


def test_a_run_is_told_once_however_often_it_is_announced(held: Held, signer: DevSigner) -> None:
    from runs.steps import announce

    sample.whole(held.storage, signer)
    assert announce(held, {"run": sample.run_id()}) == {"told": 1}
    assert announce(held, {"run": sample.run_id()}) == {"told": 0}
    watch(held)
    (event,) = messages(held)
    assert event["id"] == f"ScanCompleted-{sample.run_id()}"
    assert event["data"]["counts"]["total"] == 7


def test_what_changed_is_told_before_the_end_of_the_run(held: Held, signer: DevSigner) -> None:
    sample.whole(held.storage, signer)
    telling.tell(held, telling.of_run(held, held.storage.runs.get(sample.run_id())))
    messages(held)
    sample.whole(held.storage, signer, 1, audit_log_is_on="fail", legacy_authentication_is_blocked="pass")
    held.now = sample.at(1, 15)
    assert telling.tell(held, telling.of_run(held, held.storage.runs.get(sample.run_id(1)))) == 3
    told = messages(held)
    assert sorted(kinds(told)) == ["ControlStatusChanged", "ControlStatusChanged", "ScanCompleted"]
    end = next(event for event in told if event["eventType"].endswith("ScanCompleted"))
    assert (end["data"]["new_fail"], end["data"]["fixed"]) == (["audit_log_is_on"], ["legacy_authentication_is_blocked"])


def test_the_watch_tells_of_runs_that_nobody_announced(held: Held, signer: DevSigner) -> None:
    """The process died between the signature and the telling; or the run was ended by the next start."""
    sample.whole(held.storage, signer)
    sample.begin(held.storage, 1)
    held.storage.runs.update(sample.run_id(1), status="failed", completed_at=sample.at(1, 1), failure="the run ended without closing")
    held.now = sample.at(1, 2)
    watch(held)
    watch(held)
    told = messages(held)
    assert sorted(event["id"] for event in told) == [f"ScanCompleted-{sample.run_id()}", f"ScanFailed-{sample.run_id(1)}"]
    assert "without closing" not in json.dumps(told)


def test_a_run_under_way_and_an_old_run_are_not_told(held: Held, signer: DevSigner) -> None:
    sample.whole(held.storage, signer)
    sample.begin(held.storage, 8)
    held.now = sample.at(8, 1)
    watch(held)
    assert kinds(messages(held)) == ["ScanOverdue"]


def test_overdue_is_told_once_a_day_until_a_run_is_completed(held: Held, signer: DevSigner) -> None:
    held.storage.tables.delete("Events", "watch", "since")
    watch(held)
    assert messages(held) == []
    for hours in (25, 26, 27, 30, 51, 52):
        held.now = sample.at(0, 15) + timedelta(hours=hours)
        watch(held)
    told = messages(held)
    assert kinds(told) == ["ScanOverdue", "ScanOverdue"]
    assert [event["data"]["hours"] for event in told] == [27, 51]
    sample.whole(held.storage, signer, 3)
    held.now = sample.at(3, 20)
    watch(held)
    assert kinds(messages(held)) == ["ScanCompleted"]


def test_statements_about_to_end_are_told_by_the_most_pressing_notice_once(held: Held) -> None:
    stating(held, "restore_test", "2026-11-01", "2026-12-31")
    told: dict[str, list[int]] = {}
    for day in ("2026-11-30", "2026-12-01", "2026-12-02", "2026-12-25", "2026-12-31", "2027-01-01", "2027-01-04", "2027-02-01"):
        held.now = datetime.fromisoformat(f"{day}T12:15:00Z")
        watch(held)
        told[day] = [e["data"]["days"] for e in messages(held) if e["eventType"].endswith("StatementExpiring")]
    assert {day: days for day, days in told.items() if days} == {"2026-12-01": [30], "2026-12-25": [7], "2026-12-31": [0]}


def test_the_last_day_is_told_though_nobody_watched_on_it(held: Held) -> None:
    stating(held, "restore_test", "2026-11-01", "2026-12-31")
    held.now = datetime.fromisoformat("2027-01-05T00:15:00Z")
    watch(held)
    assert [e["data"]["days"] for e in messages(held) if e["eventType"].endswith("StatementExpiring")] == [0]


def test_a_statement_whose_place_is_taken_or_that_was_taken_back_is_not_told(held: Held) -> None:
    old = stating(held, "restore_test", "2026-11-01", "2026-12-31")
    stating(held, "restore_test", "2026-12-20", "2027-06-30")
    gone = stating(held, "incident_response_plan", "2026-11-01", "2026-12-31")
    held.storage.statements.put(gone.model_copy(update={"version": 2, "status": "withdrawn"}))
    held.now = datetime.fromisoformat("2026-12-28T12:15:00Z")
    watch(held)
    told = messages(held)
    assert old.id not in json.dumps(told)
    assert gone.id not in json.dumps(told)


def stating(held: Held, kind: str, first: str, last: str) -> Any:
    """A statement of the type, put into the store."""
    document = None
    if statements.TYPES[kind].statement.document_required:  # type: ignore[union-attr]
        from reporting.records import Document

        document = Document(sha256="b" * 64, bytes=10, media_type="application/pdf", blob_path="statements/x/documents/y")
    told = statements.told(kind, at=datetime.fromisoformat(f"{first}T08:00:00Z"), document=document)
    import uuid

    made = stated(draft_of(statements.draft(kind, effective_from=first, expires_at=last)), told, str(uuid.uuid4()), version=1)
    held.storage.statements.put(made.record)
    return made.record


def test_a_topic_at_fault_keeps_the_queue_from_nothing_and_gets_everything_later(held: Held, signer: DevSigner, caplog: Any) -> None:
    topic = Topic()
    held.__dict__["topic"] = topic
    sample.whole(held.storage, signer)
    topic.down = True
    watch(held)
    assert "event_grid: down" in caplog.text
    assert kinds(messages(held)) == ["ScanCompleted"]
    watch(held)
    assert messages(held) == [], "the queue has it already"
    topic.down = False
    watch(held)
    watch(held)
    assert topic.got == [f"ScanCompleted-{sample.run_id()}"]


def test_what_could_not_be_delivered_for_seven_days_is_given_up_and_said(held: Held, signer: DevSigner, caplog: Any) -> None:
    topic = Topic()
    held.__dict__["topic"] = topic
    topic.down = True
    sample.whole(held.storage, signer)
    watch(held)
    topic.down = False
    held.now = sample.at(7, 15)
    watch(held)
    assert f"ScanCompleted-{sample.run_id()}" not in topic.got
    assert "1 event(s) could not be delivered to event_grid for 7 days and are given up" in caplog.text


def test_a_crash_between_writing_down_and_delivering_loses_nothing(held: Held, signer: DevSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    sample.whole(held.storage, signer)

    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(telling, "deliver", crash)
        with pytest.raises(KeyboardInterrupt):
            watch(held)
    assert messages(held) == []
    watch(held)
    assert kinds(messages(held)) == ["ScanCompleted"]


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_crash_while_writing_down_loses_nothing(held: Held, signer: DevSigner, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """The store goes away after so many writes; whatever was repeated has the same id."""
    sample.whole(held.storage, signer)
    sample.whole(held.storage, signer, 1, audit_log_is_on="fail")
    held.now = sample.at(1, 15)
    tables, done = held.storage.tables, 0
    insert_all = tables.insert_all

    def failing(table: str, rows: Any) -> None:
        nonlocal done
        if table == "Events" and done >= after:
            raise StorageError("gone")
        done += table == "Events"
        insert_all(table, rows)

    with monkeypatch.context() as patched:
        patched.setattr(tables, "insert_all", failing)
        with pytest.raises(StorageError):
            watch(held)
    watch(held)
    told = messages(held)
    assert {event["id"] for event in told} == {
        f"ScanCompleted-{sample.run_id()}", f"ScanCompleted-{sample.run_id(1)}", f"ControlStatusChanged-{sample.run_id(1)}-audit_log_is_on",
    }  # fmt: skip


def test_a_question_that_cannot_be_answered_keeps_no_other_waiting(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise StorageError("statements are gone")

    watch(held)
    held.now = sample.at(2)
    monkeypatch.setattr(type(held.storage.statements), "current", broken)
    with pytest.raises(StorageError, match="statements are gone"):
        watch(held)
    assert kinds(messages(held)) == ["ScanOverdue"]


def test_a_run_that_cannot_be_read_hides_no_other(held: Held, signer: DevSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    sample.whole(held.storage, signer)
    sample.whole(held.storage, signer, 1)
    held.now = sample.at(1, 15)
    get = type(held.storage.attestations).get

    def torn(kept: Any, run: str, name: str) -> bytes:
        if run == sample.run_id(1) and name == "attestation.json":
            raise StorageError("torn")
        return get(kept, run, name)

    monkeypatch.setattr(type(held.storage.attestations), "get", torn)
    with pytest.raises(StorageError, match="torn"):
        watch(held)
    assert [event["id"] for event in messages(held)] == [f"ScanCompleted-{sample.run_id()}"]


def test_more_events_than_one_reading_takes_are_all_delivered(held: Held) -> None:
    events = [
        {"id": f"e-{n:03d}", "eventType": "t", "subject": "/s", "eventTime": "2026-11-24T03:00:00Z", "dataVersion": "1", "data": {}}
        for n in range(230)
    ]
    topic = Topic()
    held.__dict__["topic"] = topic
    assert telling.tell(held, events) == 230
    assert topic.got == [event["id"] for event in events]
    assert telling.tell(held, events) == 0


def test_a_missing_queue_is_made_where_that_is_allowed(azurite: str) -> None:
    from azure.storage.queue import QueueClient

    client = QueueClient.from_connection_string(azurite, "scan-events")
    queue = EventQueue.connect(azurite)
    queue.send("{}")
    client.delete_queue()
    queue.send('{"a": 1}')
    (message,) = client.peek_messages(5)
    assert message.content == "eyJhIjogMX0="


def test_a_queue_out_of_reach_is_a_fault_with_advice() -> None:
    from azure.core.exceptions import ServiceRequestError

    connection = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;QueueEndpoint=http://127.0.0.1:9/a;"
    with pytest.raises(StorageError, match="scan-events") as fault:
        EventQueue.connect(connection, retry_total=0).send("{}")
    assert isinstance(fault.value.__cause__, ServiceRequestError)


def test_the_store_has_the_table(azurite: str) -> None:
    assert empty(azurite).tables.first("Events", "PartitionKey ge '0'", 1) == []
    assert isinstance(Storage.connect(azurite, sample.TENANT.id).outbox.waiting("queue", 1), list)


def test_runs_of_before_this_deployment_was_watched_are_not_told(held: Held, signer: DevSigner) -> None:
    """After an upgrade nobody waits for news of last week."""
    sample.whole(held.storage, signer)
    sample.whole(held.storage, signer, 1, audit_log_is_on="fail")
    held.storage.tables.delete("Events", "watch", "since")
    held.now = sample.at(1, 30)
    watch(held)
    assert messages(held) == []
    sample.whole(held.storage, signer, 2)
    held.now = sample.at(2, 30)
    watch(held)
    assert kinds(messages(held)) == ["ControlStatusChanged", "ScanCompleted"]


def test_a_lost_run_is_ended_and_told(held: Held, signer: DevSigner) -> None:
    sample.begin(held.storage)
    held.now = sample.at(0, 60 * 4)
    watch(held)
    assert held.storage.runs.get(sample.run_id()).status == "running", "it may still go on"
    held.now = sample.at(0, 60 * 6)
    watch(held)
    assert held.storage.runs.get(sample.run_id()).status == "failed"
    assert "ScanFailed" in kinds(messages(held))


@pytest.mark.parametrize("fault", [StorageError("gone"), ValueError("a row that is none"), KeyError("changes")])
@pytest.mark.parametrize("where", ["runs.list", "ensure", "attestations.get"])
def test_what_waits_is_delivered_whatever_else_is_wrong(
    held: Held, signer: DevSigner, monkeypatch: pytest.MonkeyPatch, where: str, fault: Exception
) -> None:
    sample.whole(held.storage, signer)
    telling.note(held, [telling.of_run(held, held.storage.runs.get(sample.run_id()))[0]])
    sample.whole(held.storage, signer, 1)
    held.now = sample.at(1, 15)

    def broken(*_: Any, **__: Any) -> Any:
        raise fault

    owner, _, name = where.rpartition(".")
    monkeypatch.setattr(getattr(held.storage, owner) if owner else held.storage, name, broken)
    with pytest.raises(StorageError) as told:
        watch(held)
    assert "a row that is none" not in str(told.value)
    assert f"ScanCompleted-{sample.run_id()}" in [event["id"] for event in messages(held)]


def test_an_event_that_a_topic_refuses_keeps_no_other_waiting(held: Held, caplog: pytest.LogCaptureFixture) -> None:
    class Choosy(Topic):
        def send(self, events: Sequence[Mapping[str, Any]]) -> None:
            if any(event["id"] == "e-2" for event in events):
                raise TopicError("the topic answered 400", refused=True)
            super().send(events)

    topic = held.__dict__["topic"] = Choosy()
    events = [
        {"id": f"e-{n}", "eventType": "t", "subject": "/s", "eventTime": "2026-11-24T03:00:00Z", "dataVersion": "1", "data": {}} for n in range(5)
    ]
    telling.tell(held, events)
    assert topic.got == ["e-0", "e-1", "e-3", "e-4"]
    assert "e-2 was refused by event_grid and is given up" in caplog.text
    assert held.storage.outbox.waiting("event_grid", 10) == []


def test_a_statement_that_another_one_follows_on_the_next_day_is_not_told(held: Held) -> None:
    stating(held, "restore_test", "2026-11-01", "2026-12-31")
    held.now = datetime.fromisoformat("2026-12-31T12:15:00Z")
    made = stating(held, "restore_test", "2026-12-31", "2027-06-30")
    held.storage.statements.put(made.model_copy(update={"version": 2, "effective_from": made.effective_from + timedelta(days=1)}))
    watch(held)
    assert [kind for kind in kinds(messages(held)) if kind == "StatementExpiring"] == []
