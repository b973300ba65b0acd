"""The console: guarded, protected against forged forms, and used in Chromium without scripts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.api.browser import BROWSER, Tab, browser
from tests.api.rig import ADMINISTRATOR, APPROVER, OTHER, OWNER, READER, Api

PAGES = [
    "",
    "/statements",
    "/statement",
    "/statement?type=baa_microsoft",
    "/statement?type=business_associate_register",
    "/statement?type=baa_microsoft&as=yaml",
    "/exceptions",
    "/exception",
    "/links",
    "/link",
    "/access",
    "/report",
]
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium here; install the Debian package chromium")


def session(app: Api) -> str:
    """The cookie of a console session."""
    url = app.post("/v1/console-sessions", key="admin").json["url"]
    answer = app.form("/console/sign-in", {"key": url.partition("key=")[2]}, key=None)
    assert (answer.status, answer.headers["Location"]) == (303, "/api/console")
    cookie = answer.headers["Set-Cookie"]
    for word in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/api/console", "Max-Age=28800"):
        assert word in cookie
    return cookie.partition(";")[0]


def form_of(app: Api, headers: dict[str, str], page: str = "/links") -> tuple[str, dict[str, str]]:
    """A page's form token, and headers that carry its cookie too."""
    got = app.get(f"/console{page}", key=None, headers=headers)
    assert got.status == 200
    cookie = got.headers["Set-Cookie"].partition(";")[0]
    assert "HttpOnly" in got.headers["Set-Cookie"]
    both = "; ".join(part for part in (headers.get("Cookie", ""), cookie) if part)
    return cookie.partition("=")[2], {**headers, "Cookie": both}


@pytest.mark.parametrize("page", PAGES)
def test_nobody_gets_in_without_signing_in(app: Api, page: str) -> None:
    for headers in (
        {},
        {"Cookie": "console=0123456789abcdef." + "x" * 43},
        {"Cookie": "console=nonsense"},
        {"x-functions-key": app.held.host.keys.master},
    ):
        answer = app.get(f"/console{page}", key=None, headers=headers)
        assert answer.status == 401
        assert "<h1>Sign in</h1>" in answer.text


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_there_with_its_policy(app: Api, page: str) -> None:
    for headers in ({"Cookie": session(app)}, app.bearer(OWNER, READER)):
        answer = app.get(f"/console{page}", key=None, headers=headers)
        assert answer.status == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert "<script" not in answer.text


