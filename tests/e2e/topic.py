"""A stand-in for a custom topic of Event Grid with the Event Grid schema: HTTPS, tokens of the simulated tenant, the service's refusals.

Publishing: https://learn.microsoft.com/azure/event-grid/post-to-custom-topic
"""

import json
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from local.azurite import _make_certificate

MEGABYTE = 1024 * 1024
AUDIENCE = "https://eventgrid.azure.net"
REQUIRED = {"id": str, "subject": str, "eventType": str, "eventTime": str, "dataVersion": str, "data": dict}


class Topic:
    """What came, event by event; `refuse` is a status that every request is answered with while it is set."""

    def __init__(self, read_token: Callable[[str], Mapping[str, Any]]) -> None:
        """`read_token` gives the claims of a token, or raises ValueError."""
        self.read_token = read_token
        self.events: list[dict[str, Any]] = []
        self.refuse: int | None = None
        self.answers: list[int] = []
        self.url, self.certificate = "", Path()

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status for one request; its events are kept when it is 200."""
        if self.refuse:
            return self.refuse
        if path != "/api/events?api-version=2018-01-01":
            return 404
        try:
            claims = self.read_token(headers.get("Authorization", "").removeprefix("Bearer "))
        except ValueError:
            return 401
        if claims["aud"] != AUDIENCE:
            return 401
        if len(body) > MEGABYTE:
            return 413
        if not headers.get("Content-Type", "").startswith("application/json") or not self._take(body):
            return 400
        return 200

    def _take(self, body: bytes) -> bool:
        """All or nothing, as the service does it."""
        events = json.loads(body)
        for event in events:
            if not isinstance(events, list) or any(not isinstance(event.get(name), kind) for name, kind in REQUIRED.items()):
                return False
            if "topic" in event or datetime.fromisoformat(event["eventTime"]).tzinfo is None:
                return False
        self.events += events
        return True


@contextmanager
def topic(read_token: Callable[[str], Mapping[str, Any]]) -> Iterator[Topic]:
    """A topic that answers while the block lasts."""
    made = Topic(read_token)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = made.answer(self.path, self.headers, body)  # type: ignore[arg-type]  # a Message is read like a mapping
            made.answers.append(status)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with tempfile.TemporaryDirectory() as folder:
        _make_certificate(Path(folder))
        made.certificate = Path(folder) / "certificate.pem"
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made.certificate, Path(folder) / "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        made.url = f"https://127.0.0.1:{server.server_port}/api/events"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
