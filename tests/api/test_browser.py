"""The browser that other tests look through: it sees a page that is too wide, scripts that are off, colours that are asked for."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.api.browser import BROWSER, Tab, browser

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here; install the Debian package chromium")


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with browser(tmp_path_factory.mktemp("browser")) as held:
        yield held


def show(tab: Tab, body: str) -> None:
    head = '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>A page</title>'
    tab.go(f"data:text/html,{quote(head + body)}")


def test_a_page_that_is_too_wide_is_seen_to_be(tab: Tab) -> None:
    wide = '<main><h1>Wide</h1><div style="width:500px">x</div></main>'
    tab.width(320)
    show(tab, wide)
    assert tab.run("innerWidth") == 320, "the screen stays as narrow as it was made, also on the next page"
    assert tab.overflow() >= 180
    tab.width(1280)
    assert tab.overflow() == 0
    tab.width(320)
    show(tab, "<main><h1>Narrow</h1><p>x</p></main>")
    assert tab.overflow() == 0


def test_what_breaks_the_accessibility_rules_is_found(tab: Tab) -> None:
    show(tab, '<main><h1>Rules</h1><input id="a"></main>')
    assert any(found.startswith("label") for found in tab.violations())


def test_what_a_person_prefers_is_told_to_the_page(tab: Tab) -> None:
    show(tab, "<main><h1>Colours</h1></main>")
    tab.prefers(forced_colors="active", prefers_color_scheme="dark")
    assert tab.run("matchMedia('(forced-colors: active)').matches && matchMedia('(prefers-color-scheme: dark)').matches") is True
    tab.prefers()
    assert tab.run("matchMedia('(forced-colors: active)').matches") is False


def test_scripts_that_are_off_do_not_run(tmp_path: Path) -> None:
    page = "<main><h1>Before</h1></main><script>document.querySelector('h1').innerText = 'After'</script>"
    with browser(tmp_path) as tab:
        show(tab, page)
        assert tab.text == "After"
        tab.no_scripts()
        show(tab, page)
        assert tab.text == "Before"
        assert tab.violations() == []
