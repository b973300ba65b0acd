"""Packages behind a link: what counts against its limit, and what goes on while newer runs are signed."""

import io
import threading
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api import auditor, bundles
from reporting.records import Run
from reporting.storage.blobs import Blobs
from reporting.storage.runs import Runs
from tests.api.rig import Api, Reply
from tests.api.test_auditor import PAGE, entries, shared


def fetch(app: Api, path: str, secret: str, span: str = "", method: str = "GET") -> Reply:
    headers = {"Authorization": f"Bearer {secret}", **({"Range": f"bytes={span}"} if span else {})}
    return app.ask(method, f"{path}/package", key=None, headers=headers)


def downloads(app: Api, link: dict[str, Any]) -> int:
    return int(app.get(f"/v1/auditor-links/{link['id']}", key="admin").json["downloads"])


def test_all_but_the_last_byte_is_a_download(app: Api) -> None:
    link, path, secret = shared(app, download_limit=1)
    size = int(fetch(app, path, secret, method="HEAD").headers["Content-Length"])
    most = fetch(app, path, secret, f"0-{size - 2}")
    assert most.status == 206
    assert zipfile.ZipFile(io.BytesIO(most.body + b"\0")).testzip() is None, "such a file is as good as whole"
    assert downloads(app, link) == 1
    assert fetch(app, path, secret).status == 403
    assert fetch(app, path, secret, f"{size - 1}-").status == 206, "the rest of a download that has counted"
    assert downloads(app, link) == 1
    assert [fetch(app, path, secret, f"0-{size - 2}").status for _ in range(3)] == [206, 206, 403], "three times its size, with what was given"
    assert fetch(app, path, secret, f"-{size}").status == 403
    assert downloads(app, link) == 1


