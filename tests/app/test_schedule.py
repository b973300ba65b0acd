"""The schedule: what the platform takes, and when the next scan is due."""

from datetime import UTC, datetime

import pytest

from settings import next_run, problems

GOOD = {"TENANT_ID": "6f1f2b8e-0b0e-4a53-9d3e-2a5a7a2c9e11", "EVIDENCE_STORAGE": "UseDevelopmentStorage=true"}
AT = datetime(2026, 11, 24, 3, 4, 5, tzinfo=UTC)  # a Tuesday


@pytest.mark.parametrize(
    ("schedule", "due"),
    [
        ("0 0 3 * * *", "2026-11-25T03:00:00"),
        ("0 30 4 * * 0", "2026-11-29T04:30:00"),
        ("0 0 3 * * MON-FRI", "2026-11-25T03:00:00"),
        ("0 0 3 * January Monday", "2027-01-04T03:00:00"),
        ("0 0 3 1 * 1", "2027-02-01T03:00:00"),  # a first of the month that is a Monday
        ("0 */5 * * * *", "2026-11-24T03:05:00"),
    ],
)
def test_the_next_scan_is_due_when_the_schedule_comes(schedule: str, due: str) -> None:
    assert next_run(schedule, AT) == datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert problems({**GOOD, "SCAN_SCHEDULE": schedule}) == ()


@pytest.mark.parametrize(
    "schedule", ["0 3 * * *", "0 99 3 * * *", "0 0 25 * * *", "0 0 3 31 2 *", "0 0 3 L * *", "R 0 3 * * *", "0 0 9-5 * * *", "0 0 3 * * 5#2", "@daily", "0 0 3 * * xyz", "0 0 3 * * 7", "0 0 3 * * 1-7", "0 0 3 * * MONKEY", "0 0 3 * * FRI-MON", "0 0 3 * NOV-FEB *", "0 0 mon * * *"]
)  # fmt: skip
def test_what_the_platform_would_refuse_is_refused_with_an_example(schedule: str) -> None:
    (problem,) = problems({**GOOD, "SCAN_SCHEDULE": schedule})
    assert problem.startswith("SCAN_SCHEDULE: is not a schedule")
    assert problem.endswith("Example: 0 0 3 * * *")
