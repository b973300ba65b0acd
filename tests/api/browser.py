"""A real Chromium, driven over its debugging protocol: pages, clicks, forms, cookies, accessibility rules and pictures."""

import asyncio
import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import aiohttp

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = Path(__file__).resolve().parents[2] / ".azurite/node_modules/axe-core/axe.min.js"
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars", "--remote-debugging-port=0")
RULES = "{runOnly:['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}"


class Tab:
    """One tab over one connection, kept open: what is set for the screen, scripts or colours lasts exactly as long as the connection that set it."""

    def __init__(self, port: int, target: str = "") -> None:
        with urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
            pages = [each for each in json.load(answer) if each["type"] == "page"]
        self._port, self._number, self._without_scripts = port, 0, False
        self._loop = asyncio.new_event_loop()
        self._session, self._line = self._loop.run_until_complete(
            self._connected(next(each["webSocketDebuggerUrl"] for each in pages if target in ("", each["id"])))
        )

    async def _connected(self, address: str) -> tuple[aiohttp.ClientSession, aiohttp.ClientWebSocketResponse]:
        session = aiohttp.ClientSession()
        return session, await session.ws_connect(address, max_msg_size=0)

    def close(self) -> None:
        """Close the connection; the tab itself ends with the browser."""
        self._loop.run_until_complete(self._line.close())
        self._loop.run_until_complete(self._session.close())
        self._loop.close()

    @contextmanager
    def another(self) -> "Iterator[Tab]":
        """A second tab of the same browser, with the same cookies."""
        with urlopen(Request(f"http://127.0.0.1:{self._port}/json/new?about:blank", method="PUT")) as answer:
            made = Tab(self._port, json.load(answer)["id"])
        try:
            yield made
        finally:
            made.close()

    def calls(self, *commands: tuple[str, Any]) -> list[dict[str, Any]]:
        """The answers of commands, one after the other; parameters may be made of the answers before."""
        return self._loop.run_until_complete(self._calls(commands))

    async def _calls(self, commands: tuple[tuple[str, Any], ...]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for method, given in commands:
            self._number += 1
            await self._line.send_json({"id": self._number, "method": method, "params": given(found) if callable(given) else given})
            while True:
                told = await asyncio.wait_for(self._line.receive_json(), 30)
                if told.get("id") == self._number:
                    assert "error" not in told, told
                    found.append(told["result"])
                    break
        return found

    def run(self, script: str) -> Any:
        """The value of an expression; promises are awaited. Scripts of a test are not the page's own: its policy does not stop them."""
        (told,) = self.calls(("Runtime.evaluate", {"expression": script, "awaitPromise": True, "returnByValue": True}))
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def go(self, url: str) -> None:
        """Open an address as a person types it."""
        self.calls(("Page.navigate", {"url": url}))
        self.settle()

    def settle(self) -> None:
        """Wait until the page is there and no redirect follows."""
        before, same, until = "", 0, time.monotonic() + 20
        while same < 3:
            assert time.monotonic() < until, f"still loading: {before}"
            time.sleep(0.12)
            try:
                now = str(self.run("document.readyState + ' ' + location.href"))
            except AssertionError:  # in between two pages
                continue
            same = same + 1 if now == before and now.startswith("complete") else 0
            before = now

    @property
    def url(self) -> str:
        return str(self.run("location.href"))

    @property
    def text(self) -> str:
        return str(self.run("document.body.innerText"))

    def fill(self, **fields: str) -> None:
        """Fill form fields by id; __ stands for a dot."""
        for name, value in fields.items():
            found = self.run(
                f"(e => {{ if (!e) return false; e.value = {json.dumps(value)}; return true }})(document.getElementById({json.dumps(name.replace('__', '.'))}))"
            )
            assert found, name

    def choose_file(self, name: str, path: Path) -> None:
        """Put a file into a file field, as the file dialog does."""
        self.calls(
            ("Runtime.evaluate", {"expression": f"document.getElementById({json.dumps(name)})"}),
            ("DOM.setFileInputFiles", lambda found: {"objectId": found[0]["result"]["objectId"], "files": [str(path)]}),
        )

    def click(self, words: str) -> None:
        """Click the link or button whose text begins with these words."""
        script = f"(e => {{ if (!e) return false; e.click(); return true }})([...document.querySelectorAll('main a, main button, header button, nav a')].find(e => e.innerText.trim().startsWith({json.dumps(words)})))"
        assert self.run(script), f"nothing to click says {words!r}: {self.text[:400]}"
        self.settle()

    def violations(self) -> list[str]:
        """What the accessibility rules find. They need timers, so scripts are on as long as they look; the page's own do not start by that."""
        self.calls(("Emulation.setScriptExecutionDisabled", {"value": False}))
        try:
            self.run(AXE.read_text("utf-8") + ";1")
            return list(self.run(f"axe.run(document,{RULES}).then(r=>r.violations.map(v=>v.id+': '+v.nodes.slice(0,2).map(n=>n.html).join(' ')))"))
        finally:
            self.calls(("Emulation.setScriptExecutionDisabled", {"value": self._without_scripts}))

    def overflow(self) -> int:
        """How many pixels the page is wider than the screen."""
        return int(self.run("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def width(self, pixels: int) -> None:
        """Make the screen this wide, and see that it is."""
        self.calls(("Emulation.setDeviceMetricsOverride", {"width": pixels, "height": 900, "deviceScaleFactor": 1, "mobile": False}))
        assert self.run("innerWidth") == pixels

    def prefers(self, **features: str) -> None:
        """What the person's system asks of pages: `forced_colors="active"`, `prefers_color_scheme="dark"`; without any, nothing."""
        asked = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.calls(("Emulation.setEmulatedMedia", {"features": asked}))

    def picture(self, path: Path, pixels: int) -> None:
        """A picture of the whole page at a width."""
        self.width(pixels)
        (shot,) = self.calls(("Page.captureScreenshot", {"captureBeyondViewport": True}))
        path.write_bytes(base64.b64decode(shot["data"]))

    def no_scripts(self) -> None:
        """Switch the page's own scripts off."""
        self._without_scripts = True
        self.calls(("Emulation.setScriptExecutionDisabled", {"value": True}))


@contextmanager
def browser(folder: Path, *flags: str) -> Iterator[Tab]:
    """A fresh Chromium with one tab."""
    profile = folder / "profile"
    command = [str(BROWSER), *FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port, until = profile / "DevToolsActivePort", time.monotonic() + 30
        while not (port.exists() and port.read_text().strip()):
            assert time.monotonic() < until, "Chromium did not start"
            time.sleep(0.05)
        tab = Tab(int(port.read_text().splitlines()[0]))
        try:
            yield tab
        finally:
            tab.close()
    finally:
        running.terminate()
        running.wait(timeout=20)
