"""Blobs by path `container/name`, put once. The storage SDK is imported inside functions: it is heavy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, TYPE_CHECKING, Any

from reporting.storage import limits
from reporting.storage.faults import faults
from scanners.errors import StorageError

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, BlobServiceClient

BLOCK = 4 * 1024 * 1024
SHARED = timedelta(minutes=10)  # how long an address that was given out can be used
SKEW = timedelta(minutes=2)  # clocks of app and store may differ by so much


@dataclass(frozen=True, slots=True)
class Put:
    """What became of a put: `created` is False when the name was taken; the stored bytes are then the earlier ones."""

    created: bool
    version: str | None


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """A stored blob without its bytes."""

    path: str
    size: int
    etag: str
    modified: datetime
    metadata: Mapping[str, str]


class Blobs:
    """The blob service of the evidence account. Nothing here overwrites or deletes."""

    def __init__(self, service: "BlobServiceClient") -> None:
        self._service = service

    def ensure(self, containers: tuple[str, ...]) -> None:
        """Create the containers that are missing."""
        from azure.core.exceptions import ResourceExistsError

        for name in containers:
            with faults(f"creating container {name}"):
                try:
                    self._service.create_container(name)
                except ResourceExistsError:
                    continue

    def _client(self, path: str) -> "BlobClient":
        container, name = limits.path(path)
        return self._service.get_blob_client(container, name)

    def put(self, path: str, body: bytes | IO[bytes], media: str = "application/json", metadata: Mapping[str, str] | None = None) -> Put:
        """Store bytes or a stream create-only; a taken name keeps what it has."""
        from azure.core.exceptions import ResourceExistsError, ResourceModifiedError
        from azure.storage.blob import ContentSettings

        client = self._client(path)
        with faults("storing a blob"):
            try:
                answer: Mapping[str, Any] = client.upload_blob(
                    body,
                    overwrite=False,
                    metadata=dict(metadata) if metadata else None,
                    content_settings=ContentSettings(content_type=media),
                    max_concurrency=2,
                )
            except (ResourceExistsError, ResourceModifiedError):
                return Put(created=False, version=None)
        return Put(created=True, version=answer.get("version_id"))

    def find(self, path: str) -> bytes | None:
        """The bytes, or None when there is no such blob."""
        from azure.core.exceptions import ResourceNotFoundError

        with faults("reading a blob"):
            try:
                return self._client(path).download_blob().readall()
            except ResourceNotFoundError:
                return None

    def get(self, path: str) -> bytes:
        """The bytes of a blob that must be there. Raises StorageError when it is not."""
        body = self.find(path)
        if body is None:
            raise StorageError(f"{path} is missing from the store; it was listed as stored, so somebody removed it or the account is another one")
        return body

    def info(self, path: str) -> BlobInfo | None:
        """Size, tag and metadata, or None when there is no such blob."""
        from azure.core.exceptions import ResourceNotFoundError

        with faults("looking up a blob"):
            try:
                found = self._client(path).get_blob_properties()
            except ResourceNotFoundError:
                return None
        return BlobInfo(path, found.size, found.etag, found.last_modified, dict(found.metadata or {}))

    def stream(self, path: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from `offset` in blocks. The first block is asked for before this returns, so that a fault is raised here."""
        with faults("reading a blob"):
            blocks = self._client(path).download_blob(offset=offset, length=length).chunks()

        def guarded() -> Iterator[bytes]:
            with faults("reading a blob"):
                yield from blocks

        return guarded()

    def shared(self, path: str, now: datetime, name: str, media: str) -> str | None:
        """An address under which anybody can read this one blob for ten minutes, saved as `name`; None where this store cannot give one.

        It is signed with a user delegation key, which needs a token and HTTPS; an account key is never used to sign.
        Source: https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas
        """
        if not hasattr(self._service.credential, "get_token"):
            return None
        from azure.storage.blob import BlobSasPermissions, generate_blob_sas

        container, blob = limits.path(path)
        begin, end = now - SKEW, now + SHARED
        with faults("signing an address"):
            key = self._service.get_user_delegation_key(begin, end)
        query = generate_blob_sas(
            account_name=str(self._service.account_name),
            container_name=container,
            blob_name=blob,
            user_delegation_key=key,
            permission=BlobSasPermissions(read=True),
            start=begin,
            expiry=end,
            protocol="https",
            content_disposition=f'attachment; filename="{name}"',
            content_type=media,
        )
        return f"{self._client(path).url}?{query}"

    def listed(self, prefix: str) -> Iterator[BlobInfo]:
        """Blobs whose path begins with `prefix` (`container/begin`), in the order of their names."""
        container, _, begin = prefix.partition("/")
        with faults("listing blobs"):
            for each in self._service.get_container_client(container).list_blobs(name_starts_with=begin, include=["metadata"]):
                yield BlobInfo(f"{container}/{each.name}", each.size, each.etag, each.last_modified, dict(each.metadata or {}))
