"""What /api/health says: the names of faulty settings and what is wrong with them, never a value."""

import os
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from settings import problems


async def look(answer: Callable[..., Any]) -> Any:
    """The answer; settings are read afresh, so that a corrected setting shows without a restart of this check."""
    faults = [{"setting": line.partition(":")[0], "problem": line.partition(": ")[2]} for line in problems(os.environ)]
    if faults:
        return answer({"status": "faulty", "settings": faults}, HTTPStatus.SERVICE_UNAVAILABLE)
    return answer({"status": "ok"})
