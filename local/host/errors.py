"""What can go wrong in the local host, drawn once.

    HostError
    +-- IndexingError             the platform would refuse the whole app
    +-- SettingError              a setting that the app's bindings name is missing or malformed
    +-- DataInUseError            another host works on the same data folder
    +-- UnknownFunctionError      no function of that name, or it has another trigger
    +-- FunctionError             a function raised; `kind` is the exception's type name
    +-- DeliveryError             an output binding could not be delivered
    +-- DurableError
        +-- UnknownInstanceError  no orchestration with that id
        +-- InstanceExistsError   an unfinished orchestration has that id; nothing was replaced
        +-- BadRequestError       the platform refuses such an id, name or body
        +-- NonDeterminismError   the orchestrator asked for something else than its history records

Messages are advice to the developer at the keyboard. None carries a function's input or output.
"""

from __future__ import annotations

import traceback
from pathlib import Path


class HostError(Exception):
    """Anything the local host refuses or fails at."""


class IndexingError(HostError):
    """The app cannot be indexed; in Azure every function of it would be missing."""


class SettingError(HostError):
    """A setting named by a binding is missing or malformed."""


class DataInUseError(HostError):
    """Two hosts on one data folder would run the same activities twice."""


class UnknownFunctionError(HostError):
    """There is no such function with such a trigger."""


class FunctionError(HostError):
    """A function raised.

    `kind` is the type name of its exception; the text is kept in `detail`, because it may quote what the function worked on.
    """

    def __init__(self, function: str, kind: str, detail: str) -> None:
        super().__init__(f"function {function!r} failed with {kind}")
        self.function, self.kind, self.detail = function, kind, detail


def origin(fault: BaseException, depth: int = 4) -> str:
    """Where a fault was raised, innermost frame first: file, line and function, and nothing that was worked on."""
    frames = traceback.extract_tb((fault.__cause__ or fault).__traceback__)[-depth:]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in reversed(frames)) or "unknown"


class DeliveryError(HostError):
    """An output binding could not be delivered; the invocation counts as failed, as on the platform."""


class DurableError(HostError):
    """A request to the orchestration engine that cannot be met."""


class UnknownInstanceError(DurableError):
    """No orchestration with this id."""


class InstanceExistsError(DurableError):
    """An unfinished orchestration has this id."""


class BadRequestError(DurableError):
    """The platform answers 400 to this."""


class NonDeterminismError(DurableError):
    """The orchestrator no longer asks for what its history says it asked for."""
