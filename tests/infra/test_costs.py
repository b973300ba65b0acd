"""The cost table of the operations page is the one that its arithmetic gives."""

from pathlib import Path

from benchmarks import costs

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "OPERATIONS.md").read_text(encoding="utf-8")


def test_the_page_has_the_table_as_it_is_worked_out() -> None:
    assert costs.table() in PAGE


def test_a_month_is_the_sum_of_its_lines() -> None:
    one = {"requests": 100, "writes": 10_000, "reads": 10_000, "tables": 10_000, "bytes": 1e9, "activities": 100, "processor": 10}
    by = {line.what: line for line in costs.month(one)}
    assert by["function app"].quantity == 2 * 2 * (100 + 20 + 60) * 30
    assert round(by["blob writes"].dollars, 4) == round(30 * 0.06875, 4)
    assert by["evidence, hot"].dollars == 30 * 0.026
    assert costs.kept(one) > by["evidence, hot"].dollars


def test_every_price_has_a_line_of_its_source() -> None:
    sources = PAGE[PAGE.index("Where the prices come from") : PAGE.index("## 13")]
    derived = {"10,000 writes hot", "10,000 writes cool", "10,000 writes cold", "GB cool", "GB cold"}  # sample prices times 1.25
    for name, price in costs.PRICES.items():
        said = price / 1.25 if name in derived else price
        shown = (f"{said:.6f}".rstrip("0"), f"{said:.4f}", f"{said:.2f}")
        assert any(each in sources for each in shown), name
