"""The outermost shell of an activity: builds what the step needs, and turns a fault into an envelope.

An activity that raises would make `task_all` fail while its siblings still run, which loses work in azure-functions-durable 1.7 (docs/DESIGN.md).
"""

import logging
from collections.abc import Mapping
from typing import Any

from scanners.errors import ScannerError, trail

log = logging.getLogger(__name__)

Envelope = dict[str, Any]


async def shielded(step: str, order: Mapping[str, Any]) -> Envelope:
    """Run an asynchronous step; `{"fault": why}` when it could not be done."""
    try:
        from runs import steps
        from runs.context import context

        return dict(await getattr(steps, step)(context(), order))
    except Exception as error:  # noqa: BLE001 - the outermost shell: a fault becomes data, the log keeps where it came from
        return _fault(step, error)


def shielded_sync(step: str, order: Mapping[str, Any]) -> Envelope:
    """Run a synchronous step; `{"fault": why}` when it could not be done."""
    try:
        from runs import steps
        from runs.context import context

        return dict(getattr(steps, step)(context(), order))
    except Exception as error:  # noqa: BLE001 - as above
        return _fault(step, error)


def _fault(step: str, error: Exception) -> Envelope:
    if isinstance(error, ScannerError):
        log.warning("%s could not be done: %s", step, type(error).__name__)
        return {"fault": f"{step}: {error}"[:2000]}
    # The text of an unexpected error may hold tenant data, so only its kind and place leave this process, into the log too.
    log.error("%s failed: %s", step, trail(error))
    return {"fault": f"{step}: an unexpected {type(error).__name__}; the log of the function app has the details"}
