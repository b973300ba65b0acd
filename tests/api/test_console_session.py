"""Sessions of the console: how long they last, what a person is told of it, and what becomes of a form that was sent too late."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reporting.records import Actor
from reporting.sharing import SESSION, SESSION_IN_ALL, begun, invited, used
from tests.api.browser import BROWSER, browser
from tests.api.rig import OWNER, Api
from tests.api.test_console import form_of, session, signed_in, write_statement

needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium here; install the Debian package chromium")
Clock = Callable[[timedelta], None]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Sets the app's clock ahead of the real one."""
    from runs.context import Context

    now = Context.clock

    def set_ahead(span: timedelta) -> None:
        monkeypatch.setattr(Context, "clock", lambda self: now(self) + span)

    return set_ahead


def opens(app: Api, cookie: str) -> bool:
    return app.get("/console", key=None, headers={"Cookie": cookie}).status == 200


def test_a_session_lasts_as_long_as_it_is_used_and_a_working_day_at_most(app: Api, later: Clock) -> None:
    cookie = session(app)
    for minutes in range(0, 8 * 60, 25):
        later(timedelta(minutes=minutes))
        assert opens(app, cookie), minutes
    later(timedelta(hours=8, minutes=1))
    assert not opens(app, cookie), "however much it was used"
    idle = session(app)
    later(timedelta(hours=8, minutes=33))
    assert not opens(app, idle)
    assert not opens(app, idle), "and it stays so"


def test_what_a_session_is_told() -> None:
    at = datetime.fromisoformat("2026-11-24T08:00:00+00:00")
    made = begun(invited(Actor(kind="key"), at, "0" * 16, "x"), at, "y")
    assert (made.ends_at, made.ends_for_good) == (at + SESSION, at + SESSION_IN_ALL)
    assert used(made, at + timedelta(minutes=29)).ends_at == at + timedelta(minutes=59)
    assert used(made, at + timedelta(minutes=30)) == made, "over is over"
    ended = made.model_copy(update={"ends_at": at + timedelta(minutes=5)})
    assert used(ended, at + timedelta(minutes=6)) == ended
    near = made.model_copy(update={"ends_at": at + timedelta(hours=7, minutes=50)})
    assert used(near, at + timedelta(hours=7, minutes=40)).ends_at == at + SESSION_IN_ALL


def test_a_page_says_when_the_session_ends(app: Api, later: Clock) -> None:
    cookie = session(app)
    page = app.get("/console", key=None, headers={"Cookie": cookie}).text
    assert "UTC unless you open a page or send a form before then" in page
    for minutes in range(25, 8 * 60, 25):
        later(timedelta(minutes=minutes))
        page = app.get("/console", key=None, headers={"Cookie": cookie}).text
    assert "UTC for good: it lasts 8 hours at most" in page
    assert "The session ends" not in app.get("/console", key=None, headers=app.bearer()).text


def test_signing_out_ends_what_a_use_made_longer(app: Api, later: Clock) -> None:
    cookie = session(app)
    token, headers = form_of(app, {"Cookie": cookie})
    later(timedelta(minutes=20))
    assert app.form("/console/sign-out", {"form_token": token}, key=None, headers=headers).status == 303
    assert not opens(app, cookie)


LINK = {"name": "Ines Marlow", "organisation": "Banks & <b>Review</b>", "scope": "period", "first": "2026-11-01", "last": "2026-11-30"}


