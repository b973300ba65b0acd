"""What the report says, in which order, and how large it gets."""

import io
import re
import tracemalloc
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from reporting.changes import changes
from reporting.formats import html
from reporting.formats.page import page
from reporting.formats.trend import trend
from reporting.package import Zip, core, evidence_subjects
from reporting.records import sha256
from reporting.report import EvidenceFile, Point
from scanners.errors import StorageError
from tests.reporting import sample
from tests.reporting.many import WITNESS, three_hundred
from tests.reporting.sample import at, result


def words(page_: bytes) -> str:
    class Text(HTMLParser):
        said = ""

        def handle_data(self, data: str) -> None:
            self.said += data + " "

    text = Text()
    text.feed(page_.decode())
    return " ".join(text.said.split())


def test_the_first_page_says_what_it_is_and_what_it_is_not() -> None:
    said = words(html.render(sample.report()))
    assert "It is not the risk analysis that 164.308(a)(1)(ii)(A) requires" in said
    assert "An evaluation in the sense of 45 CFR 164.308(a)(8)" in said
    assert "Of 7 conditions: 1 not met (1 critical), 1 waiting for a statement, 1 that could not be looked at." in said
    order = [
        "At a glance",
        "Verdict by safeguard",
        "What changed",
        "What needs a person",
        "Trend",
        "How to verify",
        "Legacy authentication is blocked Not met",
    ]
    places = [said.index(each, 300) for each in order]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("outcomes", "headline"),
    [
        ({}, ("Nothing was evaluated.", "bad")),
        ({"audit_log_is_on": "pass"}, ("The only condition is met, accepted or does not apply.", "good")),
        ({"audit_log_is_on": "unknown"}, ("Of 1 condition: 1 that could not be looked at.", "open")),
        ({"audit_log_is_on": "error"}, ("Of 1 condition: 1 that could not be looked at.", "open")),
        ({"staff_are_trained": "fail"}, ("Of 1 condition: 1 not met.", "bad")),
    ],
)
def test_the_headline_is_true(outcomes: dict[str, str], headline: tuple[str, str]) -> None:
    results = [result("proposed_rule_is_watched", "fail"), *(result(name, outcome) for name, outcome in outcomes.items())]
    assert page(sample.report(results))["headline"] == headline


def test_every_control_stands_on_the_page_once_and_every_link_leads_somewhere() -> None:
    text = html.render(sample.report(three_hundred(), nights=5)).decode()
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert sum(each.startswith("c-") for each in ids) == 300
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)


def test_a_witness_is_told_as_a_sentence() -> None:
    text = html.render(sample.report(three_hundred(20))).decode()
    assert text.count("<blockquote>") >= 3
    assert WITNESS.split("'")[0] in words(text.encode())


def test_findings_come_by_severity_and_unknowns_by_reason() -> None:
    shown = page(sample.report(three_hundred(100)))
    ranks = [{"critical": 0, "high": 1, "medium": 2, "low": 3}[each.severity] for each in shown["action"]]
    assert ranks == sorted(ranks)
    (group,) = [found for name, _, found in shown["blind"] if name == "Permission is missing"]
    assert {each.outcome for each in group} == {"unknown"}


def test_a_development_signature_marks_the_report() -> None:
    report = sample.report()
    report.summary["signature"]["signer"] = "dev"
    assert "Signed with a development key" in words(html.render(report))
    assert "development key" not in words(html.render(sample.report()))


def test_changes_are_told_with_their_values() -> None:
    before = [result("audit_log_is_on", "pass", observed={"retentionDays": 365}), result("sharing_is_limited", "fail")]
    after = [result("audit_log_is_on", "fail", observed={"retentionDays": 90}), result("sharing_is_limited")]
    said = words(html.render(sample.report(after, changes=changes("20261123T030000Z-aaaa", before, after))))
    assert "Newly not met: Audit log is on" in said
    assert "Fixed: Sharing is limited" in said
    assert "retention days 365 90" in said


def test_the_trend_needs_two_runs_and_counts_what_its_links_say() -> None:
    assert trend(sample.report(nights=1).trend) is None
    counts = {"pass": 5, "fail": 2, "accepted": 0, "not_applicable": 1, "unknown": 1, "attestation_due": 1, "error": 1}
    points = [Point(f"r{n}", at(n), {**counts, "fail": 2 + n}) for n in range(3)]
    made = trend(points)
    assert made is not None
    assert made.rows[2] == ("2026-11-26", 6, 4, 1, 2)
    assert made.said == "Over 3 runs, from 2026-11-24 to 2026-11-26, not met or due went from 3 to 5, could not look from 2 to 2."
    assert [y for _, y in made.lines[0].marks] == sorted((y for _, y in made.lines[0].marks), reverse=True)


def test_the_report_of_three_hundred_controls_stays_below_two_megabytes() -> None:
    worst: list[Any] = []
    for each in three_hundred():
        observed = {f"property{n}": "x" * 900 for n in range(25)}
        worst.append(each.model_copy(update={"observed": observed, "affected": tuple(f"{n:036d}" for n in range(50)), "because": "y" * 800}))
    assert len(html.render(sample.report(worst, nights=30))) < 2_000_000


def test_the_members_are_made_the_same_twice() -> None:
    assert core(sample.report(), {}) == core(sample.report(), {})


def evidence_file(number: int, digest: str) -> EvidenceFile:
    name = f"evidence/users/{number:05d}.json"
    return EvidenceFile("users", name, name, digest, digest, 50_000, "GET /", 200, "supported", "", None, "")


def test_twenty_thousand_pages_are_packed_without_being_held(tmp_path: Any) -> None:
    body = b'{"id":"7f3a"}' * 4000
    digest = sha256(body)

    def pages() -> Iterator[tuple[EvidenceFile, bytes]]:
        for number in range(20_000):
            yield evidence_file(number, digest), body

    with (tmp_path / "out.zip").open("wb") as file:
        tracemalloc.start()
        zipped = Zip(file)
        number = sum(1 for _ in evidence_subjects(zipped, pages()))
        zipped.close()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert number == 20_000
    assert peak < 60_000_000  # 1 GB went through


def test_a_page_that_is_not_what_custody_says_is_not_packed() -> None:
    zipped = Zip(io.BytesIO())
    with pytest.raises(StorageError, match="not those that were collected"):
        list(evidence_subjects(zipped, [(evidence_file(1, sha256(b"{}")), b"{ }")]))
    zipped.close()
