"""What a month of nightly runs costs, from counted operations and list prices: `python -m benchmarks.costs` prints the table of docs/OPERATIONS.md.

`python -m benchmarks.operations 500 20000` counts again; where the counts differ, enter them here. Prices change: each has its source and day in the
page, and docs/OPERATIONS.md says which could not be looked up.
"""

from collections.abc import Mapping
from typing import NamedTuple

RUNS = 30
COUNTED: Mapping[int, Mapping[str, float]] = {  # people -> one run, counted on 2026-11-24
    500: {"requests": 81, "writes": 294, "reads": 469, "tables": 285, "bytes": 3_695_006, "activities": 178, "processor": 4.8},
    20_000: {"requests": 172, "writes": 490, "reads": 666, "tables": 384, "bytes": 62_168_468, "activities": 171, "processor": 23.5},
}
PRICES: Mapping[str, float] = {  # US dollars, zone-redundant where it applies
    "GB-second": 0.000026,
    "GB hot": 0.026,
    "GB cool": 0.0144,
    "GB cold": 0.0056,
    "10,000 writes hot": 0.06875,
    "10,000 writes cool": 0.125,
    "10,000 writes cold": 0.225,
    "10,000 reads hot": 0.0044,
    "10,000 table operations": 0.00036,
    "10,000 queue operations": 0.004,
    "hardware key": 5.0,
    "GB of logs": 2.30,
    "log search rule": 0.50,
}
RULES = 5  # log search rules of infra/bicep/modules/alerts.bicep, every 15 minutes


class Line(NamedTuple):
    """One line of the table: quantity times price."""

    what: str
    quantity: float
    unit: str
    price: float

    @property
    def dollars(self) -> float:
        """A month."""
        return self.quantity * self.price


def month(one: Mapping[str, float]) -> list[Line]:
    """The first month. A second for each request, two instances of 2 GB, and a minute besides; 12 storage operations for each activity."""
    seconds = one["requests"] + one["processor"] * 2 + 60
    orchestration = 12 * one["activities"] + 900
    stored = one["bytes"] / 1e9
    logged = (1.2e3 * (one["writes"] + one["reads"] + one["tables"]) + 500e3) / 1e9
    moved = PRICES["10,000 writes cool"] + PRICES["10,000 writes cold"]
    return [
        Line("function app", 2 * 2 * seconds * RUNS, "GB-seconds", PRICES["GB-second"]),
        Line("evidence, hot", stored * RUNS, "GB", PRICES["GB hot"]),
        Line("blob writes", one["writes"] * RUNS / 1e4, "10,000", PRICES["10,000 writes hot"]),
        Line("blob reads", one["reads"] * RUNS / 1e4, "10,000", PRICES["10,000 reads hot"]),
        Line("moving to cool, then cold", one["writes"] * RUNS / 1e4, "10,000", moved),
        Line("tables", one["tables"] * RUNS / 1e4, "10,000", PRICES["10,000 table operations"]),
        Line("orchestration", orchestration * RUNS / 1e4, "10,000", PRICES["10,000 queue operations"]),
        Line("signing key", 1, "hardware key", PRICES["hardware key"]),
        Line("logs", logged * RUNS, "GB", PRICES["GB of logs"]),
        Line("alarms", RULES, "log search rules", PRICES["log search rule"]),
    ]


def kept(one: Mapping[str, float]) -> float:
    """What storage costs in the 72nd month: one month of evidence is hot, three are cool, 68 cold."""
    return one["bytes"] / 1e9 * RUNS * (PRICES["GB hot"] + 3 * PRICES["GB cool"] + 68 * PRICES["GB cold"])


def table() -> str:
    """As the page has it."""
    columns = {people: month(one) for people, one in COUNTED.items()}
    lines = ["| | unit | price | " + " | ".join(f"{people:,} people" for people in columns) + " |", "|---|---|---|" + "---|" * len(columns)]
    for row in zip(*columns.values(), strict=True):
        cells = " | ".join(f"{each.quantity:,.2f} = {each.dollars:.2f}" for each in row)
        lines.append(f"| {row[0].what} | {row[0].unit} | {row[0].price:.6f} | {cells} |")
    totals = " | ".join(f"**{sum(each.dollars for each in rows):.2f}**" for rows in columns.values())
    lines.append(f"| **a month** | | | {totals} |")
    lines.append("| evidence in the 72nd month, instead of the hot line | | | " + " | ".join(f"{kept(one):.2f}" for one in COUNTED.values()) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
