"""Whatever a tenant calls its things comes out inert: in HTML, CSV, OSCAL, OCSF, NDJSON and in the names of members."""

import csv as stdcsv
import io
import json
from html.parser import HTMLParser
from typing import Any

import pytest

from reporting.formats import csv, html, ndjson, ocsf, oscal, poam, text
from reporting.package import Zip
from reporting.records import Decision, RunPlan, Statement, Tenant
from reporting.report import FailedRun
from scanners.errors import StorageError
from tests.reporting import sample
from tests.reporting.sample import at, result, run_id
from tests.reporting.test_oscal import wrong

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><style>*{display:none}",
    "</title></svg><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7*7 }}{% include '/etc/passwd' %}",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\u200b=1+1",
    "\uff1d1+1",
    'a,b"c\r\nd;e\u2028f',
    "invoice\u202egnp.exe",
    "\x00\x07\x1b[31mred\x1b[0m",
    "\ud800 half a pair",
    "../../../../etc/passwd",
    "]]>--><!--",
    "A" * 65_536,
    "",
    " \n ",
)


def poisoned(bad: str) -> Any:
    """A report in which every text that can come from a tenant or a person is `bad`."""
    observed = {bad: bad, "list": [bad, {bad: bad, "witness": bad}], "witness": [bad]}
    results = [
        result(
            name,
            outcome,
            because=bad,
            remedy=bad,
            title=bad,
            observed=observed,
            affected=(bad, "second"),
            truncated=3,
            parameters={"names": [bad]},
            looser_than_default=("names",),
            exception={"id": bad, "reason": bad} if outcome == "accepted" else None,
            statement={"id": bad, "says": bad},
        )
        for name, outcome in sample.OUTCOMES.items()
    ]
    statement = Statement.model_validate(
        {
            "id": "s1", "type": "training", "control_ids": ("staff_are_trained",), "statement": bad,
            "attester": {"name": bad, "title": bad, "role": bad, "entra_object_id": bad},
            "submitted_by_kind": "cli", "submitted_by_object_id": None, "submitted_at": at(), "effective_from": "2026-01-01",
            "expires_at": "2026-12-01", "contains_phi": False, "details": {bad: bad},
        }
    )  # fmt: skip
    decision = Decision.model_validate(
        {
            "id": "d1", "control": bad, "kind": "risk_acceptance", "owner": {"kind": "cli"}, "reason": bad,
            "compensating_measure": bad, "created_at": at(), "expires_at": "2026-12-01",
        }
    )  # fmt: skip
    plan = RunPlan(
        run=run_id(), tenant=Tenant(id=sample.TENANT.id, name=bad), started_at=at(), controls=tuple(sample.CONTROLS), facts=(), disabled={"x": bad}
    )
    failed = (FailedRun(run_id(-1), "2026-11-23T03:00:00Z", bad),)
    return sample.report(results, plan=plan, statements=(statement,), decisions=(decision,), failed_runs=failed)


class Tags(HTMLParser):
    """What a browser would make of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in {"href", "src"}}


def parsed(page: bytes) -> Tags:
    tags = Tags()
    tags.feed(page.decode())
    return tags


@pytest.fixture(scope="module")
def shape() -> Tags:
    return parsed(html.render(poisoned("harmless")))


@pytest.mark.parametrize("bad", [each for each in HOSTILE if each], ids=range(len(HOSTILE) - 1))
def test_html_keeps_its_shape_and_hides_nothing(bad: str, shape: Tags) -> None:
    page = html.render(poisoned(bad))
    found = parsed(page)
    assert found.tags == shape.tags
    assert found.attributes == shape.attributes
    assert all(link.startswith("#") for link in found.links)
    shown = page.decode()
    assert not set(shown) & {"\u202e", "\x00", "\x1b", "\u200b", "\u2028", "\ud800"}
    assert len(page) < 400_000


@pytest.mark.parametrize("bad", HOSTILE, ids=range(len(HOSTILE)))
def test_csv_cells_stay_text(bad: str) -> None:
    report = poisoned(bad)
    for body in (csv.results(report), csv.findings(report), csv.index(report.evidence)):
        rows = list(stdcsv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))
        assert len({len(row) for row in rows}) == 1
        for row in rows[1:]:
            for cell in row:
                assert not cell.lstrip(" \t\r\n").startswith(("=", "+", "-", "@", "\uff1d", "|", "%"))
                assert len(cell) < 32_767
                assert not set(cell) & {"\u202e", "\x00", "\x1b", "\u200b", "\u2028"}


@pytest.mark.parametrize("bad", HOSTILE, ids=range(len(HOSTILE)))
def test_machine_formats_stay_valid(bad: str) -> None:
    report = poisoned(bad)
    assert wrong("assessment-results", oscal.assessment_results(report)) == []
    assert wrong("poam", poam.poam(report)) == []
    assert wrong("catalog", oscal.catalog(report)) == []
    for document in (oscal.assessment_results(report), poam.poam(report)):
        assert "\u202e" not in json.dumps(document, ensure_ascii=False)
    for line in ocsf.findings(report).splitlines():
        assert line.isascii()
        json.loads(line)


@pytest.mark.parametrize("bad", HOSTILE, ids=range(len(HOSTILE)))
def test_ndjson_is_ascii_and_comes_back_whole(bad: str) -> None:
    report = poisoned(bad)
    body = ndjson.results(report.results)
    assert body.isascii()
    assert body.count(b"\n") == len(report.results)
    assert ndjson.read(body) == report.results
    assert {each.because for each in report.results} == {bad.replace("\ud800", "\ufffd")}
    assert ndjson.results(ndjson.read(body)) == body


@pytest.mark.parametrize("bad", [*HOSTILE, "a/../b", "/a", "a//b", "a\\b", ".hidden", "a/.git/b", "x" * 300])
def test_a_member_of_that_name_is_refused(bad: str) -> None:
    zipped = Zip(io.BytesIO())
    with pytest.raises(StorageError):
        zipped.add(bad, b"x")
    zipped.add("plain.json", b"x")
    with pytest.raises(StorageError):
        zipped.add("PLAIN.json", b"x")
    zipped.close()


def test_text_is_shown_not_changed_where_it_is_harmless() -> None:
    for good in ("Praxis Müller & Söhne", "Клиника", "診療所", "naïve “quoted” … €", "a\nb"):
        assert text.plain(good) == good
    assert text.plain("a\u202eb") == "a[U+202E]b"
    assert text.plain("x" * 5000).endswith("(5,000 characters in all)")
