"""Lengths of time as Microsoft's services write them."""

import re
from datetime import timedelta

from scanners.errors import Unrecognised

_CLOCK = re.compile(r"(?:(?P<days>\d+)\.)?(?P<hours>\d{1,2}):(?P<minutes>\d{2}):(?P<seconds>\d{2})(?:\.(?P<fraction>\d{1,7}))?")
_ISO = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)
DAYS_OF_YEAR, DAYS_OF_MONTH = 365, 30


def clock_time(text: str) -> timedelta:
    """`[d.]hh:mm:ss[.fffffff]` as a length: `1.00:00:00` is a day, not an hour. Raises Unrecognised for anything else."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise Unrecognised("a length of time is not of the form d.hh:mm:ss")
    parts = {name: int(value or 0) for name, value in found.groupdict().items() if name != "fraction"}
    return timedelta(**parts, microseconds=int((found["fraction"] or "0").ljust(6, "0")[:6]))


def iso_duration(text: str) -> timedelta:
    """An ISO 8601 duration such as PT8H, P1D or P180D; a year is 365 days and a month 30. Raises Unrecognised for anything else."""
    found = _ISO.fullmatch(text.strip())
    if found is None or not any(found.groupdict().values()):
        raise Unrecognised("a length of time is not an ISO 8601 duration")
    part = {name: int(value or 0) for name, value in found.groupdict().items()}
    days = part["years"] * DAYS_OF_YEAR + part["months"] * DAYS_OF_MONTH + part["days"]
    return timedelta(weeks=part["weeks"], days=days, hours=part["hours"], minutes=part["minutes"], seconds=part["seconds"])
