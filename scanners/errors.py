"""The errors of the scanner, drawn once.

ScannerError
├── SettingsError            a setting is missing or malformed: named, with the problem and an example
├── CatalogueError           a control or fact breaks a law of the catalogue: a fault of this product
├── StorageError             the evidence or result store cannot be reached or refuses
│   └── VersionTaken         somebody else wrote that version of a record in between: read it and decide again
├── SigningError             the signing key cannot be reached or refuses: the run ends unsigned, so failed
├── TopicError               the Event Grid topic cannot be reached or refuses: the event waits and is sent again
├── RecordRefused            a statement or exception that somebody hands in is not as it must be: named field by field
├── EvidenceRefused          a page holds what must never be stored: its controls become `error`
└── Undecided                nothing may be concluded; becomes the outcome `unknown` with its reason
    ├── NotPermitted         the tenant has not granted the permission or role
    ├── NotLicensed          the tenant has no plan that contains this
    ├── NotSupported         this cloud or tenant does not offer the interface
    ├── Unreachable          no usable answer came in time
    └── Unrecognised         an answer came and is not one we know how to read

Raised anywhere below, caught in two places only: scanners.engine (Undecided, EvidenceRefused) and the shells (the rest).
"""

import traceback
from collections.abc import Mapping
from enum import StrEnum
from pathlib import PurePath


class Reason(StrEnum):
    """Why something could not be looked at."""

    NOT_PERMITTED = "not_permitted"
    NOT_LICENSED = "not_licensed"
    NOT_SUPPORTED = "not_supported"
    UNREACHABLE = "unreachable"
    UNRECOGNISED = "unrecognised"


class ScannerError(Exception):
    """Base of all errors of this product; the message says what to do."""


class SettingsError(ScannerError):
    """A setting is missing or malformed."""


class CatalogueError(ScannerError):
    """A control or fact breaks a law of the catalogue."""


class StorageError(ScannerError):
    """The store of evidence and results cannot be reached or refuses the request."""


class VersionTaken(StorageError):  # noqa: N818 - a refusal, for the person who wrote second
    """This version of a record exists already with another content; nothing was written."""


class SigningError(ScannerError):
    """The signing key cannot be reached or refuses; a run without signature is recorded as failed."""


class TopicError(ScannerError):
    """The Event Grid topic cannot be reached or refuses the events; they wait and are sent again. `refused`: it will never take what was sent."""

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


class RecordRefused(ScannerError):  # noqa: N818 - a refusal, for the person who handed it in
    """A statement or exception is not as it must be; nothing was written. `problems`: field -> what is wrong with it."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in problems.items()))
        self.problems = dict(problems)


class EvidenceRefused(ScannerError):  # noqa: N818 - a refusal, named as the rule it enforces
    """A page of evidence holds something that must never be stored; nothing of it was written."""


class Undecided(ScannerError):  # noqa: N818 - an outcome more than an error
    """Nothing may be concluded. `because` says what was missing, `remedy` what would change that."""

    reason: Reason = Reason.UNRECOGNISED
    advice = "Run the scan again; when it stays so, report the fact id and this text to the maintainers of the scanner."

    def __init__(self, because: str, remedy: str | None = None) -> None:
        super().__init__(because)
        self.because = because
        self.remedy = remedy or self.advice


class NotPermitted(Undecided):
    """The tenant has not granted the permission or role."""

    reason = Reason.NOT_PERMITTED
    advice = "Grant the permission named in the control's page to the scanner's identity, then run the scan again."


class NotLicensed(Undecided):
    """The tenant has no plan that contains this."""

    reason = Reason.NOT_LICENSED
    advice = "Add a plan that contains this feature, or cover the safeguard in another way and document it as an exception."


class NotSupported(Undecided):
    """This cloud or tenant does not offer the interface."""

    reason = Reason.NOT_SUPPORTED
    advice = "This cloud does not offer the interface; check the setting by hand and keep a record of it."


class Unreachable(Undecided):
    """No usable answer came in time."""

    reason = Reason.UNREACHABLE
    advice = "Nothing needs to change in the tenant; the next run asks again. If it stays so, check the network path of the scanner."


class Unrecognised(Undecided):
    """An answer came and is not one this version knows how to read."""


def undecided(reason: Reason, because: str, remedy: str | None = None) -> Undecided:
    """The leaf for `reason`, for code that carries reasons as data."""
    for leaf in (NotPermitted, NotLicensed, NotSupported, Unreachable, Unrecognised):
        if leaf.reason is reason:
            return leaf(because, remedy)
    raise ValueError(reason)


def trail(error: BaseException) -> str:
    """For a log: the kinds of an error and of its causes, and the places that they passed. Their texts may hold values of the tenant and stay out."""
    told: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(told) < 8:
        places = (f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(cause.__traceback__)[-16:])
        told.append(f"{type(cause).__name__} at {' > '.join(places) or 'no place'}")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "; because of ".join(told)
