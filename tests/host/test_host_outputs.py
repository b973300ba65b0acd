"""Output bindings of the local host on the real emulator, and the emulator's own start and stop."""

from __future__ import annotations

import base64
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import azure.durable_functions as df
import azure.functions as func
import pytest

from local.azurite import Azurite, AzuriteError, development_connection_string
from local.host import Host

ROOT = Path(__file__).resolve().parents[2]
SCHEDULE = {"TOY_SCHEDULE": "0 0 3 * * *"}


@pytest.fixture(scope="module")
def azurite() -> Iterator[Azurite]:
    with Azurite() as running:
        yield running


def received(azurite: Azurite, name: str = "scan-events") -> list[str]:
    """Raw texts in a queue, taken out."""
    from azure.storage.queue import QueueClient

    with QueueClient.from_connection_string(azurite.connection_string, name) as queue:
        texts = []
        for message in queue.receive_messages():
            texts.append(message.content)
            queue.delete_message(message)
        return texts


def hosted(toy: ModuleType, data: Path, **settings: str) -> Host:
    return Host(toy.make(), data, environment={**SCHEDULE, **settings})


def test_an_activity_puts_a_message_on_the_queue_as_base64(azurite: Azurite, toy: ModuleType, tmp_path: Path) -> None:
    with hosted(toy, tmp_path, EVIDENCE_STORAGE=azurite.connection_string) as host:
        for number in range(2):  # the first makes the queue, the second finds it
            given = json.dumps({"name": "tell", "input": {"run": f"é{number}"}})
            assert host.wait(host.start_new("call", None, given), 20)["output"] == "told"
    assert [json.loads(base64.b64decode(text)) for text in received(azurite)] == [{"run": "é0"}, {"run": "é1"}]


def test_an_http_function_puts_a_message_on_the_queue(azurite: Azurite, toy: ModuleType, tmp_path: Path, fetch: Any) -> None:
    with hosted(toy, tmp_path, EVIDENCE_STORAGE=azurite.connection_string) as host:
        assert fetch(f"{host.url}/api/announce", "POST", b"plain text").status == 202
    assert [base64.b64decode(text) for text in received(azurite)] == [b"plain text"]


def test_a_returned_list_becomes_one_message_each(azurite: Azurite, tmp_path: Path) -> None:
    app = df.DFApp()

    @app.timer_trigger(arg_name="timer", schedule="0 0 3 * * *")
    @app.queue_output(arg_name="$return", queue_name="%TOY_QUEUE%", connection="EVIDENCE_STORAGE")
    def several(timer: func.TimerRequest) -> str:
        return ["one", "two"]  # type: ignore[return-value]

    with Host(app, tmp_path, environment={"EVIDENCE_STORAGE": azurite.connection_string, "TOY_QUEUE": "Returned"}) as host:
        host.fire_timer("several")
    assert sorted(base64.b64decode(text) for text in received(azurite, "returned")) == [b"one", b"two"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "the setting EVIDENCE_STORAGE must hold a storage connection string"),
        ({"EVIDENCE_STORAGE": "nonsense"}, "through EVIDENCE_STORAGE: ValueError"),
    ],
)
def test_a_message_that_cannot_be_delivered_fails_the_activity(toy: ModuleType, tmp_path: Path, settings: dict[str, str], said: str) -> None:
    with hosted(toy, tmp_path, **settings) as host:
        ended = host.wait(host.start_new("call", None, json.dumps({"name": "tell", "input": {}})), 20)
    assert said in ended["output"]["failed"]


