"""Lengths of time as Microsoft writes them in policies: ISO 8601 durations."""

import re
from datetime import timedelta

from scanners.errors import Unrecognised

_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def iso_duration(text: str) -> timedelta:
    """`P180D`, `P6M` or `PT12H` as a length of time. Raises Unrecognised for any other text.

    A month is 30 days and a year 365, as .NET reads them: https://learn.microsoft.com/dotnet/api/system.xml.xmlconvert.totimespan
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise Unrecognised("a length of time is not written as an ISO 8601 duration")
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in match.groups()[:6])
    return timedelta(days=365 * years + 30 * months + 7 * weeks + days, hours=hours, minutes=minutes, seconds=float(match.group(7) or 0))
