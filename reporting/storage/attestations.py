"""Signed things: the chain of envelopes, the public keys, and what was made of each signed run. Everything is put once."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from reporting.records import moment_of
from reporting.storage.blobs import BlobInfo, Blobs
from scanners.errors import StorageError

MEDIA = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "zip": "application/zip",
    "ndjson": "application/x-ndjson",
    "pem": "application/x-pem-file",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain. `run` is a hint for finding it; what counts is inside the signed envelope."""

    sequence: int
    run: str
    path: str


class Attestations:
    """`attestations/chain/`, `attestations/keys/` and `attestations/{run}/`."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def links(self) -> tuple[Link, ...]:
        """The chain from its beginning. Raises StorageError when a number is missing, since then somebody removed a link."""
        found = []
        for blob in self._blobs.listed("attestations/chain/"):
            number = blob.path.rsplit("/", 1)[1].removesuffix(".json")
            found.append(Link(int(number), blob.metadata.get("run", ""), blob.path))
        for place, link in enumerate(found, start=1):
            if link.sequence != place:
                raise StorageError(f"link {place} of the chain of attestations is missing; nothing is signed on a broken chain: restore it first")
        return tuple(found)

    def place_of(self, run: str) -> int | None:
        """The place of a run's link in the chain, or None while it is not signed."""
        return next((link.sequence for link in self.links() if link.run == run), None)

    def link(self, sequence: int) -> bytes:
        """The envelope at this place of the chain."""
        return self._blobs.get(_chain(sequence))

    def put_link(self, sequence: int, run: str, envelope: bytes) -> bool:
        """Put an envelope at a place of the chain (`run` is empty for a change of keys); False when the place is taken."""
        return self._blobs.put(_chain(sequence), envelope, metadata={"run": run} if run else None).created

    def put_key(self, keyid: str, pem: bytes) -> None:
        """Keep a public key for as long as what it signed."""
        self._blobs.put(f"attestations/keys/{keyid}.pem", pem, MEDIA["pem"])

    def key(self, keyid: str) -> bytes:
        """A public key that signed something here."""
        return self._blobs.get(f"attestations/keys/{keyid}.pem")

    def keys(self) -> Mapping[str, tuple[bytes, BlobInfo]]:
        """Key id -> PEM and when it was first kept."""
        found = self._blobs.listed("attestations/keys/")
        return {blob.path.rsplit("/", 1)[1].removesuffix(".pem"): (self._blobs.get(blob.path), blob) for blob in found}

    def put(self, run: str, name: str, body: bytes | IO[bytes]) -> bool:
        """Keep something made of a signed run (`report.html`, `package.zip`), create-only; False when it is there already."""
        return self._blobs.put(self.path(run, name), body, MEDIA[name.rsplit(".", 1)[1]], {"sha256": sha256_of(body)}).created

    def get(self, run: str, name: str) -> bytes:
        """What was made of a signed run. Raises StorageError when it is not there."""
        return self._blobs.get(self.path(run, name))

    def find(self, run: str, name: str) -> bytes | None:
        """The same, or None."""
        return self._blobs.find(self.path(run, name))

    def info(self, run: str, name: str) -> BlobInfo | None:
        """Size and tag without the bytes, or None."""
        return self._blobs.info(self.path(run, name))

    def stream(self, run: str, name: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes in blocks."""
        return self._blobs.stream(self.path(run, name), offset, length)

    @staticmethod
    def path(run: str, name: str) -> str:
        """Where it lies: container and name."""
        moment_of(run)
        return f"attestations/{run}/{name}"


def sha256_of(body: bytes | IO[bytes]) -> str:
    """The digest of what is about to be put; a stream is read and set back to its beginning."""
    if isinstance(body, bytes):
        return hashlib.sha256(body).hexdigest()
    start, digest = body.tell(), hashlib.sha256()
    while block := body.read(1024 * 1024):
        digest.update(block)
    body.seek(start)
    return digest.hexdigest()


def _chain(sequence: int) -> str:
    return f"attestations/chain/{sequence:09d}.json"
