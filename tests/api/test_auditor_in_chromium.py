"""An auditor opens a link in Chromium: from a mail of another site, on a wide and on a narrow screen."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.api.browser import BROWSER, browser
from tests.api.rig import Api
from tests.api.test_auditor import shared

needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium here; install the Debian package chromium")


@contextmanager
def another_site(target: str) -> Iterator[str]:
    """A page of another site (localhost is another one than 127.0.0.1) with a link, as a webmail has it."""

    class Mail(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f'<main><a href="{target}">Open the link</a></main>'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mail)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


@needs_browser
def test_an_auditor_opens_the_link_from_a_mail_and_reads_the_report(app: Api, tmp_path: Path) -> None:
    link, _, secret = shared(app)
    with browser(tmp_path) as tab, another_site(link["url"]) as mail:
        tab.go(mail)
        tab.click("Open the link")
        assert tab.url == f"{app.held.host.url}/api/auditor/{link['id']}"
        assert "Shared with Ada Finch" in tab.text
        assert secret not in tab.run("document.documentElement.outerHTML")
        assert tab.run("document.cookie") == ""
        for width in (1280, 320):
            tab.width(width)
            assert tab.overflow() <= 0
            assert tab.violations() == []
        tab.click("Read the report")
        assert tab.url.endswith("/report")
        assert app.run in tab.text


@needs_browser
def test_a_browser_without_the_secret_is_told_so_and_does_not_turn_in_circles(app: Api, tmp_path: Path) -> None:
    link, _, _ = shared(app)
    with browser(tmp_path) as tab, another_site(link["url"].partition("?")[0]) as mail:
        tab.go(mail)
        tab.click("Open the link")
        assert "its last part is the key" in tab.text
        assert tab.violations() == []
