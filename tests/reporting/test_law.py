"""Dated facts about the law are printed with the day they were looked up and their source."""

from datetime import date

from reporting.formats import html
from scanners.law import law
from tests.reporting import sample


def test_each_fact_is_dated_and_sourced() -> None:
    known = law()
    for fact in (known.civil_penalties, known.criminal_penalties, known.proposed_rule):
        assert date(2026, 1, 1) <= fact.as_of <= date(2026, 12, 31)
        assert fact.source
    tiers = known.civil_penalties.tiers
    assert [(t.least, t.most) for t in tiers] == [(145, 73011), (1461, 73011), (14602, 73011), (73011, 2190294)]
    assert all(t.least < t.most <= t.year == 2190294 for t in tiers)
    assert "not final" in known.proposed_rule.status


def test_the_report_prints_them() -> None:
    page = html.render(sample.report()).decode()
    assert "2,190,294" in page
    assert str(law().civil_penalties.as_of) in page
    assert law().proposed_rule.source in page
