"""A period as a signed package: what it shows, and the signed links of the chain from which that was taken."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from importlib.resources import files
from typing import IO, Any

from reporting.attestation import PERIOD, Subject, opened, previous_of, seal, signer_part, statement
from reporting.formats import csv
from reporting.package import Zip, closing_members, pretty, verifier
from reporting.period import period
from reporting.records import sha256
from reporting.signing import Signer
from reporting.storage import Storage
from scanners.errors import ScannerError
from scanners.model import Outcome
from scanners.result import rfc3339

OUTCOMES = (*(outcome.value for outcome in Outcome), "not_evaluated")


def write(file: IO[bytes], storage: Storage, first: date, last: date, signer: Signer, at: datetime) -> dict[str, Any]:
    """Write the zip into `file`; what it shows. Raises ScannerError when the period holds no signed run, SigningError and StorageError."""
    said = period(storage, first, last, at)
    if not said["runs"]:
        raise ScannerError("no signed run was completed in this period, so there is nothing to sign")
    store = storage.attestations
    store.put_key(signer.keyid, signer.public_pem)
    links = {number: store.link(number) for number in range(said["runs"][0]["sequence"], said["runs"][-1]["sequence"] + 1)}
    members = {
        "period.json": pretty(said),
        "period.csv": table(said["controls"]),
        "verify.py": verifier(),
        "VERIFY.md": _instructions(signer),
        **{f"envelopes/{number:09d}.json": body for number, body in links.items()},
    }
    subjects = [Subject(name, sha256(body)) for name, body in members.items()]
    envelope = seal(statement(subjects, PERIOD, _predicate(said, links, signer, at)), signer)
    closing = closing_members(envelope, _keys(storage, links.values(), signer), subjects)
    zipped = Zip(file)
    for name, body in sorted((members | closing).items()):
        zipped.add(name, body)
    zipped.close()
    return said


def table(controls: Iterable[Mapping[str, Any]]) -> bytes:
    """period.csv: a row per control with its days in each outcome."""
    header = ("control", "title", "citations", "severity", *(f"days_{each}" for each in OUTCOMES), "met_percent")
    rows = (
        (row["control"], row["title"], "; ".join(row["citations"]), row["severity"], *(row["days"][each] for each in OUTCOMES), row["met_percent"])
        for row in controls
    )
    return csv.table(header, rows)


def _predicate(said: Mapping[str, Any], links: Mapping[int, bytes], signer: Signer, at: datetime) -> dict[str, Any]:
    newest = previous_of(links[max(links)])
    return {
        "tenant": said["tenant"],
        "period": {"from": said["from"], "to": said["to"], "days": said["days"], "evaluated_days": said["evaluated_days"]},
        "at": rfc3339(at),
        "chain": {"sequence": newest.sequence, "envelope_sha256": newest.envelope_sha256},  # the newest link that this rests on
        "signer": signer_part(signer),
        "is_risk_analysis": False,
    }


def _keys(storage: Storage, links: Iterable[bytes], signer: Signer) -> dict[str, bytes]:
    """Every key that signed one of the links, and the one that signs the period."""
    ids = {opened(link)["predicate"]["signer"]["keyid"] for link in links}
    return {f"{keyid}.pem": storage.attestations.key(keyid) for keyid in ids | {signer.keyid}}


def _instructions(signer: Signer) -> bytes:
    text = files("reporting").joinpath("templates", "VERIFY-PERIOD.md").read_text("utf-8")
    return text.replace("@KEYID@", signer.keyid).replace("@DEV@", " --allow-dev-key" if signer.kind == "dev" else "").encode()
