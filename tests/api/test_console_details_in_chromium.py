"""Statements filled in field by field in Chromium, without scripts: a flat one, a register, and the way to YAML and back."""

from pathlib import Path
from typing import Any

import pytest

from tests.api.browser import BROWSER, Tab, browser
from tests.api.rig import Api
from tests.api.test_console import signed_in
from tests.api.test_console_details import HEAD, WORDS, example, filled

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here; install the Debian package chromium")


def put(tab: Tab, values: dict[str, str]) -> None:
    """Fill in a form as a person does: type, choose, tick."""
    for name, text in values.items():
        radio = tab.run(f"!document.getElementById({name!r}) || document.getElementById({name!r}).tagName === 'FIELDSET'")
        if radio:
            tab.run(f"document.getElementById('{name}-{text}').click()")
        elif text == "yes" and tab.run(f"document.getElementById({name!r}).type === 'checkbox'"):
            tab.run(f"document.getElementById({name!r}).click()")
        else:
            tab.fill(**{name.replace(".", "__"): text})


def fine(tab: Tab) -> None:
    for width in (1280, 320):
        tab.width(width)
        assert tab.overflow() <= 0, width
        assert tab.violations() == [], width


def newest(app: Api, name: str) -> dict[str, Any]:
    return dict(
        max(app.get(f"/v1/statements?type={name}&limit=200").json["statements"], key=lambda each: (each["submitted_at"], each["status"] == "active"))
    )


def test_a_person_answers_the_questions_of_a_risk_analysis(app: Api, tmp_path: Path) -> None:
    paper = tmp_path / "analysis.pdf"
    paper.write_bytes(b"%PDF-1.7\nthe analysis\n%%EOF\n")
    said = {each: text for each, text in HEAD.items() if each != "no_phi"}
    with browser(tmp_path) as tab:
        tab.no_scripts()
        signed_in(app, tab)
        tab.go(f"{app.held.host.url}/api/console/statement?type=risk_analysis")
        assert tab.run("document.querySelectorAll('input[type=radio]:checked').length") == 0, "no answer is there before a person gives it"
        assert tab.run("document.querySelector('form.sheet').checkValidity()") is False
        fine(tab)
        put(tab, {**said, **filled("risk_analysis"), "details.risks_high": "four", "no_phi": "yes"})
        tab.run("document.querySelector('form.sheet').noValidate = true")
        tab.click("Record the statement")
        assert "Risks high: must be a whole number" in tab.text
        assert tab.run("document.activeElement.id") == "problems"
        fine(tab)
        put(tab, {"details.risks_high": "4", "no_phi": "yes"})
        tab.choose_file("document", paper)
        tab.click("Record the statement")
        assert "The statement was recorded" in tab.text, tab.text
    made = newest(app, "risk_analysis")
    assert (made["details"], made["statement"]) == (example("risk_analysis"), WORDS)
    assert app.get(f"/v1/statements/{made['id']}/document").body == paper.read_bytes()


def test_a_person_fills_in_a_register_row_by_row(app: Api, tmp_path: Path) -> None:
    name, place = "business_associate_register", "details.entries"
    one = {key.removeprefix(f"{place}.0."): text for key, text in filled(name).items()}
    said = {each: text for each, text in HEAD.items() if each != "no_phi"}
    with browser(tmp_path) as tab:
        tab.no_scripts()
        signed_in(app, tab)
        tab.go(f"{app.held.host.url}/api/console/statement?type={name}")
        put(tab, said | {f"{place}.0.{field}": text for field, text in one.items()})
        tab.click("More rows")
        assert tab.run("document.activeElement.id") == f"{place}.2", "one goes on where the new rows begin"
        assert tab.run(f"document.getElementById('{place}.6.name') !== null && document.getElementById('{place}.7.name') === null")
        assert tab.run(f"document.getElementById('{place}.0.handles_phi-yes').checked && document.getElementById('statement').value") == WORDS
        fine(tab)
        put(tab, {f"{place}.5.{field}": text for field, text in one.items() if field != "handles_phi"} | {"no_phi": "yes"})
        tab.run("document.getElementById('attester.name').focus()")
        for kind in ("keyDown", "keyUp"):
            tab.calls(("Input.dispatchKeyEvent", {"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}))
        tab.settle()
        assert "Entries, row 6: Handles PHI: must be answered" in tab.text, "the Enter key records, and asks for no more rows"
        fine(tab)
        put(tab, {f"{place}.5.handles_phi": "no", "no_phi": "yes"})
        tab.click("Record the statement")
        assert "The statement was recorded" in tab.text, tab.text
    first = example(name)["entries"][0]
    assert newest(app, name)["details"] == {"entries": [first, {**first, "handles_phi": False}]}


def test_a_person_goes_from_fields_to_yaml_and_back(app: Api, tmp_path: Path) -> None:
    with browser(tmp_path) as tab:
        tab.no_scripts()
        signed_in(app, tab)
        tab.go(f"{app.held.host.url}/api/console/statement?type=contingency_plan")
        put(tab, {"statement": WORDS, "details.data_backup_plan": "no", "details.tested_on": "2026-06-12"})
        tab.click("Enter as YAML")
        text = str(tab.run("document.getElementById('details').value"))
        assert "data_backup_plan: false" in text
        assert "disaster" not in text, "what was not answered is not there"
        fine(tab)
        tab.click("Enter in fields")
        assert tab.run("document.getElementById('details.data_backup_plan-no').checked && document.getElementById('statement').value") == WORDS
        assert tab.run("document.querySelectorAll('input[type=radio]:checked').length") == 1
