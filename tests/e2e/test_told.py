"""Who is told of a run: the queue and a topic of Event Grid, through the whole app, with the real SDKs and a token of the simulated tenant."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.request import Request, urlopen

import pytest

from local.environment import put
from local.tenant import tokens
from settings import problems
from tests.e2e.rig import Rig, rig
from tests.e2e.topic import AUDIENCE, Topic, topic
from tests.scan_events import taken

PERSON = "b1f0c5a2-2d53-4f1c-9b5e-1a0f6d3c7e21"
SETTING = "EVENT_GRID_TOPIC__topicEndpointUri"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rig, Topic]]:
    patch = pytest.MonkeyPatch()
    patch.setitem(tokens.RESOURCES, AUDIENCE, "Azure Event Grid")
    with rig(tmp_path_factory.mktemp("told")) as held, topic(held.tenant.ends.sign_in.signer.read) as made:
        patch.setenv("REQUESTS_CA_BUNDLE", str(made.certificate))
        put({SETTING: made.url})
        yield held, made
    patch.undo()


def messages() -> list[dict[str, Any]]:
    """What is on the queue, taken off it."""
    from runs.context import context

    return taken(context().queue)


def test_a_run_is_told_to_the_queue_and_to_the_topic(told: tuple[Rig, Topic]) -> None:
    held, made = told
    run = held.scan().run
    assert made.answers == [200]
    assert [event["id"] for event in made.events] == [f"ScanCompleted-{run}"]
    assert messages() == made.events, "the same event on both"
    data = made.events[0]["data"]
    for path in (data["results"], data["report"]):
        assert held.call(path.removeprefix("/api"))[0] == 200


def test_the_events_name_nothing_of_the_tenant_but_its_id(told: tuple[Rig, Topic]) -> None:
    held, made = told
    text = json.dumps(made.events)
    world = held.tenant.world
    assert world.tenant["id"] in text
    names = {str(user[name]) for user in world.people for name in ("id", "displayName", "userPrincipalName") if user.get(name)}
    assert len(names) > 50
    assert not [name for name in names if name in text]
    assert world.tenant["displayName"] not in text


def test_a_topic_that_refuses_gets_everything_later_and_the_queue_at_once(told: tuple[Rig, Topic]) -> None:
    held, made = told
    made.events.clear()
    made.refuse = 403
    _state(held)
    run = held.scan().run
    ids = {event["id"] for event in messages()}
    assert f"ScanCompleted-{run}" in ids
    assert any(each.startswith(f"ControlStatusChanged-{run}-") for each in ids)
    assert made.events == []
    held.host.fire_timer("watch")
    assert made.events == []
    made.refuse = None
    held.host.fire_timer("watch")
    assert {event["id"] for event in made.events} == ids
    assert len(made.events) == len(ids)
    held.host.fire_timer("watch")
    assert (len(made.events), messages()) == (len(ids), [])


def test_what_changed_is_what_the_interface_says(told: tuple[Rig, Topic]) -> None:
    held, made = told
    end = next(event for event in made.events if event["eventType"].endswith("ScanCompleted"))["data"]
    changes = json.loads(held.call(end["changes"].removeprefix("/api"))[2])
    assert {name: changes[name] for name in ("new_fail", "new_unknown", "fixed", "readable_again")} == {
        name: end[name] for name in ("new_fail", "new_unknown", "fixed", "readable_again")
    }
    assert end["fixed"], "the statement has settled something"
    changed = [event["data"] for event in made.events if event["eventType"].endswith("ControlStatusChanged")]
    assert set(end["fixed"]) <= {each["control"] for each in changed if each["change"] == "better"}
    for each in changed:
        newest = json.loads(held.call(each["history"].removeprefix("/api"))[2])["history"][0]
        assert (newest["run"], newest["outcome"]) == (each["run"], each["after"])


def _state(held: Rig) -> None:
    """A person states whatever is due and needs no document."""
    kinds = json.loads(held.call("/v1/statement-types")[2])["types"]
    headers = {"x-functions-key": held.host.keys.master, "Content-Type": "application/json"}
    for kind in (each for each in kinds if each["due"] and not each["document_required"]):
        record = {
            "type": kind["type"],
            "statement": "I confirm that what is said here is true and was looked at.",
            "attester": {"name": "A. Finch", "title": "Head", "role": kind["attester_role"], "entra_object_id": PERSON},
            "effective_from": datetime.now(UTC).date().isoformat(),
            "contains_phi": False,
            "details": kind["example_details"],
        }
        with urlopen(Request(f"{held.host.url}/api/v1/statements", data=json.dumps(record).encode(), headers=headers), timeout=30) as answer:
            assert answer.status == 201


@pytest.mark.parametrize(
    "address",
    [
        "http://evgt.eastus-1.eventgrid.azure.net/api/events", "https://evgt.example/api/events", "https://evgt.eastus-1.eventgrid.azure.net/",
        "https://eventgrid.azure.net.example/api/events", "evgt", "https://x@evil.example/.eventgrid.azure.net/api/events",
        r"https://evil.example\@x.eastus-1.eventgrid.azure.net/api/events", "https://a@x.eastus-1.eventgrid.azure.net/api/events",
        "https://x.eastus-1.eventgrid.azure.net:8443/api/events", "https://x.eastus-1.eventgrid.azure.net/api/events?a=b",
        "https://x.eastus-1.eventgrid.azure.net/api/events\n", "https://..eventgrid.azure.net/api/events", r"https://evil.example\@127.0.0.1/api/events",
    ],
)  # fmt: skip
def test_a_token_is_sent_to_event_grid_only(address: str) -> None:
    good = {"TENANT_ID": "6f1f2b8e-0b0e-4a53-9d3e-2a5a7a2c9e11", "SCAN_SCHEDULE": "0 0 3 * * *", "EVIDENCE_STORAGE": "UseDevelopmentStorage=true"}
    assert problems({**good, SETTING: "https://evgt-hipaa-x.eastus-1.eventgrid.azure.net/api/events"}) == ()
    (problem,) = problems({**good, SETTING: address})
    assert problem.startswith(f"{SETTING}: is not the address of an Event Grid topic. Example: https://")
