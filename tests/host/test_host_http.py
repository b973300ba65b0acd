"""HTTP routes, keys and timers of the local host."""

from __future__ import annotations

import http.client
import logging
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.host import Host

SCHEDULE = {"TOY_SCHEDULE": "0 0 3 * * *"}


def raw(
    host: Host, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, list[tuple[str, str]], bytes]:
    """A request that no client library tidies up."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(host.url).port or 0, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "method", "key", "status"),
    [
        ("open", "GET", None, 200),
        ("open", "GET", "wrong", 200),
        ("keyed/a", "GET", None, 401),
        ("keyed/a", "GET", "wrong", 401),
        ("keyed/a", "GET", "", 401),
        ("keyed/a", "GET", "ключ", 401),
        ("keyed/a", "GET", "default", 200),
        ("keyed/a", "GET", "master", 200),
        ("keyed/a", "GET", "system", 401),
        ("admin", "POST", None, 401),
        ("admin", "POST", "default", 401),
        ("admin", "POST", "master", 204),
    ],
)
def test_each_level_opens_to_its_keys_only(host: Host, path: str, method: str, key: str | None, status: int, fetch: Any) -> None:
    value = getattr(host.keys, key, key) if key else key
    header = {} if value is None else {"x_functions_key": value.encode().decode("latin-1")}
    assert fetch(f"{host.url}/api/{path}", method, **header).status == status
    if value is not None and value.isascii():
        assert fetch(f"{host.url}/api/{path}?code={value}", method).status == status


def test_a_function_sees_the_request_as_it_was_sent(host: Host, fetch: Any) -> None:
    url = f"{host.url}/api/keyed/caf%C3%A9%2Fbar?a=1&a=2&b=%20x"
    got = fetch(url, "POST", bytes(range(256)), x_functions_key=host.keys.default, x_probe="yes").json
    assert got["method"] == "POST"
    assert got["name"] == "café%2Fbar"  # an encoded slash stays encoded, as behind Kestrel
    assert got["params"] == {"a": "1,2", "b": " x"}
    assert got["header"] == "yes"
    assert got["body"].encode("latin-1") == bytes(range(256))
    assert got["url"].startswith(f"{host.url}/api/keyed/")


def test_a_literal_route_beats_a_parameter_and_case_does_not_matter(host: Host, fetch: Any) -> None:
    assert fetch(f"{host.url}/API/Keyed/FIXED", x_functions_key=host.keys.default).body == b"fixed"
    assert fetch(f"{host.url}/api/keyed/fixed", "POST", b"", x_functions_key=host.keys.default).json["name"] == "fixed"
    assert fetch(f"{host.url}/api/files/a/b%20c/d").body == b"a/b c/d"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "nothing"), ("DELETE", "open"), ("HEAD", "cookies"), ("GET", "keyed"), ("GET", "open/more"), ("GET", "../open")]
)
def test_unknown_paths_and_methods_are_404_as_on_the_platform(host: Host, method: str, path: str) -> None:
    status, _, body = raw(host, method, f"/api/{path}")
    assert (status, body) == (404, b"")


def test_redirect_binary_body_and_several_cookies(host: Host, fetch: Any) -> None:
    got = fetch(f"{host.url}/api/cookies")
    assert got.status == 303
    assert got.body == bytes(range(256))
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert got.headers["X-Own"] == "1"
    first, second = got.headers.get_all("Set-Cookie")
    assert {part.strip() for part in first.split(";")} == {"one=1", "HttpOnly", "Secure", "SameSite=Strict", "Path=/x"}
    assert second.startswith("two=2")


def test_head_has_the_headers_of_get_without_the_body(host: Host) -> None:
    status, headers, body = raw(host, "HEAD", "/api/open")
    assert (status, body) == (200, b"")
    assert dict(headers)["Content-Length"] == "5"


def test_an_exception_is_a_bare_500_and_the_log_has_neither_query_nor_text(host: Host, caplog: pytest.LogCaptureFixture, fetch: Any) -> None:
    with caplog.at_level(logging.INFO):
        got = fetch(f"{host.url}/api/broken?key=hush")
    assert (got.status, got.body) == (500, b"")
    assert "function broken failed with ValueError at toy.py" in caplog.text
    assert "hush" not in caplog.text
    assert "secret value" not in caplog.text


def test_a_body_over_100_mb_is_413(host: Host) -> None:
    headers = {"x-functions-key": host.keys.default, "Content-Length": str(100 * 1024 * 1024 + 1)}
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(host.url).port or 0, timeout=30)
    connection.putrequest("POST", "/api/keyed/big")
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    answer.close()
    connection.close()


def test_a_body_without_a_length_is_stopped_at_the_limit(toy: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.host.web.BODY_LIMIT", 1000)
    with Host(toy.make(), tmp_path, environment=SCHEDULE) as host:
        for size, status in ((900, 200), (1100, 413)):
            connection = http.client.HTTPConnection("127.0.0.1", urlsplit(host.url).port or 0, timeout=30)
            connection.request("POST", "/api/keyed/x", iter([b"x" * size]), {"x-functions-key": host.keys.default}, encode_chunked=True)
            with connection.getresponse() as answer:
                assert answer.status == status
            connection.close()


def test_a_foreign_host_name_is_refused(host: Host) -> None:
    assert raw(host, "GET", "/api/open", headers={"Host": "attacker.example"})[0] == 400
    assert raw(host, "GET", "/api/open", headers={"Host": "localhost:1"})[0] == 200


def test_the_durable_end_is_hidden_behind_a_secret_path(host: Host, fetch: Any) -> None:
    assert fetch(f"{host.url}/durabletask/instances/").status == 404
    assert fetch(f"{host.url}/durabletask/guess/instances/", x_functions_key=host.keys.master).status == 404
    webhooks = f"{host.url}/runtime/webhooks/durabletask/instances/x"
    assert fetch(webhooks, x_functions_key=host.keys.default).status == 401
    assert fetch(f"{webhooks}?code={host.keys.system}").status == 404  # open, and there is no such instance


@pytest.mark.parametrize("name", ["clinic.example", "[::1", "a" * 300, "127.0.0.1.clinic.example"])
def test_another_name_of_this_machine_is_refused_however_it_is_written(host: Host, name: str) -> None:
    status, _, body = raw(host, "GET", "/api/open", headers={"Host": name})
    assert (status, body) == (400, b"")