def test_a_sign_in_link_works_once_and_for_ten_minutes(app: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from runs.context import Context

    url = app.post("/v1/console-sessions", key="admin").json["url"]
    path = url.removeprefix(app.held.host.url)
    for _ in range(3):  # what a mail scanner does
        assert app.get(path, key=None).status == 200
    key = {"key": path.partition("key=")[2]}
    assert app.form("/console/sign-in", key, key=None).status == 303
    assert app.form("/console/sign-in", key, key=None).status == 410
    assert app.form("/console/sign-in", {"key": "x"}, key=None).status == 410
    assert app.form("/console/sign-in", {}, key=None).status == 410
    late = app.post("/v1/console-sessions", key="admin").json["url"].partition("key=")[2]
    cookie, now = session(app), Context.clock
    assert app.get("/console", key=None, headers={"Cookie": cookie}).status == 200
    monkeypatch.setattr(Context, "clock", lambda self: now(self) + timedelta(minutes=11))
    assert app.form("/console/sign-in", {"key": late}, key=None).status == 410
    assert app.get("/console", key=None, headers={"Cookie": cookie}).status == 200


def test_signing_out_ends_the_session_everywhere(app: Api) -> None:
    cookie = session(app)
    token, headers = form_of(app, {"Cookie": cookie})
    assert app.form("/console/sign-out", {"form_token": token}, key=None, headers=headers).status == 303
    assert app.get("/console", key=None, headers={"Cookie": cookie}).status == 401


def test_a_form_from_elsewhere_is_refused_and_nothing_is_written(app: Api) -> None:
    fields = {"name": "Mallory", "organisation": "Elsewhere", "scope": "latest"}
    token, headers = form_of(app, {"Cookie": session(app)})
    before = len(app.get("/v1/auditor-links", key="admin").json["links"])
    tries: list[tuple[dict[str, str], dict[str, str]]] = [
        (fields, headers),
        ({**fields, "form_token": "x"}, headers),
        ({**fields, "form_token": token}, {"Cookie": headers["Cookie"].partition(";")[0]}),
        ({**fields, "form_token": token}, {**headers, "Origin": "https://evil.example"}),
        ({**fields, "form_token": token}, {**headers, "Origin": "null"}),
        ({**fields, "form_token": token}, {**headers, "Sec-Fetch-Site": "cross-site"}),
        ({**fields, "form_token": token}, {**headers, "Sec-Fetch-Site": "same-site"}),
    ]
    for sent, carrying in tries:
        assert app.form("/console/link", sent, key=None, headers=carrying).status == 403
    as_json = app.ask("POST", "/console/link", key=None, body=b"{}", headers={**headers, "Content-Type": "application/json"})
    assert as_json.status == 415
    assert len(app.get("/v1/auditor-links", key="admin").json["links"]) == before
    made = app.form(
        "/console/link", {**fields, "form_token": token}, key=None, headers={**headers, "Origin": app.held.host.url, "Sec-Fetch-Site": "same-origin"}
    )
    assert made.status == 201


def test_roles_decide_what_may_be_done(app: Api) -> None:
    reads, headers = form_of(app, app.bearer(OWNER, READER))
    link = {"form_token": reads, "name": "Ada Finch", "organisation": "Finch Audit", "scope": "latest"}
    assert app.form("/console/link", link, key=None, headers=headers).status == 403
    assert app.form(f"/console/links/{'0' * 16}/revoke", {"form_token": reads}, key=None, headers=headers).status == 403
    made = app.post("/v1/exceptions", {
        "control": "global_administrators_are_few", "kind": "risk_acceptance", "reason": "A merger is under way and ends in some weeks.",
        "compensating_measure": "Sign-ins are reviewed every week.", "expires_at": (datetime.now(UTC) + timedelta(days=30)).date().isoformat(),
    }, key="admin", headers=app.bearer(OWNER)).json  # fmt: skip
    place = f"/console/exceptions/{made['id']}/approve"
    token, by_key = form_of(app, {"Cookie": session(app)})
    assert app.form(place, {"form_token": token}, key=None, headers=by_key).status == 403, "a one-time link names nobody"
    token, owner = form_of(app, app.bearer(OWNER, ADMINISTRATOR))
    assert app.form(place, {"form_token": token}, key=None, headers=owner).status == 409, "the owner does not approve"
    assert "Approve" not in app.get("/console/exceptions", key=None, headers=owner).text.partition(made["id"])[2][:200]
    token, other = form_of(app, app.bearer(OTHER, APPROVER))
    assert app.form(place, {"form_token": token}, key=None, headers=other).status == 303
    assert app.get(f"/v1/exceptions/{made['id']}").json["approver"]["object_id"] == OTHER


@pytest.mark.parametrize("path", ["nonsense", "statement?type=nonsense", "access?month=x", "access?after=x", "links?done=%3Cscript%3E"])
def test_odd_addresses_are_pages_that_say_so(app: Api, path: str) -> None:
    answer = app.get(f"/console/{path}", key=None, headers=app.bearer())
    assert answer.status in (200, 400, 404)
    assert "<script" not in answer.text


def test_details_in_yaml_cannot_blow_up(app: Api) -> None:
    token, headers = form_of(app, app.bearer(), "/statement?type=baa_microsoft")
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]"
    for details in (bomb, "- x", "a: !!python/object:os.system x", "a: !!set {x}", "a: .nan", "[" * 5000, ": :", "1: x"):
        answer = app.form(
            "/console/statement", {"form_token": token, "type": "baa_microsoft", "no_phi": "yes", "details": details}, key=None, headers=headers
        )
        assert answer.status == 422, details
        assert "Nothing was written" in answer.text


def test_what_people_wrote_comes_out_inert(app: Api) -> None:
    evil = "<img src=x onerror=alert(1)>\u202egnp.exe"
    token, headers = form_of(app, app.bearer())
    made = app.form("/console/link", {"form_token": token, "name": evil, "organisation": evil, "scope": "latest"}, key=None, headers=headers)
    assert made.status == 201
    for page in (made.text, app.get("/console/links", key=None, headers=headers).text, app.get("/console/access", key=None, headers=headers).text):
        assert "<img" not in page
        assert "\u202e" not in page


# --- in a browser


def signed_in(app: Api, tab: Tab) -> None:
    tab.go(app.post("/v1/console-sessions", key="admin").json["url"])
    tab.click("Sign in")
    assert tab.url == f"{app.held.host.url}/api/console"