def test_a_whole_file_that_broke_is_resumed(app: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    link, path, secret = shared(app, download_limit=1)
    whole = fetch(app, path, secret)
    assert whole.status == 200
    third = len(whole.body) // 3
    rest = fetch(app, path, secret, f"{third}-")
    assert (rest.status, rest.body) == (206, whole.body[third:])
    assert fetch(app, path, secret).status == 403, "the whole file is another download"
    assert fetch(app, path, secret, "0-").status == 206, "it broke again, in its first bytes"
    assert fetch(app, path, secret, "0-").status == 403, "three times its size are used up"
    assert fetch(app, path, secret, "0-9").status == 206
    at(monkeypatch, datetime.now(UTC) + timedelta(hours=25))
    assert fetch(app, path, secret, "0-9").status == 403, "a day later"
    assert downloads(app, link) == 1


def test_a_range_of_all_that_broke_is_resumed(app: Api) -> None:
    link, path, secret = shared(app, download_limit=1)
    whole = fetch(app, path, secret, "0-")
    half = len(whole.body) // 2
    assert fetch(app, path, secret, f"{half}-").body == whole.body[half:]
    assert downloads(app, link) == 1
    core = app.ask("GET", f"{path}/package?part=core", key=None, headers={"Authorization": f"Bearer {secret}", "Range": "bytes=0-9"})
    assert core.status == 403, "another file is another download"


def test_each_part_of_a_large_file_may_be_fetched_three_times(app: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    link, path, secret = shared(app, download_limit=1)
    size = int(fetch(app, path, secret, method="HEAD").headers["Content-Length"])
    length = size * 2 // 5
    monkeypatch.setattr(bundles, "WHOLE", size * 5 // 8)
    monkeypatch.setattr(bundles, "PART", length)
    assert fetch(app, path, secret).status == 413
    for first in range(0, size, length):
        assert [fetch(app, path, secret, f"{first}-").status for _ in range(3)] == [206] * 3
    assert downloads(app, link) == 1
    assert fetch(app, path, secret, "0-9").status == 403


def test_a_download_in_parts_counts_once_and_comes_to_its_end(app: Api) -> None:
    link, path, secret = shared(app, download_limit=1)
    whole = app.get(f"/v1/runs/{app.run}/package").body
    step = len(whole) // 7 + 1
    body = b""
    for first in range(0, len(whole), step):
        if first == 3 * step:  # the connection broke, and the part is fetched again
            assert fetch(app, path, secret, f"{first}-{first + step - 1}").status == 206
        body += fetch(app, path, secret, f"{first}-{first + step - 1}").body
    assert body == whole
    assert downloads(app, link) == 1
    assert fetch(app, path, secret).status == 403
    assert fetch(app, path, secret, method="HEAD").status == 200


def test_a_reader_that_begins_at_the_end_counts_once(app: Api) -> None:
    """As readers of zips over HTTP do: the list of members first, then what they need of the rest."""
    link, path, secret = shared(app, download_limit=2)
    for span in ("-22", "-9000", "0-999", "1000-1999"):
        assert fetch(app, path, secret, span).status == 206
    assert downloads(app, link) == 1


def test_a_head_never_signs_an_address(app: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    link, path, secret = shared(app, download_limit=1)
    monkeypatch.setattr(Blobs, "shared", lambda *_: "https://store.example/package.zip?sig=x")
    for _ in range(3):
        head = fetch(app, path, secret, method="HEAD")
        assert (head.status, "Location" in head.headers) == (200, False)
    machine = app.ask("HEAD", f"/v1/runs/{app.run}/package")
    assert (machine.status, "Location" in machine.headers) == (200, False)
    assert downloads(app, link) == 0
    assert fetch(app, path, secret, "0-1").status == 302
    assert downloads(app, link) == 1, "an address opens all of the file"
    assert fetch(app, path, secret).status == 403
    assert fetch(app, path, secret, "5-9").status == 403, "each address counts, and who has one resumes at the store"


@pytest.fixture
def newer(app: Api, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run that was signed a moment ago, as the night's run is, so that the app's own one is no longer the latest."""
    ours = app.held.storage.runs.get(app.run)
    made = Run(**{**ours.model_dump(), "id": "20991231T030000Z-0001", "completed_at": ours.completed_at + timedelta(hours=24)})
    found, each = Runs.find, Runs.each
    monkeypatch.setattr(Runs, "latest", lambda self: made.id)
    monkeypatch.setattr(Runs, "find", lambda self, run: made if run == made.id else found(self, run))
    monkeypatch.setattr(Runs, "each", lambda self: iter([made, *each(self)]))
    return made


def at(monkeypatch: pytest.MonkeyPatch, moment: Any) -> None:
    from runs.context import Context

    monkeypatch.setattr(Context, "clock", lambda self: moment)


def test_what_a_link_to_the_latest_run_showed_stays_open_for_a_day(app: Api, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    _, path, secret = shared(app)
    held = {"Authorization": f"Bearer {secret}"}
    links = app.get(path, key=None, headers=held).json["runs"][0]["links"]
    assert links["report"] == f"{path}/report", "an address that is good as long as the link is"
    newer: Run = request.getfixturevalue("newer")
    assert newer.completed_at is not None
    for later, status in ((timedelta(hours=1), 206), (timedelta(hours=23), 206), (timedelta(hours=25), 404)):
        at(monkeypatch, newer.completed_at + later)
        part = app.get(links["package"], key=None, headers={**held, "Range": "bytes=0-9"})
        assert part.status == status, later
    page = app.get(links["package"], key=None, headers={**held, **PAGE})
    assert "it opens the latest one" in page.text
    assert f'href="{path}"' in page.text


def test_a_link_to_the_latest_run_never_opens_what_it_never_showed(app: Api, newer: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert newer.completed_at is not None
    at(monkeypatch, newer.completed_at + timedelta(hours=1))
    _, path, secret = shared(app)
    assert app.get(f"{path}/runs/{app.run}/report?key={secret}", key=None).status == 404


def test_more_runs_than_fit_on_a_page_are_said_to_be_there(app: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = app.held.storage.runs.get(app.run)
    days = [ours.completed_at - timedelta(days=back) for back in range(7)]
    many = [ours, *(Run(**{**ours.model_dump(), "id": f"{day:%Y%m%dT%H%M%SZ}-0000", "started_at": day, "completed_at": day}) for day in days[1:])]
    monkeypatch.setattr(Runs, "each", lambda self: iter(many))
    monkeypatch.setattr(auditor, "MOST_RUNS", 3)
    _, path, secret = shared(app, scope={"kind": "period", "first": "2020-01-01", "last": "2100-01-01"})
    held, walked, place = {"Authorization": f"Bearer {secret}"}, [], ""
    while True:
        data = app.get(f"{path}{place}", key=None, headers=held).json
        assert data["signature"]["sequence"] == ours.sequence, "what is said of the newest run does not move"
        walked += [run["run"] for run in data["runs"]]
        if data["continuation"] is None:
            break
        place = f"?continuation={data['continuation']}"
    assert walked == [run.id for run in many]
    first = app.get(path, key=None, headers={**held, **PAGE}).text
    assert "The newest 3 evaluations in this link" in first
    older = first.partition('<a href="?continuation=')[2].partition('"')[0]
    second = app.get(f"{path}?continuation={older}", key=None, headers={**held, **PAGE}).text
    assert many[3].id in second
    assert "Older evaluations in this link" in second
    assert app.run in second, "the newest stays on top"
    assert app.get(f"{path}?continuation=abc", key=None, headers=held).status == 400
    assert 400 in {each["status"] for each in entries(app) if each["link"] == path.rpartition("/")[2]}


def test_links_are_listed_in_pages(app: Api) -> None:
    for _ in range(3):
        shared(app)
    every = app.get("/v1/auditor-links?limit=500", key="admin").json["links"]
    assert [link["created_at"] for link in every] == sorted((link["created_at"] for link in every), reverse=True)
    page = app.get("/v1/auditor-links?limit=2", key="admin").json
    walked = page["links"]
    new = shared(app)[0]["id"]
    while page["continuation"]:
        page = app.get(f"/v1/auditor-links?limit=2&continuation={page['continuation']}", key="admin").json
        walked += page["links"]
    assert [link["id"] for link in walked if link["id"] != new] == [link["id"] for link in every], "a new link moves no page"
    assert app.get("/v1/auditor-links?limit=0", key="admin").status == 400
    assert app.get("/v1/auditor-links?continuation=abc", key="admin").status == 400


def test_many_at_once_get_no_more_than_one_download_allows(app: Api) -> None:
    """A counted download may fetch three times the size of its file, as after broken connections; six times it may not."""
    link, path, secret = shared(app, download_limit=1)
    size = int(fetch(app, path, secret, method="HEAD").headers["Content-Length"])
    found: list[int] = []
    ask = [threading.Thread(target=lambda: found.append(fetch(app, path, secret, f"0-{size - 2}").status)) for _ in range(6)]
    for each in ask:
        each.start()
    for each in ask:
        each.join()
    assert set(found) == {206, 403}
    assert found.count(206) <= 3
    assert downloads(app, link) == 1


def test_parts_that_are_fetched_at_once_are_one_download(app: Api) -> None:
    link, path, secret = shared(app, download_limit=1)
    whole = app.get(f"/v1/runs/{app.run}/package").body
    spans = [(first, min(first + len(whole) // 12 + 1, len(whole)) - 1) for first in range(0, len(whole), len(whole) // 12 + 1)]
    found: dict[int, Reply] = {}
    ask = [threading.Thread(target=lambda at=at: found.update({at[0]: fetch(app, path, secret, f"{at[0]}-{at[1]}")})) for at in spans]
    for each in ask:
        each.start()
    for each in ask:
        each.join()
    assert [found[first].status for first, _ in spans] == [206] * len(spans)
    assert b"".join(found[first].body for first, _ in spans) == whole
    assert downloads(app, link) == 1
    assert fetch(app, path, secret).status == 403