class _Topic(BaseHTTPRequestHandler):
    bodies: list[Any] = []

    def do_POST(self) -> None:
        _Topic.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def test_events_go_to_a_topic_on_loopback_and_nowhere_else(toy: ModuleType, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Topic)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    given = json.dumps({"name": "publish", "input": {"run": "r"}})
    try:
        with hosted(toy, tmp_path / "a", EVENT_GRID_TOPIC__topicEndpointUri=f"http://127.0.0.1:{server.server_port}/events") as host:
            assert host.wait(host.start_new("call", None, given), 20)["output"] == "published"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    ((event,),) = _Topic.bodies
    assert (event["eventType"], event["data"]) == ("t", {"run": "r"})
    with caplog.at_level(logging.WARNING), hosted(toy, tmp_path / "b", EVENT_GRID_TOPIC__topicEndpointUri="https://topic.example/api/events") as host:
        assert host.wait(host.start_new("call", None, given), 20)["output"] == "published"
    assert "not delivered" in caplog.text
    assert len(_Topic.bodies) == 1


def test_azurite_keeps_its_data_in_a_folder(tmp_path: Path) -> None:
    from azure.storage.blob import BlobServiceClient

    with Azurite(tmp_path) as first, BlobServiceClient.from_connection_string(first.connection_string) as blobs:
        blobs.create_container("kept").upload_blob("x", b"bytes")
    with Azurite(tmp_path) as second, BlobServiceClient.from_connection_string(second.connection_string) as blobs:
        assert blobs.get_blob_client("kept", "x").download_blob().readall() == b"bytes"


def test_azurite_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    code = "import time; from local.azurite import Azurite; a = Azurite(); a.start(); print(a.endpoints.blob, flush=True); time.sleep(60)"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    starter = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert starter.stdout
        address = starter.stdout.readline().strip()
        assert answers(address)
    finally:
        starter.send_signal(signal.SIGKILL)
        starter.wait()
        starter.stdout.close()  # type: ignore[union-attr]
    until = time.monotonic() + 10
    while answers(address) and time.monotonic() < until:
        time.sleep(0.05)
    assert not answers(address)


def answers(address: str) -> bool:
    import http.client
    from urllib.parse import urlsplit

    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(address).port or 0, timeout=2)
    try:
        connection.request("GET", "/")
        with connection.getresponse() as answer:
            return answer.status > 0
    except OSError:
        return False
    finally:
        connection.close()


def test_azurite_with_tls_takes_tokens_and_gives_delegation_keys() -> None:
    from datetime import UTC, datetime, timedelta

    from azure.core.credentials import AccessToken
    from azure.storage.blob import BlobSasPermissions, BlobServiceClient, generate_blob_sas

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    now = int(time.time())
    tenant = "00000000-0000-0000-0000-000000000001"
    claims = {
        "aud": "https://storage.azure.com",
        "iss": f"https://sts.windows.net/{tenant}/",
        "oid": tenant,
        "tid": tenant,
        "iat": now,
        "nbf": now - 60,
        "exp": now + 600,
    }

    class Token:
        def get_token(self, *_: str, **__: Any) -> AccessToken:
            return AccessToken(f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}.x", now + 600)

    with Azurite(tls=True) as running:
        trust = str(running.certificate)
        with BlobServiceClient(running.endpoints.blob, Token(), connection_verify=trust, retry_total=0) as blobs:
            blob = blobs.create_container("signed").upload_blob("x", b"bytes")
            until = datetime.now(UTC) + timedelta(minutes=5)
            key = blobs.get_user_delegation_key(datetime.now(UTC) - timedelta(minutes=5), until)
            sas = generate_blob_sas(
                "devstoreaccount1", "signed", "x", user_delegation_key=key, permission=BlobSasPermissions(read=True), expiry=until
            )
        import ssl
        import urllib.request

        with urllib.request.urlopen(f"{blob.url}?{sas}", context=ssl.create_default_context(cafile=trust), timeout=10) as answer:
            assert answer.read() == b"bytes"


def test_the_short_form_for_an_emulator_on_its_usual_ports() -> None:
    from azure.storage.queue import QueueClient

    with QueueClient.from_connection_string(development_connection_string(), "some-queue") as queue:
        assert queue.url == "http://127.0.0.1:10001/devstoreaccount1/some-queue"


def test_a_missing_azurite_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AzuriteError, match="make setup"):
        Azurite(root=tmp_path).start()
