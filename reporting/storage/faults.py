"""The storage SDK's errors become one of ours, with advice and without the request (whose address can carry a signature)."""

from collections.abc import Iterator
from contextlib import contextmanager

from scanners.errors import StorageError

ADVICE = {
    401: "the identity was not accepted: check its roles on the evidence account (Storage Blob Data Contributor, Storage Table Data Contributor)",
    403: "access was refused: check the role assignments and network rules of the evidence account",
    404: "the container or table is missing: run the start-up step that creates them, or the deployment again",
    409: "the store refuses the change: the object exists or is protected by an immutability policy",
    412: "somebody else changed the object in between",
    413: "the object is too large for one request",
    429: "the store is throttling; the next try comes later",
    503: "the store is busy; the next try comes later",
}


@contextmanager
def faults(doing: str) -> Iterator[None]:
    """Raises StorageError for anything the SDK raises; `doing` says what was tried, without tenant values."""
    from azure.core.exceptions import AzureError, HttpResponseError

    try:
        yield
    except HttpResponseError as fault:
        code = getattr(fault, "error_code", None) or ""
        advice = ADVICE.get(fault.status_code or 0, "look up the code in the storage service's documentation")
        raise StorageError(f"{doing}: the store answered {fault.status_code} {code}; {advice}") from fault
    except AzureError as fault:
        raise StorageError(
            f"{doing}: the store could not be reached ({type(fault).__name__}); check the address, the network and the sign-in"
        ) from fault
