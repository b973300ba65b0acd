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
from urllib.request import urlopen

import aiohttp

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = Path(__file__).resolve().parents[2] / ".azurite/node_modules/axe-core/axe.min.js"
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars", "--remote-debugging-port=0")
RULES = "{runOnly:['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}"


class Tab:
    """One tab. Each call opens its own connection, which keeps this small; the page lives on in between."""

    def __init__(self, port: int) -> None:
        with urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
            self._socket = next(each["webSocketDebuggerUrl"] for each in json.load(answer) if each["type"] == "page")

    def calls(self, *commands: tuple[str, Any]) -> list[dict[str, Any]]:
        return asyncio.run(self._calls(commands))

    async def _calls(self, commands: tuple[tuple[str, Any], ...]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        async with aiohttp.ClientSession() as session, session.ws_connect(self._socket, max_msg_size=0) as line:
            for number, (method, given) in enumerate(commands):
                params = given(found) if callable(given) else given
                await line.send_json({"id": number, "method": method, "params": params})
                while True:
                    told = await asyncio.wait_for(line.receive_json(), 30)
                    if told.get("id") == number:
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
        """What the accessibility rules find."""
        self.calls(("Page.setBypassCSP", {"enabled": True}))
        self.run(AXE.read_text("utf-8") + ";1")
        return list(self.run(f"axe.run(document,{RULES}).then(r=>r.violations.map(v=>v.id+': '+v.nodes.slice(0,2).map(n=>n.html).join(' ')))"))

    def overflow(self) -> int:
        """How many pixels the page is wider than the screen."""
        return int(self.run("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def width(self, pixels: int) -> None:
        """Make the screen this wide."""
        self.calls(("Emulation.setDeviceMetricsOverride", {"width": pixels, "height": 900, "deviceScaleFactor": 1, "mobile": pixels < 600}))

    def picture(self, path: Path, pixels: int) -> None:
        """A picture of the whole page at a width."""
        metrics = {"width": pixels, "height": 900, "deviceScaleFactor": 1, "mobile": pixels < 600}
        _, shot = self.calls(("Emulation.setDeviceMetricsOverride", metrics), ("Page.captureScreenshot", {"captureBeyondViewport": True}))
        path.write_bytes(base64.b64decode(shot["data"]))

    def no_scripts(self) -> None:
        """Switch the page's own scripts off."""
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
        yield Tab(int(port.read_text().splitlines()[0]))
    finally:
        running.terminate()
        running.wait(timeout=20)
