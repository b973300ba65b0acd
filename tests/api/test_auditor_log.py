"""What a link does not open: every refusal and every fault is in the access log and is a page for a person. And cookies that others have set."""

from typing import Any

import pytest

from reporting.storage.access import AccessLog
from reporting.storage.attestations import Attestations
from scanners.errors import StorageError
from tests.api.rig import Api
from tests.api.test_auditor import PAGE, entries, shared

FOREIGN = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}


def statuses(app: Api, link: dict[str, Any]) -> list[tuple[str, int]]:
    """What was logged of a link, oldest first."""
    return [(each["what"], each["status"]) for each in reversed(entries(app)) if each["link"] == link["id"]]


@pytest.mark.parametrize("run", ["zzz", "20200101T000000Z-9999", "a" * 300])
@pytest.mark.parametrize("item", ["report", "package"])
def test_a_path_that_leads_nowhere_is_logged_and_a_page(app: Api, run: str, item: str) -> None:
    link, path, secret = shared(app)
    page = app.get(f"{path}/runs/{run}/{item}", key=None, headers={**PAGE, "Authorization": f"Bearer {secret}"})
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert app.get(f"{path}/runs/{run}/{item}?key={secret}", key=None).headers["Content-Type"] == "application/problem+json"
    what = "report" if item == "report" else "package part=all"
    assert statuses(app, link) == [(what, 404), (what, 404)]
    assert {each["run"] for each in entries(app) if each["link"] == link["id"]} == {run if run.startswith("2020") else None}


def test_a_wrong_key_learns_nothing_about_the_path(app: Api) -> None:
    link, path, secret = shared(app)
    answers = [app.get(f"{path}/runs/{run}/report?key={secret[::-1]}", key=None) for run in ("zzz", app.run)]
    assert [each.status for each in answers] == [404, 404]
    assert answers[0].json["detail"] == answers[1].json["detail"]
    assert statuses(app, link) == [("report", 404), ("report", 404)]


@pytest.mark.parametrize(("fault", "status"), [(StorageError("the store is away"), 503), (ZeroDivisionError("x"), 500)])
def test_a_fault_behind_a_link_is_logged_and_a_page(app: Api, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int) -> None:
    link, path, secret = shared(app)

    def broken(*_: Any) -> None:
        raise fault

    monkeypatch.setattr(Attestations, "info", broken)
    described = app.description.operation("GET", f"{path}/package")
    assert described is not None
    monkeypatch.setitem(described["responses"], "500", {"description": "only in this test"})
    held = {"Authorization": f"Bearer {secret}"}
    page = app.get(f"{path}/package", key=None, headers={**PAGE, **held})
    assert (page.status, page.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert "store is away" not in page.text
    assert app.get(f"{path}/package", key=None, headers=held).json["status"] == status
    assert statuses(app, link) == [("package part=all", status)] * 2


def test_nothing_is_given_away_that_cannot_be_logged(app: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    _, path, secret = shared(app)

    def broken(*_: Any) -> None:
        raise StorageError("the log is away")

    monkeypatch.setattr(AccessLog, "add", broken)
    for place in ("", "/report", "/package"):
        assert app.get(f"{path}{place}?key={secret}", key=None).status == 503
    refused = app.get(f"{path}?key={secret[::-1]}", key=None, headers=PAGE)
    assert (refused.status, refused.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_a_browser_that_is_asked_to_come_again_is_logged_within_the_budget(app: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from api import auditor
    from api.visits import Budget

    link, path, _ = shared(app)
    monkeypatch.setattr(auditor, "refusals", Budget(3))
    found = [app.get(path, key=None, headers={**PAGE, **FOREIGN}).status for _ in range(5)]
    assert found == [200, 200, 200, 429, 429]
    assert statuses(app, link) == [("page", 200)] * 3
    assert {each["reason"] for each in entries(app) if each["link"] == link["id"]} == {"came from another site; asked to come again"}


@pytest.mark.parametrize(
    "cookies",
    [
        'x={"a":1}; auditor=SECRET',
        "flag; auditor=SECRET",
        "auditor=SECRET; flag",
        "auditor=SECRET; a b=c",
        "a b=c; auditor=SECRET",
        "x=\u00e9; auditor=SECRET",
        'weird[1]=x; auditor=SECRET; y="z',
        ";;=; auditor=SECRET",
        "auditor=planted; auditor=SECRET",
        'auditor="SECRET"',
        "notauditor=1;auditor=SECRET;auditor2=2",
    ],
)
def test_cookies_of_others_lock_nobody_out(app: Api, cookies: str) -> None:
    from tests.api.test_console import session

    _, path, secret = shared(app)
    sent = cookies.replace("SECRET", secret).encode().decode("latin-1")
    assert app.get(path, key=None, headers={"Cookie": sent}).status == 200
    mine = session(app).partition("=")[2]
    sent = cookies.replace("auditor", "console").replace("SECRET", mine).encode().decode("latin-1")
    assert app.get("/console", key=None, headers={"Cookie": sent}).status == 200


def test_a_link_with_days_of_any_year_that_is_stored_already_does_no_harm(app: Api) -> None:
    from reporting.records import Actor
    from reporting.sharing import Scope, digest, wish_of
    from reporting.sharing import shared as made

    wish = wish_of({"name": "Ada Finch", "organisation": "Finch Audit"})
    secret, now = "s" * 43, app.held.storage.runs.get(app.run).completed_at
    for identity, first, last in (("00000000000000aa", "0001-01-01", "9999-12-31"), ("00000000000000ab", "9999-12-31", "9999-12-31")):
        scope = Scope.model_validate({"kind": "period", "first": first, "last": last})
        link = made(wish, Actor(kind="key"), now, identity, secret).model_copy(update={"scope": scope})
        assert link.secret_sha256 == digest(secret)
        app.held.storage.links.put(link)
        for headers in ({}, PAGE):
            answer = app.get(f"/auditor/{identity}", key=None, headers={**headers, "Authorization": f"Bearer {secret}"})
            assert answer.status == 200


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_has_the_whole_budget_of_refusals(app: Api, turn: str) -> None:
    """Else it would hang on the order of tests which of them is answered 429."""
    from api.visits import REFUSALS, refusals

    assert [refusals.take() for _ in range(REFUSALS + 1)] == [True] * REFUSALS + [False]