@needs_browser
def test_pages_pass_the_accessibility_rules_and_fit_a_telephone(app: Api, tmp_path: Path) -> None:
    with browser(tmp_path) as tab:
        tab.go(f"{app.held.host.url}/api/console")
        assert tab.violations() == []
        signed_in(app, tab)
        for page in PAGES[:-1]:
            tab.go(f"{app.held.host.url}/api/console{page}")
            for width in (1280, 320):
                tab.width(width)
                assert tab.overflow() <= 0, page
                assert tab.violations() == [], page


def write_statement(tab: Tab, words: str, paper: Path, attester: str) -> None:
    """Fill in the form of a statement, but for its details, and confirm it."""
    tab.fill(statement=words, attester__name="Mara Quill", attester__title="Head of contracts", attester__entra_object_id=attester)
    tab.choose_file("document", paper)
    tab.run("document.getElementById('no_phi').checked = true")


@needs_browser
def test_a_person_records_a_statement_with_its_document(app: Api, tmp_path: Path) -> None:
    paper = tmp_path / "agreement.pdf"
    paper.write_bytes(b"%PDF-1.7\nthe agreement\n%%EOF\n")
    with browser(tmp_path) as tab:
        tab.no_scripts()
        signed_in(app, tab)
        tab.go(f"{app.held.host.url}/api/console/statement?type=baa_microsoft&as=yaml")
        words = "The agreement is in force and covers all services."
        write_statement(tab, words, paper, "not an id")
        tab.click("Record the statement")
        assert "Nothing was written" in tab.text
        assert "is not an object id" in tab.text
        assert tab.run("document.getElementById('statement').value") == words, "what was typed is kept"
        assert tab.violations() == []
        tab.fill(attester__entra_object_id=OWNER)
        tab.choose_file("document", paper)
        tab.run("document.getElementById('no_phi').checked = true")
        tab.click("Record the statement")
        assert "The statement was recorded" in tab.text, tab.text
        assert tab.violations() == []
    newest = max(app.get("/v1/statements?limit=200").json["statements"], key=lambda each: each["submitted_at"])
    assert (newest["statement"], newest["submitted_by_kind"]) == (words, "key")
    assert app.get(f"/v1/statements/{newest['id']}/document").body == paper.read_bytes()


@needs_browser
def test_a_person_shares_with_an_auditor_and_revokes(app: Api, tmp_path: Path) -> None:
    with browser(tmp_path) as tab:
        tab.no_scripts()
        signed_in(app, tab)
        tab.click("Auditor links")
        tab.click("Share with an auditor")
        tab.fill(name="Noor Banks", organisation="Banks Review", download_limit="5", expires_on="2001-01-01")
        tab.click("Make the link")
        assert "at most 90 days ahead" in tab.text
        tab.fill(expires_on="")
        tab.click("Make the link")
        url = str(tab.run("document.getElementById('url').value"))
        assert tab.violations() == []
        assert app.ask("GET", url.removeprefix(app.held.host.url), key=None).status == 200
        tab.click("Back to all links")
        assert "Noor Banks" in tab.text
        assert _key_of(url) not in tab.text
        row = "[...document.querySelectorAll('tr')].find(r => r.innerText.includes('Noor Banks'))"
        tab.run(f"{row}.querySelector('button').click()")
        tab.settle()
        assert "The link was revoked" in tab.text
        assert app.ask("GET", url.removeprefix(app.held.host.url), key=None).status == 410


def _key_of(url: str) -> str:
    return url.partition("key=")[2]


def test_a_person_whom_the_platform_signed_in_records_an_exception(app: Api) -> None:
    """The platform's sign-in hands the ID token on in a header of its own."""
    token, headers = form_of(app, {"X-MS-TOKEN-AAD-ID-TOKEN": app.token()}, "/exception")
    fields = {
        "form_token": token,
        "control": "global_administrators_are_few",
        "kind": "risk_acceptance",
        "reason": "A merger is under way and ends in some weeks from now.",
        "compensating_measure": "Sign-ins are reviewed every week.",
        "objects": "one\r\ntwo\r\n",
        "expires_at": (datetime.now(UTC) + timedelta(days=200)).date().isoformat(),
    }
    refused = app.form("/console/exception", fields, key=None, headers=headers)
    assert refused.status == 422
    assert "must be after" in refused.text
    assert "A merger is under way" in refused.text, "what was typed is kept"
    fields["expires_at"] = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
    assert app.form("/console/exception", fields, key=None, headers=headers).status == 303
    newest = max(app.get("/v1/exceptions?limit=200").json["exceptions"], key=lambda each: each["created_at"])
    assert (newest["owner"]["object_id"], newest["objects"], newest["status"]) == (OWNER, ["one", "two"], "pending")
