"""The attestation: an in-toto Statement v1 in a DSSE v1 envelope, chained to the one before.

Sources: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md , https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
"""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reporting.records import canonical, sha256
from reporting.signing import ALGORITHM, Signer
from scanners.errors import SigningError

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
SCAN = "https://hipaa-m365-scanner.example/attestation/scan/v1"
ROTATION = "https://hipaa-m365-scanner.example/attestation/key-rotation/v1"
PERIOD = "https://hipaa-m365-scanner.example/attestation/period/v1"
UNSIGNED = ("attestation.dsse.json", "SHA256SUMS")  # these and keys/* are not subjects: they hold or repeat the signature


@dataclass(frozen=True, slots=True)
class Subject:
    """A member of the package and its digest."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Previous:
    """The link before: its place and digest, and the last signed run with its place (another one where a change of keys lies in between).

    `keyid` is the key that the next link is expected to be signed by: the one that signed, or the one that was introduced.
    """

    sequence: int
    run: str
    envelope_sha256: str | None
    keyid: str | None
    run_sequence: int


BEGINNING = Previous(0, "", None, None, 0)  # before the first link


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: what is signed. Lengths are in bytes."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def statement(subjects: Iterable[Subject], predicate_type: str, predicate: Mapping[str, Any]) -> bytes:
    """The bytes that are signed: subjects by name, then what is said of them. Whole numbers only, so that every reader sees the same value."""
    named = [{"name": each.name, "digest": {"sha256": each.sha256}} for each in sorted(subjects, key=lambda each: each.name)]
    return canonical({"_type": STATEMENT_TYPE, "subject": named, "predicateType": predicate_type, "predicate": dict(predicate)})


def seal(payload: bytes, signer: Signer) -> bytes:
    """The envelope around a statement. Raises SigningError."""
    signature = signer.sign(pae(PAYLOAD_TYPE, payload))
    signatures = [{"keyid": signer.keyid, "sig": base64.b64encode(signature).decode()}]
    return canonical({"payload": base64.b64encode(payload).decode(), "payloadType": PAYLOAD_TYPE, "signatures": signatures})


def opened(envelope: bytes) -> dict[str, Any]:
    """The statement inside an envelope of our own store, unverified. Raises SigningError when it is none."""
    try:
        outer = json.loads(envelope)
        inner = json.loads(base64.b64decode(outer["payload"], validate=True))
        _ = inner["predicate"]["chain"]["sequence"], outer["signatures"][0]["keyid"]
    except (ValueError, KeyError, IndexError, TypeError) as fault:
        raise SigningError("a link of the chain of attestations is not an envelope of this product; nothing is signed after it") from fault
    return dict(inner)


def keyid_of(envelope: bytes) -> str:
    """The key id that an envelope names."""
    return str(json.loads(envelope)["signatures"][0]["keyid"])


def previous_of(envelope: bytes) -> Previous:
    """An envelope as the one before the next."""
    predicate = opened(envelope)["predicate"]
    place, run = int(predicate["chain"]["sequence"]), predicate["run"]
    key = predicate["introduces"]["keyid"] if "introduces" in predicate else keyid_of(envelope)
    return Previous(place, str(run["id"]), sha256(envelope), str(key), int(run.get("sequence", place)))


def chain(previous: Previous) -> dict[str, Any]:
    """The part of a predicate that ties it to the link before."""
    return {"sequence": previous.sequence + 1, "previous_sha256": previous.envelope_sha256, "previous_run": previous.run or None}


def signer_part(signer: Signer) -> dict[str, Any]:
    """The part of a predicate that says who signs."""
    return {"keyid": signer.keyid, "algorithm": ALGORITHM, "kind": signer.kind, "name": signer.name}


def rotation(previous: Previous, old: Signer, new: Signer, at: str) -> bytes:
    """A link in which the old key introduces the new one."""
    predicate = {
        "chain": chain(previous),
        "run": {"id": previous.run, "sequence": previous.run_sequence},
        "signer": signer_part(old),
        "introduces": {**signer_part(new), "public_key": new.public_pem.decode()},
        "at": at,
    }
    subject = Subject(f"keys/{new.keyid}.pem", sha256(new.public_pem))
    return seal(statement([subject], ROTATION, predicate), old)