def by_session(app: Api, page: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """A form's token, what carries it, and the headers of who comes after the session has ended."""
    token, headers = form_of(app, {"Cookie": session(app)}, page)
    return token, headers, headers


def by_token(app: Api, page: str) -> tuple[str, dict[str, str], dict[str, str]]:
    token, headers = form_of(app, app.bearer(), page)
    over = int(time.time()) - 4000
    return token, headers, {**headers, **app.bearer(exp=over, iat=over - 3600, nbf=over - 3600)}


@pytest.mark.parametrize("signed", [by_session, by_token])
def test_a_form_that_was_sent_too_late_is_given_back(app: Api, later: Clock, signed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    token, _, headers = signed(app, "/link")
    before = len(app.get("/v1/auditor-links?limit=500", key="admin").json["links"])
    if signed is by_session:
        later(timedelta(minutes=31))
    answer = app.form("/console/link", {**LINK, "form_token": token}, key=None, headers=headers)
    assert answer.status == 401
    assert "<h1>Your session has ended</h1>" in answer.text
    assert "Nothing was written" in answer.text
    for name, value in LINK.items():
        assert f'name="{name}" value="{value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(app.get("/v1/auditor-links?limit=500", key="admin").json["links"]) == before
    _, again = form_of(app, {"Cookie": session(app)}) if signed is by_session else (None, app.bearer())
    fresh = headers["Cookie"].rpartition("; ")[2]
    carried = {**again, "Cookie": f"{again['Cookie'].partition('; ')[0]}; {fresh}"} if signed is by_session else {**again, "Cookie": fresh}
    shown = app.form("/console/link", {**LINK, "form_token": token, "again": "yes"}, key=None, headers=carried)
    assert shown.status == 200
    assert 'value="Ines Marlow"' in shown.text
    assert 'value="period" checked' in shown.text
    assert len(app.get("/v1/auditor-links?limit=500", key="admin").json["links"]) == before, "shown, not done"
    assert app.form("/console/link", {**LINK, "form_token": token}, key=None, headers=carried).status == 201


def test_only_who_was_signed_in_gets_a_form_back_and_only_its_own(app: Api, later: Clock) -> None:
    token, headers = form_of(app, {"Cookie": session(app)}, "/link")
    form = headers["Cookie"].rpartition("; ")[2]
    later(timedelta(minutes=31))
    tries = [
        ({**LINK, "form_token": token}, {"Cookie": form}),
        ({**LINK, "form_token": token}, {"Cookie": f"console=0123456789abcdef.{'x' * 43}; {form}"}),
        ({**LINK, "form_token": "x" * 43}, headers),
        ({**LINK, "form_token": token}, {**headers, "Sec-Fetch-Site": "cross-site"}),
        ({**LINK, "form_token": token}, {**headers, "Origin": "https://evil.example"}),
    ]
    for fields, carrying in tries:
        answer = app.form("/console/link", fields, key=None, headers=carrying)
        assert answer.status == 401
        assert "<h1>Sign in</h1>" in answer.text
        assert "Ines Marlow" not in answer.text
    later(timedelta(hours=13))
    assert "Ines Marlow" not in app.form("/console/link", {**LINK, "form_token": token}, key=None, headers=headers).text


@pytest.mark.parametrize("path", ["/console/sign-in", "/console/statement", "/console/links/0123456789abcdef/revoke", "/console/sign-out"])
@pytest.mark.parametrize("media", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_stranger_cannot_make_the_app_take_large_forms_apart(app: Api, path: str, media: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import azure.functions as func

    def parsed(_: Any) -> None:
        raise AssertionError("the form was taken apart")

    monkeypatch.setattr(func.HttpRequest, "_parse_form_data", parsed)
    body = b"a=b&" * 300_000 if media.startswith("app") else b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * 20_000 + b"--x--"
    answer = app.ask("POST", path, key=None, body=body, headers={"Content-Type": media})
    assert answer.status == (413 if path.endswith("sign-in") else 401)


def test_forms_have_their_measure_for_who_is_signed_in_too(app: Api) -> None:
    token, headers = form_of(app, app.bearer())
    pieces = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * 5000 + b"--x--"
    plainly, parts = {**headers, "Content-Type": "application/x-www-form-urlencoded"}, {**headers, "Content-Type": "multipart/form-data; boundary=x"}
    assert app.ask("POST", "/console/statement", key=None, body=pieces, headers=parts).status == 400
    assert app.ask("POST", "/console/statement", key=None, body=b"a=" + b"b" * 300_000, headers=plainly).status == 413
    assert app.ask("POST", "/console/link", key=None, body=b"a=" + b"b" * 300_000, headers=plainly).status == 413
    assert app.ask("POST", "/console/links/x/revoke", key=None, body=f"form_token={token}&a={'b' * 9000}".encode(), headers=plainly).status == 413
    assert app.ask("POST", "/console/nonsense", key=None, body=b"a=b", headers=plainly).status == 404


@needs_browser
def test_a_person_goes_on_with_a_form_after_signing_in_again(app: Api, tmp_path: Path, later: Clock) -> None:
    words = "The agreement is in force and covers all services.\nIt took half an hour to write."
    paper = tmp_path / "agreement.pdf"
    paper.write_bytes(b"%PDF-1.7\nthe agreement\n%%EOF\n")
    with browser(tmp_path) as tab:
        tab.no_scripts()
        signed_in(app, tab)
        tab.go(f"{app.held.host.url}/api/console/statement?type=baa_microsoft&as=yaml")
        write_statement(tab, words, paper, OWNER)
        later(timedelta(minutes=31))
        tab.click("Record the statement")
        assert "Your session has ended" in tab.text
        assert "Choose the file again" in tab.text
        assert words in tab.text, "it can be copied, too"
        for width in (1280, 320):
            tab.width(width)
            assert tab.overflow() <= 0
            assert tab.violations() == []
        with tab.another() as second:
            signed_in(app, second)
        tab.click("Go on with the form")
        assert tab.run("document.getElementById('statement').value") == words
        assert tab.run("document.getElementById('attester.name').value") == "Mara Quill"
        assert "Nothing was written" not in tab.text
        later(timedelta())
        tab.choose_file("document", paper)
        tab.run("document.getElementById('no_phi').checked = true")
        tab.click("Record the statement")
        assert "The statement was recorded" in tab.text, tab.text
