"""What is wrong in a form is said in our words, at the field, to everybody: sighted, blind, with and without scripts."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.api.browser import BROWSER, browser
from tests.api.rig import Api
from tests.api.test_console import form_of, signed_in

needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium here; install the Debian package chromium")
LINK = {"name": "Noor Banks", "organisation": "Banks Review", "scope": "latest"}
EXCEPTION = {
    "control": "global_administrators_are_few",
    "kind": "risk_acceptance",
    "reason": "A merger is under way and ends in some weeks from now.",
    "compensating_measure": "Sign-ins are reviewed every week.",
    "expires_at": "2099-01-01",
}
STATEMENT = {"type": "baa_microsoft", "no_phi": "yes", "attester.name": "Mara Quill", "effective_from": "2026-11-24"}


class Page(HTMLParser):
    """Elements by id, and the text in each."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: dict[str, dict[str, str | None]] = {}
        self.text: dict[str, str] = {}
        self.links: list[str] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids[str(found["id"])] = found
        if tag == "a":
            self.links.append(str(found.get("href")))
        if tag not in {"input", "meta", "br"}:
            self._open.append(str(found.get("id") or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"input", "meta", "br"}:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for name in filter(None, self._open):
            self.text[name] = self.text.get(name, "") + data


@pytest.mark.parametrize(
    ("form", "fields", "field", "said"),
    [
        ("link", {**LINK, "name": "x"}, "name", "at least 2 characters"),
        ("link", {**LINK, "organisation": "x" * 121}, "organisation", "at most 120 characters"),
        ("link", {**LINK, "expires_on": "2030-01-01"}, "expires_on", "at most 90 days ahead"),
        ("link", {**LINK, "expires_on": "tomorrow"}, "expires_on", "not a day that exists"),
        ("link", {**LINK, "download_limit": "5000"}, "download_limit", "at most 1000"),
        ("link", {**LINK, "download_limit": "some"}, "download_limit", "a whole number"),
        ("link", {**LINK, "scope": "period"}, "first", "must be given"),
        ("link", {**LINK, "scope": "period", "first": "2026-11-20", "last": "2026-11-01"}, "last", "before the first day"),
        ("link", {**LINK, "scope": "period", "first": "0001-01-01", "last": "2026-11-01"}, "first", "2000 to 2100"),
        ("link", {**LINK, "scope": "runs", "run": "x"}, "run", "not the id of a run"),
        ("link", {**LINK, "scope": "everything"}, "scope", "must be one of"),
        ("exception", {**EXCEPTION, "control": "nonsense"}, "control", ""),
        ("exception", {**EXCEPTION, "kind": "nonsense"}, "kind", ""),
        ("exception", {**EXCEPTION, "reason": "short"}, "reason", ""),
        ("exception", {**EXCEPTION, "compensating_measure": ""}, "compensating_measure", ""),
        ("exception", EXCEPTION, "expires_at", "must be after"),
        ("statement", {**STATEMENT, "statement": "short"}, "statement", ""),
        ("statement", {**STATEMENT, "details": "- x"}, "details", "a list of names with values"),
        ("statement", {**STATEMENT, "details": "nonsense: 1"}, "details", ""),
        ("statement", {**STATEMENT, "effective_from": "never"}, "effective_from", ""),
        ("statement", {**STATEMENT, "no_phi": ""}, "no_phi", "must be confirmed"),
    ],
)
def test_a_problem_stands_at_its_field(app: Api, form: str, fields: dict[str, str], field: str, said: str) -> None:
    token, headers = form_of(app, app.bearer(), f"/{form}?type=baa_microsoft" if form == "statement" else f"/{form}")
    if form == "statement":
        fields = {"statement": "The agreement is in force and covers all services.", "details": "a: 1", **fields}
    answer = app.form(f"/console/{form}", {**fields, "form_token": token}, key=None, headers=headers)
    assert answer.status == 422
    page = Page(answer.text)
    at = page.ids[field]
    assert f"{field}-error" in str(at.get("aria-describedby")).split()
    assert at.get("aria-invalid") == ("true" if field != "scope" else None)
    assert page.text[f"{field}-error"].strip()
    assert said in page.text[f"{field}-error"]
    assert f"#{field}" in page.links, "the list at the top leads there"
    assert re.search("<title>Error: ", answer.text)
    assert "Value error" not in answer.text


@needs_browser
def test_forms_with_problems_pass_the_rules_on_any_screen(app: Api, tmp_path: Path) -> None:
    odd: dict[str, dict[str, Any]] = {
        "/link": {"name": "A", "organisation": "B", "download_limit": "5000", "expires_on": "2030-01-01"},
        "/statement?type=baa_microsoft": {"statement": "short", "attester__name": "x", "attester__title": "y", "attester__entra_object_id": "z"},
    }
    with browser(tmp_path) as tab:
        signed_in(app, tab)
        for page, fields in odd.items():
            tab.width(1280)
            tab.go(f"{app.held.host.url}/api/console{page}")
            tab.fill(**fields)
            tab.run("document.querySelectorAll('[type=checkbox]').forEach(box => box.checked = true)")
            tab.run("document.querySelector('form.sheet').noValidate = true")
            tab.run("document.querySelector('form.sheet button').click()")
            tab.settle()
            assert "Nothing was written" in tab.text
            assert tab.run("document.activeElement.id") == "problems", "the list of problems has the focus"
            for width in (1280, 320):
                tab.width(width)
                assert tab.overflow() <= 0, (page, width)
                assert tab.violations() == [], (page, width)
            invalid = int(tab.run("document.querySelectorAll('[aria-invalid=true]').length"))
            assert invalid == int(tab.run("document.querySelectorAll('.error').length")) >= 1
